"""Who calls, transfers, picks up, parks, fetches, listens and is forwarded, drawn at random, inside, from a trunk and through teams and queues,
with an oracle on every identity header of every message, and on a lamp in each call.

In each call one who talks says by re-INVITE or UPDATE to be a person who has no part in it; whether a telephone takes an UPDATE is drawn, too. The oracle knows the levels that were drawn and nothing of the dialplan. It says for each telephone whom it may be shown, and
whom it must be shown in the end. A seed that failed is run again with LW_SEED.
"""

import collections
import os
import random
import re
import time

from identity import SAID
from live import rule
from office import bridged, close, no_more_than, shown
from phones import Failure, header, wait_for
from run import HERE, holds, same, write

PEOPLE = {"200": "anna", "210": "ben", "230": "dirk", "240": "emil", "250": "udo"}
#: Who calls from outside, and how the trunk says so.
CUSTOMER = "+4930777"
CUSTOMER_SAID = [f'P-Asserted-Identity: "Customer" <sip:{CUSTOMER}@example.org>']
#: Rights by level: who may be seen; whose calls may be picked up, the caller being shown.
SEES, PICKS = ("employee", "assistant_plus"), ("assistant_plus",)
CALLS = int(os.environ.get("LW_MATRIX", "40"))
NAMES = {"200": "Anna", "210": "Ben", "230": "Dirk", "240": "Emil", "250": "Udo"}
#: How many requests in a call the telephones sent and were sent, by method, and what their lamps have shown.
SEEN = collections.Counter()


class Office:
    """One drawing of levels, in force."""

    def __init__(self, pbx, draw):
        self.pbx, self.draw = pbx, draw
        self.level = {(viewer, owner): draw.choice(["external", "external", "employee", "assistant_plus"])
                      for viewer in PEOPLE for owner in PEOPLE if viewer != owner}
        text = open(os.path.join(HERE, "documents", "haus.toml"), encoding="utf-8").read()
        text = re.sub(r"\[\[relationship\]\]\n(?:\w+ = .*\n)+\n", "", text)
        text = text.replace('users = ["emil"]', "users = []")
        # Who may listen to everybody, and who may fetch the calls of whom.
        self.listens = {number for number in PEOPLE if draw.random() < 0.4}
        self.fetches = {(actor, owner) for actor in PEOPLE for owner in PEOPLE if actor == owner or draw.random() < 0.4}
        text = text.replace('systems = ["xphone", "pascom"]', 'systems = ["xphone", "pascom", "linewarden"]')
        for actor, owner in self.fetches:
            if actor != owner:
                text += "\n" + rule(f"{actor} fetches from {owner}", PEOPLE[actor], "call.retrieve", PEOPLE[owner])
        if self.listens:
            text += "\n" + rule("watch", " ".join(PEOPLE[number] for number in sorted(self.listens)), "call.listen", "everyone")
        for (viewer, owner), level in self.level.items():
            if level != "external":
                text += f'\n[[relationship]]\nowner = "{PEOPLE[owner]}"\nviewer = "{PEOPLE[viewer]}"\nlevel = "{level}"\n'
        write(pbx.document("haus.toml"), text)
        holds(pbx.cli("linewarden reload").startswith("revision "), "the drawn document")

    def sees(self, viewer, owner):
        # Of those who are not drawn, such as Ute, nothing is known: they see no other person and are seen by none.
        return viewer == owner or self.level.get((viewer, owner)) in SEES

    def picks(self, viewer, owner):
        return self.level.get((viewer, owner)) in PICKS

    def may_show(self, viewer, dialled, picked_from=None, caller=None):
        """The numbers this telephone may show: those its person sees, what they dialled, and a caller by the right to pick up."""
        found = {number for number in PEOPLE if self.sees(viewer, number)} | set(dialled)
        if picked_from and self.picks(viewer, picked_from):
            found.add(caller)
        return found


def must_show(office, phone, viewer, partner, what):
    if office.sees(viewer, partner):
        wait_for(f"{what}: {viewer} is shown {partner}", lambda: partner in shown(phone), 5)


