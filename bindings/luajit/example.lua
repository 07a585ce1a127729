-- Common questions: luajit example.lua SOURCE, with LUA_PATH naming this folder.
local linewarden = require "linewarden"
local Right = linewarden.Right

local engine = assert(linewarden.open(arg[1] or "examples/companies/mixed.toml"))
local alice, bob, diana = engine:find("alice"), engine:find("201"), engine:find("diana")

print("alice may pick up diana's calls", engine:may_pick_up(alice, diana, 1))
print("bob may see diana's lamp", engine:may_see_busy(bob, diana))

local decision = engine:decide(bob, Right.CALL_PICKUP_FIRST, diana)
print("bob may pick up diana's calls", decision.allowed, linewarden.reason_text(decision.reason))

local dialled = assert(engine:dial(bob, "*74201#0891234"))
print("bob forwards", engine:text(dialled.subject), dialled.digits, dialled.allowed)

print(select(2, engine:resolve("dianna")))
engine:close()
