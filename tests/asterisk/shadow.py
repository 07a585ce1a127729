"""Shadow mode: an office that has run on pickup groups goes on as before, and the log has what its new rights refuse afterwards."""

import json
import os
import time

from calls import refuses
from destinations import CLASS_MISSING, GERMANY, leads_out, ways_out
from live import rule, rules
from office import bridged, close
from phones import wait_for
from run import forwarding, holds, same

#: The office's telephones and rights: what its pickup groups have allowed to all of them, the document allows to some.
MEMBERS = ["haus-200", "haus-210", "haus-230", "haus-240", "haus-270"]
DOCUMENT = 'domain = "old.example"\nsystems = ["linewarden"]\n' + "".join(f'[[user]]\nname = "{name}"\n' for name in MEMBERS) + """
[[rule]]
name = "front desk"
actors = ["haus-210"]
rights = ["call.pickup"]
targets = ["haus-270", "haus-240"]
"""
#: How often each pickup is done: 125 is a thousand calls.
ROUNDS = int(os.environ.get("SHADOW_ROUNDS", "1"))
#: `808` as telephones have dialled it: whatever rings in one's own pickup group.
DIALPLAN = """[haus-people](+)
exten => 808,1,Pickup()
 same => n,Hangup()
exten => _80[2]XX,1,Dial(PJSIP/haus-${EXTEN:2},30)
"""


def settings(pbx, shadow):
    text = f"[general]\nsource = {pbx.dir}/documents\n"
    if shadow is not None:
        text += "[shadow]\nrights = call.pickup\ndomain = old.example\npickups = yes\n" + shadow
    pbx.etc("linewarden.conf", text)
    return pbx.cli("linewarden reload")


