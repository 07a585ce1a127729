"""An office's day: transfers, odd names, hot desks, teams, outside calls. Who must not see whom is checked on every header.

The tests use the company haus.example, whose dialplan is the sample's company section under another name.
"""

import contextlib
import os
import re
import time

from pbx import readme
from phones import header, wait_for
from run import change, forwarding, holds, logs_in, reaches, same, states, stored

#: How often a race is run: more finds less frequent ones.
ROUNDS = int(os.environ.get("LW_ROUNDS", "10"))

PEOPLE = {"200": "Anna", "210": "Ben", "220": "Carl", "230": "Dirk", "240": "Emil", "250": "Udo", "260": "Ute", "270": "Anne", "280": "Frieda",
          "290": "Gust"}
# Headers whose value is not given by the one who reads them; the names are those a telephone takes identities from.
IDENTITY = ("From", "Contact", "P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Diversion", "History-Info",
            "Referred-By", "Reply-To", "Call-Info", "Subject", "Organization", "Alert-Info")


def shown(phone):
    """The numbers of the people that the messages a telephone received identify, by number or by name."""
    found = {}
    for message in phone.received():
        # Of a call of the telephone that had the port before: it was judged there.
        if header(message, "Call-ID") not in phone.dialogs:
            continue
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
    """Waits until these telephones are in one bridge. A third that left at once may seem to be there: its two events can change places."""
    def met():
        bridges = {}
        for event in pbx.ami.events[mark:]:
            if event["Event"] == "BridgeEnter":
                bridges.setdefault(event["BridgeUniqueid"], set()).add(event["Channel"].rsplit("-", 1)[0])
            elif event["Event"] == "BridgeLeave":
                bridges.get(event["BridgeUniqueid"], set()).discard(event["Channel"].rsplit("-", 1)[0])
        return any({f"PJSIP/{name}" for name in names} <= members for members in bridges.values())
    wait_for(f"{' and '.join(names)} to talk", met)


def talk(pbx, caller, callee):
    """Both ends of a call that is answered."""
    mark, place = pbx.ami.mark(), len(callee.incoming)
    call = caller.call(callee.name.split("-")[1])
    leg = callee.next_call(place).ring().answer()
    call.answered()
    bridged(pbx, mark, [caller.name, callee.name])
    return call, leg


def close(*phones):
    for phone in phones:
        phone.close()


#: Calls go outside without a question, in the company haus.
WAY_OUT = ("[haus-outside](+)\nexten => _0030X.,1,Gosub(linewarden-company,s,1(haus.example,haus))\n same => n,Gosub(linewarden-me,s,1)\n"
           " same => n,Gosub(linewarden-mark,s,1)\n same => n,Goto(linewarden-out,${EXTEN:1},1)\n")


@contextlib.contextmanager
def dialplan(pbx, text):
    """More dialplan for a while."""
    pbx.etc("extensions_extra.conf", text)
    pbx.cli("dialplan reload")
    try:
        yield
    finally:
        pbx.etc("extensions_extra.conf", "")
        pbx.cli("dialplan reload")


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
        bridged(pbx, mark, ["haus-230", "haus-240"])
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
    bridged(pbx, mark, ["haus-230", "haus-240"])
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


def test_blind_transfer_shows_no_identity_by_a_race(pbx):
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


def test_transfer_by_a_trunk_has_no_rights_and_shows_no_identity(pbx):
    """Who is outside sends Anna on to Dirk: she stays Anna, whom Dirk may not see; and Emil on to Anna, not past her forwarding."""
    pbx.phone("haus-200", "calls-stays", "*74#210").done()
    for moved, number, reached in (("haus-200", "230", "haus-230"), ("haus-240", "200", "haus-210")):
        own = moved.split("-")[1]
        if own == "200":
            pbx.phone("haus-200", "calls-stays", "*71").done()
        outside, phone, rings = (pbx.ua(name) for name in ("outside", moved, reached))
        mark = pbx.ami.mark()
        call = outside.call(own)
        leg = phone.next_call().ring().answer()
        call.answered()
        bridged(pbx, mark, ["outside", moved])
        same(call.refer(number), 202, "the REFER")
        rings.next_call().ring()
        time.sleep(0.1)
        no_more_than(rings, {reached.split("-")[1]}, f"{moved} transferred by a trunk")
        leg.bye()
        call.bye()
        pbx.quiet()
        close(outside, phone, rings)
        if own == "200":
            pbx.phone("haus-200", "calls-stays", "*71").done()
    pbx.cli("database deltree linewarden")


