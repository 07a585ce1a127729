/*
 * Everything that must be refused is refused, and every refusal is the zero value: NULL everywhere, unknown numbers, invalid
 * text, invalid arrays, omitted error pointers. argv[1] is acme.toml, argv[2] a path with no document.
 */
#include "check.h"

static lw_engine *engine;
static lw_party alice, bob;

/* Whatever was there before: an answer must not survive a refusal. */
static void soil(void *thing, size_t size)
{
    memset(thing, 0x5a, size);
}

static void nothing_is_opened(const char *missing)
{
    static char longer[LW_TEXT_MAX + 2];
    memset(longer, 'a', sizeof longer - 1);
    const struct { const char *source; lw_status code; } wrong[] = {
        { NULL, LW_ERROR_ARGUMENT },
        { "\xff\xfe", LW_ERROR_ARGUMENT },
        { longer, LW_ERROR_ARGUMENT },
        { missing, LW_ERROR_FILE },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lw_error *error = (lw_error *)&longer; /* Not initialised by the caller: it is set all the same. */
        CHECK(lw_open(wrong[i].source, &error) == NULL);
        NEED(error != NULL && error != (lw_error *)&longer);
        CHECK(lw_error_code(error) == wrong[i].code);
        CHECK(strlen(lw_error_message(error)) > 0);
        lw_error_free(error);
        CHECK(lw_open(wrong[i].source, NULL) == NULL);
    }
}

