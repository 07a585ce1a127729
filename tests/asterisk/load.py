#!/usr/bin/env python3
"""CPU per call and call set-up time with the sample dialplan, with its questions, with constants in their place, and with a bare dialplan and no
module at all; and the same of calls that are transferred.

    tests/asterisk/load.py [16|22] [ROUNDS] [CALLS] [PER_SECOND]

Rounds of the three take turns, so that what else the machine does hits all. The noise is the spread of the rounds without questions; the
difference is to be compared with that.
"""

import os
import re
import statistics
import subprocess
import sys
import time

from office import bridged
from pbx import HERE, ROOT, Build, Failure, Pbx, listens, wait_for, write
from run import DOCUMENTS

TICKS = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    """Seconds of CPU a process has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


#: What each function is replaced with, of those that a plain call and a transfer go through.
CONSTANTS = {"LINEWARDEN_HERE": "acme.example/erin,,acme.example", "LINEWARDEN_PARTY": "acme.example/alice", "LINEWARDEN_LINE": "1",
             "LINEWARDEN_READY": "1", "LINEWARDEN": "1"}

#: What a PBX without rights has in the sample's place.
BARE = """[acme-phones]
exten => _[1-5]XX,1,Dial(PJSIP/acme-${EXTEN},30)
[acme-transfers]
exten => _[1-5]XX,1,Dial(PJSIP/acme-${EXTEN},30)
"""
KINDS = ("with questions", "without", "no module")


def without_questions(text):
    """The same dialplan, step for step, with the answers written in."""
    for name, constant in CONSTANTS.items():
        # Braces nest: from the function's name to the brace that ends it.
        while (place := text.find("${" + name + "(")) >= 0:
            depth, end = 0, place
            while True:
                depth += (text[end] == "{") - (text[end] == "}")
                end += 1
                if text[end - 1] == "}" and depth == 0:
                    break
            text = text[:place] + constant + text[end:]
    return text


def transfers(pbx, count):
    """Seconds of Asterisk's CPU per call that is transferred: answered, sent on by REFER, answered again."""
    before = cpu(pbx.process.pid)
    for _ in range(count):
        caller, mover, target = (pbx.ua(name) for name in ("acme-140", "acme-110", "acme-100"))
        mark = pbx.ami.mark()
        call = caller.call("110")
        leg = mover.next_call().ring().answer()
        call.answered()
        bridged(pbx, mark, ["acme-140", "acme-110"])
        leg.refer("100")
        target.next_call().ring().answer()
        call.bye()
        pbx.quiet()
        for phone in (caller, mover, target):
            phone.close()
    return (cpu(pbx.process.pid) - before) / count