def test_transfer_from_an_empty_desk_has_no_rights(pbx):
    """W3: desk240 has no login, whose name holds Emil's number. Emil would reach Anna behind her forwarding."""
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
    # A name that reads like the safe text of another one is neither of them.
    same(pbx.get("LINEWARDEN_PARTY(haus.example/~616e6e61)"), "", "safe text, or a name")
    party = pbx.get("LINEWARDEN_PARTY(295,haus.example)")
    same((party, pbx.get(f"LINEWARDEN_PARTY({party})")), ("haus.example/~7e3631366536653631", party), "that name in safe text")
    same(pbx.get("LINEWARDEN(forwarding.bypass,haus.example/emil,haus.example/~616e6e61)"), "0", "a question about either")
    same(pbx.get("LINEWARDEN(forwarding.bypass,haus.example/emil,haus.example/anna)"), "1", "a question about one")
    pbx.cli("database deltree linewarden")


# ---- The module comes and goes -------------------------------------------------------------------------------------------

NO_RIGHT_FOR_BEN = ('owner = "anna,230"\nviewer = "ben"\nlevel = "assistant_plus"', 'owner = "anna,230"\nviewer = "ben"\nlevel = "external"')


def test_unload_leaves_no_lamp_lit(pbx):
    """W5: a lamp is dark while the module is away, and follows again when it is back, whenever its telephone subscribed."""
    base = pbx.base + 200
    before = pbx.phone("haus-210", "watches", "270", seconds=600, port=base)
    wait_for("the first notification", lambda: states(before))
    answers = pbx.phone("haus-270", "answers")
    calls = pbx.phone("haus-230", "calls", "270", pause=None)
    wait_for("the lamp to be lit", lambda: states(before)[-1] == "confirmed")
    holds("Unloaded" in pbx.cli("module unload res_linewarden.so"), "the module can be unloaded during a call")
    wait_for("the lamp to go dark", lambda: states(before)[-1] == "terminated")
    while_away = pbx.phone("haus-210", "watches", "270", seconds=600, port=base + 4)
    another = pbx.phone("haus-210", "watches", "280", seconds=600, port=base + 8)
    for watcher in (while_away, another):
        wait_for("the first notification", lambda: states(watcher))
    pbx.cli("module load res_linewarden.so")
    for watcher in (before, while_away):
        wait_for("the lamp to be lit again", lambda: states(watcher)[-1] == "confirmed")
    wait_for("the other lamp to be dark", lambda: states(another)[-1] == "terminated")
    change(pbx, "haus.toml", NO_RIGHT_FOR_BEN)
    pbx.cli("linewarden reload")
    for watcher in (before, while_away):
        wait_for("the lamp to go out with the right", lambda: states(watcher)[-1] == "terminated")
    calls.go_on().done()
    answers.done()
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")
    rings = pbx.phone("haus-280", "rings")
    calls = pbx.phone("haus-230", "calls-gives-up", "280", pause=None)
    wait_for("the lamp to blink", lambda: states(another)[-1] == "early")
    calls.go_on().done()
    rings.done()
    wait_for("the lamp to go out", lambda: states(another)[-1] == "terminated")
    for watcher, number in ((before, "270"), (while_away, "270"), (another, "280")):
        # Ben may see who calls these two.
        no_more_than(watcher, {number, "230"}, "a lamp")
        watcher.end()


def test_lamps_leave_with_their_hints(pbx):
    lamps = lambda: int(re.search(r"lamps: +(\d+)", pbx.cli("linewarden show status")).group(1))
    pbx.etc("extensions_extra.conf", "[blf-extra]\n" + "".join(
        f"exten => 9{number},hint,Linewarden:haus.example|ben|anna|Custom:extra{number}\n" for number in range(20)))
    pbx.cli("dialplan reload")
    pbx.cli("linewarden reload")
    many = lamps()
    pbx.etc("extensions_extra.conf", "")
    pbx.cli("dialplan reload")
    pbx.cli("linewarden reload")
    same(lamps(), many - 20, "lamps after their hints have gone")


