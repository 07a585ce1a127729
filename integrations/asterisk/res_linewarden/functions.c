/*
 * functions.c - the dialplan functions.
 *
 * Each answers 0 or nothing until the library has said yes. None takes a lock that a reload holds while it reads documents.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

static int question_parse(const char *function, char *data, struct question *question)
{
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(right);
		AST_APP_ARG(actor);
		AST_APP_ARG(target);
		AST_APP_ARG(line);
		AST_APP_ARG(domain);
		AST_APP_ARG(role);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, data);
	question->right = args.right;
	question->actor = args.actor;
	question->target = args.target;
	question->line = args.line;
	question->domain = args.domain;
	question->role = args.role;
	if (args.argc < 3 || args.argc > 6) {
		complain("%s(right,actor,target[,line[,domain[,role]]]) was given %u arguments", function, args.argc);
		return 0;
	}
	return 1;
}

static int function_may(struct ast_channel *chan, const char *cmd, char *data, char *buf, size_t len)
{
	INSIDE;
	struct question question;
	struct answer answer;
	char *copy = ast_strdupa(S_OR(data, ""));

	ast_copy_string(buf, "0", len);
	if (question_parse(cmd, copy, &question)) {
		ask(chan, &question, 0, &answer);
		ast_copy_string(buf, answer.allowed ? "1" : "0", len);
	}
	return 0;
}

static int function_reason(struct ast_channel *chan, const char *cmd, char *data, char *buf, size_t len)
{
	INSIDE;
	struct question question;
	struct answer answer;
	char *copy = ast_strdupa(S_OR(data, ""));

	ast_copy_string(buf, lw_reason_text(LW_REASON_UNKNOWN), len);
	if (question_parse(cmd, copy, &question)) {
		ask(chan, &question, 1, &answer);
		ast_copy_string(buf, answer.reason, len);
	}
	return 0;
}

static int function_rights(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	char domain[NAME_SIZE];
	int tied;
	lw_party actor, target;
	lw_rights rights;
	lw_right right;
	const char *comma = "";
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(actor);
		AST_APP_ARG(target);
		AST_APP_ARG(domain);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_str_reset(*buf);
	if (args.argc < 2 || args.argc > 3) {
		complain("%s(actor,target[,domain]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	actor = question_begin(chan, args.actor, args.domain, &source, domain, &tied);
	target = actor ? party_of(source, domain, tied, args.target) : 0;
	if (!target) {
		return 0;
	}
	lw_rights_of(source->engine, actor, target, &rights);
	for (right = 1; right < 64 * ARRAY_LEN(rights.words); right++) {
		if (lw_rights_has(&rights, right)) {
			ast_str_append(buf, 0, "%s%s", comma, lw_right_name(right));
			comma = ",";
		}
	}
	return 0;
}

static const char *function_name(lw_function function)
{
	switch (function) {
	case LW_FUNCTION_PICKUP:
		return "pickup";
	case LW_FUNCTION_FORWARD_ASK:
		return "forward_ask";
	case LW_FUNCTION_FORWARD_TOGGLE:
		return "forward_toggle";
	case LW_FUNCTION_FORWARD_SET:
		return "forward_set";
	case LW_FUNCTION_LOGIN:
		return "login";
	}
	return NULL;
}

static int function_dial(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	char domain[NAME_SIZE];
	int tied;
	lw_party actor;
	lw_dialled dialled;
	lw_right right;
	lw_status status = LW_ERROR_INTERNAL;
	struct answer answer = { 0, "not granted", 0 };
	struct timespec began;
	/* Not AST_STANDARD_APP_ARGS: a comma that was dialled must not make another argument. */
	char *text = ast_strdupa(S_OR(data, ""));
	char *code = strchr(text, ',');

	ast_str_set(buf, 0, "0,,,,");
	if (!code) {
		complain("%s(actor,code) was given one argument", cmd);
		return 0;
	}
	*code++ = '\0';
	clock_gettime(CLOCK_MONOTONIC, &began);
	actor = question_begin(chan, text, NULL, &source, domain, &tied);
	/* What was dialled is not repeated in any message: it may hold a PIN. */
	if (!actor || (status = lw_dial(source->engine, actor, code, &dialled)) != LW_OK || !function_name(dialled.function)
		|| strspn(dialled.digits, "+0123456789*") != strlen(dialled.digits)) {
		if (actor && status == LW_ERROR_UNASSIGNED) {
			ast_str_set(buf, 0, "0,none,,,");
		}
		return 0;
	}
	answer.allowed = dialled.allowed;
	right = dialled.right;
	/* Of a pickup LINEWARDEN_PICKUP_TARGETS is asked, which knows what rings. */
	if (!answer.allowed && dialled.function == LW_FUNCTION_FORWARD_SET) {
		if (chan && forward_passes(source, domain, text, actor, &dialled)) {
			answer.allowed = 1;
			answer.reason = SHADOW_REASON;
		}
	} else if (!answer.allowed && right && dialled.function != LW_FUNCTION_PICKUP) {
		int login = dialled.function == LW_FUNCTION_LOGIN;
		char *subject = lw_text(source->engine, dialled.subject);
		struct question question = { function_name(dialled.function), text, S_OR(subject, ""), };

		if (shadow_passes(source, domain, &question, right, login ? dialled.subject : actor, login ? actor : dialled.subject)) {
			answer.allowed = 1;
			answer.reason = SHADOW_REASON;
		}
		lw_string_free(subject);
	}
	if (!right && dialled.allowed) {
		answer.reason = "needs no right";
	} else if (right && (VERBOSITY_ATLEAST(4) || !answer.allowed)) {
		lw_decision decision;

		/* Who logs in is the subject, and where is the actor. */
		if (lw_decide(source->engine, dialled.function == LW_FUNCTION_LOGIN ? dialled.subject : actor, right,
				dialled.function == LW_FUNCTION_LOGIN ? actor : dialled.subject, &decision) == LW_OK
			&& decision.allowed == answer.allowed) {
			answer.reason = lw_reason_text(decision.reason);
		}
	}
	ast_str_set(buf, 0, "%d,%s,", answer.allowed ? 1 : 0, function_name(dialled.function));
	append_party(buf, source->engine, dialled.subject);
	ast_str_append(buf, 0, ",%s,%u", dialled.digits, dialled.line);
	if (VERBOSITY_ATLEAST(4) || !answer.allowed) {
		char *subject = lw_text(source->engine, dialled.subject);
		struct party_line at = { dialled.subject, dialled.line };
		struct question question = { function_name(dialled.function), text, S_OR(subject, ""), };

		if (VERBOSITY_ATLEAST(4)) {
			verbose_answer(chan, &question, &answer, began);
		}
		/* A team's call that rings there is asked about apart: then nothing has been refused. */
		if (!answer.allowed && !(dialled.function == LW_FUNCTION_PICKUP && pickup_targets(source, actor, &at, 0, NULL))) {
			event_refused(chan, source, S_OR(lw_right_name(right), ""), text, S_OR(subject, ""), answer.reason);
		}
		lw_string_free(subject);
	}
	return 0;
}

