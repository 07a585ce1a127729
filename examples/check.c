/*
 * check.c - one question, as a script asks it: check SOURCE ACTOR RIGHT TARGET. Exit status 0 yes, 1 no, 2 error.
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

    /* lw_may_named would answer no to a misspelt name. That is right on the call path; a person wants to hear of it. */
    int status = 2;
    lw_right right = lw_right_by_name(right_name);
    lw_party actor = lw_resolve(engine, NULL, actor_name, &error);
    lw_party target = actor != 0 ? lw_resolve(engine, NULL, target_name, &error) : 0;
    if (right == 0) {
        fprintf(stderr, "unknown right `%s`\n", right_name);
    } else if (target == 0) {
        fprintf(stderr, "%s\n", lw_error_message(error));
    } else {
        bool yes = lw_may(engine, actor, right, target);
        puts(yes ? "yes" : "no");
        status = yes ? 0 : 1;
    }
    lw_error_free(error);
    lw_close(engine);
    return status;
}
