"""`make asterisk-demo`, run as it stands on an Asterisk of its own: what it prints of questions and of SIP is what the calls were."""

import os
import re
import subprocess
import sys

from pbx import HERE, PATIENCE, ROOT
from run import holds, same

ASKED = re.compile(r"  asked     (\S+) (\S+) (\S+)\?  (yes|no), (.+)  (\d+\.\d) us")
SENT = re.compile(r"  (\S+) +< (.+?): (.*)")


def test_demonstration_shows_questions_and_sip(pbx):
    """Question, answer, reason and time of each step; From, P-Asserted-Identity and lamp states as the telephones were sent them; an attended transfer."""
    major = pbx.build.major
    # Not as a part of the `make` that runs this.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    recipe = subprocess.run(["make", "-n", "asterisk-demo", f"MAJOR={major}"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE)
    holds(recipe.stdout.rstrip().endswith(f"python3 tests/asterisk/demo.py {major}"), f"{recipe.stdout[-300:]}{recipe.stderr}")
    done = subprocess.run([sys.executable, os.path.join(HERE, "demo.py"), str(major)], capture_output=True, text=True, timeout=2 * PATIENCE)
    same(done.returncode, 0, f"{done.stdout[-2000:]}{done.stderr}")
    head, *sections = done.stdout.split("\n\n")
    holds(head.startswith(f"{pbx.build.version} with res_linewarden"), head)

    def section(begins):
        return next(text for text in sections if text.startswith(begins))

    def asked(text):
        return [found.groups() for found in map(ASKED.fullmatch, text.splitlines()) if found]

    def sent(text, phone):
        return [(what, names) for name, what, names in (found.groups() for found in map(SENT.fullmatch, text.splitlines()) if found) if name == phone]

    refused, picked = section("erin (140) calls alice (100)"), section("bob (110), her secretary")
    holds(any(question[:5] == ("dave", "pickup", "alice", "no", "no source gives the right") for question in asked(refused)), refused)
    holds("  outcome   403 to dave" in refused and "  explain   " in refused, refused)
    bob = [question for question in asked(picked) if question[:4] == ("bob", "pickup", "alice", "yes")]
    holds(bob and all("workgroup" in question[4] for question in bob), picked)
    # Who is shown to whom: Erin's call at Alice's telephone, Bob at Erin's, Erin at Bob's, each by its own rights.
    holds(any(what == "INVITE" and names.startswith("From: ") for what, names in sent(picked, "acme-100")), picked)
    for phone, other in (("acme-140", '"Bob" <sip:110@'), ("acme-110", '"Erin" <sip:140@')):
        holds(any("P-Asserted-Identity: " + other in names for _, names in sent(picked, phone)), f"{phone} is shown {other}:\n{picked}")
    lamp = [names for what, names in sent(section("bob watches alice's lamp"), "acme-110") if what == "NOTIFY"]
    same([names for place, names in enumerate(lamp) if place == 0 or lamp[place - 1] != names][-3:],
         ["state early", "state terminated", "state early"], "the lamp that goes out and blinks again")
    transfer = section("Emil (240) calls Anna (200) and Dirk (230)")
    for phone, other in (("haus-200", "Dirk|230@"), ("haus-230", "Anna|200@")):
        lines = sent(transfer, phone)
        holds(any('From: "Emil" <sip:240@' in names for what, names in lines if what == "INVITE"), f"Emil's call at {phone}:\n{transfer}")
        holds(not any(re.search(other, names) for _, names in lines), f"{phone} is shown the other:\n{transfer}")
    names = "\n".join(names for _, names in sent(transfer, "haus-240"))
    holds("sip:200@" in names and "sip:230@" in names, f"Emil is shown both:\n{transfer}")
    holds("neither telephone is sent who the other is" in transfer, transfer)
    holds("the old rights hold" in section("The administrator makes a slip"), "the slip")
    holds(not asked(section("A telephone at an empty desk")), "questions before 112")
    holds("acme.example" in section("linewarden show status"), "the status")
