/*
 * ask.c - asks the questions of tests/golden/questions.tsv through the C API: ask COMPANIES < questions.tsv
 *
 * Every binding has a program like this one. It knows nothing but linewarden.h, prints each wrong answer, and ends with 0 only
 * if there were questions and all were answered as written.
 */
#include <linewarden.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WORDS 64
#define MOST_SOURCES 32

static const char *companies;
static char answer[4096];

/* Engines stay open: the questions come in any order. */
static struct { char name[64]; lw_engine *engine; } sources[MOST_SOURCES];
static size_t source_count;

static const char *yes_or_no(bool yes)
{
    return yes ? "yes" : "no";
}

static void add(const char *text)
{
    if (strlen(answer) + strlen(text) + 2 >= sizeof answer)
        abort();
    if (answer[0] != '\0')
        strcat(answer, " ");
    strcat(answer, text);
}

static void add_number(const char *word, long number)
{
    char text[64];
    snprintf(text, sizeof text, "%s%s%ld", word, word[0] != '\0' ? " " : "", number);
    add(text);
}

static void add_error(lw_error *error)
{
    if (error == NULL || lw_error_message(error)[0] == '\0')
        abort();
    add_number("error", lw_error_code(error));
    lw_error_free(error);
}

static lw_engine *open_source(const char *name, lw_error **error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", companies, name);
    return lw_open(path, error);
}

static const lw_engine *source(const char *name)
{
    for (size_t i = 0; i < source_count; i++)
        if (strcmp(sources[i].name, name) == 0)
            return sources[i].engine;
    if (source_count == MOST_SOURCES || strlen(name) >= sizeof sources[0].name)
        abort();
    lw_error *error = NULL;
    lw_engine *engine = open_source(name, &error);
    if (engine == NULL) {
        fprintf(stderr, "%s\n", lw_error_message(error));
        lw_error_free(error);
        exit(2);
    }
    strcpy(sources[source_count].name, name);
    sources[source_count++].engine = engine;
    return engine;
}

static size_t split(char *text, const char *by, char **words)
{
    size_t count = 0;
    for (char *word = strtok(text, by); word != NULL; word = strtok(NULL, by)) {
        if (count == MOST_WORDS)
            abort();
        words[count++] = word;
    }
    return count;
}

static size_t find_all(const lw_engine *engine, char *names, lw_party *parties)
{
    char *words[MOST_WORDS];
    size_t count = split(names, " ", words);
    for (size_t i = 0; i < count; i++)
        parties[i] = lw_find(engine, NULL, words[i]);
    return count;
}

static void add_parties(const lw_engine *engine, const lw_party *parties, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *name = lw_text(engine, parties[i]);
        add(name != NULL ? name : "?");
        lw_string_free(name);
    }
    if (count == 0)
        add("nobody");
}

static lw_direction direction(const char *name)
{
    return strcmp(name, "incoming") == 0 ? LW_INCOMING : strcmp(name, "outgoing") == 0 ? LW_OUTGOING : LW_IN_CALL;
}

static lw_call_role role(const char *name)
{
    return strcmp(name, "consulted") == 0 ? LW_ROLE_CONSULTED : LW_ROLE_TRANSFERRING;
}

