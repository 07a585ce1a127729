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

/*! A question about a number: who, for whose line, and where it may lead. */
struct led {
	const struct source *source;
	const char *domain;
	/*! `forwarding` or `call`. */
	const char *kind;
	const char *actor_name, *owner_name;
	lw_party actor, owner;
	unsigned int line;
	const char *digits;
};

/*! Whether the class alone is let pass in shadow mode. */
static int class_passes(const struct led *led, lw_class class)
{
	struct question question = { "", led->actor_name, led->owner_name, };
	char name[NAME_SIZE];
	lw_right right;

	snprintf(name, sizeof(name), "%s.to.%s", led->kind, class_name(class));
	right = lw_right_by_name(name);
	return right && shadow_passes(led->source, led->domain, &question, right, led->actor, led->owner);
}

/*!
 * Whether what the rights refuse is let pass in shadow mode. What no right could give stays refused: emergency numbers, blocked ones, those that
 * lead back, and those of which it is not known where they lead.
 */
static int number_passes(const struct led *led, const lw_destination *found)
{
	static const char *const set[] = { "forwarding.set", "forwarding.set.first", "forwarding.set.second", "forwarding.set.additional" };
	struct question question = { "forwarding.set", led->actor_name, led->owner_name, };
	lw_destination own;
	lw_right class;
	char name[NAME_SIZE];

	if (found->reason == LW_DESTINATION_CLASS_NOT_GRANTED) {
		return class_passes(led, found->number_class);
	}
	/* The right to set it is missing. The owner, who needs none, says what else there is against the number. */
	if (found->reason != LW_DESTINATION_NOT_GRANTED
		|| lw_decide_forward_to(led->source->engine, led->owner, led->owner, led->line, led->digits, &own) != LW_OK
		|| (!own.allowed && own.reason != LW_DESTINATION_CLASS_NOT_GRANTED)) {
		return 0;
	}
	snprintf(name, sizeof(name), "forwarding.to.%s", class_name(own.number_class));
	class = lw_right_by_name(name);
	/* Where the owner may without that right, the company has no rights by class. */
	if ((!own.allowed || (class && lw_may(led->source->engine, led->owner, class, led->owner)))
		&& !lw_may(led->source->engine, led->actor, class, led->owner) && !class_passes(led, own.number_class)) {
		return 0;
	}
	return shadow_passes(led->source, led->domain, &question, lw_right_by_name(set[MIN(led->line, ARRAY_LEN(set) - 1)]), led->actor,
		led->owner);
}

int forward_passes(const struct source *source, const char *domain, const char *actor_name, lw_party actor, const lw_dialled *dialled)
{
	/* Where no line was dialled it is asked about as the first. */
	unsigned int line = dialled->line ? dialled->line : 1;
	RAII_VAR(char *, owner_name, lw_text(source->engine, dialled->subject), lw_string_free);
	struct led led = { source, domain, "forwarding", actor_name, S_OR(owner_name, ""), actor, dialled->subject, line, dialled->digits };
	lw_destination found;

	return lw_decide_forward_to(source->engine, actor, dialled->subject, line, dialled->digits, &found) == LW_OK
		&& (found.allowed || number_passes(&led, &found));
}

/*! The answer as the dialplan takes it, and a refusal as an event. */
static void answer_give(struct ast_channel *chan, const struct led *led, const lw_destination *found, struct timespec began,
	struct ast_str **buf)
{
	struct answer answer = { found->allowed, reason_text(found->reason), found->revision };
	char right[NAME_SIZE];

	/* Without a call, as for the console, the rights count. */
	if (!answer.allowed && chan && number_passes(led, found)) {
		answer.allowed = 1;
		answer.reason = SHADOW_REASON;
	}
	ast_str_set(buf, 0, "%d,%s,%s", answer.allowed ? 1 : 0, class_name(found->number_class), answer.reason);
	snprintf(right, sizeof(right), "%s.to.%s", led->kind, S_OR(class_name(found->number_class), "unknown"));
	if (VERBOSITY_ATLEAST(4)) {
		struct question question = { right, led->actor_name, led->owner_name, };

		verbose_answer(chan, &question, &answer, began);
	}
	if (!answer.allowed) {
		event_refused(chan, led->source, right, led->actor_name, led->owner_name, answer.reason);
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
		struct led led = { source, domain, "forwarding", args.actor, args.owner, actor, owner, line, args.digits };

		answer_give(chan, &led, &found, began, buf);
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
		struct led led = { source, domain, "call", args.actor, args.actor, actor, actor, 0, args.digits };

		answer_give(chan, &led, &found, began, buf);
	}
	return 0;
}
