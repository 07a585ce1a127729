-- Asks the golden questions: luajit golden.lua FOLDER. See tests/golden/questions.tsv.
local linewarden = require "linewarden"
local folder = arg[1]
local golden = dofile(folder .. "/golden.lua")
local yes, split, map, failed, names = golden.yes, golden.split, golden.map, golden.failed, golden.names
local engines = {}

local function open(source) return linewarden.open(folder .. "/companies/" .. source) end

local function engine_of(source)
    engines[source] = engines[source] or assert(open(source))
    return engines[source]
end

local function function_name(number)
    for name, value in pairs(linewarden.Function) do if value == number then return name:lower() end end
end

local function failed(message, status)
    assert(#message > 0)
    return "error " .. status
end

local simple = { may_bypass_forward = true, may_see_busy = true, may_log_in = true }

local function answer(ask, source, actor_name, right_name, target_name, given)
    if ask == "open" then
        local engine, message, status = open(source)
        if not engine then return failed(message, status) end
        engine:close()
        return "open"
    end
    local engine = engine_of(source)
    local function find(name) return engine:find(name) end
    if ask == "may_named" then return yes(engine:may_named(actor_name, right_name, target_name)) end
    if ask == "resolve" then
        local party, message, status = engine:resolve(actor_name)
        return party and engine:text(party) or failed(message, status)
    end
    if ask == "line_of" then return ("%d"):format(engine:line_of(find(actor_name), given)) end
    if ask == "dial_line" then return ("%d"):format(engine:dial(find(actor_name), given).line) end
    if ask == "dial" then
        local dialled, message, status = engine:dial(find(actor_name), given)
        if not dialled then return failed(message, status) end
        return function_name(dialled.function_) .. " " .. engine:text(dialled.subject) .. " " .. yes(dialled.allowed)
            .. (dialled.digits ~= "" and " " .. dialled.digits or "")
    end
    local right = linewarden.right(right_name)
    if ask == "may_each_target" then
        return golden.all(engine:may_each_target(find(actor_name), right, map(split(target_name, "%S+"), find)))
    end
    if ask == "may_each_actor" then
        return golden.all(engine:may_each_actor(map(split(actor_name, "%S+"), find), right, find(target_name)))
    end
    local actor, target = find(actor_name), find(target_name)
    if ask == "may" then return yes(engine:may(actor, right, target)) end
    if ask == "may_in_call" then
        return yes(engine:may_in_call(actor, right, target, linewarden.Role[given:upper()]))
    end
    if ask == "may_pick_up" or ask == "may_set_forward" then
        return yes(engine[ask](engine, actor, target, tonumber(given)))
    end
    if simple[ask] then return yes(engine[ask](engine, actor, target)) end
    if ask == "may_see_caller" then
        local words = split(given, "%S+")
        return yes(engine:may_see_caller(actor, target, tonumber(words[2]), linewarden.Direction[words[1]:upper()]))
    end
    if ask == "may_forward_to" then
        local words = split(given, "%S+")
        return yes(engine:may_forward_to(actor, target, tonumber(words[1]), words[2]))
    end
    if ask == "may_call" then return yes(engine:may_call(actor, given)) end
    if ask == "rights_of" then return yes(engine:rights_of(actor, target):has(right)) end
    if ask == "decide" then
        local decision = engine:decide(actor, right, target)
        return yes(decision.allowed) .. " " .. decision.reason
    end
    if ask == "explain" then
        return yes(engine:explain(actor, right, target):find('"allowed":true', 1, true) ~= nil)
    end
    if ask == "who" then return names(engine, engine:who(right, target)) end
    if ask == "whom" then return names(engine, engine:whom(actor, right)) end
    error("`" .. ask .. "` is no question")
end

-- Faults possible in Lua alone: numbers out of range, invalid texts, a closed engine.
do
    local engine = assert(open("mixed.toml"))
    local alice, diana, pickup = engine:find("alice"), engine:find("diana"), linewarden.Right.CALL_PICKUP
    assert(engine:may(alice, pickup, diana) and not engine:may(alice + 2 ^ 32, pickup, diana))
    assert(not engine:may(alice + 0.5, pickup, diana) and not engine:may("1", pickup, diana) and not engine:may(nil, pickup, diana))
    assert(engine:may_pick_up(alice, diana, 0) and not engine:may_pick_up(alice, diana) and not engine:may_set_forward(alice, alice))
    assert(engine:may_pick_up(alice, diana, 1) and not engine:may_pick_up(alice, diana, "x"))
    assert(not engine:may_pick_up(alice, diana, -1) and not engine:may_in_call(alice, pickup, diana, nil))
    assert(engine:find("alice\0x") == 0 and engine:find(nil) == 0 and engine:find("alice", {}) == 0)
    engine:close()
    engine:close()
    assert(not engine:may(alice, pickup, diana) and engine:find("alice") == 0)
end

golden.run(folder, "LuaJIT", answer)
