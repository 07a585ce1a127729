"""Whatever a telephone says of who is who, in the company haus.example of office.py: other telephones are not told it, and do not believe it."""

import contextlib
import re
import time

from calls import refuses
from damage import damage
from live import keys
from office import ROUNDS, WAY_OUT, bridged, close, dialplan, no_more_than, shown, talk
from pbx import readme
from phones import header, wait_for
from run import change, holds, reaches, same, states, store

BEN = '"Ben" <sip:210@127.0.0.1>'
#: Every header by which a telephone may say who a person is.
SAID = [f"Diversion: {BEN};reason=unconditional;counter=1", f"History-Info: {BEN};index=1, <sip:210@127.0.0.1;cause=302>;index=1.1",
        f"P-Asserted-Identity: {BEN}", f"P-Preferred-Identity: {BEN}", f"Remote-Party-ID: {BEN};party=called;screen=yes", f"Referred-By: {BEN}",
        f"Reply-To: {BEN}", "Subject: call from Ben", f"Call-Info: <sip:210@127.0.0.1>;purpose=info", "Organization: Ben", 'Reason: SIP;cause=302;text="Ben"']


def test_telephone_that_is_called_names_no_other(pbx):
    """Anna's telephone says by 181 and by 302 that the call goes to Ben, whom Dirk may not see, and so in a team and in a queue."""
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-250")
    for dialled, name in (("200", "haus-200"), ("600", "haus-250"), ("612", None)):
        for code in (181, 302):
            dirk = pbx.ua("haus-230")
            agents = [pbx.ua(text) for text in ([name] if name else ["haus-250", "haus-260"])]
            call = dirk.call(dialled)
            wait_for("it to ring", lambda: any(agent.incoming for agent in agents))
            phone = next(agent for agent in agents if agent.incoming)
            leg = phone.incoming[0]
            if code == 181:
                leg.progress(181, "Ben takes it", [*SAID, f"Contact: {BEN}"])
                time.sleep(0.2)
                leg.progress(180, "Ben", SAID).answer(SAID)
                call.answered()
                time.sleep(0.3)
                same(leg.request("INVITE", ["Content-Type: application/sdp", *SAID], phone.sdp()), 200, "a re-INVITE of the called")
                time.sleep(0.2)
                # A re-INVITE has whatever is kept of it, too.
                same(call.request("INVITE", ["Content-Type: application/sdp"], dirk.sdp()), 200, "a re-INVITE")
                call.bye()
                leg.over()
            else:
                leg.refuse(302, "Ben takes it", [*SAID, f"Contact: {BEN}"])
                wait_for("what comes of it", lambda: call.code or dialled == "612" and time.sleep(1) is None)
                if not call.code:
                    call.cancel()
                holds(not pbx.ami.cli("core show channels").count("haus-210"), "it rings at Ben's")
            pbx.quiet()
            no_more_than(dirk, {"230"}, f"{code} of {dialled}")
            # Nor does the reason phrase come through.
            holds("Ben" not in "\n".join(dirk.own()), f"{code} of {dialled}: {[text for text in dirk.own() if 'Ben' in text]}")
            close(dirk, *agents)
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-100")


def test_telephone_that_calls_does_not_say_for_whom(pbx):
    """Neither a telephone nor a trunk: what is shown as forwarded has been forwarded here."""
    with dialplan(pbx, WAY_OUT):
        for caller, dialled, name, known in (("haus-230", "200", "haus-200", {"200"}), ("haus-240", "200", "haus-200", {"200", "240"}),
                                             ("outside", "200", "haus-200", {"200"}), ("haus-230", "0030123", "trunk", {"230"})):
            phone, called = pbx.ua(caller), pbx.ua(name)
            call = phone.call(dialled, [line for line in SAID if caller != "outside" or not line.startswith(("P-", "Remote"))])
            leg = called.next_call().ring()
            time.sleep(0.2)
            invite = leg.invite
            same((header(invite, "Diversion"), header(invite, "History-Info"), header(invite, "Referred-By")), ("", "", ""), f"{caller} says for whom")
            no_more_than(called, known, f"{caller} calls {dialled}")
            holds("Ben" not in invite, f"{caller} calls {dialled}:\n{invite}")
            # Nor later, in the call: a telephone puts it into its re-INVITE.
            leg.answer()
            call.answered()
            same(call.request("INVITE", ["Content-Type: application/sdp", *SAID], phone.sdp()), 200, "a re-INVITE")
            time.sleep(0.3)
            no_more_than(called, known, f"{caller} in a call with {dialled}")
            call.bye()
            leg.over()
            pbx.quiet()
            close(phone, called)


