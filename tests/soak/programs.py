"""The programs that the soak runs beside Asterisk: each has the store open and is a process of its own.

    programs.py write STORE SEED      makes about 100 changes a second; prints each when it is acknowledged, and each error
    programs.py ask STORE SEED        prints decisions with the revision that each names
    programs.py documents FILE        breaks and mends a document, and checks what is in force; prints how often

Times are those of CLOCK_MONOTONIC, which all processes of the machine share.
"""

import random
import sys
import time

from linewarden import Engine, Error, _native, right

OWNERS = ("alice", "carol", "erin")
VIEWERS = ("dave", "sip:partner@elsewhere.example")
LEVELS = {"dave": ("employee", "external", "assistant", "assistant_plus", "blocked"),
          "sip:partner@elsewhere.example": ("external", "employee", "blocked")}
RIGHTS = ("call.pickup", "line.busy.read", "forwarding.set", "presence.symbol.read")
DOMAIN = "acme.example"


def survive():
    """So that an image that is made shorter ends none of these."""
    _native.library.lw_survive_truncation(None)


def say(*words):
    # One write a line: a reader never sees half of one of a killed program, but for the last.
    sys.stdout.write("\t".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def write(path, seed):
    choose = random.Random(seed)
    engine = None
    while True:
        viewer = choose.choice(VIEWERS)
        owner, level = choose.choice(OWNERS), choose.choice(LEVELS[viewer] + (None,))
        change = f"set relationship {owner} {viewer} {level}" if level else f"clear relationship {owner} {viewer}"
        try:
            engine = engine or Engine(path)
            say("made", engine.apply(change, domain=DOMAIN), owner, viewer, level or "-")
            time.sleep(0.008)
        except Error as error:
            say("error", time.monotonic(), str(error).replace("\n", " "))
            time.sleep(0.05)


def ask(path, seed):
    choose = random.Random(seed)
    engine = Engine(path)
    viewers = [engine.resolve(name, DOMAIN) for name in VIEWERS]
    owners = [engine.resolve(name, DOMAIN) for name in OWNERS]
    rights = [right(name) for name in RIGHTS]
    while True:
        owner, viewer, asked = (choose.randrange(len(of)) for of in (OWNERS, VIEWERS, RIGHTS))
        before = time.monotonic()
        decision = engine.decide(viewers[viewer], rights[asked], owners[owner])
        # The pair cache, which names no revision, between two looks at it.
        first = engine.revision
        cached = engine.may(viewers[viewer], rights[asked], owners[owner])
        same = first == engine.revision
        say("said", before, time.monotonic(), decision.revision, OWNERS[owner], VIEWERS[viewer], RIGHTS[asked], int(decision.allowed),
            first if same else "-", int(cached))
        time.sleep(0.003)


def documents(path):
    with open(path, encoding="utf-8") as file:
        good = file.read()
    given = good + '\n[[relationship]]\nowner = "alice"\nviewer = "dave"\nlevel = "assistant_plus"\n'
    engine = Engine(path)
    alice, dave = engine.resolve("alice", DOMAIN), engine.resolve("dave", DOMAIN)
    turn = 0
    while True:
        turn += 1
        text, expected = (given, True) if turn % 2 else (good, False)
        for broken in (False, True):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text + "\n[[user]]\nname =" if broken else text)
            try:
                engine.reload()
                fault = broken
            except Error:
                fault = not broken
            if fault or engine.may(dave, right("call.pickup"), alice) != expected:
                say("wrong", turn, broken)
        say("turn", turn)
        time.sleep(0.05)


if __name__ == "__main__":
    survive()
    {"write": write, "ask": ask, "documents": documents}[sys.argv[1]](*sys.argv[2:])