def in_seconds(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def picks_up(pbx, caller, callee, picker):
    """A call that rings at one telephone, taken by another one with its old code."""
    mark, place = pbx.ami.mark(), len(callee.incoming)
    call = caller.call("80" + callee.name.split("-")[1])
    leg = callee.next_call(place).ring()
    call.rings()
    taken = picker.call("808").answered()
    bridged(pbx, mark, [caller.name, picker.name])
    leg.over()
    call.bye()
    taken.over()
    pbx.quiet()


def asked(pbx):
    """A pickup of the shadow's domain, another right of it, and a pickup of another company; none of them by the rights."""
    ask = lambda right, actor, target: pbx.get(f"LINEWARDEN({right},{actor},{target})")
    return (ask("call.pickup", "old.example/haus-230", "old.example/haus-270") + ask("line.busy.read", "old.example/haus-230", "old.example/haus-270")
            + ask("call.pickup", "acme.example/dave", "acme.example/alice"))


def answers(pbx):
    """What is refused now, of all pairs."""
    ask = lambda actor, target: pbx.get(f"LINEWARDEN(call.pickup,old.example/{actor},old.example/{target})")
    return {(actor, target) for actor in MEMBERS for target in MEMBERS if actor != target and ask(actor, target) == "0"}


def test_shadow_goes_on_as_before_and_its_log_is_what_is_refused_then(pbx):
    document, log = pbx.document("old.toml"), os.path.join(pbx.dir, "shadow.log")
    with open(document, "w", encoding="utf-8") as file:
        file.write(DOCUMENT)
    pbx.etc("extensions_extra.conf", DIALPLAN)
    pbx.cli("dialplan reload")
    began = len(pbx.log())
    settings(pbx, f"until = {in_seconds(3600)}\nlog = {log}\n")
    holds("SHADOW MODE: call.pickup in old.example is not enforced until" in pbx.log()[began:], "nothing of it in the log")
    holds("SHADOW MODE: call.pickup in old.example" in pbx.cli("linewarden show status"), "nothing of it in the status")
    anna, ben, dirk, emil, anne = (pbx.ua(name) for name in MEMBERS)
    done = set()
    plays = ((anna, anne, ben), (anna, anne, dirk), (emil, anne, dirk), (anna, emil, ben), (ben, emil, anne), (emil, anna, anne),
             (emil, dirk, ben), (anne, emil, dirk))
    for caller, callee, picker in ROUNDS * plays:
        picks_up(pbx, caller, callee, picker)
        done.add((picker.name, callee.name))
    same(asked(pbx), "100", "questions in shadow mode")
    pairs = lambda: {(line["actor"], line["target"]) for line in lines(log) if "actor" in line}
    wait_for("the log", lambda: ("haus-230", "haus-240") in pairs())
    # The console says what the rights say.
    holds("no: " in pbx.cli("linewarden check old.example/haus-230 call.pickup old.example/haus-270"), "the console's answer")

    # A reload keeps it, and begins no other.
    settings(pbx, f"until = {lines(log)[0]['until']}\nlog = {log}\n")
    # Taken out: all is enforced.
    began = len(pbx.log())
    settings(pbx, None)
    holds("SHADOW" not in pbx.cli("linewarden show status"), "still in the status")
    wait_for("the last line", lambda: lines(log)[-1].get("shadow") == "ends")
    same([line["lost"] for line in lines(log) if line.get("shadow") == "ends"][-1], 0, "lost refusals")
    same(pairs(), done & answers(pbx), "the log against what is refused now")
    holds(pairs() and done - answers(pbx), "both kinds were tried")
    same(asked(pbx), "000", "questions after it")

    # It ends by itself, and without an end there is none.
    log += "2"
    settings(pbx, f"until = {in_seconds(3)}\nlog = {log}\n")
    same(asked(pbx), "100", "questions before its end")
    wait_for("its end", lambda: lines(log)[-1].get("shadow") == "ends")
    same(asked(pbx), "000", "questions after its end")
    for wrong in (f"log = {log}\n", f"until = Friday\nlog = {log}\n", f"until = 2020-01-01T00:00:00Z\nlog = {log}\n",
                  f"until = {in_seconds(60)}\n", f"until = {in_seconds(60)}\nlog = {log}\nrights = call.pikup\n",
                  f"until = {in_seconds(60)}\nlog = {log}\nunknown = 1\n"):
        began = len(pbx.log())
        settings(pbx, wrong)
        holds("everything is enforced" in pbx.log()[began:], f"no error for {wrong}")
        holds("SHADOW" not in pbx.cli("linewarden show status"), f"in force: {wrong}")
    close(anna, ben, dirk, emil, anne)
    os.unlink(document)
    pbx.etc("extensions_extra.conf", "")
    pbx.cli("dialplan reload")
    settings(pbx, None)


def test_shadow_lets_numbers_pass_that_rights_refuse(pbx):
    """Calls and forwardings outside, by the rights that it lists. What no right could give stays refused, and so does what it does not list."""
    log = os.path.join(pbx.dir, "shadow-numbers.log")
    numbers = GERMANY.format(more='calls = ["internal", "local"]\nforwarding = ["internal", "local"]\nblocked = ["0190"]')

    def in_shadow(rights):
        pbx.etc("linewarden.conf", f"[general]\nsource = {pbx.dir}/documents\n[shadow]\ndomain = haus.example\nuntil = {in_seconds(3600)}\n"
                f"log = {log}{rights}\nrights = {rights}\n")
        holds("SHADOW MODE" in (pbx.cli("linewarden reload") and pbx.cli("linewarden show status")), f"no shadow of {rights}")

    def refused(log):
        return {(line["actor"], line["right"], line["target"]) for line in lines(log) if "actor" in line}

    with ways_out(pbx), rules(pbx, numbers, rule("secretary", "ben", "forwarding.set forwarding.to.local", "anna"), rule("cover", "udo", "forwarding.to.mobile", "anna")):
        refuses(pbx, "haus-230", "000431234567", CLASS_MISSING)
        in_shadow("all")
        # The first is refused by its class only; of the second the right to set is missing, too; the third is one's own.
        leads_out(pbx, "haus-230", "000431234567", "00431234567")
        for phone, code in (("haus-210", "*74200#001711234567"), ("haus-230", "*74200#00431234567"), ("haus-200", "*74#001711234567")):
            pbx.phone(phone, "calls-stays", code).done()
            same(forwarding(pbx, "haus.example/anna"), code.split("#")[1], code)
        leads_out(pbx, "haus-260", "200", "01711234567")
        keyed = pbx.phone("haus-230", "calls-keys", "*70200", code="001721234567#").done()
        same(forwarding(pbx, "haus.example/anna"), "001721234567", keyed.what)
        # No right could give these.
        refuses(pbx, "haus-230", "0019012345", "the document forbids")
        refuses(pbx, "haus-230", "*74200#112", "the right to set")
        for number, reason in (("0009991234", "where the number leads is not known"), ("0019012345", "the document forbids"), ("112", "an emergency number"),
                               ("200", "lead back")):
            for actor in ("ben", "dirk"):
                found = pbx.get(f"LINEWARDEN_MAY_FORWARD(haus.example/{actor},haus.example/anna,1,{number})")
                holds(found.startswith("0,") and ("the right to set" if actor == "dirk" else reason) in found, f"{actor} to {number}: {found}")
                same(pbx.get(f"LINEWARDEN_DIAL(haus.example/{actor},*74200#{number})")[:2], "0,", f"{actor} to {number}")
            if number != "200":
                found = pbx.get(f"LINEWARDEN_MAY_CALL(haus.example/dirk,{number})")
                same(found[:2], "1," if number == "112" else "0,", f"a call to {number}: {found}")
        told = {("haus.example/dirk", "call.to.international", "haus.example/dirk"), ("haus.example/ben", "forwarding.to.mobile", "haus.example/anna"),
                ("haus.example/dirk", "forwarding.set.first", "haus.example/anna"), ("haus.example/anna", "forwarding.to.mobile", "haus.example/anna")}
        bare = lambda found: {tuple(text.removeprefix("haus.example/") for text in line) for line in found}
        wait_for("the log", lambda: bare(told) <= bare(refused(log + "all")))
        # Each right by itself: who may not set it, where the class may, and the other way round.
        in_shadow("forwarding.set")
        refuses(pbx, "haus-230", "*74200#001711234567", "the right to set")
        refuses(pbx, "haus-210", "*74200#001711234567", CLASS_MISSING)
        refuses(pbx, "haus-230", "000431234567", CLASS_MISSING)
        pbx.cli("database deltree linewarden")
        pbx.phone("haus-250", "calls-stays", "*74200#001711234567").done()
        same(forwarding(pbx, "haus.example/anna"), "001711234567", "set by who has the class and not the right to set")
        in_shadow("forwarding.to.mobile")
        refuses(pbx, "haus-230", "*74200#001711234567", "the right to set")
        pbx.phone("haus-210", "calls-stays", "*74200#001711234568").done()
        same(forwarding(pbx, "haus.example/anna"), "001711234568", "set by who has the right to set and not the class")
        settings(pbx, None)
        refuses(pbx, "haus-210", "*74200#001711234569", CLASS_MISSING)
    pbx.cli("database deltree linewarden")
