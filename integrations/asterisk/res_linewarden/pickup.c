/*
 * pickup.c - which calls ring now, and which of them an actor may pick up.
 *
 * A mark says whose a ringing call is. It is written by the dialplan and never by a telephone.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

/*! Whose a ringing call is and at whom it rings: two parties with their lines. */
#define MARK_SIZE (2 * SAFE_SIZE)

struct ringing {
	struct timeval since;
	char *mark;
};

static int ringing_longer(const void *left, const void *right)
{
	return ast_tvcmp(((const struct ringing *) left)->since, ((const struct ringing *) right)->since);
}

char *party_line_read(const struct source *source, const char *domain, char *text, struct party_line *out)
{
	char *line, *rest = NULL;

	if ((line = strchr(text, '/')) && (line = strchr(line + 1, '/'))) {
		*line++ = '\0';
		if ((rest = strchr(line, '/'))) {
			*rest++ = '\0';
		}
	}
	out->line = 0;
	if (line && strspn(line, "0123456789") == strlen(line) && sscanf(line, "%9u", &out->line) == 1) {
		out->line = MIN(out->line, 3);
	}
	out->party = stays(text, domain, 1) ? party_find(source, domain, text) : 0;
	return rest;
}

static int is_at(const struct party_line *line, const struct party_line *at)
{
	return line->party && line->party == at->party && (!at->line || line->line == at->line);
}

/*! Whether the actor may pick up the call with that mark, and, where a line is given, it rings there or is that party's own. */
static int mark_allowed(const struct source *source, const char *domain, lw_party actor, const char *mark,
	const struct party_line *at, int shadow)
{
	struct party_line whose, where = { 0, };
	char text[MARK_SIZE], *rest;

	ast_copy_string(text, mark, sizeof(text));
	if ((rest = party_line_read(source, domain, text, &whose))) {
		party_line_read(source, domain, rest, &where);
	}
	if (!whose.party || (at && !is_at(&whose, at) && !is_at(&where, at))) {
		return 0;
	}
	/* A team has no lines and is asked as the first. A user whose line the mark does not say is asked for all lines. */
	if (!whose.line && lw_party_kind(source->engine, whose.party) == LW_KIND_TEAM) {
		whose.line = 1;
	}
	return lw_may_pick_up(source->engine, actor, whose.party, whose.line)
		|| (at && shadow && shadow_passes_pickup(source, actor, &whose));
}

/*! The marks of all calls that ring now, however many. \retval NULL none, or no memory */
static struct ringing *ringing_all(size_t *count)
{
	struct ast_channel_iterator *all = ast_channel_iterator_all_new();
	struct ringing *ringing = NULL;
	struct ast_channel *other;
	size_t room = 0;

	*count = 0;
	if (!all) {
		return NULL;
	}
	while ((other = ast_channel_iterator_next(all))) {
		ast_channel_lock(other);
		if (ast_can_pickup(other)) {
			const char *mark = pbx_builtin_getvar_helper(other, "PICKUPMARK");

			if (!ast_strlen_zero(mark) && strlen(mark) < MARK_SIZE && !strpbrk(mark, "&@,")) {
				if (*count == room) {
					struct ringing *more = ast_realloc(ringing, (room + 256) * sizeof(*ringing));

					if (more) {
						ringing = more;
						room += 256;
					}
				}
				if (*count < room && (ringing[*count].mark = ast_strdup(mark))) {
					ringing[(*count)++].since = ast_channel_creationtime(other);
				}
			}
		}
		ast_channel_unlock(other);
		ast_channel_unref(other);
	}
	ast_channel_iterator_destroy(all);
	if (*count) {
		qsort(ringing, *count, sizeof(*ringing), ringing_longer);
	}
	return ringing;
}

size_t pickup_targets(const struct source *source, lw_party actor, const struct party_line *at, int shadow, struct ast_str **out)
{
	char *own = lw_party_domain(source->engine, actor);
	/* Marks that were looked at: a call that rings at several telephones has one mark. */
	struct ao2_container *seen = ast_str_container_alloc(257);
	struct ringing *ringing = NULL;
	size_t count = 0, found = 0, i;

	if (own && seen) {
		ringing = ringing_all(&count);
	}
	for (i = 0; i < count; i++) {
		char *known = ao2_find(seen, ringing[i].mark, OBJ_SEARCH_KEY);

		if (known) {
			ao2_ref(known, -1);
		} else {
			ast_str_container_add(seen, ringing[i].mark);
			if (mark_allowed(source, own, actor, ringing[i].mark, at, shadow)) {
				if (out) {
					ast_str_append(out, 0, "%s%s@PICKUPMARK", found ? "&" : "", ringing[i].mark);
				}
				found++;
			}
		}
		ast_free(ringing[i].mark);
	}
	ast_free(ringing);
	ao2_cleanup(seen);
	lw_string_free(own);
	return found;
}
