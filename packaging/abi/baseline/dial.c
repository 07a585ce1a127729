/*
 * dial.c - what a PBX does with a dialled function code: dial SOURCE ACTOR CODE. Exit status 0 allowed, 1 refused, 2 error.
 */
#include <linewarden.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    const char *source = argc > 1 ? argv[1] : "examples/companies/mixed.toml";
    const char *actor_name = argc > 2 ? argv[2] : "alice";
    const char *code = argc > 3 ? argv[3] : "*44";

    lw_error *error = NULL;
    lw_engine *engine = lw_open(source, &error);
    if (engine == NULL) {
        fprintf(stderr, "%s\n", lw_error_message(error));
        lw_error_free(error);
        return 2;
    }
    lw_dialled dialled;
    lw_status status = lw_dial(engine, lw_find(engine, NULL, actor_name), code, &dialled);
    if (status != LW_OK) {
        /* Not a function code of ours: a PBX would now look for an extension or a number of that name. */
        fprintf(stderr, "%s: %s\n", code, lw_status_text(status));
        lw_close(engine);
        return 2;
    }

    char *whom = lw_text(engine, dialled.subject);
    const char *name = whom != NULL ? whom : "?";
    switch (dialled.function) {
    case LW_FUNCTION_PICKUP:
        printf("pick up the call that rings at %s", name);
        break;
    case LW_FUNCTION_FORWARD_ASK:
        printf("ask where to forward the calls of %s", name);
        break;
    case LW_FUNCTION_FORWARD_TOGGLE:
        printf("switch the forwarding of %s", name);
        break;
    case LW_FUNCTION_FORWARD_SET:
        printf("set the forwarding of %s to %s", name, dialled.digits);
        break;
    case LW_FUNCTION_LOGIN:
        printf("log %s in or out", name);
        break;
    default:
        printf("a function newer than this program");
        dialled.allowed = false;
    }
    printf(": %s\n", dialled.allowed ? "allowed" : "refused");
    lw_string_free(whom);
    lw_close(engine);
    return dialled.allowed ? 0 : 1;
}
