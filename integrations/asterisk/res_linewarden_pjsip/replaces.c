/*
 * replaces.c - a telephone must not take, or be joined with, a call of another one by naming it (Replaces, RFC 3891).
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * chan_pjsip carries such requests out past the dialplan: an INVITE with Replaces picks up a ringing call or takes over one that
 * is answered, and a REFER whose Refer-To has Replaces joins the telephone's call with any other. It asks only whether the ids are
 * right. So:
 *
 * - An INVITE with Replaces is refused, by whichever endpoint. Neither the right nor who may be shown is known here; pickup codes
 *   are asked about in the dialplan. The call that was named goes on.
 * - A REFER may name calls of the telephone that sends it, or of the same person at another telephone. With another one's call in
 *   it, it is refused.
 *
 * It must never let such a request through because it reads it in another way than pjsip does: it looks for what pjsip would have to
 * find, the id of another telephone's call, however the rest is written. And it must never end a call.
 */

#include "pjsip_private.h"

#include <asterisk/res_pjsip.h>
#include <asterisk/res_pjsip_session.h>
#include <asterisk/sorcery.h>

/*! How long an unload waits for sessions that are not counted yet. */
#define GRACE_US 200000

/*! Sessions that have a copy of the supplements below. */
static int sessions;

static void session_begin(struct ast_sip_session *session)
{
	ast_atomic_add_fetch(&sessions, 1, __ATOMIC_SEQ_CST);
}

static void session_destroy(struct ast_sip_session *session)
{
	ast_atomic_sub_fetch(&sessions, 1, __ATOMIC_SEQ_CST);
}

static const char *endpoint_of(const struct ast_sip_session *session)
{
	return session && session->endpoint ? S_OR(ast_sorcery_object_get_id(session->endpoint), "") : "";
}

