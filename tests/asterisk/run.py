#!/usr/bin/env python3
"""Runs the tests of res_linewarden on real Asterisks with telephones as offices have them: every feature allowed and refused.

    tests/asterisk/run.py [16] [22] [-k PATTERN]      without a number: both, side by side

Exit status 0 only if every test passed on every Asterisk asked for; a missing Asterisk is a failure.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
import time
import traceback

from pbx import HERE, INTEGRATION, PATIENCE, ROOT, Ami, Build, Failure, Pbx, wait_for, write

DOCUMENTS = [os.path.join(HERE, "documents", name) for name in ("acme.toml", "beta.toml", "haus.toml")]
# A company where rights are given by line.
DOCUMENTS.append(os.path.join(ROOT, "tests", "c", "documents", "lines.toml"))
BASES = {16: 15000, 22: 16000}
#: A run waits for telephones most of the time: each Asterisk is started so many times, and each of those has a part of the tests.
PARTS = 2
APART = 2000


def same(found, expected, what):
    if found != expected:
        raise Failure(f"{what}: found {found!r}, expected {expected!r}")


def holds(condition, what):
    if not condition:
        raise Failure(what)


def change(pbx, name, *pairs):
    """Changes a document's text; every old text must be there."""
    text = open(os.path.join(HERE, "documents", name), encoding="utf-8").read()
    for old, new in pairs:
        holds(old in text, f"{name} has no `{old}`")
        text = text.replace(old, new)
    write(pbx.document(name), text)


# What takes bob's rights on alice, and then what his site still gives him.
NO_SECRETARY = ('members = ["alice", "bob"]\n\n[[permission]]', 'members = ["alice"]\n\n[[permission]]')

MUNICH = 'same_site = "employee"\nother_sites = "external"\noutside = "external"\n\n[[site]]\nname = "berlin"'
NO_LAMP_FOR_BOB = (NO_SECRETARY, (MUNICH, MUNICH.replace("employee", "external")))


# ---- Functions, commands, manager interface ----------------------------------------------------------------------------

def test_functions_answer_the_document(pbx):
    ask = lambda text: pbx.get(text)
    a, b = "acme.example/", "beta.example/"
    for right, actor, target, answer in [
        ("call.pickup", a + "bob", a + "alice", "1"), ("call.pickup", a + "110", a + "100", "1"),
        ("call.pickup.first", a + "bob", a + "alice", "1"), ("call.pickup", a + "dave", a + "alice", "0"),
        ("forwarding.bypass", a + "erin", a + "alice", "1"), ("forwarding.bypass", a + "bob", a + "alice", "0"),
        ("call.pickup", b + "yuri", b + "zoe", "1"), ("call.pickup", b + "yuri", a + "alice", "0"),
        ("call.pickup", b + "110", a + "100", "0"), ("line.busy.read", b + "yuri", a + "alice", "0"),
        ("call.pickup", a + "bob", a + "sip:x@elsewhere.example", "0"),
    ]:
        same(ask(f"LINEWARDEN({right},{actor},{target})"), answer, f"{actor} {right} {target}")
    same(ask(f"LINEWARDEN(call.pickup,{a}bob,{a}alice,2)"), "1", "second line")
    same(ask("LINEWARDEN(call.pickup,bob,alice,,acme.example)"), "1", "domain as an argument")
    holds("workgroup" in ask(f"LINEWARDEN_REASON(call.pickup,{a}bob,{a}alice)"), "the reason names the workgroup")
    same(ask(f"LINEWARDEN_REASON(call.pickup,{a}dave,{a}alice)"), "no source gives the right", "reason of a no")
    # The manager interface cuts answers at 1024 bytes, the dialplan does not: a pair with few rights.
    rights = ask(f"LINEWARDEN_RIGHTS({a}carol,{a}alice)").split(",")
    holds("call.pickup.first" in rights and "line.busy.read" in rights, f"rights of carol: {rights}")
    holds("call.detail.read.first" not in rights, f"rights of carol: {rights}")
    # Who is of another company is an outside contact to this one, and has what its document gives to those.
    same(ask(f"LINEWARDEN_RIGHTS({b}yuri,{a}alice)"), "presence.symbol.read", "rights into another company")
    same(ask(f"LINEWARDEN_DIAL({a}bob,*8100)"), f"1,pickup,{a}alice,,1", "*8100 by bob")
    same(ask(f"LINEWARDEN_DIAL({a}dave,*8100)"), f"0,pickup,{a}alice,,1", "*8100 by dave")
    same(ask(f"LINEWARDEN_DIAL({a}bob,*8101)"), f"1,pickup,{a}alice,,2", "the second line by bob")
    same(ask(f"LINEWARDEN_DIAL({a}bob,*74100#130)"), f"1,forward_set,{a}alice,130,1", "*74 by bob")
    same(ask(f"LINEWARDEN_DIAL({a}bob,*74100%23130)"), f"1,forward_set,{a}alice,130,1", "*74 with %23")
    same(ask(f"LINEWARDEN_DIAL({a}dave,*74#110)"), f"1,forward_set,{a}dave,110,0", "one's own forwarding")
    same(ask(f"LINEWARDEN_DIAL({a}bob,*74100#13,0)"), "0,,,,", "a comma is no digit")
    same(ask(f"LINEWARDEN_DIAL({a}bob,*97)"), "0,none,,,", "a code of nobody's")
    same(ask(f"LINEWARDEN_DIAL({a}bob,*8999)"), "0,,,,", "an extension of nobody's")
    # By the line that was dialled, and by no other: Personal is no pickup and no forwarding on additional lines.
    for code, answer in [("*8100", "1,pickup,lines.example/boss,,1"), ("*8101", "1,pickup,lines.example/boss,,2"),
                         ("*8102", "0,pickup,lines.example/boss,,3"), ("*74100#300", "1,forward_set,lines.example/boss,300,1"),
                         ("*74102#300", "0,forward_set,lines.example/boss,300,3"), ("*71101", "1,forward_toggle,lines.example/boss,,2")]:
        same(ask(f"LINEWARDEN_DIAL(lines.example/sec,{code})"), answer, f"{code} by sec")
    same(ask("LINEWARDEN_DIAL(lines.example/dave,*8600)"), "1,pickup,lines.example/team:support,,0", "a team's number")
    same(ask("LINEWARDEN(call.pickup,lines.example/sec,lines.example/boss)"), "0", "all lines at once")
    same(ask(f"LINEWARDEN_DIAL({a}location:desk-7,*44110#1)"), f"1,login,{a}bob,,1", "login at the desk")
    same(ask(f"LINEWARDEN_PARTY({a}100)"), a + "alice", "party of an extension")
    same(ask(f"LINEWARDEN_PARTY({a}999)"), "", "party of nobody")
    for extension, line in [("100", "1"), ("101", "2"), ("600", "0"), ("alice", "0"), ("999", "0")]:
        same(ask(f"LINEWARDEN_LINE({a}{extension})"), line, f"line of {extension}")
    # One who transfers sees whether the other is on the phone, and one who is consulted does; who comes from outside does not.
    for role, answer in [("", "0"), ("none", "0"), ("consulted", "1"), ("transferring", "1"), ("boss", "0")]:
        same(ask(f"LINEWARDEN(line.busy.read,{a}dave,{a}alice,,,{role})"), answer, f"in a transfer: {role}")
    same(ask(f"LINEWARDEN_REASON(line.busy.read,{a}dave,{a}alice,,,consulted)"), "the actor's part in a transfer", "why")
    same(ask(f"LINEWARDEN_REASON(line.busy.read,{a}bob,{a}alice,,,consulted)"), "a workgroup", "why without need of it")
    same(ask(f"LINEWARDEN_NOTIFIED({a}600)"), f"{a}bob&{a}carol", "who is told of the team's call")
    same(ask(f"LINEWARDEN_NOTIFIED({a}600,{a}nobody)"), "", "told, with an unknown agent")


