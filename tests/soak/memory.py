#!/usr/bin/env python3
"""Where Asterisk's memory goes under the soak's calls: a PBX without the module, one with it, and one with it whose rights change all the time.

    tests/soak/memory.py [SECONDS] [16|22]

All at once and with the same calls, ten a second. For each, in kB a minute over the second half: what malloc() has given out and not been
given back (a leak shows here), and RssAnon, which holes between small things make grow, too. Nothing is damaged: that is soak.py's part.
"""

import os
import shutil
import subprocess
import sys
import threading
import time

import soak
from load import BARE
from pbx import Build, Failure, Pbx, listens, wait_for
from run import BASES, DOCUMENTS, command

KINDS = ("no module", "module", "rights change")
SCENARIOS = os.path.join(soak.ROOT, "tests", "asterisk", "sipp")


def laid_out(kind, major, folder, base):
    pbx = Pbx(Build(major), os.path.join(folder, kind.replace(" ", "-")), base, DOCUMENTS)
    # As soak.py has it.
    pbx.etc("pjsip.conf", pbx.pjsip().replace("trust_id_outbound=no\n", "trust_id_outbound=no\nconnected_line_method=update\n"))
    pbx.etc("logger.conf", "[logfiles]\nfull => notice,warning,error\n")
    with open(os.path.join(pbx.dir, "etc", "manager.conf"), encoding="utf-8") as file:
        text = file.read()
    pbx.etc("manager.conf", text.replace("read = all", "read = system"))
    if kind == "no module":
        pbx.etc("modules.conf", "[modules]\nautoload = yes\nnoload = res_linewarden.so\nnoload = res_linewarden_pjsip.so\n")
        pbx.etc("extensions_linewarden.conf", BARE)
        pbx.etc("extensions.conf", "#include extensions_linewarden.conf\n")
    else:
        path = os.path.join(pbx.dir, "rights.db")
        command("import", path, os.path.join(pbx.dir, "documents"))
        pbx.etc("linewarden.conf", f"[general]\nsource = {path}\n")
    return pbx


def calls(pbx, stop, seconds):
    """Ten calls a second from erin to alice, as soak.py makes them; gives how many were answered."""
    folder = os.path.join(pbx.dir, "load")
    os.makedirs(folder, exist_ok=True)
    run = lambda arguments: subprocess.Popen(["sipp", *arguments, "-i", "127.0.0.1", "-nostdin", "-aa"], cwd=folder, stdin=subprocess.DEVNULL,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    port = pbx.port("acme-100")
    media = 30000 + 6 * (pbx.base - 17000)
    answers = run(["-sf", os.path.join(SCENARIOS, "load-answers.xml"), "-p", str(port), "-mp", str(media), "-key", "from", "acme-100"])
    wait_for("the callee to listen", lambda: listens(port))
    caller = run([f"127.0.0.1:{pbx.sip}", "-sf", os.path.join(SCENARIOS, "load-calls.xml"), "-p", str(pbx.port("acme-140")), "-mp", str(media + 2000),
                  "-r", "10", "-m", str(10 * seconds), "-trace_stat", "-stf", "calls.csv", "-fd", "600", "-key", "from", "acme-140", "-key", "to", "100"])
    expression = "LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)" if "no-module" not in pbx.dir else "DB(none/none)"
    while caller.poll() is None and not stop.is_set():
        pbx.get(expression)
        stop.wait(0.05)
    for process in (caller, answers):
        process.kill()
        process.wait(20)


def watched(pbx, allocated, stop, points):
    while not stop.wait(5):
        points.append((time.monotonic(), allocated(pbx.process), soak.memory(pbx.process)))


def main():
    numbers = [int(argument) for argument in sys.argv[1:]]
    major = next((number for number in numbers if number in BASES), 16)
    seconds = next((number for number in numbers if number not in BASES), 300)
    folder = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(soak.ROOT, "target")), "memory")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    pbxs = {kind: laid_out(kind, major, folder, 17000 + 500 * place) for place, kind in enumerate(KINDS)}
    stop, points, threads, writer = threading.Event(), {kind: [] for kind in KINDS}, [], None
    try:
        with soak.measured(folder) as allocated:
            for pbx in pbxs.values():
                pbx.start()
        writer = soak.Program("write", os.path.join(pbxs["rights change"].dir, "rights.db"), "7")
        for kind, pbx in pbxs.items():
            threads += [threading.Thread(target=calls, args=(pbx, stop, seconds)),
                        threading.Thread(target=watched, args=(pbx, allocated, stop, points[kind]), daemon=True)]
        for thread in threads:
            thread.start()
        for thread in threads[::2]:
            thread.join(seconds + 120)
    finally:
        stop.set()
        if writer:
            writer.kill()
        for pbx in pbxs.values():
            pbx.stop()
    print(f"{pbxs['module'].build.version}, {seconds} s, 10 calls a second each; {len(writer.lines)} changes in the third")
    for kind in KINDS:
        began, ended = points[kind][len(points[kind]) // 2], points[kind][-1]
        heaps, rss = ([(time, pair[place]) for time, *pair in points[kind]] for place in (0, 1))
        print(f"  {kind:14} malloc {began[1]} kB to {ended[1]} kB, slope {soak.slope(heaps):+.0f} kB a minute; "
              f"RssAnon {began[2]} kB to {ended[2]} kB, slope {soak.slope(rss):+.0f} kB a minute")


if __name__ == "__main__":
    try:
        main()
    except Failure as error:
        sys.exit(f"the measurement failed: {error}")