def burst(pbx, calls, rate):
    """Seconds of Asterisk's CPU per call, and the times from INVITE to 200 in milliseconds."""
    folder = os.path.join(pbx.dir, "load")
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    callee, caller = pbx.port("acme-100"), pbx.port("acme-140")
    common = ["-i", "127.0.0.1", "-nostdin", "-aa", "-m", str(calls), "-timeout", "120s"]
    answers = subprocess.Popen(["sipp", "-sf", os.path.join(HERE, "sipp", "load-answers.xml"), "-p", str(callee), "-mp", "24000",
                                "-key", "from", "acme-100", *common], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for("the callee to listen", lambda: listens(callee))
    before = cpu(pbx.process.pid)
    caller = subprocess.run(["sipp", f"127.0.0.1:{pbx.sip}", "-sf", os.path.join(HERE, "sipp", "load-calls.xml"), "-p", str(caller),
                             "-mp", "26000", "-r", str(rate), "-l", "200", "-trace_rtt", "-rtt_freq", "1", "-key", "from", "acme-140",
                             "-key", "to", "100", *common], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if caller.returncode:
        answers.kill()
        raise Failure(f"not every call came through (sipp {caller.returncode}): try fewer per second")
    answers.wait(20)
    pbx.quiet()
    used = cpu(pbx.process.pid) - before
    times = []
    for name in os.listdir(folder):
        if name.endswith("_rtt.csv"):
            for line in open(os.path.join(folder, name), encoding="ascii"):
                fields = line.split(";")
                if re.fullmatch(r"[\d.]+", fields[1] if len(fields) > 1 else ""):
                    times.append(float(fields[1]))
    return used / calls, times


LOOP = """
[linewarden-loop]
exten => _X.,1,Answer()
 same => n,Set(I=0)
 same => n(next),Set(ANSWER=%s)
 same => n,Set(I=$[${I} + 1])
 same => n,GotoIf($[${I} < ${EXTEN}]?next)
 same => n,Set(GLOBAL(LOOPS)=${LOOPS}x${ANSWER})
 same => n,Hangup()
"""


def one_question(pbx, asks):
    """Microseconds of CPU that one question costs: a loop of steps that ask many, and one of steps that ask none."""
    steps, many, used = 5000, 20, {}
    for answer in 3 * (many * "${LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)}", many * "1"):
        pbx.etc("extensions_linewarden.conf", asks + LOOP % answer)
        pbx.cli("dialplan reload")
        loops = pbx.get("LOOPS")
        before = cpu(pbx.process.pid)
        pbx.cli(f"channel originate Local/{steps}@linewarden-loop application Wait 60")
        wait_for("the loop to end", lambda: pbx.get("LOOPS") == loops + "x" + many * "1", 60)
        used.setdefault(answer, []).append(cpu(pbx.process.pid) - before)
        pbx.quiet()
    # The least of several: other work can only add.
    question, constant = (min(times) / steps * 1e6 for times in used.values())
    return (question - constant) / many, constant


def main():
    number = [int(text) for text in sys.argv[1:]]
    major, rounds, calls, rate = (number + [16, 6, 300, 50][len(number):])[:4]
    rounds = max(rounds, 2)
    pbx = Pbx(Build(major), os.path.join(ROOT, "target", "test-asterisk", "load"), 15500, DOCUMENTS)
    path = "extensions_linewarden.conf"
    asks = open(os.path.join(pbx.dir, "etc", path), encoding="utf-8").read()
    plain = without_questions(asks)
    conf = os.path.join(pbx.dir, "etc", "asterisk.conf")
    write(conf, open(conf, encoding="utf-8").read().replace("verbose = 4", "verbose = 0"))
    pbx.etc("logger.conf", "[general]\n[logfiles]\nfull => warning,error\n")
    figures, times, moved = ({kind: [] for kind in KINDS} for _ in range(3))
    dialplans = dict(zip(KINDS, (asks, plain, BARE)))

    def use(kind):
        """The dialplan of a round, and the module, or none."""
        pbx.etc("extensions.conf", "#include extensions_linewarden.conf\n" if kind == "no module" else pbx.extensions())
        pbx.etc(path, dialplans[kind])
        pbx.cli("dialplan reload")
        with open(os.path.join(pbx.dir, "etc", "modules.conf"), encoding="utf-8") as file:
            absent = "noload" in file.read()
        if (kind == "no module") != absent:
            # By a new start: a module stays while SIP sessions last that have its code.
            pbx.etc("modules.conf", "[modules]\nautoload = yes\n" + (
                "noload = res_linewarden.so\nnoload = res_linewarden_pjsip.so\n" if kind == "no module" else ""))
            pbx.stop()
            pbx.start()
            burst(pbx, calls // 3, rate)
        pbx.cli("core show version")

    def questions():
        found = re.search(r"questions: (\d+)", pbx.cli("linewarden show status"))
        return int(found.group(1)) if found else 0

    # sipp answers an UPDATE by itself, and no re-INVITE.
    pbx.etc("pjsip.conf", pbx.pjsip().replace("send_connected_line=yes\n", "send_connected_line=yes\nconnected_line_method=update\n"))
    try:
        pbx.start()
        print(f"{pbx.build.version}, {rounds} rounds of {calls} calls each way, {rate} a second, {os.cpu_count()} processors, "
              f"load {os.getloadavg()[0]:.1f}", flush=True)
        cost, step = one_question(pbx, asks)
        print(f"one question in the dialplan: {cost:.1f} us of CPU; a turn of the loop without it: {step:.1f} us", flush=True)
        pbx.etc(path, asks)
        pbx.cli("dialplan reload")
        burst(pbx, calls // 3, rate)
        for place in range(len(KINDS) * rounds):
            # Forwards, backwards, ...: none is always the first.
            turn, step = divmod(place, len(KINDS))
            kind = KINDS[step if turn % 2 == 0 else -1 - step]
            use(kind)
            asked = questions()
            used, took = burst(pbx, calls, rate)
            asked = questions() - asked
            if (asked > 0) != (kind == "with questions"):
                raise Failure(f"{asked} questions in a round {kind}")
            figures[kind].append(used * 1e3)
            # sipp's clock is coarse: the mean says more than the median. The slowest tenth is the machine's, not the call's.
            took = sorted(took)[:len(took) * 9 // 10]
            times[kind].append(statistics.mean(took))
            moved[kind].append(transfers(pbx, 20) * 1e3)
            print(f"  {kind:15} {used * 1e3:6.3f} ms of CPU a call, set up in {times[kind][-1]:6.2f} ms, "
                  f"{asked / calls:.1f} questions a call; with a transfer {moved[kind][-1]:.1f} ms", flush=True)
    except Failure as error:
        sys.exit(f"the load run failed: {error}")
    finally:
        pbx.stop()
    # The middle of the rounds: one that the machine had no time for says nothing.
    middle = statistics.median
    for what, data, unit in (("CPU a call", figures, "ms"), ("set-up time", times, "ms"), ("CPU a call with a blind transfer", moved, "ms")):
        one, other, bare = (data[kind] for kind in KINDS)
        noise, difference = statistics.stdev(other), middle(one) - middle(other)
        print(f"{what}: with {middle(one):.1f} {unit}, without {middle(other):.1f} {unit}, no module and a bare dialplan {middle(bare):.1f} {unit}; "
              f"difference {difference:+.1f} {unit}, noise (standard deviation of the rounds without) {noise:.1f} {unit}: "
              f"{'inside' if abs(difference) <= 2 * noise else 'OUTSIDE'} twice the noise")
    print("calls a second that one processor has time for: " + ", ".join(
        f"{kind} {1e3 / middle(figures[kind]):.0f} (with a transfer {1e3 / middle(moved[kind]):.0f})" for kind in KINDS))


if __name__ == "__main__":
    main()
