/*
 * lamps.c - busy lamps: device states that follow a right and a device.
 *
 * A lamp never shows a state that its actor has no right to see, and never a number.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

/*
 * A hint names domain, actor, target and the real device, without a slash, which Asterisk would take for a channel's:
 *
 *     exten => 100,hint,Linewarden:acme.example|bob|alice|PJSIP|acme-100
 *     exten => 100,hint,Linewarden:acme.example|bob|alice|Custom:alice
 *
 * An empty domain is the default one.
 *
 * Asterisk asks the provider for the state of that name. The answer is the device's state where the actor may see it, and
 * "not in use" otherwise, which a telephone shows as nothing. It carries no number in either case: a device state has none.
 *
 * The lamps that were asked for are kept, so that those of a device follow it, and so that a change of rights refreshes only
 * the lamps whose answer changes.
 */

/*! Lamps beyond this are answered but not followed. Hints are written by an administrator, so it is a guard against a mistake. */
#define LAMPS 200000
/*! How often, a millisecond apart, it is tried to make Asterisk drop a lamp from its cache. */
#define UNCACHE_TRIES 20

struct lamp {
	/*! The answer after the last change of rights: 1, 0, or -1 before the first one. Only another one refreshes the lamp. */
	int lit;
	/*! Whether Asterisk was answered otherwise since, because rights came and went: then the lamp is refreshed in any case. */
	int doubtful;
	/*! The scan that found it in a hint last; 0 for a lamp that no hint has named. */
	unsigned int hinted;
	const char *domain, *actor, *target;
	/*! The real device, such as PJSIP/acme-100. */
	char *device;
	/*! The name of the hint without the provider. */
	char *name;
	char text[0];
};

/*! The same lamps twice: by name, and by the device behind them. */
static struct ao2_container *lamps, *lamps_by_device;
static struct stasis_subscription *device_states;
/*! While the module ends, every lamp is dark. */
static int closing;
static unsigned int scans;

static const char *lamp_key(const void *object, int flags)
{
	return (flags & OBJ_SEARCH_MASK) == OBJ_SEARCH_KEY ? object : ((const struct lamp *) object)->name;
}

static const char *lamp_device_key(const void *object, int flags)
{
	return (flags & OBJ_SEARCH_MASK) == OBJ_SEARCH_KEY ? object : ((const struct lamp *) object)->device;
}

static int lamp_hash(const void *object, int flags)
{
	return ast_str_case_hash(lamp_key(object, flags));
}

static int lamp_device_hash(const void *object, int flags)
{
	return ast_str_case_hash(lamp_device_key(object, flags));
}

static int lamp_compare(void *object, void *other, int flags)
{
	return strcasecmp(((struct lamp *) object)->name, lamp_key(other, flags)) ? 0 : CMP_MATCH;
}

static int lamp_device_compare(void *object, void *other, int flags)
{
	return strcasecmp(((struct lamp *) object)->device, lamp_device_key(other, flags)) ? 0 : CMP_MATCH;
}

static struct lamp *lamp_new(const char *name)
{
	size_t length = strlen(name) + 1;
	struct lamp *lamp = ao2_alloc(sizeof(*lamp) + 2 * length, NULL);
	char *rest, *bar;

	if (!lamp) {
		return NULL;
	}
	lamp->lit = -1;
	lamp->name = lamp->text + length;
	strcpy(lamp->name, name); /* Safe */
	strcpy(lamp->text, name); /* Safe */
	rest = lamp->text;
	lamp->domain = strsep(&rest, "|");
	lamp->actor = strsep(&rest, "|");
	lamp->target = strsep(&rest, "|");
	lamp->device = rest;
	if (rest && (bar = strchr(rest, '|'))) {
		*bar = '/';
	}
	if (ast_strlen_zero(lamp->actor) || ast_strlen_zero(lamp->target) || ast_strlen_zero(lamp->device)
		|| strchr(lamp->device, '|') || !strncasecmp(lamp->device, PROVIDER ":", strlen(PROVIDER ":"))) {
		complain("hint `" PROVIDER ":%s`: expected `" PROVIDER ":domain|actor|target|PJSIP|name`", name);
		ao2_ref(lamp, -1);
		return NULL;
	}
	return lamp;
}

