/*
 * telephones.c - who is proven to be at the telephone behind a channel, by the channel's name.
 *
 * A pickup and some transfers put another telephone into a channel and leave the channel's variables there: LINEWARDEN_ACTOR
 * then names the person whose telephone was left. The name moves with the telephone. So what pjsip.conf says of a telephone
 * is kept by name when its channel is first seen, and for a while after the channel has ended, because a transferred call
 * goes on when the telephone that transfers has already hung up.
 *
 * It must never take a person out of a name, and never let what a dialplan sets later count as proof.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

/*! How long a telephone is known after its channel has ended. */
#define REMEMBERED_S 120
/*! How often ended channels are looked for. */
#define SWEEP_S 30

struct telephone {
	/*! When its channel was first found to have ended; 0 while it lives. */
	time_t ended;
	const char *domain;
	const char *actor;
	const char *location;
	/*! The channel's name; the others follow it. */
	char channel[0];
};

static struct ao2_container *telephones;
AST_MUTEX_DEFINE_STATIC(sweep_lock);
static time_t swept;

static int telephone_hash(const void *object, int flags)
{
	return ast_str_case_hash((flags & OBJ_SEARCH_MASK) == OBJ_SEARCH_KEY ? object
		: ((const struct telephone *) object)->channel);
}

static int telephone_compare(void *object, void *other, int flags)
{
	const char *key = (flags & OBJ_SEARCH_MASK) == OBJ_SEARCH_KEY ? other : ((const struct telephone *) other)->channel;

	return strcasecmp(((struct telephone *) object)->channel, key) ? 0 : CMP_MATCH | CMP_STOP;
}

int telephones_open(void)
{
	telephones = ao2_container_alloc_hash(AO2_ALLOC_OPT_LOCK_RWLOCK, 0, 1021, telephone_hash, NULL, telephone_compare);
	return telephones ? 0 : -1;
}

void telephones_close(void)
{
	ao2_cleanup(telephones);
	telephones = NULL;
}

/*! Lets go of telephones whose channels ended some time ago. */
static void sweep(void)
{
	time_t now = time(NULL);
	struct ao2_iterator all;
	struct telephone *telephone;
	int due;

	ast_mutex_lock(&sweep_lock);
	if ((due = now - swept >= SWEEP_S)) {
		swept = now;
	}
	ast_mutex_unlock(&sweep_lock);
	if (!due) {
		return;
	}
	all = ao2_iterator_init(telephones, 0);
	while ((telephone = ao2_iterator_next(&all))) {
		struct ast_channel *chan = ast_channel_get_by_name(telephone->channel);

		if (chan) {
			ast_channel_unref(chan);
		} else if (!telephone->ended) {
			telephone->ended = now;
		} else if (now - telephone->ended >= REMEMBERED_S) {
			ao2_unlink(telephones, telephone);
		}
		ao2_ref(telephone, -1);
	}
	ao2_iterator_destroy(&all);
}

/*! The telephone behind a channel, kept from now on, also where there is none: what is set later makes none of it. \retval NULL no memory */
static struct telephone *telephone_of(struct ast_channel *chan)
{
	struct telephone *telephone;
	char *name, *domain, *actor, *location;
	size_t size;

	ast_channel_lock(chan);
	name = ast_strdupa(ast_channel_name(chan));
	domain = ast_strdupa(S_OR(pbx_builtin_getvar_helper(chan, DOMAIN_VARIABLE), ""));
	actor = ast_strdupa(S_OR(pbx_builtin_getvar_helper(chan, ACTOR_VARIABLE), ""));
	location = ast_strdupa(S_OR(pbx_builtin_getvar_helper(chan, LOCATION_VARIABLE), ""));
	ast_channel_unlock(chan);
	if ((telephone = ao2_find(telephones, name, OBJ_SEARCH_KEY))) {
		return telephone;
	}
	/* At a telephone with a location is the person who is logged in there; it has none of its own. */
	if (*location) {
		actor = "";
	}
	size = strlen(name) + strlen(domain) + strlen(actor) + strlen(location) + 4;
	telephone = ao2_alloc_options(sizeof(*telephone) + size, NULL, AO2_ALLOC_OPT_LOCK_NOLOCK);
	if (telephone) {
		char *at = telephone->channel;

		strcpy(at, name); /* Safe */
		at += strlen(at) + 1;
		telephone->domain = strcpy(at, domain); /* Safe */
		at += strlen(at) + 1;
		telephone->actor = strcpy(at, actor); /* Safe */
		at += strlen(at) + 1;
		telephone->location = strcpy(at, location); /* Safe */
		ao2_link(telephones, telephone);
		sweep();
	}
	return telephone;
}

/*! Where the sample keeps who is logged in: at/DOMAIN/LOCATION has the person, place/PERSON the location. */
static lw_party person_logged_in(const struct source *source, const char *domain, const char *location)
{
	RAII_VAR(struct ast_str *, key, ast_str_create(NAME_SIZE), ast_free);
	char person[SAFE_SIZE], place[SAFE_SIZE], name[SAFE_SIZE];
	lw_party party, at;

	if (!key) {
		return 0;
	}
	ast_str_reset(key);
	append_safe(&key, domain);
	ast_str_append(&key, 0, "/");
	append_safe(&key, location);
	snprintf(name, sizeof(name), "location:%s", location);
	if (ast_db_get(DB_FAMILY "/at", ast_str_buffer(key), person, sizeof(person)) || ast_strlen_zero(person)
		|| ast_db_get(DB_FAMILY "/place", person, place, sizeof(place))
		|| strcmp(place, strchr(ast_str_buffer(key), '/') + 1)) {
		return 0;
	}
	party = party_of(source, domain, 1, person);
	at = party ? party_of(source, domain, 1, name) : 0;
	return at && lw_may(source->engine, party, LW_LOCATION_LOGIN, at) ? party : 0;
}

lw_party person_at(const struct source *source, struct ast_channel *chan)
{
	RAII_VAR(struct telephone *, telephone, telephone_of(chan), ao2_cleanup);
	const char *domain;

	if (!telephone) {
		return 0;
	}
	domain = S_OR(telephone->domain, source->domain);
	return *telephone->location ? person_logged_in(source, domain, telephone->location)
		: *telephone->actor ? party_of(source, domain, 1, telephone->actor) : 0;
}

int function_here(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	RAII_VAR(struct telephone *, telephone, NULL, ao2_cleanup);
	const char *domain;
	lw_party party;

	ast_str_set(buf, 0, ",,");
	if (!ast_strlen_zero(data)) {
		telephone = ao2_find(telephones, data, OBJ_SEARCH_KEY);
	} else if (chan) {
		telephone = telephone_of(chan);
	}
	if (!telephone || !source || !source->engine || (!*telephone->domain && !*telephone->actor && !*telephone->location)) {
		return 0;
	}
	domain = S_OR(telephone->domain, source->domain);
	ast_str_reset(*buf);
	if (*telephone->actor && (party = party_of(source, domain, 1, telephone->actor))) {
		append_party(buf, source->engine, party);
	}
	ast_str_append(buf, 0, ",");
	if (*telephone->location) {
		append_safe(buf, telephone->location);
	}
	ast_str_append(buf, 0, ",");
	if (*domain) {
		append_safe(buf, domain);
	}
	return 0;
}
