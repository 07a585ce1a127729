/*
 * cases.c - runs cases through the C interface, each in every way there is to ask.
 *
 *     cases SOURCE [DOMAIN] < cases
 *
 * SOURCE is a document or a folder of documents. DOMAIN is where names are looked up; it may be left out when SOURCE has one
 * domain or every name is written `domain/name`.
 *
 * One case a line, five fields with one tab between them, no empty lines:
 *
 *     actor   right   target   role   expected
 *
 * actor and target are names or extensions as for lw_find, right is a name as for lw_right_by_name, role is `-` (none),
 * `consulted` or `transferring`, expected is `yes` or `no`.
 *
 * A case without a role is asked through lw_may, lw_may_named, lw_may_in_call, lw_rights_of, lw_may_each_target, lw_may_each_actor and lw_decide;
 * one with a role through lw_may_in_call. A name or right that is unknown is not an error of the case: it must be answered no.
 *
 * Each answer that differs is a line on standard output:
 *
 *     LINE<tab>FUNCTION<tab>found<tab>expected
 *
 * and the last line is `N cases, M mismatches`. Exit status: 0 all as expected, 1 mismatches, 2 a case or the source is malformed
 * (said on standard error).
 */
#include "check.h"

enum { FIELDS = 5, LINE_MAX_BYTES = 4 * LW_TEXT_MAX };

static unsigned long line_number, mismatches;

static void compare(const char *function, bool found, bool expected)
{
    if (found != expected) {
        printf("%lu\t%s\t%s\t%s\n", line_number, function, found ? "yes" : "no", expected ? "yes" : "no");
        mismatches++;
    }
}

/* Cuts a line into its fields; false if there are not exactly five. */
static bool cut(char *line, char *fields[FIELDS])
{
    line[strcspn(line, "\r\n")] = '\0';
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = line;
        char *tab = strchr(line, '\t');
        if ((tab == NULL) != (i == FIELDS - 1))
            return false;
        if (tab != NULL) {
            *tab = '\0';
            line = tab + 1;
        }
    }
    return true;
}

static bool parse_role(const char *text, lw_call_role *role)
{
    const char *names[] = { "-", "consulted", "transferring" };
    for (lw_call_role i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *role = i;
            return true;
        }
    }
    return false;
}

static void ask(const lw_engine *engine, const char *domain, char *fields[FIELDS], lw_call_role role, bool expected)
{
    lw_party actor = lw_find(engine, domain, fields[0]), target = lw_find(engine, domain, fields[2]);
    lw_right right = lw_right_by_name(fields[1]);
    compare("lw_may_in_call", lw_may_in_call(engine, actor, right, target, role), expected);
    if (role != LW_ROLE_NONE)
        return;

    compare("lw_may", lw_may(engine, actor, right, target), expected);
    compare("lw_may_named", lw_may_named(engine, domain, fields[0], fields[1], fields[2]), expected);
    lw_rights rights;
    lw_rights_of(engine, actor, target, &rights);
    compare("lw_rights_of", lw_rights_has(&rights, right), expected);

    /* The one asked about stands between two nobodies, so that an answer in the wrong place is seen. */
    const lw_party targets[3] = { 0, target, 0 }, actors[3] = { 0, actor, 0 };
    bool answers[3];
    size_t count = lw_may_each_target(engine, actor, right, targets, 3, answers);
    compare("lw_may_each_target", answers[1], expected);
    compare("lw_may_each_target (no party)", answers[0] || answers[2], false);
    compare("lw_may_each_target (count)", count == 1, expected);
    count = lw_may_each_actor(engine, actors, 3, right, target, answers);
    compare("lw_may_each_actor", answers[1], expected);
    compare("lw_may_each_actor (no party)", answers[0] || answers[2], false);
    compare("lw_may_each_actor (count)", count == 1, expected);

    lw_decision decision;
    lw_status status = lw_decide(engine, actor, right, target, &decision);
    compare("lw_decide", decision.allowed, expected);
    compare("lw_decide (status)", status == LW_OK, actor != 0 && right != 0 && target != 0);
}

int main(int argc, char **argv)
{
    static char line[LINE_MAX_BYTES];
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: cases SOURCE [DOMAIN] < cases\n");
        return 2;
    }
    lw_error *error = NULL;
    lw_engine *engine = lw_open(argv[1], &error);
    if (engine == NULL) {
        fprintf(stderr, "%s\n", lw_error_message(error));
        lw_error_free(error);
        return 2;
    }
    int status = 0;
    while (status == 0 && fgets(line, sizeof line, stdin) != NULL) {
        char *fields[FIELDS];
        lw_call_role role;
        line_number++;
        bool whole = strchr(line, '\n') != NULL || feof(stdin);
        if (!whole || !cut(line, fields) || !parse_role(fields[3], &role) ||
            (strcmp(fields[4], "yes") != 0 && strcmp(fields[4], "no") != 0)) {
            fprintf(stderr, "line %lu: not `actor<tab>right<tab>target<tab>role<tab>yes|no`\n", line_number);
            status = 2;
        } else {
            ask(engine, argc == 3 ? argv[2] : NULL, fields, role, fields[4][0] == 'y');
        }
    }
    lw_close(engine);
    if (status == 0) {
        printf("%lu cases, %lu mismatches\n", line_number, mismatches);
        status = mismatches == 0 ? 0 : 1;
    }
    return status;
}
