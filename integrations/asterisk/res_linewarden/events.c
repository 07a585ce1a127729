/*
 * events.c - events of refusals, revisions and faults in the manager interface.
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
