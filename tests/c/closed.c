/*
 * Debug builds of the library only: every use of a closed engine is refused. In a release build this program would be undefined.
 * argv[1] is acme.toml.
 */
#include "check.h"

int main(int argc, char **argv)
{
    NEED(argc == 2);
    for (int round = 0; round < 3; round++) {
        lw_engine *engine = check_open(argv[1]);
        lw_party alice = lw_find(engine, NULL, "alice"), bob = lw_find(engine, NULL, "bob"), room[4];
        CHECK(lw_may_pick_up(engine, alice, bob, 1));
        lw_close(engine);
        lw_close(engine); /* Closing twice does nothing. */

        bool yes = true;
        lw_rights rights = { { 1, 1 } };
        lw_decision decision = { .allowed = true };
        lw_dialled dialled = { .allowed = true };
        lw_error *error = NULL;
        CHECK(lw_reload(engine, &error) == LW_ERROR_CLOSED && lw_error_code(error) == LW_ERROR_CLOSED);
        CHECK(strcmp(lw_error_message(error), "the engine has been closed") == 0);
        lw_error_free(error);
        CHECK(lw_resolve(engine, NULL, "alice", &error) == 0 && lw_error_code(error) == LW_ERROR_CLOSED);
        lw_error_free(error);
        CHECK(lw_notified(engine, 5, NULL, 0, NULL, 0, room, 4, &error) == 0 && lw_error_code(error) == LW_ERROR_CLOSED);
        lw_error_free(error);
        CHECK(lw_decide(engine, alice, LW_CALL_PICKUP, bob, &decision) == LW_ERROR_CLOSED && check_zero(&decision, sizeof decision));
        CHECK(lw_dial(engine, alice, "*8110", &dialled) == LW_ERROR_CLOSED && check_zero(&dialled, sizeof dialled));
        CHECK(lw_revision(engine) == 0 && lw_domain_count(engine) == 0 && lw_domain_name(engine, 0) == NULL);
        CHECK(lw_find(engine, NULL, "alice") == 0 && lw_text(engine, alice) == NULL);
        CHECK(lw_party_kind(engine, alice) == 0 && lw_party_domain(engine, alice) == NULL);
        CHECK(!lw_may(engine, alice, LW_CALL_PICKUP, bob) && !lw_may_in_call(engine, alice, LW_CALL_PICKUP, bob, LW_ROLE_NONE));
        CHECK(!lw_may_pick_up(engine, alice, bob, 1) && !lw_may_set_forward(engine, alice, bob, 1));
        CHECK(!lw_may_bypass_forward(engine, alice, bob) && !lw_may_see_busy(engine, alice, bob));
        CHECK(!lw_may_see_caller(engine, alice, bob, 1, LW_INCOMING) && !lw_may_log_in(engine, alice, bob));
        CHECK(!lw_may_named(engine, NULL, "alice", "call.pickup", "bob"));
        lw_rights_of(engine, alice, bob, &rights);
        CHECK(check_zero(&rights, sizeof rights));
        CHECK(lw_may_each_target(engine, alice, LW_CALL_PICKUP, &bob, 1, &yes) == 0 && !yes);
        yes = true;
        CHECK(lw_may_each_actor(engine, &alice, 1, LW_CALL_PICKUP, bob, &yes) == 0 && !yes);
        CHECK(lw_parties(engine, NULL, room, 4) == 0 && lw_who(engine, LW_CALL_PICKUP, bob, room, 4) == 0);
        CHECK(lw_whom(engine, alice, LW_CALL_PICKUP, room, 4) == 0);
        CHECK(lw_explain(engine, alice, LW_CALL_PICKUP, bob) == NULL && lw_pair(engine, alice, bob) == NULL);
        CHECK(lw_explain_in_call(engine, alice, LW_CALL_PICKUP, bob, LW_ROLE_NONE) == NULL && lw_lint(engine) == NULL);
    }
    return check_report();
}
