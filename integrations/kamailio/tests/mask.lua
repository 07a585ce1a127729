-- What a watcher sees of dialog-info documents: lua mask.lua COMPANIES. No Kamailio needed.
local core = require "linewarden.core"
local linewarden = require "linewarden_kamailio"
local rights = assert(core.open(arg[1] .. "/mixed.toml"))

local function document(state, direction, more)
    return ([[<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="7" state="full" entity="sip:diana@brenner.example">
  <dialog id="d1" call-id="secret-call" local-tag="lt" remote-tag="rt" direction="%s">
    <state>%s</state>
    <remote><identity display="Hidden">sip:hidden@elsewhere.example</identity><target uri="sip:hidden@elsewhere.example"/></remote>
    <local><identity>sip:diana@brenner.example</identity></local>
  </dialog>%s
</dialog-info>]]):format(direction, state, more or "")
end

local function has(text, part) return text:find(part, 1, true) ~= nil end
local function masked(watcher, body) return linewarden.mask_dialog_info(rights, watcher, "diana", body) end

-- Alice is Assistant+: everything. Bob is Employee: the lamp, no number in a call, no pickup. Martin: not even the lamp.
local call = document("confirmed", "recipient")
local all = masked("alice", call)
assert(has(all, "<state>confirmed</state>") and has(all, "hidden@elsewhere") and has(all, 'call-id="secret-call"'))
assert(has(all, 'version="7"') and has(all, 'entity="sip:diana@brenner.example"'))
local lamp = masked("bob", call)
assert(has(lamp, "<state>confirmed</state>") and has(lamp, 'direction="recipient"'))
assert(not has(lamp, "idden") and not has(lamp, "secret-call") and not has(lamp, "rt"))
for _, stranger in ipairs { "martin", "nobody", "sip:stranger@elsewhere.example", "", "alice\0x" } do
    local nothing = masked(stranger, call)
    assert(not has(nothing, "<dialog ") and not has(nothing, "idden") and has(nothing, "</dialog-info>"), stranger)
end

-- What is not understood does not pass.
local function odd(body, watcher)
    local out = masked(watcher or "bob", body)
    assert(not has(out, "idden") and not has(out, "secret-call"), out)
    assert(has(out, "<dialog-info ") and has(out, "</dialog-info>"))
    return out
end
odd("")
odd("no xml at all, sip:hidden@elsewhere.example")
odd(document("confirmed", "sideways"))
odd(document("confirmed", "recipient", "<note>sip:hidden@elsewhere.example</note>"))
odd((call:gsub("</dialog>", "</dialog>\n<dialog id='x' call-id='secret-call'/>")))
odd((call:gsub('id="d1"', [[id='a"><remote>hidden</remote><x y="']])))
odd((call:gsub("<dialog%-info", "<!DOCTYPE x [<!ENTITY e 'hidden'>]><dialog-info")), "alice")
odd((call:gsub("<(/?)dialog ", "<%1p:dialog ")))
odd((call:gsub("<state>confirmed", "<!-- <state>early</state> --><state>confirmed")), "alice")
assert(not has(linewarden.mask_dialog_info(nil, "alice", "diana", call), "<dialog "))

-- By line: Personal picks up on the first line and the second, and on no other; Business sees who calls on the first alone.
do
    local estos = assert(core.open(arg[1] .. "/estos.toml"))
    local function at(watcher, owner, line)
        local body = document("early", "recipient"):gsub("<local>.-</local>", line and "<local><identity>" .. line .. "</identity></local>" or "")
        return linewarden.mask_dialog_info(estos, watcher, owner, body)
    end
    for _, case in ipairs {
        { "petra", "10", nil, true, true }, { "petra", "11", nil, true, true }, { "petra", "12", nil, false, true },
        { "petra", "otto", "sip:10@estos.example", true, true }, { "petra", "otto", "sip:12@estos.example", false, true },
        { "petra", "10", "sip:12@estos.example", false, true }, { "petra", "otto", "sip:otto@estos.example", true, true },
        -- Which line it is, the document does not say: asked for all of them.
        { "petra", "otto", nil, false, true }, { "petra", "otto", "sip:23@estos.example", false, true },
        { "boris", "10", nil, false, true }, { "boris", "11", nil, false, false }, { "boris", "otto", nil, false, false },
    } do
        local watcher, owner, line, tags, number = case[1], case[2], case[3], case[4], case[5]
        local out = at(watcher, owner, line)
        assert(has(out, "secret-call") == tags and has(out, "hidden@elsewhere") == number, watcher .. owner .. tostring(line) .. out)
    end
    local function dials(actor, dialled)
        local what, _, _, line = linewarden.invite(estos, actor, dialled)
        return what, line
    end
    for dialled, line in pairs { ["*810"] = 1, ["*811"] = 2, ["*7410#99"] = 1, ["*7111"] = 2 } do
        local what, found = dials("petra", dialled)
        assert(what ~= "refused" and found == line, dialled)
    end
    assert(dials("petra", "*812") == "refused" and dials("petra", "*7412#99") == "refused" and dials("tamara", "*811") == "refused")
