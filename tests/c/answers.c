/*
 * Each function asks what it says, and all ways to ask one question agree. argv[1] is acme.toml, argv[2] a folder with acme.toml
 * and beta.toml, argv[3] lines.toml, argv[4] numbers.toml.
 */
#include "check.h"

static lw_engine *engine;
static lw_party alice, bob, carol, dave, support, desk, door;

static void names_lead_to_numbers_and_back(void)
{
    const char *alices[] = { "alice", "100", "101", "102", "sip:alice@acme.example", "acme.example/alice", "acme.example/100" };
    for (size_t i = 0; i < sizeof alices / sizeof *alices; i++) {
        CHECK(lw_find(engine, NULL, alices[i]) == alice);
        if (strchr(alices[i], '/') == NULL)
            CHECK(lw_find(engine, "acme.example", alices[i]) == alice);
        CHECK(lw_resolve(engine, NULL, alices[i], NULL) == alice);
    }
    CHECK(check_text(lw_text(engine, alice), "alice"));
    CHECK(check_text(lw_text(engine, support), "team:support"));
    CHECK(check_text(lw_text(engine, desk), "location:desk-7"));
    CHECK(check_text(lw_text(engine, door), "device:door"));
    CHECK(check_text(lw_party_domain(engine, desk), "acme.example"));
    CHECK(lw_party_kind(engine, alice) == LW_KIND_USER);
    CHECK(lw_party_kind(engine, support) == LW_KIND_TEAM);
    CHECK(lw_party_kind(engine, desk) == LW_KIND_LOCATION);
    CHECK(lw_party_kind(engine, door) == LW_KIND_DEVICE);

    lw_party outside = lw_find(engine, NULL, "sip:erin@partner.example");
    CHECK(outside != 0 && outside == lw_find(engine, NULL, "sip:erin@PARTNER.example"));
    CHECK(lw_party_kind(engine, outside) == LW_KIND_CONTACT);
    CHECK(check_text(lw_text(engine, outside), "sip:erin@partner.example"));
    CHECK(!lw_may_pick_up(engine, outside, bob, 1));

    lw_error *error = NULL;
    CHECK(lw_resolve(engine, NULL, "alcie", &error) == 0);
    CHECK(lw_error_code(error) == LW_ERROR_UNKNOWN);
    CHECK(strstr(lw_error_message(error), "alcie") != NULL && strstr(lw_error_message(error), "alice") != NULL);
    lw_error_free(error);
    error = NULL;
    CHECK(lw_resolve(engine, NULL, "alice", &error) == alice && error == NULL);

    CHECK(lw_line_of(engine, alice, "100") == 1 && lw_line_of(engine, alice, "acme.example/101") == 2);
    CHECK(lw_line_of(engine, alice, "102") == 3 && lw_line_of(engine, bob, "100") == 0 && lw_line_of(engine, alice, "alice") == 0);
    CHECK(lw_line_of(engine, alice, "beta.example/100") == 0 && lw_line_of(engine, support, "600") == 0);

    CHECK(lw_right_by_name("call.pickup") == LW_CALL_PICKUP);
    CHECK(lw_right_by_name("call.pickup.second") == LW_CALL_PICKUP_SECOND);
    CHECK(strcmp(lw_right_name(LW_LOCATION_LOGIN), "location.login") == 0);
    CHECK(lw_domain_count(engine) == 1);
    CHECK(check_text(lw_domain_name(engine, 0), "acme.example"));
    CHECK(lw_revision(engine) == 1);
}

