/*
 * core.c - linewarden for plain Lua 5.1 to 5.4 and LuaJIT, as a C module: require "linewarden.core".
 *
 * One source serves Kamailio's app_lua, Asterisk's pbx_lua, FreeSWITCH's mod_lua and the plain interpreters; see README.md for
 * what was tested. An invalid argument is refused and never raises: a dialplan must continue. A number written as text
 * ("103") is an extension and never a party.
 */
#include <lauxlib.h>
#include <lua.h>

#include <linewarden.h>

#include <math.h>
#include <string.h>
#include <unistd.h>

#define ENGINE "linewarden.engine"
#define SHADOW "linewarden.shadow"
/* Enough for a lamp panel; more targets are asked in several calls by the caller. */
#define MANY 256

static lw_engine **place_of(lua_State *L)
{
    return luaL_checkudata(L, 1, ENGINE);
}

/* NULL when closed; every check of NULL is refused. */
static const lw_engine *engine_of(lua_State *L)
{
    return *place_of(L);
}

/* NULL for what is no text: a NUL inside would hide the rest. */
static const char *text(lua_State *L, int at)
{
    size_t length;
    if (lua_type(L, at) != LUA_TSTRING)
        return NULL;
    const char *found = lua_tolstring(L, at, &length);
    return strlen(found) == length ? found : NULL;
}

/* A domain that is given but is no text must not become "no domain": no domain's name holds a slash. */
static const char *domain(lua_State *L, int at)
{
    if (lua_isnoneornil(L, at))
        return NULL;
    const char *found = text(L, at);
    return found != NULL ? found : "/";
}

static bool whole(lua_State *L, int at, uint32_t *out)
{
    if (lua_type(L, at) != LUA_TNUMBER)
        return false;
    const lua_Number number = lua_tonumber(L, at);
    if (!(number >= 0 && number <= 4294967295.0) || floor(number) != number)
        return false;
    *out = (uint32_t)number;
    return true;
}

/* A party's number; 0, no party, for anything else. */
static lw_party party(lua_State *L, int at)
{
    uint32_t number;
    return whole(L, at, &number) ? number : 0;
}

/* A right by number or by name; 0, no right, for anything else. */
static lw_right right(lua_State *L, int at)
{
    uint32_t number;
    if (whole(L, at, &number))
        return number;
    return lw_right_by_name(text(L, at));
}

static int failure(lua_State *L, lw_error *error)
{
    lua_pushnil(L);
    lua_pushstring(L, lw_error_message(error));
    lua_pushinteger(L, lw_error_code(error));
    lw_error_free(error);
    return 3;
}

static int owned(lua_State *L, char *found)
{
    lua_pushstring(L, found);
    lw_string_free(found);
    return 1;
}

static int yes(lua_State *L, bool answer)
{
    lua_pushboolean(L, answer);
    return 1;
}

/* open(source): the engine; or nil, message, status. */
static int l_open(lua_State *L)
{
    lw_error *error = NULL;
    lw_engine **place = lua_newuserdata(L, sizeof *place);
    *place = NULL;
    luaL_getmetatable(L, ENGINE);
    lua_setmetatable(L, -2);
    /* An image that is made shorter, or whose disk fails, must end no worker. */
    (void)lw_survive_truncation(NULL);
    *place = lw_open(text(L, 1), &error);
    return *place != NULL ? 1 : failure(L, error);
}

/* engine:close(): a second time does nothing. Also what the collector calls. */
static int l_close(lua_State *L)
{
    lw_engine **place = place_of(L);
    lw_close(*place);
    *place = NULL;
    return 0;
}

/* engine:reload(): true; or nil, message, status, and then the old answers stay in force. */
static int l_reload(lua_State *L)
{
    lw_error *error = NULL;
    if (lw_reload(*place_of(L), &error) != LW_OK)
        return failure(L, error);
    return yes(L, true);
}

static int l_revision(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)lw_revision(engine_of(L)));
    return 1;
}

/* engine:find(name [, domain]): 0 if there is none. */
static int l_find(lua_State *L)
{
    lua_pushnumber(L, lw_find(engine_of(L), domain(L, 3), text(L, 2)));
    return 1;
}

/* engine:resolve(name [, domain]): the party; or nil, message, status. */
static int l_resolve(lua_State *L)
{
    lw_error *error = NULL;
    const lw_party found = lw_resolve(engine_of(L), domain(L, 3), text(L, 2), &error);
    if (found == 0)
        return failure(L, error);
    lua_pushnumber(L, found);
    return 1;
}

/* engine:line_of(party, extension): 1 the first line, 2 the second, 3 a further one, 0 none of the party's. */
static int l_line_of(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)lw_line_of(engine_of(L), party(L, 2), text(L, 3)));
    return 1;
}