def test_number_of_ours_from_outside_is_not_shown(pbx):
    """A caller outside who says to be Ben is not shown as Ben, by number."""
    called, outside = pbx.ua("haus-200"), pbx.ua("outside")
    call = outside.call("200", [f"P-Asserted-Identity: {BEN}"])
    called.next_call().ring()
    time.sleep(0.2)
    no_more_than(called, {"200"}, "a caller from outside")
    call.cancel()
    pbx.quiet()
    close(called, outside)


def test_trunk_that_changes_in_a_call_is_no_person_of_ours(pbx):
    """What a trunk says by re-INVITE and by UPDATE: Emil, who may see Anna, is not shown that he talks to her."""
    with dialplan(pbx, WAY_OUT):
        anna, customer = ['P-Asserted-Identity: "Anna" <sip:200@example.org>'], ['P-Asserted-Identity: "Customer" <sip:+4930777@example.org>']
        for inbound in (True, False):
            emil, trunk = pbx.ua("haus-240"), pbx.ua("outside" if inbound else "trunk")
            call = trunk.call("240", customer) if inbound else emil.call("0030123")
            leg = (emil if inbound else trunk).next_call().ring().answer()
            call.answered()
            said = call if inbound else leg
            for lines in (anna, customer, anna):
                for method, body in (("INVITE", trunk.sdp()), ("UPDATE", "")):
                    same(said.request(method, [*(["Content-Type: application/sdp"] if body else []), *lines], body), 200, method)
                    time.sleep(0.15)
                    no_more_than(emil, {"240"}, f"{method} of a trunk, inbound {inbound}")
            # A number that is not ours is shown.
            holds("sip:+4930777@" in "\n".join(emil.own()), "the customer's number")
            call.bye()
            leg.over()
            pbx.quiet()
            close(emil, trunk)


def test_trunk_that_answers_is_no_person_of_ours(pbx):
    """Who is called outside says to be Anna while it rings and when it answers, each at once behind the other: what Asterisk is about to send then
    must not have it before it is judged, not even for a moment."""
    with dialplan(pbx, WAY_OUT):
        anna = ['P-Asserted-Identity: "Anna" <sip:200@example.org>', 'Remote-Party-ID: "Anna" <sip:200@example.org>;party=called;screen=yes']
        emil, trunk = pbx.ua("haus-240"), pbx.ua("trunk")
        for place in range(ROUNDS):
            call = emil.call("0030123")
            leg = trunk.next_call(place)
            for code, reason in ((180, "Ringing"), (183, "Progress"), (180, "Ringing"))[:1 + place % 3]:
                leg.progress(code, reason, anna if place % 2 else ())
            leg.answer(anna)
            call.answered()
            time.sleep(0.1)
            no_more_than(emil, {"240"}, "a trunk that answers")
            call.bye()
            leg.over()
            pbx.quiet()
        close(emil, trunk)


def test_right_to_see_who_is_picked_up_stays_with_the_picker(pbx):
    """Emil calls Ben, who picks up Dirk's call to 270 and joins the two: Emil is shown Dirk by his right on Dirk, whatever he has on 270."""
    sees = '[[relationship]]\nowner = "dirk"\nviewer = "emil"\nlevel = "employee"\n'
    for right in (True, False):
        change(pbx, "haus.toml", *([] if right else [(sees, '[[relationship]]\nowner = "anna,230"\nviewer = "emil"\nlevel = "assistant_plus"\n')]))
        pbx.cli("linewarden reload")
        for by_pickup in (False, True):
            dirk, ben, rings, emil = (pbx.ua(f"haus-{number}") for number in ("230", "210", "270", "240"))
            mark = pbx.ami.mark()
            call, leg = talk(pbx, emil, ben)
            picked = dirk.call("270")
            rings.next_call().ring()
            # Joined at once, before Asterisk has bridged Dirk and Ben: Emil's channel takes the place of the picker's, with its variables.
            picks = ben.call("*8270").answered()
            same(picks.refer("240", replaces=leg) if by_pickup else leg.refer("270", replaces=picks), 202, "the REFER")
            bridged(pbx, mark, ["haus-230", "haus-240"])
            picked.answered()
            if right:
                wait_for("Emil to be shown Dirk", lambda: "230" in shown(emil))
            else:
                time.sleep(0.5)
                no_more_than(emil, {"240", "210"}, "joined with a call that was picked up")
            call.bye()
            pbx.cli("channel request hangup all")
            pbx.quiet()
            close(dirk, ben, rings, emil)
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")