end

-- A team's calls at an agent's telephone: who may pick up from which team is said to a PBX that heeds it, and to no other.
do
    local function pickup(actor, dialled)
        local what, _, _, _, teams = linewarden.invite(rights, actor, dialled)
        return what .. " " .. table.concat(teams or {}, ",")
    end
    assert(pickup("rosa", "*8104") == "refused " and pickup("bob", "*8301") == "pickup ")
    linewarden.team_calls = true
    assert(pickup("rosa", "*8104") == "team_pickup team:support,team:switchboard" and pickup("bob", "*8301") == "pickup team:sales,team:support")
    assert(pickup("bob", "*8600") == "pickup " and pickup("bernd", "*8600") == "refused ")
    assert(pickup("alice", "*8101") == "pickup " and pickup("martin", "*8101") == "refused ")
    linewarden.team_calls = false
    -- The team's call at carol's telephone: bob may pick up from both, heidi from carol alone.
    local function at(watcher, number)
        local body = document("early", "recipient"):gsub("sip:diana@brenner", "sip:" .. number .. "@brenner")
        return has(linewarden.mask_dialog_info(rights, watcher, "carol", body), "secret-call")
    end
    assert(at("bob", "301") and at("bob", "600"))
    for _, watcher in ipairs { "alice", "diana", "nora", "heidi", "rosa", "gerd", "bernd" } do
        local who = rights:find(watcher)
        local lamp = rights:may_see_busy(who, rights:find("carol"))
        assert(at(watcher, "301") == (lamp and rights:may_pick_up(who, rights:find("carol"), 1)), watcher)
        assert(at(watcher, "600") == (lamp and rights:may_pick_up(who, rights:find("team:support"), 1)), watcher)
    end
    assert(at("heidi", "301") and not at("heidi", "600"))
end

-- Codes and subscriptions.
local function invite(actor, dialled) return (linewarden.invite(rights, actor, dialled)) end
assert(invite("alice", "*8101") == "pickup" and invite("bernd", "*8600") == "refused")
assert(invite("carol", "*74201%230891234") == "forward_set" and invite("bob", "*74301#101") == "refused")
assert(select(3, linewarden.invite(rights, "carol", "*74201%230891234")) == "0891234")
assert(invite("alice", "101") == "call" and invite("alice", "*8999") == "unknown")
assert(invite("nobody", "*8101") == "refused" and invite(nil, "*8101") == "refused" and invite("nobody", "101") == "call")
-- Ordinary calls go on without any rights; codes do not.
assert(linewarden.invite(nil, "alice", "*8101") == "refused" and linewarden.invite(nil, "alice", "101") == "call")
-- A malformed code is no call, for the PBX may take it; codes of the PBX's own are named.
assert(invite("carol", "%2A74201%230891234") == "forward_set" and invite("nobody", "%2A8101") == "refused")
for _, dialled in ipairs { "*8", "*74101#" .. ("1"):rep(300), "*99", "#31#101", "%2A99", "%2399", "%2A8101%" } do
    assert(invite("alice", dialled) == "unknown", dialled)
end
linewarden.other_codes = { "*99" }
assert(invite("alice", "*99") == "call" and invite("alice", "*8") == "unknown" and invite("nobody", "*99") == "refused")
-- Ordinary calls by the class of the number, where that is asked.
do
    local own = assert(core.open(arg[1] .. "/linewarden.toml"))
    local function calls(actor, dialled) return (linewarden.invite(own, actor, dialled)) end
    assert(calls("sara", "00900123456") == "call" and calls("stranger", "00900123456") == "call")
    assert(calls("dora", "*74200#00043123456") == "forward_set" and calls("dora", "*74200#00900123456") == "refused")
    linewarden.calls, linewarden.other_codes = true, { "*99" }
    assert(calls("tom", "00900123456") == "call" and calls("sara", "00900123456") == "refused_call")
    assert(calls("sara", "+43123456") == "call" and calls("sara", "%2B43123456") == "call" and calls("sara", "+49900123456") == "refused_call")
    assert(calls("sara", "dirk") == "call" and calls("sara", "200") == "call" and calls("sara", "112") == "call")
    assert(calls("stranger", "200") == "call" and calls("stranger", "dirk") == "call" and calls("stranger", "0043123456") == "refused_call")
    for _, odd in ipairs { "nowhere", "sip:dirk", "dirk@linewarden.example", "dirk%40elsewhere.example", "linewarden.example/dirk", "0x43" } do
        assert(calls("sara", odd) == "refused_call" and calls("stranger", odd) == "refused_call", odd)
    end
    assert(calls("sara", "") == "unknown" and calls("stranger", "") == "refused_call" and calls("sara", "043\0") == "unknown")
    assert(calls("sara", "*99") == "call" and calls("sara", "*8999") == "unknown" and calls("stranger", "*99") == "refused")
    assert(linewarden.invite(nil, "sara", "200") == "refused_call")
    linewarden.calls, linewarden.other_codes = false, {}