static void questions_mean_what_they_say(void)
{
    /* alice and bob: assistant_plus by their workgroup. carol and bob: employee, the site's default. */
    for (unsigned line = 0; line < 6; line++) {
        CHECK(lw_may_pick_up(engine, alice, bob, line) && !lw_may_pick_up(engine, carol, bob, line));
        CHECK(lw_may_set_forward(engine, alice, bob, line) && !lw_may_set_forward(engine, carol, bob, line));
        for (lw_direction way = LW_INCOMING; way <= LW_IN_CALL; way++) {
            CHECK(lw_may_see_caller(engine, alice, bob, line, way));
            CHECK(!lw_may_see_caller(engine, carol, bob, line, way));
        }
    }
    CHECK(lw_may_see_busy(engine, carol, bob) && !lw_may_see_busy(engine, dave, bob));
    CHECK(lw_may_bypass_forward(engine, carol, bob) && !lw_may_bypass_forward(engine, alice, bob));
    CHECK(lw_may_log_in(engine, bob, desk) && !lw_may_log_in(engine, alice, desk) && !lw_may_log_in(engine, bob, door));
    CHECK(lw_may_pick_up(engine, bob, support, 1) && !lw_may_pick_up(engine, carol, support, 1));
    CHECK(lw_may_named(engine, NULL, "carol", "forwarding.bypass", "110"));
    CHECK(lw_may_named(engine, "acme.example", "100", "call.pickup.first", "bob"));
    CHECK(!lw_may_named(engine, NULL, "sip:erin@partner.example", "call.pickup", "bob"));

    /* A part in a transfer adds a label. */
    CHECK(lw_may_in_call(engine, dave, LW_LINE_BUSY_READ, bob, LW_ROLE_CONSULTED));
    CHECK(lw_may_in_call(engine, dave, LW_LINE_BUSY_READ, bob, LW_ROLE_TRANSFERRING));
    CHECK(!lw_may_in_call(engine, dave, LW_LINE_BUSY_READ, bob, LW_ROLE_NONE));
    /* A doubtful cell is a no (R1). */
    CHECK(!lw_may_in_call(engine, dave, LW_CALL_HELD_PARTY_READ, bob, LW_ROLE_CONSULTED));
    CHECK(!lw_may_in_call(engine, dave, LW_CALL_HELD_PARTY_READ, bob, LW_ROLE_TRANSFERRING));
}

static void all_ways_to_ask_agree(void)
{
    lw_party all[16];
    size_t count = lw_parties(engine, NULL, all, 16), answered = 0;
    NEED(count >= 7 && count <= 16);
    CHECK(lw_parties(engine, "acme.example", NULL, 0) == count);
    for (size_t i = 0; i < count; i++) {
        for (lw_right right = 0; right < 140; right++) {
            bool many[16];
            size_t yes = 0;
            size_t said = lw_may_each_target(engine, all[i], right, all, count, many);
            for (size_t j = 0; j < count; j++) {
                bool may = lw_may(engine, all[i], right, all[j]), one = !may;
                lw_rights rights;
                lw_decision decision;
                lw_rights_of(engine, all[i], all[j], &rights);
                yes += may;
                CHECK(many[j] == may);
                CHECK(lw_rights_has(&rights, right) == may);
                CHECK(lw_may_each_actor(engine, &all[i], 1, right, all[j], &one) == may && one == may);
                CHECK(lw_may_in_call(engine, all[i], right, all[j], LW_ROLE_NONE) == may);
                if (lw_right_name(right) == NULL) {
                    CHECK(!may);
                    continue;
                }
                CHECK(lw_decide(engine, all[i], right, all[j], &decision) == LW_OK);
                CHECK(decision.allowed == may && (decision.reason >= 16) == may && decision.revision == 1);
                char *actor = lw_text(engine, all[i]), *target = lw_text(engine, all[j]);
                CHECK(lw_may_named(engine, NULL, actor, lw_right_name(right), target) == may);
                lw_string_free(actor);
                lw_string_free(target);
            }
            CHECK(said == yes);
            if (lw_right_name(right) != NULL) {
                lw_party listed[16];
                size_t length = lw_whom(engine, all[i], right, listed, 16);
                CHECK(length == yes);
                for (size_t j = 0; j < length && j < 16; j++)
                    CHECK(lw_may(engine, all[i], right, listed[j]));
            }
            answered += yes;
        }
    }
    CHECK(answered > 100);
}

static void lists_are_whole(void)
{
    lw_party out[8] = { 0 };
    NEED(lw_who(engine, LW_FORWARDING_SET, bob, out, 8) == 2);
    CHECK(out[0] == alice && out[1] == bob && out[2] == 0);
    memset(out, 0, sizeof out);
    CHECK(lw_who(engine, LW_FORWARDING_SET, bob, out, 1) == 2 && out[0] == alice && out[1] == 0);
    CHECK(lw_who(engine, LW_FORWARDING_SET, bob, NULL, 0) == 2);
    CHECK(lw_whom(engine, alice, LW_FORWARDING_SET, out, 8) == 2 && out[0] == alice && out[1] == bob);

    lw_error *error = NULL;
    CHECK(lw_notified(engine, support, NULL, 0, NULL, 0, out, 8, &error) == 1 && out[0] == bob && error == NULL);
    CHECK(lw_notified(engine, support, &alice, 1, &alice, 1, out, 8, NULL) == 1 && out[0] == bob);
}