class Play:
    """One call with what becomes of it."""

    def __init__(self, office, numbers):
        numbers = set(numbers)
        self.office, self.pbx = office, office.pbx
        self.phones = {number: self.pbx.ua(f"haus-{number}") for number in numbers}
        for phone in self.phones.values():
            phone.updates = office.draw.random() < 0.5
        self.dialled = {number: set() for number in numbers}
        self.picked = {}
        self.mark = self.pbx.ami.mark()
        self.outside = None
        #: Those who may be shown the customer: who is called by them, who talks to them, who picks up by right.
        self.knows = set()
        # A person's second telephone has the lamp of one who takes part.
        self.lit = office.draw.choice(sorted(numbers & PEOPLE.keys()))
        self.watcher = office.draw.choice(sorted(PEOPLE.keys() - {self.lit}))
        self.lamp = self.pbx.ua(f"haus-{self.watcher}", port=self.pbx.base + 200)
        self.lamp.subscribe(self.lit)
        wait_for("the first notification of a lamp", lambda: "<state>" in "\n".join(self.lamp.own()))

    def call(self, caller, callee, rings=None, lines=()):
        self.dialled[caller].add(callee)
        outgoing = self.phones[caller].call(callee, lines)
        incoming = self.phones[rings or callee].next_call().ring()
        return outgoing, incoming

    def customer(self, callee, rings=None):
        """A call from the trunk."""
        self.outside = self.pbx.ua("outside")
        outgoing = self.outside.call(callee, CUSTOMER_SAID)
        incoming = self.phones[rings or callee].next_call().ring()
        self.knows.add(rings or callee)
        return outgoing, incoming

    def refresh(self):
        """One who talks sends a re-INVITE or an UPDATE, with every header by which a telephone may say who it is; gives whom it says to be, and its call."""
        draw = self.office.draw
        claimed = draw.choice(sorted(PEOPLE.keys() - self.phones.keys()))
        talks = [dialog for phone in [*self.phones.values(), *([self.outside] if self.outside else [])]
                 for dialog in phone.dialogs.values() if dialog.acknowledged and not dialog.ended]
        if not talks:
            return None, None
        dialog, method = draw.choice(talks), draw.choice(["INVITE", "UPDATE"])
        self.says(dialog, method, [line.replace('"Ben"', f'"{NAMES[claimed]}"').replace("sip:210@", f"sip:{claimed}@") for line in SAID])
        return claimed, dialog

    def says(self, dialog, method, lines):
        body = dialog.ua.sdp() if method == "INVITE" else ""
        status = dialog.request(method, [*(["Content-Type: application/sdp"] if body else []), *lines], body)
        # 491: Asterisk was sending one at the same moment.
        holds(status in (200, 491), f"{dialog.ua.what} sends {method} in a call: {status}")
        SEEN[f"sent {method}"] += 1

    def check(self, what):
        time.sleep(0.1)
        claimed, dialog = self.refresh()
        time.sleep(0.1)
        for number, phone in self.phones.items():
            SEEN["UPDATE"] += sum(text.startswith("UPDATE ") for text in phone.own())
            SEEN["re-INVITE"] += sum(text.startswith("INVITE ") and ";tag=" in header(text, "To") for text in phone.own())
            holds(claimed not in shown(phone), f"{what}, and one who talks says to be {claimed}: {phone.what} is shown\n{shown(phone).get(claimed)}")
            no_more_than(phone, self.office.may_show(number, self.dialled[number], *self.picked.get(number, ())), what)
            if number not in self.knows:
                holds(CUSTOMER not in "\n".join(phone.own()), f"{what}: {number} is shown the customer")
        if self.outside:
            no_more_than(self.outside, set(), what)
        self.check_lamp(what)
        if dialog and dialog.ua is self.outside:
            # What a trunk says last is what counts, for those whom the call goes on to, too.
            self.says(dialog, self.office.draw.choice(["INVITE", "UPDATE"]), CUSTOMER_SAID)

    def check_lamp(self, what):
        """Who has no right on the one at the lamp sees it dark; who calls is at the lamp of those only who may pick up there."""
        what = f"{what}: {self.watcher} at the lamp of {self.lit}"
        seen = self.lamp.own()
        if not self.office.picks(self.watcher, self.lit):
            no_more_than(self.lamp, {self.lit}, what)
            holds(CUSTOMER not in "\n".join(seen) and "<remote>" not in "\n".join(seen), f"{what} is shown who calls")
        if not self.office.sees(self.watcher, self.lit):
            states = {state for text in seen for state in re.findall(r"<state>(\w+)</state>", text)}
            same(states, {"terminated"}, what)
        SEEN["lamp with a caller"] += any("<remote>" in text for text in seen)
        SEEN["lit lamp"] += any("<state>terminated" not in text for text in seen if "<state>" in text)

    def end(self, *dialogs):
        for dialog in dialogs:
            if not dialog.ended:
                dialog.bye()
        self.pbx.quiet()
        self.check_lamp("after the call")
        close(self.lamp, *self.phones.values(), *([self.outside] if self.outside else []))