def test_bad_questions_are_refused_and_said_once(pbx):
    for _ in range(3):
        for text in ["LINEWARDEN(call.pickup,nobody,alice,,acme.example)", "LINEWARDEN(call.pickups,acme.example/bob,acme.example/alice)",
                     "LINEWARDEN(call.pickup,acme.example/bob)", "LINEWARDEN()", "LINEWARDEN(call.pickup,,acme.example/alice)",
                     "LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice,x)", "LINEWARDEN(call.pickup,bob,alice)",
                     "LINEWARDEN(line.busy.read,acme.example/bob,acme.example/alice,1)",
                     "LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice,1,acme.example,,more)",
                     "LINEWARDEN(call.pickup,acme.example/bob," + "9" * 900 + ")"]:
            same(pbx.get(text), "0", text)
    # The log is written by a thread of Asterisk's.
    wait_for("the complaint", lambda: "there is no right `call.pickups`" in pbx.log())
    pbx.cli("core show version")
    time.sleep(0.2)
    for complaint in ["there is no right `call.pickups`", "unknown name `n*****` in `acme.example`",
                      "`x` is no line", "does not depend on the line"]:
        same(pbx.log().count(complaint), 1, f"complaints `{complaint}`")


def test_log_hides_numbers_and_names(pbx):
    """An unknown number is a telephone number, too. With debugging on it is said in full."""
    ask = lambda number: same(pbx.get(f"LINEWARDEN(call.pickup,acme.example/{number},acme.example/alice)"), "0", number)
    pbx.cli("linewarden reload")
    mark = len(pbx.log())
    ask("004930123456")
    pbx.get("LINEWARDEN(call.pickup,sip:4930123457@elsewhere.example)")
    pbx.get("LINEWARDEN(call.pickup,bob,alice,4930123458x,acme.example)")
    warnings = lambda: "\n".join(line for line in pbx.log()[mark:].splitlines() if "VERBOSE" not in line)
    wait_for("the complaint", lambda: "unknown name `acme.example/0***********`" in warnings() and "is no line" in warnings())
    holds("493012345" not in warnings(), warnings())
    pbx.cli("core set debug 1")
    ask("004930123459")
    wait_for("the number", lambda: "unknown name `acme.example/004930123459`" in warnings())
    pbx.cli("core set debug 0")


def test_commands_and_documentation(pbx):
    out = pbx.cli("linewarden check acme.example/bob call.pickup acme.example/alice")
    holds(out.startswith("yes: ") and " us)" in out, out)
    holds(pbx.cli("linewarden check acme.example/dave call.pickup acme.example/alice").startswith("no: "), "check no")
    out = pbx.cli("linewarden explain acme.example/bob call.pickup acme.example/alice")
    holds("=> xphone" in out and "acme.toml:" in out, out)
    out = pbx.cli("linewarden explain acme.example/dave call.pickup acme.example/alice")
    holds(out.startswith("no: ") and "would make it a yes" in out, out)
    out = pbx.cli("linewarden explain acme.example/bobb call.pickup acme.example/alice")
    holds("`bobb`" in out and "`bob`" in out, f"the nearest name: {out}")
    holds("call.pickup.first" in pbx.cli("linewarden rights acme.example/bob acme.example/alice"), "rights")
    out = pbx.cli("linewarden show status")
    holds("acme.example" in out and "beta.example" in out and "WARNING" not in out, out)
    holds(f"built for Asterisk {pbx.build.major}" in out, out)
    holds("no history" in pbx.cli("linewarden show history"), "history")
    for line, word, expected in [
        ("linewarden check acme.example/al", "acme.example/al", "acme.example/alice"),
        ("linewarden check x call.pick", "call.pick", "call.pickup.second"),
        ("linewarden explain x call.pickup beta.", "beta.", "beta.example/zoe"),
        ("linewarden rights x acme.example/t", "acme.example/t", "acme.example/team:support"),
    ]:
        out = pbx.cli(f'_command matchesarray "{line}" "{word}"')
        holds(expected in out, f"completing `{line}` gives {out!r}")
    out = pbx.cli("core show function LINEWARDEN")
    holds("May this actor do this to that target?" in out and "LINEWARDEN(right,actor,target" in out.replace(" ", ""), out)
    for name in ["LINEWARDEN_REASON", "LINEWARDEN_RIGHTS", "LINEWARDEN_DIAL", "LINEWARDEN_PARTY", "LINEWARDEN_PICKUP_TARGETS",
                 "LINEWARDEN_NOTIFIED"]:
        holds("[Synopsis]\nNot available" not in pbx.cli(f"core show function {name}"), f"{name} has no synopsis")
    holds("Allowed (1 or 0)" in pbx.cli("manager show command LinewardenCheck"), "the manager action is documented")


def test_manager_actions_and_refusal_events(pbx):
    answer = pbx.ami.action("LinewardenCheck", Right="call.pickup", Actor="bob", Target="alice", Domain="acme.example")
    same((answer["Response"], answer["Allowed"]), ("Success", "1"), "LinewardenCheck")
    answer = pbx.ami.action("LinewardenCheck", Right="call.pickup", Actor="dave", Target="alice", Domain="acme.example")
    same((answer["Allowed"], answer["Reason"]), ("0", "no source gives the right"), "LinewardenCheck of a no")
    same(pbx.ami.action("LinewardenCheck", Right="call.pickup", Actor="dave")["Response"], "Error", "LinewardenCheck of half")
    time.sleep(1.1)
    # Takes the count of refusals in earlier tests.
    pbx.get("LINEWARDEN(call.pickup,acme.example/dave,acme.example/alice)")
    time.sleep(1.1)
    mark = pbx.ami.mark()
    # All in one step of the dialplan, within two seconds on the slowest machine.
    pbx.cli("channel originate Local/597@acme-people application NoOp")
    wait_for("the refusals", lambda: pbx.get("MANY") == 40 * "0")
    time.sleep(1.1)
    pbx.get("LINEWARDEN(call.pickup,acme.example/dave,acme.example/alice)")
    last = pbx.ami.wait("a refusal that counts the others",
                        lambda event: event["Event"] == "LinewardenRefusal" and int(event["Suppressed"]) > 0, mark)
    events = [event for event in pbx.ami.events[mark:] if event["Event"] == "LinewardenRefusal"]
    holds(len(events) <= 2 * 10 + 1, f"{len(events)} events in two seconds")
    same(len(events) + sum(int(event["Suppressed"]) for event in events), 41, "refusals told or counted")
    same((last["Right"], last["Actor"], last["Target"]), ("call.pickup", "acme.example/dave", "acme.example/alice"), "the event")


def test_channel_stays_in_its_company(pbx):
    pbx.phone("beta-110", "calls-refused", "599", code=403).done()
    same(pbx.get("TIED"), "0000,,,, 11", "what a channel of beta's is told of acme, and of beta")


def test_no_text_makes_lines_of_its_own(pbx):
    time.sleep(1.1)
    mark = pbx.ami.mark()
    pbx.phone("acme-130", "calls-refused", "598%0d%0aforged", code=403).done()
    event = pbx.ami.wait("the refusal", lambda event: event["Event"] == "LinewardenRefusal", mark)
    same(event["Target"], "598??forged", "the target, in one line")