/*! Whether the actor may see the target now. */
static int lamp_allowed(const struct lamp *lamp)
{
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	lw_party actor, target;
	const char *domain;

	if (!source || !source->engine) {
		return 0;
	}
	domain = S_OR(lamp->domain, source->domain);
	/* Looked up each time: an extension may have been given to another person. */
	actor = party_of(source, domain, 1, lamp->actor);
	target = actor ? party_of(source, domain, 1, lamp->target) : 0;
	COUNT(counters.lamp_questions);
	return actor && target && lw_may_see_busy(source->engine, actor, target);
}

/*! The same for Asterisk, which shows it until the lamp is refreshed. */
static int lamp_shown(struct lamp *lamp)
{
	int allowed = lamp_allowed(lamp), differs;

	ao2_lock(lamp);
	if (lamp->lit < 0) {
		lamp->lit = allowed;
	}
	if ((differs = lamp->lit != allowed)) {
		lamp->doubtful = 1;
	}
	ao2_unlock(lamp);
	/*
	 * Rights are changing. Asked again behind the mark: either lamps_changed() finds the mark, or it was there before, and then
	 * the rights it was called for are in force here.
	 */
	return differs ? lamp_allowed(lamp) : allowed;
}

/*! \param state unknown makes Asterisk ask the provider, which asks for the right again: no state passes by the check */
static void lamp_publish(const struct lamp *lamp, enum ast_device_state state)
{
	struct ast_str *name = ast_str_create(128);

	if (!name) {
		return;
	}
	ast_str_set(&name, 0, "%s:%s", PROVIDER, lamp->name);
	ast_devstate_changed_literal(state, AST_DEVSTATE_CACHABLE, ast_str_buffer(name));
	ast_free(name);
}

/*!
 * Asterisk keeps the state of this lamp no longer, and asks for it when a hint wants it again. Without this it would be given the state
 * that was published last; the lamp, which is not asked for and so not known, would never follow.
 * \retval -1 Asterisk keeps none, or not yet
 */
static int lamp_uncache(const struct lamp *lamp)
{
	struct ast_str *name = ast_str_create(128);
	int result;

	if (!name) {
		return -1;
	}
	ast_str_set(&name, 0, "%s:%s", PROVIDER, lamp->name);
	result = ast_device_state_clear_cache(ast_str_buffer(name));
	ast_free(name);
	return result;
}

static void lamp_refresh(const struct lamp *lamp)
{
	lamp_publish(lamp, AST_DEVICE_UNKNOWN);
}

/*! The lamp of that name, known from now on; with a reference for the caller. \retval NULL it is no lamp's name */
static struct lamp *lamp_get(const char *name)
{
	struct lamp *lamp;

	ao2_lock(lamps);
	lamp = ao2_find(lamps, name, OBJ_SEARCH_KEY | OBJ_NOLOCK);
	if (!lamp && (lamp = lamp_new(name))) {
		if (ao2_container_count(lamps) >= LAMPS) {
			complain("more than %d lamps: the others do not follow their devices", LAMPS);
		} else {
			/* Linked before it is asked about, so that a reload in between does not miss it. */
			ao2_link_flags(lamps, lamp, OBJ_NOLOCK);
			ao2_link(lamps_by_device, lamp);
		}
	}
	ao2_unlock(lamps);
	return lamp;
}

static enum ast_device_state lamp_state(const char *name)
{
	struct lamp *lamp;
	/* A dark lamp: what a telephone shows of a line where nothing happens. */
	enum ast_device_state state = AST_DEVICE_NOT_INUSE;

