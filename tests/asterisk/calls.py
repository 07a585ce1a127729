"""Forwardings, calls from outside and to help, and pickups among many calls, in the company haus.example of office.py.

No test here rests on how fast the machine is.
"""

import re
import time

from office import NO_RIGHT_FOR_BEN, bridged, close, no_more_than
from pbx import queues
from phones import header, wait_for
from run import change, forwarding, holds, reaches, refusal, same


# ---- Forwarding ----------------------------------------------------------------------------------------------------------

def refuses(pbx, phone, code, reason):
    """Refused with this reason."""
    mark = pbx.ami.mark()
    pbx.phone(phone, "calls-refused", code, code=403).done()
    said = refusal(pbx, mark)
    holds(reason in said, f"{code}: {said}")


def test_forwarding_that_leads_nowhere_is_refused(pbx):
    """N1 and N2: refused with a reason when it is set; where one stands all the same, the person rings."""
    back = "lead back to where it begins"
    refuses(pbx, "haus-200", "*74#200", back)
    pbx.phone("haus-200", "calls-stays", "*74#210").done()
    refuses(pbx, "haus-210", "*74#200", back)
    reaches(pbx, "haus-230", "200", "haus-210")
    for code, reason in (("*74#299", "no person has this number"), ("*74#911", "an emergency number"), ("*74#112", "an emergency number"),
                         ("*74#00900123456", "outside are not allowed"), ("*74#" + 40 * "2", "where the number leads is not known")):
        refuses(pbx, "haus-200", code, reason)
    refuses(pbx, "haus-230", "*74200#210", "the right to set the forwarding is missing")
    refuses(pbx, "haus-230", "*71200", "no source gives the right")
    pbx.phone("haus-200", "calls-refused", "*74#" + 300 * "2", code=403).done()
    same(forwarding(pbx, "haus.example/anna"), "210", "nothing is stored of what was refused")
    # However it came there.
    for number in ("299", "112", "00900123456", "200", "225"):
        pbx.cli(f"database put linewarden forward/haus.example/anna/1 {number}")
        reaches(pbx, "haus-230", "200", "haus-200")
    pbx.cli("database put linewarden forward/haus.example/anna/1 210")
    pbx.cli("database put linewarden forward/haus.example/ben/1 200")
    reaches(pbx, "haus-230", "200", "haus-200")
    # What is on the list leads out, and nothing else.
    pbx.cli("database deltree linewarden")
    pbx.etc("extensions_extra.conf", "[haus-forward-outside](+)\nexten => _0030X.,1,Gosub(linewarden-out,${EXTEN:1},1)\n same => n,Return()\n")
    pbx.cli("dialplan reload")
    refuses(pbx, "haus-200", "*74#00900123456", "outside are not allowed")
    pbx.phone("haus-200", "calls-stays", "*74#003012345").done()
    trunk = reaches(pbx, "haus-230", "200", "trunk")
    holds(any(text.startswith("INVITE sip:03012345@") for text in trunk.received()), "the call goes to the number outside")
    pbx.etc("extensions_extra.conf", "")
    pbx.cli("dialplan reload")
    reaches(pbx, "haus-230", "200", "haus-200")
    pbx.cli("database deltree linewarden")


def test_forwarding_ends_with_the_right_of_its_author(pbx):
    """N3: who set it and when is kept and shown; it counts for as long as they may set it, unless it is to stay."""
    owner = pbx.get("LINEWARDEN_PARTY(270,haus.example)")
    pbx.phone("haus-210", "calls-stays", "*74270#210").done()
    line = lambda: next(text for text in pbx.cli("linewarden show forwardings").splitlines() if text.startswith(owner))
    holds(re.fullmatch(rf"{owner} line 1 to 210: set by haus\.example/ben at \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC, by right", line()), line())
    reaches(pbx, "haus-230", "270", "haus-210")
    change(pbx, "haus.toml", NO_RIGHT_FOR_BEN)
    pbx.cli("linewarden reload")
    holds(line().endswith("the right has gone"), line())
    reaches(pbx, "haus-230", "270", "haus-270")
    pbx.cli("dialplan set global LW_KEEP_FORWARDINGS yes")
    reaches(pbx, "haus-230", "270", "haus-210")
    pbx.cli("dialplan set global LW_KEEP_FORWARDINGS no")
    pbx.phone("haus-270", "calls-stays", "*74#210").done()
    holds(line().endswith(", own"), line())
    reaches(pbx, "haus-230", "270", "haus-210")
    pbx.cli(f"database put linewarden forward/{owner}/1 240")
    holds(line().endswith("set by the administrator"), line())
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")
    pbx.cli("database deltree linewarden")