def test_other_languages_ask_the_same(pbx):
    """AEL, Lua, AGI and ARI, by the examples that stand beside the sample."""
    for phone, answer in (("acme-110", "yes"), ("acme-130", "no")):
        for number, name in (("700", "LW_AEL"), ("701", "LW_LUA"), ("702", "LW_AGI")):
            pbx.cli(f"dialplan set global {name} unset")
            call = pbx.phone(phone, "calls", number + "100")
            wait_for(f"{name} of {phone}", lambda: pbx.get(name) != "unset")
            same(pbx.get(name), answer, f"{name} of {phone}")
            call.end()
            pbx.quiet()
    rings, calls = ringing(pbx, caller="acme-110", pause=None)
    channel = next(line.split("!")[0] for line in pbx.cli("core show channels concise").splitlines() if line.startswith("PJSIP/acme-110"))
    unique = pbx.ami.action("Getvar", Channel=channel, Variable="UNIQUEID")["Value"]
    for extension, answer in (("100", "yes"), ("130", "no")):
        done = subprocess.run([sys.executable, os.path.join(INTEGRATION, "examples", "ari.py"), f"http://127.0.0.1:{pbx.base + 40}",
                               "test:test", unique, extension], capture_output=True, text=True, timeout=PATIENCE)
        same(done.stdout.strip(), answer, f"ARI on {extension}: {done.stderr[-300:]}")
    calls.end()
    rings.end()
    pbx.cli("channel request hangup all")


# ---- Pickup -------------------------------------------------------------------------------------------------------------

def ringing(pbx, who="acme-100", number="100", caller="acme-140", pause=300):
    """A call that rings; the caller is answered by the party that picks it up."""
    rings = pbx.phone(who, "rings")
    calls = pbx.phone(caller, "calls", number, pause=pause)
    rings.sees("INVITE sip:")
    return rings, calls


def test_pickup_by_right_and_not_across_companies(pbx):
    rings, calls = ringing(pbx)
    pbx.phone("acme-130", "calls-refused", "*8100", code=403).done()
    pbx.phone("beta-110", "calls-refused", "*8100", code=480).done()
    pbx.phone("acme-110", "calls-refused", "*8130", code=403).done()
    holds(rings.running(), "it rings on after the refusals")
    picks = pbx.phone("acme-110", "calls-stays", "*8100")
    for phone in (picks, calls, rings):
        phone.done()
    # The other company, with the same extensions, while nothing rings at acme.
    rings, calls = ringing(pbx, "beta-100", "100", "beta-110")
    pbx.phone("acme-110", "calls-refused", "*8100", code=480).done()
    calls.end()
    rings.end()
    pbx.cli("channel request hangup all")
    pbx.quiet()


def test_bare_pickup_takes_what_rings_and_is_allowed(pbx):
    same(pbx.get("LINEWARDEN_PICKUP_TARGETS(acme.example/bob)"), "", "nothing rings")
    rings, calls = ringing(pbx)
    same(pbx.get("LINEWARDEN_PICKUP_TARGETS(acme.example/bob)"), "acme.example/alice/1@PICKUPMARK", "what bob may pick up")
    same(pbx.get("LINEWARDEN_PICKUP_TARGETS(acme.example/dave)"), "", "what dave may pick up")
    same(pbx.get("LINEWARDEN_PICKUP_TARGETS(beta.example/yuri)"), "", "what yuri may pick up")
    pbx.phone("acme-130", "calls-refused", "*8", code=403).done()
    pbx.phone("beta-110", "calls-refused", "*8", code=403).done()
    picks = pbx.phone("acme-120", "calls-stays", "*8")
    for phone in (picks, calls, rings):
        phone.done()


def test_features_conf_that_hands_pickup_past_the_dialplan(pbx):
    pbx.etc("features.conf", "[general]\npickupexten = *8\n")
    mark = len(pbx.log())
    pbx.cli("module reload features")
    holds("hands `*8` past the dialplan" in pbx.cli("linewarden show status"), "show status warns")
    pbx.cli("linewarden reload")
    wait_for("the warning", lambda: "hands `*8` past the dialplan" in pbx.log()[mark:])
    # The trap itself: dave may not, and nothing asks.
    rings, calls = ringing(pbx)
    picks = pbx.phone("acme-130", "calls-stays", "*8")
    for phone in (picks, calls, rings):
        phone.done()
    pbx.etc("features.conf", "[general]\npickupexten =\n")
    pbx.cli("module reload features")
    holds("WARNING" not in pbx.cli("linewarden show status"), "no warning once mended")
    rings, calls = ringing(pbx)
    pbx.phone("acme-130", "calls-refused", "*8", code=403).done()
    pbx.phone("acme-110", "calls-stays", "*8").done()
    for phone in (calls, rings):
        phone.done()


def test_picker_sees_the_caller_by_right(pbx):
    for picker, sees in (("acme-110", True), ("acme-120", False)):
        rings, calls = ringing(pbx, caller="acme-140")
        picks = pbx.phone(picker, "calls-stays", "*8100").done()
        calls.done()
        rings.done()
        text = "\n".join(message for message in picks.received())
        same('"Erin" <sip:140@' in text, sees, f"{picker} sees the caller's number")
        same("Erin" in text or "sip:140@" in text, sees, f"{picker} sees the caller at all")


def test_team_call_is_picked_up_by_permission(pbx):
    mark = pbx.ami.mark()
    rings, calls = ringing(pbx, number="600")
    told = pbx.ami.wait("who is told", lambda event: event.get("UserEvent") == "LinewardenWaiting", mark)
    same(told["Team"], "acme.example/team:support", "the team that has a waiting call")
    same(pbx.get(f"LINEWARDEN_NOTIFIED({told['Team']})"), "acme.example/bob&acme.example/carol", "told")
    pbx.phone("acme-130", "calls-refused", "*8600", code=403).done()
    pbx.phone("acme-120", "calls-stays", "*8600").done()
    for phone in (calls, rings):
        phone.done()


