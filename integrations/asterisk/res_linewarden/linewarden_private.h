/*
 * linewarden_private.h - what the files of res_linewarden share. Nothing outside the module includes it.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LINEWARDEN_PRIVATE_H
#define LINEWARDEN_PRIVATE_H

#include <asterisk.h>

#include <asterisk/app.h>
#include <asterisk/astdb.h>
#include <asterisk/astobj2.h>
#include <asterisk/channel.h>
#include <asterisk/cli.h>
#include <asterisk/config.h>
#include <asterisk/devicestate.h>
#include <asterisk/features_config.h>
#include <asterisk/json.h>
#include <asterisk/lock.h>
#include <asterisk/logger.h>
#include <asterisk/manager.h>
#include <asterisk/module.h>
#include <asterisk/pbx.h>
#include <asterisk/pickup.h>
#include <asterisk/stasis.h>
#include <asterisk/strings.h>
#include <asterisk/utils.h>

#include <linewarden.h>

/*
 * The major these headers belong to. AMI's own major goes up by one with every Asterisk (2.8 in 13, 5.0 in 16, 11.0 in 22),
 * and unlike ASTERISK_VERSION_NUM it is in the headers of a distribution. Where that is wrong, define it.
 */
#ifndef LW_ASTERISK_MAJOR
#define LW_ASTERISK_MAJOR (atoi(AMI_VERSION) + 11)
#endif

#define PROVIDER "Linewarden"
#define DOMAIN_VARIABLE "LINEWARDEN_DOMAIN"
#define ACTOR_VARIABLE "LINEWARDEN_ACTOR"
#define LOCATION_VARIABLE "LINEWARDEN_LOCATION"
#define ROLE_VARIABLE "LINEWARDEN_ROLE"
#define DB_FAMILY "linewarden"
#define PJSIP_MODULE "res_linewarden_pjsip.so"
#define NAME_SIZE 256
/*! A party with its domain, each as text that a dialplan may handle: see names.c. */
#define SAFE_SIZE (4 * NAME_SIZE)

#define COUNT(counter) ast_atomic_fetch_add(&(counter), 1, __ATOMIC_RELAXED)

/*
 * No file uses what a later one of this list has: a function is declared below under the file that has it, and the files are
 * in that order. The functions of the dialplan themselves are called by Asterisk; functions.c, above all of them, registers them.
 */

/* ---- inside.c ---- */

/*! Calls that are inside a dialplan function now; see unload_module(). */
int inside_count(void);
void inside_enter(int *here);
void inside_leave(int *here);
#define INSIDE __attribute__((cleanup(inside_leave))) int here; inside_enter(&here)

/* ---- names.c ---- */

/*! Replaces what would make lines of its own in a log or an event, and what is no UTF-8. */
char *printable(char *text);

/*!
 * Hides what may be a telephone number or a person's name, for logs: of `acme.example/4711` it leaves `acme.example/4***`. With
 * `core set debug 1` nothing is hidden.
 */
char *masked(char *text);

/*! Appends a party with its domain, in safe characters only; nothing for party 0. */
void append_party(struct ast_str **out, const lw_engine *engine, lw_party party);

/*! Appends a name in safe characters only. */
void append_safe(struct ast_str **out, const char *name);

/*! Undoes append_party() and append_safe(); other text is copied. \retval -1 it is no safe text, or too long */
int name_plain(const char *text, char *plain, size_t size);

/* ---- complaints.c ---- */

struct counters {
	uint64_t questions;
	uint64_t lamp_questions;
	uint64_t refusals;
	uint64_t unknowns;
};

extern struct counters counters;

int complaints_open(void);
void complaints_close(void);
/*! Complaints are logged once each, until this. */
void complaints_clear(void);
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- bypass.c ---- */

/*! Whether features.conf hands a pickup code past the dialplan, and which. */
int pickup_passes_by(char *code, size_t len);

