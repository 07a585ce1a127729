/*
 * console.c - the commands of the console. They decide nothing.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

/*! Lines of one change set that are shown: an import has thousands. */
#define CHANGES_SHOWN 20

static void complete_right(const char *word)
{
	lw_right right;
	const char *name;

	/* Numbers of rights have gaps between the single ones and those for all lines. */
	for (right = 1; right < 256; right++) {
		if ((name = lw_right_name(right)) && !strncasecmp(name, word, strlen(word))) {
			ast_cli_completion_add(ast_strdup(name));
		}
	}
}

/*! Parties by name: with their domain where there are several and none is the default. */
static void complete_party(const char *word)
{
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	size_t domains, index, i;

	if (!source || !source->engine) {
		return;
	}
	domains = lw_domain_count(source->engine);
	for (index = 0; index < domains; index++) {
		char *domain = lw_domain_name(source->engine, index);
		int bare = domains == 1 || (domain && !strcasecmp(domain, source->domain));
		size_t count = domain ? lw_parties(source->engine, domain, NULL, 0) : 0, room = count;
		lw_party *parties = count ? ast_calloc(count, sizeof(*parties)) : NULL;

		count = parties ? lw_parties(source->engine, domain, parties, room) : 0;
		for (i = 0; i < MIN(count, room); i++) {
			struct ast_str *text = ast_str_create(64);
			char *name = bare && !strchr(word, '/') ? lw_text(source->engine, parties[i]) : NULL;

			if (name) {
				ast_str_set(&text, 0, "%s", name);
			} else if (text) {
				append_party(&text, source->engine, parties[i]);
			}
			if (text && ast_str_strlen(text) && !strncasecmp(ast_str_buffer(text), word, strlen(word))) {
				ast_cli_completion_add(ast_strdup(ast_str_buffer(text)));
			}
			lw_string_free(name);
			ast_free(text);
		}
		ast_free(parties);
		lw_string_free(domain);
	}
}

/*! linewarden VERB ACTOR RIGHT TARGET [LINE] */
static char *complete(const struct ast_cli_args *a, int right_at)
{
	if (a->pos == right_at) {
		complete_right(a->word);
	} else if (a->pos >= 2 && a->pos <= 2 + (right_at ? 2 : 1)) {
		complete_party(a->word);
	}
	return NULL;
}

static char *cli_check(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	struct question question;
	struct answer answer;
	struct timespec began, ended;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden check";
		e->usage =
			"Usage: linewarden check ACTOR RIGHT TARGET [LINE]\n"
			"       Answers as LINEWARDEN(RIGHT,ACTOR,TARGET,LINE) does, and says why and how long it took.\n";
		return NULL;
	case CLI_GENERATE:
		return complete(a, 3);
	}
	if (a->argc < 5 || a->argc > 6) {
		return CLI_SHOWUSAGE;
	}
	question = (struct question) { a->argv[3], a->argv[2], a->argv[4], a->argc > 5 ? a->argv[5] : NULL, NULL, NULL };
	clock_gettime(CLOCK_MONOTONIC, &began);
	ask(NULL, &question, 1, &answer);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	ast_cli(a->fd, "%s: %s (revision %llu, %.1f us)\n", answer.allowed ? "yes" : "no", answer.reason,
		(unsigned long long) answer.revision, (ended.tv_sec - began.tv_sec) * 1e6 + (ended.tv_nsec - began.tv_nsec) / 1e3);
	return CLI_SUCCESS;
}

/*! Says to the CLI what lw_resolve finds wrong with a name. */
static lw_party cli_party(int fd, const struct source *source, const char *text)
{
	lw_error *error = NULL;
	lw_party party = lw_resolve(source->engine, S_OR(source->domain, NULL), text, &error);

	if (!party) {
		ast_cli(fd, "%s\n", error ? lw_error_message(error) : text);
		lw_error_free(error);
	}
	return party;
}

static const char *member(struct ast_json *object, const char *key)
{
	return S_OR(ast_json_string_get(ast_json_object_get(object, key)), "");
}

