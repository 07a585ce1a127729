"""What a watcher sees of dialog-info documents: mask.py COMPANIES. No Kamailio needed."""
import datetime
import sys
import tempfile
from pathlib import Path

import linewarden_kamailio as lw
from linewarden import Engine, Right

source = sys.argv[1] + "/mixed.toml"
rights = Engine(source)


def document(state, direction, more=""):
    return f"""<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="7" state="full" entity="sip:diana@brenner.example">
  <dialog id="d1" call-id="secret-call" local-tag="lt" remote-tag="rt" direction="{direction}">
    <state>{state}</state>
    <remote><identity display="Hidden">sip:hidden@elsewhere.example</identity><target uri="sip:hidden@elsewhere.example"/></remote>
    <local><identity>sip:diana@brenner.example</identity></local>
  </dialog>{more}
</dialog-info>"""


def masked(watcher, body):
    return lw.mask_dialog_info(rights, watcher, "diana", body)


# Alice is Assistant+: everything. Bob is Employee: the lamp, no number in a call, no pickup. Martin: not even the lamp.
call = document("confirmed", "recipient")
everything = masked("alice", call)
assert "<state>confirmed</state>" in everything and "hidden@elsewhere" in everything and 'call-id="secret-call"' in everything
assert 'version="7"' in everything and 'entity="sip:diana@brenner.example"' in everything
lamp = masked("bob", call)
assert "<state>confirmed</state>" in lamp and 'direction="recipient"' in lamp
assert "idden" not in lamp and "secret-call" not in lamp and "rt" not in lamp
for stranger in ("martin", "nobody", "sip:stranger@elsewhere.example", "", "alice\0x", None):
    nothing = masked(stranger, call)
    assert "<dialog " not in nothing and "idden" not in nothing and "</dialog-info>" in nothing


# What is not understood does not pass.
def odd(body, watcher="bob"):
    out = masked(watcher, body)
    assert "idden" not in out and "secret-call" not in out, out
    assert "<dialog-info " in out and "</dialog-info>" in out


odd("")
odd("no xml at all, sip:hidden@elsewhere.example")
odd(document("confirmed", "sideways"))
odd(document("confirmed", "recipient", "<note>sip:hidden@elsewhere.example</note>"))
odd(call.replace("</dialog>", "</dialog>\n<dialog id='x' call-id='secret-call'/>"))
odd(call.replace('id="d1"', 'id="&quot;>&lt;"'))
odd(call.replace("<dialog-info", "<!DOCTYPE x [<!ENTITY e 'hidden'>]><dialog-info"), "alice")
odd(call.replace("urn:ietf", "urn:other"), "alice")
odd(call.replace("<state>", "<!-- --><state>"), "alice")
assert "<dialog " not in lw.mask_dialog_info(None, "alice", "diana", call)


# By line: Personal picks up on the first line and the second, and on no other; Business sees who calls on the first alone.
estos = Engine(sys.argv[1] + "/estos.toml")
local = "<local><identity>sip:diana@brenner.example</identity></local>"
for watcher, owner, line, tags, number in [
    ("petra", "10", "", True, True), ("petra", "11", "", True, True), ("petra", "12", "", False, True),
    ("petra", "otto", "10", True, True), ("petra", "otto", "12", False, True), ("petra", "10", "12", False, True),
    ("petra", "otto", "otto", True, True),
    # Which line it is, the document does not say: asked for all of them.
    ("petra", "otto", "", False, True), ("petra", "otto", "23", False, True),
    ("boris", "10", "", False, True), ("boris", "11", "", False, False), ("boris", "otto", "", False, False),
]:
    told = local.replace("diana@brenner", f"{line}@estos") if line else ""
    out = lw.mask_dialog_info(estos, watcher, owner, document("early", "recipient").replace(local, told))
    assert ("secret-call" in out, "hidden@elsewhere" in out) == (tags, number), (watcher, owner, line, out)
for dialled, line in {"*810": 1, "*811": 2, "*7410#99": 1, "*7111": 2}.items():
    assert lw.invite(estos, "petra", dialled)[0] != "refused" and lw.invite(estos, "petra", dialled)[3] == line, dialled
