/*
 * panel.c - a receptionist's panel: whose busy lamp may she see, and whose call pick up? One call for each column, however many
 * lamps there are. panel SOURCE ACTOR
 */
#include <linewarden.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const char *source = argc > 1 ? argv[1] : "examples/companies/mixed.toml";
    const char *actor_name = argc > 2 ? argv[2] : "alice";

    lw_error *error = NULL;
    lw_engine *engine = lw_open(source, &error);
    lw_party actor = engine != NULL ? lw_resolve(engine, NULL, actor_name, &error) : 0;
    if (actor == 0) {
        fprintf(stderr, "%s\n", lw_error_message(error));
        lw_error_free(error);
        lw_close(engine);
        return 2;
    }

    /* First the number of parties, then the parties: at most as many as there is room for are written. */
    char *domain = lw_party_domain(engine, actor);
    size_t count = lw_parties(engine, domain, NULL, 0);
    lw_party *parties = calloc(count, sizeof *parties);
    bool *lamp = calloc(count, sizeof *lamp), *pickup = calloc(count, sizeof *pickup);
    if (parties == NULL || lamp == NULL || pickup == NULL)
        abort();
    size_t found = lw_parties(engine, domain, parties, count);
    if (found < count)
        count = found;

    size_t lamps = lw_may_each_target(engine, actor, LW_LINE_BUSY_READ, parties, count, lamp);
    size_t pickups = lw_may_each_target(engine, actor, LW_CALL_PICKUP_FIRST, parties, count, pickup);

    for (size_t i = 0; i < count; i++) {
        if (lw_party_kind(engine, parties[i]) != LW_KIND_USER)
            continue;
        char *name = lw_text(engine, parties[i]);
        const char *shown = pickup[i] ? "lamp, pickup" : "lamp, no pickup";
        printf("%-20s %s\n", name != NULL ? name : "?", lamp[i] ? shown : "no lamp");
        lw_string_free(name);
    }
    printf("%zu lamps, %zu pickups\n", lamps, pickups);

    free(parties);
    free(lamp);
    free(pickup);
    lw_string_free(domain);
    lw_close(engine);
    return 0;
}
