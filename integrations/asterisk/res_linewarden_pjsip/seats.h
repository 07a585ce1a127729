/*
 * seats.h - whose telephone a program may act as, and what it is shown: seats.c, views.c.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LINEWARDEN_PJSIP_SEATS_H
#define LINEWARDEN_PJSIP_SEATS_H

#include "pjsip_private.h"

#define SEAT_SIZE 256

/*! A telephone, with what pjsip.conf says of it. */
struct seat {
	char endpoint[80];
	char context[SEAT_SIZE];
	char transfers[SEAT_SIZE];
	char domain[SEAT_SIZE];
	char actor[SEAT_SIZE];
	char location[SEAT_SIZE];
	char company[SEAT_SIZE];
	/*! The person there, with domain; empty for none. */
	char person[4 * SEAT_SIZE];
	/*! Which of its owner's lines it is. */
	int line;
};

/*! Whether a text has at least one character, fits, and has none but these. */
int is_made_of(const char *text, size_t size, const char *characters);

/*! \retval -1 there is no such endpoint, or it belongs to no company */
int seat_find(struct seat *seat, const char *endpoint);

/*! The same, by the key in astdb. \retval -1 also for a wrong key, and where there is none */
int seat_open(struct seat *seat, const char *endpoint, const char *key);

/*! One of the dialplan's functions, for no channel. \retval -1 it is not there */
int ask_function(char *answer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/*! Whether the person at this telephone has a right that depends on no line on the one at the other. */
int seat_may(const struct seat *seat, const char *right, const struct seat *other);

/* ---- views.c ---- */

struct mansession;

/*! Whether a channel is the endpoint's: behind the whole name stands the channel's number and nothing else. */
int is_channel_of(const char *channel, const char *endpoint);

/*! Writes a line for each call of the other telephone, as the person at this one may see it. */
void views_write(struct mansession *s, const struct seat *seat, const struct seat *other);

#endif