def test_lamp_shows_the_caller_to_those_with_the_right(pbx):
    """With res_linewarden_pjsip: Ben may see who calls Anna, Emil may see only that it rings."""
    change(pbx, "haus.toml", ('[[relationship]]\nowner = "anna"\nviewer = "emil"', '[[relationship]]\nowner = "anna"\nviewer = "ben"\n'
                              'level = "team_colleague"\n\n[[relationship]]\nowner = "anna"\nviewer = "emil"'))
    pbx.cli("linewarden reload")
    ben, emil = (pbx.phone(name, "watches", "200", seconds=600, port=pbx.base + 200 + 4 * place)
                 for place, name in enumerate(("haus-210", "haus-240")))
    for watcher in (ben, emil):
        wait_for("the first notification", lambda: states(watcher))
    identity = ['P-Asserted-Identity: "Customer & Co" <sip:+4930777@example.org>']
    for caller, extra, seen in (("haus-230", [], 'sip:230@127.0.0.1</identity>'), ("outside", identity, "sip:+4930777@127.0.0.1</identity>"),
                                ("outside", [*identity, "Privacy: id"], None)):
        told = len(ben.received())
        rings = pbx.phone("haus-200", "rings")
        calls = pbx.phone(caller, "calls-gives-up", "200", pause=None, extra=extra)
        for watcher in (ben, emil):
            wait_for("the lamp to blink", lambda: states(watcher)[-1] == "early")
        text = "\n".join(ben.received()[told:])
        same("<remote>" in text, bool(seen), f"the caller at Ben's lamp:\n{text}")
        holds(not seen or seen in text, f"the number at Ben's lamp:\n{text}")
        holds(extra or 'display="Dirk"' in text, f"the name at Ben's lamp:\n{text}")
        holds("Customer & Co" not in text, f"unclean XML:\n{text}")
        calls.go_on().done()
        rings.done()
        for watcher in (ben, emil):
            wait_for("the lamp to go out", lambda: states(watcher)[-1] == "terminated")
    no_more_than(emil, {"200"}, "a lamp without the right")
    holds(not re.search("<remote>|4930777", "\n".join(emil.own())), "Emil's lamp shows a caller")
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")
    ben.end()
    emil.end()


# ---- Hot desks -----------------------------------------------------------------------------------------------------------

def test_login_at_another_desk_ends_the_first(pbx):
    """W6, and a login that was left does nothing to the other."""
    pbx.cli("database put linewarden pin/haus.example/udo 471193")
    logs_in(pbx, "haus-deska", "250", "471193")
    pbx.phone("haus-deska", "calls-stays", "*74#200").done()
    pbx.phone("haus-deska", "calls-stays", "*71").done()
    logs_in(pbx, "haus-deskb", "250", "471193")
    pbx.phone("haus-deska", "calls-refused", "*71", code=403).done()
    reaches(pbx, "haus-230", "250", "haus-deskb")
    # Logging out at a desk without a login changes nothing elsewhere.
    pbx.phone("haus-deska", "calls-stays", "*44").done()
    reaches(pbx, "haus-230", "250", "haus-deskb")
    pbx.phone("haus-deskb", "calls-stays", "*71").done()
    pbx.phone("haus-deskb", "calls-stays", "*44").done()
    pbx.phone("haus-deskb", "calls-refused", "*71", code=403).done()
    same(stored(pbx, "where/haus.example/udo"), "", "logged out")
    # What a common telephone shows is who is logged in, not what it says itself.
    change(pbx, "haus.toml", ('[[relationship]]\nowner = "anna"\nviewer = "emil"', '[[relationship]]\nowner = "udo"\nviewer = "anna"\n'
                              'level = "employee"\n\n[[relationship]]\nowner = "anna"\nviewer = "emil"'))
    pbx.cli("linewarden reload")
    logs_in(pbx, "haus-deska", "250", "471193")
    holds("250" in shown_at(pbx, "haus-deska", "200"), "Anna sees that Udo calls")
    pbx.phone("haus-deska", "calls-stays", "*44").done()
    same(shown_at(pbx, "haus-deska", "200"), {}, "what Anna sees of an empty desk")
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")
    pbx.cli("database deltree linewarden")


