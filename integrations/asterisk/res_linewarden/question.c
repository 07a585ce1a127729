/*
 * question.c - one question to the library: who, what, on whom, and the answer with its reason.
 *
 * The answer is a refusal until the library has said yes.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

int is_outside(const char *text)
{
	const char *slash = strchr(text, '/');

	return strchr(text, '<') || !strncasecmp(text, "sip:", 4) || (slash && !strncasecmp(slash + 1, "sip:", 4));
}

int domain_of(struct ast_channel *chan, const struct source *source, const char *argument, char *domain, int *tied)
{
	domain[0] = '\0';
	if (chan) {
		const char *value;

		ast_channel_lock(chan);
		value = pbx_builtin_getvar_helper(chan, DOMAIN_VARIABLE);
		ast_copy_string(domain, S_OR(value, ""), NAME_SIZE);
		ast_channel_unlock(chan);
	}
	*tied = domain[0] != '\0';
	if (*tied) {
		return ast_strlen_zero(argument) || !strcasecmp(argument, domain);
	}
	ast_copy_string(domain, S_OR(argument, source->domain), NAME_SIZE);
	return 1;
}

int stays(const char *text, const char *domain, int tied)
{
	const char *slash = strchr(text, '/');
	size_t length = strlen(domain);

	if (!tied || !length || !slash || !strncasecmp(text, "sip:", 4)) {
		return 1;
	}
	return (size_t) (slash - text) == length && !strncasecmp(text, domain, length);
}

lw_party party_find(const struct source *source, const char *domain, const char *text)
{
	char plain[SAFE_SIZE];
	lw_party party, other;

	if (name_plain(text, plain, sizeof(plain))) {
		return 0;
	}
	party = lw_find(source->engine, S_OR(domain, NULL), plain);
	if (party && strcmp(text, plain) && (other = lw_find(source->engine, S_OR(domain, NULL), text)) && other != party) {
		/* A name that looks like the safe text of another one. */
		return 0;
	}
	return party;
}

lw_party party_of(const struct source *source, const char *domain, int tied, const char *text)
{
	lw_party party;

	if (ast_strlen_zero(text)) {
		return 0;
	}
	if (!stays(text, domain, tied)) {
		complain("`%s` is outside the channel's domain `%s`", masked(ast_strdupa(text)), domain);
		return 0;
	}
	party = party_find(source, domain, text);
	if (!party) {
		COUNT(counters.unknowns);
		complain("unknown name `%s` in `%s`", masked(ast_strdupa(text)), S_OR(domain, source->path));
	}
	return party;
}

/*! The right with its line. \retval 0 no such right, or no such line of it */
static lw_right right_of(const char *name, const char *line)
{
	static const char *const suffixes[] = { "first", "second", "additional" };
	char with_line[NAME_SIZE];
	unsigned int number;
	lw_right right = lw_right_by_name(name);

	if (!right) {
		complain("there is no right `%s`", name);
		return 0;
	}
	if (ast_strlen_zero(line) || !strcmp(line, "0")) {
		return right;
	}
	if (strspn(line, "0123456789") != strlen(line) || sscanf(line, "%9u", &number) != 1 || !number) {
		complain("`%s` is no line: expected 1, 2, or 3 and above", masked(ast_strdupa(line)));
		return 0;
	}
	snprintf(with_line, sizeof(with_line), "%s.%s", name, suffixes[MIN(number, ARRAY_LEN(suffixes)) - 1]);
	right = lw_right_by_name(with_line);
	if (!right) {
		complain("the right `%s` does not depend on the line", name);
	}
	return right;
}

/*! The actor's part in a transfer, by the argument or else the channel. \retval 0 no such part */
static int role_of(struct ast_channel *chan, const char *argument, lw_call_role *role)
{
	char text[NAME_SIZE] = "";

	ast_copy_string(text, S_OR(argument, ""), sizeof(text));
	if (chan && !text[0]) {
		ast_channel_lock(chan);
		ast_copy_string(text, S_OR(pbx_builtin_getvar_helper(chan, ROLE_VARIABLE), ""), sizeof(text));
		ast_channel_unlock(chan);
	}
	if (!text[0] || !strcasecmp(text, "none")) {
		*role = LW_ROLE_NONE;
	} else if (!strcasecmp(text, "consulted")) {
		*role = LW_ROLE_CONSULTED;
	} else if (!strcasecmp(text, "transferring")) {
		*role = LW_ROLE_TRANSFERRING;
	} else {
		complain("`%s` is no part in a transfer: expected none, consulted or transferring", masked(ast_strdupa(text)));
		return 0;
	}
	return 1;
}

void verbose_answer(struct ast_channel *chan, const struct question *question, const struct answer *answer,
	struct timespec began)
{
	struct timespec ended;

