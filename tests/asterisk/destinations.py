"""Where calls and forwardings of haus.example may lead by class of number, and a cover with an end that ends by itself."""

import contextlib
import datetime
import time

from calls import refuses
from live import rule, rules
from office import dialplan
from pbx import readme
from phones import wait_for
from run import apply, asked, forwarding, holds, reaches, refusal, ringing, same, states, store

GERMANY = readme("[destinations]") + "{more}\n"
NO_RIGHT = "the right to set the forwarding is missing"
CLASS_MISSING = "the right for numbers of this class is missing"


def ways_out(pbx):
    """The README's lines for calls and forwardings that lead outside."""
    lines = readme("[acme-outside](+)").replace("acme", "haus")
    holds("linewarden-may-call" in lines and "Return" in lines, "the README's lines")
    return dialplan(pbx, lines)


def leads_out(pbx, caller, dialled, number):
    trunk = reaches(pbx, caller, dialled, "trunk")
    holds(any(text.startswith(f"INVITE sip:{number}@") for text in trunk.received()), f"{dialled} leads to {number}")


def test_calls_go_out_by_the_class_of_their_number(pbx):
    texts = (GERMANY.format(more='calls = ["internal", "local", "national"]'), rule("abroad", "emil", "call.to.international", "oneself"))
    with ways_out(pbx), rules(pbx, *texts):
        for phone, dialled, reason in (("haus-230", "000431234567", CLASS_MISSING), ("haus-230", "001711234567", CLASS_MISSING),
                                       ("haus-240", "009001234567", CLASS_MISSING), ("haus-240", "0030%2a8", "this is no number"),
                                       ("haus-240", "0009991234", "where the number leads is not known"),
                                       ("haus-240", "0030123a45", "this is no number"), ("haus-240", "0030123%2c45", "this is no number"),
                                       ("haus-desk240", "0030123456", "a party is unknown")):
            refuses(pbx, phone, dialled, reason)
        for phone, dialled in (("haus-230", "05678901"), ("haus-230", "0089123456"), ("haus-240", "000431234567")):
            leads_out(pbx, phone, dialled, dialled[1:])
        before = asked(pbx)
        for phone in ("haus-230", "haus-desk240"):
            leads_out(pbx, phone, "112", "112")
        same(asked(pbx), before, "questions asked for emergency calls")
    with ways_out(pbx):
        # A company without the system has no such right: the line that asks is to be left out there.
        refuses(pbx, "haus-230", "0030123456", "where the number leads is not known")


def test_forwardings_go_out_by_the_class_of_their_number(pbx):
    """By *74, *70 and *71 alike, when they are set and when they are followed."""
    with ways_out(pbx):
        with rules(pbx, GERMANY.format(more=""), rule("secretary", "ben", "forwarding.set", "anna")):
            for code, reason in (("*74200#000431234567", CLASS_MISSING), ("*74200#009001234567", CLASS_MISSING),
                                 ("*74200#112", "an emergency number"), ("*74200#0112", "an emergency number"), ("*74200#200", "lead back"),
                                 ("*74200#0009991234", "where the number leads is not known")):
                refuses(pbx, "haus-210", code, reason)
            mark = pbx.ami.mark()
            keyed = pbx.phone("haus-210", "calls-keys", "*70200", code="000431234567#")
            said = refusal(pbx, mark)
            holds(CLASS_MISSING in said, said)
            keyed.done()
            same(forwarding(pbx, "haus.example/anna"), "", "nothing is stored of what was refused")
            pbx.phone("haus-210", "calls-keys", "*70200", code="001711234567#").done()
            same(forwarding(pbx, "haus.example/anna"), "001711234567", "a mobile number, by keypad")
            leads_out(pbx, "haus-230", "200", "01711234567")
            pbx.phone("haus-210", "calls-stays", "*71200").done()
            pbx.phone("haus-210", "calls-stays", "*71200").done()
            leads_out(pbx, "haus-230", "200", "01711234567")
        # The class goes: what is set rings the person, and is not switched on again.
        with rules(pbx, GERMANY.format(more='forwarding = ["internal"]'), rule("secretary", "ben", "forwarding.set", "anna")):
            reaches(pbx, "haus-230", "200", "haus-200")
            holds("the right has gone" in pbx.cli("linewarden show forwardings"), pbx.cli("linewarden show forwardings"))
            pbx.phone("haus-210", "calls-stays", "*71200").done()
            refuses(pbx, "haus-210", "*71200", CLASS_MISSING)
            # One's own as well.
            refuses(pbx, "haus-200", "*74#001711234567", CLASS_MISSING)
    pbx.cli("database deltree linewarden")