static char *cli_explain(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	struct ast_json *explained, *list;
	char *text;
	size_t i;
	lw_party actor, target;
	lw_right right;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden explain";
		e->usage =
			"Usage: linewarden explain ACTOR RIGHT TARGET\n"
			"       Every source that was looked at, which one decided, and what would change the answer.\n";
		return NULL;
	case CLI_GENERATE:
		return complete(a, 3);
	}
	if (a->argc != 5) {
		return CLI_SHOWUSAGE;
	}
	source = source_get();
	if (!source || !source->engine) {
		ast_cli(a->fd, "no documents are loaded: everything is refused\n");
		return CLI_FAILURE;
	}
	if (!(right = lw_right_by_name(a->argv[3]))) {
		ast_cli(a->fd, "there is no right `%s`\n", a->argv[3]);
		return CLI_FAILURE;
	}
	if (!(actor = cli_party(a->fd, source, a->argv[2])) || !(target = cli_party(a->fd, source, a->argv[4]))) {
		return CLI_FAILURE;
	}
	text = lw_explain(source->engine, actor, right, target);
	explained = text ? ast_json_load_string(text, NULL) : NULL;
	lw_string_free(text);
	if (!explained) {
		ast_cli(a->fd, "no explanation\n");
		return CLI_FAILURE;
	}
	ast_cli(a->fd, "%s: %s\n", ast_json_is_true(ast_json_object_get(explained, "allowed")) ? "yes" : "no",
		member(explained, "summary"));
	list = ast_json_object_get(explained, "sources");
	for (i = 0; i < ast_json_array_size(list); i++) {
		struct ast_json *item = ast_json_array_get(list, i);

		ast_cli(a->fd, "  %s %-7s %s: %s%s%s%s\n",
			ast_json_is_true(ast_json_object_get(item, "decides")) ? "=>"
			: ast_json_is_true(ast_json_object_get(item, "gives")) ? " +" : "  ",
			member(item, "system"), member(item, "what"), member(item, "level"),
			member(item, "place")[0] ? " (" : "", member(item, "place"), member(item, "place")[0] ? ")" : "");
	}
	list = ast_json_object_get(explained, "changes");
	if (ast_json_array_size(list)) {
		ast_cli(a->fd, "each of these alone would make it a yes:\n");
	}
	for (i = 0; i < ast_json_array_size(list); i++) {
		struct ast_json *item = ast_json_array_get(list, i);

		ast_cli(a->fd, "  %s (%s)\n", member(item, "change"), member(item, "place"));
	}
	ast_json_unref(explained);
	return CLI_SUCCESS;
}

static char *cli_rights(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	lw_party actor, target;
	lw_rights rights;
	lw_right right;
	int count = 0;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden rights";
		e->usage =
			"Usage: linewarden rights ACTOR TARGET\n"
			"       All rights the actor has on the target.\n";
		return NULL;
	case CLI_GENERATE:
		return complete(a, 0);
	}
	if (a->argc != 4) {
		return CLI_SHOWUSAGE;
	}
	source = source_get();
	if (!source || !source->engine) {
		ast_cli(a->fd, "no documents are loaded: everything is refused\n");
		return CLI_FAILURE;
	}
	if (!(actor = cli_party(a->fd, source, a->argv[2])) || !(target = cli_party(a->fd, source, a->argv[3]))) {
		return CLI_FAILURE;
	}
	lw_rights_of(source->engine, actor, target, &rights);
	for (right = 1; right < 64 * ARRAY_LEN(rights.words); right++) {
		if (lw_rights_has(&rights, right)) {
			ast_cli(a->fd, "%s\n", lw_right_name(right));
			count++;
		}
	}
	ast_cli(a->fd, "%d rights\n", count);
	return CLI_SUCCESS;
}

