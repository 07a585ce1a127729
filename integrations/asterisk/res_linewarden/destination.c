/*
 * destination.c - whether a forwarding or a call may lead to a number.
 *
 * It knows what a number costs and no more: that a forwarding goes round in a circle is for the dialplan to find. It never says yes
 * for a party or a number that is not known.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

/*! Without a comma: it is the last part of an answer that the dialplan takes apart. */
static const char *reason_text(lw_destination_reason reason)
{
	switch (reason) {
	case LW_DESTINATION_NOT_GRANTED:
		return "the right to set the forwarding is missing";
	case LW_DESTINATION_CLASS_NOT_GRANTED:
		return "the right for numbers of this class is missing";
	case LW_DESTINATION_NO_CLASS:
		return "where the number leads is not known";
	case LW_DESTINATION_EMERGENCY:
		return "an emergency number takes no forwarded calls";
	case LW_DESTINATION_ONESELF:
		return "the forwarding would lead back to where it begins";
	case LW_DESTINATION_BLOCKED:
		return "the document forbids the number";
	case LW_DESTINATION_GRANTED:
		return "granted";
	case LW_DESTINATION_EMERGENCY_CALL:
		return "an emergency number";
	}
	return "a party is unknown";
}

static const char *class_name(lw_class class)
{
	static const char *const names[] = {
		[LW_CLASS_INTERNAL] = "internal", [LW_CLASS_LOCAL] = "local", [LW_CLASS_NATIONAL] = "national",
		[LW_CLASS_MOBILE] = "mobile", [LW_CLASS_INTERNATIONAL] = "international", [LW_CLASS_PREMIUM] = "premium",
		[LW_CLASS_EMERGENCY] = "emergency", [LW_CLASS_BLOCKED] = "blocked",
	};

	return class < ARRAY_LEN(names) ? S_OR(names[class], "") : "";
}

/*! The answer as the dialplan takes it, and a refusal as an event. */
static void answer_give(struct ast_channel *chan, const struct source *source, const char *kind, const char *actor,
	const char *owner, const lw_destination *found, struct timespec began, struct ast_str **buf)
{
	struct answer answer = { found->allowed, reason_text(found->reason), found->revision };
	char right[NAME_SIZE];

	ast_str_set(buf, 0, "%d,%s,%s", answer.allowed ? 1 : 0, class_name(found->number_class), answer.reason);
	snprintf(right, sizeof(right), "%s.to.%s", kind, S_OR(class_name(found->number_class), "unknown"));
	if (VERBOSITY_ATLEAST(4)) {
		struct question question = { right, actor, owner, };

		verbose_answer(chan, &question, &answer, began);
	}
	if (!answer.allowed) {
		event_refused(chan, source, right, actor, owner, answer.reason);
	}
}

int function_may_forward(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	char domain[NAME_SIZE];
	int tied;
	unsigned int line = 0;
	lw_party actor, owner;
	lw_destination found;
	struct timespec began;
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(actor);
		AST_APP_ARG(owner);
		AST_APP_ARG(line);
		AST_APP_ARG(digits);
		AST_APP_ARG(domain);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_str_set(buf, 0, "0,,%s", reason_text(LW_DESTINATION_UNKNOWN));
	if (args.argc < 4 || args.argc > 5) {
		complain("%s(actor,owner,line,digits[,domain]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	if (!ast_strlen_zero(args.line)
		&& (strspn(args.line, "0123456789") != strlen(args.line) || sscanf(args.line, "%9u", &line) != 1)) {
		complain("`%s` is no line: expected 1, 2, or 3 and above", masked(ast_strdupa(args.line)));
		return 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	actor = question_begin(chan, args.actor, args.domain, &source, domain, &tied);
	owner = actor ? party_of(source, domain, tied, args.owner) : 0;
	if (owner && lw_decide_forward_to(source->engine, actor, owner, line, args.digits, &found) == LW_OK) {
		answer_give(chan, source, "forwarding", args.actor, args.owner, &found, began, buf);
	}
	return 0;
}

int function_may_call(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	char domain[NAME_SIZE];
	int tied;
	lw_party actor;
	lw_destination found;
	struct timespec began;
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(actor);
		AST_APP_ARG(digits);
		AST_APP_ARG(domain);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_str_set(buf, 0, "0,,%s", reason_text(LW_DESTINATION_UNKNOWN));
	if (args.argc < 2 || args.argc > 3) {
		complain("%s(actor,digits[,domain]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	actor = question_begin(chan, args.actor, args.domain, &source, domain, &tied);
	if (actor && lw_decide_call(source->engine, actor, args.digits, &found) == LW_OK) {
		answer_give(chan, source, "call", args.actor, args.actor, &found, began, buf);
	}
	return 0;
}
