"""LinewardenTelephone: a program does in the place of a telephone's keys what the keys may do, and sees what the telephone shows, by right."""

from pbx import Ami
from phones import wait_for
from run import change, forwarding, holds, ringing, same

#: Alice's and Bob's. Dave's telephone has none.
KEYS = {"acme-110": "3f1c8a20d47be6590b9e", "acme-100": "77aa21d0c0ffee019283", "acme-120": "0f0f0f0f0f0f0f0f0f0f0f0f"}


def account(pbx):
    for endpoint, key in KEYS.items():
        pbx.cli(f"database put linewarden key/{endpoint} {key}")
    pbx.cli("database put linewarden key/acme-140 short")
    return Ami(pbx.ami_port, "tapi")


def does(ami, what, telephone="acme-110", **fields):
    return ami.action("LinewardenTelephone", Telephone=telephone, Key=KEYS.get(telephone, "short"), Do=what, **fields)


def calls(ami, telephone="acme-110", **fields):
    answer = does(ami, "calls", telephone, **fields)
    same(answer["Response"], "Success", f"calls of {fields}")
    return [line.split(" ") for line in answer.get("Call", "").split("\n") if line]


def test_a_program_needs_the_key_of_a_telephone(pbx):
    ami = account(pbx)
    for fields in ({"Telephone": "acme-110"}, {"Telephone": "acme-110", "Key": ""}, {"Telephone": "acme-110", "Key": KEYS["acme-100"]},
                   {"Telephone": "acme-110", "Key": KEYS["acme-110"] + "0"}, {"Telephone": "acme-130", "Key": ""},
                   {"Telephone": "acme-140", "Key": "short"}, {"Telephone": "nonesuch", "Key": KEYS["acme-110"]},
                   {"Telephone": "acme-110,x)", "Key": KEYS["acme-110"]}, {"Telephone": "trunk", "Key": KEYS["acme-110"]}, {}):
        answer = ami.action("LinewardenTelephone", Do="calls", **fields)
        same((answer["Response"], answer["Message"]), ("Error", "the telephone or its key is wrong"), f"{fields}")
    same(does(ami, "calls")["Response"], "Success", "with the key")
    same(does(ami, "explode")["Response"], "Error", "what is not known")
    # The account has nothing else of Asterisk's.
    for action, fields in (("Originate", {"Channel": "PJSIP/acme-110", "Application": "Echo"}), ("Getvar", {"Variable": "DB(linewarden/key/acme-100)"}),
                           ("Hangup", {"Channel": "/.*/"}), ("Command", {"Command": "core show version"}), ("Redirect", {"Channel": "x"}),
                           ("DBGet", {"Family": "linewarden", "Key": "key/acme-100"}), ("Filter", {"Operation": "Add", "Filter": ".*"}),
                           ("CoreShowChannels", {}), ("Status", {})):
        same(ami.action(action, **fields)["Response"], "Error", action)


def test_a_program_picks_up_by_the_same_rights(pbx):
    ami = account(pbx)
    rings, caller = ringing(pbx, caller="acme-140", pause=None)
    # Dave's may not be picked up by Bob: Bob's telephone is hung up on by the dialplan.
    bob = pbx.ua("acme-110")
    same(does(ami, "dial", Digits="*8130")["Response"], "Success", "dialled")
    bob.next_call().ring().answer().over()
    holds(rings.running(), "it rings on after the refusal")
    same(does(ami, "dial", Digits="*8100")["Response"], "Success", "dialled")
    call = bob.next_call(1).ring()
    wait_for("the call at the telephone", lambda: [line[1:3] for line in calls(ami)] == [["out", "dialing"]])
    call.answer()
    wait_for("the pickup", lambda: [line[1:3] for line in calls(ami)] == [["in", "connected"]])
    same(does(ami, "hangup", telephone="acme-100", Call=calls(ami)[0][0])["Message"], "this telephone has no such call", "another telephone's call")
    same(does(ami, "hangup", Call=calls(ami)[0][0])["Response"], "Success", "hung up")
    call.over()
    bob.close()
    caller.end()
    rings.done()
    pbx.cli("channel request hangup all")
    # Every event that came to the account was a lamp of the named telephones.
    same({event["Event"] for event in ami.events} - {"DeviceStateChange", "FullyBooted"}, set(), "events of the account")
    holds(all("acme-1" in event.get("Device", "acme-1") for event in ami.events), "lamps of the account")


