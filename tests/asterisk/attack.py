"""The sample dialplan in hostile hands: what is dialled, transferred, texted and said by telephones and trunks that mean it ill.

Dirk has no right on any other. Whatever he dials here reaches no telephone, sets nothing, listens to nothing and costs nothing.
"""

import re
import time
import urllib.parse

from destinations import ways_out
from live import rules
from office import bridged, close, no_more_than, talk
from pbx import readme
from phones import header, wait_for
from run import change, holds, same

#: As they stand in a request's URI.
TEXTS = ["200%26PJSIP%2fhaus-210", "200%26210", "200%2f210", "200%2c1", "200%20", "200%5e1", "_200", "%5b1-5%5dXX", "_X.", ".", "!", "s", "i", "t", "h", "o", "a",
         "T", "e", "s%2c1", "fax", "%24%7bEPOCH%7d", "%24%7bGLOBAL(LW_TRUNK)%7d", "s%40linewarden-help", "linewarden-help%2c112%2c1", "701", "720",
         "*", "%23", "*8200", "*8200%26210", "*8200%2f1", "*8200%2c1", "*82a00", "*8*8200", "*8%23200", "*8%2c", "*8%26", "*8200%24%7bEPOCH%7d",
         "*74200%23230", "*74200%23230%2c1", "*74200%23230%5e1", "*7420a0%23230", "*74%26%23230", "*74200%23%23230", "*71200", "*71%2c200", "*70200",
         "*44", "*44240", "*44240%231234", "*51", "*51200", "*51200%2cbegin", "*51%2c", "*51%26", "*52200%2c8", "*53200%26230", "*55", "*55200", "*55200%2c1",
         "*56", "*56200", "*56200%2c1", "*56701", "*56%2f", "*569999999999999999999999999999", "9" * 79, "9" * 200, "*8" + "2" * 100, "*74200%23" + "2" * 100,
         "*74200%230900123456", "0%2c5", "00%26PJSIP%2fhaus-200", "0030123%26PJSIP%2fhaus-200", "0030123%2fhaus-200", "0030123%2cs%2c1", "0030123%2c5",
         "0030123%40trunk", "0030%2a123", "0030%23123", "0030a123", "0%2b1", "0", "00", "0%20112", "000900123456", "009001234567", "1120", "0112%2c5"]


def nothing_happened(pbx, mark, phones, what):
    for phone in phones:
        same([leg.invite.split("\r\n", 1)[0] for leg in phone.incoming], [], f"{what}: {phone.name} is called")
    same([event["Event"] for event in pbx.ami.events[mark:] if event["Event"] in ("ChanSpyStart", "ParkedCall", "Pickup", "MixMonitorStart")], [], what)
    left = [line for line in pbx.cli("database show linewarden").splitlines() if line.startswith("/")]
    same(left, [], f"{what}: what is stored")


def test_nothing_that_is_dialled_goes_past_the_rights(pbx):
    """By a telephone that has no right, by one at which no person is, and by a trunk, while Anna's telephone rings and Emil talks to Ben."""
    lines = readme("[destinations]").rstrip("\n") + '\ncalls = ["internal"]\n'
    with ways_out(pbx), rules(pbx, lines):
        caller, rings, emil, ben = (pbx.ua(name) for name in ("haus-260", "haus-200", "haus-240", "haus-210"))
        waits = caller.call("200")
        leg = rings.next_call().ring()
        call, to_ben = talk(pbx, emil, ben)
        bystanders = [pbx.ua(name) for name in ("haus-250", "haus-270", "trunk")]
        for who in ("haus-230", "haus-desk240", "outside"):
            phone, mark = pbx.ua(who), pbx.ami.mark()
            calls = [(text, phone.call(text)) for text in TEXTS]
            for text, one in calls:
                one.wait(f"an answer to {text}", lambda dialog: dialog.code or dialog.acknowledged)
                # Any person at a desk may leave it.
                holds(one.code >= 400 or (who, text) == ("haus-desk240", "*44"), f"{who} dials {text}: {one.code}")
            nothing_happened(pbx, mark, bystanders, who)
            same((len(rings.incoming), len(ben.incoming), leg.ended, call.ended, to_ben.ended), (1, 1, False, False, False), f"{who}: the calls of others")
            close(phone)
        waits.cancel()
        call.bye()
        to_ben.over()
        pbx.quiet()
        close(caller, rings, emil, ben, *bystanders)