end
local function may_watch(watcher, event) return linewarden.subscribe(rights, watcher, "diana", event) end
assert(may_watch("bob", "dialog") and may_watch("bob", "dialog;sla") and may_watch("bob", "presence"))
assert(not may_watch("martin", "dialog") and not may_watch("bob", "conference") and not may_watch("bob", nil))
assert(not linewarden.subscribe(nil, "bob", "diana", "dialog") and not may_watch(nil, "dialog"))

-- A wrong source gives no engine; every step of the generation reloads once.
local said = {}
local function report(message) said[#said + 1] = message end
local function copy(from, to, more)
    local text = assert(io.open(from)):read("*a")
    local file = assert(io.open(to, "w"))
    file:write(text, more or "")
    file:close()
end
local good, mine = arg[1] .. "/mixed.toml", os.tmpname()
os.remove(mine)
mine = mine .. ".toml"
assert(linewarden.engine(arg[1] .. "/missing.toml", 0, report) == nil and #said == 1)
copy(good, mine)
local first = linewarden.engine(mine, 0, report)
assert(linewarden.engine(mine, 0, report) == first and first:revision() == 1)
assert(linewarden.engine(mine, 1, report):revision() == 2 and #said == 1)
-- After a fault a process that saw every generation keeps the old answers; one that missed a generation has none until a load succeeds.
copy(good, mine, "nonsense = ")
assert(linewarden.engine(mine, 2, report):revision() == 2 and said[2]:find("old rights stay in force"))
assert(linewarden.engine(mine, 3, report):revision() == 2 and #said == 3)
assert(linewarden.engine(mine, 5, report) == nil and said[4]:find("no rights until"))
assert(linewarden.engine(mine, 5, report) == nil and linewarden.engine(mine, 6, report) == nil and #said == 5)
copy(good, mine)
assert(linewarden.engine(mine, 7, report):revision() == 3 and #said == 5)
os.remove(mine)
print("mask.lua: as it should be")

-- Shadow mode: codes and subscriptions pass, other rights and bodies do not.
do
    local path, said = os.tmpname(), {}
    linewarden.shadow = { until_ = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() + 3600), log = path, rights = { "call.pickup", "line.busy.read" } }
    core.pid = function() return -1 end
    local engine = assert(linewarden.engine(arg[1] .. "/mixed.toml", 0, function(message) said[#said + 1] = message end))
    assert(said[1]:find("SHADOW MODE: call.pickup, line.busy.read in ", 1, true), said[1])
    assert(linewarden.subscribe(engine, "martin", "diana", "dialog") and not linewarden.subscribe(engine, "martin", "diana", "presence"))
    assert(linewarden.subscribe(engine, "nobody", "diana", "dialog") and not linewarden.subscribe(nil, "martin", "diana", "dialog"))
    assert(linewarden.invite(engine, "martin", "*8101") == "pickup")
    assert(linewarden.invite(engine, "martin", "*70101") == "refused" and linewarden.invite(engine, "nobody", "*8101") == "refused")
    assert(not linewarden.mask_dialog_info(engine, "martin", "diana", call):find("<dialog ", 1, true))
    assert(not engine:may(engine:find("martin"), "call.pickup.first", engine:find("diana")))
    local shadow = assert(engine:shadow(linewarden.shadow.until_, path))
    assert(shadow:may(engine:find("martin"), "call.pickup.first", engine:find("diana")) == "would refuse" and shadow:may() == "no")
    local none, message = engine:shadow("2020-01-01T00:00:00Z", path)
    assert(none == nil and message:find("is past", 1, true))
    assert(engine:shadow(nil, path) == nil and engine:shadow(linewarden.shadow.until_, path, {}) == nil)
    assert(engine:shadow(linewarden.shadow.until_, path, { "call.pikup" }) == nil)
    engine:close()
    assert(shadow:may(1, "call.pickup.first", 2) == "no" and shadow:status() == nil)
    shadow:close()
    shadow:close()
    local log = assert(io.open(path)):read("*a")
    assert(log:find('"actor":"martin"', 1, true) and log:find('"actor":"nobody"', 1, true), log)
    os.remove(path)
end
