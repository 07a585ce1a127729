-- Hands anything to every function: lua hostile.lua MODULE SOURCE RUNS [SEED], with MODULE "linewarden.core" or LuaJIT's "linewarden".
-- No call may raise, and none with an argument that is no party, right, line or text may be a yes.
local name, source, runs, seed = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4] or "1")
local module = require(name)
local is_core = name == "linewarden.core"
local engine = assert(module.open(source))

-- The same numbers in every interpreter.
local function draw(below)
    seed = (seed * 16807) % 2147483647
    return seed % below + 1
end
local function one_of(list) return list[draw(#list)] end

local names = { "diana", "alice", "bob", "carol", "101", "201", "sip:bob@partner.example" }
local rights = { "call.pickup.first", "presence.status.read", "forwarding.set", "call.number.in_call.read", "location.login" }
local dialled = { "*8101", "*74101#201", "*70", "112", "0900123456", "*74101#" .. ("1"):rep(5000) }
local parties = {}
for _, text in ipairs(names) do parties[#parties + 1] = engine:find(text) end

-- What is no number, no text, and neither: tables, functions, NUL, bytes that are no UTF-8, what only looks like a number.
local neither = { true, false, {}, print, function() end, coroutine.create(function() end), engine }
local no_number = { 0 / 0, 1 / 0, -1 / 0, -1, 1.5, 4294967296, 2 ^ 53, -2 ^ 31, "", "1", "alice", "0x1", "1\0" }
local no_text = { "alice\0", "\0", "bob\0bob", "\255\254", "al\195", ("x"):rep(5000), 1, 2.5 }

-- A value of that kind, and whether it can be one.
local kinds = {}
local function wrong(of)
    if draw(6) > 1 then return nil, false, true end
    if draw(8) == 1 then return nil, false end
    if draw(2) == 1 then return one_of(neither), false end
    return one_of(of), false
end
local function kind(of, good)
    return function()
        local value, fits, none = wrong(of)
        if none then return good(), true end
        return value, fits
    end
end
kinds.party = kind(no_number, function() return one_of(parties) end)
-- From the third on lines are equal; C has 32 bits for them, LuaJIT's module passes 3.
local no_line = is_core and no_number or { 0 / 0, 1 / 0, -1, 1.5, "", "1", "1\0" }
kinds.line = kind(no_line, function() return draw(3) end)
kinds.text = kind(no_text, function() return one_of(names) end)
kinds.digits = kind(no_text, function() return one_of(dialled) end)
kinds.right = function()
    local list = {}
    for _, value in ipairs(no_number) do
        if type(value) == "number" then list[#list + 1] = value end
    end
    list[#list + 1] = "alice\0"
    return kind(list, function()
        local right = one_of(rights)
        return is_core and draw(2) == 1 and right or module.right(right)
    end)()
end
kinds.named_right = kind(no_text, function() return one_of(rights) end)
kinds.role = kind({ "nobody", "consulted\0", -1, 2 ^ 40 }, function()
    return is_core and one_of { "consulted", "transferring" } or draw(2)
end)
kinds.direction = kind({ "nowhere", "incoming\0", -1, 2 ^ 40, 77 }, function()
    return is_core and one_of { "incoming", "outgoing", "in_call" } or draw(3)
end)
kinds.domain = function()
    if draw(4) > 1 then return nil, true end
    return one_of { "acme.example\0", "\0", "\255", {}, true, "no.example" }, false
end
kinds.list = function()
    local list, fits = {}, false
    for i = 1, draw(8) - 1 do
        local value, good = kinds.party()
        -- A hole would end the list.
        list[i] = value == nil and "" or value
        fits = fits or good
    end
    return list, fits
end

local calls = {
    may = { "party", "right", "party" }, may_in_call = { "party", "right", "party", "role" },
    may_named = { "text", "named_right", "text", "domain" }, may_pick_up = { "party", "party", "line" },
    may_set_forward = { "party", "party", "line" }, may_forward_to = { "party", "party", "line", "digits" },
    may_call = { "party", "digits" }, may_bypass_forward = { "party", "party" }, may_see_busy = { "party", "party" },
    may_see_caller = { "party", "party", "line", "direction" }, may_log_in = { "party", "party" },
    may_each_target = { "party", "right", "list" }, may_each_actor = { "list", "right", "party" },
    who = { "right", "party" }, whom = { "party", "right" }, decide = { "party", "right", "party" },
    explain = { "party", "right", "party" }, dial = { "party", "digits" }, find = { "text", "domain" },
    resolve = { "text", "domain" }, line_of = { "party", "text" }, text = { "party" },
}
local methods = {}
for method in pairs(calls) do methods[#methods + 1] = method end
table.sort(methods)

-- Whether a result says yes to something.
local function says_yes(method, first, ...)
    if method == "find" or method == "resolve" or method == "line_of" then return first ~= 0 and first ~= nil end
    if method == "who" or method == "whom" then return #first > 0 end
    if method == "explain" then return first ~= nil and first:find('"allowed":true', 1, true) ~= nil end
    if method == "text" then return first ~= nil and first ~= "" end
    if method == "dial" then
        if type(first) == "table" then return first.allowed end
        return first ~= nil and select(2, ...) == true
    end
    if method == "decide" and type(first) == "table" then return first.allowed end
    if type(first) ~= "table" then return first == true end
    for _, answer in ipairs(first) do
        if answer then return true end
    end
    return false
end

local said = {}
for run = 1, runs do
    local method = one_of(methods)
    local values, fits, shown = {}, true, {}
    for i, of in ipairs(calls[method]) do
        local value, good = kinds[of]()
        values[i], fits, shown[i] = value, fits and good, tostring(value):sub(1, 60)
    end
    local what = method .. "(" .. table.concat(shown, ", ") .. ")"
    local count = #calls[method]
    local result = { pcall(engine[method], engine, (unpack or table.unpack)(values, 1, count)) }
    -- A right of neither kind is the script's error in LuaJIT as in C: it is refused too.
    assert(result[1], what .. " raised: " .. tostring(result[2]))
    local yes = says_yes(method, (unpack or table.unpack)(result, 2, 8))
    assert(fits or not yes, what .. " is a yes")
    if yes then said[method] = (said[method] or 0) + 1 end
end
for _, method in ipairs(methods) do
    assert(said[method] or runs < 20000 or method == "may_log_in" or method == "may_forward_to" or method == "may_call",
        "never a yes: " .. method)
end
print(("%s: %d calls by anything, no wrong yes"):format(name, runs))