static void answers_say_why(void)
{
    lw_decision why;
    CHECK(lw_decide(engine, alice, LW_FORWARDING_SET, bob, &why) == LW_OK);
    CHECK(why.allowed && why.reason == LW_REASON_WORKGROUP && why.line > 0 && why.revision == 1);
    CHECK(lw_decide(engine, carol, LW_FORWARDING_SET, bob, &why) == LW_OK);
    CHECK(!why.allowed && why.reason == LW_REASON_NOT_GRANTED);
    CHECK(lw_decide(engine, carol, LW_FORWARDING_BYPASS, bob, &why) == LW_OK);
    CHECK(why.allowed && why.reason == LW_REASON_PERMISSION);
    CHECK(lw_decide(engine, alice, LW_FORWARDING_SET, alice, &why) == LW_OK && why.reason == LW_REASON_ONESELF);
    CHECK(strcmp(lw_reason_text(LW_REASON_WORKGROUP), "a workgroup") == 0);

    CHECK(check_contains(lw_explain(engine, alice, LW_FORWARDING_SET, bob), "\"allowed\":true"));
    CHECK(check_contains(lw_explain(engine, alice, LW_FORWARDING_SET, bob), "acme.toml:"));
    CHECK(check_contains(lw_explain(engine, carol, LW_FORWARDING_SET, bob), "\"allowed\":false"));
    CHECK(check_contains(lw_explain(engine, dave, LW_LINE_BUSY_READ, bob), "\"allowed\":false"));
    CHECK(check_contains(lw_explain_in_call(engine, dave, LW_LINE_BUSY_READ, bob, LW_ROLE_CONSULTED), "\"allowed\":true"));
    CHECK(check_contains(lw_pair(engine, carol, bob), "\"line.busy.read\""));
    CHECK(check_contains(lw_pair(engine, carol, bob), "{\"level\":\"employee\",\"system\":\"xphone\"}"));
    CHECK(check_contains(lw_lint(engine), "["));
}

static void codes_are_understood(void)
{
    lw_dialled dialled;
    CHECK(lw_dial(engine, alice, "*8110", &dialled) == LW_OK);
    CHECK(dialled.function == LW_FUNCTION_PICKUP && dialled.subject == bob && dialled.allowed);
    CHECK(dialled.digits[0] == '\0' && lw_may(engine, alice, dialled.right, bob) && dialled.line == 1);
    CHECK(lw_dial(engine, bob, "*8101", &dialled) == LW_OK && dialled.subject == alice && dialled.line == 2);
    CHECK(lw_dial(engine, carol, "*8110", &dialled) == LW_OK);
    CHECK(dialled.function == LW_FUNCTION_PICKUP && dialled.subject == bob && !dialled.allowed);
    CHECK(lw_dial(engine, alice, "*74110#100", &dialled) == LW_OK);
    CHECK(dialled.function == LW_FUNCTION_FORWARD_SET && dialled.subject == bob && dialled.allowed);
    CHECK(strcmp(dialled.digits, "100") == 0);
    CHECK(lw_dial(engine, carol, "*74110#100", &dialled) == LW_OK && !dialled.allowed);
    CHECK(lw_dial(engine, alice, "*70110", &dialled) == LW_OK && dialled.function == LW_FUNCTION_FORWARD_ASK);
    CHECK(lw_dial(engine, alice, "*71110", &dialled) == LW_OK && dialled.function == LW_FUNCTION_FORWARD_TOGGLE);
    CHECK(lw_dial(engine, bob, "*44", &dialled) == LW_OK && dialled.function == LW_FUNCTION_LOGIN);
    CHECK(lw_dial(engine, alice, "*99", &dialled) == LW_ERROR_UNASSIGNED);
    CHECK(lw_dial(engine, alice, "110", &dialled) == LW_ERROR_UNASSIGNED);
    CHECK(lw_dial(engine, alice, "*8", &dialled) == LW_ERROR_CODE);
    CHECK(lw_dial(engine, alice, "*8999", &dialled) == LW_ERROR_UNKNOWN);
}

