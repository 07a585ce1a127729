"""An office's day: transfers, odd names, hot desks, teams, outside calls. Who must not see whom is checked on every header.

The tests use the company haus.example, whose dialplan is the sample's company section under another name.
"""

import os
import re
import time

from phones import Failure, header, wait_for
from run import change, forwarding, holds, reaches, same, stored

#: How often a race is run: more finds rarer ones.
ROUNDS = int(os.environ.get("LW_ROUNDS", "10"))

PEOPLE = {"200": "Anna", "210": "Ben", "230": "Dirk", "240": "Emil", "250": "Udo", "260": "Ute", "270": "Anne", "280": "Frieda",
          "290": "Gust"}
# Headers whose value is not given by the one who reads them; the names are those a telephone takes identities from.
IDENTITY = ("From", "Contact", "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Diversion", "History-Info",
            "Referred-By", "Reply-To", "Call-Info", "Subject", "Organization", "Alert-Info")


def shown(phone):
    """The numbers of the people that the messages a telephone received identify, by number or by name."""
    found = {}
    for message in phone.received():
        head, _, body = message.partition("\r\n\r\n")
        lines = [line for line in head.split("\r\n")[1:] if line.split(":", 1)[0].strip().lower() in
                 {name.lower() for name in IDENTITY} | {"f", "m", "b"}]
        if message.startswith("SIP/2.0 "):
            # A response has the telephone's own From.
            lines = [line for line in lines if not line.lower().startswith("from")]
        text = "\n".join(lines) + ("\n" + body if "<?xml" in body else "")
        for number, name in PEOPLE.items():
            if re.search(rf"(?:sip|tel):{number}\b", text) or re.search(rf'\b{name}\b', text):
                found.setdefault(number, text)
    return found


def no_more_than(phone, numbers, what):
    """A telephone is shown these people at most: its own and those it dialled among them."""
    for number, text in shown(phone).items():
        holds(number in numbers, f"{what}: {phone.what} is shown {PEOPLE[number]} ({number}):\n{text}")


def bridged(pbx, mark, names):
    """Waits until these telephones are in one bridge of two."""
    def met():
        bridges = {}
        for event in pbx.ami.events[mark:]:
            if event["Event"] == "BridgeEnter":
                bridges.setdefault(event["BridgeUniqueid"], set()).add(event["Channel"].rsplit("-", 1)[0])
            elif event["Event"] == "BridgeLeave":
                bridges.get(event["BridgeUniqueid"], set()).discard(event["Channel"].rsplit("-", 1)[0])
        return any({f"PJSIP/{name}" for name in names} == members for members in bridges.values())
    wait_for(f"{' and '.join(names)} to talk", met)


def close(*phones):
    for phone in phones:
        phone.close()


# ---- Transfers -----------------------------------------------------------------------------------------------------------

def test_attended_transfer_shows_neither_to_the_other(pbx):
    """W1: Emil calls Anna, calls Dirk, and joins them. They have no right on each other."""
    for _ in range(3):
        anna, dirk, emil = (pbx.ua(name) for name in ("haus-200", "haus-230", "haus-240"))
        mark = pbx.ami.mark()
        first = emil.call("200")
        to_anna = anna.next_call().ring()
        to_anna.answer()
        first.answered()
        second = emil.call("230")
        to_dirk = dirk.next_call().ring()
        to_dirk.answer()
        second.answered()
        time.sleep(0.2)
        same(first.refer("230", replaces=second), 202, "the REFER")
        bridged(pbx, mark, ["haus-200", "haus-230"])
        time.sleep(0.4)
        holds("240" in shown(anna) and "240" in shown(dirk), "those called by Emil see him")
        no_more_than(anna, {"200", "240"}, "after the transfer")
        no_more_than(dirk, {"230", "240"}, "after the transfer")
        to_anna.bye()
        to_dirk.over()
        pbx.quiet()
        close(anna, dirk, emil)