/*! Undoes percent-encoding once, as pjsip does. No zero byte: it would hide what stands behind it. */
static void decode(char *text)
{
	char *out = text;
	unsigned int byte;

	while (*text) {
		if (*text == '%' && isxdigit((unsigned char) text[1]) && isxdigit((unsigned char) text[2])
			&& sscanf(text + 1, "%2x", &byte) == 1) {
			*out++ = byte ? byte : '?';
			text += 3;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/*! Whether an id stands in a text as a whole. */
static int holds(const char *text, const char *id)
{
	size_t length = strlen(id);
	const char *at;

	for (at = text; length && (at = strcasestr(at, id)); at++) {
		if ((at == text || !isalnum((unsigned char) at[-1])) && !isalnum((unsigned char) at[length])) {
			return 1;
		}
	}
	return 0;
}

/*! Who is proven to be at the telephone behind a channel; nothing where it is not known. */
static void person_at(const char *channel, char *person, size_t size)
{
	char question[AST_CHANNEL_NAME + 32];

	snprintf(question, sizeof(question), "LINEWARDEN_HERE(%s)", channel);
	if (strpbrk(channel, "(),") || ast_func_read(NULL, question, person, size) || *person == ',') {
		*person = '\0';
	}
}

static int same_person(const char *channel, const char *other)
{
	char here[NAME_SIZE * 4], there[NAME_SIZE * 4];

	person_at(channel, here, sizeof(here));
	person_at(other, there, sizeof(there));
	return *here && !strcmp(here, there);
}

/*! Whether one of these texts names a call that is neither this telephone's nor its person's. */
static int names_another(struct ast_sip_session *session, const char *raw, const char *decoded)
{
	struct ast_channel_iterator *all = ast_channel_iterator_all_new();
	const char *own = ast_strdupa(endpoint_of(session));
	char *channel = ast_strdupa(session->channel ? ast_channel_name(session->channel) : "");
	struct ast_channel *other;
	int found = 0;

	if (!all) {
		return 1;
	}
	while (!found && (other = ast_channel_iterator_next(all))) {
		char name[AST_CHANNEL_NAME] = "";

		ast_channel_lock(other);
		if (!strcmp(ast_channel_tech(other)->type, "PJSIP") && ast_channel_tech(other)->get_pvt_uniqueid
			&& ast_channel_tech_pvt(other)) {
			const struct ast_sip_channel_pvt *pvt = ast_channel_tech_pvt(other);
			const char *id = S_OR(ast_channel_tech(other)->get_pvt_uniqueid(other), "");

			if (strcmp(endpoint_of(pvt->session), own) && (holds(raw, id) || holds(decoded, id))) {
				ast_copy_string(name, ast_channel_name(other), sizeof(name));
			}
		}
		ast_channel_unlock(other);
		found = name[0] && !same_person(channel, name);
		ast_channel_unref(other);
	}
	ast_channel_iterator_destroy(all);
	return found;
}

static int incoming_invite(struct ast_sip_session *session, pjsip_rx_data *rdata)
{
	static const pj_str_t replaces = { "Replaces", 8 };

	/* Where pjsip has read the header, this is its first part, the call's id; where it has not, the whole. */
	if (!ast_sip_rdata_get_header_value(rdata, replaces)) {
		return 0;
	}
	ast_verb(4, "linewarden: refused an INVITE with Replaces by %s\n", endpoint_of(session));
	/* Within a call pjsip answers by itself, and the call goes on. */
	if (!session->channel) {
		ast_sip_session_terminate(session, 403);
	}
	return 1;
}

/*! Whether the header of that name asks to join a call of another telephone. */
static int refers_to_another(struct ast_sip_session *session, pjsip_rx_data *rdata, const char *name)
{
	pj_str_t header = { (char *) name, strlen(name) };
	const char *raw = ast_sip_rdata_get_header_value(rdata, header);
	char *decoded;
	int another;

	if (!raw) {
		return 0;
	}
	if (!(decoded = ast_strdup(raw))) {
		return 1;
	}
	decode(decoded);
	another = strcasestr(decoded, "Replaces") && names_another(session, raw, decoded);
	ast_free(decoded);
	return another;
}

static int incoming_refer(struct ast_sip_session *session, pjsip_rx_data *rdata)
{
	/* Asterisk takes the first of either form: none may ask for it. */
	int another = refers_to_another(session, rdata, "Refer-To") || refers_to_another(session, rdata, "r");
	pjsip_dialog *dialog;

	if (!another) {
		return 0;
	}
	ast_verb(4, "linewarden: refused a REFER by %s into a call of another telephone\n", endpoint_of(session));
	if ((dialog = pjsip_rdata_get_dlg(rdata))) {
		pjsip_dlg_respond(dialog, rdata, 403, NULL, NULL, NULL);
	}
	return 1;
}

/* Before chan_pjsip makes a channel and res_pjsip_refer carries the request out. */
static struct ast_sip_session_supplement invite = {
	.method = "INVITE",
	.priority = AST_SIP_SUPPLEMENT_PRIORITY_FIRST,
	.session_begin = session_begin,
	.session_destroy = session_destroy,
	.incoming_request = incoming_invite,
};

static struct ast_sip_session_supplement refer = {
	.method = "REFER",
	.priority = AST_SIP_SUPPLEMENT_PRIORITY_FIRST,
	.session_begin = session_begin,
	.session_destroy = session_destroy,
	.incoming_request = incoming_refer,
};

void replaces_register(void)
{
	ast_sip_session_register_supplement(&invite);
	ast_sip_session_register_supplement(&refer);
	texts_register();
}

int replaces_unregister(void)
{
	ast_sip_session_unregister_supplement(&invite);
	ast_sip_session_unregister_supplement(&refer);
	texts_unregister();
	/* A session copies the supplements, and counts itself a moment later. */
	usleep(GRACE_US);
	if (ast_atomic_add_fetch(&sessions, 0, __ATOMIC_SEQ_CST)) {
		ast_log(LOG_WARNING, "SIP sessions that began with this module still last: not unloaded\n");
		replaces_register();
		return -1;
	}
	return 0;
}