def play_call(office, a, b, c, d):
    play = Play(office, [a, b])
    out, into = play.call(a, b)
    into.answer()
    out.answered()
    what = f"{a} calls {b}"
    must_show(office, play.phones[a], a, b, what)
    must_show(office, play.phones[b], b, a, what)
    play.check(what)
    play.end(out)


def play_pickup(office, a, b, c, d):
    play = Play(office, [a, b, c])
    out, into = play.call(a, b)
    what = f"{c} picks up what {a} calls {b}"
    play.dialled[c].add(b)
    picks = play.phones[c].call(f"*8{b}")
    picks.wait("an answer", lambda dialog: dialog.code)
    same(picks.code == 200, office.picks(c, b), what)
    if picks.code == 200:
        out.answered()
        play.picked[c] = (b, a)
        wait_for(f"{what}: the picker is shown the caller", lambda: a in shown(play.phones[c]), 5)
        must_show(office, play.phones[a], a, c, what)
        play.check(what)
        play.end(out)
    else:
        into.answer()
        out.answered()
        play.check(what)
        play.end(out)


def transfer(office, a, b, c, by_caller, blind, picked=False):
    """a calls b; one of them transfers the other to c."""
    play = Play(office, [a, b, c])
    out, into = play.call(a, b)
    into.answer()
    out.answered()
    bridged(play.pbx, play.mark, [f"haus-{a}", f"haus-{b}"])
    mover, moved, leg = (a, b, out) if by_caller else (b, a, into)
    what = f"{a} calls {b}, {mover} transfers {'blind' if blind else 'attended'} to {c}"
    rest = into if by_caller else out
    if blind:
        same(leg.refer(c), 202, what)
        # Who is transferred did not dial it.
        last = play.phones[c].next_call().ring().answer()
        bridged(play.pbx, play.mark, [f"haus-{moved}", f"haus-{c}"])
        leg.bye()
    else:
        second, last = play.call(mover, c)
        last.answer()
        second.answered()
        bridged(play.pbx, play.mark, [f"haus-{mover}", f"haus-{c}"])
        same(leg.refer(c, replaces=second), 202, what)
        bridged(play.pbx, play.mark, [f"haus-{moved}", f"haus-{c}"])
    must_show(office, play.phones[moved], moved, c, what)
    must_show(office, play.phones[c], c, moved, what)
    play.check(what)
    play.end(rest, last)


def play_blind_by_caller(office, a, b, c, d):
    transfer(office, a, b, c, True, True)


def play_blind_by_callee(office, a, b, c, d):
    transfer(office, a, b, c, False, True)


def play_attended_by_caller(office, a, b, c, d):
    transfer(office, a, b, c, True, False)


def play_attended_by_callee(office, a, b, c, d):
    transfer(office, a, b, c, False, False)


