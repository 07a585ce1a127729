-- linewarden for LuaJIT: the C library through ffi. See example.lua, and linewarden.h for what each call means.
--
-- A text that is no string and a number out of range are refused, never truncated. The checks compile into
-- the traces of LuaJIT. An engine belongs to the Lua state that opened it; in a forked worker open one of its own.
local ffi = require "ffi"
local constants = require "linewarden.constants"
ffi.cdef(require "linewarden.declarations")

local lib = ffi.load(os.getenv("LINEWARDEN_LIBRARY") or (ffi.os == "Windows" and "linewarden")
    or "liblinewarden.so." .. constants.ABI_VERSION)
assert(lib.lw_abi_version() == constants.ABI_VERSION, "the linewarden library has another ABI")

local M = setmetatable({}, { __index = constants })
local Engine = {}
Engine.__index = Engine

-- A text for C; nil for an invalid one: a NUL would truncate it.
local function text(value)
    if type(value) == "string" and not value:find("\0", 1, true) then return value end
    return nil
end

-- A number for C; 0 if out of range.
local function number(value)
    if type(value) == "number" and value >= 0 and value < 4294967296 and value % 1 == 0 then return value end
    return 0
end

-- A line for C; lines from the third on are equal. nil, not 0, for an invalid one: 0 would ask for all lines.
local function line(value)
    if type(value) == "number" and value >= 0 and value % 1 == 0 then return math.min(value, 3) end
    return nil
end

local function owned(pointer)
    if pointer == nil then return nil end
    local copy = ffi.string(pointer)
    lib.lw_string_free(pointer)
    return copy
end

-- nil, message, status: as Lua's own functions fail.
local function failure(error)
    local message, code = ffi.string(lib.lw_error_message(error)), lib.lw_error_code(error)
    lib.lw_error_free(error)
    return nil, message, code
end