/*! Whether chan_pjsip carries out Replaces without a question, because res_linewarden_pjsip is not loaded. */
int replaces_pass_by(void);

/*! Whether chan_sip is loaded, which carries out Replaces without a question, and where nothing can refuse it. */
int chan_sip_passes_by(void);

/*! Says in the log what passes by. */
void warn_of_bypasses(void);

/* ---- source.c ---- */

/*! An engine. Closed when the last question that began with it has ended. */
struct engine {
	lw_engine *handle;
	/*! Notifies of revisions, and of dates that begin or end. Ended by reload.c, before `handle` can be closed. */
	lw_watcher *changes;
	/*! Other processes may change it; documents change by a reload. */
	int store;
	/*! The revision notified last. Only the thread of `changes` looks at it. */
	uint64_t notified;
};

/*! What is in force. Swapped whole, so that a question ends with the engine it began with. */
struct source {
	struct engine *opened;
	/*! The handle of `opened`. NULL where nothing could be loaded yet: everything is refused. */
	lw_engine *engine;
	/*! Refusals that raise an event, per second. */
	unsigned int refusal_events;
	/*! The default domain; empty for none. */
	char domain[NAME_SIZE];
	char path[PATH_MAX];
};

/*! What is in force, with a reference for the caller; NULL before the first load. */
struct source *source_get(void);

/*!
 * What the settings say now, with a reference for the caller; nothing is opened yet.
 * \param config the file they stand in, which the caller destroys where it is not NULL
 * \retval NULL they cannot be read
 */
struct source *source_new(struct ast_config **config);

/*! Opens what the settings name. \retval -1 with *error set, or out of memory */
int source_open(struct source *source, lw_error **error);

/*! From now on this is in force. */
void source_use(struct source *source);

/*! Nothing is in force any more. */
void source_drop(void);

/* ---- events.c ---- */

void event_refused(struct ast_channel *chan, const struct source *source, const char *right, const char *actor,
	const char *target, const char *reason);
void event_revision(unsigned long long revision, unsigned long long revisions, int lamps, int changed);
void event_fault(unsigned long long revision, const char *message);

/* ---- shadow.c ---- */

struct question;

/*! A party and one of its lines: 1, 2, or 3 for any further one; 0 where none is named. */
struct party_line {
	lw_party party;
	unsigned int line;
};

/*! The reason of what passes in shadow mode. */
#define SHADOW_REASON "shadow mode: it would be refused"

/*! Begins, keeps or ends shadow mode by [shadow] of linewarden.conf, which this reads. */
void shadow_reload(const struct source *source, struct ast_config *config);

/*!
 * Whether an answer that is no is let pass in shadow mode; then it has been written down.
 * \param actor, target 0 for a name that is unknown
 */
int shadow_passes(const struct source *source, const char *domain, const struct question *question, lw_right right,
	lw_party actor, lw_party target);

/*! The same for a pickup by two parties that are known. */
int shadow_passes_pickup(const struct source *source, lw_party actor, const struct party_line *whose);

/*! Says what shadow mode is doing. \retval 0 there is none */
int shadow_says(char *line, size_t size);

int shadow_open(void);
void shadow_close(void);

/* ---- question.c ---- */

struct question {
	const char *right;
	const char *actor;
	const char *target;
	const char *line;
	const char *domain;
	const char *role;
};

struct answer {
	int allowed;
	const char *reason;
	uint64_t revision;
};

/*! Whether a text is an address, alone, behind a domain, or in brackets with a display name. */
int is_outside(const char *text);

/*!
 * The domain a question belongs to; empty for "the only one". A channel that is tied to a domain by the channel variable
 * stays in it, whatever was dialled into the arguments.
 * \retval 0 the argument names another domain than the channel's
 */
int domain_of(struct ast_channel *chan, const struct source *source, const char *argument, char *domain, int *tied);

