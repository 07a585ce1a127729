/*
 * A child of fork() goes on asking the engine its parent opened, and neither sees the other's reload. argv[1] is a copy of acme.toml
 * that may be changed, argv[2] acme-after.toml.
 */
#include "swap.h"

#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    NEED(argc == 3);
    lw_engine *engine = check_open(argv[1]);
    lw_party alice = lw_find(engine, NULL, "alice"), bob = lw_find(engine, NULL, "bob");
    NEED(alice != 0 && bob != 0);
    enum { CHILDREN = 4 };
    pid_t children[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        NEED(children[i] >= 0);
        if (children[i] == 0) {
            for (int round = 0; round < 1000; round++) {
                CHECK(lw_may_pick_up(engine, alice, bob, 1));
                CHECK(lw_find(engine, NULL, "alice") == alice);
                CHECK(lw_may_named(engine, NULL, "alice", "call.pickup", "110"));
            }
            CHECK(check_contains(lw_explain(engine, alice, LW_CALL_PICKUP, bob), "\"allowed\":true"));
            if (i == 0) {
                swap_in(argv[2], argv[1]);
                CHECK(lw_reload(engine, NULL) == LW_OK && !lw_may_set_forward(engine, alice, bob, 1));
            }
            lw_close(engine);
            _exit(check_report());
        }
    }
    for (int i = 0; i < CHILDREN; i++) {
        int status = 0;
        NEED(waitpid(children[i], &status, 0) == children[i]);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CHECK(lw_revision(engine) == 1 && lw_may_set_forward(engine, alice, bob, 1));
    CHECK(lw_reload(engine, NULL) == LW_OK && !lw_may_set_forward(engine, alice, bob, 1));
    lw_close(engine);
    return check_report();
}