static void null_engine_is_refused(void)
{
    lw_party one = 1, room[2] = { 7, 7 };
    bool yes[2];
    lw_rights rights;
    lw_decision decision;
    lw_dialled dialled;
    lw_error *error = NULL;

    lw_close(NULL);
    CHECK(lw_survive_truncation(NULL) == LW_OK && lw_survive_truncation(&error) == LW_OK && error == NULL);
    CHECK(lw_reload(NULL, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_reload(NULL, &error) == LW_ERROR_ARGUMENT);
    CHECK(lw_error_code(error) == LW_ERROR_ARGUMENT);
    lw_error_free(error);
    error = NULL;
    CHECK(lw_revision(NULL) == 0);

    CHECK(lw_find(NULL, NULL, "alice") == 0);
    CHECK(lw_resolve(NULL, NULL, "alice", NULL) == 0);
    CHECK(lw_resolve(NULL, NULL, "alice", &error) == 0);
    CHECK(lw_error_code(error) == LW_ERROR_ARGUMENT);
    lw_error_free(error);
    error = NULL;
    CHECK(lw_text(NULL, 1) == NULL);
    CHECK(lw_line_of(NULL, 1, "100") == 0 && lw_line_of(NULL, 1, NULL) == 0);
    CHECK(lw_party_kind(NULL, 1) == 0);
    CHECK(lw_party_domain(NULL, 1) == NULL);
    CHECK(lw_domain_count(NULL) == 0);
    CHECK(lw_domain_name(NULL, 0) == NULL);

    CHECK(!lw_may(NULL, 1, LW_CALL_PICKUP, 1));
    CHECK(!lw_may_in_call(NULL, 1, LW_CALL_PICKUP, 1, LW_ROLE_CONSULTED));
    CHECK(!lw_may_pick_up(NULL, 1, 1, 1));
    CHECK(!lw_may_set_forward(NULL, 1, 1, 1));
    CHECK(!lw_may_bypass_forward(NULL, 1, 1));
    CHECK(!lw_may_see_busy(NULL, 1, 1));
    CHECK(!lw_may_see_caller(NULL, 1, 1, 1, LW_INCOMING));
    CHECK(!lw_may_log_in(NULL, 1, 1));
    CHECK(!lw_may_forward_to(NULL, 1, 1, 1, "110") && !lw_may_call(NULL, 1, "112"));
    CHECK(!lw_may_named(NULL, NULL, "alice", "call.pickup", "alice"));

    soil(&rights, sizeof rights);
    lw_rights_of(NULL, 1, 1, &rights);
    CHECK(check_zero(&rights, sizeof rights));
    lw_rights_of(NULL, 1, 1, NULL);
    soil(yes, sizeof yes);
    CHECK(lw_may_each_target(NULL, 1, LW_CALL_PICKUP, &one, 1, yes) == 0 && check_zero(yes, 1));
    soil(yes, sizeof yes);
    CHECK(lw_may_each_actor(NULL, &one, 1, LW_CALL_PICKUP, 1, yes) == 0 && check_zero(yes, 1));

    CHECK(lw_parties(NULL, NULL, room, 2) == 0);
    CHECK(lw_who(NULL, LW_CALL_PICKUP, 1, room, 2) == 0);
    CHECK(lw_whom(NULL, 1, LW_CALL_PICKUP, room, 2) == 0);
    CHECK(lw_notified(NULL, 1, NULL, 0, NULL, 0, room, 2, NULL) == 0);
    CHECK(lw_notified(NULL, 1, NULL, 0, NULL, 0, room, 2, &error) == 0);
    CHECK(lw_error_code(error) == LW_ERROR_ARGUMENT);
    lw_error_free(error);
    CHECK(room[0] == 7 && room[1] == 7);

    soil(&decision, sizeof decision);
    CHECK(lw_decide(NULL, 1, LW_CALL_PICKUP, 1, &decision) == LW_ERROR_ARGUMENT);
    CHECK(check_zero(&decision, sizeof decision));
    CHECK(lw_decide(NULL, 1, LW_CALL_PICKUP, 1, NULL) == LW_ERROR_ARGUMENT);
    lw_destination destination;
    soil(&destination, sizeof destination);
    CHECK(lw_decide_forward_to(NULL, 1, 1, 1, "110", &destination) == LW_ERROR_ARGUMENT);
    CHECK(check_zero(&destination, sizeof destination));
    soil(&destination, sizeof destination);
    CHECK(lw_decide_call(NULL, 1, "112", &destination) == LW_ERROR_ARGUMENT && check_zero(&destination, sizeof destination));
    CHECK(lw_explain(NULL, 1, LW_CALL_PICKUP, 1) == NULL);
    CHECK(lw_explain_in_call(NULL, 1, LW_CALL_PICKUP, 1, LW_ROLE_CONSULTED) == NULL);
    CHECK(lw_pair(NULL, 1, 1) == NULL);
    CHECK(lw_lint(NULL) == NULL && lw_history(NULL, 0, 0) == NULL);
    lw_store_state state;
    soil(&state, sizeof state);
    CHECK(lw_state(NULL, 0, &state, NULL) == LW_ERROR_ARGUMENT && check_zero(&state, sizeof state));
    CHECK(lw_token(NULL) == NULL && !lw_is_fresh(NULL, "lw1.") && !lw_wait_for_token(NULL, "lw1.", 0, NULL));
    soil(&dialled, sizeof dialled);
    CHECK(lw_dial(NULL, 1, "*8100", &dialled) == LW_ERROR_ARGUMENT);
    CHECK(check_zero(&dialled, sizeof dialled));
}

static void null_things_are_harmless(void)
{
    lw_error_free(NULL);
    lw_string_free(NULL);
    CHECK(lw_error_code(NULL) == LW_OK);
    CHECK(strcmp(lw_error_message(NULL), "") == 0);
    CHECK(lw_right_by_name(NULL) == 0);
    CHECK(!lw_rights_has(NULL, LW_CALL_PICKUP));

    lw_store_state state;
    lw_error *none_of_it = NULL;
    /* Documents have no log: no state, no token, and nothing is fresh. */
    soil(&state, sizeof state);
    CHECK(lw_state(engine, 0, &state, &none_of_it) == LW_ERROR_ARGUMENT && check_zero(&state, sizeof state));
    lw_error_free(none_of_it);
    CHECK(lw_state(engine, 0, NULL, NULL) == LW_ERROR_ARGUMENT && lw_token(engine) == NULL);
    CHECK(!lw_is_fresh(engine, "lw1.00000000000000000000000000000000.0.0.0000000000000000"));

    CHECK(lw_find(engine, NULL, NULL) == 0);
    CHECK(lw_find(engine, "acme.example", NULL) == 0);
    CHECK(lw_resolve(engine, NULL, NULL, NULL) == 0);
    CHECK(!lw_may_named(engine, NULL, NULL, "call.pickup", "bob"));
    CHECK(!lw_may_named(engine, NULL, "alice", NULL, "bob"));
    CHECK(!lw_may_named(engine, NULL, "alice", "call.pickup", NULL));
    lw_rights_of(engine, alice, bob, NULL);
    CHECK(!lw_may_forward_to(engine, alice, alice, 1, NULL) && !lw_may_forward_to(engine, alice, alice, 1, "\xff"));
    CHECK(!lw_may_forward_to(engine, alice, alice, 1, "") && !lw_may_forward_to(engine, alice, alice, 1, "no number"));
    CHECK(!lw_may_call(engine, alice, NULL) && !lw_may_call(engine, alice, "\xff") && !lw_may_call(engine, alice, ""));
    CHECK(lw_decide_forward_to(engine, alice, alice, 1, "110", NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_decide_call(engine, alice, "110", NULL) == LW_ERROR_ARGUMENT);
    lw_destination none_there;
    soil(&none_there, sizeof none_there);
    CHECK(lw_decide_call(engine, alice, NULL, &none_there) == LW_ERROR_ARGUMENT && check_zero(&none_there, sizeof none_there));
    CHECK(lw_decide(engine, alice, LW_CALL_PICKUP, bob, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_dial(engine, alice, "*8110", NULL) == LW_ERROR_ARGUMENT);
    lw_dialled dialled;
    soil(&dialled, sizeof dialled);
    CHECK(lw_dial(engine, alice, NULL, &dialled) == LW_ERROR_ARGUMENT);
    CHECK(check_zero(&dialled, sizeof dialled));
}

static void unknown_numbers_are_refused(void)
{
    const lw_party strangers[] = { 0, 1000000, 0x7fffffff, 0x80000000u, 0xfffffffeu, 0xffffffffu };
    const lw_right none[] = { 0, 88, 127, 136, 255, 256, 256 + LW_CALL_PICKUP, 0x80000000u, 0xffffffffu };
    lw_rights rights;
    lw_decision decision;
    lw_dialled dialled;

    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        lw_party who = strangers[i];
        for (lw_right right = 1; right < 140; right++) {
            CHECK(!lw_may(engine, who, right, bob));
            CHECK(!lw_may(engine, alice, right, who));
            CHECK(!lw_may(engine, who, right, who));
            CHECK(!lw_may_in_call(engine, who, right, bob, LW_ROLE_TRANSFERRING));
            CHECK(!lw_may_in_call(engine, alice, right, who, LW_ROLE_CONSULTED));
        }
        CHECK(!lw_may_pick_up(engine, who, bob, 1) && !lw_may_pick_up(engine, alice, who, 1));
        CHECK(!lw_may_set_forward(engine, who, bob, 1) && !lw_may_set_forward(engine, alice, who, 1));
        CHECK(!lw_may_bypass_forward(engine, who, bob) && !lw_may_bypass_forward(engine, alice, who));
        CHECK(!lw_may_see_busy(engine, who, bob) && !lw_may_see_busy(engine, alice, who));
        CHECK(!lw_may_see_caller(engine, who, bob, 1, LW_IN_CALL));
        CHECK(!lw_may_see_caller(engine, alice, who, 1, LW_IN_CALL));
        CHECK(!lw_may_log_in(engine, who, bob) && !lw_may_log_in(engine, alice, who));
        soil(&rights, sizeof rights);
        lw_rights_of(engine, who, bob, &rights);
        CHECK(check_zero(&rights, sizeof rights));
        soil(&rights, sizeof rights);
        lw_rights_of(engine, alice, who, &rights);
        CHECK(check_zero(&rights, sizeof rights));
        soil(&decision, sizeof decision);
        lw_destination destination;
        soil(&destination, sizeof destination);
        CHECK(!lw_may_forward_to(engine, who, bob, 1, "110") && !lw_may_forward_to(engine, alice, who, 1, "110"));
        CHECK(!lw_may_call(engine, who, "112"));
        CHECK(lw_decide_call(engine, who, "112", &destination) == LW_ERROR_UNKNOWN && check_zero(&destination, sizeof destination));
        soil(&destination, sizeof destination);
        CHECK(lw_decide_forward_to(engine, alice, who, 1, "110", &destination) == LW_ERROR_UNKNOWN);
        CHECK(check_zero(&destination, sizeof destination));
        CHECK(lw_decide(engine, who, LW_CALL_PICKUP, bob, &decision) == LW_ERROR_UNKNOWN);
        CHECK(check_zero(&decision, sizeof decision));
        CHECK(lw_decide(engine, alice, LW_CALL_PICKUP, who, &decision) == LW_ERROR_UNKNOWN);
        CHECK(lw_text(engine, who) == NULL);
        CHECK(lw_party_kind(engine, who) == 0);
        CHECK(lw_party_domain(engine, who) == NULL);
        CHECK(lw_who(engine, LW_CALL_PICKUP, who, NULL, 0) == 0);
        CHECK(lw_whom(engine, who, LW_CALL_PICKUP, NULL, 0) == 0);
        soil(&dialled, sizeof dialled);
        CHECK(lw_dial(engine, who, "*8110", &dialled) < 0);
        CHECK(check_zero(&dialled, sizeof dialled));
        lw_error *error = NULL;
        CHECK(lw_notified(engine, who, NULL, 0, NULL, 0, NULL, 0, &error) == 0);
        CHECK(lw_error_code(error) < 0);
        lw_error_free(error);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        bool yes = true;
        memset(&rights, 0xff, sizeof rights);
        CHECK(!lw_rights_has(&rights, none[i]));
        CHECK(!lw_may(engine, alice, none[i], bob));
        CHECK(!lw_may_in_call(engine, alice, none[i], bob, LW_ROLE_NONE));
        CHECK(lw_may_each_target(engine, alice, none[i], &bob, 1, &yes) == 0 && !yes);
        yes = true;
        CHECK(lw_may_each_actor(engine, &alice, 1, none[i], bob, &yes) == 0 && !yes);
        soil(&decision, sizeof decision);
        CHECK(lw_decide(engine, alice, none[i], bob, &decision) == LW_ERROR_UNKNOWN);
        CHECK(check_zero(&decision, sizeof decision));
        CHECK(lw_explain(engine, alice, none[i], bob) == NULL);
        CHECK(lw_who(engine, none[i], bob, NULL, 0) == 0);
        CHECK(lw_whom(engine, alice, none[i], NULL, 0) == 0);
        CHECK(lw_right_name(none[i]) == NULL);
    }
    const lw_direction no_direction[] = { 0, 4, 0xffffffffu };
    const lw_call_role no_role[] = { 3, 4, 256, 257, 0xffffffffu };
    CHECK(lw_may_see_caller(engine, alice, bob, 1, LW_IN_CALL));
    for (size_t i = 0; i < sizeof no_direction / sizeof *no_direction; i++)
        for (unsigned line = 0; line < 5; line++)
            CHECK(!lw_may_see_caller(engine, alice, bob, line, no_direction[i]));
    CHECK(lw_may_in_call(engine, alice, LW_CALL_PICKUP, bob, LW_ROLE_NONE));
    for (size_t i = 0; i < sizeof no_role / sizeof *no_role; i++) {
        CHECK(!lw_may_in_call(engine, alice, LW_CALL_PICKUP, bob, no_role[i]));
        CHECK(lw_explain_in_call(engine, alice, LW_CALL_PICKUP, bob, no_role[i]) == NULL);
    }
    CHECK(strcmp(lw_status_text(12345), "unknown status") == 0);
    CHECK(strcmp(lw_reason_text(12345), "another reason") == 0);
    CHECK(lw_domain_name(engine, 1) == NULL);
    CHECK(lw_domain_name(engine, (size_t)-1) == NULL);
}

static void text_that_is_no_good_is_refused(void)
{
    static char longer[LW_TEXT_MAX + 2], longest[LW_TEXT_MAX + 1];
    memset(longer, 'a', sizeof longer - 1);
    memset(longest, 'a', sizeof longest - 1);
    const char *wrong[] = {
        "", " ", "nobody", "999", "alice ", "team:nobody", "location:", "sip:", "sip:nobody@acme.example", "other.example/alice",
        "acme.example/", "/alice", "\xff", "alice\xc3", "\xed\xa0\x80", "\xc0\x80", "alice\n", longest, longer,
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lw_error *error = NULL;
        lw_dialled dialled;
        CHECK(lw_find(engine, NULL, wrong[i]) == 0);
        CHECK(lw_find(engine, "acme.example", wrong[i]) == 0);
        CHECK(lw_find(engine, wrong[i], "alice") == 0);
        CHECK(lw_resolve(engine, NULL, wrong[i], &error) == 0);
        CHECK(lw_error_code(error) < 0 && strlen(lw_error_message(error)) > 0);
        lw_error_free(error);
        CHECK(lw_right_by_name(wrong[i]) == 0);
        CHECK(!lw_may_named(engine, NULL, wrong[i], "call.pickup", "bob"));
        CHECK(!lw_may_named(engine, NULL, "alice", wrong[i], "bob"));
        CHECK(!lw_may_named(engine, NULL, "alice", "call.pickup", wrong[i]));
        CHECK(!lw_may_named(engine, wrong[i], "alice", "call.pickup", "bob"));
        CHECK(lw_parties(engine, wrong[i], NULL, 0) == 0);
        soil(&dialled, sizeof dialled);
        CHECK(lw_dial(engine, alice, wrong[i], &dialled) < 0);
        CHECK(check_zero(&dialled, sizeof dialled));
    }
    CHECK(lw_right_by_name("call.pickup.first ") == 0);
    CHECK(lw_right_by_name("CALL.PICKUP") == 0);

    /* Digits that do not fit are never cut. */
    char code[LW_DIGITS_SIZE + 64] = "*74110#";
    memset(code + strlen(code), '1', LW_DIGITS_SIZE);
    lw_dialled dialled;
    soil(&dialled, sizeof dialled);
    CHECK(lw_dial(engine, alice, code, &dialled) < 0);
    CHECK(check_zero(&dialled, sizeof dialled));
}

static void room_that_is_no_good_is_refused(void)
{
    union { lw_party parties[8]; bool answers[32]; } shared = { { 0 } };
    lw_party two[2] = { alice, bob };
    bool yes[2];

    soil(yes, sizeof yes);
    CHECK(lw_may_each_target(engine, alice, LW_CALL_PICKUP, NULL, 2, yes) == 0 && check_zero(yes, sizeof yes));
    soil(yes, sizeof yes);
    CHECK(lw_may_each_actor(engine, NULL, 2, LW_CALL_PICKUP, bob, yes) == 0 && check_zero(yes, sizeof yes));
    CHECK(lw_may_each_target(engine, alice, LW_CALL_PICKUP, two, 2, NULL) == 0);
    CHECK(lw_may_each_actor(engine, two, 2, LW_CALL_PICKUP, bob, NULL) == 0);
    CHECK(lw_may_each_target(engine, alice, LW_CALL_PICKUP, NULL, 0, NULL) == 0);
    CHECK(lw_may_each_actor(engine, NULL, 0, LW_CALL_PICKUP, bob, NULL) == 0);

    shared.parties[0] = shared.parties[1] = bob;
    CHECK(lw_may_each_target(engine, alice, LW_CALL_PICKUP, shared.parties, 2, shared.answers) == 0);
    CHECK(!shared.answers[0] && !shared.answers[1]);
    shared.parties[0] = shared.parties[1] = bob;
    CHECK(lw_may_each_target(engine, alice, LW_CALL_PICKUP, shared.parties, 2, shared.answers + 7) == 0);
    CHECK(!shared.answers[7] && !shared.answers[8]);
    shared.parties[0] = shared.parties[1] = bob;
    CHECK(lw_may_each_target(engine, alice, LW_CALL_PICKUP, shared.parties, 2, shared.answers + 8) == 2);
    CHECK(shared.answers[8] && shared.answers[9]);

    CHECK(lw_who(engine, LW_FORWARDING_SET, bob, NULL, 2) == 0);
    lw_error *error = NULL;
    lw_party team = lw_find(engine, NULL, "team:support");
    CHECK(lw_notified(engine, team, NULL, 1, NULL, 0, NULL, 0, &error) == 0);
    CHECK(lw_error_code(error) == LW_ERROR_ARGUMENT);
    lw_error_free(error);
    CHECK(lw_notified(engine, bob, NULL, 0, NULL, 0, NULL, 0, &error) == 0);
    CHECK(lw_error_code(error) < 0);
    lw_error_free(error);
}

int main(int argc, char **argv)
{
    NEED(argc == 3);
    nothing_is_opened(argv[2]);
    null_engine_is_refused();
    engine = check_open(argv[1]);
    NEED((alice = lw_find(engine, NULL, "alice")) != 0);
    NEED((bob = lw_find(engine, NULL, "bob")) != 0);
    null_things_are_harmless();
    unknown_numbers_are_refused();
    text_that_is_no_good_is_refused();
    room_that_is_no_good_is_refused();
    CHECK(lw_may_pick_up(engine, alice, bob, 1)); /* After all that it still answers. */
    lw_close(engine);
    return check_report();
}