def play_attended_while_ringing(office, a, b, c, d):
    """The transfer is made before c has answered."""
    play = Play(office, [a, b, c])
    out, into = play.call(a, b)
    into.answer()
    out.answered()
    bridged(play.pbx, play.mark, [f"haus-{a}", f"haus-{b}"])
    second, last = play.call(b, c)
    second.rings()
    what = f"{a} calls {b}, who joins it with a call that rings at {c}"
    same(into.refer(c, replaces=second), 202, what)
    time.sleep(0.2)
    last.answer()
    bridged(play.pbx, play.mark, [f"haus-{a}", f"haus-{c}"])
    must_show(office, play.phones[a], a, c, what)
    play.check(what)
    play.end(out, last)


def play_transfer_after_pickup(office, a, b, c, d):
    """c picks up a's call to b, if c may, and sends a on to d: c's telephone is in a channel that was b's."""
    if not office.picks(c, b):
        return
    play = Play(office, [a, b, c, d])
    out, into = play.call(a, b)
    play.dialled[c].add(b)
    picks = play.phones[c].call(f"*8{b}").answered()
    out.answered()
    play.picked[c] = (b, a)
    bridged(play.pbx, play.mark, [f"haus-{a}", f"haus-{c}"])
    second, last = play.call(c, d)
    last.answer()
    second.answered()
    what = f"{c} picks up what {a} calls {b}, and joins {a} with {d}"
    bridged(play.pbx, play.mark, [f"haus-{c}", f"haus-{d}"])
    same(picks.refer(d, replaces=second), 202, what)
    bridged(play.pbx, play.mark, [f"haus-{a}", f"haus-{d}"])
    must_show(office, play.phones[a], a, d, what)
    must_show(office, play.phones[d], d, a, what)
    play.check(what)
    play.end(out, last)


def play_caller_transfers_after_pickup(office, a, b, c, d):
    """c picks up a's call to b; a sends c on to d: c must be judged by c's own rights, not by b's."""
    if not office.picks(c, b):
        return
    play = Play(office, [a, b, c, d])
    out, into = play.call(a, b)
    play.dialled[c].add(b)
    picks = play.phones[c].call(f"*8{b}").answered()
    out.answered()
    play.picked[c] = (b, a)
    bridged(play.pbx, play.mark, [f"haus-{a}", f"haus-{c}"])
    second, last = play.call(a, d)
    last.answer()
    second.answered()
    what = f"{c} picks up what {a} calls {b}, and {a} joins {c} with {d}"
    bridged(play.pbx, play.mark, [f"haus-{a}", f"haus-{d}"])
    same(out.refer(d, replaces=second), 202, what)
    bridged(play.pbx, play.mark, [f"haus-{c}", f"haus-{d}"])
    must_show(office, play.phones[c], c, d, what)
    must_show(office, play.phones[d], d, c, what)
    play.check(what)
    play.end(picks, last)


def play_forwarded(office, a, b, c, d):
    play = Play(office, [a, b, c])
    setting = play.phones[b].call(f"*74#{c}")
    setting.answered().over()
    play.dialled[b].add(c)
    what = f"{a} calls {b}, who is forwarded to {c}"
    out, into = play.call(a, b, rings=c)
    into.answer()
    out.answered()
    must_show(office, play.phones[c], c, a, what)
    must_show(office, play.phones[c], c, b, what)
    must_show(office, play.phones[a], a, c, what)
    play.check(what)
    play.end(out)
    play.pbx.cli("database deltree linewarden")


def knows_customer(play, number, what):
    wait_for(f"{what}: {number} is shown the customer", lambda: CUSTOMER in "\n".join(play.phones[number].own()), 5)


def play_from_outside(office, a, b, c, d):
    """A customer calls b; c picks up, if c may, and who talks sends the customer on to d."""
    play = Play(office, [b, c, d])
    out, into = play.customer(b)
    what = f"a customer calls {b}, {c} picks up, and it goes on to {d}"
    knows_customer(play, b, what)
    play.dialled[c].add(b)
    picks = play.phones[c].call(f"*8{b}")
    picks.wait("an answer", lambda dialog: dialog.code)
    same(picks.code == 200, office.picks(c, b), what)
    if picks.code == 200:
        play.knows.add(c)
        mover, leg = c, picks
    else:
        into.answer()
        mover, leg = b, into
    out.answered()
    knows_customer(play, mover, what)
    bridged(play.pbx, play.mark, ["outside", f"haus-{mover}"])
    play.check(what)
    play.knows.add(d)
    same(leg.refer(d), 202, what)
    last = play.phones[d].next_call().ring().answer()
    bridged(play.pbx, play.mark, ["outside", f"haus-{d}"])
    knows_customer(play, d, what)
    leg.bye()
    play.check(what)
    play.end(out)


