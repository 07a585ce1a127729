"""Calls that are up, in the company haus.example: who listens, whispers, barges in, parks, fetches and records, by right and refused."""

import contextlib
import os
import time

from calls import refuses
from office import bridged, close, no_more_than, talk
from pbx import readme
from phones import wait_for
from run import change, holds, refusal, same
from voice import Voice

EVERYTHING = '["call.listen", "call.whisper", "call.barge", "call.record"]'


def rule(name, actors, rights, targets, more=""):
    quoted = lambda names: "[" + ", ".join(f'"{text}"' for text in names.split(" ")) + "]"
    return f'[[rule]]\nname = "{name}"\nactors = {quoted(actors)}\nrights = {quoted(rights)}\ntargets = {quoted(targets)}\n{more}\n'


@contextlib.contextmanager
def rules(pbx, *texts, exempt="", more=()):
    """The company runs linewarden beside its other systems, with these rules."""
    pairs = [('systems = ["xphone", "pascom"]', 'systems = ["xphone", "pascom", "linewarden"]'),
             ('[[permission]]\nname = "All"', "".join(texts) + '[[permission]]\nname = "All"'), *more]
    if exempt:
        pairs.append((f'name = "{exempt}"\n', f'name = "{exempt}"\nexempt = {EVERYTHING}\n'))
    change(pbx, "haus.toml", *pairs)
    out = pbx.cli("linewarden reload")
    holds(out.startswith("revision "), out)
    try:
        yield
    finally:
        change(pbx, "haus.toml")
        pbx.cli("linewarden reload")


def spies(pbx, phone, code, voices, expected, heard_by):
    """Dials the code; who then hears whom. The voices are those of the two who talk."""
    mark = pbx.ami.mark()
    call = phone.call(code).answered()
    pbx.ami.wait("the spy", lambda event: event["Event"] == "ChanSpyStart", mark)
    voice = Voice(phone, call, 2300)
    try:
        wait_for(f"{code} to hear {len(expected)}", lambda: len(voice.frames) > 20 and voice.hears(*voices) == expected
                 or not expected and time.sleep(1) is None)
        time.sleep(0.5)
        same(voice.hears(*voices), expected, f"whom {code} hears")
        for one in voices:
            wait_for(f"{code} to be heard", lambda: (voice in one.hears(voice)) == (one in heard_by))
        time.sleep(0.5)
        same({one for one in voices if one.hears(voice)}, heard_by, f"who hears {code}")
    except Exception:
        voice.close()
        raise
    return call, voice


def test_listening_whispering_and_barging_in_by_right(pbx):
    """Each with what it lets one hear and say, on the wire. A telephone's keys lead to no other call and to no other way."""
    texts = (rule("watch", "emil", "call.listen", "everyone"), rule("coach", "ben", "call.whisper", "anna"),
             rule("train", "ute", "call.listen call.whisper", "anna dirk"), rule("help", "udo", "call.barge", "everyone"))
    with rules(pbx, *texts, exempt="carl"):
        anna, dirk = pbx.ua("haus-200"), pbx.ua("haus-230")
        refuses(pbx, "haus-270", "*51200", "no source gives the right")
        pbx.phone("haus-240", "calls-refused", "*51200", code=480).done()
        call, leg = talk(pbx, dirk, anna)
        both = [Voice(anna, leg, 500), Voice(dirk, call, 1100)]
        one, other = both
        wait_for("Anna and Dirk to hear each other", lambda: one.hears(other) and other.hears(one))
        for code in ("*51200", "*52200", "*53200"):
            refuses(pbx, "haus-270", code, "no source gives the right")
        # What stands behind a comma must name no step of the dialplan: ChanSpy() without a name spies on all calls.
        for code, reason in (("*51200,begin", "no source gives the right"), ("*51200,9", "no person has this number"),
                             ("*52200,8", "no person has this number"), ("*53200,4", "no person has this number")):
            refuses(pbx, "haus-270", code, reason)
        refuses(pbx, "haus-240", "*53200", "no source gives the right")
        refuses(pbx, "haus-210", "*51200", "no source gives the right")
        refuses(pbx, "haus-210", "*52230", "no source gives the right")
        refuses(pbx, "haus-240", "*51299", "no person has this number")
        refuses(pbx, "haus-desk240", "*51200", "who is at this telephone is not known")
        for number, code, hears, heard_by in (("240", "*51200", {one, other}, set()), ("240", "*51230", {one, other}, set()),
                                              ("210", "*52200", set(), {one}), ("260", "*52200", {one, other}, {one}),
                                              ("250", "*53230", {one, other}, {one, other})):
            spy = pbx.ua(f"haus-{number}")
            spied, voice = spies(pbx, spy, code, both, hears, heard_by)
            if code == "*51200":
                keys(spied, "456210")
                time.sleep(0.5)
                holds(voice.hears(*both) <= hears, "keys lead to another call")
                same({listener for listener in both if listener.hears(voice)}, set(), "who hears the spy after keys")
            no_more_than(spy, {number, code[3:]}, code)
            if code == "*51200":
                # The key that would go to the call of those digits ends it.
                spied.request("INFO", ["Content-Type: application/dtmf-relay"], "Signal=#\r\nDuration=60\r\n", wait=False)
                spied.over()
            spied.bye()
            voice.close()
            close(spy)
        for phone, own in ((anna, {"200"}), (dirk, {"230", "200"})):
            no_more_than(phone, own, "a call that is listened to")
        for voice in both:
            voice.close()
        call.bye()
        leg.over()
        pbx.quiet()
        # The exempt are not heard, by a right on their partner either.
        carl = pbx.ua("haus-220")
        call, leg = talk(pbx, carl, anna)
        for phone, code, reason in (("haus-240", "*51220", "no source gives the right"), ("haus-250", "*53220", "no source gives the right"),
                                    ("haus-240", "*51200", "the right on the partner is missing"),
                                    ("haus-250", "*53200", "the right on the partner is missing")):
            refuses(pbx, phone, code, reason)
        call.bye()
        leg.over()
        pbx.quiet()
        close(anna, dirk, carl)


