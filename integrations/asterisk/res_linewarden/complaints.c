/*
 * complaints.c - what is said once, and what is counted.
 *
 * A question that is asked wrongly on every call makes one line in the log, and not one a call.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

/*! More complaints than this are not made at all. */
#define COMPLAINTS 1000

struct counters counters;

static struct ao2_container *complaints;

int complaints_open(void)
{
	complaints = ast_str_container_alloc(97);
	return complaints ? 0 : -1;
}

void complaints_close(void)
{
	ao2_cleanup(complaints);
	complaints = NULL;
}

void complain(const char *format, ...)
{
	char text[1024];
	char *known;
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	printable(text);
	if (!complaints || ao2_container_count(complaints) >= COMPLAINTS) {
		return;
	}
	ao2_lock(complaints);
	known = ao2_find(complaints, text, OBJ_SEARCH_KEY | OBJ_NOLOCK);
	if (!known) {
		ast_str_container_add(complaints, text);
	}
	ao2_unlock(complaints);
	if (known) {
		ao2_ref(known, -1);
		return;
	}
	ast_log(LOG_WARNING, "%s (said once)\n", text);
}

void complaints_clear(void)
{
	ao2_callback(complaints, OBJ_UNLINK | OBJ_NODATA | OBJ_MULTIPLE, NULL, NULL);
}
