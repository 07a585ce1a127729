/*
 * source.c - what is in force, and the settings that say where it comes from.
 *
 * It is swapped whole: a question ends with the engine it began with, and waits for no reload.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

#define CONFIG_FILE "linewarden.conf"

static AO2_GLOBAL_OBJ_STATIC(current);

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

static int settings_read(struct source *source, struct ast_config **found)
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
	*found = config;
	if (!source->path[0]) {
		ast_log(LOG_ERROR, "%s names no source, expected `source = /path/of/document/or/folder`\n", CONFIG_FILE);
		return -1;
	}
	return 0;
}

struct source *source_new(struct ast_config **config)
{
	struct source *source = ao2_alloc_options(sizeof(*source), source_gone, AO2_ALLOC_OPT_LOCK_NOLOCK);

	if (source && settings_read(source, config)) {
		ao2_ref(source, -1);
		return NULL;
	}
	return source;
}

int source_open(struct source *source, lw_error **error)
{
	source->opened = ao2_alloc_options(sizeof(*source->opened), engine_gone, AO2_ALLOC_OPT_LOCK_NOLOCK);
	if (!source->opened) {
		return -1;
	}
	source->opened->handle = lw_open(source->path, error);
	return source->opened->handle ? 0 : -1;
}

void source_use(struct source *source)
{
	source->engine = source->opened ? source->opened->handle : NULL;
	ao2_global_obj_replace_unref(current, source);
}

void source_drop(void)
{
	ao2_global_obj_release(current);
}