def test_team_call_at_an_agent_is_the_teams(pbx):
    """Erin may pick up from the team and not from its agent, carol and bob from the agent and not from the team."""
    at = "acme.example/team:support/0/acme.example/alice/1@PICKUPMARK"
    targets = lambda who, where: pbx.get(f"LINEWARDEN_PICKUP_TARGETS(acme.example/{who},,{where})")
    # Carol may both.
    rings, calls = ringing(pbx, number="600")
    same(targets("carol", "acme.example/alice/1"), at, "what carol may pick up at alice's first line")
    pbx.phone("acme-120", "calls-stays", "*8100").done()
    for phone in (calls, rings):
        phone.done()
    change(pbx, "acme.toml", ('teams = ["support"]\n', '\n[[permission]]\nname = "Queue"\ntypes = ["pickup.group"]\n'
                              'users = ["erin"]\nteams = ["support"]\n'))
    pbx.cli("linewarden reload")
    rings, calls = ringing(pbx, number="600", caller="acme-130")
    for who, where, found in [
        ("erin", "acme.example/alice/1", at), ("erin", "acme.example/alice", at), ("erin", "acme.example/team:support/0", at),
        ("erin", "acme.example/alice/2", ""), ("erin", "acme.example/bob/1", ""), ("erin", "beta.example/zoe/1", ""),
        ("erin", "nobody", ""), ("erin", "", ""), ("carol", "acme.example/alice/1", ""), ("bob", "acme.example/alice/1", ""),
        ("dave", "acme.example/alice/1", ""),
    ]:
        same(targets(who, where), found, f"what {who} may pick up at `{where}`")
    # Carol may pick up alice's calls, and none of them rings; bob likewise, who is her secretary.
    pbx.phone("acme-120", "calls-refused", "*8100", code=480).done()
    pbx.phone("acme-110", "calls-refused", "*8100", code=480).done()
    pbx.phone("acme-120", "calls-refused", "*8600", code=403).done()
    pbx.phone("acme-120", "calls-refused", "*8", code=403).done()
    pbx.phone("acme-140", "calls-refused", "*8101", code=403).done()
    holds(rings.running(), "it rings on after the refusals")
    time.sleep(1.1)
    mark = pbx.ami.mark()
    picks = pbx.phone("acme-140", "calls-stays", "*8100")
    for phone in (picks, calls, rings):
        phone.done()
    same([event for event in pbx.ami.events[mark:] if event["Event"] == "LinewardenRefusal" and event["Right"].startswith("call.pickup")],
         [], "refusals told of a call that was picked up")
    # Alice's own call is not the team's.
    rings, calls = ringing(pbx, caller="acme-130")
    same(targets("erin", "acme.example/alice/1"), "", "what erin may pick up of alice's own")
    pbx.phone("acme-140", "calls-refused", "*8100", code=403).done()
    pbx.phone("acme-120", "calls-stays", "*8100").done()
    for phone in (calls, rings):
        phone.done()
    # The team's number takes it wherever it rings, and so does the extension of an agent at a common telephone.
    pbx.cli("dialplan set global LW_AGENTS_ACME PJSIP/acme-100&PJSIP/acme-desk7")
    pbx.cli("database put linewarden at/acme.example/desk-7 acme.example/bob")
    pbx.cli("database put linewarden place/acme.example/bob desk-7")
    for code in ("*8110", "*8600"):
        desk = pbx.phone("acme-desk7", "rings")
        rings, calls = ringing(pbx, number="600", caller="acme-130")
        desk.sees("INVITE sip:")
        same(targets("erin", "acme.example/bob/1"), at.replace("alice", "bob"), "what erin may pick up at the desk")
        pbx.phone("acme-140", "calls-stays", code).done()
        for phone in (calls, rings, desk):
            phone.done()
        pbx.quiet()
    pbx.cli("dialplan set global LW_AGENTS_ACME PJSIP/acme-100")
    pbx.cli("database deltree linewarden")
    change(pbx, "acme.toml")
    pbx.cli("linewarden reload")


# ---- Forwarding ----------------------------------------------------------------------------------------------------------

def stored(pbx, key):
    found = re.match(r"Value: (.*)", pbx.cli(f"database get linewarden {key}"))
    return found.group(1).strip() if found else ""


def forwarding(pbx, who="acme.example/alice", line=1):
    return stored(pbx, f"forward/{who}/{line}")


def reaches(pbx, caller, dialled, callee):
    """A call rings at that telephone."""
    rings = pbx.phone(callee, "rings")
    calls = pbx.phone(caller, "calls-gives-up", dialled, pause=50)
    rings.sees("INVITE sip:")
    calls.done()
    rings.done()
    return rings


def test_forwarding_by_right_followed_and_bypassed(pbx):
    pbx.phone("acme-130", "calls-refused", "*74100#130", code=403).done()
    pbx.phone("acme-120", "calls-refused", "*74100#120", code=403).done()
    same(forwarding(pbx), "", "nothing is stored by a refusal")
    pbx.phone("acme-110", "calls-stays", "*74100#120").done()
    same(forwarding(pbx), "120", "set by the secretary")
    pbx.phone("acme-110", "calls-stays", "*74100%23130").done()
    same(forwarding(pbx), "130", "set with %23")
    reaches(pbx, "acme-120", "100", "acme-130")
    reaches(pbx, "acme-140", "100", "acme-100")
    pbx.phone("acme-130", "calls-refused", "*71100", code=403).done()
    pbx.phone("acme-110", "calls-stays", "*71100").done()
    same(forwarding(pbx), "", "switched off")
    reaches(pbx, "acme-120", "100", "acme-100")
    pbx.phone("acme-100", "calls-stays", "*71").done()
    same(forwarding(pbx), "130", "switched on again by the owner")
    pbx.phone("acme-130", "calls-stays", "*74#110").done()
    same(forwarding(pbx, "acme.example/dave"), "110", "one's own, by somebody who may nothing else")
    reaches(pbx, "acme-120", "100", "acme-110")
    # Back to where it begins: refused, and nothing that is stored changes.
    pbx.phone("acme-110", "calls-refused", "*74110#100", code=403).done()
    same(forwarding(pbx, "acme.example/bob"), "", "nothing is stored of a circle")
    reaches(pbx, "acme-120", "100", "acme-110")
    # A forwarding is kept for the line that was dialled: the other goes on ringing.
    pbx.phone("acme-110", "calls-stays", "*71100").done()
    pbx.phone("acme-110", "calls-stays", "*74101#140").done()
    same((forwarding(pbx), forwarding(pbx, line=2)), ("", "140"), "the second line's")
    reaches(pbx, "acme-120", "101", "acme-140")
    reaches(pbx, "acme-120", "100", "acme-100")
    pbx.phone("acme-101", "calls-stays", "*74#120").done()
    same((forwarding(pbx), forwarding(pbx, line=2)), ("", "120"), "one's own, by the telephone that the second line has")
    same(forwarding(pbx, "beta.example/zoe"), "", "the other company's 100 is not forwarded")
    pbx.cli("database deltree linewarden")


def test_pickup_takes_the_line_that_was_asked_about(pbx):
    rings, calls = ringing(pbx, who="acme-101", number="101")
    same(pbx.get("LINEWARDEN_PICKUP_TARGETS(acme.example/bob)"), "acme.example/alice/2@PICKUPMARK", "what rings at the second line")
    pbx.phone("acme-110", "calls-refused", "*8100", code=480).done()
    pbx.phone("acme-110", "calls-refused", "*97", code=404).done()
    picks = pbx.phone("acme-110", "calls-stays", "*8101")
    for phone in (picks, calls, rings):
        phone.done()


def test_transfer_is_asked_for_the_transferring_party(pbx):
    pbx.phone("acme-110", "calls-stays", "*74100#130").done()
    # erin reaches alice behind her forwarding, and so does whom she transfers there. carol does not, and so neither does erin
    # when it is carol who transfers. A user of another company, or of none, has no part in the question.
    for caller, transfers, number, reached in [("acme-120", "acme-140", "140", "acme-100"),
                                               ("acme-140", "acme-120", "120", "acme-130"),
                                               ("trunk", "acme-140", "140", "acme-100"),
                                               ("trunk", "acme-120", "120", "acme-130")]:
        rings = pbx.phone(reached, "rings")
        answers = pbx.phone(transfers, "answers-refers", code="100", pause=None)
        mark = pbx.ami.mark()
        calls = pbx.phone(caller, "calls", number, pause=None)
        # Who is not in the call yet cannot transfer it.
        pbx.ami.wait("the two to talk", lambda event: event["Event"] == "BridgeEnter" and event["BridgeNumChannels"] == "2", mark)
        answers.go_on("ACK sip:")
        rings.sees("INVITE sip:")
        calls.go_on().done()
        answers.done()
        rings.done()
        pbx.quiet()
    pbx.cli("database deltree linewarden")


def test_forwarding_asked_by_keypad(pbx):
    pbx.phone("acme-130", "calls-refused", "*70100", code=403).done()
    pbx.phone("acme-110", "calls-keys", "*70100").done()
    same(forwarding(pbx), "130", "the keys pressed")
    pbx.cli("database deltree linewarden")