def test_nothing_that_is_transferred_goes_past_the_rights(pbx):
    """A trunk that transfers reaches the people's numbers; our own reach them, help, and the parking of what is theirs. Neither reaches a code or a way out."""
    plays = [("outside", "", target) for target in ("*8240", "*74240%23230", "112", "*55", "0030456")]
    plays += [("haus-230", "", target) for target in ("*8240", "*71240", "*56240", "0030456")]
    # Where TRANSFER_CONTEXT was left out in pjsip.conf the telephone's own context takes the transfer.
    plays += [("haus-230", "left out", target) for target in ("*8240", "*74240%23230", "*51240", "*55", "0030456")]
    with ways_out(pbx):
        for mover, how, target in plays:
            phone, anna = pbx.ua(mover), pbx.ua("haus-200")
            others = [pbx.ua(name) for name in ("haus-240", "haus-210", "trunk")]
            mark = pbx.ami.mark()
            call = phone.call("200")
            leg = anna.next_call().ring().answer()
            call.answered()
            bridged(pbx, mark, [mover, "haus-200"])
            if how:
                channel = next(line.split("!")[0] for line in pbx.cli("core show channels concise").splitlines() if line.startswith(f"PJSIP/{mover}-"))
                pbx.ami.action("Setvar", Channel=channel, Variable="TRANSFER_CONTEXT", Value="")
            mark = pbx.ami.mark()
            call.refer(target)
            wait_for(f"what becomes of {target}", lambda: call.ended or leg.ended or any(
                re.search(r"SIP/2\.0 [3-6]\d\d", text) for text in phone.own() if text.startswith("NOTIFY")) or time.sleep(0.5) or True)
            nothing_happened(pbx, mark, others, f"{mover} transfers to {target}, context {how}")
            for one in (call, leg):
                if not one.ended:
                    one.bye()
            pbx.quiet()
            close(phone, anna, *others)


def test_texts_and_requests_outside_a_call_reach_no_call(pbx):
    """A MESSAGE is no call and dials nothing, not even help; a REFER outside a call is carried out by none."""
    phone = pbx.ua("haus-230")
    others = [pbx.ua(name) for name in ("haus-200", "haus-250", "trunk")]
    mark = pbx.ami.mark()
    for number in ("200", "600", "611", "112", "*8200", "*74%23200", "0030123"):
        dialog = phone.start("MESSAGE", number, ["Content-Type: text/plain"], "hello")
        wait_for(f"an answer to a text to {number}", lambda: phone.finals.get((dialog.branch, "MESSAGE")))
    for number in ("200", "112"):
        dialog = phone.start("REFER", "210", [f"Refer-To: <sip:{number}@127.0.0.1>"])
        wait_for("an answer to the REFER", lambda: phone.finals.get((dialog.branch, "REFER")))
    time.sleep(0.5)
    nothing_happened(pbx, mark, others, "texts")
    pbx.quiet()
    close(phone, *others)


def test_text_in_a_call_names_no_sender(pbx):
    """Asterisk hands it on with the sender's name, restricted or not: it is refused, and the call goes on."""
    anna, dirk = pbx.ua("haus-200"), pbx.ua("haus-230")
    call, leg = talk(pbx, dirk, anna)
    for one in (call, leg):
        same(one.request("MESSAGE", ["Content-Type: text/plain"], "hello"), 403, "the text")
    time.sleep(0.3)
    for phone in (anna, dirk):
        same([text for text in phone.own() if text.startswith("MESSAGE")], [], "texts")
    holds(not call.ended and not leg.ended, "the call goes on")
    no_more_than(anna, {"200"}, "a text in a call")
    no_more_than(dirk, {"230"}, "a text in a call")
    call.bye()
    leg.over()
    pbx.quiet()
    close(anna, dirk)


