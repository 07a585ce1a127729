/*
 * reload.c - rights are read again, and changes of a store are followed.
 *
 * A reload that fails leaves the old rights in force. No question ever waits for a reload.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

/*! One reload at a time. No question ever takes it. */
AST_MUTEX_DEFINE_STATIC(reload_lock);
/*! A reload of documents and what a date changes walk over the lamps one after the other. Never held where follow_end() waits. */
AST_MUTEX_DEFINE_STATIC(walk_lock);

/* ---- What changes by itself -------------------------------------------------------------------------------------------- */

/*!
 * Called for each revision that comes into force, and whenever a fact with dates begins or ends, in a thread of the library's. Several in
 * quick succession are one call, so that lamps are refreshed as often as Asterisk can, and no more often. Takes no lock that follow_end()
 * is called with.
 */
static void rights_changed(void *data, uint64_t revision)
{
	struct engine *opened = data;
	/* Documents are reloaded by reload_rights(), which has walked over the lamps and sent the event. */
	int reloaded = !opened->store && revision != opened->notified;
	unsigned long long revisions = revision > opened->notified ? revision - opened->notified : 1;
	int changed, lamps, lit;

	ast_mutex_lock(&walk_lock);
	changed = lamps_changed();
	ast_mutex_unlock(&walk_lock);
	opened->notified = revision;
	/* A date may have passed since that walk. */
	if (reloaded && !changed) {
		return;
	}
	lamps_count(&lamps, &lit);
	ast_verb(3, "linewarden: revision %llu, %d of %d lamps changed\n", (unsigned long long) revision, changed, lamps);
	event_revision(revision, revisions, lamps, changed);
}

/*! A store can be changed by others at any time. */
static int is_store(const lw_engine *engine)
{
	char *history = lw_history(engine, lw_revision(engine), 1);

	lw_string_free(history);
	return history != NULL;
}

/*! Every change after this is notified; what was in force before has to be looked at by the caller. */
static void follow(struct engine *opened)
{
	lw_error *error = NULL;

	opened->store = is_store(opened->handle);
	opened->notified = lw_revision(opened->handle);
	opened->changes = lw_on_revision(opened->handle, rights_changed, opened, &error);
	if (!opened->changes) {
		ast_log(LOG_ERROR, "%s: lamps follow changes of rights and dates only at a reload\n", lw_error_message(error));
		lw_error_free(error);
	}
}

/*!
 * Waits for a rights_changed() that is running. The caller holds a reference to `opened` meanwhile, so that it is not that
 * thread which closes the engine.
 */
static void follow_end(struct engine *opened)
{
	if (opened) {
		lw_watch_end(opened->changes);
		opened->changes = NULL;
	}
}

/* ---- Loading and reloading ------------------------------------------------------------------------------------------ */

static int fault(const struct source *old, const char *message, struct ast_str **report)
{
	uint64_t revision = old && old->engine ? lw_revision(old->engine) : 0;

	ast_log(LOG_ERROR, "%s\n", message);
	if (revision) {
		ast_log(LOG_ERROR, "the rights of revision %llu stay in force\n", (unsigned long long) revision);
	} else {
		ast_log(LOG_ERROR, "no rights are in force: everything is refused\n");
	}
	event_fault(revision, message);
	if (report) {
		ast_str_set(report, 0, "%s\n%s\n", message, revision ? "the old rights stay in force" : "everything is refused");
	}
	return -1;
}

int reload_rights(struct ast_str **report)
{
	struct source *old, *next;
	struct ast_config *config = NULL;
	lw_error *error = NULL;
	int known = 0, result = 0;

	ast_mutex_lock(&reload_lock);
	old = source_get();
	next = source_new(&config);
	if (!next) {
		result = fault(old, "the settings cannot be read", report);
	} else if (old && old->engine && !strcmp(old->path, next->path)) {
		ast_mutex_lock(&walk_lock);
		if (lw_reload(old->engine, &error) != LW_OK) {
			result = fault(old, lw_error_message(error), report);
		}
		next->opened = ao2_bump(old->opened);
		known = 1;
	} else if (source_open(next, &error)) {
		result = fault(old, error ? lw_error_message(error) : "out of memory", report);
	}
	/* The first settings stay even where their documents are faulty: a reload then opens the documents mended. */
	if (next && (!result || (!old && next->path[0]))) {
		source_use(next);
	}
	lw_error_free(error);
	if (!result) {
		unsigned long long revision = lw_revision(next->engine);
		int changed, lamps, lit;

		complaints_clear();
		shadow_reload(next, config);
		if (!known) {
			follow_end(old ? old->opened : NULL);
			follow(next->opened);
		}
		lamps_scan(0);
		changed = lamps_changed();
		lamps_count(&lamps, &lit);
		ast_verb(2, "linewarden: revision %llu of %s, %d of %d lamps changed\n", revision, next->path, changed, lamps);
		/* What happens in a store is notified by rights_changed(), to which a reload adds nothing. */
		if (!known || !next->opened->store || !next->opened->changes) {
			event_revision(revision, 1, lamps, changed);
		}
		if (report) {
			ast_str_set(report, 0, "revision %llu, %d of %d lamps changed\n", revision, changed, lamps);
		}
	}
	if (known) {
		ast_mutex_unlock(&walk_lock);
	}
	if (config) {
		ast_config_destroy(config);
	}
	ast_mutex_unlock(&reload_lock);
	ao2_cleanup(next);
	ao2_cleanup(old);
	warn_of_bypasses();
	return result;
}

void reload_close(void)
{
	struct source *source;

	ast_mutex_lock(&reload_lock);
	if ((source = source_get())) {
		follow_end(source->opened);
		ao2_ref(source, -1);
	}
	source_drop();
	ast_mutex_unlock(&reload_lock);
}