# ---- Who sees whom -------------------------------------------------------------------------------------------------------

def test_caller_is_shown_by_right(pbx):
    def invite(phone):
        return next(message for message in phone.received() if message.startswith("INVITE"))
    text = invite(reaches(pbx, "acme-110", "100", "acme-100"))
    holds("sip:110@" in text and "Bob" in text, f"alice does not see bob:\n{text}")
    text = invite(reaches(pbx, "acme-130", "100", "acme-100"))
    # Tags and branches are random and may hold any digits.
    holds("sip:130@" not in text and "tel:130" not in text and "Dave" not in text, f"alice sees dave:\n{text}")
    text = invite(reaches(pbx, "beta-110", "100", "beta-100"))
    holds("Yuri" not in text, f"zoe sees yuri:\n{text}")


def refusal(pbx, mark):
    """The reason of the refusal after the mark."""
    return pbx.ami.wait("why", lambda event: event.get("UserEvent") == "LinewardenRefused", mark)["Reason"]


def logs_in(pbx, phone, number, pin, outcome="right"):
    """Dials the login and keys the PIN; an event reports what comes of it, or by a refusal of the call."""
    if outcome in ("refused", "locked"):
        pbx.phone(phone, "calls-refused", f"*44{number}", code=403).done()
        return
    mark = pbx.ami.mark()
    pbx.phone(phone, "calls-keys", f"*44{number}", code=pin + "#").done()
    if outcome != "right":
        same(refusal(pbx, mark), f"the PIN is {outcome}", "the login")


def test_login_at_a_location(pbx):
    pbx.cli("database put linewarden pin/acme.example/bob 4711")
    pbx.cli("database put linewarden pin/acme.example/dave 4712")
    pbx.phone("acme-desk7", "calls-refused", "*8100", code=403).done()
    logs_in(pbx, "acme-desk7", "130", "4712", "refused")
    logs_in(pbx, "acme-desk7", "110", "1111", "wrong")
    # A PIN that is dialled would stand in logs and call records.
    pbx.phone("acme-desk7", "calls-refused", "*44110#4711", code=403).done()
    pbx.phone("acme-desk7", "calls-refused", "*8100", code=403).done()
    logs_in(pbx, "acme-desk7", "110", "4711")
    reaches(pbx, "acme-140", "110", "acme-desk7")
    rings, calls = ringing(pbx)
    pbx.phone("acme-desk7", "calls-stays", "*8100").done()
    for phone in (calls, rings):
        phone.done()
    # The right goes, and the login with it.
    change(pbx, "acme.toml", ('users = ["bob"]\nlocations', "users = []\nlocations"))
    pbx.cli("linewarden reload")
    pbx.phone("acme-desk7", "calls-refused", "*8100", code=403).done()
    change(pbx, "acme.toml")
    pbx.cli("linewarden reload")
    pbx.phone("acme-desk7", "calls-stays", "*44").done()
    pbx.phone("acme-desk7", "calls-refused", "*8100", code=403).done()
    same(stored(pbx, "where/acme.example/bob"), "", "logged out")
    pbx.cli("database deltree linewarden")


def states(watcher):
    """The states a lamp was notified of, in order. A subscription that was left at the port before is not this one."""
    told = [message for message in watcher.received() if watcher.dialog and watcher.dialog.call_id in message]
    return [match.group(1) for message in told for match in [re.search(r"<state>(\w+)</state>", message)] if match]


def callers_only_while_lit(watcher, ever):
    """No dark lamp shows a caller, and none of the other company's does. Who may see the caller has the lamp's right in these tests."""
    for text in watcher.own():
        if "sip:140@" in text or "Erin" in text or "<remote>" in text:
            holds(ever and "<state>early</state>" in text, f"{watcher.name} is shown who calls:\n{text}")


def test_lamps_follow_right_and_device(pbx):
    base = pbx.base + 200
    may, may_not, other = (pbx.phone(name, "watches", "100", seconds=600, port=base + 4 * place)
                           for place, name in enumerate(("acme-110", "acme-130", "beta-110")))
    for watcher in (may, may_not, other):
        wait_for("the first notification", lambda: states(watcher))
        same(states(watcher), ["terminated"], f"{watcher.name} at rest")
    rings = pbx.phone("acme-100", "rings")
    calls = pbx.phone("acme-140", "calls-gives-up", "100", pause=None)
    wait_for("the lamp to blink", lambda: states(may)[-1] == "early")

    # The right goes while it rings, and comes back.
    change(pbx, "acme.toml", *NO_LAMP_FOR_BOB)
    mark = pbx.ami.mark()
    out = pbx.cli("linewarden reload")
    wait_for("the lamp to go out", lambda: states(may)[-1] == "terminated")
    event = pbx.ami.wait("the revision", lambda event: event["Event"] == "LinewardenRevision", mark)
    holds(event["Changed"] in out and int(event["Changed"]) < int(event["Lamps"]), f"only what changed: {event} {out}")
    same(states(may_not), ["terminated"] * len(states(may_not)), "dave's lamp while it rings")
    change(pbx, "acme.toml", ('name = "dave"\nlines = ["130"]\nsite = "berlin"', 'name = "dave"\nlines = ["130"]\nsite = "munich"'))
    pbx.cli("linewarden reload")
    wait_for("the lamp to blink again", lambda: states(may)[-1] == "early")
    wait_for("dave's lamp to blink with the new right", lambda: states(may_not)[-1] == "early")
    calls.go_on().done()
    rings.done()
    wait_for("the lamp to go out with the call", lambda: states(may)[-1] == "terminated" and states(may_not)[-1] == "terminated")
    same(states(other), ["terminated"] * len(states(other)), "the other company's lamp for its own 100")
    for watcher in (may, may_not, other):
        callers_only_while_lit(watcher, watcher is not other)
        watcher.end()
    change(pbx, "acme.toml")
    pbx.cli("linewarden reload")


def at_rest(pbx):
    """Waits until no lamp moves any more; the mark of that moment."""
    counts = [-1]
    wait_for("the lamps to come to rest", lambda: counts.append(pbx.ami.mark()) or time.sleep(0.3) or counts[-1] == pbx.ami.mark())
    return counts[-1]


def test_many_lamps_and_no_storm(pbx):
    watchers, each = ("alice", "bob", "carol", "dave", "erin"), 400
    for watcher in watchers:
        for place in range(each):
            pbx.get(f"DEVICE_STATE(Linewarden:acme.example|{watcher}|alice|Custom:line{place})")
    lamps = lambda: int(re.search(r"lamps: +(\d+)", pbx.cli("linewarden show status")).group(1))
    holds(lamps() >= len(watchers) * each, f"{lamps()} lamps")
    mark = pbx.ami.mark()
    pbx.cli("linewarden reload")
    same(pbx.ami.wait("revision", lambda event: event["Event"] == "LinewardenRevision", mark)["Changed"], "0", "lamps without a change")
    mark = pbx.ami.mark()
    change(pbx, "acme.toml", ('name = "dave"\nlines = ["130"]\nsite = "berlin"', 'name = "dave"\nlines = ["130"]\nsite = "munich"'))
    pbx.cli("linewarden reload")
    changed = int(pbx.ami.wait("revision", lambda event: event["Event"] == "LinewardenRevision", mark)["Changed"])
    holds(each <= changed <= each + 20, f"dave's {each} lamps change, and {changed} did")
    # A device changes: only its lamps move. First the lamps above come to rest.
    mark = at_rest(pbx)
    pbx.cli("devstate change Custom:line7 INUSE")
    for watcher in watchers:
        pbx.ami.wait(f"{watcher}'s lamp", lambda event: event["Event"] == "DeviceStateChange" and event["State"] == "INUSE"
                     and event["Device"].startswith(f"Linewarden:acme.example|{watcher}|"), mark)
    moved = {event["Device"] for event in pbx.ami.events[mark:] if event["Event"] == "DeviceStateChange"}
    same(len(moved), len(watchers) + 1, "devices that moved")
    change(pbx, "acme.toml")
    pbx.cli("linewarden reload")