def test_spying_goes_by_the_telephone_and_not_by_the_line(pbx):
    """Ben takes Anne's ringing call: it is Ben's now, and the right on Anne hears nothing of it."""
    party = "anna,230"
    texts = (rule("watch", "emil", "call.listen", party + " dirk"),)
    with rules(pbx, *texts):
        anne, ben, dirk = (pbx.ua(name) for name in ("haus-270", "haus-210", "haus-230"))
        call = dirk.call("270")
        leg = anne.next_call().ring()
        mark = pbx.ami.mark()
        picks = ben.call("*8270").answered()
        call.answered()
        leg.over()
        bridged(pbx, mark, ["haus-210", "haus-230"])
        pbx.phone("haus-240", "calls-refused", "*51270", code=480).done()
        refuses(pbx, "haus-240", "*51210", "no source gives the right")
        refuses(pbx, "haus-240", "*51230", "the right on the partner is missing")
        call.bye()
        picks.over()
        pbx.quiet()
        close(anne, ben, dirk)


def parked(pbx, mark, who):
    event = pbx.ami.wait("the call to be parked", lambda event: event["Event"] == "ParkedCall", mark)
    holds(event["ParkeeChannel"].startswith(f"PJSIP/{who}-"), f"{event['ParkeeChannel']} is parked")
    same(event["Parkinglot"], "haus.example/anna", "the lot")


def test_parking_and_fetching_by_right(pbx):
    """One's own call by a transfer, another's by a code; fetched by the right on the person whose call it was."""
    texts = (rule("fetch", "ben", "call.retrieve", "anna"), rule("park", "emil", "call.park", "anna"))
    for how in ("own", "another's"):
        with rules(pbx, *texts):
            anna, dirk, ben = pbx.ua("haus-200"), pbx.ua("haus-230"), pbx.ua("haus-210")
            call, leg = talk(pbx, dirk, anna)
            mark = pbx.ami.mark()
            if how == "own":
                same(leg.refer("*55"), 202, "the REFER")
            else:
                refuses(pbx, "haus-260", "*55200", "no source gives the right")
                holds(not leg.ended, "the call goes on")
                pbx.phone("haus-240", "calls-stays", "*55200").done()
            parked(pbx, mark, "haus-230")
            (leg.bye if how == "own" else leg.over)()
            holds(not call.ended, "Dirk waits")
            for phone in ("haus-260", "haus-240", "haus-desk240"):
                pbx.phone(phone, "calls-refused", "*56200", code=403).done()
            refuses(pbx, "haus-260", "*56200", "no source gives the right")
            mark = pbx.ami.mark()
            fetches = ben.call("*56200").answered()
            bridged(pbx, mark, ["haus-210", "haus-230"])
            time.sleep(0.3)
            for phone, own in ((anna, {"200"}), (dirk, {"230", "200"}), (ben, {"210", "200"})):
                no_more_than(phone, own, f"parking of {how}")
            call.bye()
            fetches.over()
            pbx.quiet()
            # Nothing is parked there any more, and oneself may fetch.
            call, leg = talk(pbx, dirk, anna)
            mark = pbx.ami.mark()
            same(leg.refer("*55"), 202, "the REFER")
            parked(pbx, mark, "haus-230")
            leg.bye()
            mark = pbx.ami.mark()
            fetches = anna.call("*56200").answered()
            bridged(pbx, mark, ["haus-200", "haus-230"])
            call.bye()
            fetches.over()
            pbx.quiet()
            close(anna, dirk, ben)
    # Where the company does not run linewarden there is no such right, and no call is lost: the transfer alone is refused.
    anna, dirk = pbx.ua("haus-200"), pbx.ua("haus-230")
    call, leg = talk(pbx, dirk, anna)
    mark = pbx.ami.mark()
    leg.refer("*55")
    leg.bye()
    refusal(pbx, mark)
    same([event for event in pbx.ami.events[mark:] if event["Event"] == "ParkedCall"], [], "parked calls")
    pbx.quiet()
    close(anna, dirk)


