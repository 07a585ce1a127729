/*
 * shadow.c - shadow mode: until a date, what the rights would refuse goes on as before, and is written into a log.
 *
 * It is off unless [shadow] in linewarden.conf gives an end. Only the questions of the dialplan look here, never a lamp.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

#include <asterisk/stasis_channels.h>
#include <asterisk/stasis_message_router.h>

#define CATEGORY "shadow"
#define RIGHTS 128

/*! A shadow that has begun, with the engine that it is over. */
struct shadow {
	lw_shadow *handle;
	struct engine *opened;
	/*! Whether calls that are picked up past every question are looked at afterwards. */
	int pickups;
	char domain[NAME_SIZE];
	/*! All settings in one text, to know whether a reload has changed them. */
	char settings[1024];
};

static AO2_GLOBAL_OBJ_STATIC(current);
static struct stasis_message_router *picked_up;

static void shadow_gone(void *object)
{
	struct shadow *shadow = object;

	lw_shadow_end(shadow->handle);
	ao2_cleanup(shadow->opened);
}

static struct shadow *shadow_get(const struct source *source)
{
	struct shadow *shadow = ao2_global_obj_ref(current);

	if (shadow && source && shadow->opened == source->opened) {
		return shadow;
	}
	ao2_cleanup(shadow);
	return NULL;
}

int shadow_passes(const struct source *source, const char *domain, const struct question *question, lw_right right,
	lw_party actor, lw_party target)
{
	RAII_VAR(struct shadow *, shadow, shadow_get(source), ao2_cleanup);
	lw_shadow_answer answer;

	if (!shadow) {
		return 0;
	}
	answer = actor && target ? lw_may_or_shadow(shadow->handle, actor, right, target)
		: lw_may_or_shadow_named(shadow->handle, S_OR(domain, NULL), question->actor, lw_right_name(right), question->target);
	if (answer == LW_SHADOW_WOULD_REFUSE) {
		complain("SHADOW MODE: %s %s on %s would be refused", masked(ast_strdupa(question->actor)), lw_right_name(right),
			masked(ast_strdupa(question->target)));
	}
	return answer == LW_SHADOW_WOULD_REFUSE;
}

int shadow_passes_pickup(const struct source *source, lw_party actor, const struct party_line *whose)
{
	static const lw_right rights[] = { LW_CALL_PICKUP, LW_CALL_PICKUP_FIRST, LW_CALL_PICKUP_SECOND, LW_CALL_PICKUP_ADDITIONAL };
	RAII_VAR(struct shadow *, shadow, shadow_get(source), ao2_cleanup);
	struct question question = { "call.pickup", };
	char *who, *whom;
	int passes;

	/* Names only where they may be written down: this is asked for each call that rings. */
	if (!shadow) {
		return 0;
	}
	who = lw_text(source->engine, actor);
	whom = lw_text(source->engine, whose->party);
	question.actor = S_OR(who, "");
	question.target = S_OR(whom, "");
	passes = shadow_passes(source, NULL, &question, rights[MIN(whose->line, ARRAY_LEN(rights) - 1)], actor, whose->party);
	lw_string_free(who);
	lw_string_free(whom);
	return passes;
}

/* ---- Calls that were picked up without a question ---------------------------------------------------------------------- */

/*! The endpoint of `Channel: PJSIP/alice-00000001`, of which `key` is the part before the name. \retval 0 none */
static int endpoint_of(const char *fields, const char *key, char *endpoint, size_t size)
{
	const char *line = fields, *name;
	char *dash;

	while (line && strncmp(line, key, strlen(key))) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	name = line ? line + strlen(key) : NULL;
	if (!name || !strncmp(name, "Local/", 6) || !(name = strchr(name, '/'))) {
		return 0;
	}
	ast_copy_string(endpoint, name + 1, size);
	endpoint[strcspn(endpoint, "\r\n")] = '\0';
	if ((dash = strrchr(endpoint, '-'))) {
		*dash = '\0';
	}
	return endpoint[0] != '\0';
}

/*! A call has been picked up, by its groups or by Pickup(): what the rights say of it is written, and nothing else. */
static void on_pickup(void *data, struct stasis_subscription *sub, struct stasis_message *message)
{
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	RAII_VAR(struct shadow *, shadow, shadow_get(source), ao2_cleanup);
	struct ast_manager_event_blob *event;
	char actor[NAME_SIZE], target[NAME_SIZE];

	if (!shadow || !shadow->pickups || !(event = stasis_message_to_ami(message))) {
		return;
	}
	if (endpoint_of(event->extra_fields, "Channel: ", actor, sizeof(actor))
		&& endpoint_of(event->extra_fields, "TargetChannel: ", target, sizeof(target))
		&& lw_may_or_shadow_named(shadow->handle, S_OR(shadow->domain, NULL), actor, "call.pickup", target)
			== LW_SHADOW_WOULD_REFUSE) {
		complain("SHADOW MODE: %s call.pickup on %s would be refused", masked(actor), masked(target));
	}
	ao2_ref(event, -1);
}

/* ---- Settings ---------------------------------------------------------------------------------------------------------- */

struct settings {
	const char *until, *log, *domain, *rights;
	int pickups;
};