def play_team(office, a, b, c, d):
    """a calls the team at whose telephone b is; Udo, who is its agent, picks it up there, and none of the others does, whatever their right on b."""
    play = Play(office, [a, b, c])
    play.pbx.cli(f"dialplan set global LW_AGENTS_HAUS PJSIP/haus-{b}")
    out, into = play.call(a, "600", rings=b)
    what = f"{a} calls the team at {b}, and {c} wants to pick it up"
    play.dialled[c].add(b)
    picks = play.phones[c].call(f"*8{b}")
    picks.wait("an answer", lambda dialog: dialog.code)
    same(picks.code == 200, c == "250", what)
    talks = c if picks.code == 200 else b
    if talks == b:
        into.answer()
    out.answered()
    must_show(office, play.phones[a], a, talks, what)
    must_show(office, play.phones[talks], talks, a, what)
    play.check(what)
    play.end(out)
    play.pbx.cli("dialplan set global LW_AGENTS_HAUS PJSIP/haus-100")


def play_queue(office, a, b, c, d):
    """a, or a customer, calls a queue at Udo's and Ute's telephones; Ben picks up by the right on the team, or Udo answers."""
    caller = a if a not in ("210", "250") else None
    play = Play(office, ["210", "250", "260", *([caller] if caller else [])])
    udo, ute = play.phones["250"], play.phones["260"]
    what = f"{caller or 'a customer'} calls a queue"
    if caller:
        out = play.phones[caller].call("611")
    else:
        play.outside = play.pbx.ua("outside")
        play.knows |= {"250", "260"}
        out = play.outside.call("611", CUSTOMER_SAID)
    leg = udo.next_call().ring()
    ute.next_call().ring()
    answers = "250" if b < c else "210"
    if answers == "210":
        # What a picker sees of a team's call goes by the caller.
        play.knows.add("210")
        wait_for("the call to be there", lambda: play.pbx.get("LINEWARDEN_PICKUP_TARGETS(haus.example/ben,,haus.example/udo/1)"))
        last = play.phones["210"].call("*8250").answered()
        play.dialled["210"].add("250")
    else:
        last = leg.answer()
    out.answered()
    time.sleep(0.3)
    if caller:
        must_show(office, play.phones[answers], answers, caller, what)
    play.check(what)
    play.end(out)


def play_parked(office, a, b, c, d):
    """b parks a; c fetches, if c may, else b does."""
    play = Play(office, [a, b, c])
    out, into = play.call(a, b)
    into.answer()
    out.answered()
    bridged(play.pbx, play.mark, [f"haus-{a}", f"haus-{b}"])
    what = f"{a} calls {b}, who parks, and {c} fetches"
    same(into.refer("*55"), 202, what)
    play.pbx.ami.wait("the call to be parked", lambda event: event["Event"] == "ParkedCall", play.mark)
    into.bye()
    play.dialled[c].add(b)
    fetches = play.phones[c].call(f"*56{b}")
    fetches.wait("an answer", lambda dialog: dialog.code)
    same(fetches.code == 200, (c, b) in office.fetches, what)
    who = c
    if fetches.code != 200:
        fetches, who = play.phones[b].call(f"*56{b}").answered(), b
    bridged(play.pbx, play.mark, [f"haus-{a}", f"haus-{who}"])
    must_show(office, play.phones[who], who, a, what)
    must_show(office, play.phones[a], a, who, what)
    play.check(what)
    play.end(out, fetches)


