/*
 * explain.c - why? For the person who has to answer a user's complaint: explain SOURCE ACTOR RIGHT TARGET.
 */
#include <linewarden.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    const char *source = argc > 1 ? argv[1] : "examples/companies/mixed.toml";
    const char *actor_name = argc > 2 ? argv[2] : "alice";
    const char *right_name = argc > 3 ? argv[3] : "call.pickup.first";
    const char *target_name = argc > 4 ? argv[4] : "bob";

    lw_error *error = NULL;
    lw_engine *engine = lw_open(source, &error);
    if (engine == NULL) {
        fprintf(stderr, "%s\n", lw_error_message(error));
        lw_error_free(error);
        return 2;
    }
    lw_party actor = lw_find(engine, NULL, actor_name), target = lw_find(engine, NULL, target_name);
    lw_right right = lw_right_by_name(right_name);

    /* In short, for a log: a code, the line of the document, the revision. */
    lw_decision decision;
    lw_status status = lw_decide(engine, actor, right, target, &decision);
    if (status == LW_OK) {
        printf("%s: %s", decision.allowed ? "yes" : "no", lw_reason_text(decision.reason));
        if (decision.line != 0)
            printf(", line %u", (unsigned)decision.line);
        printf(", revision %llu\n", (unsigned long long)decision.revision);
        /* In full, as JSON: every source that was looked at, and what would make a no a yes. */
        char *json = lw_explain(engine, actor, right, target);
        if (json != NULL)
            puts(json);
        lw_string_free(json);
    } else {
        fprintf(stderr, "%s\n", lw_status_text(status));
    }
    lw_close(engine);
    return status == LW_OK ? 0 : 2;
}