def cover(until):
    """Ben covers Anna's calls until then, but not to foreign numbers: six lines."""
    text = rule("cover for anna", "ben", "call.pickup forwarding.set line.busy.read", "anna", f"until = {until.isoformat()}").strip() + "\n"
    same(text.count("\n"), 6, "lines of the rule")
    return text


def test_cover_ends_by_itself_on_a_telephone(pbx):
    """Over documents and over a store. No process writes, reloads or follows when the time comes."""
    now = lambda: datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    for kind in ("documents", "store"):
        with ways_out(pbx), contextlib.ExitStack() as stack:
            put = lambda until: stack.enter_context(rules(pbx, GERMANY.format(more=""), cover(until)))
            put(now() + datetime.timedelta(hours=1))
            path = stack.enter_context(store(pbx)) if kind == "store" else None
            watcher = pbx.phone("haus-210", "watches", "200", seconds=600, port=pbx.base + 200)
            wait_for("the first notification", lambda: states(watcher))
            refuses(pbx, "haus-210", "*74200#000431234567", CLASS_MISSING)
            refuses(pbx, "haus-230", "*74200#230", NO_RIGHT)
            pbx.phone("haus-210", "calls-stays", "*74200#001711234567").done()
            leads_out(pbx, "haus-230", "200", "01711234567")
            pbx.phone("haus-210", "calls-stays", "*71200").done()
            rings, calls = ringing(pbx, "haus-200", "200", "haus-230")
            picks = pbx.phone("haus-210", "calls-stays", "*8200")
            for phone in (picks, calls, rings):
                phone.done()
            pbx.phone("haus-210", "calls-stays", "*71200").done()
            pbx.phone("haus-210", "calls-stays", "*71200").done()
            wait_for("the lamp to rest", lambda: states(watcher)[-1] == "terminated")
            # It rings, the lamp blinks, and the time comes. Later where the machine is slow: what is put must be in force before it ends.
            rings = pbx.phone("haus-200", "rings")
            calls = pbx.phone("haus-230", "calls-gives-up", "200", pause=None)
            wait_for("the lamp to blink", lambda: states(watcher)[-1] == "early")
            for seconds in (3, 6, 12, 24, 48):
                until = now() + datetime.timedelta(seconds=seconds)
                if path:
                    apply(path, f'set rule "cover for anna" when: "../{until.isoformat()}"', domain="haus.example")
                else:
                    put(until)
                if pbx.get("LINEWARDEN(call.pickup,haus.example/ben,haus.example/anna,1)") == "1":
                    break
            mark, told = pbx.ami.mark(), len(states(watcher))
            wait_for("the lamp to be lit", lambda: states(watcher)[-1] == "early" or pbx.get(
                "LINEWARDEN(call.pickup,haus.example/ben,haus.example/anna,1)") == "0")
            wait_for("the lamp to go dark by itself", lambda: states(watcher)[-1] == "terminated")
            pbx.ami.wait("the event", lambda event: event["Event"] == "LinewardenRevision", mark)
            refuses_now = pbx.phone("haus-210", "calls-refused", "*8200", code=403)
            refuses_now.done()
            holds(rings.running(), "it rings on")
            calls.go_on().done()
            rings.done()
            refuses(pbx, "haus-210", "*74200#001711234567", NO_RIGHT)
            # What was set before has ended, too.
            pbx.cli("database put linewarden forward/haus.example/anna/1 001711234567")
            pbx.cli(f"database put linewarden author/haus.example/anna/1 haus.example/ben,{int(time.time()) - 60},001711234567")
            reaches(pbx, "haus-230", "200", "haus-200")
            holds("the right has gone" in pbx.cli("linewarden show forwardings"), pbx.cli("linewarden show forwardings"))
            watcher.end()
            pbx.cli("database deltree linewarden")
