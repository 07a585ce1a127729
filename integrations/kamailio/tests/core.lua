-- Asks the golden questions through the C module: lua core.lua FOLDER. Runs in Lua 5.1, 5.2 and LuaJIT.
local core = require "linewarden.core"
local folder = arg[1]
local golden = dofile(folder .. "/golden.lua")
local yes, split, map, failed, all = golden.yes, golden.split, golden.map, golden.failed, golden.all
local engines = {}

local function open(source) return core.open(folder .. "/companies/" .. source) end

local function answer(ask, source, actor_name, right, target_name, given)
    if ask == "open" then
        local engine, message, status = open(source)
        if not engine then return failed(message, status) end
        engine:close()
        return "open"
    end
    engines[source] = engines[source] or assert(open(source))
    local engine = engines[source]
    local function find(name) return engine:find(name) end
    if ask == "may_named" then return yes(engine:may_named(actor_name, right, target_name)) end
    if ask == "resolve" then
        local party, message, status = engine:resolve(actor_name)
        return party and engine:text(party) or failed(message, status)
    end
    if ask == "line_of" then return ("%d"):format(engine:line_of(find(actor_name), given)) end
    if ask == "dial_line" then return ("%d"):format((select(5, engine:dial(find(actor_name), given)))) end
    if ask == "dial" then
        local what, subject, allowed, digits = engine:dial(find(actor_name), given)
        if not what then return failed(subject, allowed) end
        return what .. " " .. engine:text(subject) .. " " .. yes(allowed) .. (digits ~= "" and " " .. digits or "")
    end
    if ask == "may_each_target" then return all(engine:may_each_target(find(actor_name), right, map(split(target_name, "%S+"), find))) end
    if ask == "may_each_actor" then return all(engine:may_each_actor(map(split(actor_name, "%S+"), find), right, find(target_name))) end
    local actor, target = find(actor_name), find(target_name)
    if ask == "may" then return yes(engine:may(actor, core.right(right), target)) end
    -- This module has no set of rights: the question is the same.
    if ask == "rights_of" then return yes(engine:may(actor, right, target)) end
    if ask == "may_in_call" then return yes(engine:may_in_call(actor, right, target, given)) end
    if ask == "may_pick_up" or ask == "may_set_forward" then
        return yes(engine[ask](engine, actor, target, tonumber(given)))
    end
    if ask == "may_forward_to" then
        local words = split(given, "%S+")
        return yes(engine:may_forward_to(actor, target, tonumber(words[1]), words[2]))
    end
    if ask == "may_call" then return yes(engine:may_call(actor, given)) end
    if ask == "may_see_caller" then
        local words = split(given, "%S+")
        return yes(engine:may_see_caller(actor, target, tonumber(words[2]), words[1]))
    end
    if ask == "decide" then
        local allowed, reason = engine:decide(actor, right, target)
        return ("%s %d"):format(yes(allowed), reason)
    end
    if ask == "explain" then return yes(engine:explain(actor, right, target):find('"allowed":true', 1, true) ~= nil) end
    if ask == "who" then return golden.names(engine, engine:who(right, target)) end
    if ask == "whom" then return golden.names(engine, engine:whom(actor, right)) end
    assert(ask:match("^may_"), "no question")
    return yes(engine[ask](engine, actor, target))
end

-- What only Lua can get wrong.
do
    local engine = assert(open("mixed.toml"))
    local alice, diana, pickup = engine:find("alice"), engine:find("diana"), core.right("call.pickup")
    assert(engine:may(alice, pickup, diana) and engine:may(alice, "call.pickup", diana))
    for _, odd in ipairs { alice + 2 ^ 32, alice + 0.5, -1, 0 / 0, tostring(alice), "alice", {}, false } do
        assert(engine:may(odd, pickup, diana) == false and engine:may(alice, odd, diana) == false)
    end
    assert(engine:may() == false and engine:may_pick_up(alice, diana, 0) == true)
    -- All lines are asked for by 0, and never because the line was forgotten.
    assert(engine:may_pick_up(alice, diana) == false and engine:may_set_forward(alice, alice) == false)
    assert(engine:may_see_caller(alice, diana, nil, "incoming") == false)
    assert(not engine:may_pick_up(alice, diana, "1") and not engine:may_pick_up(alice, diana, -1))
    assert(not engine:may_in_call(alice, pickup, diana) and not engine:may_see_caller(alice, diana, 1, "sideways"))
    assert(engine:find("alice\0x") == 0 and engine:find(103) == 0 and engine:find("alice", {}) == 0)
    assert(#engine:may_each_target(alice, pickup, {}) == 0)
    engine:close()
    engine:close()
    assert(not engine:may(alice, pickup, diana) and engine:find("alice") == 0 and engine:text(alice) == nil)
    assert(core.pid() > 1 and core.open(nil) == nil)
end

golden.run(folder, ("Lua C module (%s)"):format(jit and jit.version or _VERSION), answer)
