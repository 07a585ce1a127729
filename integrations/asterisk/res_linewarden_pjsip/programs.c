/*
 * programs.c - what a program does in the place of a telephone's keys: the manager action LinewardenTelephone.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Asterisk's own actions (Originate, Redirect, Hangup, Status) know an account and no person: who may use them may call from any
 * telephone to anywhere, and read each number. This one knows a telephone and does what could be done there by hand: it dials in the
 * endpoint's context, hangs up its calls, transfers them into its TRANSFER_CONTEXT. So every right is asked by the dialplan, as for
 * keys, and a program that was tampered with gains nothing.
 *
 * It must never touch a channel of another telephone, run an application with a program's text, or show more of a call than the
 * telephone itself shows.
 */

#include "seats.h"

#include <asterisk/astdb.h>
#include <asterisk/bridge.h>
#include <asterisk/format_cache.h>
#include <asterisk/format_cap.h>
#include <asterisk/manager.h>

#define DIGITS_SIZE 33
#define RING_MS 30000
#define FORWARD_MS 10000
#define DIALLED "LW_PROGRAM_DIALLED"

static int is_dialled(const char *digits)
{
	return is_made_of(digits, DIGITS_SIZE, "0123456789*#+");
}

/*! A call of this telephone by its unique ID, with a reference. \retval NULL it has none of that ID */
static struct ast_channel *call_of(const struct seat *seat, const char *id)
{
	struct ast_channel *chan = is_made_of(id, 64, "0123456789.") ? ast_channel_get_by_name(id) : NULL;
	int own;

	if (!chan) {
		return NULL;
	}
	ast_channel_lock(chan);
	own = !strcmp(ast_channel_uniqueid(chan), id) && is_channel_of(ast_channel_name(chan), seat->endpoint);
	ast_channel_unlock(chan);
	return own ? chan : ast_channel_unref(chan);
}

static struct ast_format_cap *speech(void)
{
	struct ast_format_cap *formats = ast_format_cap_alloc(AST_FORMAT_CAP_FLAG_DEFAULT);

	if (formats) {
		ast_format_cap_append(formats, ast_format_slin, 0);
	}
	return formats;
}

static void add(struct ast_variable **list, const char *name, const char *value)
{
	struct ast_variable *variable = *value ? ast_variable_new(name, value, "") : NULL;

	if (variable) {
		variable->next = *list;
		*list = variable;
	}
}

/*! Rings the telephone and, once it is taken up, dials as its keys would. */
static const char *do_dial(const struct seat *seat, const struct message *m)
{
	const char *digits = astman_get_header(m, "Digits");
	struct ast_format_cap *formats;
	struct ast_variable *variables = NULL;
	int failed, reason = 0;

	if (!is_dialled(digits)) {
		return "Digits are expected";
	}
	if (!(formats = speech())) {
		return "out of memory";
	}
	add(&variables, DIALLED, digits);
	failed = ast_pbx_outgoing_exten("PJSIP", formats, seat->endpoint, RING_MS, seat->context, digits, 1, &reason,
		AST_OUTGOING_NO_WAIT, NULL, NULL, variables, NULL, NULL, 0, NULL);
	ast_variables_destroy(variables);
	ao2_ref(formats, -1);
	return failed ? "the telephone cannot be called" : NULL;
}

/*!
 * Dials a code that changes a forwarding, without ringing the telephone: a Local channel with what pjsip.conf sets for the
 * telephone's own channels. The dialplan answers it where the change was made.
 */
static const char *do_forward(const struct seat *seat, const struct message *m)
{
	const char *digits = astman_get_header(m, "Digits");
	char answer[4 * SEAT_SIZE], place[DIGITS_SIZE + SEAT_SIZE + 2], *function = answer;
	struct ast_format_cap *formats;
	struct ast_variable *variables = NULL;
	int failed, reason = 0;

	if (!is_dialled(digits)) {
		return "Digits are expected";
	}
	if (ask_function(answer, sizeof(answer), "LINEWARDEN_DIAL(%s,%s)", seat->person, digits)) {
		return "no rights are in force";
	}
	strsep(&function, ",");
	function = S_OR(strsep(&function, ","), "");
	if (strcmp(function, "forward_set") && strcmp(function, "forward_toggle")) {
		return "this is no code of a forwarding";
	}
	if (!(formats = speech())) {
		return "out of memory";
	}
	add(&variables, "LINEWARDEN_DOMAIN", seat->domain);
	add(&variables, "LINEWARDEN_ACTOR", seat->actor);
	add(&variables, "LINEWARDEN_LOCATION", seat->location);
	add(&variables, "LW_COMPANY", seat->company);
	snprintf(place, sizeof(place), "%s@%s/n", digits, seat->context);
	failed = ast_pbx_outgoing_app("Local", formats, place, FORWARD_MS, "Wait", "1", &reason, AST_OUTGOING_WAIT, NULL, NULL, variables,
		NULL, NULL, NULL);
	ast_variables_destroy(variables);
	ao2_ref(formats, -1);
	return failed || reason != AST_CONTROL_ANSWER ? "refused by the dialplan" : NULL;
}

static const char *do_hangup(const struct seat *seat, const struct message *m)
{
	struct ast_channel *chan = call_of(seat, astman_get_header(m, "Call"));

	if (!chan) {
		return "this telephone has no such call";
	}
	ast_channel_lock(chan);
	ast_softhangup(chan, AST_SOFTHANGUP_EXPLICIT);
	ast_channel_unlock(chan);
	ast_channel_unref(chan);
	return NULL;
}