static char *cli_status(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	char code[64], shadow[1024];
	int lamps, lit;
	size_t index;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden show status";
		e->usage =
			"Usage: linewarden show status\n"
			"       What is loaded, what was asked, and what is wrong.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	source = source_get();
	ast_cli(a->fd, "library:   linewarden %s, ABI %u; module built for Asterisk %d\n", lw_version(), lw_abi_version(),
		LW_ASTERISK_MAJOR);
	if (!source || !source->engine) {
		ast_cli(a->fd, "source:    %s: nothing is loaded, everything is refused\n", source ? source->path : "none");
	} else {
		ast_cli(a->fd, "source:    %s, revision %llu%s\n", source->path, (unsigned long long) lw_revision(source->engine),
			source->opened->changes ? ", changes are in force at once" : "");
		if (!lw_revision(source->engine)) {
			ast_cli(a->fd, "WARNING:   the image is damaged: everything is refused until a change or a reload makes it anew\n");
		}
		for (index = 0; index < lw_domain_count(source->engine); index++) {
			char *domain = lw_domain_name(source->engine, index);

			ast_cli(a->fd, "domain:    %s, %zu parties%s\n", S_OR(domain, "?"),
				lw_parties(source->engine, domain, NULL, 0),
				domain && !strcasecmp(domain, source->domain) ? " (default)" : "");
			lw_string_free(domain);
		}
	}
	ast_cli(a->fd, "questions: %llu, %llu refused, %llu about unknown parties; %llu more for lamps\n",
		(unsigned long long) counters.questions, (unsigned long long) counters.refusals,
		(unsigned long long) counters.unknowns, (unsigned long long) counters.lamp_questions);
	if (shadow_says(shadow, sizeof(shadow))) {
		ast_cli(a->fd, "WARNING:   %s\n", shadow);
	}
	lamps_count(&lamps, &lit);
	ast_cli(a->fd, "lamps:     %d in use, %d shown, %d dark\n", lamps, lit, lamps - lit);
	if (pickup_passes_by(code, sizeof(code))) {
		ast_cli(a->fd, "WARNING:   features.conf hands `%s` past the dialplan: no right is asked there; write `pickupexten =`\n",
			code);
	}
	if (replaces_pass_by()) {
		ast_cli(a->fd, "WARNING:   a telephone can take over any call whose id it knows, and no right is asked: load " PJSIP_MODULE "\n");
	}
	if (chan_sip_passes_by()) {
		ast_cli(a->fd, "WARNING:   chan_sip is loaded: its telephones can take over its calls (Replaces), and no right is asked; `noload => chan_sip.so`\n");
	}
	return CLI_SUCCESS;
}

static char *cli_history(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	struct ast_json *sets;
	unsigned int count = 10;
	char *text;
	size_t i, j;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden show history";
		e->usage =
			"Usage: linewarden show history [COUNT]\n"
			"       Which changes led to the rights in force, the newest first: 10, or as many as asked for.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (a->argc > 4 || (a->argc == 4 && (sscanf(a->argv[3], "%6u", &count) != 1 || !count))) {
		return CLI_SHOWUSAGE;
	}
	source = source_get();
	if (!source || !source->engine) {
		ast_cli(a->fd, "nothing is loaded: everything is refused\n");
		return CLI_FAILURE;
	}
	text = lw_history(source->engine, 0, count);
	sets = text ? ast_json_load_string(text, NULL) : NULL;
	lw_string_free(text);
	if (!sets) {
		ast_cli(a->fd, "documents have no history: a store keeps one\n");
		return CLI_SUCCESS;
	}
	for (i = 0; i < ast_json_array_size(sets); i++) {
		struct ast_json *set = ast_json_array_get(sets, i), *changes = ast_json_object_get(set, "changes");
		time_t at = ast_json_integer_get(ast_json_object_get(set, "at")) / 1000;
		struct tm broken;
		char when[32] = "";

		if (gmtime_r(&at, &broken)) {
			strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &broken);
		}
		ast_cli(a->fd, "revision %lld  %s  %s\n", (long long) ast_json_integer_get(ast_json_object_get(set, "revision")), when,
			S_OR(member(set, "by"), "administrator"));
		for (j = 0; j < MIN(ast_json_array_size(changes), CHANGES_SHOWN); j++) {
			ast_cli(a->fd, "  %s\n", S_OR(ast_json_string_get(ast_json_array_get(changes, j)), ""));
		}
		if (ast_json_array_size(changes) > j) {
			ast_cli(a->fd, "  and %zu more\n", ast_json_array_size(changes) - j);
		}
	}
	ast_json_unref(sets);
	return CLI_SUCCESS;
}

/*! A key of astdb below a family: domain/name/line. \retval 0 it is none */
static int forwarding_read(const char *key, struct ast_str **owner, unsigned int *line)
{
	const char *last = strrchr(key, '/');

	if (!last || sscanf(last + 1, "%1u", line) != 1) {
		return 0;
	}
	ast_str_set(owner, 0, "%.*s", (int) (last - key), key);
	return 1;
}

