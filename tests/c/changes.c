/*
 * Changes of a store through C: who may make them, what they return, that they are in force in another engine and in a forked
 * child, that a watcher gets exactly the flips, and that one of revisions ends cleanly. argv[1] is a store made from stored.toml
 * that may be changed, argv[2] a document.
 */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

struct told {
    lw_engine *engine;
    lw_party actor, target;
    /* Written by one thread before it stores the revision, read by another after it has seen it. */
    volatile int sets, wrong, calls;
    volatile bool gained;
    volatile uint64_t revision;
};

static void on_change(void *data, uint64_t revision, const lw_flips *flips, size_t count)
{
    struct told *told = data;
    told->calls++;
    for (size_t i = 0; i < count; i++) {
        told->sets++;
        bool pickup = lw_rights_has(&flips[i].rights, LW_CALL_PICKUP);
        bool one = flips[i].actor_count == 1 && flips[i].target_count == 1 && strcmp(flips[i].domain, "acme.example") == 0;
        if (!pickup || !one || flips[i].actors[0] != told->actor || flips[i].targets[0] != told->target)
            told->wrong++;
        told->gained = flips[i].allowed;
        /* A flip is in force before it is reported. */
        if (lw_may(told->engine, told->actor, LW_CALL_PICKUP, told->target) != flips[i].allowed)
            told->wrong++;
    }
    __atomic_store_n(&told->revision, revision, __ATOMIC_RELEASE);
}

static bool wait_until_told(const struct told *told, uint64_t revision)
{
    for (int i = 0; i < 6000; i++) {
        if (__atomic_load_n(&told->revision, __ATOMIC_ACQUIRE) >= revision)
            return true;
        usleep(10000);
    }
    return false;
}

struct noted {
    lw_engine *engine;
    lw_party actor, target;
    lw_watcher *watcher;
    volatile int wrong, calls, end;
    volatile bool allowed;
    volatile uint64_t revision;
};

static void on_revision(void *data, uint64_t revision)
{
    struct noted *noted = data;
    noted->calls++;
    if (revision <= noted->revision || lw_revision(noted->engine) < revision)
        noted->wrong++;
    noted->allowed = lw_may(noted->engine, noted->actor, LW_CALL_PICKUP, noted->target);
    if (__atomic_load_n(&noted->end, __ATOMIC_SEQ_CST))
        lw_watch_end(noted->watcher);
    __atomic_store_n(&noted->revision, revision, __ATOMIC_RELEASE);
}

static bool wait_until_noted(const struct noted *noted, uint64_t revision)
{
    for (int i = 0; i < 6000; i++) {
        if (__atomic_load_n(&noted->revision, __ATOMIC_ACQUIRE) >= revision)
            return true;
        usleep(10000);
    }
    return false;
}