/*! Whether a text stays in the domain its channel is tied to. */
int stays(const char *text, const char *domain, int tied);

/*! The party a text names, plain or safe, without a complaint; 0 for none. */
lw_party party_find(const struct source *source, const char *domain, const char *text);

/*! The same within the channel's domain, with a complaint. */
lw_party party_of(const struct source *source, const char *domain, int tied, const char *text);

/*! Asks one question. The answer is a refusal first. \param why whether the reason of a yes is wanted, too */
void ask(struct ast_channel *chan, const struct question *question, int why, struct answer *answer);

/*!
 * The engine, and the party a text names on this channel, with complaints.
 * \retval 0 no such party, or no engine; source is held all the same and must be let go
 */
lw_party question_begin(struct ast_channel *chan, const char *text, const char *argument, struct source **source, char *domain,
	int *tied);

/*! Says a question with its answer at verbosity 4. */
void verbose_answer(struct ast_channel *chan, const struct question *question, const struct answer *answer,
	struct timespec began);

/* ---- pickup.c ---- */

/*!
 * Takes domain/party/line apart, the line being optional. No party where it is of another domain: there, the actor is an
 * outside contact, to whom its document may give rights, and its calls are not for them.
 * \return what stands behind the line; NULL for nothing
 */
char *party_line_read(const struct source *source, const char *domain, char *text, struct party_line *out);

/*!
 * Appends what rings now and may be picked up, ready for Pickup(), the longest first.
 * \param at only what rings there or is its own; NULL for everything
 * \param shadow whether shadow mode may let a call pass that the rights refuse; only with \a at
 * \param out may be NULL
 * \return how many marks
 */
size_t pickup_targets(const struct source *source, lw_party actor, const struct party_line *at, int shadow, struct ast_str **out);

/* ---- destination.c ---- */

int function_may_forward(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len);
int function_may_call(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len);

/*! Whether a forwarding that was dialled and refused is let pass in shadow mode, by its right and by where it leads. */
int forward_passes(const struct source *source, const char *domain, const char *actor_name, lw_party actor, const lw_dialled *dialled);

/* ---- telephones.c ---- */

int telephones_open(void);
void telephones_close(void);

/*!
 * Who is at the telephone behind a channel: its owner, or who is logged in at its location now and may be.
 * \retval 0 no person, or the channel is no telephone's
 */
lw_party person_at(const struct source *source, struct ast_channel *chan);

int function_here(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len);

/* ---- calls.c ---- */

int function_call(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len);

/* ---- pin.c ---- */

extern const char *const pin_application;
int pin_execute(struct ast_channel *chan, const char *data);

/* ---- lamps.c ---- */

int lamps_open(void);
/*! Answers Asterisk's questions for lamps from now on, and follows devices. */
int lamps_follow(void);
/*! Publishes every lamp dark; no lamp is lit or followed after this. */
void lamps_dark(void);
void lamps_close(void);
/*! Finds the lamps that the dialplan's hints name, and lets go of those whose hint has gone. */
void lamps_scan(int refresh);
/*! Refreshes the lamps whose answer has changed, and no other. \return how many */
int lamps_changed(void);
void lamps_count(int *all, int *lit);

/* ---- functions.c ---- */

/*! Registers the dialplan functions and the application. */
int functions_register(void);
/*! \retval non-zero one of them could not be taken out */
int functions_unregister(void);

/* ---- reload.c ---- */

/*!
 * Reads settings and documents again. On any failure what was in force stays in force.
 * \param report where to put a report for people; may be NULL
 */
int reload_rights(struct ast_str **report);

/*! Lets go of what is in force. No question may be inside. */
void reload_close(void);

/* ---- manager.c ---- */

int manager_register_all(void);
int manager_unregister_all(void);

/* ---- console.c ---- */

int console_register(void);
/*! \retval non-zero a command is running */
int console_unregister(void);

#endif
