"""What a telephone engineer tries next in the company haus.example: transfers to queues and teams, to forwarded lines and outside, pickups of
consultations, click-to-dial, conferences, withheld numbers and calls that end in the middle.

Emil sees Anna and Dirk and is seen by both; Anna and Dirk do not see each other, and nothing shows one to the other.
"""

import os
import threading
import time

from office import WAY_OUT, bridged, close, dialplan, no_more_than, shown, talk
from phones import wait_for
from run import holds, same, states

CUSTOMER = ['P-Asserted-Identity: "Customer" <sip:+4930777@example.org>']


def hangs_up(pbx, *phones):
    pbx.cli("channel request hangup all")
    pbx.quiet()
    close(*phones)


def agent_of(*agents):
    """The agent whose telephone a queue rings first."""
    wait_for("the queue to ring", lambda: any(agent.incoming for agent in agents))
    return next(agent for agent in agents if agent.incoming)


def test_attended_transfer_to_a_queue(pbx):
    """Emil joins Dirk with an agent of a queue, and a customer with the agent."""
    for caller, own in (("haus-230", {"230", "240"}), ("outside", set())):
        phone, emil, udo, ute = (pbx.ua(name) for name in (caller, "haus-240", "haus-250", "haus-260"))
        mark = pbx.ami.mark()
        call = phone.call("240", CUSTOMER if caller == "outside" else [])
        leg = emil.next_call().ring().answer()
        call.answered()
        bridged(pbx, mark, [caller, "haus-240"])
        second = emil.call("611")
        last = agent_of(udo, ute).incoming[0].ring().answer()
        second.answered()
        time.sleep(0.3)
        same(leg.refer("611", replaces=second), 202, "the REFER")
        second.over()
        time.sleep(0.4)
        holds(not call.ended and not last.ended, "who called and the agent talk")
        what = f"an attended transfer of {caller} to a queue"
        no_more_than(phone, own, what)
        for one in (udo, ute):
            no_more_than(one, {one.name[-3:]}, what)
        hangs_up(pbx, phone, emil, udo, ute)


def test_blind_transfer_to_a_team_a_queue_and_a_forwarded_line(pbx):
    """Emil, or Udo, who goes past no forwarding, sends Dirk on: whom it reaches is not shown him, be it behind a team, a queue or a forwarding."""
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-200")
    pbx.cli("database put linewarden forward/haus.example/ben/1 200")
    for number, mover, names in (("600", "240", ["haus-200"]), ("612", "240", ["haus-250", "haus-260"]), ("210", "250", ["haus-200"])):
        dirk, emil = pbx.ua("haus-230"), pbx.ua(f"haus-{mover}")
        agents = [pbx.ua(name) for name in names]
        call, leg = talk(pbx, dirk, emil)
        same(leg.refer(number), 202, "the REFER")
        last = agent_of(*agents).incoming[0].ring().answer()
        time.sleep(0.4)
        holds(not call.ended and not last.ended, "Dirk and who was reached talk")
        no_more_than(dirk, {"230", mover}, f"a transfer to {number}")
        for one in agents:
            no_more_than(one, {one.name[-3:]}, f"a transfer to {number}")
        hangs_up(pbx, dirk, emil, *agents)
    pbx.cli("database deltree linewarden")
    pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-100")


def test_consultation_that_is_picked_up(pbx):
    """Emil talks to Dirk and consults 270; Ben picks that up, by right, and Emil joins the two: before and after the pickup."""
    for joined_first in (False, True):
        dirk, emil, rings, ben = (pbx.ua(f"haus-{number}") for number in ("230", "240", "270", "210"))
        mark = pbx.ami.mark()
        call, leg = talk(pbx, dirk, emil)
        second = emil.call("270")
        rings.next_call().ring()
        second.rings()
        if joined_first:
            same(leg.refer("270", replaces=second), 202, "the REFER")
            time.sleep(0.2)
        picks = ben.call("*8270").answered()
        if not joined_first:
            second.answered()
            bridged(pbx, mark, ["haus-240", "haus-210"])
            same(leg.refer("270", replaces=second), 202, "the REFER")
        bridged(pbx, mark, ["haus-230", "haus-210"])
        time.sleep(0.3)
        what = f"a consultation that is picked up, joined first {joined_first}"
        # By the right to pick up from 270 Ben sees who called there: Emil, and Dirk only where the call was his by then.
        no_more_than(ben, {"210", "240", "230"} if joined_first else {"210", "240"}, what)
        no_more_than(dirk, {"230", "240"}, what)
        no_more_than(emil, {"240", "230", "270"}, what)
        hangs_up(pbx, dirk, emil, rings, ben)


