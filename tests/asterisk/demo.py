#!/usr/bin/env python3
"""Shows linewarden at work in a live Asterisk: who dials what, what the PBX asked, what was answered, why, how long it took,
and what the telephones were sent of it.

    tests/asterisk/demo.py [16|22]
"""

import os
import re
import sys
import time

from office import IDENTITY, bridged
from pbx import ROOT, Build, Failure, Pbx, wait_for
from phones import header
from run import BASES, DOCUMENTS, NO_LAMP_FOR_BOB, change, reaches, ringing, states

BOLD, DIM, GREEN, RED, PLAIN = ("\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("",) * 5
NAMES = {"acme": {"100": "alice", "110": "bob", "120": "carol", "130": "dave", "140": "erin"},
         "beta": {"100": "zoe", "110": "yuri"}, "haus": {"200": "anna", "230": "dirk", "240": "emil"}}
QUESTION = re.compile(r"linewarden: (\S+) (\S+) on (\S+): (yes|no), (.*) \(([\d.]+) us, PJSIP/(\w+)-")


class Show:
    def __init__(self, pbx):
        self.pbx, self.place = pbx, len(pbx.log())
        self.shown = {}

    def title(self, text):
        print(f"\n{BOLD}{text}{PLAIN}", flush=True)

    def outcome(self, text):
        """What was asked since the last time, and what came of it."""
        self.pbx.cli("core show uptime")
        time.sleep(0.15)
        log = self.pbx.log()
        news, self.place = log[self.place:], len(log)
        for actor, right, target, answer, why, took, company in QUESTION.findall(news):
            actor, target = (name.split("/")[-1] for name in (actor, target))
            actor, target = (NAMES[company].get(name, name) for name in (actor, target))
            colour = GREEN if answer == "yes" else RED
            print(f"  asked     {actor} {right} {target}?  {colour}{answer}{PLAIN}, {why}  {DIM}{took} us{PLAIN}")
        print(f"  outcome   {text}", flush=True)

    def sip(self, *phones):
        """The lines of SIP that tell a telephone who is there, since the last time."""
        for phone in phones:
            messages = phone.received()
            for message in messages[self.shown.get(id(phone), 0):]:
                first = message.split("\r\n", 1)[0]
                if first.startswith(("INVITE", "UPDATE", "SIP/2.0 180", "SIP/2.0 183", "SIP/2.0 200")) and "INVITE" in header(message, "CSeq") + first:
                    # A response has the telephone's own From.
                    names = [name for name in IDENTITY if name != "Contact" and (name != "From" or not first.startswith("SIP"))]
                    lines = [f"{name}: {header(message, name)}".split(";tag=")[0] for name in names if header(message, name)]
                    what = first.split(" sip:")[0] + (" (re-INVITE)" if first.startswith("INVITE") and ";tag=" in header(message, "To") else "")
                    print(f"  {DIM}{phone.name:9} < {what}: {'; '.join(lines) or 'no name'}{PLAIN}", flush=True)
                elif first.startswith("NOTIFY") and "<state>" in message:
                    state = re.search(r"<state>(\w+)</state>", message).group(1)
                    print(f"  {DIM}{phone.name:9} < NOTIFY: state {state}{PLAIN}", flush=True)
            self.shown[id(phone)] = len(messages)

    def why(self, actor, right, target):
        for line in self.pbx.cli(f"linewarden explain acme.example/{actor} {right} acme.example/{target}").splitlines():
            line = line.replace(self.pbx.dir + "/documents/", "")
            print(f"  {DIM}explain   {line}{PLAIN}", flush=True)


def calls(pbx):
    show = Show(pbx)
    show.title("erin (140) calls alice (100). It rings. dave (130) dials *8100 to pick it up.")
    rings, call = ringing(pbx)
    pbx.phone("acme-130", "calls-refused", "*8100", code=403).done()
    show.outcome("403 to dave; it rings on at alice")
    show.why("dave", "call.pickup", "alice")

    show.title("bob (110), her secretary, dials *8100.")
    picks = pbx.phone("acme-110", "calls-stays", "*8100")
    for phone in (picks, call, rings):
        phone.done()
    show.sip(rings, picks, call)
    show.outcome("bob and erin talk; alice's telephone stops ringing")
    show.why("bob", "call.pickup", "alice")

    show.title("yuri of the other company (beta 110) dials *8100 while acme's 100 rings. Beta has a 100, too: zoe.")
    rings, call = ringing(pbx)
    pbx.phone("beta-110", "calls-refused", "*8100", code=480).done()
    show.outcome("480 to yuri: he may pick up zoe's calls, and nothing rings at zoe's")
    pbx.phone("acme-110", "calls-stays", "*8100").done()
    call.done()
    rings.done()
    show.outcome("(bob takes the call)")

    show.title("dave dials *74100#130: alice's calls shall come to him. Then bob dials *74100#130.")
    pbx.phone("acme-130", "calls-refused", "*74100#130", code=403).done()
    show.outcome("403 to dave; nothing is stored")
    pbx.phone("acme-110", "calls-stays", "*74100#130").done()
    show.outcome("forwarding stored: " + pbx.cli("database get linewarden forward/acme.example/alice/1").strip())

    show.title("carol (120) calls alice; then erin, the boss, does.")
    reaches(pbx, "acme-120", "100", "acme-130")
    show.outcome("carol follows the forwarding: it rings at dave, who does not see who calls")
    reaches(pbx, "acme-140", "100", "acme-100")
    show.outcome("erin reaches alice behind the forwarding")
    pbx.phone("acme-110", "calls-stays", "*71100").done()
    show.outcome("(bob switches it off)")

    show.title("bob watches alice's lamp. While it rings, the administrator takes his right away, and gives it back.")
    lamp = pbx.phone("acme-110", "watches", "100", seconds=600, port=pbx.base + 200)
    wait_for("the lamp", lambda: states(lamp))
    rings = pbx.phone("acme-100", "rings")
    call = pbx.phone("acme-140", "calls-gives-up", "100", pause=None)
    wait_for("the lamp to blink", lambda: states(lamp)[-1] == "early")
    show.sip(lamp)
    show.outcome("the lamp blinks")
    for pairs, wanted, text in (
            (NO_LAMP_FOR_BOB, "terminated", "goes out"), ((), "early", "blinks again")):
        change(pbx, "acme.toml", *pairs)
        began = time.monotonic()
        out = pbx.cli("linewarden reload").strip()
        wait_for("the lamp", lambda: states(lamp)[-1] == wanted)
        show.sip(lamp)
        show.outcome(f"{out}; {(time.monotonic() - began) * 1e3:.0f} ms after the command, the lamp {text}")
    call.go_on().done()
    rings.done()
    lamp.end()

    show.title("Emil (240) calls Anna (200) and Dirk (230), who both see him, and joins them. They have no right on each other.")
    anna, dirk, emil = (pbx.ua(f"haus-{number}") for number in ("200", "230", "240"))
    mark = pbx.ami.mark()
    first = emil.call("200")
    to_anna = anna.next_call().ring().answer()
    first.answered()
    second = emil.call("230")
    to_dirk = dirk.next_call().ring().answer()
    second.answered()
    show.sip(anna, dirk, emil)
    show.outcome("Emil talks to Dirk, Anna waits")
    first.refer("230", replaces=second)
    bridged(pbx, mark, ["haus-200", "haus-230"])
    time.sleep(0.3)
    show.sip(anna, dirk)
    show.outcome("Anna and Dirk talk; neither telephone is sent who the other is")
    to_anna.bye()
    to_dirk.over()
    pbx.quiet()
    for phone in (anna, dirk, emil):
        phone.close()

    show.title("The administrator makes a slip in the document and reloads, during a call.")
    rings, call = ringing(pbx, pause=None)
    picks = pbx.phone("acme-110", "calls-stays", "*8100")
    rings.done()
    change(pbx, "acme.toml", ('level = "assistant_plus"', 'level = "assistant_pluss"'))
    for line in pbx.cli("linewarden reload").replace(pbx.dir + "/documents/", "").strip().splitlines():
        print(f"  reload    {line}")
    change(pbx, "acme.toml")
    call.go_on().done()
    picks.done()
    show.outcome("the call goes on, and the old rights hold")

    show.title("A telephone at an empty desk, without a login, dials 112.")
    reaches(pbx, "acme-desk7", "112", "trunk")
    show.outcome("connected; nothing was asked: no check stands before an emergency number")

    show.title("linewarden show status")
    print(pbx.cli("linewarden show status").replace(pbx.dir + "/", ""))


def main():
    major = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    build = Build(major)
    # Ports beside those of the tests, which may be running.
    pbx = Pbx(build, os.path.join(ROOT, "target", "test-asterisk", f"demo-{major}"), BASES[major] + 700, DOCUMENTS)
    try:
        pbx.start()
        print(f"{BOLD}{build.version} with res_linewarden on 127.0.0.1:{pbx.sip}{PLAIN}")
        print(f"acme.example: alice 100, bob 110 her secretary, carol 120, dave 130 of another site, erin 140 the boss")
        calls(pbx)
    except Failure as error:
        sys.exit(f"the demonstration failed: {error}")
    finally:
        pbx.stop()


if __name__ == "__main__":
    main()