# ---- Emergencies and mishaps ---------------------------------------------------------------------------------------------

def asked(pbx):
    return int(re.search(r"questions: (\d+)", pbx.cli("linewarden show status")).group(1))


def test_emergency_calls_are_not_asked_about(pbx):
    before = asked(pbx)
    for phone in ("acme-130", "acme-desk7", "beta-110"):
        text = "\n".join(reaches(pbx, phone, "112", "trunk").received())
        holds("INVITE sip:112@" in text, f"112 by {phone}:\n{text}")
    same(asked(pbx), before, "questions asked for emergency calls")


def test_broken_document_during_a_call(pbx):
    rings, calls = ringing(pbx, pause=None)
    picks = pbx.phone("acme-110", "calls-stays", "*8100")
    rings.done()
    good = pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)")
    change(pbx, "acme.toml", ('level = "assistant_plus"', 'level = "assistant_pluss"'), NO_SECRETARY)
    for command in ("linewarden reload", "module reload res_linewarden.so"):
        mark = pbx.ami.mark()
        out = pbx.cli(command)
        holds("in force" in out or "fail" in out.lower(), f"{command} says nothing of the failure: {out}")
        event = pbx.ami.wait("the fault", lambda event: event["Event"] == "LinewardenFault", mark)
        holds("assistant_pluss" in event["Message"] and "acme.toml:" in event["Message"], event)
        if command == "linewarden reload":
            holds("the old rights stay in force" in out and "acme.toml:" in out, out)
    same(pbx.ami.action("LinewardenReload")["Response"], "Error", "LinewardenReload")
    same((good, pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)")), ("1", "1"), "the old rights")
    # Settings that are broken change nothing either.
    settings = open(os.path.join(pbx.dir, "etc", "linewarden.conf"), encoding="utf-8").read()
    pbx.etc("linewarden.conf", "[general]\nsource = /nowhere\n")
    holds("the old rights stay in force" in pbx.cli("linewarden reload"), "a source that is not there")
    same(pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)"), "1", "the old source")
    pbx.etc("linewarden.conf", settings + "domain = acme.example\n")
    change(pbx, "acme.toml", NO_SECRETARY)
    holds(pbx.cli("linewarden reload").startswith("revision "), "mended")
    same(pbx.get("LINEWARDEN(forwarding.set,bob,alice)"), "0", "the new rights, and the default domain")
    holds(calls.running() and picks.running(), "the call goes on")
    calls.go_on().done()
    picks.done()
    pbx.etc("linewarden.conf", settings)
    change(pbx, "acme.toml")
    pbx.cli("linewarden reload")


# ---- A store ---------------------------------------------------------------------------------------------------------------

def command(*arguments, said=""):
    """The linewarden command: a process of its own."""
    library = os.environ.get("LW_LIB", os.path.join(ROOT, "target", "checked"))
    done = subprocess.run([os.path.join(library, "linewarden"), *arguments], input=said, capture_output=True, text=True,
                          timeout=PATIENCE)
    same(done.returncode, 0, f"linewarden {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def store(pbx):
    """A store of the documents, in their place."""
    path = os.path.join(pbx.dir, "store", "rights.db")
    shutil.rmtree(os.path.dirname(path), ignore_errors=True)
    os.makedirs(os.path.dirname(path))
    command("import", path, os.path.join(pbx.dir, "documents"))
    settings = open(os.path.join(pbx.dir, "etc", "linewarden.conf"), encoding="utf-8").read()
    pbx.etc("linewarden.conf", f"[general]\nsource = {path}\n")
    try:
        out = pbx.cli("linewarden reload")
        holds(out.startswith("revision 1,"), out)
        yield path
    finally:
        pbx.etc("linewarden.conf", settings)
        pbx.cli("linewarden reload")


def apply(path, *changes, domain="acme.example"):
    """Changes the store from outside; gives the revision."""
    return int(re.search(r'"revision":\s*(\d+)', command("apply", "--json", path, said="\n".join([f"in {domain}", *changes]))).group(1))


def revisions(pbx, mark):
    return [event for event in pbx.ami.events[mark:] if event["Event"] == "LinewardenRevision"]


def told(pbx, revision, mark):
    """The event that tells of that revision, or of later ones with it."""
    return pbx.ami.wait(f"revision {revision}", lambda event: event["Event"] == "LinewardenRevision"
                        and int(event["Revision"]) >= revision, mark)


def test_store_is_changed_by_another_process(pbx):
    sees = lambda actor, target="acme.example/alice": pbx.get(f"LINEWARDEN(line.busy.read,{actor},{target})")
    with store(pbx) as path:
        holds("changes are in force at once" in pbx.cli("linewarden show status"), pbx.cli("linewarden show status"))
        base = pbx.base + 200
        bob, dave, yuri = (pbx.phone(name, "watches", "100", seconds=600, port=base + 4 * place)
                           for place, name in enumerate(("acme-110", "acme-130", "beta-110")))
        for watcher in (bob, dave, yuri):
            wait_for("the first notification", lambda: states(watcher))
        rings = pbx.phone("acme-100", "rings")
        calls = pbx.phone("acme-140", "calls-gives-up", "100", pause=None)
        wait_for("the lamp to blink", lambda: states(bob)[-1] == "early")

        # The right goes while it rings. The first answer after the change is the new one; nothing is reloaded.
        mark = pbx.ami.mark()
        revision = apply(path, "remove member workgroup secretary bob", "set default munich same_site external")
        same(sees("acme.example/bob"), "0", "the first answer after the right has gone")
        wait_for("the lamp to go out", lambda: states(bob)[-1] == "terminated")
        event = told(pbx, revision, mark)
        holds(0 < int(event["Changed"]) < int(event["Lamps"]), f"only what changed: {event}")
        # It comes back, and to another user; only the lamps of those two change.
        for watcher, name in ((bob, "bob"), (dave, "dave")):
            mark = at_rest(pbx)
            revision = apply(path, f"set relationship alice {name} assistant_plus")
            same(sees(f"acme.example/{name}"), "1", f"{name}'s first answer after the right has come")
            wait_for(f"{name}'s lamp to blink", lambda: states(watcher)[-1] == "early")
            event = told(pbx, revision, mark)
            holds(0 < int(event["Changed"]) < int(event["Lamps"]), f"only what changed: {event}")
            moved = {event["Device"] for event in pbx.ami.events[mark:] if event["Event"] == "DeviceStateChange"}
            number = {"bob": "110", "dave": "130"}[name]
            others = sorted(device for device in moved if device.split("|")[1] not in (name, number))
            holds(moved and not others, f"{len(moved)} lamps moved, others' among them: {others[:5]}")
        apply(path, "clear relationship alice dave")
        wait_for("dave's lamp to go out", lambda: states(dave)[-1] == "terminated")

        # What is changed in one company is not felt in the other, whose extensions are the same.
        pickup = lambda domain, actor, target: pbx.get(f"LINEWARDEN(call.pickup,{domain}/{actor},{domain}/{target})")
        same((pickup("beta.example", "yuri", "zoe"), pickup("acme.example", "bob", "alice")), ("1", "1"), "before")
        # A role type that no permission carries is open to everybody: so another one carries it.
        apply(path, "add permission Nobody", "add role_type Nobody pickup.group", "remove role_type All pickup.group",
              domain="beta.example")
        same((pickup("beta.example", "yuri", "zoe"), pickup("acme.example", "bob", "alice")), ("0", "1"), "after")
        same(sees("beta.example/yuri"), "0", "yuri of beta towards alice of acme")
        same(states(yuri), ["terminated"] * len(states(yuri)), "the lamp of beta's 100")
        same(states(bob)[-1], "early", "bob's lamp meanwhile")

        # An extension that is given to another user takes its lamp along.
        mark = pbx.ami.mark()
        revision = apply(path, "set lines alice 101", "set lines erin 140 100")
        wait_for("the lamp to go out with the extension", lambda: states(bob)[-1] == "terminated")
        revision = apply(path, "set lines erin 140", "set lines alice 100 101")
        wait_for("the lamp to come back with the extension", lambda: states(bob)[-1] == "early")
        told(pbx, revision, mark)

        out = pbx.cli("linewarden show history")
        holds(out.startswith("revision ") and "administrator" in out and "set relationship alice bob assistant_plus" in out
              and "in beta.example" in out and "and " in out and " more" in out, out)
        same(pbx.cli("linewarden show history 2").count("revision "), 2, "revisions of a short history")
        # A reload finds nothing new, and tells of nothing.
        mark = pbx.ami.mark()
        holds(", 0 of " in pbx.cli("linewarden reload"), "a reload of a store")
        revision = apply(path, "set vip alice yes")
        told(pbx, revision, mark)
        same([event["Revision"] for event in revisions(pbx, mark)], [str(revision)], "revisions told after a reload")
        calls.go_on().done()
        rings.done()
        for watcher in (bob, dave, yuri):
            callers_only_while_lit(watcher, watcher is not yuri)
            watcher.end()
    holds("no history" in pbx.cli("linewarden show history"), "documents again")


WRITER = """
import sys
from linewarden import Engine
engine = Engine(sys.argv[1])
alice, dave = engine.resolve("alice", "acme.example"), engine.resolve("dave", "acme.example")
while True:
    engine.set_relationship(alice, alice, dave, "assistant_plus")
    engine.clear_relationship(alice, alice, dave)
"""


FLICKER = """
import sys
from linewarden import Engine
engine = Engine(sys.argv[1])
alice, dave = engine.resolve("alice", "acme.example"), engine.resolve("dave", "acme.example")
for line in sys.stdin:
    for given in [True, False] * 20 + [True] * int(line):
        if given:
            engine.set_relationship(alice, alice, dave, "assistant_plus")
        else:
            engine.clear_relationship(alice, alice, dave)
    print("done", flush=True)
"""


def writing(program, path):
    """A Python program that changes the store, with the library under test."""
    library = os.environ.get("LW_LIB", os.path.join(ROOT, "target", "checked"))
    environment = {**os.environ, "PYTHONPATH": os.path.join(ROOT, "bindings", "python"), "PYTHONDONTWRITEBYTECODE": "1",
                   "LINEWARDEN_LIBRARY": os.path.join(library, "liblinewarden.so")}
    return subprocess.Popen([sys.executable, "-c", program, path], env=environment, text=True, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)


def test_lamps_end_as_their_rights_do(pbx):
    """Rights that come and go faster than lamps are refreshed: what is shown in the end is what is in force in the end."""
    with store(pbx) as path, writing(FLICKER, path) as writer:
        watcher = pbx.phone("acme-130", "watches", "100", seconds=600, port=pbx.base + 200)
        wait_for("the first notification", lambda: states(watcher))
        rings, calls = ringing(pbx, pause=None)
        # The sample lets a telephone ring for 30 s. On a busy machine that is enough for few rounds.
        rounds, end = 0, time.monotonic() + 18
        while rounds < 2 or rounds < 30 and time.monotonic() < end or rounds % 2:
            rounds += 1
            given = rounds % 2
            writer.stdin.write(f"{given}\n")
            writer.stdin.flush()
            same(writer.stdout.readline(), "done\n", "the writer")
            state = ["terminated", "early"][given]
            wait_for(f"the lamp to be {state}", lambda: states(watcher)[-1] == state)
            # A state from the middle may have been seen: what counts is where the lamp comes to rest.
            at_rest(pbx)
            wait_for(f"the lamp to stay {state}", lambda: states(watcher)[-1] == state)
            time.sleep(0.02)
            same(states(watcher)[-1], state, "the lamp a moment later")
        writer.stdin.close()
        picks = pbx.phone("acme-110", "calls-stays", "*8100")
        rings.done()
        calls.go_on().done()
        picks.done()
        watcher.end()


def test_writer_is_killed_during_calls(pbx):
    with store(pbx) as path:
        mark = pbx.ami.mark()
        watcher = pbx.phone("acme-130", "watches", "100", seconds=600, port=pbx.base + 200)
        wait_for("the first notification", lambda: states(watcher))
        rings, calls = ringing(pbx, pause=None)
        last = 1
        for _ in range(4):
            writer = writing(WRITER, path)
            try:
                # In the middle of its work, wherever that is.
                last = int(told(pbx, last + 11, mark)["Revision"])
                holds(writer.poll() is None, f"the writer ended with {writer.returncode}")
            finally:
                writer.kill()
                writer.wait(PATIENCE)
            # It was killed with the right given or with it taken; the next writer goes on from there, whichever it was.
            for change, state in (("set relationship alice dave assistant_plus", "early"), ("clear relationship alice dave", "terminated")):
                last = max(last, apply(path, change))
                same(pbx.get("LINEWARDEN(line.busy.read,acme.example/dave,acme.example/alice)"), "01"[state == "early"], change)
                wait_for(f"the lamp to be {state}", lambda: states(watcher)[-1] == state)
                same(pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)"), "1", "an answer nobody changes")
        told(pbx, last, mark)
        # What was in force at the reload that opened the store is reported late.
        events = [event for event in revisions(pbx, mark) if event["Revision"] != "1"]
        same(sum(int(event["Revisions"]) for event in events), last - 1, "revisions that were told")
        picks = pbx.phone("acme-110", "calls-stays", "*8100")
        rings.done()
        calls.go_on().done()
        picks.done()
        watcher.end()
        command("verify", path)


def test_readme_document_makes_a_pickup_gate(pbx):
    """The document an administrator begins with does what the README says, with the settings it names."""
    readme = open(os.path.join(ROOT, "integrations", "asterisk", "README.md"), encoding="utf-8").read()
    block = re.search(r'\n( +domain = "acme\.example"\n(?: +.*\n)+)', readme).group(1)
    folder = os.path.join(pbx.dir, "readme")
    os.makedirs(folder, exist_ok=True)
    write(os.path.join(folder, "acme.toml"), textwrap.dedent(block))
    settings = open(os.path.join(ROOT, "integrations", "asterisk", "linewarden.conf.sample"), encoding="utf-8").read()
    before = open(os.path.join(pbx.dir, "etc", "linewarden.conf"), encoding="utf-8").read()
    pbx.etc("linewarden.conf", settings.replace("source = /etc/linewarden", f"source = {folder}"))
    holds(pbx.cli("linewarden reload").startswith("revision "), "the README's document loads")
    rings, calls = ringing(pbx, caller="acme-130")
    pbx.phone("acme-130", "calls-refused", "*8100", code=403, port=pbx.base + 220).done()
    picks = pbx.phone("acme-110", "calls-stays", "*8100")
    for phone in (picks, calls, rings):
        phone.done()
    pbx.etc("linewarden.conf", before)
    pbx.cli("linewarden reload")


def test_unload_and_reload_under_load(pbx):
    end, asked_in_vain, faults, unloaded = threading.Event(), [0], [], 0

    def load():
        ami = Ami(pbx.ami_port)
        while not end.is_set():
            value = ami.action("Getvar", Variable="LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)").get("Value", "")
            state = ami.action("Getvar", Variable="DEVICE_STATE(Linewarden:acme.example|bob|alice|Custom:x)")
            refused = ami.action("Getvar", Variable="LINEWARDEN(call.pickup,acme.example/dave,acme.example/alice)").get("Value", "")
            if refused == "1" or value not in ("", "0", "1") or "Response" not in state:
                faults.append((value, refused))
            asked_in_vain[0] += value != "1"
        ami.socket.close()

    def guarded():
        try:
            load()
        except Exception as error:
            faults.append(repr(error))

    threads = [threading.Thread(target=guarded) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(int(os.environ.get("LW_UNLOADS", "15"))):
        # Asterisk refuses while it counts a user, and so some of these go through and some do not.
        unloaded += "Unloaded" in pbx.cli("module unload res_linewarden.so")
        pbx.cli("module load res_linewarden.so")
        pbx.cli("linewarden reload")
    end.set()
    for thread in threads:
        thread.join(PATIENCE)
    same(faults, [], "faults under load")
    holds(unloaded and asked_in_vain[0], f"{unloaded} unloads went through, {asked_in_vain[0]} questions met no module")
    wait_for("the module to be there", lambda: "res_linewarden.so" in pbx.cli("module show like res_linewarden")
             and pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)") == "1"
             or (pbx.cli("module load res_linewarden.so") and False))


def test_load_with_broken_documents(pbx):
    pbx.cli("module unload res_linewarden.so")
    change(pbx, "acme.toml", ('level = "assistant_plus"', 'level = "assistant_pluss"'))
    pbx.cli("module load res_linewarden.so")
    same(pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)"), "0", "nothing is loaded")
    holds("everything is refused" in pbx.cli("linewarden show status"), "show status says so")
    pbx.phone("acme-110", "calls-refused", "*8100", code=403).done()
    reaches(pbx, "acme-110", "112", "trunk")
    change(pbx, "acme.toml")
    holds(pbx.cli("linewarden reload").startswith("revision "), "mended")
    same(pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)"), "1", "loaded")


def test_module_of_another_major_declines(pbx):
    # A module that has declined stays known to Asterisk until it ends: hence the new starts.
    other = 38 - pbx.build.major
    for module, said in ((pbx.build.module(os.path.join(pbx.dir, "build-wrong"), "CFLAGS=-O2 -DLW_ASTERISK_MAJOR=19"),
                          "built for Asterisk 19, and this is Asterisk"),
                         (Build(other).module(os.path.join(pbx.dir, "build-other")),
                          f"built for Asterisk {other}, and this is Asterisk|undefined symbol")):
        same(pbx.stop(), 0, "Asterisk's end")
        pbx.use_module(module)
        mark = len(pbx.log())
        pbx.start()
        wait_for("the refusal", lambda: re.search(said, pbx.log()[mark:]))
        same(pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)"), "", "no function is registered")
    same(pbx.stop(), 0, "Asterisk's end")
    pbx.use_module(pbx.module)
    pbx.start()
    same(pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)"), "1", "the right module")


def tests():
    """This file's and those of the files that use its functions."""
    import attack
    import calls
    import live
    import matrix
    import module
    import nodes
    import newcomer
    import destinations
    import engineer
    import identity
    import office
    import others
    import pins
    import policy
    import by_program
    import by_provider
    import replaces
    import shadow
    import subscriptions
    import demonstration

    parts = [globals(), *(vars(part) for part in (office, calls, identity, attack, destinations, engineer, live, matrix, pins, policy, by_program, by_provider, replaces, others, nodes, subscriptions, shadow, module, newcomer,
                                               demonstration))]
    return [(name, value) for part in parts for name, value in list(part.items()) if name.startswith("test_")]


def run(major, part, chosen, report):
    folder = os.path.join(ROOT, "target", "test-asterisk", f"{major}-{part}")
    passed, failed = 0, []
    pbx = None
    try:
        pbx = Pbx(Build(major), folder, BASES[major] + part * APART, DOCUMENTS).start()
        report(major, f"{pbx.build.version}, base port {pbx.base}")
        for name, test in chosen:
            began = time.monotonic()
            try:
                test(pbx)
                pbx.quiet()
                holds(pbx.process.poll() is None, f"Asterisk ended with {pbx.process.returncode}")
                passed += 1
                report(major, f"ok      {time.monotonic() - began:5.1f} s  {name}")
            except Exception as error:
                text = str(error) if isinstance(error, Failure) else traceback.format_exc()
                failed.append(f"{name}: {text}")
                report(major, f"FAILED  {time.monotonic() - began:5.1f} s  {failed[-1]}")
                if pbx.process.poll() is not None:
                    report(major, f"Asterisk has ended with {pbx.process.returncode}, see {folder}")
                    break
                # The next test begins with what every test expects.
                for phone in pbx.phones:
                    phone.end()
                for document in DOCUMENTS:
                    shutil.copy(document, os.path.join(pbx.dir, "documents"))
                pbx.etc("features.conf", "[general]\npickupexten =\n")
                pbx.etc("linewarden.conf", pbx.settings)
                pbx.etc("extensions_extra.conf", "")
                for command in ("module reload features", "module load res_linewarden.so", "linewarden reload", "dialplan reload",
                                "database deltree linewarden", "channel request hangup all"):
                    pbx.cli(command)
                time.sleep(0.5)
    except Exception as error:
        failed.append(f"start: {error if isinstance(error, Failure) else traceback.format_exc()}")
        report(major, f"FAILED  {failed[-1]}")
    finally:
        if pbx:
            code = pbx.stop()
            if code:
                failed.append(f"end: Asterisk ended with {code}, see {folder}")
                report(major, f"FAILED  {failed[-1]}")
    if passed + len(failed) < len(chosen):
        failed.append(f"{len(chosen) - passed - len(failed)} tests did not run")
    return passed, failed


def main():
    arguments = sys.argv[1:]
    word = ""
    if "-k" in arguments:
        place = arguments.index("-k")
        word = arguments[place + 1]
        del arguments[place:place + 2]
    majors = [int(text) for text in arguments] or [16, 22]
    chosen = [(name, test) for name, test in tests() if not word or re.search(word, name)]
    lock, ended = threading.Lock(), {}

    def report(major, text):
        with lock:
            print(f"[{major}] {text}", flush=True)

    def one(major, part):
        ended[major, part] = run(major, part, chosen[part::PARTS], report)

    # Fewer tests than parts leave a part without any.
    runs = [(major, part) for major in majors for part in range(min(PARTS, len(chosen)))]
    threads = [threading.Thread(target=one, args=which) for which in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    good = bool(runs)
    for major in majors:
        parts = [ended.get(which, (0, ["the run did not end"])) for which in runs if which[0] == major]
        failed = [text for _, texts in parts for text in texts]
        # Once more at the end: the lines of all runs are mixed, and of a long log often the end alone is kept.
        for text in failed:
            report(major, f"failed  {text}")
        report(major, f"{sum(passed for passed, _ in parts)} passed, {len(failed)} failed")
        good = good and not failed
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    # The office's tests take their helpers from here.
    sys.modules["run"] = sys.modules["__main__"]
    main()
