"""A telephone that names a call of another one (Replaces, RFC 3891): it must neither take that call nor be joined with it.

chan_pjsip carries such requests out past the dialplan, so that no right is asked. What a telephone has to know for it is given to
the telephones here; no message of Asterisk's shows it to a third one, which is tested, too.
"""

import re
import time
import urllib.parse

from office import bridged, close, no_more_than, talk
from phones import tag_of, wait_for
from run import holds, same, states


def replaces(dialog):
    """The header's value for a call, as the PBX knows it: its own tag is the to-tag."""
    return f"{dialog.call_id};to-tag={tag_of(dialog.remote)};from-tag={tag_of(dialog.local)}"


def takes(phone, dialog, to="200", name="Replaces", more=""):
    """The status with which a telephone's INVITE with Replaces is answered."""
    call = phone.start("INVITE", to, ["Content-Type: application/sdp", f"{name}: {replaces(dialog)}{more}", "Require: replaces"], phone.sdp())
    call.wait("a final answer", lambda dialog: dialog.code)
    if call.code == 200:
        call.bye()
    return call.code


def goes_on(pbx, *dialogs):
    """What would end one of these calls has had its time."""
    pbx.cli("core show channels")
    time.sleep(0.3)
    for dialog in dialogs:
        holds(not dialog.ended, f"a call of {dialog.ua.what} has ended")


def test_invite_with_replaces_takes_no_call(pbx):
    """Ringing and answered, either end, by a telephone with no right, by one that may pick up with *8, and by the same one."""
    anne, ben, dirk, emil = (pbx.ua(name) for name in ("haus-270", "haus-210", "haus-230", "haus-240"))
    call = emil.call("270")
    leg = anne.next_call().ring()
    call.rings()
    for phone in (dirk, ben, anne, emil):
        for dialog in (leg, call):
            holds(takes(phone, dialog) in (403, 481), f"{phone.name} takes a call that rings")
    same(takes(dirk, leg, more=";early-only"), 403, "early-only")
    same(takes(dirk, leg, name="REPLACES"), 403, "in capitals")
    goes_on(pbx, call, leg)
    holds(not call.acknowledged, "the caller has been answered")
    leg.answer()
    call.answered()
    for phone in (dirk, ben, anne, emil):
        for dialog in (leg, call):
            same(takes(phone, dialog), 403, f"{phone.name} takes a call that is answered")
    goes_on(pbx, call, leg)
    # From within a call of its own: that one goes on, and so does the other.
    mine, other = talk(pbx, dirk, ben)
    mine.request("INVITE", ["Content-Type: application/sdp", f"Replaces: {replaces(leg)}"], dirk.sdp())
    goes_on(pbx, call, leg, mine, other)
    for phone, own in ((dirk, {"230", "200", "210"}), (ben, {"210"}), (anne, {"270"}), (emil, {"240", "270"})):
        no_more_than(phone, own | {"200"}, "Replaces")
    call.bye()
    mine.bye()
    pbx.quiet()
    close(anne, ben, dirk, emil)


def test_refer_joins_no_call_of_another_telephone(pbx):
    """Dirk talks with Ben and names Anna's call with Emil, written in every way that pjsip reads."""
    anna, ben, dirk, emil = (pbx.ua(name) for name in ("haus-200", "haus-210", "haus-230", "haus-240"))
    mark = pbx.ami.mark()
    call, leg = talk(pbx, emil, anna)
    mine, other = talk(pbx, dirk, ben)
    for dialog in (leg, call):
        plain = replaces(dialog)
        escaped = urllib.parse.quote(plain, safe="")
        every = "".join(f"%{ord(letter):02x}" for letter in plain)
        for target in (f"<sip:200@127.0.0.1?Replaces={escaped}>", f"<sip:200@127.0.0.1?X=%00&Replaces={escaped}>",
                       f"<sip:200@127.0.0.1?replaces={every}>", f"<sip:200@127.0.0.1;Replaces={escaped}>",
                       f"<sip:200@127.0.0.1?Replaces={escaped.replace('%3B', '%3B%20')}>",
                       f'"x" <sip:200@127.0.0.1?REPLACES={escaped}&Y=1>;z=1'):
            code = mine.request("REFER", [f"Refer-To: {target}"])
            holds(code >= 400, f"{target} is answered {code}")
        # The short form of the header, alone and before a harmless one.
        for headers in ([f"r: <sip:200@127.0.0.1?Replaces={escaped}>"],
                        [f"r: <sip:200@127.0.0.1?Replaces={escaped}>", "Refer-To: <sip:200@127.0.0.1>"]):
            code = mine.request("REFER", headers)
            holds(code >= 400, f"{headers} is answered {code}")
    same(mine.refer("200", replaces=leg), 403, "a plain one")
    goes_on(pbx, call, leg, mine, other)
    no_more_than(dirk, {"230", "210"}, "Replaces")
    no_more_than(ben, {"210"}, "Replaces")
    # One's own calls are joined, also where the person's other telephone has one of them.
    second, last = talk(pbx, dirk, anna)
    same(mine.refer("200", replaces=second), 202, "an attended transfer")
    bridged(pbx, mark, ["haus-200", "haus-210"])
    for dialog in (call, other):
        dialog.bye()
    pbx.quiet()
    close(anna, ben, dirk, emil)