def test_telephone_without_callerid_is_not_believed(pbx):
    """What it says in From is not shown: the person that the PBX knows is. The name of the same telephone begins as Anna's."""
    plain, emil, anna = pbx.ua("haus-200-b"), pbx.ua("haus-240"), pbx.ua("haus-200")
    plain.display = '"Ben" '
    call = plain.call("240")
    leg = emil.next_call().ring()
    time.sleep(0.2)
    holds("Ben" not in leg.invite, leg.invite)
    same(set(shown(emil)), {"230"}, "Emil sees that Dirk calls, by number")
    call.cancel()
    pbx.quiet()
    call = plain.call("200")
    leg = anna.next_call().ring()
    time.sleep(0.2)
    no_more_than(anna, {"200"}, "Dirk calls Anna")
    holds("Ben" not in leg.invite, leg.invite)
    call.cancel()
    pbx.quiet()
    close(plain, emil, anna)


def test_lamp_shows_the_caller_of_its_own_telephone(pbx):
    """The channels of `haus-200-b` begin with the name of Anna's device. What rings there is not at Anna's lamp."""
    change(pbx, "haus.toml", ('[[relationship]]\nowner = "anna"\nviewer = "emil"', '[[relationship]]\nowner = "anna"\nviewer = "ben"\n'
                              'level = "team_colleague"\n\n[[relationship]]\nowner = "anna"\nviewer = "emil"'))
    pbx.cli("linewarden reload")
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-200-b")
    ben = pbx.phone("haus-210", "watches", "200", seconds=600, port=pbx.base + 200)
    wait_for("the first notification", lambda: states(ben))
    other, anna, outside, dirk = (pbx.ua(name) for name in ("haus-200-b", "haus-200", "outside", "haus-230"))
    first = outside.call("600", ['P-Asserted-Identity: "Customer" <sip:+4930777@example.org>'])
    other.next_call().ring()
    first.rings()
    second = dirk.call("200")
    anna.next_call().ring()
    wait_for("the lamp to blink", lambda: states(ben)[-1] == "early")
    wait_for("the caller at the lamp", lambda: any("<remote>" in text for text in ben.own()))
    holds("4930777" not in "\n".join(ben.own()), "Ben's lamp for Anna shows who calls another telephone")
    holds("sip:230@" in "\n".join(ben.own()), "Ben's lamp for Anna shows who calls her")
    for call in (second, first):
        call.cancel()
    pbx.quiet()
    ben.end()
    close(other, anna, outside, dirk)
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-100")