int main(int argc, char **argv)
{
    NEED(argc == 3);
    /* Volatile: the child ends with them open, and valgrind must find them somewhere. */
    lw_engine *volatile engine = check_open(argv[1]), *volatile other = check_open(argv[1]);
    lw_party alice = lw_find(engine, NULL, "alice"), bob = lw_find(engine, NULL, "bob"), carol = lw_find(engine, NULL, "carol");
    NEED(alice != 0 && bob != 0 && carol != 0 && lw_find(other, NULL, "alice") == alice);
    lw_error *error = NULL;
    uint64_t first = lw_revision(engine), revision = 77;

    /* Party 0 may change nothing, nor may bob what is alice's; the message names the fault. */
    CHECK(lw_apply(engine, 0, NULL, "set vip alice yes", &revision, &error) == LW_ERROR_REFUSED && revision == 0);
    CHECK(strstr(lw_error_message(error), "LW_ADMINISTRATOR") != NULL);
    lw_error_free(error);
    CHECK(lw_set_relationship(engine, bob, alice, bob, "assistant", &revision, &error) == LW_ERROR_REFUSED);
    lw_error_free(error);
    CHECK(lw_set_relationship(engine, alice, alice, bob, "asistant", NULL, &error) == LW_ERROR_ARGUMENT);
    CHECK(strstr(lw_error_message(error), "assistant") != NULL);
    lw_error_free(error);
    CHECK(lw_set_relationship(engine, alice, alice, 999999, "assistant", NULL, NULL) == LW_ERROR_UNKNOWN);
    CHECK(lw_apply(engine, LW_ADMINISTRATOR, NULL, "set vip nobody yes", NULL, NULL) == LW_ERROR_UNKNOWN);
    CHECK(lw_apply(engine, LW_ADMINISTRATOR, "no.example", "set vip alice yes", NULL, NULL) == LW_ERROR_UNKNOWN);
    CHECK(lw_apply(engine, LW_ADMINISTRATOR, NULL, NULL, NULL, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_apply(NULL, LW_ADMINISTRATOR, NULL, "set vip alice yes", NULL, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_revision(engine) == first);

    /* Watching for flips. */
    struct told told = { .engine = engine, .actor = bob, .target = alice };
    lw_right pickup[] = { LW_CALL_PICKUP };
    CHECK(lw_watch(engine, pickup, 1, NULL, &told, NULL) == NULL);
    CHECK(lw_watch(NULL, pickup, 1, on_change, &told, NULL) == NULL);
    lw_watcher *watcher = lw_watch(engine, pickup, 1, on_change, &told, &error);
    NEED(watcher != NULL && error == NULL);

    /* A change is in force everywhere when it returns. */
    CHECK(!lw_may(other, bob, LW_CALL_PICKUP, alice));
    CHECK(lw_set_relationship(engine, alice, alice, bob, "assistant_plus", &revision, &error) == LW_OK);
    CHECK(revision == first + 1 && lw_revision(other) == revision && lw_wait_for(other, revision, 0));
    CHECK(lw_may(other, bob, LW_CALL_PICKUP, alice) && lw_may(engine, bob, LW_CALL_PICKUP, alice));
    CHECK(wait_until_told(&told, revision) && told.sets == 1 && told.gained && told.wrong == 0);
    CHECK(lw_clear_relationship(other, alice, alice, bob, &revision, NULL) == LW_OK && revision == first + 2);
    CHECK(!lw_may(engine, bob, LW_CALL_PICKUP, alice));
    CHECK(wait_until_told(&told, revision) && told.sets == 2 && !told.gained && told.wrong == 0);
    /* A revision that flips no watched right is reported without a set. */
    CHECK(lw_set_level(engine, LW_ADMINISTRATOR, carol, bob, "public", &revision, NULL) == LW_OK);
    CHECK(wait_until_told(&told, revision) && told.sets == 2);
    lw_watch_end(watcher);
    int calls = told.calls;
    CHECK(lw_clear_level(engine, LW_ADMINISTRATOR, carol, bob, &revision, NULL) == LW_OK);
    CHECK(!lw_wait_for(engine, revision + 1, 300) && told.calls == calls);

    /* Watching for revisions alone, and ending that from the callback. */
    struct noted noted = { .engine = other, .actor = bob, .target = alice };
    CHECK(lw_on_revision(other, NULL, &noted, NULL) == NULL);
    CHECK(lw_on_revision(NULL, on_revision, &noted, &error) == NULL && lw_error_code(error) == LW_ERROR_ARGUMENT);
    lw_error_free(error);
    noted.watcher = lw_on_revision(other, on_revision, &noted, &error);
    NEED(noted.watcher != NULL && error == NULL);
    CHECK(lw_set_relationship(engine, alice, alice, bob, "assistant_plus", &revision, NULL) == LW_OK);
    CHECK(wait_until_noted(&noted, revision) && noted.allowed);
    __atomic_store_n(&noted.end, 1, __ATOMIC_SEQ_CST);
    CHECK(lw_clear_relationship(engine, alice, alice, bob, &revision, NULL) == LW_OK);
    CHECK(wait_until_noted(&noted, revision) && !noted.allowed && noted.wrong == 0);
    calls = noted.calls;
    CHECK(lw_set_relationship(engine, alice, alice, bob, "assistant_plus", NULL, NULL) == LW_OK);
    CHECK(lw_clear_relationship(engine, alice, alice, bob, &revision, NULL) == LW_OK);
    CHECK(!lw_wait_for(engine, revision + 1, 300) && noted.calls == calls);
    /* One that nothing happens to ends at once. */
    noted.watcher = lw_on_revision(other, on_revision, &noted, NULL);
    NEED(noted.watcher != NULL);
    lw_watch_end(noted.watcher);
    CHECK(noted.calls == calls);

    /* Asking and answering. */
    lw_party waiting[2] = { 0, 0 };
    CHECK(lw_pending(engine, carol, waiting, 2) == 0);
    CHECK(lw_request_access(engine, bob, carol, NULL, NULL) == LW_OK);
    CHECK(lw_pending(other, carol, waiting, 2) == 1 && waiting[0] == bob);
    CHECK(lw_answer_request(other, bob, carol, "team", NULL, NULL) < 0);
    CHECK(lw_answer_request(other, carol, bob, "team", &revision, NULL) == LW_OK);
    CHECK(lw_pending(engine, carol, waiting, 2) == 0);
    CHECK(lw_may(engine, bob, LW_PRESENCE_STATUS_READ, carol));
    /* A request may be withdrawn; only the administrator may decline it for another owner. */
    CHECK(lw_request_access(engine, alice, carol, NULL, NULL) == LW_OK);
    CHECK(lw_apply(engine, LW_ADMINISTRATOR, NULL, "request bob carol", NULL, NULL) == LW_OK);
    CHECK(lw_pending(other, carol, waiting, 2) == 2);
    CHECK(lw_apply(engine, carol, NULL, "withdraw alice carol", NULL, NULL) == LW_ERROR_REFUSED);
    CHECK(lw_apply(engine, alice, NULL, "withdraw alice carol", &revision, NULL) == LW_OK && revision != 0);
    CHECK(lw_pending(other, carol, waiting, 2) == 1 && waiting[0] == bob);
    CHECK(lw_apply(engine, carol, NULL, "decline carol bob", NULL, NULL) == LW_ERROR_REFUSED);
    CHECK(lw_apply(engine, LW_ADMINISTRATOR, NULL, "decline carol bob", NULL, NULL) == LW_OK);
    CHECK(lw_pending(other, carol, waiting, 2) == 0);
    CHECK(lw_subscription_state(other, bob, carol) == LW_SUBSCRIPTION_NONE);
    CHECK(lw_apply(engine, LW_ADMINISTRATOR, NULL, "subscribe alice carol\n", NULL, NULL) == LW_OK);
    CHECK(lw_subscription_state(other, alice, carol) == LW_SUBSCRIPTION_PENDING);
    CHECK(lw_apply(engine, LW_ADMINISTRATOR, NULL, "accept carol alice", NULL, NULL) == LW_OK);
    CHECK(lw_subscription_state(other, alice, carol) == LW_SUBSCRIPTION_GRANTED);
    CHECK(lw_subscription_state(other, carol, alice) == LW_SUBSCRIPTION_NONE);

    /* A transfer, as long as the call lasts. */
    lw_rights before, during, after;
    lw_rights_of(engine, bob, alice, &before);
    CHECK(lw_begin_transfer(engine, LW_ADMINISTRATOR, "call-1", bob, alice, LW_ROLE_NONE, NULL, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_begin_transfer(engine, LW_ADMINISTRATOR, "call-1", bob, alice, LW_ROLE_TRANSFERRING, NULL, NULL) == LW_OK);
    lw_rights_of(other, bob, alice, &during);
    CHECK(lw_end_transfer(engine, LW_ADMINISTRATOR, NULL, "call-1", NULL, NULL) == LW_OK);
    lw_rights_of(other, bob, alice, &after);
    CHECK(memcmp(&before, &after, sizeof before) == 0 && memcmp(&before, &during, sizeof before) != 0);

    /* What was changed, the newest first. */
    CHECK(check_contains(lw_history(other, 0, 1), "\"end transfer call-1\""));
    CHECK(check_contains(lw_history(other, 0, 1), "\"by\":\"\""));
    CHECK(check_contains(lw_history(other, first, 0), "\"by\":\"acme.example/alice\""));
    CHECK(check_contains(lw_history(other, lw_revision(other), 0), "[]"));
    CHECK(lw_history(NULL, 0, 0) == NULL);

    /* A token says how fresh a store is: that of a revision that is there is, another is not. */
    lw_store_state state;
    CHECK(lw_state(other, 3000, &state, &error) == LW_OK && error == NULL);
    CHECK(state.kind == LW_STATE_ALONE && state.revision == lw_revision(other) && state.lag == 0 && state.age == 0);
    char *token = lw_token(engine);
    NEED(token != NULL);
    CHECK(strncmp(token, "lw1.", 4) == 0 && lw_is_fresh(other, token));
    CHECK(lw_wait_for_token(other, token, 0, &error) && error == NULL);
    char *last = token + strlen(token) - 1;
    *last = *last == '0' ? '1' : '0';
    CHECK(!lw_is_fresh(other, token));
    CHECK(!lw_wait_for_token(other, token, 60000, &error) && lw_error_code(error) == LW_ERROR_FORKED);
    lw_error_free(error);
    token[4] = token[4] == '0' ? '1' : '0';
    CHECK(!lw_wait_for_token(other, token, 60000, &error) && lw_error_code(error) == LW_ERROR_ARGUMENT);
    lw_error_free(error);
    CHECK(!lw_is_fresh(other, "") && !lw_is_fresh(other, NULL) && !lw_wait_for_token(other, "12", 0, NULL));
    lw_string_free(token);

    /* A forked child sees what the parent changes, and the parent what the child changes. */
    int to_child[2], to_parent[2];
    NEED(pipe(to_child) == 0 && pipe(to_parent) == 0);
    pid_t child = fork();
    NEED(child >= 0);
    if (child == 0) {
        char byte;
        bool so = read(to_child[0], &byte, 1) == 1 && lw_may(engine, bob, LW_CALL_PICKUP, alice);
        so = so && lw_apply(engine, LW_ADMINISTRATOR, NULL, "set relationship alice carol assistant_plus", NULL, NULL) == LW_OK;
        so = so && write(to_parent[1], "x", 1) == 1;
        _exit(so ? 0 : 1);
    }
    char byte;
    int status = 1;
    CHECK(lw_apply(engine, LW_ADMINISTRATOR, NULL, "set relationship alice bob assistant_plus", NULL, NULL) == LW_OK);
    CHECK(write(to_child[1], "x", 1) == 1 && read(to_parent[0], &byte, 1) == 1);
    CHECK(lw_may(engine, carol, LW_CALL_PICKUP, alice) && lw_may(other, carol, LW_CALL_PICKUP, alice));
    CHECK(waitpid(child, &status, 0) == child && status == 0);

    /* Closing ends a watcher; it still is the caller's to free. */
    watcher = lw_watch(other, NULL, 0, on_change, &told, NULL);
    NEED(watcher != NULL);
    lw_close(other);
    lw_watch_end(watcher);
    lw_watch_end(NULL);

    /* Everything is there when the store is opened again; a document is not changed from here. */
    lw_close(engine);
    engine = check_open(argv[1]);
    CHECK(lw_may(engine, lw_find(engine, NULL, "carol"), LW_CALL_PICKUP, lw_find(engine, NULL, "alice")));
    lw_close(engine);
    engine = check_open(argv[2]);
    CHECK(lw_apply(engine, LW_ADMINISTRATOR, NULL, "set vip alice yes", NULL, &error) == LW_ERROR_ARGUMENT);
    CHECK(strstr(lw_error_message(error), "linewarden import") != NULL);
    CHECK(lw_history(engine, 0, 0) == NULL);
    lw_error_free(error);
    lw_close(engine);
    return check_report();
}
