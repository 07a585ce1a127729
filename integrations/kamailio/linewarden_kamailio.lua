-- linewarden for Kamailio's Lua: who may pick up, forward, watch; and what a watcher sees of a dialog.
--
-- It must never let a request through because of an error: no engine, no name, no text are all refused. It knows no KSR; the
-- routes in route.lua do. It also runs in the plain interpreter, where tests/mask.lua tests it.
local core = require "linewarden.core"

local M = {}
local engine, owner_pid, seen, stale, shadow

-- Shadow mode: until a date, codes and subscriptions that the rights refuse pass, and are written into a log. Set it to
-- { until_ = "2027-01-31T18:00:00+01:00", log = "/var/log/kamailio/linewarden-shadow.log", rights = { "call.pickup" } }; `rights`
-- may be left out for all, and `domain` where there is one. At the date it ends by itself.
M.shadow = nil

-- Whether shadow mode lets pass what is refused; then it has been written.
local function passes(who, right, target)
    return shadow ~= nil and who ~= 0 and shadow:may(who, right, target) == "would refuse"
end

-- The engine of this process: the processes of Kamailio share no memory of ours, and an engine that was opened before the fork
-- would be one copy for each. `generation` is a number that the administrator counts up by one when the documents have
-- changed: every process reloads at its next request after that. When a reload fails, the old answers stay in force; but a
-- process that had no request between two changes may have missed one that took a right away, and so gives no answers (nil)
-- until it can load.
function M.engine(source, generation, report)
    if engine == nil or owner_pid ~= core.pid() then
        local opened, message = core.open(source)
        if opened == nil then
            report("linewarden: " .. message)
            return nil
        end
        engine, owner_pid, seen, stale, shadow = opened, core.pid(), generation, false, nil
        if M.shadow then
            local failure
            shadow, failure = opened:shadow(M.shadow.until_, M.shadow.log, M.shadow.rights, M.shadow.domain)
            report("linewarden: " .. (shadow and shadow:status():match('"summary":"([^"]*)"') or "no shadow, the rights are enforced: " .. failure))
        end
    elseif generation ~= seen then
        local missed = type(generation) ~= "number" or type(seen) ~= "number" or generation ~= seen + 1
        seen = generation
        local done, message = engine:reload()
        stale = not done and (stale or missed)
        if not done then
            report(("linewarden: %s: %s"):format(stale and "no rights until the documents can be loaded"
                or "the old rights stay in force", message))
        end
    end
    return not stale and engine or nil
end

-- LW_ERROR_UNASSIGNED: what was dialled begins with no code of the document's.
local UNASSIGNED = -10

-- Codes of the PBX that linewarden does not know (voice mail, say), by their first characters. Any other text that begins with
-- * or # and means nothing to linewarden is refused: the PBX may know a pickup by another code than the document. A malformed
-- code of linewarden's is refused whatever stands here.
M.other_codes = {}