	if (ast_atomic_fetch_add(&closing, 0, __ATOMIC_SEQ_CST)) {
		return AST_DEVICE_NOT_INUSE;
	}
	if (!(lamp = lamp_get(name))) {
		return AST_DEVICE_INVALID;
	}
	if (lamp_shown(lamp)) {
		state = ast_device_state(lamp->device);
	}
	ao2_ref(lamp, -1);
	/*
	 * Never "unknown": Asterisk keeps no such state. A hint would ask again at a time of its own, and could show a state that
	 * was never published, and that nothing takes back when the one published last is published again.
	 */
	return state == AST_DEVICE_UNKNOWN ? AST_DEVICE_NOT_INUSE : state;
}

static void device_changed(void *data, struct stasis_subscription *subscription, struct stasis_message *message)
{
	struct ast_device_state_message *state;
	struct ao2_iterator *found;
	struct lamp *lamp;

	if (stasis_message_type(message) != ast_device_state_message_type()) {
		return;
	}
	state = stasis_message_data(message);
	/* With an eid it is one server's part of the state; without, the sum. */
	if (state->eid || !strncasecmp(state->device, PROVIDER ":", strlen(PROVIDER ":"))) {
		return;
	}
	found = ao2_callback(lamps_by_device, OBJ_SEARCH_KEY | OBJ_MULTIPLE, lamp_device_compare, (void *) state->device);
	if (!found) {
		return;
	}
	while ((lamp = ao2_iterator_next(found))) {
		/* A dark lamp has nothing to follow; should its right come, lamps_changed() refreshes it. */
		if (lamp->lit) {
			lamp_refresh(lamp);
		}
		ao2_ref(lamp, -1);
	}
	ao2_iterator_destroy(found);
}

/*
 * All lamps are asked about, and not only those of the pairs that a store says have flipped: who bears an extension may have
 * changed, too. A question takes less than finding out whether it has to be asked.
 */
int lamps_changed(void)
{
	struct ao2_iterator all = ao2_iterator_init(lamps, 0);
	struct lamp *lamp;
	int changed = 0;

	while ((lamp = ao2_iterator_next(&all))) {
		int allowed = lamp_allowed(lamp), refresh;

		ao2_lock(lamp);
		refresh = lamp->doubtful || lamp->lit != allowed;
		lamp->doubtful = 0;
		lamp->lit = allowed;
		ao2_unlock(lamp);
		if (refresh) {
			lamp_refresh(lamp);
			changed++;
		}
		ao2_ref(lamp, -1);
	}
	ao2_iterator_destroy(&all);
	return changed;
}

static int lamp_count_lit(void *object, void *count, int flags)
{
	*(int *) count += ((struct lamp *) object)->lit > 0;
	return 0;
}

void lamps_count(int *all, int *lit)
{
	*lit = 0;
	ao2_callback(lamps, OBJ_NODATA | OBJ_MULTIPLE, lamp_count_lit, lit);
	*all = ao2_container_count(lamps);
}

/* ---- What the dialplan hints ------------------------------------------------------------------------------------------- */

/*! The devices of one hint that are lamps, added to a container of names. */
static void hint_scan(struct ao2_container *names, const char *hint)
{
	char *devices = ast_strdupa(hint), *device;

	/* Behind a comma stands the presence. */
	devices = strsep(&devices, ",");
	while ((device = strsep(&devices, "&"))) {
		if (!strncasecmp(device, PROVIDER ":", strlen(PROVIDER ":"))) {
			ast_str_container_add(names, device + strlen(PROVIDER ":"));
		}
	}
}

/*! The names of the lamps that hints have now. A pattern is none: Asterisk makes a hint of it for each extension asked for. */
static struct ao2_container *hinted(void)
{
	struct ao2_container *names = ast_str_container_alloc(4099);
	struct ast_context *context = NULL;