def test_outside_party_is_joined_with_one_inside(pbx):
    """Emil joins a customer who called, and one whom he called, with Anna: the trunk is not shown her; and sends them on blind."""
    with dialplan(pbx, WAY_OUT):
        for inbound in (True, False):
            for attended in (True, False):
                emil, anna, trunk = pbx.ua("haus-240"), pbx.ua("haus-200"), pbx.ua("outside" if inbound else "trunk")
                mark = pbx.ami.mark()
                call = trunk.call("240", CUSTOMER) if inbound else emil.call("0030123")
                leg = (emil if inbound else trunk).next_call().ring().answer()
                call.answered()
                mine = leg if inbound else call
                bridged(pbx, mark, [trunk.name, "haus-240"])
                if attended:
                    second, last = talk(pbx, emil, anna)
                    same(mine.refer("200", replaces=second), 202, "the REFER")
                else:
                    same(mine.refer("200"), 202, "the REFER")
                    last = anna.next_call().ring().answer()
                bridged(pbx, mark, [trunk.name, "haus-200"])
                time.sleep(0.3)
                what = f"inbound {inbound}, attended {attended}"
                # Whom Emil calls outside is shown who calls.
                no_more_than(trunk, set() if inbound else {"240"}, what)
                no_more_than(anna, {"200", "240"}, what)
                if inbound:
                    wait_for("the customer to be shown to Anna", lambda: "+4930777" in "\n".join(anna.own()))
                hangs_up(pbx, emil, anna, trunk)


def test_click_to_dial_shows_no_more_than_a_call(pbx):
    """A program lets the telephone ring and then calls (Originate by AMI): the rights are those of the telephone's person."""
    for caller, sees in (("230", False), ("240", True)):
        phone, anna = pbx.ua(f"haus-{caller}"), pbx.ua("haus-200")
        pbx.ami.action("Originate", Channel=f"PJSIP/haus-{caller}", Context="haus-phones", Exten="200", Priority="1", Async="true",
                       CallerID='"Anna" <200>' if caller == "230" else f"<{caller}>")
        first = phone.next_call().ring().answer()
        leg = anna.next_call().ring()
        time.sleep(0.2)
        leg.answer()
        time.sleep(0.4)
        what = f"{caller} is connected with 200 by a program"
        same(caller in shown(anna), sees, what)
        no_more_than(anna, {"200", caller} if sees else {"200"}, what)
        # The program says whom the telephone shows while it rings.
        if sees:
            no_more_than(phone, {"240", "200"}, what)
        hangs_up(pbx, phone, anna)
    # Into a code: what is picked up is picked up by the person's right.
    dirk, anna, emil = pbx.ua("haus-230"), pbx.ua("haus-200"), pbx.ua("haus-240")
    call = emil.call("200")
    leg = anna.next_call().ring()
    pbx.ami.action("Originate", Channel="PJSIP/haus-230", Context="haus-phones", Exten="*8200", Priority="1", Async="true")
    dirk.next_call().ring().answer().over()
    holds(not leg.ended and not call.acknowledged, "Anna's telephone rings on")
    # A Local channel is no person: it has no code, and shows no number of ours.
    for code in ("*8200", "*8", "*51200", "*56200", "*74200#210"):
        mark = pbx.ami.mark()
        pbx.ami.action("Originate", Channel=f"Local/{code}@haus-phones/n", Application="Wait", Data="5", Async="true", CallerID='"Ben" <210>')
        wait_for(f"{code} to end", lambda: pbx.ami.wait("the end", lambda event: event["Event"] == "Hangup" and event["Channel"].startswith("Local/"), mark))
    holds(not leg.ended and not call.acknowledged, "Anna's telephone still rings on")
    pbx.ami.action("Originate", Channel="Local/230@haus-phones/n", Application="Wait", Data="5", Async="true", CallerID='<210>')
    dirk.next_call(1).ring()
    time.sleep(0.2)
    no_more_than(dirk, {"230", "200"}, "a Local channel")
    hangs_up(pbx, dirk, anna, emil)