static void answer_question(char **field)
{
    static const char *const functions[] = {"?", "pickup", "forward_ask", "forward_toggle", "forward_set", "login"};
    const char *ask = field[0], *name = field[1], *actor_name = field[2], *right_name = field[3];
    const char *target_name = field[4], *with = field[5];
    lw_error *error = NULL;

    answer[0] = '\0';
    if (strcmp(ask, "open") == 0) {
        lw_engine *engine = open_source(name, &error);
        if (engine == NULL)
            add_error(error);
        else
            add("open");
        lw_close(engine);
        return;
    }
    const lw_engine *engine = source(name);
    if (strcmp(ask, "may_named") == 0) {
        add(yes_or_no(lw_may_named(engine, NULL, actor_name, right_name, target_name)));
        return;
    }
/* The ABI check compiles this against the header of its baseline, too, and leaves out what that does not have. */
#ifdef LW_CLASS_INTERNAL
    if (strcmp(ask, "may_forward_to") == 0) {
        char *words[MOST_WORDS];
        if (split(field[5], " ", words) != 2)
            abort();
        add(yes_or_no(lw_may_forward_to(engine, lw_find(engine, NULL, actor_name), lw_find(engine, NULL, target_name),
                                        (unsigned)atoi(words[0]), words[1])));
        return;
    }
    if (strcmp(ask, "may_call") == 0) {
        add(yes_or_no(lw_may_call(engine, lw_find(engine, NULL, actor_name), with)));
        return;
    }
#endif
#ifdef LW_ERROR_UNASSIGNED
    if (strcmp(ask, "line_of") == 0) {
        add_number("", (long)lw_line_of(engine, lw_find(engine, NULL, actor_name), with));
        return;
    }
    if (strcmp(ask, "dial_line") == 0) {
        lw_dialled dialled;
        if (lw_dial(engine, lw_find(engine, NULL, actor_name), with, &dialled) == LW_OK)
            add_number("", dialled.line);
        return;
    }
#endif
    if (strcmp(ask, "resolve") == 0) {
        lw_party party = lw_resolve(engine, NULL, actor_name, &error);
        if (party != 0)
            add_parties(engine, &party, 1);
        else
            add_error(error);
        return;
    }

    lw_right right = lw_right_by_name(right_name);
    lw_party many[MOST_WORDS];
    bool yes[MOST_WORDS];
    if (strcmp(ask, "may_each_target") == 0) {
        size_t count = find_all(engine, field[4], many);
        lw_may_each_target(engine, lw_find(engine, NULL, actor_name), right, many, count, yes);
        for (size_t i = 0; i < count; i++)
            add(yes_or_no(yes[i]));
        return;
    }
    if (strcmp(ask, "may_each_actor") == 0) {
        size_t count = find_all(engine, field[2], many);
        lw_may_each_actor(engine, many, count, right, lw_find(engine, NULL, target_name), yes);
        for (size_t i = 0; i < count; i++)
            add(yes_or_no(yes[i]));
        return;
    }

    lw_party actor = lw_find(engine, NULL, actor_name), target = lw_find(engine, NULL, target_name);
    if (strcmp(ask, "may") == 0) {
        add(yes_or_no(lw_may(engine, actor, right, target)));
    } else if (strcmp(ask, "may_in_call") == 0) {
        add(yes_or_no(lw_may_in_call(engine, actor, right, target, role(with))));
    } else if (strcmp(ask, "may_pick_up") == 0) {
        add(yes_or_no(lw_may_pick_up(engine, actor, target, (unsigned)atoi(with))));
    } else if (strcmp(ask, "may_set_forward") == 0) {
        add(yes_or_no(lw_may_set_forward(engine, actor, target, (unsigned)atoi(with))));
    } else if (strcmp(ask, "may_bypass_forward") == 0) {
        add(yes_or_no(lw_may_bypass_forward(engine, actor, target)));
    } else if (strcmp(ask, "may_see_busy") == 0) {
        add(yes_or_no(lw_may_see_busy(engine, actor, target)));
    } else if (strcmp(ask, "may_see_caller") == 0) {
        char *words[MOST_WORDS];
        if (split(field[5], " ", words) != 2)
            abort();
        add(yes_or_no(lw_may_see_caller(engine, actor, target, (unsigned)atoi(words[1]), direction(words[0]))));
    } else if (strcmp(ask, "may_log_in") == 0) {
        add(yes_or_no(lw_may_log_in(engine, actor, target)));
    } else if (strcmp(ask, "rights_of") == 0) {
        lw_rights rights;
        lw_rights_of(engine, actor, target, &rights);
        add(yes_or_no(lw_rights_has(&rights, right)));
    } else if (strcmp(ask, "decide") == 0) {
        lw_decision decision;
        if (lw_decide(engine, actor, right, target, &decision) != LW_OK)
            add("error");
        add(yes_or_no(decision.allowed));
        add_number("", (long)decision.reason);
    } else if (strcmp(ask, "explain") == 0) {
        char *text = lw_explain(engine, actor, right, target);
        add(yes_or_no(text != NULL && strstr(text, "\"allowed\":true") != NULL));
        lw_string_free(text);
    } else if (strcmp(ask, "who") == 0) {
        add_parties(engine, many, lw_who(engine, right, target, many, MOST_WORDS));
    } else if (strcmp(ask, "whom") == 0) {
        add_parties(engine, many, lw_whom(engine, actor, right, many, MOST_WORDS));
    } else if (strcmp(ask, "dial") == 0) {
        lw_dialled dialled;
        lw_status status = lw_dial(engine, actor, with, &dialled);
        if (status != LW_OK) {
            add_number("error", status);
            return;
        }
        add(dialled.function <= LW_FUNCTION_LOGIN ? functions[dialled.function] : "?");
        add_parties(engine, &dialled.subject, 1);
        add(yes_or_no(dialled.allowed));
        if (dialled.digits[0] != '\0')
            add(dialled.digits);
    } else {
        fprintf(stderr, "`%s` is no question\n", ask);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    char line[4096], asked[4096];
    unsigned long questions = 0, wrong = 0;
    if (argc != 2 || lw_abi_version() != LW_ABI_VERSION)
        return 2;
    companies = argv[1];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *field[MOST_WORDS];
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        strcpy(asked, line);
        if (split(line, "\t", field) != 7) {
            fprintf(stderr, "seven fields expected: %s\n", asked);
            return 2;
        }
#ifndef LW_CLASS_INTERNAL
        if (strcmp(field[0], "may_forward_to") == 0 || strcmp(field[0], "may_call") == 0)
            continue;
#endif
        questions++;
        answer_question(field);
        if (strcmp(answer, field[6]) != 0) {
            wrong++;
            printf("%s: answered %s\n", asked, answer);
        }
    }
    for (size_t i = 0; i < source_count; i++)
        lw_close(sources[i].engine);
    printf("C: %lu questions, %lu wrong\n", questions, wrong);
    return questions > 200 && wrong == 0 ? 0 : 1;
}