static void codes_are_asked_by_line(const char *document)
{
    static const struct {
        const char *actor, *code;
        lw_right right;
        bool allowed;
        unsigned line;
    } dials[] = {
        { "sec", "*8100", LW_CALL_PICKUP_FIRST, true, 1 },
        { "sec", "*8101", LW_CALL_PICKUP_SECOND, true, 2 },
        { "sec", "*8102", LW_CALL_PICKUP_ADDITIONAL, false, 3 },
        { "sec", "*74100#300", LW_FORWARDING_SET_FIRST, true, 1 },
        { "sec", "*71101", LW_FORWARDING_SET_SECOND, true, 2 },
        { "sec", "*70102", LW_FORWARDING_SET_ADDITIONAL, false, 3 },
        { "sec", "*74#300", 0, true, 0 },
        /* A team has no lines: it is asked as the first. */
        { "dave", "*8600", LW_CALL_PICKUP_FIRST, true, 0 },
        /* The agent's own calls are not the team's. */
        { "dave", "*8100", LW_CALL_PICKUP_FIRST, false, 1 },
        { "sec", "*8600", LW_CALL_PICKUP_FIRST, false, 0 },
    };
    lw_engine *company = check_open(document);
    for (size_t i = 0; i < sizeof dials / sizeof *dials; i++) {
        lw_party actor = lw_find(company, NULL, dials[i].actor);
        lw_dialled dialled;
        CHECK(lw_dial(company, actor, dials[i].code, &dialled) == LW_OK);
        CHECK(dialled.right == dials[i].right && dialled.allowed == dials[i].allowed && dialled.line == dials[i].line);
        CHECK(dialled.right == 0 || lw_may(company, actor, dialled.right, dialled.subject) == dialled.allowed);
    }
    lw_party boss = lw_find(company, NULL, "boss"), sec = lw_find(company, NULL, "sec"), dave = lw_find(company, NULL, "dave");
    lw_party team = lw_find(company, NULL, "team:support");
    /* Line 0 asks for all lines, and no level gives additional ones. */
    CHECK(lw_may_pick_up(company, sec, boss, 1) && lw_may_pick_up(company, sec, boss, 2) && !lw_may_pick_up(company, sec, boss, 3));
    CHECK(!lw_may_pick_up(company, sec, boss, 0) && !lw_may_set_forward(company, sec, boss, 0));
    CHECK(lw_may_pick_up(company, sec, boss, lw_line_of(company, boss, "100")));
    /* The team's call that rings at the boss's telephone. */
    CHECK(lw_may_pick_up(company, dave, team, 1) && !lw_may_pick_up(company, dave, boss, 1));
    CHECK(!lw_may_pick_up(company, sec, team, 1));
    lw_close(company);
}