def test_parked_call_comes_back_and_shows_no_identity(pbx):
    pbx.etc("res_parking.conf", pbx.parking.replace("parkingtime = 60", "parkingtime = 2"))
    pbx.cli("module reload res_parking")
    with rules(pbx):
        anna, dirk = pbx.ua("haus-200"), pbx.ua("haus-230")
        call, leg = talk(pbx, dirk, anna)
        mark = pbx.ami.mark()
        same(leg.refer("*55"), 202, "the REFER")
        parked(pbx, mark, "haus-230")
        leg.bye()
        again = anna.next_call(1).ring().answer()
        time.sleep(0.3)
        no_more_than(anna, {"200"}, "a parked call that comes back")
        no_more_than(dirk, {"230", "200"}, "a parked call that comes back")
        call.bye()
        again.over()
        pbx.quiet()
        close(anna, dirk)
    pbx.etc("res_parking.conf", pbx.parking)
    pbx.cli("module reload res_parking")


def test_held_call_is_taken_by_right(pbx):
    with rules(pbx, rule("fetch", "ben", "call.retrieve", "anna")):
        anna, dirk, ben = pbx.ua("haus-200"), pbx.ua("haus-230"), pbx.ua("haus-210")
        call, leg = talk(pbx, dirk, anna)
        # A call that is up and not held is not taken.
        mark = pbx.ami.mark()
        ben.call("*56200").answered().over()
        holds(not leg.ended and not call.ended, "the call goes on")
        same(leg.request("INVITE", ["Content-Type: application/sdp"], anna.sdp() + "a=sendonly\r\n"), 200, "the hold")
        pbx.ami.wait("the hold", lambda event: event["Event"] == "Hold", mark)
        refuses(pbx, "haus-260", "*56200", "no source gives the right")
        refuses(pbx, "haus-240", "*56230", "no source gives the right")
        mark = pbx.ami.mark()
        takes = ben.call("*56200").answered()
        bridged(pbx, mark, ["haus-210", "haus-230"])
        leg.over()
        time.sleep(0.3)
        for phone, own in ((anna, {"200"}), (dirk, {"230", "200"}), (ben, {"210", "200"})):
            no_more_than(phone, own, "a held call that is taken")
        call.bye()
        takes.over()
        pbx.quiet()
        close(anna, dirk, ben)


def keys(dialog, text):
    for key in text:
        dialog.request("INFO", ["Content-Type: application/dtmf-relay"], f"Signal={key}\r\nDuration=60\r\n")
        time.sleep(0.15)


def test_recording_by_right_on_the_partner(pbx):
    """By *54 in the call. Of a partner outside the right on the team counts whose call it is, and of the exempt no right does."""
    pbx.etc("features.conf", "[general]\npickupexten =\n" + readme("[applicationmap]"))
    pbx.cli("module reload features")
    pbx.cli("dialplan set global " + readme("DYNAMIC_FEATURES").replace("=", " "))
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-250")
    folder = os.path.join(pbx.dir, "spool", "monitor")
    recorded = lambda: set(os.listdir(folder)) if os.path.isdir(folder) else set()
    texts = (rule("record", "emil udo", "call.record", "anna team:service"),)
    with rules(pbx, *texts, exempt="carl"):
        for caller, callee, allowed in (("haus-240", "haus-200", True), ("haus-230", "haus-200", False), ("haus-240", "haus-220", False),
                                        ("haus-240", "haus-210", False), ("outside", "haus-240", False), ("outside", "haus-250", True)):
            phones = [pbx.ua(name) for name in (caller, callee)]
            mark, before = pbx.ami.mark(), recorded()
            number = "600" if callee == "haus-250" else callee.split("-")[1]
            call = phones[0].call(number)
            leg = phones[1].next_call().ring().answer()
            call.answered()
            bridged(pbx, mark, [caller, callee])
            mark = pbx.ami.mark()
            keys(leg if caller == "outside" else call, "*54")
            if allowed:
                wait_for(f"{caller} and {callee} to be recorded", lambda: recorded() - before)
                keys(leg if caller == "outside" else call, "*54")
            else:
                reason = refusal(pbx, mark)
                holds("right on the partner is missing" in reason, f"{caller} and {callee}: {reason}")
                same(recorded(), before, f"{caller} and {callee}")
            holds(not call.ended and not leg.ended, "the call goes on")
            call.bye()
            leg.over()
            pbx.quiet()
            close(*phones)
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-100")
    pbx.cli('dialplan set global DYNAMIC_FEATURES ""')
    pbx.etc("features.conf", "[general]\npickupexten =\n")
    pbx.cli("module reload features")
