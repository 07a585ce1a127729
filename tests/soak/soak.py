#!/usr/bin/env python3
"""A real Asterisk under load while everything goes wrong that may: rights change a hundred times a second, the writer is killed every
few seconds, the disk fills and is freed, the image is damaged, removed and at last made shorter, a document is broken and mended.

    tests/soak/soak.py [SECONDS] [16|22]

No program may end that was not killed. Each change that was acknowledged must be in the log, once. An oracle replays the log and
asks an engine over documents: every decision that names a revision must be the oracle's; one that names none must be no. Prints
counts and the slope of each program's memory. Needs root for the small disk; without it no disk is filled, which is said.
"""

import collections
import contextlib
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "tests", "asterisk"), os.path.join(ROOT, "bindings", "python")]
LIBRARY = os.environ.setdefault("LW_LIB", os.path.join(ROOT, "target", "checked"))
os.environ["LINEWARDEN_LIBRARY"] = os.path.join(LIBRARY, "liblinewarden.so")

from linewarden import Engine, right  # noqa: E402
from damage import damage  # noqa: E402
from pbx import Build, Failure, Pbx, listens, wait_for  # noqa: E402
from programs import DOMAIN, OWNERS, RIGHTS, VIEWERS, survive  # noqa: E402
from run import BASES, DOCUMENTS, command  # noqa: E402

#: What Asterisk has of malloc() may grow by, in kB a minute, over the second half of a long run. Its RSS grows without any module, too: memory.py.
STEEPEST = 1000


class Program(threading.Thread):
    """A program of programs.py and the lines that it prints."""

    def __init__(self, *arguments):
        super().__init__(daemon=True)
        environment = {**os.environ, "PYTHONPATH": os.path.join(ROOT, "bindings", "python"), "PYTHONDONTWRITEBYTECODE": "1"}
        self.name = arguments[0]
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "programs.py"), *arguments], env=environment, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.lines = []
        self.start()

    def run(self):
        for line in self.process.stdout:
            if line.endswith("\n"):
                self.lines.append(line.rstrip("\n").split("\t"))

    def kill(self):
        """True if it was still alive."""
        alive = self.process.poll() is None
        self.process.kill()
        self.process.wait(60)
        self.join(60)
        return alive


def memory(process):
    """kB of its own: what it shares with others, as the image, does not count."""
    with open(f"/proc/{process.pid}/status", encoding="ascii", errors="replace") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("RssAnon")), 0)


@contextlib.contextmanager
def measured(folder):
    """A program that is started within writes down what it has of malloc() (heap.c). Gives a function that says it of a process, in kB."""
    library, heap = os.path.join(folder, "heap.so"), os.path.join(folder, "heap")
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-fPIC", "-shared", "-o", library, os.path.join(HERE, "heap.c"), "-lpthread"], check=True)

    def allocated(process):
        with open(f"{heap}.{process.pid}", encoding="ascii") as file:
            return int(file.read().rpartition("\n")[0].split()[-1]) // 1024

    os.environ.update(LD_PRELOAD=library, LW_HEAP=heap)
    try:
        yield allocated
    finally:
        del os.environ["LD_PRELOAD"], os.environ["LW_HEAP"]