def test_forwarding_outside_shows_no_caller_that_its_owner_may_not_see(pbx):
    """Ben, who may not see Dirk, forwards his line to his mobile telephone, and Emil, who may, to his; Ben has Frieda's line, of whom the same holds."""
    change(pbx, "haus.toml", ('[[relationship]]\nowner = "anna"\nviewer = "emil"', '[[relationship]]\nowner = "dirk"\nviewer = "frieda@haus.example"\n'
                              'level = "employee"\n\n[[relationship]]\nowner = "anna"\nviewer = "emil"'))
    pbx.cli("linewarden reload")
    pbx.etc("extensions_extra.conf", "[haus-forward-outside](+)\nexten => _0030X.,1,Gosub(linewarden-out,${EXTEN:1},1)\n same => n,Return()\n")
    pbx.cli("dialplan reload")
    for setter, code, number, caller, sees in (("haus-210", "*74#003012345", "210", "haus-230", False), ("haus-240", "*74#003012345", "240", "haus-230", True),
                                               ("haus-280", "*74#003012345", "280", "haus-230", True), ("haus-210", "*74280#003012345", "280", "haus-230", False),
                                               ("haus-210", "*74#003012345", "210", "outside", True)):
        pbx.phone(setter, "calls-stays", code).done()
        phone, trunk = pbx.ua(caller), pbx.ua("trunk")
        call = phone.call(number, ['P-Asserted-Identity: "Customer" <sip:+4930777@example.org>'] if caller == "outside" else [])
        leg = trunk.next_call().ring().answer(['P-Asserted-Identity: "Mobile" <sip:03012345@example.org>'])
        call.answered()
        time.sleep(0.2)
        same(leg.request("INVITE", ["Content-Type: application/sdp", 'P-Asserted-Identity: "Mobile" <sip:+493012345@example.org>'], trunk.sdp()), 200,
             "a re-INVITE")
        time.sleep(0.2)
        what = f"{caller} calls {number}, forwarded outside by {setter}"
        # Where the line is forwarded is not shown either: the trunk says who answered, too.
        reads = number == "240"
        same(pbx.get(f"LINEWARDEN(forwarding.target.read,haus.example/dirk,haus.example/{number},1)"), "01"[reads], "Dirk's right to read the target")
        same("3012345" in "\n".join(phone.own()), reads, f"{what}: the caller is shown the number outside")
        if caller == "outside":
            same("+4930777" in "\n".join(trunk.own()), sees, what)
        same("230" in shown(trunk), sees and caller != "outside", what)
        no_more_than(trunk, {"230"}, what)
        call.bye()
        leg.over()
        pbx.quiet()
        close(phone, trunk)
        pbx.cli("database deltree linewarden")
    pbx.etc("extensions_extra.conf", "")
    pbx.cli("dialplan reload")
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")


def test_variables_set_later_make_no_telephone(pbx):
    """What pjsip.conf says is a proof, and what a dialplan sets afterwards is none: a call from a trunk stays no person's."""
    pbx.etc("extensions_extra.conf", "[haus-inbound](+)\nexten => 599,1,Set(GLOBAL(LW_FIRST)=${LINEWARDEN_HERE()})\n"
            " same => n,Set(LINEWARDEN_DOMAIN=haus.example)\n same => n,Set(LINEWARDEN_ACTOR=240)\n"
            " same => n,Set(GLOBAL(LW_THEN)=${LINEWARDEN_HERE()})\n same => n,Hangup(21)\n")
    pbx.cli("dialplan reload")
    pbx.phone("outside", "calls-refused", "599", code=403).done()
    same((pbx.get("LW_FIRST"), pbx.get("LW_THEN")), (",,", ",,"), "who is at the trunk")
    pbx.etc("extensions_extra.conf", "")
    pbx.cli("dialplan reload")


def test_presence_shows_that_it_rings_and_no_caller(pbx):
    """PIDF and XPIDF have no place for a caller: with the right a lamp of theirs follows all the same, and without it stays dark."""
    change(pbx, "haus.toml", ('[[relationship]]\nowner = "anna"\nviewer = "emil"', '[[relationship]]\nowner = "anna"\nviewer = "ben"\n'
                              'level = "assistant_plus"\n\n[[relationship]]\nowner = "anna"\nviewer = "emil"'))
    pbx.cli("linewarden reload")
    bodies = lambda watcher: [text.partition("\r\n\r\n")[2] for text in watcher.own() if text.startswith("NOTIFY")]
    for accept in ("application/pidf+xml", "application/xpidf+xml"):
        ben, dirk = pbx.ua("haus-210", port=pbx.base + 200), pbx.ua("haus-230", port=pbx.base + 204)
        for watcher in (ben, dirk):
            watcher.subscribe("200", event="presence", accept=accept)
            wait_for("the first notification", lambda: bodies(watcher))
        before = [len(bodies(watcher)) for watcher in (ben, dirk)]
        rings = pbx.phone("haus-200", "rings")
        calls = pbx.phone("haus-240", "calls-gives-up", "200", pause=None)
        wait_for("a notification that it rings", lambda: len(bodies(ben)) > before[0])
        calls.go_on().done()
        rings.done()
        wait_for("a notification of the end", lambda: len(bodies(ben)) > before[0] + 1)
        same(len(bodies(dirk)), before[1], "notifications of one who may not see the lamp")
        for watcher in (ben, dirk):
            no_more_than(watcher, {"200"}, accept)
            holds("240" not in re.sub(r'id="[^"]*"', "", "\n".join(bodies(watcher))), f"{accept}: {bodies(watcher)}")
        close(ben, dirk)
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")