def test_withheld_number_stays_withheld(pbx):
    """A telephone asks for privacy, in each way that telephones do: neither Anna, who may see Emil, nor Ben, who gets the call on, nor a trunk is shown him.
    Help is."""
    anna, emil, trunk = pbx.ua("haus-200"), pbx.ua("haus-240"), pbx.ua("trunk")
    with dialplan(pbx, WAY_OUT):
        for wish, hidden in (("header;id", True), ("ID;critical", True), ("none", False)):
            for called, number in ((anna, "200"), (trunk, "0030123"), (trunk, "112")):
                place = len(called.incoming)
                call = emil.call(number, [f"Privacy: {wish}"] if wish else [])
                leg = called.next_call(place).ring()
                leg.answer()
                call.answered()
                time.sleep(0.2)
                invite = leg.invite
                same("240@" in invite.replace("haus-240@", ""), not hidden or number == "112", f"Privacy: {wish}, a call to {number}:\n{invite}")
                if hidden and number == "200":
                    no_more_than(called, {"200"}, f"Privacy: {wish}, a call to {number}")
                call.bye()
                leg.over()
                pbx.quiet()
            if not hidden:
                close(anna, emil, trunk)
                anna, emil, trunk = pbx.ua("haus-200"), pbx.ua("haus-240"), pbx.ua("trunk")
    # Neither at the lamp nor by a pickup, where Ben has the right to see who calls 270.
    watcher, ben, rings = pbx.phone("haus-210", "watches", "270", seconds=600, port=pbx.base + 200), pbx.ua("haus-210"), pbx.ua("haus-270")
    wait_for("the first notification", lambda: states(watcher))
    for wish in (["Privacy: id"], []):
        place = len(rings.incoming)
        call = emil.call("270", wish)
        rings.next_call(place).ring()
        wait_for("the lamp to blink", lambda: states(watcher)[-1] == "early")
        picks = ben.call("*8270").answered()
        call.answered()
        time.sleep(0.3)
        for phone in (watcher, ben):
            same("240" in shown(phone), not wish, f"{wish}: {phone.what} is shown who called")
        call.bye()
        picks.over()
        pbx.quiet()
    watcher.end()
    close(anna, emil, trunk, ben, rings)


def test_both_transfer_at_once(pbx):
    """Emil and Anna talk; he sends her to Dirk while she sends him to Udo. Whichever comes first, no telephone is shown more than by one transfer."""
    for step in range(3):
        anna, emil, dirk, udo = (pbx.ua(f"haus-{number}") for number in ("200", "240", "230", "250"))
        call, leg = talk(pbx, emil, anna)
        other = threading.Thread(target=call.refer, args=("230",))
        other.start()
        time.sleep(0.01 * step)
        leg.refer("250")
        other.join()
        # Where both leave at the same instant Asterisk has no call left to place.
        end = time.monotonic() + 1
        while not (dirk.incoming or udo.incoming) and time.monotonic() < end:
            time.sleep(0.02)
        for dialog in dirk.incoming + udo.incoming:
            dialog.ring().answer()
        time.sleep(0.3)
        for phone, own in ((anna, {"200", "240"}), (dirk, {"230", "240"}), (udo, {"250"}), (emil, {"240", "200", "230"})):
            no_more_than(phone, own, "two transfers at once")
        hangs_up(pbx, anna, emil, dirk, udo)


def test_second_call_and_a_telephone_with_video(pbx):
    """Dirk calls Anna, who talks to Emil: who that is is not shown him, nor he her; she joins the two calls that she was called by."""
    anna, emil, dirk = (pbx.ua(f"haus-{number}") for number in ("200", "240", "230"))
    plain = emil.sdp
    emil.sdp = lambda: plain() + "m=video 40000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    mark = pbx.ami.mark()
    call, first = talk(pbx, emil, anna)
    holds("m=video 0" in "\n".join(emil.own()), "the offer of video is declined, and the call stands")
    waiting = dirk.call("200")
    second = anna.next_call(1).ring().answer()
    waiting.answered()
    time.sleep(0.2)
    no_more_than(anna, {"200", "240"}, "a second call")
    no_more_than(dirk, {"230", "200"}, "a second call")
    same(first.refer("230", replaces=second), 202, "the REFER")
    bridged(pbx, mark, ["haus-230", "haus-240"])
    wait_for("the two to be shown each other", lambda: "230" in shown(emil) and "240" in shown(dirk))
    no_more_than(anna, {"200", "240"}, "two calls that are joined")
    hangs_up(pbx, anna, emil, dirk)


