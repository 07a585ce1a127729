/*
 * ami_lines.c - see ami_lines.h.
 */
#include "ami_lines.h"

#include <string.h>

static const struct ami_call *find(const struct ami_call *calls, int count, const char *id)
{
    int i;
    for (i = 0; i < count; i++)
        if (strcmp(calls[i].id, id) == 0)
            return &calls[i];
    return NULL;
}

static bool same(const struct ami_call *one, const struct ami_call *other)
{
    return one->incoming == other->incoming && one->state == other->state && strcmp(one->peer, other->peer) == 0 &&
           strcmp(one->from, other->from) == 0;
}

static void tell(const struct ami_followed *line, const struct ami_call *call, enum switch_state state, const struct switch_sink *sink)
{
    struct switch_call told;
    told.line = line->extension;
    told.id = call->id;
    told.state = state;
    told.incoming = call->incoming;
    told.peer = call->peer;
    told.from = call->from;
    sink->call(&told);
}

static enum switch_state state_of(enum ami_state state)
{
    switch (state) {
    case AMI_OFFERING:
        return SWITCH_OFFERING;
    case AMI_DIALING:
        return SWITCH_DIALING;
    case AMI_PROCEEDING:
        return SWITCH_PROCEEDING;
    case AMI_RINGBACK:
        return SWITCH_RINGBACK;
    case AMI_CONNECTED:
        return SWITCH_CONNECTED;
    case AMI_HOLD:
        break;
    }
    return SWITCH_HELD;
}

bool ami_take_calls(struct ami_followed *line, const struct ami_call *now, int count, bool anew, const struct switch_sink *sink)
{
    static const struct ami_call none;
    bool begun = false, changed = false;
    int i;
    for (i = 0; i < line->call_count; i++)
        if (find(now, count, line->calls[i].id) == NULL) {
            changed = true;
            tell(line, &line->calls[i], SWITCH_IDLE, sink);
        }
    for (i = 0; i < count; i++) {
        const struct ami_call *before = find(line->calls, line->call_count, now[i].id);
        begun = begun || (before == NULL && !now[i].incoming);
        changed = changed || before == NULL || !same(before, &now[i]);
        if (anew || before == NULL || !same(before, &now[i]))
            tell(line, &now[i], state_of(now[i].state), sink);
    }
    if (line->awaits && !begun)
        tell(line, &none, SWITCH_IDLE, sink);
    line->awaits = false;
    if (count > 0)
        memcpy(line->calls, now, (size_t)count * sizeof *now);
    line->call_count = count;
    return changed;
}

bool ami_take_forwarding(struct ami_followed *line, bool known, bool forwarded, const char *destination)
{
    const bool other = known != line->forwarding_known || forwarded != line->forwarded || strcmp(destination, line->destination) != 0;
    line->forwarding_known = known;
    line->forwarded = forwarded;
    strcpy(line->destination, destination);
    return other;
}