static const char *do_transfer(const struct seat *seat, const struct message *m)
{
	const char *digits = astman_get_header(m, "Digits");
	struct ast_channel *chan;
	enum ast_transfer_result result;

	if (!is_dialled(digits)) {
		return "Digits are expected";
	}
	if (ast_strlen_zero(seat->transfers)) {
		return "the telephone has no TRANSFER_CONTEXT";
	}
	if (!(chan = call_of(seat, astman_get_header(m, "Call")))) {
		return "this telephone has no such call";
	}
	result = ast_bridge_transfer_blind(1, chan, digits, seat->transfers, NULL, NULL);
	ast_channel_unref(chan);
	return result == AST_BRIDGE_TRANSFER_SUCCESS ? NULL : "the call cannot be transferred";
}

/*! Joins the partners of two calls of this telephone. Both calls are its own, as where it sends REFER with Replaces. */
static const char *do_join(const struct seat *seat, const struct message *m)
{
	struct ast_channel *first = call_of(seat, astman_get_header(m, "Call"));
	struct ast_channel *second = call_of(seat, astman_get_header(m, "Other"));
	const char *fault = "this telephone has no such call";

	if (first && second && first != second) {
		fault = ast_bridge_transfer_attended(first, second) == AST_BRIDGE_TRANSFER_SUCCESS ? NULL : "the calls cannot be joined";
	}
	ast_channel_cleanup(first);
	ast_channel_cleanup(second);
	return fault;
}

static void begin_answer(struct mansession *s, const struct message *m)
{
	const char *id = astman_get_header(m, "ActionID");

	astman_append(s, "Response: Success\r\n");
	if (!ast_strlen_zero(id)) {
		astman_append(s, "ActionID: %s\r\n", id);
	}
}

/*! The telephone that is asked about: that of `Line`, or the program's own. \retval -1 it is not there, or of another company */
static int asked_about(const struct seat *seat, const struct message *m, struct seat *other)
{
	const char *endpoint = astman_get_header(m, "Line");

	return seat_find(other, S_OR(endpoint, seat->endpoint)) || strcmp(other->domain, seat->domain) ? -1 : 0;
}

/*! The calls of a telephone, for who may see its lamp. */
static const char *do_calls(struct mansession *s, const struct seat *seat, const struct message *m)
{
	struct seat other;

	if (asked_about(seat, m, &other) || (strcmp(seat->endpoint, other.endpoint) && !seat_may(seat, "line.busy.read", &other))) {
		return "no right to see the calls of this telephone";
	}
	begin_answer(s, m);
	views_write(s, seat, &other);
	astman_append(s, "\r\n");
	return NULL;
}

/*! Whether a telephone's line is forwarded, and where to. */
static const char *do_forwarding(struct mansession *s, const struct seat *seat, const struct message *m)
{
	struct seat other;
	char target[DIGITS_SIZE] = "", answer[16], key[sizeof(other.person) + 16];
	const char *right[] = { "forwarding.state.read", "forwarding.target.read" };
	int may[2], i;

	if (asked_about(seat, m, &other) || !*seat->person || !*other.person) {
		return "no right to see this forwarding";
	}
	for (i = 0; i < 2; i++) {
		may[i] = !ask_function(answer, sizeof(answer), "LINEWARDEN(%s,%s,%s,%d,%s)", right[i], seat->person, other.person, other.line,
			seat->domain) && !strcmp(answer, "1");
	}
	if (!may[0]) {
		return "no right to see this forwarding";
	}
	snprintf(key, sizeof(key), "%s/%d", other.person, other.line);
	if (ast_db_get("linewarden/forward", key, target, sizeof(target)) || !is_dialled(target)) {
		target[0] = '\0';
	}
	begin_answer(s, m);
	astman_append(s, "Forwarded: %d\r\nDestination: %s\r\n\r\n", *target ? 1 : 0, may[1] ? target : "");
	return NULL;
}

static int telephone_action(struct mansession *s, const struct message *m)
{
	static const struct {
		const char *name;
		const char *(*act)(const struct seat *seat, const struct message *m);
		const char *(*show)(struct mansession *s, const struct seat *seat, const struct message *m);
	} all[] = {
		{ "dial", do_dial, NULL }, { "forward", do_forward, NULL }, { "hangup", do_hangup, NULL }, { "transfer", do_transfer, NULL },
		{ "join", do_join, NULL }, { "calls", NULL, do_calls }, { "forwarding", NULL, do_forwarding },
	};
	const char *what = astman_get_header(m, "Do"), *fault = "what to do is not known";
	struct seat seat;
	size_t i;

	if (seat_open(&seat, astman_get_header(m, "Telephone"), astman_get_header(m, "Key"))) {
		astman_send_error(s, m, "the telephone or its key is wrong");
		return 0;
	}
	for (i = 0; i < ARRAY_LEN(all) && strcmp(all[i].name, what); i++) {
	}
	if (i < ARRAY_LEN(all)) {
		fault = all[i].act ? all[i].act(&seat, m) : all[i].show(s, &seat, m);
	}
	if (fault) {
		ast_verb(4, "linewarden: %s: a program's `%s` is refused: %s\n", seat.endpoint, i < ARRAY_LEN(all) ? what : "?", fault);
		astman_send_error_va(s, m, "%s", fault);
	} else if (all[i].act) {
		astman_send_ack(s, m, "done");
	}
	return 0;
}

int programs_register(void)
{
	return ast_manager_register_xml("LinewardenTelephone", EVENT_FLAG_USER, telephone_action);
}

void programs_unregister(void)
{
	ast_manager_unregister("LinewardenTelephone");
}