local function array(list)
    local out = ffi.new("lw_party[?]", math.max(#list, 1))
    for i, party in ipairs(list) do out[i - 1] = number(party) end
    return out, #list
end

local function list(fill)
    local room = 64
    while true do
        local out = ffi.new("lw_party[?]", room)
        local count = tonumber(fill(out, room))
        if count <= room then
            local found = {}
            for i = 1, count do found[i] = out[i - 1] end
            return found
        end
        room = count
    end
end

-- The engine of a source, closed by close() or by the collector; nil, message and status if it cannot be opened.
function M.open(source)
    local error = ffi.new("lw_error *[1]")
    local engine = lib.lw_open(text(source), error)
    if engine == nil then return failure(error[0]) end
    return setmetatable({ engine = ffi.gc(engine, lib.lw_close) }, Engine)
end

-- A second call does nothing. All checks of a closed engine are refused.
function Engine:close()
    local engine = self.engine
    self.engine = nil
    if engine ~= nil then lib.lw_close(ffi.gc(engine, nil)) end
end

-- true; or nil, message and status, and then the old answers stay in force.
function Engine:reload()
    local error = ffi.new("lw_error *[1]")
    if lib.lw_reload(self.engine, error) ~= constants.Status.OK then return failure(error[0]) end
    return true
end

function Engine:revision() return tonumber(lib.lw_revision(self.engine)) end

-- A domain that is given but invalid must not become "no domain".
local function domain_text(domain)
    if domain == nil then return nil end
    return text(domain) or "\255"
end

-- 0 if there is none.
function Engine:find(name, domain) return lib.lw_find(self.engine, domain_text(domain), text(name)) end

function Engine:resolve(name, domain)
    local error = ffi.new("lw_error *[1]")
    local party = lib.lw_resolve(self.engine, domain_text(domain), text(name), error)
    if party == 0 then return failure(error[0]) end
    return party
end

function Engine:text(party) return owned(lib.lw_text(self.engine, number(party))) end
-- 1 the first of a user's lines, 2 the second, 3 an additional one; 0 if the extension is none of them.
function Engine:line_of(party, extension) return lib.lw_line_of(self.engine, number(party), text(extension)) end
function Engine:kind(party) return lib.lw_party_kind(self.engine, number(party)) end
function Engine:domain_of(party) return owned(lib.lw_party_domain(self.engine, number(party))) end

function Engine:may(actor, right, target)
    return lib.lw_may(self.engine, number(actor), number(right), number(target))
end

function Engine:may_in_call(actor, right, target, role)
    if type(role) ~= "number" or role % 1 ~= 0 or role < 0 or role > 4294967295 then return false end
    return lib.lw_may_in_call(self.engine, number(actor), number(right), number(target), role)
end

function Engine:may_named(actor, right, target, domain)
    return lib.lw_may_named(self.engine, domain_text(domain), text(actor), text(right), text(target))
end

function Engine:may_pick_up(actor, target, at)
    at = line(at)
    return at ~= nil and lib.lw_may_pick_up(self.engine, number(actor), number(target), at)
end

function Engine:may_set_forward(actor, target, at)
    at = line(at)
    return at ~= nil and lib.lw_may_set_forward(self.engine, number(actor), number(target), at)
end

function Engine:may_forward_to(actor, owner, at, digits)
    at = line(at)
    return at ~= nil and lib.lw_may_forward_to(self.engine, number(actor), number(owner), at, text(digits))
end

function Engine:may_call(actor, digits)
    return lib.lw_may_call(self.engine, number(actor), text(digits))
end

function Engine:may_bypass_forward(actor, target)
    return lib.lw_may_bypass_forward(self.engine, number(actor), number(target))
end

function Engine:may_see_busy(actor, target)
    return lib.lw_may_see_busy(self.engine, number(actor), number(target))
end

function Engine:may_see_caller(actor, target, at, direction)
    at = line(at)
    return at ~= nil and lib.lw_may_see_caller(self.engine, number(actor), number(target), at, number(direction))
end

function Engine:may_log_in(user, location)
    return lib.lw_may_log_in(self.engine, number(user), number(location))
end

-- A set with the method set:has(right).
local Rights = { __index = { has = function(self, right) return lib.lw_rights_has(self.set, number(right)) end } }
function Engine:rights_of(actor, target)
    local set = ffi.new("lw_rights")
    lib.lw_rights_of(self.engine, number(actor), number(target), set)
    return setmetatable({ set = set }, Rights)
end

local function answers(out, count)
    local all = {}
    for i = 1, count do all[i] = out[i - 1] end
    return all
end

function Engine:may_each_target(actor, right, targets)
    local parties, count = array(targets)
    local out = ffi.new("bool[?]", math.max(count, 1))
    lib.lw_may_each_target(self.engine, number(actor), number(right), parties, count, out)
    return answers(out, count)
end

function Engine:may_each_actor(actors, right, target)
    local parties, count = array(actors)
    local out = ffi.new("bool[?]", math.max(count, 1))
    lib.lw_may_each_actor(self.engine, parties, count, number(right), number(target), out)
    return answers(out, count)
end

function Engine:parties(domain)
    return list(function(out, room) return lib.lw_parties(self.engine, domain_text(domain), out, room) end)
end

function Engine:who(right, target)
    return list(function(out, room) return lib.lw_who(self.engine, number(right), number(target), out, room) end)
end

function Engine:whom(actor, right)
    return list(function(out, room) return lib.lw_whom(self.engine, number(actor), number(right), out, room) end)
end

-- allowed, reason, revision, line. Every failure is a refusal with the reason UNKNOWN.
function Engine:decide(actor, right, target)
    local out = ffi.new("lw_decision")
    lib.lw_decide(self.engine, number(actor), number(right), number(target), out)
    return { allowed = out.allowed, reason = out.reason, revision = tonumber(out.revision), line = out.line }
end

-- JSON as text.
function Engine:explain(actor, right, target)
    return owned(lib.lw_explain(self.engine, number(actor), number(right), number(target)))
end

function Engine:pair(actor, target) return owned(lib.lw_pair(self.engine, number(actor), number(target))) end
function Engine:lint() return owned(lib.lw_lint(self.engine)) end

-- function_ (a Function constant), subject, right, allowed, digits, line; or nil, message and status.
function Engine:dial(actor, code)
    local out = ffi.new("lw_dialled")
    local status = lib.lw_dial(self.engine, number(actor), text(code), out)
    if status ~= constants.Status.OK then return nil, M.status_text(status), status end
    return { function_ = out["function"], subject = out.subject, right = out.right, allowed = out.allowed,
             digits = ffi.string(out.digits), line = out.line }
end

function M.right(name) return lib.lw_right_by_name(text(name)) end
function M.reason_text(reason) return ffi.string(lib.lw_reason_text(number(reason))) end
function M.status_text(status) return ffi.string(lib.lw_status_text(status)) end
function M.version() return ffi.string(lib.lw_version()) end

return M
