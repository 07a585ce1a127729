/*
 * gate.h - what linewarden says of what an application wants to do or see through the provider. Every action and every event goes
 * through here; the PBX decides again.
 *
 * Each question is asked anew, so a right that ends masks the next event. Nothing is kept of an answer.
 */
#ifndef LINEWARDEN_TAPI_GATE_H
#define LINEWARDEN_TAPI_GATE_H

#include "switch.h"

#include <linewarden.h>

struct gate {
    lw_engine *engine;
    /** Who works through the provider, and in which domain. */
    lw_party user;
    char *domain;
};

/** Opens the rights; false if there are none, or if the user is unknown. */
bool gate_open(struct gate *gate, const char *source, const char *user);
void gate_close(struct gate *gate);

/** The party of a name or an extension, in the user's domain where it names none; 0 for no party. */
lw_party gate_find(const struct gate *gate, const char *text);

/** Lists the owners whose line the user gets: the user first, then whose calls the user may control or watch. */
size_t gate_owners(const struct gate *gate, lw_party *owners, size_t most);

/** Whether the owner's calls are the user's to act on: one's own, and others' by call.control. */
bool gate_controls(const struct gate *gate, lw_party owner);

/** Whether the forwarding of the owner's first line may be set so; destination "" switches it off, and that leads nowhere. */
bool gate_may_forward(const struct gate *gate, lw_party owner, const char *destination);
bool gate_may_call(const struct gate *gate, const char *number);
bool gate_sees(const struct gate *gate, lw_party owner);

/** What is wrong with a pickup. */
enum gate_pickup { GATE_PICKUP, GATE_NO_PICKUP, GATE_NO_PARTY };

/** Whether a call that rings at a number, or at the first line of a login name, may be picked up. target is whose it is. */
enum gate_pickup gate_may_pick_up(const struct gate *gate, const char *number, lw_party *target);

/**
 * Whether the user may see the other side of a call at that line: its extension, or a name, and then the right on all lines is
 * needed.
 */
bool gate_sees_number(const struct gate *gate, lw_party owner, const char *line, bool incoming, enum switch_state state);

/** Why a right on the owner's first line is refused, in a few words for a log; for the lines' rights name those of the first. */
const char *gate_why(const struct gate *gate, lw_right right, lw_party owner);

#endif