def test_forwarding_to_a_team_without_a_telephone_rings_the_person(pbx):
    """No agent is registered, or the queue takes no call or is not there: the person rings, as a person's call, and a direct call to the team is unreachable."""
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-225&PJSIP/nowhere")
    pbx.etc("queues.conf", "[general]\n[haus-611]\njoinempty = no\n")
    pbx.cli("queue reload all")
    for target in ("600", "611", "612"):
        pbx.phone("haus-200", "calls-stays", f"*74#{target}").done()
        rings = reaches(pbx, "haus-230", "200", "haus-200")
        holds(f"sip:{target}@" not in "\n".join(rings.own()), f"forwarded to {target}")
        phone, anna = pbx.ua("haus-230"), pbx.ua("haus-200")
        call = phone.call("200")
        anna.next_call().ring()
        same(pbx.get("LINEWARDEN_PICKUP_TARGETS(haus.example/anna,,haus.example/anna/1)"), "haus.example/anna/1@PICKUPMARK", f"forwarded to {target}")
        same(pbx.get("LINEWARDEN_PICKUP_TARGETS(haus.example/ute)"), "", f"what Ute may pick up, forwarded to {target}")
        call.cancel()
        pbx.quiet()
        close(phone, anna)
    pbx.phone("haus-230", "calls-refused", "600", code=480).done()
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-100")
    pbx.etc("queues.conf", queues())
    pbx.cli("queue reload all")
    pbx.cli("database deltree linewarden")


def test_forwarded_call_says_for_whom_it_was(pbx):
    """N8: to those who may see that person, and to no others."""
    diversion = lambda phone: [header(text, "Diversion") for text in phone.received() if text.startswith("INVITE")]
    pbx.phone("haus-200", "calls-stays", "*74#240").done()
    found = diversion(reaches(pbx, "haus-230", "200", "haus-240"))
    holds(found and "sip:200@" in found[0] and "reason=unconditional" in found[0], f"Emil sees that it was for Anna: {found}")
    pbx.phone("haus-200", "calls-stays", "*74#210").done()
    rings = reaches(pbx, "haus-230", "200", "haus-210")
    same(diversion(rings), [""], "what Ben, who may not see Anna, sees")
    no_more_than(rings, {"210"}, "a forwarded call")
    pbx.cli("database deltree linewarden")


# ---- Calls ---------------------------------------------------------------------------------------------------------------

def test_call_from_outside_is_picked_up_and_shown(pbx):
    """N4: the commonest pickup. The caller is shown to whom it rings at, and to who picks up by right."""
    identity = ['P-Asserted-Identity: "Customer" <sip:+4930777@example.org>']
    for picker, right in (("haus-210", True), ("haus-260", False)):
        if not right:
            change(pbx, "haus.toml", ('users = ["ute"]\nteams = ["service"]', 'users = ["ute", "anna,230"]\nteams = ["service"]'))
            pbx.cli("linewarden reload")
        rings = pbx.phone("haus-270", "rings")
        calls = pbx.phone("outside", "calls", "270", extra=identity)
        rings.sees("INVITE sip:")
        holds(any("sip:+4930777@" in header(text, "From") for text in rings.received()), "who is called sees the customer")
        pbx.phone("haus-230", "calls-refused", "*8270", code=403).done()
        picks = pbx.phone(picker, "calls-stays", "*8270")
        for phone in (picks, calls, rings):
            phone.done()
        same(any("+4930777" in text for text in picks.received()), right, f"{picker} sees the customer")
        no_more_than(calls, set(), "a caller from outside")
        pbx.quiet()
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")
    # Codes and other companies are not for a trunk; what is hidden by wish stays hidden.
    pbx.phone("outside", "calls-refused", "*8270", code=404).done()
    rings = pbx.phone("haus-270", "rings")
    calls = pbx.phone("outside", "calls-gives-up", "270", pause=50, extra=[*identity, "Privacy: id"])
    calls.done()
    rings.done()
    holds(not any("+4930777" in text for text in rings.received()), "a wish for privacy")


def test_every_contact_of_a_telephone_rings(pbx):
    """N6"""
    first, caller = pbx.ua("haus-220"), pbx.ua("haus-230")
    second = pbx.ua("haus-220", port=pbx.second_port())
    call = caller.call("220")
    for phone in (first, second):
        phone.next_call().ring()
    second.incoming[0].answer()
    call.answered()
    first.incoming[0].over()
    call.bye()
    pbx.quiet()
    close(first, second, caller)


def test_team_call_that_is_transferred_is_the_teams_no_more(pbx):
    """Udo, an agent, sends a team's call on to a ring group without a team: what rings there is Anna's, and Ute, who may pick up from the team, may not."""
    pbx.etc("extensions_extra.conf", "[haus-people](+)\nexten => 599,1,Gosub(linewarden-company,s,1(haus.example,haus))\n"
            " same => n,Gosub(linewarden-me,s,1)\n same => n,Gosub(linewarden-mark,s,1)\n"
            " same => n,Dial(Local/200@haus-agents/n,30,i)\n same => n,Hangup()\n")
    pbx.cli("dialplan reload")
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-250")
    for caller in ("haus-230", "outside"):
        phone, udo, anna = pbx.ua(caller), pbx.ua("haus-250"), pbx.ua("haus-200")
        mark = pbx.ami.mark()
        call = phone.call("600")
        leg = udo.next_call().ring().answer()
        call.answered()
        bridged(pbx, mark, [caller, "haus-250"])
        same(leg.refer("599"), 202, "the REFER")
        anna.next_call().ring()
        same(pbx.get("LINEWARDEN_PICKUP_TARGETS(haus.example/ute,,haus.example/anna/1)"), "", "what Ute may pick up")
        pbx.phone("haus-260", "calls-refused", "*8200", code=403).done()
        same(pbx.get("LINEWARDEN_PICKUP_TARGETS(haus.example/anna,,haus.example/anna/1)"), "haus.example/anna/1@PICKUPMARK", "what Anna may")
        leg.bye()
        call.bye()
        pbx.quiet()
        close(phone, udo, anna)
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-100")
    pbx.etc("extensions_extra.conf", "")
    pbx.cli("dialplan reload")


