/*
 * A reload is in force as a whole or not at all, and numbers outlive it. argv[1] is a copy of acme.toml that may be changed,
 * argv[2] acme.toml, argv[3] acme-after.toml, argv[4] a file that is no document.
 */
#include "swap.h"

#include <unistd.h>

static void on_revision(void *data, uint64_t revision)
{
    __atomic_store_n((uint64_t *)data, revision, __ATOMIC_SEQ_CST);
}

int main(int argc, char **argv)
{
    NEED(argc == 5);
    lw_engine *engine = check_open(argv[1]);
    uint64_t noted = 0;
    lw_watcher *watcher = lw_on_revision(engine, on_revision, &noted, NULL);
    NEED(watcher != NULL);
    lw_party alice = lw_find(engine, NULL, "alice"), bob = lw_find(engine, NULL, "bob");
    NEED(alice != 0 && bob != 0);
    CHECK(lw_revision(engine) == 1 && lw_may_set_forward(engine, alice, bob, 1));

    swap_in(argv[3], argv[1]);
    CHECK(lw_may_set_forward(engine, alice, bob, 1)); /* Nothing happens by itself. */
    lw_error *error = NULL;
    CHECK(lw_reload(engine, &error) == LW_OK && error == NULL);
    CHECK(lw_revision(engine) == 2 && !lw_may_set_forward(engine, alice, bob, 1));
    CHECK(lw_find(engine, NULL, "alice") == alice && lw_find(engine, NULL, "bob") == bob);
    lw_decision decision;
    CHECK(lw_decide(engine, alice, LW_FORWARDING_SET, bob, &decision) == LW_OK && decision.revision == 2);

    /* A faulty document changes nothing and is reported. */
    swap_in(argv[4], argv[1]);
    CHECK(lw_reload(engine, &error) == LW_ERROR_DOCUMENT);
    CHECK(lw_error_code(error) == LW_ERROR_DOCUMENT && strlen(lw_error_message(error)) > 0);
    lw_error_free(error);
    CHECK(lw_reload(engine, NULL) == LW_ERROR_DOCUMENT);
    NEED(remove(argv[1]) == 0);
    CHECK(lw_reload(engine, NULL) == LW_ERROR_FILE);
    CHECK(lw_revision(engine) == 2 && !lw_may_set_forward(engine, alice, bob, 1) && lw_may_see_busy(engine, alice, bob));

    swap_in(argv[2], argv[1]);
    CHECK(lw_reload(engine, NULL) == LW_OK);
    CHECK(lw_revision(engine) == 3 && lw_may_set_forward(engine, alice, bob, 1));

    /* Reloads are noted, and no reload that failed. */
    for (int i = 0; i < 6000 && __atomic_load_n(&noted, __ATOMIC_SEQ_CST) < 3; i++)
        usleep(10000);
    CHECK(__atomic_load_n(&noted, __ATOMIC_SEQ_CST) == 3);
    lw_watch_end(watcher);

    /* What an engine has given outlives it. */
    char *text = lw_text(engine, alice);
    lw_close(engine);
    CHECK(check_text(text, "alice"));
    return check_report();
}