def test_attended_transfer_shows_who_may_be_seen(pbx):
    """Anna calls Emil and Emil Dirk... the other way round: Anna joins Emil, whom both may see, with Dirk's call."""
    change(pbx, "haus.toml", ('[[relationship]]\nowner = "anna"\nviewer = "emil"',
                              '[[relationship]]\nowner = "anna"\nviewer = "dirk"\nlevel = "employee"\n\n'
                              '[[relationship]]\nowner = "anna"\nviewer = "emil"'))
    pbx.cli("linewarden reload")
    anna, dirk, emil = (pbx.ua(name) for name in ("haus-200", "haus-230", "haus-240"))
    mark = pbx.ami.mark()
    first = emil.call("200")
    to_anna = anna.next_call().ring()
    to_anna.answer()
    first.answered()
    second = emil.call("230")
    to_dirk = dirk.next_call().ring()
    to_dirk.answer()
    second.answered()
    same(first.refer("230", replaces=second), 202, "the REFER")
    bridged(pbx, mark, ["haus-200", "haus-230"])
    wait_for("Dirk to be shown Anna", lambda: "200" in shown(dirk))
    time.sleep(0.3)
    no_more_than(anna, {"200", "240"}, "after the transfer")
    to_anna.bye()
    to_dirk.over()
    pbx.quiet()
    close(anna, dirk, emil)
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")


def test_blind_transfer_shows_nobody_by_a_race(pbx):
    """W2: Dirk calls Emil, who sends him on to Anna."""
    for place in range(ROUNDS):
        anna, dirk, emil = (pbx.ua(name) for name in ("haus-200", "haus-230", "haus-240"))
        mark = pbx.ami.mark()
        call = dirk.call("240")
        to_emil = emil.next_call().ring()
        to_emil.answer()
        call.answered()
        bridged(pbx, mark, ["haus-230", "haus-240"])
        same(to_emil.refer("200"), 202, "the REFER")
        to_anna = anna.next_call().ring()
        # At once, and after a while: what is queued meets what is said.
        time.sleep(0.02 * (place % 5))
        to_anna.answer()
        time.sleep(0.15)
        no_more_than(anna, {"200", "240"}, "after the transfer")
        no_more_than(dirk, {"230", "240"}, "after the transfer")
        call.bye()
        to_anna.over()
        pbx.quiet()
        close(anna, dirk, emil)


def test_transfer_from_an_empty_desk_has_no_rights(pbx):
    """W3: nobody is logged in at desk240, whose name holds Emil's number. Emil would reach Anna behind her forwarding."""
    pbx.phone("haus-200", "calls-stays", "*74#210").done()
    for transfers, reached in (("haus-desk240", "haus-210"), ("haus-240", "haus-200")):
        dirk, desk, rings = (pbx.ua(name) for name in ("haus-230", transfers, reached))
        mark = pbx.ami.mark()
        call = desk.call("230")
        to_dirk = dirk.next_call().ring()
        to_dirk.answer()
        call.answered()
        bridged(pbx, mark, ["haus-230", transfers])
        same(call.refer("200"), 202, "the REFER")
        rings.next_call().ring()
        call.bye()
        to_dirk.bye()
        pbx.quiet()
        close(dirk, desk, rings)
    pbx.cli("database deltree linewarden")


# ---- Names ---------------------------------------------------------------------------------------------------------------

def test_odd_names_are_not_taken_for_others(pbx):
    """W4: what a name holds must neither end an argument nor name another person."""
    for number in ("270", "280", "290"):
        pbx.phone("haus-210", "calls-stays", f"*74{number}#210").done()
        for who in ("anna", "dirk", "emil"):
            same(forwarding(pbx, f"haus.example/{who}"), "", f"{who}'s forwarding after that of {number}")
        reaches(pbx, "haus-230", number, "haus-210")
        pbx.phone("haus-210", "calls-stays", f"*71{number}").done()
        rings = pbx.phone(f"haus-{number}", "rings")
        calls = pbx.phone("haus-240", "calls", number)
        rings.sees("INVITE sip:")
        pbx.phone("haus-230", "calls-refused", f"*8{number}", code=403).done()
        picks = pbx.phone("haus-210", "calls-stays", f"*8{number}")
        for phone in (picks, calls, rings):
            phone.done()
        pbx.quiet()
        party = pbx.get(f"LINEWARDEN_PARTY({number},haus.example)")
        holds(re.fullmatch(r"haus\.example/[A-Za-z0-9._~-]+", party), f"{number} is handed over as {party!r}")
        same(pbx.get(f"LINEWARDEN_PARTY({party})"), party, "the same name again")
        same(pbx.get(f"LINEWARDEN(call.pickup,haus.example/ben,{party},1)"), "1", f"asked by {party}")
        same(pbx.get(f"LINEWARDEN(call.pickup,haus.example/dirk,{party},1)"), "0", f"asked by {party}")
    same(pbx.get("LINEWARDEN_PARTY(haus.example/anna)"), "haus.example/anna", "a plain name")
    pbx.cli("database deltree linewarden")
