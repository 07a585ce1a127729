/*
 * names.c - names in safe characters.
 *
 * A directory may call a user `anna,230`, and a dialplan takes a comma for the end of an argument, `&` for the end of a mark,
 * `@` for a context. So whatever the module hands to a dialplan is made of letters, digits and `._-`, with `/` between a
 * domain and a name and `:` behind `team`. A name with anything else is written as `~` and its bytes in hexadecimal. Two names
 * never have the same safe text.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

#include <asterisk/options.h>

#define SAFE "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

char *printable(char *text)
{
	char *at;
	int good = ast_json_utf8_check(text);

	for (at = text; *at; at++) {
		if ((unsigned char) *at < ' ' || *at == 127 || (!good && (unsigned char) *at > 127)) {
			*at = '?';
		}
	}
	return text;
}

char *masked(char *text)
{
	char *at = strncasecmp(text, "sip:", 4) ? strchr(text, '/') : NULL;

	if (option_debug > 0) {
		return text;
	}
	at = at ? at + 1 : text;
	if (*at) {
		at++;
	}
	for (; *at; at++) {
		*at = '*';
	}
	return text;
}

void append_safe(struct ast_str **out, const char *name)
{
	if (!ast_strlen_zero(name) && strspn(name, SAFE) == strlen(name)) {
		ast_str_append(out, 0, "%s", name);
		return;
	}
	ast_str_append(out, 0, "~");
	for (; *name; name++) {
		ast_str_append(out, 0, "%02x", (unsigned char) *name);
	}
}

/*! How much of a name is its kind, such as `team:`. No user's name has a colon. */
static size_t kind_length(const char *name)
{
	static const char *const kinds[] = { "team:", "location:", "device:" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!strncasecmp(name, kinds[i], strlen(kinds[i]))) {
			return strlen(kinds[i]);
		}
	}
	return 0;
}

void append_party(struct ast_str **out, const lw_engine *engine, lw_party party)
{
	char *domain = lw_party_domain(engine, party);
	char *text = lw_text(engine, party);

	if (domain && text) {
		size_t kind = kind_length(text);

		append_safe(out, domain);
		ast_str_append(out, 0, "/%.*s", (int) kind, text);
		append_safe(out, text + kind);
	}
	lw_string_free(domain);
	lw_string_free(text);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*! One part of a name, of `length` bytes, appended at *plain. */
static int part_plain(const char *part, size_t length, char **plain, const char *end)
{
	size_t i;

	if (!length || *part != '~' || length % 2 == 0) {
		if ((size_t) (end - *plain) <= length) {
			return -1;
		}
		memcpy(*plain, part, length);
		*plain += length;
		return 0;
	}
	if ((size_t) (end - *plain) <= length / 2) {
		return -1;
	}
	for (i = 1; i < length; i += 2) {
		int high = digit(part[i]), low = digit(part[i + 1]), byte = 16 * high + low;

		/* A byte that no name has would name something else where it is taken apart again. */
		if (high < 0 || low < 0 || byte < ' ' || byte == 127 || byte == '/') {
			return -1;
		}
		*(*plain)++ = byte;
	}
	return 0;
}

int name_plain(const char *text, char *plain, size_t size)
{
	const char *end = plain + size, *slash;
	size_t kind;

	if (!strchr(text, '~')) {
		if (strlen(text) >= size) {
			return -1;
		}
		strcpy(plain, text); /* Safe */
		return 0;
	}
	slash = strncasecmp(text, "sip:", 4) ? strchr(text, '/') : NULL;
	if (slash) {
		if (part_plain(text, slash - text, &plain, end) || end - plain < 2) {
			return -1;
		}
		*plain++ = '/';
		text = slash + 1;
	}
	kind = kind_length(text);
	if ((size_t) (end - plain) <= kind) {
		return -1;
	}
	memcpy(plain, text, kind);
	plain += kind;
	if (part_plain(text + kind, strlen(text + kind), &plain, end)) {
		return -1;
	}
	*plain = '\0';
	return 0;
}
