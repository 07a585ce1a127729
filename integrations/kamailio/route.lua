-- The routes of a Kamailio before a PBX: function codes, subscriptions and dialog-info bodies by the rights of linewarden.
--
-- Settings come from the environment of the daemon, each with a default.
local SOURCE = os.getenv("LINEWARDEN_SOURCE") or "/etc/linewarden"
local PBX = os.getenv("LINEWARDEN_PBX") or "sip:127.0.0.1:5070"
-- Who asks: the digest user. It proves nothing by itself: authenticate first, where AUTHENTICATE stands below.
local ACTOR = os.getenv("LINEWARDEN_ACTOR") or "$au"

-- Where linewarden_kamailio.lua and linewarden/core.so lie, beside the usual places.
package.path = "/etc/kamailio/linewarden/?.lua;" .. package.path
local linewarden = require "linewarden_kamailio"
local core = require "linewarden.core"

-- Codes of the PBX that linewarden does not know, by their first characters: { "*97", "*98" }.
linewarden.other_codes = {}

-- Set it to `yes` when the PBX heeds `team_pickup` and `teams` in X-Linewarden, see README.md.
linewarden.team_calls = os.getenv("LINEWARDEN_TEAM_CALLS") == "yes"

-- Set it to `yes` to ask about ordinary calls, too, in domains that run the system linewarden, see README.md.
linewarden.calls = os.getenv("LINEWARDEN_CALLS") == "yes"

-- Shadow mode until a date, see docs/shadow.md.
local UNTIL = os.getenv("LINEWARDEN_SHADOW_UNTIL")
if UNTIL then
    local rights
    for right in (os.getenv("LINEWARDEN_SHADOW_RIGHTS") or ""):gmatch("[^%s,]+") do
        rights = rights or {}
        rights[#rights + 1] = right
    end
    linewarden.shadow = { until_ = UNTIL, log = os.getenv("LINEWARDEN_SHADOW_LOG"), rights = rights,
        domain = os.getenv("LINEWARDEN_SHADOW_DOMAIN") }
end

-- Never behind a check: no right, and no failure of anything here, keeps anybody from these.
local EMERGENCY = { ["112"] = true, ["911"] = true, ["999"] = true }

-- Each process reads this file and opens an engine of its own; KSR is not there yet.
linewarden.engine(SOURCE, 0, function(message) io.stderr:write(message, "\n") end)

local function get(name)
    local value = KSR.pv.get(name)
    return value ~= nil and tostring(value) or nil
end

local function report(message) KSR.err(message .. "\n") end

local function rights() return linewarden.engine(SOURCE, KSR.pv.get("$shv(linewarden)"), report) end

local function refuse(status, phrase, what)
    KSR.notice(("linewarden: pid %d refused %s\n"):format(core.pid(), what))
    KSR.sl.sl_send_reply(status, phrase)
    return 1
end

local function relay()
    if KSR.tm.t_relay() < 0 then KSR.sl.sl_reply_error() end
    return 1
end

local function to_pbx()
    KSR.pv.sets("$du", PBX)
    return relay()
end

local function is_dialog_info() return (get("$cT") or ""):lower():match("^%s*application/dialog%-info%+xml") end

-- A NOTIFY tells its To of its From.
local function mask_notify()
    if is_dialog_info() then
        local body = linewarden.mask_dialog_info(rights(), get("$tU"), get("$fU"), get("$rb") or "")
        KSR.textops.set_body(body, "application/dialog-info+xml")
    end
end

local function invite()
    local dialled, actor = get("$rU"), get(ACTOR)
    local what, subject, digits, line, teams = linewarden.invite(rights(), actor, dialled)
    if what == "refused" then return refuse(403, "Forbidden", ("%s dialling a code"):format(tostring(actor))) end
    if what == "refused_call" then return refuse(403, "Forbidden", ("%s calling a number"):format(tostring(actor))) end
    if what == "unknown" then return refuse(404, "Not Found", ("%s dialling an unknown number"):format(tostring(actor))) end
    if what ~= "call" then
        -- The PBX does it; what was decided is said to it in headers that no phone can bring along.
        KSR.notice(("linewarden: pid %d allowed %s %s\n"):format(core.pid(), tostring(actor), what))
        KSR.hdr.append(("X-Linewarden: %s; subject=%s%s%s%s\r\n"):format(what, rights():text(subject) or "",
            line > 0 and "; line=" .. line or "",
            digits ~= "" and digits:match("^[%w*+]+$") and "; digits=" .. digits or "",
            #teams > 0 and "; teams=" .. table.concat(teams, ",") or ""))
    end
    KSR.rr.record_route()
    return to_pbx()
end

-- The owner stands in the request's URI at first; inside the dialog that is the presence server's own, and To has the owner.
local function subscribe(owner)
    local watcher, event = get(ACTOR), get("$hdr(Event)")
    if not linewarden.subscribe(rights(), watcher, owner, event) then
        return refuse(403, "Forbidden", ("%s watching %s"):format(tostring(watcher), tostring(owner)))
    end
    KSR.notice(("linewarden: pid %d allowed %s watching %s\n"):format(core.pid(), watcher, owner))
    if KSR.tm.t_newtran() < 0 then
        KSR.sl.sl_reply_error()
        return 1
    end
    KSR.presence.handle_subscribe()
    KSR.tm.t_release()
    return 1
end

function ksr_request_route()
    local method = KSR.pv.get("$rm")
    if KSR.maxfwd.process_maxfwd(10) < 0 then
        KSR.sl.sl_send_reply(483, "Too Many Hops")
        return 1
    end
    KSR.hdr.remove("X-Linewarden")
    if method == "INVITE" and EMERGENCY[KSR.pv.get("$rU") or ""] then return to_pbx() end

    if method == "CANCEL" then
        if KSR.tm.t_check_trans() > 0 then KSR.tm.t_relay() end
        return 1
    end
    if KSR.siputils.has_totag() > 0 then
        -- Inside a dialog. A subscription is refreshed or ended at the presence server.
        if method == "SUBSCRIBE" then return subscribe(get("$tU")) end
        if method == "NOTIFY" then mask_notify() end
        if KSR.rr.loose_route() > 0 then return relay() end
        if method == "ACK" then
            if KSR.tm.t_check_trans() > 0 then KSR.tm.t_relay() end
            return 1
        end
        if method == "NOTIFY" then return relay() end
        KSR.sl.sl_send_reply(404, "Not Here")
        return 1
    end

    -- AUTHENTICATE here: no answer of linewarden is better than the name it is asked about.

    if method == "INVITE" then return invite() end
    if method == "SUBSCRIBE" then return subscribe(get("$rU")) end
    if method == "PUBLISH" then
        -- Only the PBX may report who is on the phone: accept this from no other host.
        if KSR.tm.t_newtran() >= 0 then
            KSR.presence.handle_publish()
            KSR.tm.t_release()
        end
        return 1
    end
    if method == "ACK" then return 1 end
    return to_pbx()
end

-- What Kamailio itself sends: the presence module's NOTIFYs.
function ksr_tm_event(_)
    if KSR.pv.get("$rm") == "NOTIFY" then mask_notify() end
    return 1
end
