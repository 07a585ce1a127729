/*
 * Eight threads ask while one reloads: every answer is entirely of the old document or entirely of the new one. The first call of
 * each thread is a check, without any set-up. argv[1] is a copy of acme.toml that may be changed, argv[2] acme.toml, argv[3]
 * acme-after.toml, argv[4] how many reloads.
 */
#include "swap.h"

#include <pthread.h>
#include <stdint.h>

enum { THREADS = 8, PANEL = 32 };

static lw_engine *engine;
static lw_party alice, bob, panel[PANEL];
static lw_rights before, after;
static volatile bool done;

static bool same(const lw_rights *a, const lw_rights *b)
{
    return a->words[0] == b->words[0] && a->words[1] == b->words[1];
}

/* Counts what is wrong; CHECK is not for threads. */
static void *ask(void *asked)
{
    uintptr_t wrong = 0;
    unsigned long questions = 0;
    do {
        lw_rights rights;
        bool lamps[PANEL];
        lw_decision decision;
        lw_rights_of(engine, alice, bob, &rights);
        wrong += !same(&rights, &before) && !same(&rights, &after);
        size_t lit = lw_may_each_target(engine, alice, LW_FORWARDING_SET, panel, PANEL, lamps);
        wrong += lit != 0 && lit != PANEL; /* One revision for the whole panel. */
        for (size_t i = 0; i < PANEL; i++)
            wrong += lamps[i] != (lit == PANEL);
        /* The revisions take turns: the odd ones are of the first document. */
        wrong += lw_decide(engine, alice, LW_FORWARDING_SET, bob, &decision) != LW_OK;
        wrong += decision.allowed != (decision.revision % 2 == 1);
        wrong += !lw_may_see_busy(engine, alice, bob);
        wrong += lw_find(engine, NULL, "alice") != alice;
        wrong += !lw_may_named(engine, NULL, "alice", "line.busy.read", "bob");
        questions++;
    } while (!done);
    *(unsigned long *)asked = questions;
    return (void *)wrong;
}

int main(int argc, char **argv)
{
    NEED(argc == 5);
    long reloads = strtol(argv[4], NULL, 10);
    engine = check_open(argv[1]);
    alice = lw_find(engine, NULL, "alice");
    bob = lw_find(engine, NULL, "bob");
    NEED(alice != 0 && bob != 0);
    for (size_t i = 0; i < PANEL; i++)
        panel[i] = bob;
    lw_rights_of(engine, alice, bob, &before);
    lw_engine *next = check_open(argv[3]);
    lw_rights_of(next, lw_find(next, NULL, "alice"), lw_find(next, NULL, "bob"), &after);
    lw_close(next);
    NEED(!same(&before, &after));

    pthread_t threads[THREADS];
    unsigned long asked[THREADS] = { 0 };
    for (int i = 0; i < THREADS; i++)
        NEED(pthread_create(&threads[i], NULL, ask, &asked[i]) == 0);
    for (long i = 0; i < reloads; i++) {
        swap_in(argv[i % 2 == 0 ? 3 : 2], argv[1]);
        CHECK(lw_reload(engine, NULL) == LW_OK);
    }
    done = true;
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        NEED(pthread_join(threads[i], &wrong) == 0);
        CHECK((uintptr_t)wrong == 0 && asked[i] > 0);
    }
    CHECK(lw_revision(engine) == (uint64_t)reloads + 1);
    lw_close(engine);
    return check_report();
}
