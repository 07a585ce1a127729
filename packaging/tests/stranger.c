/*
 * A stranger's program: it knows the installed package, `cc stranger.c $(pkg-config --cflags --libs linewarden)`, and nothing
 * else of linewarden. stranger SOURCE
 */
#include <linewarden.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2 || lw_abi_version() != LW_ABI_VERSION || lw_version_number() < LW_VERSION_NUMBER)
        return 2;
    lw_error *error = NULL;
    lw_engine *engine = lw_open(argv[1], &error);
    if (engine == NULL) {
        fprintf(stderr, "%s\n", lw_error_message(error));
        lw_error_free(error);
        return 2;
    }
    lw_party alice = lw_find(engine, NULL, "alice"), bob = lw_find(engine, NULL, "bob"), diana = lw_find(engine, NULL, "diana");
    bool right = lw_may_pick_up(engine, alice, diana, 1) && !lw_may_pick_up(engine, bob, diana, 1);
    lw_close(engine);
    puts(right ? "the library answers" : "the library answers wrongly");
    return right ? 0 : 1;
}