def test_a_program_sees_calls_by_right(pbx):
    ami = account(pbx)
    rings, caller = ringing(pbx, caller="acme-140", pause=None)
    caller.sees("SIP/2.0 180")
    same([line[1:] for line in calls(ami, "acme-100")], [["in", "offering", "140", "-"]], "alice's own")
    same([line[1:] for line in calls(ami, Line="acme-100")], [["in", "offering", "140", "-"]], "alice's for bob")
    same([line[1:] for line in calls(ami, Line="acme-140")], [["out", "ringback", "-", "-"]], "erin's for bob: the lamp, no number")
    # Carol sees the lamp of alice's, and no number; beta's telephones are none of acme's.
    same([line[1:] for line in calls(ami, "acme-120", Line="acme-100")], [["in", "offering", "-", "-"]], "alice's for carol")
    for line in ("beta-100", "trunk", "nonesuch"):
        same(does(ami, "calls", Line=line)["Response"], "Error", line)
    # A right that ends in the middle of the call.
    change(pbx, "acme.toml", ('members = ["alice", "bob"]\n\n[[permission]]', 'members = ["alice"]\n\n[[permission]]'))
    pbx.cli("linewarden reload")
    same([line[1:] for line in calls(ami, Line="acme-100")], [["in", "offering", "-", "-"]], "alice's for bob, who is no secretary any more")
    change(pbx, "acme.toml")
    pbx.cli("linewarden reload")
    caller.end()
    rings.end()
    pbx.cli("channel request hangup all")


def test_a_program_forwards_by_the_same_rights(pbx):
    ami = account(pbx)
    same(does(ami, "forward", Digits="*74100#130")["Response"], "Success", "alice's by bob")
    same(forwarding(pbx), "130", "in astdb")
    answer = does(ami, "forwarding", Line="acme-100")
    same((answer["Forwarded"], answer["Destination"]), ("1", "130"), "shown to bob")
    same(does(ami, "forwarding", telephone="acme-120", Line="beta-100")["Response"], "Error", "another company's")
    answer = does(ami, "forward", telephone="acme-120", Digits="*74100#110")
    same((answer["Response"], answer["Message"]), ("Error", "refused by the dialplan"), "alice's by carol")
    same(forwarding(pbx), "130", "in astdb, after the refusal")
    same(does(ami, "forward", Digits="*74100#112")["Response"], "Error", "to an emergency number")
    for digits in ("*8100", "100", "112", "", "*74100#13,0", "*74100#130@x", "*44110", "*7" + "4" * 40):
        same(does(ami, "forward", Digits=digits)["Response"], "Error", digits)
    # By keys what the program shows.
    pbx.phone("acme-110", "calls", "*71100").done()
    same(does(ami, "forwarding", Line="acme-100")["Forwarded"], "0", "switched off by keys")
    pbx.cli("database deltree linewarden")


def test_a_program_transfers_and_joins(pbx):
    ami = account(pbx)
    bob, erin, dave = pbx.ua("acme-110"), pbx.ua("acme-140"), pbx.ua("acme-130")
    # Blind: dave, who called bob, goes on to erin.
    out = dave.call("110")
    bob.next_call().ring().answer()
    out.answered()
    first = calls(ami)[0]
    same(first[1:3], ["in", "connected"], "the call")
    same(does(ami, "transfer", Call=first[0], Digits="1,s")["Response"], "Error", "no digits")
    same(does(ami, "transfer", telephone="acme-100", Call=first[0], Digits="140")["Response"], "Error", "another telephone's call")
    same(does(ami, "transfer", Call=first[0], Digits="140")["Response"], "Success", "transferred")
    erin.next_call().ring().answer()
    bob.incoming[0].over()
    out.bye()
    erin.incoming[0].over()
    pbx.quiet()
    # Two calls of bob's, joined.
    out = dave.call("110")
    bob.next_call(1).ring().answer()
    same(does(ami, "dial", Digits="140")["Response"], "Success", "the consultation")
    bob.next_call(2).ring().answer()
    erin.next_call(1).ring().answer()
    wait_for("two calls", lambda: [line[2] for line in calls(ami)] == ["connected", "connected"])
    two = sorted(calls(ami), key=lambda line: line[1])
    same(does(ami, "join", Call=two[0][0], Other=two[0][0])["Response"], "Error", "a call with itself")
    same(does(ami, "join", Call=two[0][0], Other=two[1][0])["Response"], "Success", "joined")
    for call in bob.incoming[1:3]:
        call.over()
    holds(not out.ended and not erin.incoming[1].ended, "dave and erin talk")
    out.bye()
    erin.incoming[1].over()
    for telephone in (bob, erin, dave):
        telephone.close()
