/*
 * Asks every kind of question between two lines written to the standard output, for strace to see that nothing else reaches the
 * system meanwhile. argv[1] is acme.toml, or a store of it: over that reasons are asked as well.
 */
#include "check.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    NEED(argc == 2);
    lw_engine *engine = check_open(argv[1]);
    lw_party alice = lw_find(engine, NULL, "alice"), bob = lw_find(engine, NULL, "110");
    lw_party desk = lw_find(engine, NULL, "location:desk-7");
    NEED(alice != 0 && bob != 0 && desk != 0);
    static const char begin[] = "questions begin\n", end[] = "questions end\n";
    const char *dot = strrchr(argv[1], '.');
    bool is_store = dot != NULL && strcmp(dot, ".db") == 0;
    size_t yes = 0;
    NEED(write(STDOUT_FILENO, begin, sizeof begin - 1) > 0);
    for (unsigned round = 0; round < 1000; round++) {
        lw_party parties[64];
        bool out[64];
        lw_rights rights;
        for (unsigned i = 0; i < 64; i++)
            parties[i] = i % 2 ? alice : round + i;
        for (lw_party target = 0; target < 12; target++) {
            yes += lw_may(engine, alice, LW_CALL_PICKUP, target);
            yes += lw_may_in_call(engine, alice, LW_LINE_BUSY_READ, target, LW_ROLE_CONSULTED);
            yes += lw_may_pick_up(engine, target, bob, 1) + lw_may_set_forward(engine, alice, target, 2);
            yes += lw_may_bypass_forward(engine, alice, target) + lw_may_see_busy(engine, target, alice);
            yes += lw_may_see_caller(engine, alice, target, 1, LW_INCOMING) + lw_may_log_in(engine, target, desk);
            yes += lw_may_forward_to(engine, alice, target, 1, "110") + lw_may_forward_to(engine, target, bob, 1, "+49 30 1234567");
            yes += lw_may_call(engine, target, "0049301234567");
            lw_destination destination;
            if (lw_decide_forward_to(engine, alice, target, 1, "112", &destination) == LW_OK)
                yes += destination.allowed;
            if (lw_decide_call(engine, target, "112", &destination) == LW_OK)
                yes += destination.allowed;
            lw_rights_of(engine, alice, target, &rights);
            yes += lw_rights_has(&rights, LW_LINE_BUSY_READ);
            lw_decision decision;
            if (is_store && lw_decide(engine, alice, LW_CALL_PICKUP, target, &decision) == LW_OK)
                yes += decision.allowed;
        }
        yes += lw_may_each_target(engine, bob, LW_LINE_BUSY_READ, parties, 64, out);
        yes += lw_may_each_actor(engine, parties, 64, LW_LINE_BUSY_READ, bob, out);
        yes += lw_may_named(engine, NULL, "alice", "call.pickup", "110");
        yes += lw_may_named(engine, NULL, "sip:nobody@else.example", "call.pickup", "110");
        yes += lw_find(engine, NULL, "sip:alice@acme.example") == alice;
        yes += lw_line_of(engine, bob, "110") == 1 && lw_line_of(engine, alice, "acme.example/110") == 0;
    }
    NEED(write(STDOUT_FILENO, end, sizeof end - 1) > 0);
    CHECK(yes > 3000);
    lw_close(engine);
    return check_report();
}