def test_person_joins_calls_of_two_telephones(pbx):
    """Alice has two lines that are endpoints of their own, as many telephones are set up."""
    first, second, bob, erin = (pbx.ua(name) for name in ("acme-100", "acme-101", "acme-110", "acme-140"))
    mark = pbx.ami.mark()
    one, to_bob = talk(pbx, first, bob)
    two, to_erin = talk(pbx, second, erin)
    same(one.refer("140", replaces=two), 202, "an attended transfer")
    bridged(pbx, mark, ["acme-110", "acme-140"])
    to_bob.bye()
    to_erin.over()
    pbx.quiet()
    close(first, second, bob, erin)


def test_lamps_do_not_show_how_to_name_a_call(pbx):
    """Ben watches Anne, whose calls he may pick up: he sees that it rings, and no id of the call."""
    ben, anne, emil = pbx.phone("haus-210", "watches", "270", seconds=600, port=pbx.base + 200), pbx.ua("haus-270"), pbx.ua("haus-240")
    wait_for("the first notification", lambda: states(ben))
    call = emil.call("270")
    leg = anne.next_call().ring()
    wait_for("the lamp to blink", lambda: states(ben)[-1] == "early")
    leg.answer()
    call.answered()
    wait_for("the lamp to be lit", lambda: states(ben)[-1] == "confirmed")
    bodies = "\n".join(text.partition("\r\n\r\n")[2] for text in ben.received())
    for dialog in (call, leg):
        for secret in (dialog.call_id, tag_of(dialog.local), tag_of(dialog.remote)):
            holds(secret not in bodies, f"a lamp shows {secret}:\n{bodies}")
    holds(not re.search("call-id|-tag", bodies), f"a lamp names a call:\n{bodies}")
    call.bye()
    pbx.quiet()
    ben.end()
    close(anne, emil)


def test_status_warns_where_replaces_is_not_refused(pbx):
    """And the module that refuses it stays while a session has its code inside."""
    warns = lambda: "res_linewarden_pjsip.so" in pbx.cli("linewarden show status")
    unload = lambda: pbx.cli("module unload res_linewarden_pjsip.so")
    # Sessions of earlier tests last for as long as their transactions.
    same(pbx.stop(), 0, "Asterisk's end")
    pbx.start()
    holds(not warns(), "a warning with the module")
    anna, emil = pbx.ua("haus-200"), pbx.ua("haus-240")
    call, leg = talk(pbx, emil, anna)
    holds("Unloaded" not in unload() and not warns(), "unloaded while a call lasts")
    same(takes(anna, call), 403, "Replaces after that")
    call.bye()
    leg.over()
    same(pbx.stop(), 0, "Asterisk's end")
    close(anna, emil)
    pbx.start()
    holds("Unloaded" in unload(), "the module unloads")
    holds(warns(), "no warning without it")
    mark = len(pbx.log())
    pbx.cli("linewarden reload")
    wait_for("the warning in the log", lambda: "res_linewarden_pjsip.so" in pbx.log()[mark:])
    holds("Loaded" in pbx.cli("module load res_linewarden_pjsip.so"), "the module loads")
    holds(not warns(), "a warning with the module again")