/*! The rights of a list with commas. \retval -1 one of them does not exist */
static int rights_of(const char *text, lw_right *out, size_t room)
{
	char *list = ast_strdupa(text), *word;
	size_t count = 0;

	if (!strcasecmp(text, "all")) {
		return 0;
	}
	while ((word = strsep(&list, ","))) {
		word = ast_strip(word);
		if (!*word) {
			continue;
		}
		if (count == room || !(out[count++] = lw_right_by_name(word))) {
			ast_log(LOG_ERROR, "[" CATEGORY "]: there is no right `%s`\n", word);
			return -1;
		}
	}
	return count ? (int) count : -1;
}

static void begin(const struct source *source, const struct settings *settings, const char *whole)
{
	struct shadow *shadow = ao2_alloc_options(sizeof(*shadow), shadow_gone, AO2_ALLOC_OPT_LOCK_NOLOCK);
	lw_error *error = NULL;
	lw_right rights[RIGHTS];
	int count = rights_of(settings->rights, rights, ARRAY_LEN(rights));

	/* The old one ends first: both may have one log. */
	ao2_global_obj_release(current);
	if (!shadow || count < 0) {
		ast_log(LOG_ERROR, "[" CATEGORY "] is not in force: everything is enforced\n");
		ao2_cleanup(shadow);
		return;
	}
	shadow->opened = ao2_bump(source->opened);
	shadow->pickups = settings->pickups;
	ast_copy_string(shadow->domain, S_OR(settings->domain, ""), sizeof(shadow->domain));
	ast_copy_string(shadow->settings, whole, sizeof(shadow->settings));
	shadow->handle = lw_shadow_begin(source->engine, S_OR(settings->domain, NULL), count ? rights : NULL, count, settings->until,
		settings->log, &error);
	if (!shadow->handle) {
		ast_log(LOG_ERROR, "[" CATEGORY "] is not in force, everything is enforced: %s\n", lw_error_message(error));
		lw_error_free(error);
	} else {
		char line[1024];

		ao2_global_obj_replace_unref(current, shadow);
		if (shadow_says(line, sizeof(line))) {
			ast_log(LOG_WARNING, "%s\n", line);
		}
	}
	ao2_ref(shadow, -1);
}

void shadow_reload(const struct source *source, struct ast_config *config)
{
	struct settings settings = { .rights = "all", };
	struct ast_variable *variable;
	struct shadow *old;
	char whole[1024];
	int good = 1, same;

	if (!source->engine || !ast_category_exist(config, CATEGORY, NULL)) {
		ao2_global_obj_release(current);
		return;
	}
	for (variable = ast_variable_browse(config, CATEGORY); variable; variable = variable->next) {
		if (!strcasecmp(variable->name, "until")) {
			settings.until = variable->value;
		} else if (!strcasecmp(variable->name, "log")) {
			settings.log = variable->value;
		} else if (!strcasecmp(variable->name, "domain")) {
			settings.domain = variable->value;
		} else if (!strcasecmp(variable->name, "rights")) {
			settings.rights = variable->value;
		} else if (!strcasecmp(variable->name, "pickups")) {
			settings.pickups = ast_true(variable->value);
		} else {
			ast_log(LOG_ERROR, "[" CATEGORY "] line %d: unknown key `%s`, expected until, log, domain, rights or pickups\n",
				variable->lineno, variable->name);
			good = 0;
		}
	}
	if (!good || ast_strlen_zero(settings.until) || ast_strlen_zero(settings.log)) {
		ast_log(LOG_ERROR, "[" CATEGORY "] is not in force, everything is enforced: expected `until` and `log`\n");
		ao2_global_obj_release(current);
		return;
	}
	snprintf(whole, sizeof(whole), "%s|%s|%s|%s|%d", settings.until, settings.log, S_OR(settings.domain, ""), settings.rights,
		settings.pickups);
	old = shadow_get(source);
	same = old && !strcmp(old->settings, whole);
	ao2_cleanup(old);
	if (!same) {
		begin(source, &settings, whole);
	}
}

int shadow_says(char *line, size_t size)
{
	struct shadow *shadow = ao2_global_obj_ref(current);
	char *text = shadow ? lw_shadow_status(shadow->handle) : NULL;
	struct ast_json *status = text ? ast_json_load_string(text, NULL) : NULL;

	line[0] = '\0';
	if (status) {
		snprintf(line, size, "%s; %lld answers would have been refused, %lld are not in the log %s",
			S_OR(ast_json_string_get(ast_json_object_get(status, "summary")), ""),
			(long long) ast_json_integer_get(ast_json_object_get(status, "would_refuse")),
			(long long) ast_json_integer_get(ast_json_object_get(status, "lost")),
			S_OR(ast_json_string_get(ast_json_object_get(status, "log")), ""));
	}
	ast_json_unref(status);
	lw_string_free(text);
	ao2_cleanup(shadow);
	return line[0] != '\0';
}

int shadow_open(void)
{
	picked_up = stasis_message_router_create(ast_channel_topic_all());
	return picked_up ? stasis_message_router_add(picked_up, ast_call_pickup_type(), on_pickup, NULL) : -1;
}

void shadow_close(void)
{
	stasis_message_router_unsubscribe_and_join(picked_up);
	picked_up = NULL;
	ao2_global_obj_release(current);
}