def test_names_and_numbers_from_outside_are_text(pbx):
    """What a trunk says of the caller ends no argument and is not expanded, wherever it comes through: a call, a pickup, a team, a queue."""
    change(pbx, "haus.toml", ('[[relationship]]\nowner = "anna"\nviewer = "emil"', '[[relationship]]\nowner = "anna"\nviewer = "ben"\n'
                              'level = "assistant_plus"\n\n[[relationship]]\nowner = "anna"\nviewer = "emil"'))
    pbx.cli("linewarden reload")
    name = "A,1) & ^ | ${EPOCH} $[1+1] = ; 'x'"
    for number in ("+4930777", "0%2c1", "0%26PJSIP%2fhaus-210", "%24%7bEPOCH%7d"):
        outside, anna, ben = (pbx.ua(text) for text in ("outside", "haus-200", "haus-210"))
        call = outside.call("200", [f'P-Asserted-Identity: "{name}" <sip:{number}@example.org>'])
        leg = anna.next_call().ring()
        said = urllib.parse.unquote(header(leg.invite, "From"))
        holds(f'"{name}" <sip:{urllib.parse.unquote(number)}@' in said, f"{number}: {said}")
        picks = ben.call("*8200").answered()
        call.answered()
        wait_for("Ben to be shown the caller", lambda: any(name in text for text in ben.own()))
        same(len(ben.incoming), 0, "calls to Ben")
        call.bye()
        picks.over()
        pbx.quiet()
        close(outside, anna, ben)
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")


def test_forwarding_to_a_team_that_rings_oneself_ends(pbx):
    """Anna is forwarded to the team at whose telephone she is: it rings there, once, and no longer chain of forwardings is followed than five."""
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-200")
    pbx.phone("haus-200", "calls-stays", "*74#600").done()
    anna, dirk = pbx.ua("haus-200"), pbx.ua("haus-230")
    call = dirk.call("200")
    anna.next_call().ring()
    time.sleep(0.5)
    same(len(anna.incoming), 1, "calls to Anna")
    call.cancel()
    pbx.quiet()
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-100")
    pbx.cli("database deltree linewarden")
    chain = ["200", "210", "230", "240", "250", "260", "270", "280"]
    for number, target in zip(chain, chain[1:]):
        party = pbx.get(f"LINEWARDEN_PARTY({number},haus.example)")
        pbx.cli(f"database put linewarden forward/{party}/1 {target}")
    call = dirk.call("200")
    anna.next_call(1).ring()
    call.cancel()
    pbx.quiet()
    close(anna, dirk)
    pbx.cli("database deltree linewarden")


def test_contact_that_is_registered_calls_nothing_else(pbx):
    """Gust's telephone registers what Dial() would read as a second device or as other options: no trunk, no other telephone, no step is called by it."""
    gust, caller = pbx.ua("haus-290"), pbx.ua("haus-230")
    others = [pbx.ua(name) for name in ("trunk", "haus-240", "haus-210")]
    own = f"127.0.0.1:{gust.port}"
    for contact in ("sip:a&PJSIP/00900123@trunk", "sip:a&Local/00900123@linewarden-out", f"sip:a@{own};x=&PJSIP/haus-240", "sip:a&PJSIP/haus-240,9,U@nowhere",
                    f"sip:a,9,U(linewarden-spy)@{own}", f"sip:a)&(@{own}", f"sip:a@{own};x=[", f"sip:a@{own};x=]&PJSIP/haus-210"):
        same(gust.register(f"<{contact}>"), 200, contact)
        holds(contact.split("@")[0] in pbx.get("PJSIP_DIAL_CONTACTS(haus-290)"), f"{contact} is not registered")
        mark = pbx.ami.mark()
        call = caller.call("290")
        wait_for(f"{contact}: Dial", lambda: any(event["Event"] == "DialBegin" for event in pbx.ami.events[mark:]) or call.code)
        time.sleep(0.2)
        begun = [event["DestChannel"].rsplit("-", 1)[0] for event in pbx.ami.events[mark:] if event["Event"] == "DialBegin"]
        holds(set(begun) <= {"PJSIP/haus-290"}, f"{contact}: {begun} is called")
        for phone in others:
            same(phone.incoming, [], f"{contact}: {phone.name} is called")
        if not call.code:
            call.cancel()
        pbx.quiet()
        same(gust.register("*", seconds=0), 200, "the end of the registration")
    # What is plain rings, all of it, an address of IPv6 among it.
    same(gust.register(f"<sip:b@{own};transport=udp;ob>"), 200, "a plain contact")
    same(gust.register("<sip:b@[::1]:9;ob>"), 200, "a contact of IPv6")
    place, length = len(gust.incoming), len(pbx.log())
    call = caller.call("290")
    for number in (0, 1):
        gust.next_call(place + number).ring()
    holds("PJSIP/haus-290/sip:b@[::1]:9;ob" in "".join(re.findall(r"Dial\(.*", pbx.log()[length:])), "the contact of IPv6 is not called")
    call.cancel()
    pbx.quiet()
    same(gust.register("*", seconds=0), 200, "the end of the registration")
    close(gust, caller, *others)