static int l_text(lua_State *L)
{
    return owned(L, lw_text(engine_of(L), party(L, 2)));
}

/* engine:may(actor, right, target): parties by number, the right by name or number. */
static int l_may(lua_State *L)
{
    return yes(L, lw_may(engine_of(L), party(L, 2), right(L, 3), party(L, 4)));
}

/* engine:may_in_call(actor, right, target, role): role "consulted" or "transferring". */
static int l_may_in_call(lua_State *L)
{
    const char *name = text(L, 5);
    const lw_call_role role = name == NULL ? UINT32_MAX
                              : strcmp(name, "consulted") == 0 ? LW_ROLE_CONSULTED
                              : strcmp(name, "transferring") == 0 ? LW_ROLE_TRANSFERRING
                                                                  : UINT32_MAX;
    return yes(L, lw_may_in_call(engine_of(L), party(L, 2), right(L, 3), party(L, 4), role));
}

/* engine:may_named(actor, right, target [, domain]): all in text. */
static int l_may_named(lua_State *L)
{
    return yes(L, lw_may_named(engine_of(L), domain(L, 5), text(L, 2), text(L, 3), text(L, 4)));
}

/* The line of a question: 1, 2, 3 and above, or 0 for all lines at once. What is no number refuses, and so does none. */
static bool line(lua_State *L, int at, unsigned *out)
{
    uint32_t number = 0;
    const bool good = whole(L, at, &number);
    *out = number;
    return good;
}

static int l_may_pick_up(lua_State *L)
{
    unsigned at;
    return yes(L, line(L, 4, &at) && lw_may_pick_up(engine_of(L), party(L, 2), party(L, 3), at));
}

static int l_may_set_forward(lua_State *L)
{
    unsigned at;
    return yes(L, line(L, 4, &at) && lw_may_set_forward(engine_of(L), party(L, 2), party(L, 3), at));
}

/* engine:may_forward_to(actor, owner, line, digits): may the actor set a forwarding of the owner to that number? */
static int l_may_forward_to(lua_State *L)
{
    unsigned at;
    return yes(L, line(L, 4, &at) && lw_may_forward_to(engine_of(L), party(L, 2), party(L, 3), at, text(L, 5)));
}

/* engine:may_call(actor, digits): may the actor call that number? */
static int l_may_call(lua_State *L)
{
    return yes(L, lw_may_call(engine_of(L), party(L, 2), text(L, 3)));
}

static int l_may_bypass_forward(lua_State *L)
{
    return yes(L, lw_may_bypass_forward(engine_of(L), party(L, 2), party(L, 3)));
}

static int l_may_see_busy(lua_State *L)
{
    return yes(L, lw_may_see_busy(engine_of(L), party(L, 2), party(L, 3)));
}

/* engine:may_see_caller(watcher, owner, line, direction): direction "incoming", "outgoing" or "in_call". */
static int l_may_see_caller(lua_State *L)
{
    unsigned at;
    const char *name = text(L, 5);
    const lw_direction direction = name == NULL ? 0
                                   : strcmp(name, "incoming") == 0 ? LW_INCOMING
                                   : strcmp(name, "outgoing") == 0 ? LW_OUTGOING
                                   : strcmp(name, "in_call") == 0 ? LW_IN_CALL
                                                                  : 0;
    return yes(L, line(L, 4, &at) && lw_may_see_caller(engine_of(L), party(L, 2), party(L, 3), at, direction));
}

static int l_may_log_in(lua_State *L)
{
    return yes(L, lw_may_log_in(engine_of(L), party(L, 2), party(L, 3)));
}

/* Reads a list at `at`; more than MANY is an error of the script's author. */
static size_t parties(lua_State *L, int at, lw_party *out)
{
    size_t count = 0;
    luaL_checktype(L, at, LUA_TTABLE);
    for (;; count++) {
        lua_rawgeti(L, at, (int)count + 1);
        const bool end = lua_isnil(L, -1);
        if (!end && count == MANY)
            return (size_t)luaL_error(L, "more than %d parties at once", MANY);
        if (!end)
            out[count] = party(L, -1);
        lua_pop(L, 1);
        if (end)
            return count;
    }
}