def shown_at(pbx, caller, number):
    """Whom the telephone of that number is shown when it is called."""
    return shown(reaches(pbx, caller, number, f"haus-{number}"))


def test_wrong_pins_lock_a_person_out(pbx):
    """N7: no hundred attempts a second, and no PIN in a log."""
    pbx.cli("database put linewarden pin/haus.example/udo 471193")
    for _ in range(3):
        logs_in(pbx, "haus-deska", "250", "471191", "wrong")
    # From anywhere, and with the right PIN, too; nothing is even asked for.
    pbx.cli(f"database put linewarden failures/haus.example/udo \"3 {int(time.time()) + 60}\"")
    logs_in(pbx, "haus-deskb", "250", "471193", "locked")
    pbx.cli(f"database put linewarden failures/haus.example/udo \"6 {int(time.time()) - 1}\"")
    logs_in(pbx, "haus-deska", "250", "471191", "wrong")
    count, until = stored(pbx, "failures/haus.example/udo").split()
    same(count, "7", "wrong PINs in a row")
    holds(8 <= int(until) - time.time() <= 17, f"the wait after seven wrong PINs: {int(until) - time.time():.0f} s")
    pbx.cli("database del linewarden failures/haus.example/udo")
    logs_in(pbx, "haus-deska", "250", "471193")
    same(stored(pbx, "failures/haus.example/udo"), "", "a right PIN ends the count")
    pbx.phone("haus-deska", "calls-stays", "*44").done()
    time.sleep(0.2)
    for place, text in (("the log", pbx.log()), ("an event", repr([event for event in pbx.ami.events if event["Event"] != "DTMFBegin"]))):
        found = re.search(r".{80}47119[13].{40}", text.replace("database put", ""), re.DOTALL)
        holds(not found or "pin/haus" in found.group(0), f"a PIN stands in {place}: {found and found.group(0)}")
    pbx.cli("database deltree linewarden")


# ---- Teams ---------------------------------------------------------------------------------------------------------------

def test_team_call_at_a_telephone_is_picked_up_by_its_extension(pbx):
    """W7: it rings at Udo's telephone, Ute may pick up from the team."""
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-250")
    for code in ("*8250", "*8600", "*8"):
        rings = pbx.phone("haus-250", "rings")
        calls = pbx.phone("haus-230", "calls", "600")
        rings.sees("INVITE sip:")
        pbx.phone("haus-210", "calls-refused", code, code=403).done()
        picks = pbx.phone("haus-260", "calls-stays", code)
        for phone in (picks, calls, rings):
            phone.done()
        pbx.quiet()
        no_more_than(rings, {"250"}, "a team's call")
        no_more_than(picks, {"260"}, "a pickup from a team")
        no_more_than(calls, {"230"}, "who picked up")
    # At a desk where Udo is logged in.
    pbx.cli("database put linewarden pin/haus.example/udo 471193")
    logs_in(pbx, "haus-deska", "250", "471193")
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-deska")
    rings = pbx.phone("haus-deska", "rings")
    calls = pbx.phone("haus-230", "calls", "600")
    rings.sees("INVITE sip:")
    for phone in (pbx.phone("haus-260", "calls-stays", "*8250"), calls, rings):
        phone.done()
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-100")
    pbx.cli("database deltree linewarden")