for actor, dialled in (("petra", "*812"), ("petra", "*7412#99"), ("tamara", "*811")):
    assert lw.invite(estos, actor, dialled)[0] == "refused", (actor, dialled)


# A team's calls at an agent's telephone: who may pick up from which team is said to a PBX that heeds it, and to no other.
def pickup(actor, dialled):
    what, _, _, _, teams = lw.invite(rights, actor, dialled)
    return what, teams


assert pickup("rosa", "*8104") == ("refused", ()) and pickup("bob", "*8301") == ("pickup", ())
lw.team_calls = True
assert pickup("rosa", "*8104") == ("team_pickup", ("team:support", "team:switchboard"))
assert pickup("bob", "*8301") == ("pickup", ("team:sales", "team:support"))
assert pickup("bob", "*8600") == ("pickup", ()) and pickup("bernd", "*8600") == ("refused", ())
assert pickup("alice", "*8101") == ("pickup", ()) and pickup("martin", "*8101") == ("refused", ())
lw.team_calls = False
# The team's call at carol's telephone: bob may pick up from both, heidi from carol alone.
for watcher, number, tags in [("bob", "301", True), ("bob", "600", True), ("heidi", "301", True), ("heidi", "600", False)]:
    body = document("early", "recipient").replace("sip:diana@brenner", f"sip:{number}@brenner")
    assert ("secret-call" in lw.mask_dialog_info(rights, watcher, "carol", body)) == tags, (watcher, number)


# Codes and subscriptions.
def invite(actor, dialled):
    return lw.invite(rights, actor, dialled)[0]


assert invite("alice", "*8101") == "pickup" and invite("bernd", "*8600") == "refused"
assert invite("carol", "*74201%230891234") == "forward_set" and invite("bob", "*74301#101") == "refused"
assert lw.invite(rights, "carol", "*74201%230891234")[2] == "0891234"
assert invite("alice", "101") == "call" and invite("alice", "*8999") == "unknown"
assert invite("nobody", "*8101") == "refused" and invite(None, "*8101") == "refused" and invite("nobody", "101") == "call"
# Ordinary calls go on without any rights; codes do not.
assert lw.invite(None, "alice", "*8101")[0] == "refused" and lw.invite(None, "alice", "101")[0] == "call"
# A malformed code is no call, for the PBX may take it; codes of the PBX's own are named.
assert invite("carol", "%2A74201%230891234") == "forward_set" and invite("nobody", "%2A8101") == "refused"
for dialled in ("*8", "*74101#" + 300 * "1", "*99", "#31#101", "%2A99", "%2399", "%2A8101%"):
    assert invite("alice", dialled) == "unknown", dialled
lw.other_codes = ("*99",)
assert invite("alice", "*99") == "call" and invite("alice", "*8") == "unknown" and invite("nobody", "*99") == "refused"
# Ordinary calls by the class of the number, where that is asked.
own = Engine(sys.argv[1] + "/linewarden.toml")


def calls(actor, dialled):
    return lw.invite(own, actor, dialled)[0]


assert calls("sara", "00900123456") == "call" and calls("stranger", "00900123456") == "call"
assert calls("dora", "*74200#00043123456") == "forward_set" and calls("dora", "*74200#00900123456") == "refused"
lw.calls = True
assert calls("tom", "00900123456") == "call" and calls("sara", "00900123456") == "refused_call"
assert calls("sara", "+43123456") == "call" and calls("sara", "%2B43123456") == "call" and calls("sara", "+49900123456") == "refused_call"
assert calls("sara", "dirk") == "call" and calls("sara", "200") == "call" and calls("sara", "112") == "call"
assert calls("stranger", "200") == "call" and calls("stranger", "dirk") == "call" and calls("stranger", "0043123456") == "refused_call"
for text in ("nowhere", "sip:dirk", "dirk@linewarden.example", "dirk%40elsewhere.example", "linewarden.example/dirk", "0x43"):
    assert calls("sara", text) == "refused_call" and calls("stranger", text) == "refused_call", text
