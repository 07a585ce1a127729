/*
 * manager.c - the actions of the manager interface.
 *
 * None of them can give a right.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

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
	if (reload_rights(&report)) {
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
