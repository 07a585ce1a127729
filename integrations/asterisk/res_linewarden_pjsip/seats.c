/*
 * seats.c - whose telephone a program may act as: by a key that is kept in astdb, and by what pjsip.conf says of the endpoint.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * It must never take a person from what a program says.
 */

#include "seats.h"

#include <asterisk/astdb.h>
#include <asterisk/res_pjsip.h>
#include <asterisk/sorcery.h>

#define KEY_SIZE 72
#define KEY_LEAST 20

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

int is_made_of(const char *text, size_t size, const char *characters)
{
	size_t length = strlen(text);

	return length > 0 && length < size && strspn(text, characters) == length;
}

/*! Takes as long for any wrong key, whatever of it is right. */
static int key_fits(const char *endpoint, const char *given)
{
	char stored[KEY_SIZE] = "", wanted[KEY_SIZE] = "", text[KEY_SIZE] = "";
	unsigned char different = 0;
	size_t i;

	if (ast_db_get("linewarden/key", endpoint, stored, sizeof(stored)) || strlen(stored) < KEY_LEAST || strlen(given) >= sizeof(text)) {
		return 0;
	}
	ast_copy_string(wanted, stored, sizeof(wanted));
	ast_copy_string(text, given, sizeof(text));
	for (i = 0; i < sizeof(wanted); i++) {
		different |= wanted[i] ^ text[i];
	}
	return !different;
}

/*! One of the endpoint's settings. Those that set_var names for its channels come by their own names. */
static void take_setting(struct seat *seat, const struct ast_variable *setting)
{
	static const struct {
		const char *name;
		size_t offset;
	} all[] = {
		{ "context", offsetof(struct seat, context) },
		{ "LINEWARDEN_DOMAIN", offsetof(struct seat, domain) },
		{ "LINEWARDEN_ACTOR", offsetof(struct seat, actor) },
		{ "LINEWARDEN_LOCATION", offsetof(struct seat, location) },
		{ "LW_COMPANY", offsetof(struct seat, company) },
		{ "TRANSFER_CONTEXT", offsetof(struct seat, transfers) },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(all); i++) {
		if (!strcmp(setting->name, all[i].name)) {
			ast_copy_string((char *) seat + all[i].offset, setting->value, SEAT_SIZE);
		}
	}
}

/*! Whose telephone it is: its owner, or who is logged in there now and may be. Asked of res_linewarden. */
static void find_person(struct seat *seat)
{
	char key[2 * SEAT_SIZE + 2], place[SEAT_SIZE] = "", answer[16] = "", line[16] = "";

	seat->person[0] = '\0';
	seat->line = 1;
	if (!ast_strlen_zero(seat->location)) {
		snprintf(key, sizeof(key), "%s/%s", seat->domain, seat->location);
		if (ast_db_get("linewarden/at", key, seat->person, sizeof(seat->person)) || ast_strlen_zero(seat->person)
			|| ast_db_get("linewarden/place", seat->person, place, sizeof(place)) || strcmp(place, seat->location)
			|| ask_function(answer, sizeof(answer), "LINEWARDEN(location.login,%s,location:%s,,%s)", seat->person, seat->location, seat->domain)
			|| strcmp(answer, "1")) {
			seat->person[0] = '\0';
		}
		return;
	}
	if (ast_strlen_zero(seat->actor)
		|| ask_function(seat->person, sizeof(seat->person), "LINEWARDEN_PARTY(%s,%s)", seat->actor, seat->domain)) {
		seat->person[0] = '\0';
	}
	if (!ask_function(line, sizeof(line), "LINEWARDEN_LINE(%s,%s)", seat->actor, seat->domain) && atoi(line) > 0) {
		seat->line = atoi(line);
	}
}

int seat_find(struct seat *seat, const char *endpoint)
{
	struct ast_sorcery *sorcery = ast_sip_get_sorcery();
	struct ast_variable *settings, *setting;
	void *object;

	memset(seat, 0, sizeof(*seat));
	if (!is_made_of(endpoint, sizeof(seat->endpoint), letters) || !sorcery) {
		return -1;
	}
	if (!(object = ast_sorcery_retrieve_by_id(sorcery, "endpoint", endpoint))) {
		return -1;
	}
	ast_copy_string(seat->endpoint, endpoint, sizeof(seat->endpoint));
	settings = ast_sorcery_objectset_create2(sorcery, object, AST_HANDLER_PREFER_LIST);
	for (setting = settings; setting; setting = setting->next) {
		take_setting(seat, setting);
	}
	ast_variables_destroy(settings);
	ao2_ref(object, -1);
	/* A name with a comma or a bracket would be more than an argument. */
	if (!is_made_of(seat->domain, SEAT_SIZE, letters) || (*seat->actor && !is_made_of(seat->actor, SEAT_SIZE, letters))
		|| (*seat->location && !is_made_of(seat->location, SEAT_SIZE, letters))) {
		return -1;
	}
	find_person(seat);
	return 0;
}

int seat_open(struct seat *seat, const char *endpoint, const char *key)
{
	return seat_find(seat, endpoint) || !key_fits(endpoint, key) ? -1 : 0;
}

int ask_function(char *answer, size_t size, const char *format, ...)
{
	char question[4 * SEAT_SIZE];
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(question, sizeof(question), format, list);
	va_end(list);
	answer[0] = '\0';
	return length < 0 || length >= (int) sizeof(question) ? -1 : ast_func_read(NULL, question, answer, size);
}

int seat_may(const struct seat *seat, const char *right, const struct seat *other)
{
	char answer[16];

	return *seat->person && *other->person && !strcmp(seat->domain, other->domain)
		&& !ask_function(answer, sizeof(answer), "LINEWARDEN(%s,%s,%s,,%s)", right, seat->person, other->person, seat->domain)
		&& !strcmp(answer, "1");
}