assert calls("sara", "*99") == "call" and calls("sara", "*8999") == "unknown" and calls("stranger", "*99") == "refused"
assert lw.invite(None, "sara", "200")[0] == "refused_call" and calls(None, "200") == "call"
assert calls("sara", "") == calls("sara", None) == calls("sara", "043\0") == "unknown" and calls("stranger", "") == "refused_call"
lw.calls = False
assert lw.subscribe(rights, "bob", "diana", "dialog") and lw.subscribe(rights, "bob", "diana", "dialog;sla")
assert lw.subscribe(rights, "bob", "diana", "presence") and not lw.subscribe(rights, "martin", "diana", "dialog")
assert not lw.subscribe(rights, "bob", "diana", "conference") and not lw.subscribe(rights, "bob", "diana", None)
assert not lw.subscribe(None, "bob", "diana", "dialog") and not lw.subscribe(rights, None, "diana", "dialog")

# A wrong source gives no engine; every step of the generation reloads once.
said = []
assert lw.Rights(sys.argv[1] + "/missing.toml", said.append).engine(0) is None and len(said) == 1
good = Path(source).read_text(encoding="utf-8")
with tempfile.TemporaryDirectory() as folder:
    mine = Path(folder) / "mine.toml"
    mine.write_text(good, encoding="utf-8")
    process = lw.Rights(str(mine), said.append)
    assert process.engine(0).revision == 1 and process.engine(0).revision == 1
    assert process.engine(1).revision == 2 and process.engine(1).revision == 2 and len(said) == 1
    # After a fault a process that saw every generation keeps the old answers; one that missed one has none until a load succeeds.
    mine.write_text(good + "nonsense = ", encoding="utf-8")
    assert process.engine(2).revision == 2 and "old rights stay in force" in said[1]
    assert process.engine(3).revision == 2 and len(said) == 3
    assert process.engine(5) is None and "no rights until" in said[3]
    assert process.engine(5) is None and process.engine(6) is None and len(said) == 5
    mine.write_text(good, encoding="utf-8")
    assert process.engine(7).revision == 3 and len(said) == 5
print("mask.py: as it should be")

# Shadow mode: codes and subscriptions pass, other rights and bodies do not.
with tempfile.TemporaryDirectory() as folder:
    said, log = [], Path(folder) / "shadow.log"
    soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    settings = {"until": soon, "log": str(log), "rights": ["call.pickup", "line.busy.read"]}
    engine = lw.Rights(source, said.append, settings).engine(0)
    assert said[0].startswith("linewarden: SHADOW MODE: call.pickup, line.busy.read in "), said
    assert lw.subscribe(engine, "martin", "diana", "dialog") and not lw.subscribe(engine, "martin", "diana", "presence")
    assert lw.subscribe(engine, "nobody", "diana", "dialog") and not lw.subscribe(None, "martin", "diana", "dialog")
    assert lw.invite(engine, "martin", "*8101")[0] == "pickup" and lw.invite(engine, "martin", "*70101")[0] == "refused"
    assert lw.invite(engine, "nobody", "*8101")[0] == "refused"
    assert "<dialog " not in lw.mask_dialog_info(engine, "martin", "diana", call)
    shadow = lw.shadow
    assert shadow.may(engine.find("martin"), Right.CALL_PICKUP_FIRST, engine.find("diana")) == "would refuse"
    engine.close()
    assert shadow.may(1, Right.CALL_PICKUP_FIRST, 2) == "no" and shadow.status() is None
    assert '"actor":"martin"' in log.read_text() and '"actor":"nobody"' in log.read_text()
    for wrong in ({**settings, "until": "2020-01-01T00:00:00Z"}, {**settings, "rights": ["call.pikup"]}, {**settings, "log": folder}):
        engine = lw.Rights(source, said.append, wrong).engine(0)
        assert said[-1].startswith("linewarden: no shadow, the rights are enforced") and lw.shadow is None, said[-1]
        assert not lw.subscribe(engine, "martin", "diana", "dialog")
