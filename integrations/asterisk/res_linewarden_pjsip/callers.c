/*
 * callers.c - shows the caller at a busy lamp to those who may see the number.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Asterisk's dialog-info takes the caller from the ringing channel of the device that a hint names. The device of a lamp is
 * res_linewarden's and has no channel, so such a lamp shows no caller to anybody. Here <remote> is added to the body of one
 * subscription: the hint's name says whose lamp it is, and LINEWARDEN(call.number_incoming.read,...) whether they may.
 *
 * It must never add anything where that answer was not 1, nor show a number that its owner hides.
 */

#include "pjsip_private.h"

#include <asterisk/callerid.h>
#include <asterisk/devicestate.h>
#include <asterisk/res_pjsip_body_generator_types.h>
#include <asterisk/res_pjsip_presence_xml.h>
#include <asterisk/res_pjsip_pubsub.h>

#define PROVIDER "Linewarden:"
#define LAMP_SIZE 1024

/*! What a lamp's name says: Linewarden:domain|actor|target|technology|device. */
struct lamp {
	char text[LAMP_SIZE];
	char *domain, *actor, *target;
	/*! The beginning of its channels' names, such as PJSIP/acme-100-. */
	char channels[LAMP_SIZE];
};

static int lamp_read(struct lamp *lamp, const char *device)
{
	char *rest = lamp->text, *technology;

	if (strncasecmp(device, PROVIDER, strlen(PROVIDER)) || strlen(device) >= sizeof(lamp->text)) {
		return -1;
	}
	ast_copy_string(lamp->text, device + strlen(PROVIDER), sizeof(lamp->text));
	lamp->domain = strsep(&rest, "|");
	lamp->actor = strsep(&rest, "|");
	lamp->target = strsep(&rest, "|");
	technology = strsep(&rest, "|");
	if (ast_strlen_zero(rest) || ast_strlen_zero(lamp->actor) || ast_strlen_zero(lamp->target)) {
		return -1;
	}
	/* A comma would end an argument of the function: such a name is asked about in its safe text only. */
	if (strchr(lamp->domain, ',') || strchr(lamp->actor, ',') || strchr(lamp->target, ',')) {
		return -1;
	}
	snprintf(lamp->channels, sizeof(lamp->channels), "%s/%s-", technology, rest);
	return 0;
}