def slope(points):
    """kB a minute of the second half, by least squares."""
    points = points[len(points) // 2:]
    if len(points) < 3:
        return 0.0
    xs, ys = [point[0] / 60 for point in points], [point[1] for point in points]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / (sum((a - x) ** 2 for a in xs) or 1)


class Soak:
    def __init__(self, pbx, folder, seconds):
        self.pbx, self.folder, self.seconds = pbx, folder, seconds
        self.path = os.path.join(folder, "rights.db")
        self.image = self.path + "-image"
        self.count, self.faults, self.errors = collections.Counter(), [], collections.Counter()
        self.made = []
        # From when to when the image was damaged, or in the way of being mended.
        self.damaged = []
        self.memory = collections.defaultdict(list)
        self.stop = threading.Event()
        self.seed = random.Random(7)
        self.has_disk = os.path.ismount(folder)
        self.writer = None

    # ---- The load -----------------------------------------------------------------------------------------------------------

    def call(self):
        """Calls from erin to alice, five a second, in bursts. Each must be answered, also while the image is damaged and when it is gone."""
        folder = os.path.join(self.pbx.dir, "load")
        os.makedirs(folder, exist_ok=True)
        scenario = lambda name: os.path.join(ROOT, "tests", "asterisk", "sipp", name)
        run = lambda arguments: subprocess.Popen(["sipp", *arguments, "-i", "127.0.0.1", "-nostdin", "-aa"], cwd=folder,
                                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = self.pbx.port("acme-100")
        answers = run(["-sf", scenario("load-answers.xml"), "-p", str(port), "-mp", "24000", "-key", "from", "acme-100"])
        try:
            wait_for("the callee to listen", lambda: listens(port))
            while not self.stop.is_set():
                caller = run([f"127.0.0.1:{self.pbx.sip}", "-sf", scenario("load-calls.xml"), "-p", str(self.pbx.port("acme-140")), "-mp",
                              "26000", "-r", "5", "-m", "50", "-timeout", "90s", "-trace_stat", "-stf", "calls.csv", "-fd", "600", "-trace_err",
                              "-error_file", "errors.log", "-key", "from", "acme-140", "-key", "to", "100"])
                caller.wait(120)
                with open(os.path.join(folder, "calls.csv"), encoding="ascii") as file:
                    figures = list(csv.DictReader(file, delimiter=";"))[-1]
                self.count["calls that were answered"] += int(figures["SuccessfulCall(C)"])
                lost = int(figures["FailedCall(C)"])
                self.count["calls that were not"] += lost
                if lost:
                    with open(os.path.join(folder, "errors.log"), encoding="utf-8", errors="replace") as file:
                        self.faults.append(f"{lost} calls were not answered: {file.read(700)}")
        finally:
            answers.kill()
            answers.wait(20)

    def ask_asterisk(self):
        """Asks as the dialplan does, all the while: there must always be an answer."""
        while not self.stop.is_set():
            answer = self.pbx.get(f"LINEWARDEN(call.pickup,{DOMAIN}/bob,{DOMAIN}/alice)")
            now = time.monotonic()
            if answer != "1" and not any(begun - 1 <= now <= ended + 1 for begun, ended in self.damaged):
                self.faults.append(f"Asterisk answers {answer!r} where nothing had changed")
            self.count["questions to Asterisk"] += 1
            self.stop.wait(0.05)

    # ---- What goes wrong ----------------------------------------------------------------------------------------------------

    def begin_writer(self):
        self.writer = Program("write", self.path, str(self.seed.random()))

    def end_writer(self):
        if not self.writer.kill():
            self.faults.append(f"the writer ended by itself with {self.writer.process.returncode}")
        for line in self.writer.lines:
            if line[0] == "made":
                self.made.append(line[1:])
            else:
                self.errors[line[2][:100].replace(self.folder, "")] += 1
        self.count["writers killed"] += 1

    def fill_disk(self):
        filler = os.path.join(self.folder, "filler")
        with open(filler, "wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    pass
        self.stop.wait(2)
        os.unlink(filler)
        self.count["disk filled and freed"] += 1

    def damage_image(self):
        """One bit of the word that says which block is in force; the writer mends it."""
        ended = len(self.damaged)
        self.damaged.append((time.monotonic(), float("inf")))
        damage(self.image, self.seed.randrange(32, 64))
        wait_for("the image to be mended", lambda: self.watcher.revision > 0, 60)
        self.damaged[ended] = (self.damaged[ended][0], time.monotonic())
        self.count["image damaged"] += 1

    def remove_image(self):
        """While it is away, those who have it go on, and no new program gets in."""
        away = self.path + ".away"
        os.rename(self.image, away)
        self.end_writer()
        self.begin_writer()
        self.stop.wait(1.5)
        if any(line[0] == "made" for line in self.writer.lines):
            self.faults.append("a program made a change that those with the removed image do not see")
        os.rename(away, self.image)
        self.count["image removed and put back"] += 1

    # ---- The run ------------------------------------------------------------------------------------------------------------

    def run(self):
        self.begin_writer()
        wait_for("the first changes", lambda: len(self.writer.lines) > 10)
        # Held open by this process, which so sees what the others see.
        self.watcher = Engine(self.path)
        document = os.path.join(self.pbx.dir, "soak.toml")
        shutil.copy(DOCUMENTS[0], document)
        asking = [Program("ask", self.path, str(seed)) for seed in (1, 2)]
        programs = [*asking, Program("documents", document)]
        threads = [threading.Thread(target=work, daemon=True) for work in (self.call, self.ask_asterisk)]
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        turns = [self.fill_disk] * self.has_disk + [self.damage_image, self.remove_image]
        turn = 0
        while time.monotonic() < begun + self.seconds and not self.faults:
            self.stop.wait(3)
            self.end_writer()
            self.begin_writer()
            wait_for("the writer to go on", lambda: any(line[0] == "made" for line in self.writer.lines), 60)
            turns[turn % len(turns)]()
            turn += 1
            now = time.monotonic() - begun
            for number, process in enumerate([self.pbx.process] + [program.process for program in programs]):
                name = ["Asterisk", "asker 1", "asker 2", "documents"][number]
                if process.poll() is not None:
                    self.faults.append(f"{name} ended with {process.returncode}")
                    continue
                self.memory[name].append((now, memory(process)))
            if self.pbx.process.poll() is None:
                self.memory["malloc"].append((now, self.allocated(self.pbx.process)))
        lasted = time.monotonic() - begun
        self.end_writer()
        self.truncate(asking)
        self.stop.set()
        for thread in threads:
            thread.join(180)
        for program in programs:
            if not program.kill():
                self.faults.append(f"{program.name} ended with {program.process.returncode}")
        self.watcher.close()
        self.count["documents broken and mended"] = sum(line[0] == "turn" for line in programs[2].lines)
        self.faults += [f"documents: {line}" for line in programs[2].lines if line[0] == "wrong"]
        return lasted, [line for program in asking for line in program.lines]

    def truncate(self, asking):
        """At last the image is made shorter: everyone lives, and answers no."""
        self.damaged.append((time.monotonic(), float("inf")))
        os.truncate(self.image, 4096)
        for program in asking:
            seen = len(program.lines)
            wait_for("answers of a program whose image is gone", lambda: len(program.lines) > seen + 50 or program.process.poll() is not None)
        if self.pbx.get(f"LINEWARDEN(call.pickup,{DOMAIN}/bob,{DOMAIN}/alice)") != "0":
            self.faults.append("Asterisk does not answer no where the image is gone")
        self.count["image made shorter"] += 1

    # ---- The oracle -----------------------------------------------------------------------------------------------------------

    def check(self, samples):
        command("verify", self.path)
        log = json.loads(command("history", self.path, "--json"))["sets"]
        log.sort(key=lambda entry: entry["revision"])
        revisions = [entry["revision"] for entry in log]
        if revisions != list(range(revisions[0], revisions[0] + len(revisions))):
            self.faults.append("the log has gaps")
        held, states, text_of = {}, {}, {}
        for entry in log:
            text_of[entry["revision"]] = changes = [change["change"] for change in entry["changes"]]
            for words in map(str.split, changes):
                if words[:2] == ["set", "relationship"]:
                    held[words[2], words[3]] = words[4]
                elif words[:2] == ["clear", "relationship"]:
                    held.pop((words[2], words[3]), None)
            states[entry["revision"]] = dict(held)
        for revision, owner, viewer, level in self.made:
            # A change that alters nothing makes no revision: then the state is what it asked for.
            if states.get(int(revision), {}).get((owner, viewer), "-") != level:
                self.faults.append(f"revision {revision} lost: {owner} {viewer} {level}, the log has {text_of.get(int(revision))!r}")
        answers = Oracle(self.pbx.dir)
        last = 0
        for _, before, after, revision, owner, viewer, asked, allowed, first, cached in samples:
            torn = any(float(before) <= ended and float(after) >= begun for begun, ended in self.damaged)
            # The pair cache goes on where the image is damaged: what it has is in force as long as no change was made.
            first = last if first == "0" and cached == "1" else first
            last = int(revision) or last
            for revision, allowed in ((int(revision), int(allowed)), (first, int(cached))):
                if revision == "-":
                    continue
                revision = int(revision)
                self.count["decisions checked"] += 1
                if revision == 0:
                    self.count["decisions without an image"] += 1
                    if allowed or not torn:
                        self.faults.append(f"without an image at {before}: {owner} {viewer} {asked}: {allowed}")
                    continue
                expected = answers.may(owner, viewer, states.get(revision, {}).get((owner, viewer)), asked)
                # A no beside a repair is what is promised; a yes never is.
                if allowed != expected and (allowed or not torn):
                    self.faults.append(f"revision {revision}: {viewer} {asked} {owner}: {allowed}, the log says {expected}")
        return len(log)


class Oracle:
    """Engines over documents, one for each level of a pair: they have no store, no log and no patches."""

    def __init__(self, folder):
        self.folder, self.known = folder, {}
        with open(DOCUMENTS[0], encoding="utf-8") as file:
            self.text = file.read()

    def may(self, owner, viewer, level, asked):
        key = (owner, viewer, level)
        if key not in self.known:
            path = os.path.join(self.folder, "oracle.toml")
            entry = f'\n[[relationship]]\nowner = "{owner}"\nviewer = "{viewer}"\nlevel = "{level}"\n' if level else ""
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.text + entry)
            with Engine(path) as engine:
                party = lambda name: engine.resolve(name, DOMAIN) if "@" not in name or level else engine.find(name, DOMAIN)
                self.known[key] = {name: int(engine.may(party(viewer), right(name), party(owner))) for name in RIGHTS}
        return self.known[key][asked]


def main():
    survive()
    numbers = [int(argument) for argument in sys.argv[1:]]
    major = next((number for number in numbers if number in BASES), 16)
    seconds = next((number for number in numbers if number not in BASES), 1800)
    folder = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "soak")
    disk = os.path.join(folder, "disk")
    if os.path.ismount(disk):
        subprocess.run(["umount", disk], check=True)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(disk)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=0750", "soak", disk], stderr=subprocess.DEVNULL).returncode == 0
    print("a disk of 96 MB" if mounted else "no small disk may be mounted here: no disk is filled", flush=True)
    pbx = Pbx(Build(major), os.path.join(folder, "asterisk"), BASES[major], DOCUMENTS)
    path = os.path.join(disk, "rights.db")
    command("import", path, os.path.join(pbx.dir, "documents"))
    pbx.etc("linewarden.conf", f"[general]\nsource = {path}\n")
    # Its events for every step of every call, which are not read here, would fill Asterisk's memory.
    manager = open(os.path.join(pbx.dir, "etc", "manager.conf"), encoding="utf-8").read()
    pbx.etc("manager.conf", manager.replace("read = all", "read = system"))
    # sipp answers an UPDATE by itself, and takes an INVITE in the middle of a call for a fault.
    pjsip = open(os.path.join(pbx.dir, "etc", "pjsip.conf"), encoding="utf-8").read()
    pbx.etc("pjsip.conf", pjsip.replace("trust_id_outbound=no\n", "trust_id_outbound=no\nconnected_line_method=update\n"))
    pbx.etc("logger.conf", "[logfiles]\nfull => notice,warning,error\n")
    soak = Soak(pbx, disk, seconds)
    try:
        with measured(folder) as soak.allocated:
            pbx.start()
        lasted, samples = soak.run()
        ended = pbx.stop()
        if ended:
            soak.faults.append(f"Asterisk ended with {ended}")
        revisions = soak.check(samples)
    finally:
        pbx.stop()
        if soak.writer:
            soak.writer.kill()
        if mounted:
            subprocess.run(["umount", "-l", disk], check=False)
    print(f"{lasted:.0f} s; {revisions} revisions, {len(soak.made)} acknowledged, {revisions / lasted:.0f} a second")
    for what, number in sorted(soak.count.items()):
        print(f"  {what:32} {number}")
    for what, number in soak.errors.most_common():
        print(f"  error {number:5} times: {what}")
    for name, points in soak.memory.items():
        grows = slope(points)
        print(f"  memory of {name:10} {points[0][1]} kB to {points[-1][1]} kB, slope {grows:+.0f} kB a minute")
        if seconds >= 600 and name == "malloc" and grows > STEEPEST:
            soak.faults.append(f"what Asterisk has of malloc() grows by {grows:.0f} kB a minute")
    if not soak.count["decisions checked"] or not soak.made or not soak.count["calls that were answered"]:
        soak.faults.append("nothing was checked")
    for fault in soak.faults[:20]:
        print(f"FAULT: {fault}")
    sys.exit(f"{len(soak.faults)} faults" if soak.faults else 0)


if __name__ == "__main__":
    main()