static int function_party(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	char domain[NAME_SIZE];
	int tied;
	lw_party party;
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(party);
		AST_APP_ARG(domain);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_str_reset(*buf);
	if (args.argc > 2) {
		complain("%s(party[,domain]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	/* Whether a text names a party is an honest question: a no is not complained about. */
	if (!source || !source->engine || ast_strlen_zero(args.party) || is_outside(args.party)
		|| !domain_of(chan, source, args.domain, domain, &tied) || !stays(args.party, domain, tied)) {
		return 0;
	}
	party = party_find(source, domain, args.party);
	if (party) {
		append_party(buf, source->engine, party);
	}
	return 0;
}

/*!
 * Whether rights are in force: something has loaded, and its image can be read (the revision of a damaged one is 0). Without rights a
 * dialplan lets calls ring and refuses all that a right is needed for.
 */
static int function_ready(struct ast_channel *chan, const char *cmd, char *data, char *buf, size_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);

	ast_copy_string(buf, source && source->engine && lw_revision(source->engine) ? "1" : "0", len);
	return 0;
}

static int function_line(struct ast_channel *chan, const char *cmd, char *data, char *buf, size_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	char domain[NAME_SIZE];
	int tied;
	lw_party party;
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(extension);
		AST_APP_ARG(domain);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_copy_string(buf, "0", len);
	if (args.argc > 2) {
		complain("%s(extension[,domain]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	/* As for LINEWARDEN_PARTY: an unknown extension is no fault. */
	if (!source || !source->engine || ast_strlen_zero(args.extension) || is_outside(args.extension)
		|| !domain_of(chan, source, args.domain, domain, &tied) || !stays(args.extension, domain, tied)) {
		return 0;
	}
	party = party_find(source, domain, args.extension);
	if (party) {
		snprintf(buf, len, "%u", lw_line_of(source->engine, party, args.extension));
	}
	return 0;
}

static int function_pickup_targets(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	RAII_VAR(char *, own, NULL, lw_string_free);
	char domain[NAME_SIZE];
	int tied;
	lw_party actor;
	struct party_line at;
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(actor);
		AST_APP_ARG(domain);
		AST_APP_ARG(at);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_str_reset(*buf);
	if (args.argc < 1 || args.argc > 3) {
		complain("%s(actor[,domain[,at]]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	actor = question_begin(chan, args.actor, args.domain, &source, domain, &tied);
	own = actor ? lw_party_domain(source->engine, actor) : NULL;
	if (!own) {
		return 0;
	}
	if (args.argc < 3) {
		pickup_targets(source, actor, NULL, 0, buf);
		return 0;
	}
	/* A line that is none is no line, and not every line. */
	party_line_read(source, own, args.at, &at);
	if (at.party) {
		pickup_targets(source, actor, &at, 1, buf);
	}
	return 0;
}

/*! The parties of a list with ampersands. \retval -1 a party in it is unknown, or it is too long */
static int parties_of(const struct source *source, const char *domain, int tied, char *list, lw_party *out, size_t room)
{
	size_t count = 0;
	char *text;

	while ((text = strsep(&list, "&"))) {
		if (ast_strlen_zero(text)) {
			continue;
		}
		if (count == room || !(out[count++] = party_of(source, domain, tied, text))) {
			return -1;
		}
	}
	return count;
}

static int function_notified(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	RAII_VAR(lw_party *, notified, NULL, ast_free);
	lw_party logged_out[256], paused[256], team;
	int logged_out_count, paused_count, tied;
	size_t count, room, i;
	lw_error *error = NULL;
	char domain[NAME_SIZE];
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(team);
		AST_APP_ARG(logged_out);
		AST_APP_ARG(paused);
		AST_APP_ARG(domain);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_str_reset(*buf);
	if (args.argc < 1 || args.argc > 4) {
		complain("%s(team[,logged_out[,paused[,domain]]]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	team = question_begin(chan, args.team, args.domain, &source, domain, &tied);
	if (!team) {
		return 0;
	}
	logged_out_count = parties_of(source, domain, tied, args.logged_out, logged_out, ARRAY_LEN(logged_out));
	paused_count = parties_of(source, domain, tied, args.paused, paused, ARRAY_LEN(paused));
	if (logged_out_count < 0 || paused_count < 0) {
		return 0;
	}
	count = lw_notified(source->engine, team, logged_out, logged_out_count, paused, paused_count, NULL, 0, &error);
	if (error) {
		complain("%s: %s", cmd, lw_error_message(error));
		lw_error_free(error);
		return 0;
	}
	if (!count || !(notified = ast_calloc(count, sizeof(*notified)))) {
		return 0;
	}
	/* A reload in between may have made the list longer or shorter. */
	room = count;
	count = lw_notified(source->engine, team, logged_out, logged_out_count, paused, paused_count, notified, room, NULL);
	for (i = 0; i < MIN(count, room); i++) {
		ast_str_append(buf, 0, "%s", i ? "&" : "");
		append_party(buf, source->engine, notified[i]);
	}
	return 0;
}

static struct ast_custom_function functions[] = {
	{ .name = "LINEWARDEN", .read = function_may, .read_max = 2 },
	{ .name = "LINEWARDEN_REASON", .read = function_reason },
	{ .name = "LINEWARDEN_RIGHTS", .read2 = function_rights },
	{ .name = "LINEWARDEN_DIAL", .read2 = function_dial },
	{ .name = "LINEWARDEN_PARTY", .read2 = function_party },
	{ .name = "LINEWARDEN_LINE", .read = function_line, .read_max = 12 },
	{ .name = "LINEWARDEN_PICKUP_TARGETS", .read2 = function_pickup_targets },
	{ .name = "LINEWARDEN_NOTIFIED", .read2 = function_notified },
	{ .name = "LINEWARDEN_HERE", .read2 = function_here },
	{ .name = "LINEWARDEN_MAY_FORWARD", .read2 = function_may_forward },
	{ .name = "LINEWARDEN_MAY_CALL", .read2 = function_may_call },
	{ .name = "LINEWARDEN_CALL", .read2 = function_call },
	{ .name = "LINEWARDEN_READY", .read = function_ready, .read_max = 2 },
};

int functions_register(void)
{
	int result = ast_register_application_xml(pin_application, pin_execute);
	size_t i;

	for (i = 0; i < ARRAY_LEN(functions); i++) {
		result |= ast_custom_function_register(&functions[i]);
	}
	return result;
}

int functions_unregister(void)
{
	int result = ast_unregister_application(pin_application);
	size_t i;

	for (i = 0; i < ARRAY_LEN(functions); i++) {
		result |= ast_custom_function_unregister(&functions[i]);
	}
	return result;
}