static int answers(lua_State *L, const bool *found, size_t count)
{
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushboolean(L, found[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* engine:may_each_target(actor, right, targets): a list of answers. */
static int l_may_each_target(lua_State *L)
{
    lw_party targets[MANY];
    bool found[MANY];
    const size_t count = parties(L, 4, targets);
    lw_may_each_target(engine_of(L), party(L, 2), right(L, 3), targets, count, found);
    return answers(L, found, count);
}

/* engine:may_each_actor(actors, right, target): a list of answers. */
static int l_may_each_actor(lua_State *L)
{
    lw_party actors[MANY];
    bool found[MANY];
    const size_t count = parties(L, 2, actors);
    lw_may_each_actor(engine_of(L), actors, count, right(L, 3), party(L, 4), found);
    return answers(L, found, count);
}

/* A list's storage belongs to Lua, so that an error of Lua's while it is filled leaks nothing. */
static int listed(lua_State *L, size_t (*fill)(lua_State *, lw_party *, size_t))
{
    size_t room = 64, count;
    lw_party *found;
    for (;;) {
        found = lua_newuserdata(L, room * sizeof *found);
        count = fill(L, found, room);
        if (count <= room)
            break;
        lua_pop(L, 1);
        room = count;
    }
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushnumber(L, found[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

static size_t fill_who(lua_State *L, lw_party *out, size_t room)
{
    return lw_who(engine_of(L), right(L, 2), party(L, 3), out, room);
}

static size_t fill_whom(lua_State *L, lw_party *out, size_t room)
{
    return lw_whom(engine_of(L), party(L, 2), right(L, 3), out, room);
}

static int l_who(lua_State *L)
{
    return listed(L, fill_who);
}

static int l_whom(lua_State *L)
{
    return listed(L, fill_whom);
}

/* engine:decide(actor, right, target): allowed, reason, the reason in words. */
static int l_decide(lua_State *L)
{
    lw_decision decision;
    /* Whatever is wrong leaves a refusal with LW_REASON_UNKNOWN. */
    const bool asked = lw_decide(engine_of(L), party(L, 2), right(L, 3), party(L, 4), &decision) == LW_OK;
    lua_pushboolean(L, asked && decision.allowed);
    lua_pushnumber(L, decision.reason);
    lua_pushstring(L, lw_reason_text(decision.reason));
    return 3;
}

/* engine:explain(actor, right, target): JSON as text. */
static int l_explain(lua_State *L)
{
    return owned(L, lw_explain(engine_of(L), party(L, 2), right(L, 3), party(L, 4)));
}

/* engine:dial(actor, code): what ("pickup", "forward_set", ...), subject, allowed, digits, line, right; or nil, message, status. */
static int l_dial(lua_State *L)
{
    static const char *const names[] = {NULL, "pickup", "forward_ask", "forward_toggle", "forward_set", "login"};
    lw_dialled dialled;
    const lw_status status = lw_dial(engine_of(L), party(L, 2), text(L, 3), &dialled);
    if (status != LW_OK || dialled.function == 0 || dialled.function > LW_FUNCTION_LOGIN) {
        lua_pushnil(L);
        lua_pushstring(L, status != LW_OK ? lw_status_text(status) : "a function newer than this module");
        lua_pushinteger(L, status != LW_OK ? status : LW_ERROR_CODE);
        return 3;
    }
    lua_pushstring(L, names[dialled.function]);
    lua_pushnumber(L, dialled.subject);
    lua_pushboolean(L, dialled.allowed);
    lua_pushstring(L, dialled.digits);
    lua_pushinteger(L, dialled.line);
    lua_pushnumber(L, dialled.right);
    return 6;
}

/* ---- Shadow mode ---- */

struct shadow {
    lw_shadow *handle;
    /* Its engine, which must not be collected before it. */
    int engine;
};

/* The shadow at the first argument; NULL, which refuses, when it or its engine has been closed. */
static const lw_shadow *shadow_of(lua_State *L)
{
    const struct shadow *place = luaL_checkudata(L, 1, SHADOW);
    lua_rawgeti(L, LUA_REGISTRYINDEX, place->engine);
    lw_engine *const *engine = lua_touserdata(L, -1);
    const bool open = engine != NULL && *engine != NULL;
    lua_pop(L, 1);
    return open ? place->handle : NULL;
}

/* engine:shadow(until, log [, rights [, domain]]): a shadow over a list of rights, or all; or nil, message, status. */
static int l_shadow(lua_State *L)
{
    lw_right rights[MANY];
    size_t count = 0;
    lw_error *error = NULL;
    lw_engine *engine = *place_of(L);
    if (!lua_isnoneornil(L, 4)) {
        luaL_checktype(L, 4, LUA_TTABLE);
        for (;; count++) {
            lua_rawgeti(L, 4, (int)count + 1);
            const bool end = lua_isnil(L, -1);
            if (!end && count == MANY)
                return luaL_error(L, "more than %d rights at once", MANY);
            if (!end)
                rights[count] = right(L, -1);
            lua_pop(L, 1);
            if (end)
                break;
        }
        /* No right at all would be all of them. */
        if (count == 0)
            rights[count++] = 0;
    }
    struct shadow *place = lua_newuserdata(L, sizeof *place);
    place->handle = NULL;
    place->engine = LUA_NOREF;
    luaL_getmetatable(L, SHADOW);
    lua_setmetatable(L, -2);
    place->handle = lw_shadow_begin(engine, domain(L, 5), count != 0 ? rights : NULL, count, text(L, 2), text(L, 3), &error);
    if (place->handle == NULL)
        return failure(L, error);
    lua_pushvalue(L, 1);
    place->engine = luaL_ref(L, LUA_REGISTRYINDEX);
    return 1;
}

static int l_shadow_close(lua_State *L)
{
    struct shadow *place = luaL_checkudata(L, 1, SHADOW);
    lw_shadow_end(place->handle);
    place->handle = NULL;
    luaL_unref(L, LUA_REGISTRYINDEX, place->engine);
    place->engine = LUA_NOREF;
    return 0;
}

static int shadow_answer(lua_State *L, lw_shadow_answer answer)
{
    lua_pushstring(L, answer == LW_SHADOW_YES ? "yes" : answer == LW_SHADOW_WOULD_REFUSE ? "would refuse" : "no");
    return 1;
}

/* shadow:may(actor, right, target): "yes", "would refuse" (let it pass), "no". */
static int l_shadow_may(lua_State *L)
{
    return shadow_answer(L, lw_may_or_shadow(shadow_of(L), party(L, 2), right(L, 3), party(L, 4)));
}

/* shadow:may_named(actor, right, target [, domain]): all in text. */
static int l_shadow_may_named(lua_State *L)
{
    return shadow_answer(L, lw_may_or_shadow_named(shadow_of(L), domain(L, 5), text(L, 2), text(L, 3), text(L, 4)));
}

/* shadow:status(): JSON as text. */
static int l_shadow_status(lua_State *L)
{
    return owned(L, lw_shadow_status(shadow_of(L)));
}

/* right(name): its number, 0 if no right is called so. Ask once and keep it. */
static int l_right(lua_State *L)
{
    lua_pushnumber(L, lw_right_by_name(text(L, 1)));
    return 1;
}

/* pid(): to notice in a script that this is another process than the one that opened. */
static int l_pid(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)getpid());
    return 1;
}

static int l_version(lua_State *L)
{
    lua_pushstring(L, lw_version());
    return 1;
}

struct named {
    const char *name;
    lua_CFunction function;
};

static const struct named methods[] = {
    {"close", l_close}, {"reload", l_reload}, {"revision", l_revision}, {"find", l_find}, {"resolve", l_resolve},
    {"text", l_text}, {"line_of", l_line_of}, {"may", l_may}, {"may_in_call", l_may_in_call}, {"may_named", l_may_named},
    {"may_pick_up", l_may_pick_up}, {"may_set_forward", l_may_set_forward},
    {"may_forward_to", l_may_forward_to}, {"may_call", l_may_call},
    {"may_bypass_forward", l_may_bypass_forward}, {"may_see_busy", l_may_see_busy},
    {"may_see_caller", l_may_see_caller}, {"may_log_in", l_may_log_in}, {"may_each_target", l_may_each_target},
    {"may_each_actor", l_may_each_actor}, {"who", l_who}, {"whom", l_whom}, {"decide", l_decide}, {"explain", l_explain},
    {"dial", l_dial}, {"shadow", l_shadow}, {"__gc", l_close}, {NULL, NULL}};

static const struct named shadow_methods[] = {{"may", l_shadow_may}, {"may_named", l_shadow_may_named},
    {"status", l_shadow_status}, {"close", l_shadow_close}, {"__gc", l_shadow_close}, {NULL, NULL}};

static const struct named functions[] = {
    {"open", l_open}, {"right", l_right}, {"pid", l_pid}, {"version", l_version}, {NULL, NULL}};

/* luaL_register of 5.1 and luaL_setfuncs of 5.2 are two names for this. */
static void set(lua_State *L, const struct named *all)
{
    for (; all->name != NULL; all++) {
        lua_pushcfunction(L, all->function);
        lua_setfield(L, -2, all->name);
    }
}

int luaopen_linewarden_core(lua_State *L);

int luaopen_linewarden_core(lua_State *L)
{
    if (lw_abi_version() != LW_ABI_VERSION)
        return luaL_error(L, "the linewarden library has ABI %d, expected %d", (int)lw_abi_version(), LW_ABI_VERSION);
    luaL_newmetatable(L, ENGINE);
    set(L, methods);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    luaL_newmetatable(L, SHADOW);
    set(L, shadow_methods);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    lua_newtable(L);
    set(L, functions);
    return 1;
}