/*! One of res_linewarden's functions, for no channel. \retval -1 it is not there */
static int ask(char *answer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int ask(char *answer, size_t size, const char *format, ...)
{
	char question[LAMP_SIZE + NAME_SIZE];
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(question, sizeof(question), format, list);
	va_end(list);
	return length < 0 || length >= (int) sizeof(question) ? -1 : ast_func_read(NULL, question, answer, size);
}

static int lamp_allowed(const struct lamp *lamp)
{
	char line[16] = "", answer[16] = "";

	/* The line that rings is the one that the hint names. Without one the right is asked for on all lines. */
	if (ask(line, sizeof(line), "LINEWARDEN_LINE(%s,%s)", lamp->target, lamp->domain)) {
		return 0;
	}
	return !ask(answer, sizeof(answer), "LINEWARDEN(call.number_incoming.read,%s,%s,%s,%s,none)", lamp->actor, lamp->target, line,
		lamp->domain) && !strcmp(answer, "1");
}

/*! Whether a part of an identity may be shown: not hidden, or hidden by the dialplan until a right opens it. */
static int can_be_shown(int presentation)
{
	return (presentation & AST_PRES_RESTRICTION) == AST_PRES_ALLOWED
		|| presentation == AST_PRES_PROHIB_USER_NUMBER_PASSED_SCREEN;
}

/*! Whether a channel is the device's: after the device's whole name there is a hyphen and the channel's number, with no other in it. */
static int is_of(const struct lamp *lamp, const char *channel)
{
	size_t length = strlen(lamp->channels);

	return !strncmp(channel, lamp->channels, length) && !strchr(channel + length, '-');
}

/*! Who calls the device: the caller of its oldest ringing channel. \retval -1 none, or hidden */
static int caller_of(const struct lamp *lamp, char *number, char *name)
{
	struct ast_channel_iterator *all = ast_channel_iterator_by_name_new(lamp->channels, strlen(lamp->channels));
	struct ast_channel *chan;
	struct timeval since = { 0, };

	number[0] = name[0] = '\0';
	if (!all) {
		return -1;
	}
	while ((chan = ast_channel_iterator_next(all))) {
		ast_channel_lock(chan);
		if (ast_channel_state(chan) == AST_STATE_RINGING && is_of(lamp, ast_channel_name(chan))
			&& (ast_tvzero(since) || ast_tvcmp(ast_channel_creationtime(chan), since) < 0)) {
			const struct ast_party_id *id = &ast_channel_connected(chan)->id;

			since = ast_channel_creationtime(chan);
			number[0] = name[0] = '\0';
			if (id->number.valid && can_be_shown(id->number.presentation)) {
				ast_copy_string(number, S_OR(id->number.str, ""), NAME_SIZE);
			}
			if (number[0] && id->name.valid && can_be_shown(id->name.presentation)) {
				ast_copy_string(name, S_OR(id->name.str, ""), NAME_SIZE);
			}
		}
		ast_channel_unlock(chan);
		ast_channel_unref(chan);
	}
	ast_channel_iterator_destroy(all);
	return number[0] ? 0 : -1;
}

/*! Adds <remote> as Asterisk does where it finds a channel. */
static void add_remote(pj_pool_t *pool, pj_xml_node *dialog, const char *local, const char *number, const char *name)
{
	char host[PJSIP_MAX_URL_SIZE] = "", uri[PJSIP_MAX_URL_SIZE], encoded[NAME_SIZE], clean[PJSIP_MAX_URL_SIZE];
	const char *at = strchr(local, '@');
	pj_xml_node *remote, *identity, *target;

	ast_copy_string(host, at ? at + 1 : "localhost", sizeof(host));
	host[strcspn(host, ">;?: ")] = '\0';
	ast_uri_encode(number, encoded, sizeof(encoded), ast_uri_sip_user);
	snprintf(uri, sizeof(uri), "sip:%s@%s", encoded, host);
	ast_sip_sanitize_xml(uri, clean, sizeof(clean));
	remote = ast_sip_presence_xml_create_node(pool, dialog, "remote");
	identity = ast_sip_presence_xml_create_node(pool, remote, "identity");
	target = ast_sip_presence_xml_create_node(pool, remote, "target");
	pj_strdup2(pool, &identity->content, clean);
	ast_sip_presence_xml_create_attr(pool, target, "uri", clean);
	if (*name) {
		ast_sip_sanitize_xml(name, clean, sizeof(clean));
		ast_sip_presence_xml_create_attr(pool, identity, "display", clean);
	}
}

static int supplement(void *body, void *data)
{
	struct ast_sip_exten_state_data *state = data;
	struct ast_device_state_info *info;
	struct ao2_iterator all;
	struct lamp lamp;
	char number[NAME_SIZE], name[NAME_SIZE];

	if (!(state->exten_state & AST_EXTENSION_RINGING) || !state->device_state_info) {
		return 0;
	}
	all = ao2_iterator_init(state->device_state_info, 0);
	for (; (info = ao2_iterator_next(&all)); ao2_ref(info, -1)) {
		pj_xml_node *dialog = NULL;
		pj_xml_attr *attribute = NULL;

		if ((info->device_state != AST_DEVICE_RINGING && info->device_state != AST_DEVICE_RINGINUSE)
			|| lamp_read(&lamp, info->device_name) || !lamp_allowed(&lamp) || caller_of(&lamp, number, name)) {
			continue;
		}
		ast_sip_presence_xml_find_node_attr(state->pool, body, "dialog", "id", &dialog, &attribute);
		if (dialog) {
			add_remote(state->pool, dialog, state->local, number, name);
		}
		ao2_ref(info, -1);
		break;
	}
	ao2_iterator_destroy(&all);
	return 0;
}

static struct ast_sip_pubsub_body_supplement dialog_info = {
	.type = "application",
	.subtype = "dialog-info+xml",
	.supplement_body = supplement,
};

int callers_register(void)
{
	return ast_sip_pubsub_register_body_supplement(&dialog_info);
}

void callers_unregister(void)
{
	ast_sip_pubsub_unregister_body_supplement(&dialog_info);
}