def test_calls_that_end_in_the_middle(pbx):
    """The caller gives up while it is picked up, transferred or answered: no call is left, and no identity has got out."""
    for step in range(6):
        emil, rings, ben, dirk, anna = (pbx.ua(f"haus-{number}") for number in ("240", "270", "210", "230", "200"))
        call = emil.call("270")
        leg = rings.next_call().ring()
        call.rings()
        if step % 3 == 0:
            picks = ben.call("*8270")
            time.sleep(0.01 * step)
            call.cancel()
            picks.wait("an end", lambda dialog: dialog.code or dialog.acknowledged)
        elif step % 3 == 1:
            leg.ua.respond(leg.invite, 200, "OK", leg.local_tag(), sdp=True)
            call.cancel()
        else:
            leg.refuse(486)
            call.wait("an end", lambda dialog: dialog.code)
        pbx.cli("channel request hangup all")
        pbx.quiet()
        no_more_than(ben, {"210", "240"}, "a call that is given up")
        no_more_than(emil, {"240", "270"}, "a call that is given up")
        # A transfer whose target gives up, or whose moved party does.
        call, leg = talk(pbx, dirk, emil)
        same(leg.refer("200"), 202, "the REFER")
        if step % 2:
            time.sleep(0.01 * step)
            call.bye()
        else:
            anna.next_call().ring().refuse(486)
        pbx.cli("channel request hangup all")
        pbx.quiet()
        no_more_than(anna, {"200", "240"}, "a transfer that is given up")
        no_more_than(dirk, {"230", "240"}, "a transfer that is given up")
        close(emil, rings, ben, dirk, anna)


def test_conference_shows_no_one(pbx):
    """Anna, Dirk and a customer in a conference: it is a place, and its lamp says that it is in use."""
    there = os.path.join(pbx.build.modules, "app_confbridge.so")
    os.symlink(there, os.path.join(pbx.dir, "mod", "app_confbridge.so"))
    pbx.etc("confbridge.conf", "[general]\n[default_user]\ntype=user\nquiet=yes\n[default_bridge]\ntype=bridge\n")
    holds("Loaded" in pbx.cli("module load app_confbridge.so"), "app_confbridge loads")
    lines = ("[haus-people](+)\nexten => 599,1,Gosub(linewarden-company,s,1(haus.example,haus))\n same => n,Gosub(linewarden-me,s,1)\n"
             " same => n,Gosub(linewarden-mark,s,1)\n same => n,Answer()\n same => n,ConfBridge(599)\n"
             "[haus-inbound](+)\nexten => 599,1,Goto(haus-people,599,1)\n[blf-haus-230]\nexten => 599,hint,confbridge:599\n")
    try:
        with dialplan(pbx, lines):
            watcher = pbx.ua("haus-230", port=pbx.base + 200)
            watcher.subscribe("599")
            wait_for("the lamp", lambda: any(text.startswith("NOTIFY") for text in watcher.own()))
            anna, dirk, emil, outside = pbx.ua("haus-200"), pbx.ua("haus-230"), pbx.ua("haus-240"), pbx.ua("outside")
            for phone in (anna, dirk, emil):
                phone.call("599").answered()
            outside.call("599", CUSTOMER).answered()
            wait_for("the lamp to be lit", lambda: "<state>confirmed</state>" in "\n".join(watcher.own()))
            time.sleep(0.3)
            for phone, own in ((anna, "200"), (dirk, "230"), (emil, "240"), (outside, ""), (watcher, "")):
                no_more_than(phone, {own}, "a conference")
                holds(phone is outside or "4930777" not in "\n".join(phone.own()), f"{phone.what} is shown the customer")
            hangs_up(pbx, anna, dirk, emil, outside, watcher)
    finally:
        pbx.cli("module unload app_confbridge.so")
        os.unlink(os.path.join(pbx.dir, "mod", "app_confbridge.so"))