def test_queues_ring_members_by_local_channels(pbx):
    """N5: ringall and rrmemory; picked up by the right on the team; no telephone shows a party that its person may not see."""
    for queue, ring in (("611", ("haus-250", "haus-260")), ("612", ("haus-250",))):
        udo, ute, dirk, ben = (pbx.ua(name) for name in ("haus-250", "haus-260", "haus-230", "haus-210"))
        call = dirk.call(queue)
        wait_for("the queue to ring", lambda: len(udo.incoming) + len(ute.incoming) >= len(ring))
        first = udo if udo.incoming else ute
        for agent in (udo, ute):
            for incoming in agent.incoming:
                incoming.ring()
        number = first.name.split("-")[1]
        wait_for("the call to be there", lambda: pbx.get(f"LINEWARDEN_PICKUP_TARGETS(haus.example/ben,,haus.example/{ {'250': 'udo', '260': 'ute'}[number]}/1)"))
        same(pbx.get("LINEWARDEN_PICKUP_TARGETS(haus.example/anna)"), "", "what Anna may pick up")
        picks = ben.call(f"*8{number}").answered()
        call.answered()
        time.sleep(0.3)
        call.bye()
        picks.over()
        pbx.quiet()
        for phone, own in ((udo, "250"), (ute, "260"), (dirk, "230"), (ben, "210")):
            no_more_than(phone, {own}, f"queue {queue}")
        close(udo, ute, dirk, ben)
        # An agent answers: the Local channels make room for the two telephones.
        udo, ute, emil = (pbx.ua(name) for name in ("haus-250", "haus-260", "haus-240"))
        call = emil.call(queue)
        wait_for("the queue to ring", lambda: udo.incoming or ute.incoming)
        agent = udo if udo.incoming else ute
        agent.incoming[0].ring().answer()
        call.answered()
        time.sleep(0.4)
        call.bye()
        pbx.quiet()
        no_more_than(udo, {"250"}, f"queue {queue}")
        no_more_than(ute, {"260"}, f"queue {queue}")
        no_more_than(emil, {"240"}, f"queue {queue}")
        close(udo, ute, emil)


def test_follow_me_and_transfer_by_keypad(pbx):
    """N5: app_followme, and an attended transfer that features.conf makes with a Local channel."""
    pbx.etc("extensions_extra.conf", "[haus-people](+)\nexten => 599,1,Gosub(linewarden-company,s,1(haus.example,haus))\n"
            " same => n,Gosub(linewarden-me,s,1)\n same => n,Gosub(linewarden-mark,s,1)\n"
            " same => n,Set(CONNECTED_LINE_SEND_SUB=linewarden-connected,s,1)\n same => n,FollowMe(anna,N)\n same => n,Hangup()\n")
    pbx.cli("dialplan reload")
    ben, dirk = pbx.ua("haus-210"), pbx.ua("haus-230")
    call = dirk.call("599")
    ben.next_call().ring()
    time.sleep(0.2)
    (call.bye if call.acknowledged else call.cancel)()
    pbx.quiet()
    no_more_than(ben, {"210"}, "follow-me")
    no_more_than(dirk, {"230"}, "follow-me")
    close(ben, dirk)
    pbx.etc("extensions_extra.conf", "")
    pbx.etc("features.conf", "[general]\npickupexten =\n" + readme("[featuremap]"))
    pbx.cli("module reload features")
    pbx.cli("dialplan reload")
    pbx.cli("dialplan set global " + readme("LW_DIAL").replace("=", " "))
    anna, dirk, emil = (pbx.ua(name) for name in ("haus-200", "haus-230", "haus-240"))
    mark = pbx.ami.mark()
    call = emil.call("200")
    to_anna = anna.next_call().ring()
    to_anna.answer()
    call.answered()
    bridged(pbx, mark, ["haus-200", "haus-240"])
    for key in "*2":
        call.request("INFO", ["Content-Type: application/dtmf-relay"], f"Signal={key}\r\nDuration=60\r\n")
        time.sleep(0.1)
    time.sleep(0.5)
    for key in "230#":
        call.request("INFO", ["Content-Type: application/dtmf-relay"], f"Signal={key}\r\nDuration=60\r\n")
        time.sleep(0.1)
    to_dirk = dirk.next_call().ring()
    to_dirk.answer()
    time.sleep(0.5)
    mark = pbx.ami.mark()
    call.bye()
    time.sleep(0.8)
    holds(not to_anna.ended and not to_dirk.ended, "Anna and Dirk talk")
    no_more_than(anna, {"200", "240"}, "a transfer by keypad")
    no_more_than(dirk, {"230", "240"}, "a transfer by keypad")
    to_anna.bye()
    pbx.quiet()
    close(anna, dirk, emil)
    pbx.etc("features.conf", "[general]\npickupexten =\n")
    pbx.cli("module reload features")
    pbx.cli('dialplan set global LW_DIAL ""')
    pbx.cli("dialplan reload")