def test_pickup_tries_the_next_call_when_one_is_gone(pbx):
    """What rang first when the list was made can have been answered since."""
    party = pbx.get("LINEWARDEN_PARTY(270,haus.example)")
    pbx.etc("extensions_extra.conf", "[haus-people](+)\nexten => 598,1,Gosub(linewarden-company,s,1(haus.example,haus))\n"
            " same => n,Gosub(linewarden-me,s,1)\n"
            f" same => n,Set(LW_RINGING=haus.example/anna/1@PICKUPMARK&haus.example/dirk/1@PICKUPMARK&{party}/1@PICKUPMARK)\n"
            " same => n,Goto(linewarden-pickup,s,take)\n")
    pbx.cli("dialplan reload")
    rings = pbx.phone("haus-270", "rings")
    calls = pbx.phone("haus-230", "calls", "270")
    rings.sees("INVITE sip:")
    for phone in (pbx.phone("haus-210", "calls-stays", "598"), calls, rings):
        phone.done()
    pbx.etc("extensions_extra.conf", "")
    pbx.cli("dialplan reload")


def test_pickup_among_hundreds_of_ringing_calls(pbx):
    # By several: app_dial overruns its own stack with more than 256 in one.
    many, dials = 100, 3
    pbx.etc("extensions_extra.conf", "[extra]\nexten => wait,1,Ringing()\n same => n,Wait(60)\n"
            "exten => mark,1,Set(PICKUPMARK=haus.example/anna/1)\n same => n,Return()\n"
            f"exten => many,1,Dial({'&'.join(['Local/wait@extra'] * many)},60,b(extra^mark^1))\n")
    pbx.cli("dialplan reload")
    rings = pbx.phone("haus-270", "rings")
    calls = pbx.phone("haus-230", "calls", "270")
    rings.sees("INVITE sip:")
    for _ in range(dials):
        pbx.cli("channel originate Local/many@extra application Wait 60")
    channels = lambda: int(re.search(r"(\d+) active channels", pbx.cli("core show channels count")).group(1))
    wait_for("hundreds of calls to ring", lambda: channels() > 2 * dials * many)
    time.sleep(0.5)
    same(pbx.get("LINEWARDEN_PICKUP_TARGETS(haus.example/dirk)"), "", "what Dirk may pick up")
    for phone in (pbx.phone("haus-210", "calls-stays", "*8"), calls, rings):
        phone.done()
    pbx.cli("channel request hangup all")
    pbx.etc("extensions_extra.conf", "")
    pbx.quiet()
    pbx.cli("dialplan reload")


def test_emergency_is_shown_who_calls(pbx):
    """Whatever was restricted on the way: a plain call, and one that was transferred."""
    trunk = reaches(pbx, "haus-230", "112", "trunk")
    holds(any("sip:230@" in header(text, "From") for text in trunk.received()), "112 sees Dirk")
    dirk, emil, help_ = (pbx.ua(name) for name in ("haus-230", "haus-240", "trunk"))
    mark = pbx.ami.mark()
    call = dirk.call("240")
    leg = emil.next_call().ring().answer()
    call.answered()
    bridged(pbx, mark, ["haus-230", "haus-240"])
    same(leg.refer("112"), 202, "the REFER")
    help_.next_call().ring()
    holds(any("sip:230@" in header(text, "From") for text in help_.received()), "112 sees Dirk behind a transfer")
    call.bye()
    leg.bye()
    pbx.quiet()
    close(dirk, emil, help_)


def test_referred_by_is_not_passed_on(pbx):
    """A telephone that transfers says who it is, and its word goes to the target: the target has no right on Emil."""
    change(pbx, "haus.toml", ('owner = "emil"\nviewer = "anna"\nlevel = "employee"', 'owner = "emil"\nviewer = "anna"\nlevel = "external"'))
    pbx.cli("linewarden reload")
    anna, dirk, emil = (pbx.ua(name) for name in ("haus-200", "haus-230", "haus-240"))
    mark = pbx.ami.mark()
    call = dirk.call("240")
    leg = emil.next_call().ring().answer()
    call.answered()
    bridged(pbx, mark, ["haus-230", "haus-240"])
    same(leg.request("REFER", ["Refer-To: <sip:200@127.0.0.1>", 'Referred-By: "Emil" <sip:240@127.0.0.1>']), 202, "the REFER")
    anna.next_call().ring()
    no_more_than(anna, {"200"}, "a transferred call")
    call.bye()
    leg.bye()
    pbx.quiet()
    close(anna, dirk, emil)
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")