# ---- Who may transfer by keypad ------------------------------------------------------------------------------------------

def test_keypad_transfers_are_for_our_telephones_only(pbx):
    """With LW_DIAL as the README has it: a caller outside and one who is called outside have no keys, our own have them on either side."""
    pbx.etc("features.conf", "[general]\npickupexten =\ntransferdigittimeout = 1\n" + readme("[featuremap]") + "blindxfer => #1\n")
    pbx.cli("module reload features")
    with dialplan(pbx, WAY_OUT):
        pbx.cli("dialplan set global " + readme("LW_DIAL").replace("=", " "))
        pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-200")
        for caller, dialled, called, by_caller, code, works in (
                ("outside", "200", "haus-200", True, "#1210", False), ("outside", "200", "haus-200", True, "*2210#", False),
                ("outside", "600", "haus-200", True, "#1210", False), ("outside", "200", "haus-200", False, "*2210#", True),
                ("haus-240", "0030123", "trunk", False, "#1210", False), ("haus-240", "0030123", "trunk", True, "#1210", True)):
            phone, other, ben = pbx.ua(caller), pbx.ua(called), pbx.ua("haus-210")
            mark = pbx.ami.mark()
            call = phone.call(dialled)
            leg = other.next_call().ring().answer()
            call.answered()
            bridged(pbx, mark, [caller, called])
            what = f"{caller} calls {dialled}, {'the caller' if by_caller else 'the called'} keys {code}"
            mine = call if by_caller else leg
            keys(mine, code[:2])
            time.sleep(0.5)
            keys(mine, code[2:])
            if works:
                wait_for(f"{what}: Ben to be called", lambda: ben.incoming)
            else:
                # Longer than Asterisk waits for a further digit.
                time.sleep(1.6)
                same(ben.incoming, [], what)
                holds(not call.ended and not leg.ended, f"{what}: the call goes on")
            for one in (call, leg):
                one.bye()
            pbx.cli("channel request hangup all")
            pbx.quiet()
            close(phone, other, ben)
        pbx.etc("features.conf", "[general]\npickupexten =\n")
    pbx.cli("module reload features")
    for name, value in (("LW_DIAL", '""'), ("LW_AGENTS_HAUS", "PJSIP/haus-100")):
        pbx.cli(f"dialplan set global {name} {value}")


# ---- Without rights ------------------------------------------------------------------------------------------------------

