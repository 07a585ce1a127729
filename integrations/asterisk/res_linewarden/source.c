/*
 * source.c - what is in force: opened, followed, reloaded.
 *
 * A reload that fails leaves the old rights in force. No question ever waits for a reload.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

#define CONFIG_FILE "linewarden.conf"

static AO2_GLOBAL_OBJ_STATIC(current);
/*! One reload at a time. No question ever takes it. */
AST_MUTEX_DEFINE_STATIC(reload_lock);

static void engine_gone(void *object)
{
	lw_close(((struct engine *) object)->handle);
}

static void source_gone(void *object)
{
	ao2_cleanup(((struct source *) object)->opened);
}

struct source *source_get(void)
{
	return ao2_global_obj_ref(current);
}

/* ---- Changes of a store ------------------------------------------------------------------------------------------------ */

/*!
 * Called for each revision that comes into force, in a thread of the library's. Several in quick succession are one call, so
 * that lamps are refreshed as often as Asterisk can, and no more often. Takes no lock that follow_end() is called with.
 */
static void rights_changed(void *data, uint64_t revision)
{
	struct engine *opened = data;
	unsigned long long revisions = revision > opened->notified ? revision - opened->notified : 1;
	int changed = lamps_changed(), lamps, lit;

	opened->notified = revision;
	lamps_count(&lamps, &lit);
	ast_verb(3, "linewarden: revision %llu, %d of %d lamps changed\n", (unsigned long long) revision, changed, lamps);
	event_revision(revision, revisions, lamps, changed);
}

/*! A store can be changed by others at any time; documents change by a reload, which walks over the lamps itself. */
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

	if (!is_store(opened->handle)) {
		return;
	}
	opened->notified = lw_revision(opened->handle);
	opened->changes = lw_on_revision(opened->handle, rights_changed, opened, &error);
	if (!opened->changes) {
		ast_log(LOG_ERROR, "%s: lamps follow changes of rights only at a reload\n", lw_error_message(error));
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

/* features.conf's pickupexten is taken by the channel driver before the dialplan sees it: no right is asked. */
int pickup_passes_by(char *code, size_t len)
{
	struct ast_features_pickup_config *config = ast_get_chan_features_pickup_config(NULL);

	if (!config) {
		return 0;
	}
	ast_copy_string(code, S_OR(config->pickupexten, ""), len);
	ao2_ref(config, -1);
	return code[0] != '\0';
}

/* An INVITE or REFER with Replaces is carried out before the dialplan sees it: no right is asked. */
int replaces_pass_by(void)
{
	return ast_module_check("res_pjsip_refer.so") && !ast_module_check(PJSIP_MODULE);
}

static void warn_of_bypasses(void)
{
	char code[64];

	if (pickup_passes_by(code, sizeof(code))) {
		ast_log(LOG_WARNING, "features.conf hands `%s` past the dialplan: it picks up by call groups, and no right is "
			"asked. Write `pickupexten =` in its [general] section and reload features.\n", code);
	}
	/* While Asterisk starts the other module may be still to come. */
	if (ast_fully_booted && replaces_pass_by()) {
		ast_log(LOG_WARNING, "a telephone can take over any call whose id it knows (Replaces), and no right is asked: load "
			PJSIP_MODULE "\n");
	}
}

static int settings_read(struct source *source)
{
	struct ast_flags flags = { 0 };
	struct ast_config *config = ast_config_load(CONFIG_FILE, flags);
	struct ast_variable *variable;

	if (!config || config == CONFIG_STATUS_FILEINVALID) {
		ast_log(LOG_ERROR, "%s cannot be read: expected [general] with `source = ...`\n", CONFIG_FILE);
		return -1;
	}
	source->refusal_events = 10;
	for (variable = ast_variable_browse(config, "general"); variable; variable = variable->next) {
		if (!strcasecmp(variable->name, "source")) {
			ast_copy_string(source->path, variable->value, sizeof(source->path));
		} else if (!strcasecmp(variable->name, "domain")) {
			ast_copy_string(source->domain, variable->value, sizeof(source->domain));
		} else if (!strcasecmp(variable->name, "refusal_events")) {
			if (sscanf(variable->value, "%9u", &source->refusal_events) != 1) {
				ast_log(LOG_ERROR, "%s line %d: refusal_events is `%s`, expected a number\n", CONFIG_FILE,
					variable->lineno, variable->value);
			}
		} else {
			ast_log(LOG_ERROR, "%s line %d: unknown key `%s`, expected source, domain or refusal_events\n", CONFIG_FILE,
				variable->lineno, variable->name);
		}
	}
	ast_config_destroy(config);
	if (!source->path[0]) {
		ast_log(LOG_ERROR, "%s names no source, expected `source = /path/of/document/or/folder`\n", CONFIG_FILE);
		return -1;
	}
	return 0;
}

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

int source_reload(struct ast_str **report)
{
	struct source *old, *next;
	lw_error *error = NULL;
	int known = 0, result = 0;

	ast_mutex_lock(&reload_lock);
	old = source_get();
	next = ao2_alloc_options(sizeof(*next), source_gone, AO2_ALLOC_OPT_LOCK_NOLOCK);
	if (!next || settings_read(next)) {
		result = fault(old, "the settings cannot be read", report);
	} else if (old && old->engine && !strcmp(old->path, next->path)) {
		if (lw_reload(old->engine, &error) != LW_OK) {
			result = fault(old, lw_error_message(error), report);
		}
		next->opened = ao2_bump(old->opened);
		known = 1;
	} else {
		next->opened = ao2_alloc_options(sizeof(*next->opened), engine_gone, AO2_ALLOC_OPT_LOCK_NOLOCK);
		if (!next->opened || !(next->opened->handle = lw_open(next->path, &error))) {
			result = fault(old, error ? lw_error_message(error) : "out of memory", report);
		}
	}
	/* The first settings stay even where their documents are faulty: a reload then opens the documents mended. */
	if (next && (!result || (!old && next->path[0]))) {
		next->engine = next->opened ? next->opened->handle : NULL;
		ao2_global_obj_replace_unref(current, next);
	}
	lw_error_free(error);
	if (!result) {
		unsigned long long revision = lw_revision(next->engine);
		int changed, lamps, lit;

		complaints_clear();
		if (!known) {
			follow_end(old ? old->opened : NULL);
			follow(next->opened);
		}
		lamps_scan(0);
		changed = lamps_changed();
		lamps_count(&lamps, &lit);
		ast_verb(2, "linewarden: revision %llu of %s, %d of %d lamps changed\n", revision, next->path, changed, lamps);
		/* What happens in a store is notified by rights_changed(), to which a reload adds nothing. */
		if (!known || !next->opened->changes) {
			event_revision(revision, 1, lamps, changed);
		}
		if (report) {
			ast_str_set(report, 0, "revision %llu, %d of %d lamps changed\n", revision, changed, lamps);
		}
	}
	ast_mutex_unlock(&reload_lock);
	ao2_cleanup(next);
	ao2_cleanup(old);
	warn_of_bypasses();
	return result;
}

void source_close(void)
{
	struct source *source;

	ast_mutex_lock(&reload_lock);
	if ((source = source_get())) {
		follow_end(source->opened);
		ao2_ref(source, -1);
	}
	ao2_global_obj_release(current);
	ast_mutex_unlock(&reload_lock);
}
