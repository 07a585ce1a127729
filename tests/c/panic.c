/*
 * A panic inside any function is a refusal, and the next call works. Needs a library with the feature `panic-probe`, whose
 * lw_test_panic makes the next call of this thread panic. argv[1] is acme.toml.
 */
#include "check.h"

void lw_test_panic(void);

/* Once with a panic, which must be refused as `refused` says, and once without. */
#define TWICE(refused, works)  \
    do {                       \
        lw_test_panic();       \
        CHECK(refused);        \
        CHECK(works);          \
    } while (0)

int main(int argc, char **argv)
{
    NEED(argc == 2);
    lw_error *error = NULL;
    lw_engine *engine;
    TWICE((engine = lw_open(argv[1], &error)) == NULL && lw_error_code(error) == LW_ERROR_INTERNAL, error != NULL);
    CHECK(strstr(lw_error_message(error), "set by lw_test_panic") != NULL);
    TWICE(lw_error_code(error) == LW_ERROR_INTERNAL, lw_error_code(error) == LW_ERROR_INTERNAL);
    TWICE(lw_error_message(error) == NULL, lw_error_message(error) != NULL);
    lw_test_panic();
    lw_error_free(error); /* Refused: it is still there. */
    lw_error_free(error);
    TWICE(lw_open(argv[1], NULL) == NULL, (engine = lw_open(argv[1], NULL)) != NULL);
    NEED(engine != NULL);

    lw_party alice = 0, bob, room[16];
    TWICE(lw_find(engine, NULL, "alice") == 0, (alice = lw_find(engine, NULL, "alice")) != 0);
    TWICE(lw_resolve(engine, NULL, "bob", NULL) == 0, (bob = lw_resolve(engine, NULL, "bob", NULL)) != 0);
    TWICE(lw_revision(engine) == 0, lw_revision(engine) == 1);
    TWICE(lw_reload(engine, &error) == LW_ERROR_INTERNAL && error != NULL, error != NULL);
    lw_error_free(error);
    CHECK(lw_revision(engine) == 1);
    TWICE(lw_reload(engine, NULL) == LW_ERROR_INTERNAL, lw_reload(engine, NULL) == LW_OK);
    TWICE(lw_text(engine, alice) == NULL, check_text(lw_text(engine, alice), "alice"));
    TWICE(lw_party_kind(engine, alice) == 0, lw_party_kind(engine, alice) == LW_KIND_USER);
    TWICE(lw_party_domain(engine, alice) == NULL, check_text(lw_party_domain(engine, alice), "acme.example"));
    TWICE(lw_domain_count(engine) == 0, lw_domain_count(engine) == 1);
    TWICE(lw_domain_name(engine, 0) == NULL, check_text(lw_domain_name(engine, 0), "acme.example"));
    TWICE(lw_right_by_name("call.pickup") == 0, lw_right_by_name("call.pickup") == LW_CALL_PICKUP);
    TWICE(lw_right_name(LW_CALL_PICKUP) == NULL, lw_right_name(LW_CALL_PICKUP) != NULL);

    lw_party carol = lw_find(engine, NULL, "carol"), desk = lw_find(engine, NULL, "location:desk-7");
    lw_party support = lw_find(engine, NULL, "team:support");
    TWICE(!lw_may(engine, alice, LW_CALL_PICKUP, bob), lw_may(engine, alice, LW_CALL_PICKUP, bob));
    TWICE(!lw_may_in_call(engine, alice, LW_CALL_PICKUP, bob, LW_ROLE_NONE),
          lw_may_in_call(engine, alice, LW_CALL_PICKUP, bob, LW_ROLE_NONE));
    TWICE(!lw_may_pick_up(engine, alice, bob, 1), lw_may_pick_up(engine, alice, bob, 1));
    TWICE(!lw_may_set_forward(engine, alice, bob, 1), lw_may_set_forward(engine, alice, bob, 1));
    TWICE(!lw_may_bypass_forward(engine, carol, bob), lw_may_bypass_forward(engine, carol, bob));
    TWICE(!lw_may_see_busy(engine, alice, bob), lw_may_see_busy(engine, alice, bob));
    TWICE(!lw_may_see_caller(engine, alice, bob, 1, LW_IN_CALL), lw_may_see_caller(engine, alice, bob, 1, LW_IN_CALL));
    TWICE(!lw_may_log_in(engine, bob, desk), lw_may_log_in(engine, bob, desk));
    TWICE(!lw_may_named(engine, NULL, "alice", "call.pickup", "bob"), lw_may_named(engine, NULL, "alice", "call.pickup", "bob"));

    lw_rights rights = { { 0, 0 } };
    lw_test_panic();
    lw_rights_of(engine, alice, bob, &rights);
    CHECK(check_zero(&rights, sizeof rights));
    lw_rights_of(engine, alice, bob, &rights);
    TWICE(!lw_rights_has(&rights, LW_CALL_PICKUP), lw_rights_has(&rights, LW_CALL_PICKUP));
    bool yes = false;
    TWICE(lw_may_each_target(engine, alice, LW_CALL_PICKUP, &bob, 1, &yes) == 0 && !yes,
          lw_may_each_target(engine, alice, LW_CALL_PICKUP, &bob, 1, &yes) == 1 && yes);
    yes = false;
    TWICE(lw_may_each_actor(engine, &alice, 1, LW_CALL_PICKUP, bob, &yes) == 0 && !yes,
          lw_may_each_actor(engine, &alice, 1, LW_CALL_PICKUP, bob, &yes) == 1 && yes);
    TWICE(lw_parties(engine, NULL, room, 16) == 0, lw_parties(engine, NULL, room, 16) == 7);
    TWICE(lw_who(engine, LW_CALL_PICKUP, bob, room, 16) == 0, lw_who(engine, LW_CALL_PICKUP, bob, room, 16) > 0);
    TWICE(lw_whom(engine, alice, LW_CALL_PICKUP, room, 16) == 0, lw_whom(engine, alice, LW_CALL_PICKUP, room, 16) > 0);
    TWICE(lw_notified(engine, support, NULL, 0, NULL, 0, room, 16, NULL) == 0,
          lw_notified(engine, support, NULL, 0, NULL, 0, room, 16, NULL) == 1);

    lw_decision decision;
    lw_dialled dialled;
    memset(&decision, 0, sizeof decision);
    memset(&dialled, 0, sizeof dialled);
    TWICE(lw_decide(engine, alice, LW_CALL_PICKUP, bob, &decision) == LW_ERROR_INTERNAL && !decision.allowed,
          lw_decide(engine, alice, LW_CALL_PICKUP, bob, &decision) == LW_OK && decision.allowed);
    TWICE(lw_dial(engine, alice, "*8110", &dialled) == LW_ERROR_INTERNAL && !dialled.allowed,
          lw_dial(engine, alice, "*8110", &dialled) == LW_OK && dialled.allowed);
    TWICE(lw_explain(engine, alice, LW_CALL_PICKUP, bob) == NULL,
          check_contains(lw_explain(engine, alice, LW_CALL_PICKUP, bob), "\"allowed\":true"));
    TWICE(lw_explain_in_call(engine, alice, LW_CALL_PICKUP, bob, LW_ROLE_CONSULTED) == NULL,
          check_contains(lw_explain_in_call(engine, alice, LW_CALL_PICKUP, bob, LW_ROLE_CONSULTED), "\"allowed\":true"));
    TWICE(lw_pair(engine, alice, bob) == NULL, check_contains(lw_pair(engine, alice, bob), "rights"));
    TWICE(lw_lint(engine) == NULL, check_contains(lw_lint(engine), "["));
    TWICE(lw_status_text(LW_OK) == NULL, strcmp(lw_status_text(LW_OK), "done") == 0);
    TWICE(lw_reason_text(LW_REASON_VIP) == NULL, lw_reason_text(LW_REASON_VIP) != NULL);
    TWICE(lw_abi_version() == 0, lw_abi_version() == LW_ABI_VERSION);
    TWICE(lw_version() == NULL, strcmp(lw_version(), LW_VERSION) == 0);
    TWICE(lw_version_number() == 0, lw_version_number() == LW_VERSION_NUMBER);

    char *text = lw_text(engine, alice);
    lw_test_panic();
    lw_string_free(text); /* Refused: it is still there. */
    CHECK(check_text(text, "alice"));
    lw_test_panic();
    lw_close(engine); /* Refused: it is still open. */
    CHECK(lw_may_pick_up(engine, alice, bob, 1));
    lw_close(engine);
    return check_report();
}