/*! Whether the one who set a forwarding may still lead it there. What the dialplan does with that is for it to decide. */
static const char *forwarding_right(const struct source *source, const char *author, const char *owner, unsigned int line,
	const char *digits)
{
	lw_party actor = party_find(source, NULL, author), target = party_find(source, NULL, owner);

	if (!actor || !target) {
		return "of an unknown person";
	}
	if (!lw_may_forward_to(source->engine, actor, target, line, digits)) {
		return "the right has gone";
	}
	return actor == target ? "own" : "by right";
}

static char *cli_forwardings(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	static const char *const prefix = "/" DB_FAMILY "/forward/";
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	struct ast_db_entry *entries, *entry;
	struct ast_str *owner;
	int count = 0;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden show forwardings";
		e->usage =
			"Usage: linewarden show forwardings\n"
			"       Who is forwarded where, who set it and when, and whether they still may.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	source = source_get();
	if (!source || !source->engine || !(owner = ast_str_create(128))) {
		ast_cli(a->fd, "nothing is loaded: everything is refused\n");
		return CLI_FAILURE;
	}
	entries = ast_db_gettree(DB_FAMILY, "forward");
	for (entry = entries; entry; entry = entry->next) {
		const char *key = entry->key + (strncmp(entry->key, prefix, strlen(prefix)) ? 0 : strlen(prefix));
		char record[SAFE_SIZE + 128], when[32] = "", *rest = record, *author, *at, *digits;
		unsigned int line;
		struct tm broken;
		time_t seconds;

		if (!forwarding_read(key, &owner, &line)) {
			continue;
		}
		count++;
		ast_cli(a->fd, "%s line %u to %s: ", ast_str_buffer(owner), line, entry->data);
		if (ast_db_get(DB_FAMILY "/author", key, record, sizeof(record))) {
			*record = '\0';
		}
		author = strsep(&rest, ",");
		at = strsep(&rest, ",");
		digits = rest;
		/* A record of another number is of an earlier forwarding. */
		if (ast_strlen_zero(author) || ast_strlen_zero(at) || !digits || strcmp(digits, entry->data)) {
			ast_cli(a->fd, "set by the administrator\n");
			continue;
		}
		seconds = strtol(at, NULL, 10);
		if (gmtime_r(&seconds, &broken)) {
			strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &broken);
		}
		ast_cli(a->fd, "set by %s at %s, %s\n", author, when,
			forwarding_right(source, author, ast_str_buffer(owner), line, digits));
	}
	ast_cli(a->fd, "%d forwardings\n", count);
	ast_db_freetree(entries);
	ast_free(owner);
	return CLI_SUCCESS;
}

static char *cli_reload(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	struct ast_str *report;
	int result;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden reload";
		e->usage =
			"Usage: linewarden reload\n"
			"       Reads linewarden.conf and the documents again. The old rights stay in force if that fails.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (!(report = ast_str_create(256))) {
		return CLI_FAILURE;
	}
	result = reload_rights(&report);
	ast_cli(a->fd, "%s", ast_str_buffer(report));
	ast_free(report);
	return result ? CLI_FAILURE : CLI_SUCCESS;
}

static struct ast_cli_entry commands[] = {
	AST_CLI_DEFINE(cli_check, "May this actor do this to that target?"),
	AST_CLI_DEFINE(cli_explain, "Why may this actor do this, or not?"),
	AST_CLI_DEFINE(cli_rights, "All rights of an actor on a target"),
	AST_CLI_DEFINE(cli_status, "What linewarden has loaded and answered"),
	AST_CLI_DEFINE(cli_forwardings, "Who is forwarded where, and who set it"),
	AST_CLI_DEFINE(cli_history, "Which changes led to the rights in force"),
	AST_CLI_DEFINE(cli_reload, "Read the documents again"),
};

int console_register(void)
{
	return ast_cli_register_multiple(commands, ARRAY_LEN(commands));
}

int console_unregister(void)
{
	return ast_cli_unregister_multiple(commands, ARRAY_LEN(commands));
}
