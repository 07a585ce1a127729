/*
 * threads.c - one engine, many threads: checks need no lock and no set-up, and a reload beside them delays none.
 * threads SOURCE ACTOR TARGET; build with -pthread.
 */
#include <linewarden.h>

#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, CHECKS = 100000 };

/* What all threads share, and only read: the engine and two numbers, found once. */
static lw_engine *engine;
static lw_party actor, target;

static void *work(void *out)
{
    unsigned *yes = out;
    for (int i = 0; i < CHECKS; i++)
        *yes += lw_may_pick_up(engine, actor, target, 1);
    return NULL;
}

int main(int argc, char **argv)
{
    const char *source = argc > 1 ? argv[1] : "examples/companies/mixed.toml";
    const char *actor_name = argc > 2 ? argv[2] : "alice";
    const char *target_name = argc > 3 ? argv[3] : "bob";

    lw_error *error = NULL;
    engine = lw_open(source, &error);
    if (engine == NULL) {
        fprintf(stderr, "%s\n", lw_error_message(error));
        lw_error_free(error);
        return 2;
    }
    actor = lw_find(engine, NULL, actor_name);
    target = lw_find(engine, NULL, target_name);

    pthread_t threads[THREADS];
    unsigned yes[THREADS] = { 0 }, sum = 0;
    int started = 0;
    while (started < THREADS && pthread_create(&threads[started], NULL, work, &yes[started]) == 0)
        started++;

    /* The old answers stay in force if the new document has faults. */
    if (lw_reload(engine, &error) != LW_OK) {
        fprintf(stderr, "still the old rights: %s\n", lw_error_message(error));
        lw_error_free(error);
    }

    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        sum += yes[i];
    }
    unsigned asked = (unsigned)started * CHECKS;
    printf("%d threads, %u checks, %s\n", started, asked,
           sum == asked ? "all answered yes" : sum == 0 ? "all answered no" : "some yes, some no");

    /* Only now, when no thread is left that could ask. */
    lw_close(engine);
    return 0;
}
