/*
 * manager.c - the manager interface: actions, and events of refusals, revisions and faults.
 *
 * No text from outside makes lines of its own in an event.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

AST_MUTEX_DEFINE_STATIC(event_lock);
static time_t event_second;
static unsigned int event_count, event_suppressed;

/*!
 * Publishes an event as a JSON message of stasis. The fields' texts must be printable: a value with a line's end is two lines.
 */
static void publish(const char *name, int class, struct ast_json *fields)
{
	if (!fields) {
		ast_log(LOG_ERROR, "no memory for the event %s\n", name);
		return;
	}
	ast_manager_publish_event(name, class, fields);
	ast_json_unref(fields);
}

void event_refused(struct ast_channel *chan, const struct source *source, const char *right, const char *actor,
	const char *target, const char *reason)
{
	time_t now = time(NULL);
	unsigned int suppressed = 0;
	int send;

	COUNT(counters.refusals);
	ast_mutex_lock(&event_lock);
	if (now != event_second) {
		event_second = now;
		event_count = 0;
	}
	send = event_count < source->refusal_events;
	if (send) {
		event_count++;
		suppressed = event_suppressed;
		event_suppressed = 0;
	} else {
		event_suppressed++;
	}
	ast_mutex_unlock(&event_lock);
	if (send) {
		publish("LinewardenRefusal", EVENT_FLAG_SECURITY, ast_json_pack("{s: s, s: s, s: s, s: s, s: s, s: i}",
			"Channel", chan ? ast_channel_name(chan) : "",
			"Right", printable(ast_strdupa(right)),
			"Actor", printable(ast_strdupa(actor)),
			"Target", printable(ast_strdupa(target)),
			"Reason", reason,
			"Suppressed", (int) suppressed));
	}
}
void event_revision(unsigned long long revision, unsigned long long revisions, int lamps, int changed)
{
	publish("LinewardenRevision", EVENT_FLAG_SYSTEM, ast_json_pack("{s: I, s: I, s: i, s: i}",
		"Revision", (ast_json_int_t) revision,
		"Revisions", (ast_json_int_t) revisions,
		"Lamps", lamps,
		"Changed", changed));
}

void event_fault(unsigned long long revision, const char *message)
{
	char line[512];
	char *end;

	ast_copy_string(line, message, sizeof(line));
	if ((end = strpbrk(line, "\r\n"))) {
		*end = '\0';
	}
	publish("LinewardenFault", EVENT_FLAG_SYSTEM, ast_json_pack("{s: I, s: s}",
		"Revision", (ast_json_int_t) revision,
		"Message", printable(line)));
}

static int manager_check(struct mansession *s, const struct message *m)
{
	const char *id = astman_get_header(m, "ActionID");
	struct question question = {
		astman_get_header(m, "Right"), astman_get_header(m, "Actor"), astman_get_header(m, "Target"),
		astman_get_header(m, "Line"), astman_get_header(m, "Domain"),
	};
	struct answer answer;

	if (ast_strlen_zero(question.right) || ast_strlen_zero(question.actor) || ast_strlen_zero(question.target)) {
		astman_send_error(s, m, "Right, Actor and Target are expected");
		return 0;
	}
	ask(NULL, &question, 1, &answer);
	astman_append(s, "Response: Success\r\n");
	if (!ast_strlen_zero(id)) {
		astman_append(s, "ActionID: %s\r\n", id);
	}
	astman_append(s, "Allowed: %d\r\nReason: %s\r\nRevision: %llu\r\n\r\n", answer.allowed, answer.reason,
		(unsigned long long) answer.revision);
	return 0;
}

static int manager_reload(struct mansession *s, const struct message *m)
{
	struct ast_str *report = ast_str_create(256);
	char *end;

	if (!report) {
		astman_send_error(s, m, "out of memory");
		return 0;
	}
	if (source_reload(&report)) {
		if ((end = strpbrk(ast_str_buffer(report), "\r\n"))) {
			*end = '\0';
		}
		astman_send_error_va(s, m, "%s", ast_str_buffer(report));
	} else {
		ast_trim_blanks(ast_str_buffer(report));
		astman_send_ack(s, m, ast_str_buffer(report));
	}
	ast_free(report);
	return 0;
}

int manager_register_all(void)
{
	return ast_manager_register_xml("LinewardenCheck", EVENT_FLAG_REPORTING, manager_check)
		| ast_manager_register_xml("LinewardenReload", EVENT_FLAG_SYSTEM | EVENT_FLAG_CONFIG, manager_reload);
}

int manager_unregister_all(void)
{
	return ast_manager_unregister("LinewardenCheck") | ast_manager_unregister("LinewardenReload");
}
