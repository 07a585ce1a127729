rockspec_format = "3.0"
package = "linewarden"
version = "0.1.0-1"
source = { url = "." }
description = {
   summary = "May this person do this to that person's line? LuaJIT over the linewarden C library.",
   license = "MIT OR Apache-2.0",
}
-- LuaJIT, which is Lua 5.1 with `ffi`.
dependencies = { "lua == 5.1" }
build = {
   type = "builtin",
   modules = {
      linewarden = "linewarden/init.lua",
      ["linewarden.constants"] = "linewarden/constants.lua",
      ["linewarden.declarations"] = "linewarden/declarations.lua",
   },
}