-- A user part without its escapes: a PBX takes `%2A8100` for `*8100`.
local function unescaped(text)
    return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function not_a_code(dialled)
    dialled = unescaped(dialled)
    if not dialled:match("^[*#]") then return "call" end
    for _, code in ipairs(M.other_codes) do
        if dialled:sub(1, #code) == code then return "call" end
    end
    return "unknown"
end

-- A team's call that rings at an agent's telephone is the team's: with the agent's extension, the right on that team takes it. Which
-- call rings there only the PBX knows. Set this when the PBX heeds `teams` in X-Linewarden; until then such a call is picked up
-- with the team's extension.
M.team_calls = false

local function is_team(rights, party) return (rights:text(party) or ""):match("^team:") ~= nil end

-- The teams whose calls that user may pick up, by name. A name that would not stand whole in a header is left out.
local function teams_of(rights, who)
    local teams = {}
    for _, party in ipairs(rights:whom(who, "call.pickup.first")) do
        local name = rights:text(party) or ""
        if name:match("^team:[%w%._%-]+$") then teams[#teams + 1] = name end
    end
    return teams
end

-- Set this to ask linewarden about ordinary calls, too: `call.to.` with the class of the number. It is for domains that run the
-- system linewarden; in others no user has such a right. Until then ordinary calls pass without rights.
M.calls = false

-- Who may be called by name: an `@`, a colon or a slash would make it an address or a name of another domain.
local function is_of_the_domain(rights, name) return not name:match("[@:/]") and rights:find(name) ~= 0 end

-- May that caller make an ordinary call? A caller whom linewarden does not know, such as one from outside, reaches extensions only.
local function may_call(rights, who, number)
    if rights == nil then return false end
    local inside = is_of_the_domain(rights, number)
    if who == 0 then return inside end
    return rights:may_call(who, number) or (inside and not number:match("%d") and rights:may(who, "call.to.internal", who))
end

-- What an INVITE to `dialled` means: "call" (no function code, route it as ever), "refused", "refused_call" (an ordinary call
-- that may not lead there), "unknown" (a code that means nothing, or an unknown extension), or what the PBX shall do, with the
-- party it concerns, the digits, the line that was dialled (0 for none) and the teams. A pickup takes calls of that party on that
-- line, and calls of those teams that ring there; "team_pickup" takes calls of those teams alone. Where `calls` is not set this
-- never refuses ordinary calls: they pass without rights, also for unknown callers.
local function meaning(rights, actor, dialled)
    dialled = tostring(dialled or "")
    local who = rights ~= nil and rights:find(actor) or 0
    if who == 0 then return unescaped(dialled):match("^[*#]") and "refused" or "call" end
    local what, subject, allowed, digits, line, right = rights:dial(who, dialled)
    if what == nil then
        -- On failure: nil, message, status.
        if allowed == UNASSIGNED then return not_a_code(dialled) end
        return "unknown"
    end
    local teams = {}
    if what == "pickup" and M.team_calls and not is_team(rights, subject) then teams = teams_of(rights, who) end
    -- Who logs in is the subject: there, shadow mode is not asked.
    if allowed ~= true and #teams == 0 and what ~= "login" and passes(who, right, subject) then allowed = true end
    if allowed ~= true and #teams > 0 then return "team_pickup", subject, digits, line, teams end
    if allowed ~= true then return "refused", subject, digits end
    return what, subject, digits, line, teams
end

function M.invite(rights, actor, dialled)
    local what, subject, digits, line, teams = meaning(rights, actor, dialled)
    if M.calls and what == "call" then
        local number = unescaped(tostring(dialled or ""))
        -- A code of the PBX's own is no number.
        if not number:match("^[*#]") and not may_call(rights, rights ~= nil and rights:find(actor) or 0, number) then
            return "refused_call", 0, "", 0, {}
        end
    end
    return what, subject, digits, line, teams
end

local WATCHING = { dialog = "line.busy.read", presence = "presence.status.read" }

-- May the watcher subscribe to that event package of the owner? Do not ask about packages that report no line (such as
-- message-summary of one's own mailbox); an unknown package is refused.
function M.subscribe(rights, watcher, owner, event)
    local right = WATCHING[tostring(event):match("^%s*([%w%-%.]+)") or ""]
    if rights == nil or right == nil then return false end
    return rights:may_named(watcher, right, owner)
        or (shadow ~= nil and shadow:may_named(watcher, right, owner, M.shadow.domain) == "would refuse")
end

local function attribute(tag, name)
    return tag:match("[%s]" .. name .. '%s*=%s*"([^"]*)"') or tag:match("[%s]" .. name .. "%s*=%s*'([^']*)'")
end

-- An attribute's value that cannot end its attribute.
local function clean(value) return (value:gsub("[<>\"]", "")) end

local function direction_of(direction, state)
    if state == "confirmed" then return "in_call" end
    if direction == "recipient" then return "incoming" end
    if direction == "initiator" then return "outgoing" end
    return nil
end

-- Whose call a dialog is, and on which line: by its local identity, where a login name is the first line and a team's number makes
-- it the team's; or else by the address that is watched, if that is an extension. Line 0, which asks for all lines, where neither says.
local function call_of(rights, whose, owner, inner)
    local at = inner:match("<local[^>]*>%s*<identity[^>]*>%s*sips?:([^@<>;%s]+)@")
    if at == nil then return whose, rights:line_of(whose, owner) end
    local named, line = rights:find(at), rights:line_of(whose, at)
    if is_team(rights, named) then return named, 1 end
    return whose, line == 0 and named == whose and 1 or line
end

-- What the watcher may see of a dialog-info document of the owner: built anew from the parts that are understood and allowed,
-- so that nothing passes because it was overlooked. Without the right to the lamp there are no dialogs, without the right to the
-- number no remote party, without pickup no call-id and tags, which a pickup by Replaces needs. The last two are checked for the
-- line of the dialog.
function M.mask_dialog_info(rights, watcher, owner, body)
    body = tostring(body)
    local head = body:match("<dialog%-info[%s][^>]*>") or ""
    local entity, version, state = attribute(head, "entity") or "", attribute(head, "version") or "0", attribute(head, "state")
    local out = {
        '<?xml version="1.0"?>\n',
        ('<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="%s" state="%s" entity="%s">\n'):format(
            version:match("^%d+$") or "0", state == "partial" and "partial" or "full", clean(entity)),
    }
    local who, whose = rights and rights:find(watcher) or 0, rights and rights:find(owner) or 0
    local understood = not body:find("<!", 1, true)
    if understood and rights ~= nil and rights:may_see_busy(who, whose) then
        for tag, inner in body:gmatch("<dialog(%s[^>]*[^/])>(.-)</dialog>") do
            local dialog_state = inner:match("<state[^>]*>%s*(%a+)%s*</state>") or "terminated"
            local direction = attribute(tag, "direction")
            local way = direction_of(direction, dialog_state)
            local of, at = call_of(rights, whose, owner, inner)
            local pickup = rights:may_pick_up(who, of, at)
            local seen = way ~= nil and rights:may_see_caller(who, whose, of == whose and at or 0, way)
            local line = { ('<dialog id="%s"'):format(clean(attribute(tag, "id") or "")) }
            if direction == "recipient" or direction == "initiator" then
                line[#line + 1] = (' direction="%s"'):format(direction)
            end
            for _, name in ipairs(pickup and { "call-id", "local-tag", "remote-tag" } or {}) do
                local value = attribute(tag, (name:gsub("%-", "%%-")))
                if value then line[#line + 1] = (' %s="%s"'):format(name, clean(value)) end
            end
            line[#line + 1] = (">\n<state>%s</state>\n"):format(dialog_state)
            local remote = seen and inner:match("<remote[^>]*>.-</remote>")
            if remote then line[#line + 1] = remote .. "\n" end
            line[#line + 1] = "</dialog>\n"
            out[#out + 1] = table.concat(line)
        end
    end
    out[#out + 1] = "</dialog-info>\n"
    return table.concat(out)
end

return M
