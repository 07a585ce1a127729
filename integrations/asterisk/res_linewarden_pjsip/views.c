/*
 * views.c - the calls of a telephone as a program is shown them.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * A number is shown where the telephone itself shows it and the program's person has the right to see it. It must never be shown by one of
 * the two alone.
 */

#include "seats.h"

#include <asterisk/callerid.h>
#include <asterisk/manager.h>

/*! A partner's number, cut to what a telephone's number is made of; `-` for none. */
#define NUMBER_SIZE 64

struct view {
	char id[64];
	int incoming;
	const char *state;
	char partner[NUMBER_SIZE];
	char from[NUMBER_SIZE];
};

int is_channel_of(const char *channel, const char *endpoint)
{
	size_t length = strlen(endpoint);
	const char *rest;

	if (strncasecmp(channel, "PJSIP/", 6) || strncmp(channel + 6, endpoint, length) || channel[6 + length] != '-') {
		return 0;
	}
	rest = channel + 7 + length;
	return *rest && strspn(rest, "0123456789abcdef") == strlen(rest);
}

static void number_copy(char *out, const char *number)
{
	size_t used = 0;

	for (; number && *number && used < NUMBER_SIZE - 1; number++) {
		if (strchr("0123456789*#+abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", *number)) {
			out[used++] = *number;
		}
	}
	ast_copy_string(out + used, used ? "" : "-", 2);
}

/*! What the telephone itself shows of its partner: what was opened for it, or what was never restricted. */
static void partner_copy(char *out, struct ast_channel *chan, int incoming, const char *dialled)
{
	struct ast_party_connected_line *line = ast_channel_connected(chan);
	struct ast_party_number *opened = &line->priv.number, *open = &line->id.number;

	if (opened->valid && (opened->presentation & AST_PRES_RESTRICTION) == AST_PRES_ALLOWED && !ast_strlen_zero(opened->str)) {
		number_copy(out, opened->str);
	} else if (open->valid && (open->presentation & AST_PRES_RESTRICTION) == AST_PRES_ALLOWED && !ast_strlen_zero(open->str)) {
		number_copy(out, open->str);
	} else {
		/* What was dialled here is known here. */
		number_copy(out, incoming ? NULL : S_OR(dialled, ast_channel_dialed(chan)->number.str));
	}
}

/*! What the call does now, in the words of linewarden's TAPI link. The channel is locked; its peer is not. */
static const char *state_of(struct ast_channel *chan, int incoming, int bridged, int held)
{
	if (ast_channel_state(chan) == AST_STATE_UP) {
		return bridged ? held ? "hold" : "connected" : ast_channel_visible_indication(chan) == AST_CONTROL_RINGING ? "ringback" : "connected";
	}
	if (ast_test_flag(ast_channel_flags(chan), AST_FLAG_ORIGINATED)) {
		return "dialing";
	}
	if (incoming) {
		return "offering";
	}
	return ast_channel_visible_indication(chan) == AST_CONTROL_RINGING ? "ringback" : "proceeding";
}

/*! \retval -1 the channel is none of the telephone's, or ends */
static int view_of(struct ast_channel *chan, const struct seat *other, struct view *view)
{
	struct ast_channel *peer;
	int bridged, held = 0;

	ast_channel_lock(chan);
	if (!is_channel_of(ast_channel_name(chan), other->endpoint) || ast_check_hangup(chan)) {
		ast_channel_unlock(chan);
		return -1;
	}
	ast_channel_unlock(chan);
	if ((peer = ast_channel_bridge_peer(chan))) {
		ast_channel_lock(peer);
		held = ast_channel_hold_state(peer) == AST_CONTROL_HOLD;
		ast_channel_unlock(peer);
	}
	bridged = peer != NULL;
	ast_channel_cleanup(peer);
	ast_channel_lock(chan);
	ast_copy_string(view->id, ast_channel_uniqueid(chan), sizeof(view->id));
	view->incoming = ast_test_flag(ast_channel_flags(chan), AST_FLAG_OUTGOING) && !ast_test_flag(ast_channel_flags(chan), AST_FLAG_ORIGINATED);
	view->state = state_of(chan, view->incoming, bridged, held);
	partner_copy(view->partner, chan, view->incoming, pbx_builtin_getvar_helper(chan, "LW_PROGRAM_DIALLED"));
	number_copy(view->from, NULL);
	if (view->incoming && ast_channel_redirecting(chan)->from.number.valid
		&& (ast_channel_redirecting(chan)->from.number.presentation & AST_PRES_RESTRICTION) == AST_PRES_ALLOWED) {
		number_copy(view->from, ast_channel_redirecting(chan)->from.number.str);
	}
	ast_channel_unlock(chan);
	return 0;
}

static int may_see_number(const struct seat *seat, const struct seat *other, const struct view *view)
{
	const char *which = !strcmp(view->state, "connected") || !strcmp(view->state, "hold") ? "in_call" : view->incoming ? "incoming" : "outgoing";
	char answer[16];

	return *seat->person && *other->person
		&& !ask_function(answer, sizeof(answer), "LINEWARDEN(call.number_%s.read,%s,%s,%d,%s)", which, seat->person, other->person,
			other->line, seat->domain) && !strcmp(answer, "1");
}

void views_write(struct mansession *s, const struct seat *seat, const struct seat *other)
{
	struct ast_channel_iterator *all = ast_channel_iterator_all_new();
	struct ast_channel *chan;
	struct view view;

	if (!all) {
		return;
	}
	while ((chan = ast_channel_iterator_next(all))) {
		if (!view_of(chan, other, &view)) {
			int shown = may_see_number(seat, other, &view);

			astman_append(s, "Call: %s %s %s %s %s\r\n", view.id, view.incoming ? "in" : "out", view.state, shown ? view.partner : "-",
				shown ? view.from : "-");
		}
		ast_channel_unref(chan);
	}
	ast_channel_iterator_destroy(all);
}