	if (!names) {
		return NULL;
	}
	ast_rdlock_contexts();
	while ((context = ast_walk_contexts(context))) {
		struct ast_exten *exten = NULL;

		ast_rdlock_context(context);
		while ((exten = ast_walk_context_extensions(context, exten))) {
			struct ast_exten *priority = NULL;

			if (*ast_get_extension_name(exten) == '_') {
				continue;
			}
			while ((priority = ast_walk_extension_priorities(exten, priority))) {
				if (ast_get_extension_priority(priority) == PRIORITY_HINT) {
					hint_scan(names, S_OR(ast_get_extension_app(priority), ""));
				}
			}
		}
		ast_unlock_context(context);
	}
	ast_unlock_contexts();
	return names;
}

static int hint_gone(void *object, void *unused, int flags)
{
	struct lamp *lamp = object;

	if (!lamp->hinted || lamp->hinted == scans) {
		return 0;
	}
	ao2_unlink(lamps_by_device, lamp);
	lamp_uncache(lamp);
	return CMP_MATCH;
}

void lamps_scan(int refresh)
{
	struct ao2_container *names = hinted();
	struct ao2_iterator all;
	char *name;

	if (!names) {
		return;
	}
	if (!++scans) {
		scans++;
	}
	all = ao2_iterator_init(names, 0);
	while ((name = ao2_iterator_next(&all))) {
		struct lamp *lamp = lamp_get(name);

		if (lamp) {
			lamp->hinted = scans;
			if (refresh) {
				lamp_refresh(lamp);
			}
			ao2_ref(lamp, -1);
		}
		ao2_ref(name, -1);
	}
	ao2_iterator_destroy(&all);
	ao2_ref(names, -1);
	ao2_callback(lamps, OBJ_UNLINK | OBJ_NODATA | OBJ_MULTIPLE, hint_gone, NULL);
}

/* ---- Beginning and end ------------------------------------------------------------------------------------------------- */

int lamps_open(void)
{
	closing = 0;
	lamps = ao2_container_alloc_hash(AO2_ALLOC_OPT_LOCK_MUTEX, 0, 4099, lamp_hash, NULL, lamp_compare);
	lamps_by_device = ao2_container_alloc_hash(AO2_ALLOC_OPT_LOCK_MUTEX, 0, 4099, lamp_device_hash, NULL, lamp_device_compare);
	return lamps && lamps_by_device ? 0 : -1;
}

int lamps_follow(void)
{
	if (ast_devstate_prov_add(PROVIDER, lamp_state)) {
		return -1;
	}
	device_states = stasis_subscribe(ast_device_state_topic_all(), device_changed, NULL);
	return device_states ? 0 : -1;
}

void lamps_dark(void)
{
	struct ao2_iterator all;
	struct lamp *lamp;

	if (!lamps || !device_states) {
		ast_devstate_prov_del(PROVIDER);
		return;
	}
	ast_atomic_fetch_add(&closing, 1, __ATOMIC_SEQ_CST);
	device_states = stasis_unsubscribe_and_join(device_states);
	/*
	 * Asterisk keeps the state that was published last and asks no provider that has gone: what is lit now would stay lit for
	 * good, for new subscriptions, too.
	 */
	all = ao2_iterator_init(lamps, 0);
	while ((lamp = ao2_iterator_next(&all))) {
		lamp_publish(lamp, AST_DEVICE_NOT_INUSE);
		ao2_ref(lamp, -1);
	}
	ao2_iterator_destroy(&all);
	ast_devstate_prov_del(PROVIDER);
	/* What was published comes to be kept in a thread of Asterisk's. */
	all = ao2_iterator_init(lamps, 0);
	while ((lamp = ao2_iterator_next(&all))) {
		int tries;

		for (tries = 0; lamp_uncache(lamp) && tries < UNCACHE_TRIES; tries++) {
			usleep(1000);
		}
		ao2_ref(lamp, -1);
	}
	ao2_iterator_destroy(&all);
}

void lamps_close(void)
{
	ao2_cleanup(lamps_by_device);
	ao2_cleanup(lamps);
	lamps_by_device = lamps = NULL;
}