def test_calls_ring_without_rights_and_the_rest_is_refused(pbx):
    """The module is not there, no document has ever loaded, or the store's image is damaged. A call is never stopped by that; who calls is not
    shown inside, and no code works."""
    identity = ['P-Asserted-Identity: "Customer" <sip:+4930777@example.org>']
    pbx.phone("haus-200", "calls-stays", "*74#210").done()
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-250")
    for state in ("no module", "no document", "a damaged image"):
        stored = contextlib.ExitStack()
        if state == "a damaged image":
            damage(stored.enter_context(store(pbx)) + "-image", 40)
            wait_for("the damage to be seen", lambda: "the image is damaged" in pbx.cli("linewarden show status"))
        else:
            holds("Unloaded" in pbx.cli("module unload res_linewarden.so"), "the module unloads")
        if state == "no document":
            pbx.etc("linewarden.conf", "[general]\nsource = /nowhere\n")
            pbx.cli("module load res_linewarden.so")
            holds("everything is refused" in pbx.cli("linewarden show status"), "the status says so")
        for caller, dialled, name, sees in (("haus-230", "200", "haus-200", set()), ("haus-200", "240", "haus-240", set()), ("outside", "200", "haus-200", None),
                                            ("haus-desk240", "200", "haus-200", set()), ("haus-230", "600", "haus-250", set()),
                                            ("haus-230", "612", "haus-250", set()), ("outside", "600", "haus-250", None)):
            what = f"{state}: {caller} calls {dialled}"
            phone, called = pbx.ua(caller), pbx.ua(name)
            ute = pbx.ua("haus-260") if dialled == "612" else None
            call = phone.call(dialled, identity if caller == "outside" else [])
            if ute:
                wait_for("an agent to ring", lambda: called.incoming or ute.incoming)
                called, ute = (called, ute) if called.incoming else (ute, called)
            leg = called.next_call().ring().answer()
            call.answered()
            time.sleep(0.3)
            no_more_than(called, {called.name.split("-")[1]}, what)
            no_more_than(phone, {caller.split("-")[-1]}, what)
            same("+4930777" in header(leg.invite, "From"), sees is None, f"{what}: the customer's number")
            call.bye()
            pbx.quiet()
            close(*[one for one in (phone, called, ute) if one])
        # A transfer rings, too.
        dirk, emil, anna = (pbx.ua(name) for name in ("haus-230", "haus-240", "haus-200"))
        mark = pbx.ami.mark()
        call = dirk.call("240")
        leg = emil.next_call().ring().answer()
        call.answered()
        bridged(pbx, mark, ["haus-230", "haus-240"])
        same(leg.refer("200"), 202, "the REFER")
        anna.next_call().ring()
        no_more_than(anna, {"200"}, f"{state}: a transfer")
        call.bye()
        leg.bye()
        pbx.quiet()
        close(dirk, emil, anna)
        for code in ("*8200", "*8", "*74#210", "*71", "*51200") if state == "no module" else ("*8200", "*74200#210", "*44250"):
            refuses(pbx, "haus-230" if code != "*44250" else "haus-deska", code, "no rights are in force")
        reaches(pbx, "haus-desk240", "112", "trunk")
        if state == "no document":
            pbx.etc("linewarden.conf", pbx.settings)
            pbx.cli("linewarden reload")
        elif state == "a damaged image":
            holds("damaged" in pbx.cli("linewarden reload"), "the reload says so, and makes the image anew")
            same(pbx.get("LINEWARDEN(forwarding.set,haus.example/anna,haus.example/anna)"), "1", "an answer from the new image")
            stored.close()
        else:
            pbx.cli("module load res_linewarden.so")
        same(pbx.get("LINEWARDEN_READY()"), "1", "rights are in force again")
    # The forwarding is there as it was.
    reaches(pbx, "haus-230", "200", "haus-210")
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-100")
    pbx.cli("database deltree linewarden")


def test_rights_that_come_back_in_a_call_stop_none(pbx):
    """What was asked while the image was damaged found no person, and a moment later rights are in force again: it rings all the same. And a
    telephone whose person is not known, be it for that moment, is shown to no other."""
    pbx.etc("extensions_extra.conf", "[haus-people](+)\nexten => _598[12],1,Gosub(linewarden-company,s,1(haus.example,haus))\n"
            " same => n,Gosub(linewarden-me,s,1)\n same => n,Set(LW_NOW=200)\n same => n,Set(LW_WHOM=)\n same => n,Set(LW_ME=)\n"
            " same => n,Gosub(linewarden-mark,s,1)\n same => n,Goto(linewarden-call,200,unassigned)\n")
    pbx.cli("dialplan reload")
    emil, anna = pbx.ua("haus-240"), pbx.ua("haus-200")
    call = emil.call("5981")
    leg = anna.next_call().ring().answer()
    call.answered()
    time.sleep(0.2)
    no_more_than(anna, {"200"}, "a caller who was not known for a moment")
    call.bye()
    leg.over()
    pbx.quiet()
    pbx.etc("extensions_extra.conf", "")
    pbx.cli("dialplan reload")
    # A telephone whose number is no person's any more.
    change(pbx, "haus.toml", ('lines = ["290"]', 'lines = ["291"]'))
    pbx.cli("linewarden reload")
    gust = pbx.ua("haus-290")
    call = gust.call("200")
    anna.next_call(1).ring()
    time.sleep(0.2)
    no_more_than(anna, {"200"}, "a telephone of no person's")
    call.cancel()
    pbx.quiet()
    close(emil, anna, gust)
    change(pbx, "haus.toml")
    pbx.cli("linewarden reload")
