/*
 * gate.c - see gate.h.
 */
#include "gate.h"

#include <string.h>

/* A device is its owner's first line: that is the one whose forwarding is set and shown. */
#define FIRST 1

bool gate_open(struct gate *gate, const char *source, const char *user)
{
    gate->engine = lw_abi_version() == LW_ABI_VERSION ? lw_open(source, NULL) : NULL;
    gate->user = lw_find(gate->engine, NULL, user);
    gate->domain = lw_party_domain(gate->engine, gate->user);
    if (gate->domain == NULL)
        gate_close(gate);
    return gate->user != 0;
}

void gate_close(struct gate *gate)
{
    lw_string_free(gate->domain);
    lw_close(gate->engine);
    gate->domain = NULL;
    gate->engine = NULL;
    gate->user = 0;
}

lw_party gate_find(const struct gate *gate, const char *text)
{
    const lw_party own = lw_find(gate->engine, gate->domain, text);
    return own != 0 ? own : lw_find(gate->engine, NULL, text);
}

size_t gate_owners(const struct gate *gate, lw_party *owners, size_t most)
{
    lw_party all[1024];
    const size_t room = sizeof all / sizeof *all;
    const size_t count = lw_parties(gate->engine, gate->domain, all, room);
    size_t found = 0, i;
    if (most > 0)
        owners[found++] = gate->user;
    for (i = 0; i < count && i < room && found < most; i++)
        if (all[i] != gate->user && lw_party_kind(gate->engine, all[i]) == LW_KIND_USER &&
            (gate_controls(gate, all[i]) || gate_sees(gate, all[i])))
            owners[found++] = all[i];
    return found;
}

bool gate_controls(const struct gate *gate, lw_party owner)
{
    return owner == gate->user || lw_may(gate->engine, gate->user, LW_CALL_CONTROL, owner);
}

bool gate_may_forward(const struct gate *gate, lw_party owner, const char *destination)
{
    return destination[0] == '\0' ? lw_may_set_forward(gate->engine, gate->user, owner, FIRST)
                                  : lw_may_forward_to(gate->engine, gate->user, owner, FIRST, destination);
}

bool gate_may_call(const struct gate *gate, const char *number)
{
    return lw_may_call(gate->engine, gate->user, number);
}

bool gate_sees(const struct gate *gate, lw_party owner)
{
    return lw_may_see_busy(gate->engine, gate->user, owner);
}

enum gate_pickup gate_may_pick_up(const struct gate *gate, const char *number, lw_party *target)
{
    unsigned line;
    *target = gate_find(gate, number);
    line = lw_line_of(gate->engine, *target, number);
    if (*target == 0)
        return GATE_NO_PARTY;
    /* A login name is the first line. A team has none, and is asked as the first. */
    return lw_may_pick_up(gate->engine, gate->user, *target, line != 0 ? line : FIRST) ? GATE_PICKUP : GATE_NO_PICKUP;
}

bool gate_sees_number(const struct gate *gate, lw_party owner, const char *line, bool incoming, enum switch_state state)
{
    const lw_direction way = state == SWITCH_CONNECTED || state == SWITCH_HELD ? LW_IN_CALL : incoming ? LW_INCOMING : LW_OUTGOING;
    return gate_sees(gate, owner) && lw_may_see_caller(gate->engine, gate->user, owner, lw_line_of(gate->engine, owner, line), way);
}

const char *gate_why(const struct gate *gate, lw_right right, lw_party owner)
{
    lw_decision decision;
    memset(&decision, 0, sizeof decision);
    if (lw_decide(gate->engine, gate->user, right, owner, &decision) != LW_OK)
        return "it cannot be decided";
    return lw_reason_text(decision.reason);
}