def play_listened_to(office, a, b, c, d):
    """a and b talk, c dials in, by right: neither of the two is shown c, and c is shown no other than was dialled."""
    play = Play(office, [a, b, c])
    out, into = play.call(a, b)
    into.answer()
    out.answered()
    bridged(play.pbx, play.mark, [f"haus-{a}", f"haus-{b}"])
    what = f"{a} and {b} talk, {c} listens"
    play.dialled[c].add(b)
    spy = play.phones[c].call(f"*51{b}")
    spy.wait("an answer", lambda dialog: dialog.code)
    same(spy.code == 200, c in office.listens, what)
    time.sleep(0.3)
    play.check(what)
    play.end(*([spy] if spy.code == 200 else []), out)


def play_diverted_by_a_telephone(office, a, b, c, d):
    """b's telephone says by 181 or 302 that it goes to c."""
    play = Play(office, [a, b, c])
    name = f'"{NAMES[c]}"'
    lines = [line.replace('"Ben"', name).replace("sip:210@", f"sip:{c}@") for line in SAID] + [f"Contact: {name} <sip:{c}@127.0.0.1>"]
    out, into = play.call(a, b)
    code = 181 if b < d else 302
    what = f"{a} calls {b}, whose telephone says {code} and {c}"
    if code == 181:
        into.progress(181, "Forwarded", lines)
        into.answer()
        out.answered()
        must_show(office, play.phones[a], a, b, what)
    else:
        into.refuse(302, "Moved", lines)
        out.wait("its end", lambda dialog: dialog.code)
        same(play.phones[c].incoming, [], what)
    play.check(what)
    play.end(*([out] if code == 181 else []))


def play_caller_says(office, a, b, c, d):
    """a's telephone says that the call was for c, and that it is c."""
    play = Play(office, [a, b])
    lines = [line.replace("Ben", NAMES[c]).replace("sip:210@", f"sip:{c}@") for line in SAID]
    out, into = play.call(a, b, lines=lines)
    into.answer()
    out.answered()
    what = f"{a} calls {b} and says to be {c}"
    must_show(office, play.phones[b], b, a, what)
    holds(c not in shown(play.phones[b]), f"{what}:\n{shown(play.phones[b]).get(c)}")
    play.check(what)
    play.end(out)


def play_picked_up_when_forwarded(office, a, b, c, d):
    """a calls b, who is forwarded to c; d picks up at c, if d may, and is shown b only by a right on b."""
    play = Play(office, [a, b, c, d])
    play.phones[b].call(f"*74#{c}").answered().over()
    play.dialled[b].add(c)
    out, into = play.call(a, b, rings=c)
    play.dialled[d].add(c)
    what = f"{a} calls {b}, who is forwarded to {c}, where {d} picks up"
    picks = play.phones[d].call(f"*8{c}")
    picks.wait("an answer", lambda dialog: dialog.code)
    same(picks.code == 200, office.picks(d, c), what)
    if picks.code == 200:
        play.picked[d] = (c, a)
    else:
        into.answer()
    out.answered()
    play.check(what)
    play.end(out)
    play.pbx.cli("database deltree linewarden")


PLAYS = [play for name, play in list(globals().items()) if name.startswith("play_")]


def test_matrix_of_calls_shows_no_more_than_the_rules(pbx):
    seed = int(os.environ.get("LW_SEED", "0")) or 14 * pbx.build.major
    draw = random.Random(seed)
    done = 0
    SEEN.clear()
    while done < CALLS:
        office = Office(pbx, draw)
        for _ in range(8):
            play, numbers = PLAYS[done % len(PLAYS)], draw.sample(sorted(PEOPLE), 4)
            try:
                play(office, *numbers)
            except Failure as failure:
                raise Failure(f"seed {seed}, call {done}, {play.__name__} {numbers}, levels {office.level}: {failure}") from None
            done += 1
    # Both ways, by both methods: else the calls were not what is said above.
    holds(done < len(PLAYS) or all(SEEN[what] for what in ("sent INVITE", "sent UPDATE", "UPDATE", "re-INVITE", "lit lamp", "lamp with a caller")), f"requests in calls: {SEEN}")
    write(pbx.document("haus.toml"), open(os.path.join(HERE, "documents", "haus.toml"), encoding="utf-8").read())
    pbx.cli("linewarden reload")