static void numbers_have_a_class(const char *document)
{
    lw_engine *company = check_open(document);
    lw_party ann = lw_find(company, NULL, "alice"), bert = lw_find(company, NULL, "bob");
    const struct {
        lw_party actor;
        unsigned line;
        const char *digits;
        lw_class number_class;
        lw_destination_reason reason;
    } forwardings[] = {
        { bert, 1, "210", LW_CLASS_INTERNAL, LW_DESTINATION_GRANTED },
        { bert, 1, "00171 1234567", LW_CLASS_MOBILE, LW_DESTINATION_GRANTED },
        { bert, 1, "+43 1 234567", LW_CLASS_INTERNATIONAL, LW_DESTINATION_GRANTED },
        { ann, 1, "+43 1 234567", LW_CLASS_INTERNATIONAL, LW_DESTINATION_CLASS_NOT_GRANTED },
        { bert, 2, "210", LW_CLASS_INTERNAL, LW_DESTINATION_NOT_GRANTED },
        { bert, 1, "00900 123456", LW_CLASS_PREMIUM, LW_DESTINATION_CLASS_NOT_GRANTED },
        { bert, 1, "112", LW_CLASS_EMERGENCY, LW_DESTINATION_EMERGENCY },
        { bert, 1, "200", LW_CLASS_INTERNAL, LW_DESTINATION_ONESELF },
        { bert, 1, "+5371234567", LW_CLASS_BLOCKED, LW_DESTINATION_BLOCKED },
        { bert, 1, "999", 0, LW_DESTINATION_NO_CLASS },
        { bert, 1, "*21#", 0, LW_DESTINATION_NO_CLASS },
    };
    for (size_t i = 0; i < sizeof forwardings / sizeof *forwardings; i++) {
        lw_destination out;
        lw_party actor = forwardings[i].actor;
        unsigned line = forwardings[i].line;
        const char *digits = forwardings[i].digits;
        CHECK(lw_decide_forward_to(company, actor, ann, line, digits, &out) == LW_OK);
        CHECK(out.number_class == forwardings[i].number_class && out.reason == forwardings[i].reason);
        CHECK(out.allowed == (out.reason >= 16) && out.allowed == lw_may_forward_to(company, actor, ann, line, digits));
        CHECK(out.revision == lw_revision(company));
    }
    lw_destination out;
    CHECK(lw_may_call(company, ann, "+43 1 234567") && lw_may_call(company, ann, "112") && lw_may_call(company, ann, "210"));
    CHECK(!lw_may_call(company, ann, "00900 123456") && !lw_may_call(company, ann, "+5371234567"));
    CHECK(lw_decide_call(company, ann, "0110", &out) == LW_OK && out.reason == LW_DESTINATION_EMERGENCY_CALL);
    CHECK(out.number_class == LW_CLASS_EMERGENCY && out.allowed);
    lw_dialled dialled;
    CHECK(lw_dial(company, bert, "*74200#00043123456", &dialled) == LW_OK && dialled.allowed);
    CHECK(lw_dial(company, bert, "*74200#00900123456", &dialled) == LW_OK && !dialled.allowed);
    CHECK(strcmp(dialled.digits, "00900123456") == 0 && dialled.right == LW_FORWARDING_SET_FIRST);
    CHECK(lw_dial(company, ann, "*74#112", &dialled) == LW_OK && !dialled.allowed);
    lw_close(company);
}

static void two_companies_do_not_meet(const char *folder)
{
    lw_engine *both = check_open(folder);
    CHECK(lw_domain_count(both) == 2);
    CHECK(check_text(lw_domain_name(both, 0), "acme.example") && check_text(lw_domain_name(both, 1), "beta.example"));
    lw_party here = lw_find(both, "acme.example", "alice"), there = lw_find(both, "beta.example", "alice");
    CHECK(here != 0 && there != 0 && here != there && there == lw_find(both, NULL, "beta.example/alice"));
    CHECK(lw_find(both, NULL, "alice") == 0 && lw_parties(both, NULL, NULL, 0) == 0);
    CHECK(lw_parties(both, "beta.example", NULL, 0) == 1);
    CHECK(check_text(lw_party_domain(both, there), "beta.example"));
    CHECK(!lw_may_pick_up(both, here, there, 1) && !lw_may_pick_up(both, there, here, 1));
    lw_close(both);
}

int main(int argc, char **argv)
{
    NEED(argc == 5);
    engine = check_open(argv[1]);
    NEED((alice = lw_find(engine, NULL, "alice")) != 0);
    NEED((bob = lw_find(engine, NULL, "bob")) != 0);
    NEED((carol = lw_find(engine, NULL, "carol")) != 0);
    NEED((dave = lw_find(engine, NULL, "dave")) != 0);
    NEED((support = lw_find(engine, NULL, "team:support")) != 0);
    NEED((desk = lw_find(engine, NULL, "location:desk-7")) != 0);
    NEED((door = lw_find(engine, NULL, "device:door")) != 0);
    names_lead_to_numbers_and_back();
    questions_mean_what_they_say();
    all_ways_to_ask_agree();
    lists_are_whole();
    answers_say_why();
    codes_are_understood();
    lw_close(engine);
    two_companies_do_not_meet(argv[2]);
    codes_are_asked_by_line(argv[3]);
    numbers_have_a_class(argv[4]);
    return check_report();
}