	clock_gettime(CLOCK_MONOTONIC, &ended);
	ast_verbose("linewarden: %s %s on %s: %s, %s (%.1f us%s%s)\n", printable(ast_strdupa(question->actor)),
		printable(ast_strdupa(question->right)), printable(ast_strdupa(question->target)),
		answer->allowed ? "yes" : "no", answer->reason,
		(ended.tv_sec - began.tv_sec) * 1e6 + (ended.tv_nsec - began.tv_nsec) / 1e3,
		chan ? ", " : "", chan ? ast_channel_name(chan) : "");
}

/* Only `why` gives an outside address a number, of which there are few. */
void ask(struct ast_channel *chan, const struct question *question, int why, struct answer *answer)
{
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	struct timespec began = { 0, };
	char domain[NAME_SIZE];
	int tied, in_domain = 0, aloud = VERBOSITY_ATLEAST(4);
	lw_right right = 0;
	lw_call_role role;
	lw_party actor = 0, target = 0;

	answer->allowed = 0;
	answer->reason = lw_reason_text(LW_REASON_UNKNOWN);
	answer->revision = 0;
	COUNT(counters.questions);
	if (!source || !source->engine) {
		complain("no documents are loaded: everything is refused; see `linewarden show status`");
		return;
	}
	if (ast_strlen_zero(question->right) || ast_strlen_zero(question->actor) || ast_strlen_zero(question->target)) {
		complain("a right, an actor and a target are expected, found `%s`, `%s`, `%s`", S_OR(question->right, ""),
			masked(ast_strdupa(S_OR(question->actor, ""))), masked(ast_strdupa(S_OR(question->target, ""))));
		return;
	}
	if (aloud) {
		clock_gettime(CLOCK_MONOTONIC, &began);
	}
	if (!domain_of(chan, source, question->domain, domain, &tied)) {
		complain("domain `%s` asked on a channel of `%s`", masked(ast_strdupa(question->domain)), domain);
	} else if (!(right = right_of(question->right, question->line)) || !role_of(chan, question->role, &role)) {
		/* The complaint has been made. */
	} else if (!why && (is_outside(question->actor) || is_outside(question->target))) {
		if (stays(question->actor, domain, tied) && stays(question->target, domain, tied)) {
			in_domain = 1;
			answer->allowed = lw_may_named(source->engine, S_OR(domain, NULL), question->actor, lw_right_name(right),
				question->target);
			answer->reason = answer->allowed ? "granted" : lw_reason_text(LW_REASON_NOT_GRANTED);
			answer->revision = lw_revision(source->engine);
		}
	} else {
		lw_decision decision;

		actor = party_of(source, domain, tied, question->actor);
		target = actor ? party_of(source, domain, tied, question->target) : 0;
		in_domain = stays(question->actor, domain, tied) && stays(question->target, domain, tied);

		/* Why takes several times as long as whether: a yes on a call is asked for nothing else. */
		if (actor && target && (!why || role != LW_ROLE_NONE)) {
			answer->allowed = role == LW_ROLE_NONE ? lw_may(source->engine, actor, right, target)
				: lw_may_in_call(source->engine, actor, right, target, role);
		}
		if (actor && target && (why || aloud || !answer->allowed)
			&& lw_decide(source->engine, actor, right, target, &decision) == LW_OK) {
			if (why && role == LW_ROLE_NONE) {
				answer->allowed = decision.allowed;
			}
			answer->reason = decision.allowed == answer->allowed ? lw_reason_text(decision.reason)
				: role != LW_ROLE_NONE ? lw_reason_text(LW_REASON_TRANSFER) : "a reload has changed it since";
			answer->revision = decision.revision;
		}
	}
	/* Not for the console, for reasons, and without a call, as for callers at lamps: there the rights count. Nor for passing a forwarding by:
	 * who has no such right is not refused, but follows it as before. */
	if (!answer->allowed && !why && chan && in_domain && right != LW_FORWARDING_BYPASS && shadow_passes(source, domain, question, right, actor, target)) {
		answer->allowed = 1;
		answer->reason = SHADOW_REASON;
	}
	if (aloud) {
		verbose_answer(chan, question, answer, began);
	}
	if (!answer->allowed && !why) {
		event_refused(chan, source, question->right, question->actor, question->target, answer->reason);
	}
}

lw_party question_begin(struct ast_channel *chan, const char *text, const char *argument, struct source **source,
	char *domain, int *tied)
{
	*source = source_get();
	if (!*source || !(*source)->engine) {
		complain("no documents are loaded: everything is refused; see `linewarden show status`");
		return 0;
	}
	COUNT(counters.questions);
	if (!domain_of(chan, *source, argument, domain, tied)) {
		complain("domain `%s` asked on a channel of `%s`", masked(ast_strdupa(argument)), domain);
		return 0;
	}
	return party_of(*source, domain, *tied, text);
}
