-- Lua: a function is read like a variable. What was dialled is filtered before it becomes an argument.
extensions = extensions or {}

extensions["linewarden-lua"] = {
    ["_701X!"] = function(_, extension)
        local actor = channel["LINEWARDEN_HERE()"]:get():match("^[^,]*")
        local target = extension:sub(4):gsub("[^0-9]", "")
        local may = channel[("LINEWARDEN(call.pickup,%s,%s,1)"):format(actor, target)]:get()
        app.set("GLOBAL(LW_LUA)=" .. (may == "1" and "yes" or "no"))
        app.hangup()
    end,
}
