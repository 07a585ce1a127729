/*
 * calls.c - which call of a person an actor may listen to, record, park or fetch.
 *
 * Whose a call is follows from the telephone that is in it, never from a variable of the channel, which a pickup leaves with another
 * telephone. Who listens hears both sides: so the right is needed on the partner, too, where that is a person. A call whose partner
 * cannot be found is not listened to.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

#include <asterisk/core_local.h>

/*! Local channels in a row that are followed to a partner. */
#define LOCALS 8

static const struct kind {
	const char *right;
	/*! The right is needed on the partner, too. */
	int hears;
	/*! It is the partner's channel that is handed over: the person's own is left behind. */
	int takes;
	/*! Only a call that the person has on hold. */
	int held;
	/*! One may mean one's own call: then it is the partner's right alone that counts, or the team's whose call it is. */
	int own;
} kinds[] = {
	{ "call.listen", .hears = 1 },
	{ "call.whisper" },
	{ "call.barge", .hears = 1 },
	{ "call.record", .hears = 1, .own = 1 },
	{ "call.park", .takes = 1 },
	{ "call.retrieve", .takes = 1, .held = 1 },
};

static const struct kind *kind_of(const char *right)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!strcasecmp(kinds[i].right, S_OR(right, ""))) {
			return &kinds[i];
		}
	}
	return NULL;
}

static int is_local(struct ast_channel *chan)
{
	return !strcasecmp(ast_channel_tech(chan)->type, "Local");
}

/*! The channel at the other end, behind Local channels, with a reference. \retval NULL none, more than one, or it cannot be found */
static struct ast_channel *partner_of(struct ast_channel *chan)
{
	struct ast_channel *partner = ast_channel_bridge_peer(chan), *other;
	int steps;

	for (steps = 0; partner && is_local(partner); steps++) {
		other = steps < LOCALS ? ast_local_get_peer(partner) : NULL;
		ast_channel_unref(partner);
		partner = other ? ast_channel_bridge_peer(other) : NULL;
		ast_channel_cleanup(other);
	}
	return partner;
}

/*! Whether the other side has put this channel on hold. */
static int is_held(struct ast_channel *chan)
{
	SCOPED_CHANNELLOCK(lock, chan);

	return ast_channel_hold_state(chan) == AST_CONTROL_HOLD;
}

struct wanted {
	const struct source *source;
	const struct kind *kind;
	/*! The team whose call it is, for a partner outside; 0 for none. */
	lw_party actor, target, team;
	lw_right right;
	/*! For one's own call: the channel that asks, and no other. */
	struct ast_channel *self;
	/*! A call of the target's was left out because of its partner. */
	int partner;
};

/*! Whether this is a call of the target's that is meant. \param name receives the channel to be handed over */
static int fits(struct wanted *wanted, struct ast_channel *chan, char *name, size_t len)
{
	RAII_VAR(struct ast_channel *, partner, NULL, ast_channel_cleanup);
	RAII_VAR(struct ast_channel *, next, NULL, ast_channel_cleanup);
	lw_party other;
	int is_up, is_own = wanted->kind->own && wanted->actor == wanted->target;

	ast_channel_lock(chan);
	is_up = ast_channel_state(chan) == AST_STATE_UP;
	ast_channel_unlock(chan);
	if (!is_up || (is_own && wanted->self && chan != wanted->self) || is_local(chan)
		|| person_at(wanted->source, chan) != wanted->target) {
		return 0;
	}
	next = ast_channel_bridge_peer(chan);
	partner = partner_of(chan);
	if (!next || !partner || (wanted->kind->held && !is_held(next))) {
		return 0;
	}
	other = person_at(wanted->source, partner);
	if (!other && is_own) {
		other = wanted->team;
	}
	if (wanted->kind->hears && (other || is_own) && !lw_may(wanted->source->engine, wanted->actor, wanted->right, other)) {
		wanted->partner = 1;
		return 0;
	}
	ast_copy_string(name, ast_channel_name(wanted->kind->takes ? next : chan), len);
	return 1;
}

/*! The call that has lasted longest among those that are meant. \retval 0 there is none */
static int find(struct wanted *wanted, char *name, size_t len)
{
	struct ast_channel_iterator *all = ast_channel_iterator_all_new();
	struct ast_channel *chan;
	struct timeval since = { 0, };
	char candidate[AST_CHANNEL_NAME];
	int found = 0;

	if (!all) {
		return 0;
	}
	while ((chan = ast_channel_iterator_next(all))) {
		struct timeval created = ast_channel_creationtime(chan);

		if ((!found || ast_tvcmp(created, since) < 0) && fits(wanted, chan, candidate, sizeof(candidate))) {
			ast_copy_string(name, candidate, len);
			since = created;
			found = 1;
		}
		ast_channel_unref(chan);
	}
	ast_channel_iterator_destroy(all);
	return found;
}

int function_call(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	struct wanted wanted = { 0, };
	struct answer answer = { 0, "a party is unknown", 0 };
	struct timespec began;
	char domain[NAME_SIZE], name[AST_CHANNEL_NAME] = "";
	int tied;
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(right);
		AST_APP_ARG(actor);
		AST_APP_ARG(target);
		AST_APP_ARG(team);
		AST_APP_ARG(domain);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_str_set(buf, 0, "0,,%s", answer.reason);
	if (args.argc < 3 || args.argc > 5) {
		complain("%s(right,actor,target[,team[,domain]]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	wanted.kind = kind_of(args.right);
	wanted.right = wanted.kind ? lw_right_by_name(wanted.kind->right) : 0;
	if (!wanted.right) {
		complain("%s: `%s` is no right on a call that is up", cmd, args.right);
		return 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	wanted.actor = question_begin(chan, args.actor, args.domain, &source, domain, &tied);
	wanted.target = wanted.actor ? party_of(source, domain, tied, args.target) : 0;
	wanted.source = source;
	wanted.self = chan;
	wanted.team = wanted.target && !ast_strlen_zero(args.team) ? party_of(source, domain, tied, args.team) : 0;
	if (!wanted.target || (!wanted.team && !ast_strlen_zero(args.team))) {
		return 0;
	}
	if (!(wanted.kind->own && wanted.actor == wanted.target) && !lw_may(source->engine, wanted.actor, wanted.right, wanted.target)) {
		answer.reason = lw_reason_text(LW_REASON_NOT_GRANTED);
	} else if (find(&wanted, name, sizeof(name))) {
		answer.allowed = 1;
		answer.reason = "granted";
	} else if (wanted.partner) {
		answer.reason = "the right on the partner is missing";
	} else {
		answer.allowed = 1;
		answer.reason = "there is no such call";
	}
	ast_str_set(buf, 0, "%d,%s,%s", answer.allowed, name, answer.reason);
	if (VERBOSITY_ATLEAST(4)) {
		struct question question = { wanted.kind->right, args.actor, args.target, };

		verbose_answer(chan, &question, &answer, began);
	}
	if (!answer.allowed) {
		event_refused(chan, source, wanted.kind->right, args.actor, args.target, answer.reason);
	}
	return 0;
}
