/*
 * What a program asks for beyond the usual: options of opening, the rights one after another, parties page by page, what a watcher began
 * with. argv[1] is a store made from stored.toml that may be changed, argv[2] a document.
 */
#include "check.h"

static void on_revision(void *data, uint64_t revision)
{
    (void)data;
    (void)revision;
}

static void on_change(void *data, uint64_t revision, const lw_flips *flips, size_t count)
{
    (void)data;
    (void)revision;
    (void)flips;
    (void)count;
}

static void options(const char *store)
{
    lw_error *error = NULL;
    lw_options read_only = { sizeof(lw_options), 250, 1 };
    lw_engine *reader = lw_open_with(store, &read_only, &error);
    NEED(reader != NULL && error == NULL);
    lw_engine *writer = lw_open_with(store, NULL, &error);
    NEED(writer != NULL && error == NULL);
    lw_party alice = lw_find(reader, NULL, "alice"), bob = lw_find(reader, NULL, "bob");
    uint64_t revision = lw_revision(reader);
    CHECK(lw_set_relationship(reader, LW_ADMINISTRATOR, alice, bob, "assistant", NULL, &error) == LW_ERROR_ARGUMENT);
    CHECK(strstr(lw_error_message(error), "read-only") != NULL);
    lw_error_free(error);
    CHECK(lw_revision(writer) == revision && !lw_may(reader, bob, LW_CALL_PICKUP, alice));
    /* It follows what the other one changes. */
    CHECK(lw_set_relationship(writer, LW_ADMINISTRATOR, alice, bob, "assistant", NULL, NULL) == LW_OK);
    CHECK(lw_revision(reader) == revision + 1 && lw_may(reader, bob, LW_CALL_PICKUP, alice));
    CHECK(lw_reload(reader, NULL) == LW_OK);
    lw_close(writer);
    lw_close(reader);

    /* A size that is not this library's, and no source. */
    lw_options other = { sizeof(lw_options) + 8, 0, 0 }, none = { 0, 0, 0 }, usual = { sizeof(lw_options), 0, 0 };
    CHECK(lw_open_with(store, &other, &error) == NULL && lw_error_code(error) == LW_ERROR_ARGUMENT);
    lw_error_free(error);
    CHECK(lw_open_with(store, &none, NULL) == NULL);
    CHECK(lw_open_with(NULL, &usual, &error) == NULL && lw_error_code(error) == LW_ERROR_ARGUMENT);
    lw_error_free(error);
}

static char messages[4096];

static void on_message(void *data, lw_log_level level, const char *message)
{
    size_t used = strlen(messages);
    snprintf(messages + used, sizeof messages - used, "%u %s\n", (unsigned)level, message);
    ++*(int *)data;
}

/* Opening says so, once; without a function nothing is said. */
static void logs(const char *store)
{
    int count = 0;
    CHECK(lw_set_log(on_message, &count, NULL) == LW_OK);
    lw_close(check_open(store));
    CHECK(count == 1 && messages[0] - '0' == LW_LOG_INFO && strstr(messages, store) && strstr(messages, "revision"));
    CHECK(lw_set_log(NULL, NULL, NULL) == LW_OK);
    lw_close(check_open(store));
    CHECK(count == 1);
}

/* The entry that decides has a place in a document, and none in a store. */
static void places(const lw_engine *document, const char *path, const lw_engine *store)
{
    lw_party alice = lw_find(document, NULL, "alice"), all[64];
    size_t count = lw_parties(document, NULL, all, 64), found = 0;
    lw_decision decision;
    for (size_t i = 0; i < count && i < 64; i++) {
        if (lw_decide(document, all[i], LW_CALL_PICKUP, alice, &decision) != LW_OK)
            continue;
        char *file = lw_decision_file(document, alice, &decision);
        CHECK((file != NULL) == (decision.line != 0) && (file == NULL || strcmp(file, path) == 0));
        found += file != NULL;
        lw_string_free(file);
        if (decision.line != 0) {
            lw_decision old = decision;
            old.revision++;
            CHECK(lw_decision_file(document, alice, &old) == NULL && lw_decision_file(document, 4000000000u, &decision) == NULL);
        }
        CHECK(lw_decide(store, all[i], LW_CALL_PICKUP, alice, &decision) != LW_OK ||
              lw_decision_file(store, alice, &decision) == NULL);
    }
    CHECK(found > 0 && lw_decision_file(document, alice, NULL) == NULL && lw_decision_file(NULL, alice, &decision) == NULL);
}

static void rights(void)
{
    size_t count = 0;
    lw_right last = 0;
    for (lw_right right; (right = lw_right_at(count)) != 0; count++) {
        CHECK(right > last && lw_right_name(right) != NULL && lw_right_by_name(lw_right_name(right)) == right);
        last = right;
    }
    CHECK(count > 80 && lw_right_name(last + 1) == NULL && lw_right_at(count + 1) == 0 && lw_right_at(SIZE_MAX) == 0);
}

static void pages(const lw_engine *engine)
{
    lw_party all[64], paged[64], alice = lw_find(engine, NULL, "alice"), bob = lw_find(engine, NULL, "bob");
    size_t longest = 0;
    /* Who has each right on alice, and on whom alice has it: one by one as all at once. */
    for (size_t at = 0; lw_right_at(at / 2) != 0; at++) {
        lw_right right = lw_right_at(at / 2);
        bool whom = at % 2;
        size_t count = whom ? lw_whom(engine, alice, right, all, 64) : lw_who(engine, right, alice, all, 64);
        NEED(count <= 64);
        longest = count > longest ? count : longest;
        lw_party after = 0;
        size_t found = 0;
        while (found < 64) {
            lw_party next = 0;
            size_t left = whom ? lw_whom_after(engine, alice, right, after, &next, 1)
                               : lw_who_after(engine, right, alice, after, &next, 1);
            CHECK(left == count - found);
            if (left == 0)
                break;
            after = paged[found++] = next;
        }
        CHECK(found == count && memcmp(all, paged, count * sizeof *all) == 0);
    }
    CHECK(longest > 2);
    /* Behind one who has not the right, and behind one who is unknown. */
    size_t count = lw_who(engine, LW_CALL_PICKUP, bob, all, 64), behind = 0;
    for (size_t i = 0; i < count; i++) {
        char *text = lw_text(engine, all[i]);
        behind += strcmp(text, "alice") > 0;
        lw_string_free(text);
    }
    CHECK(lw_who_after(engine, LW_CALL_PICKUP, bob, alice, NULL, 0) == behind);
    CHECK(lw_who_after(engine, LW_CONTACT_NAME_READ, alice, 4000000000u, all, 64) == 0);
    CHECK(lw_who_after(engine, 0, alice, 0, all, 64) == 0 && lw_whom_after(NULL, alice, LW_CALL_PICKUP, 0, all, 64) == 0);
}

static void watchers(lw_engine *engine)
{
    lw_watcher *flips = lw_watch(engine, NULL, 0, on_change, NULL, NULL);
    lw_watcher *revisions = lw_on_revision(engine, on_revision, NULL, NULL);
    NEED(flips != NULL && revisions != NULL);
    uint64_t revision = lw_revision(engine);
    lw_party alice = lw_find(engine, NULL, "alice"), bob = lw_find(engine, NULL, "bob");
    CHECK(lw_clear_relationship(engine, LW_ADMINISTRATOR, alice, bob, NULL, NULL) == LW_OK);
    CHECK(lw_revision(engine) == revision + 1);
    CHECK(lw_watch_revision(flips) == revision && lw_watch_revision(revisions) == revision);
    CHECK(lw_watch_revision(NULL) == 0);
    lw_watch_end(flips);
    lw_watch_end(revisions);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    options(argv[1]);
    logs(argv[1]);
    rights();
    lw_engine *document = check_open(argv[2]);
    pages(document);
    lw_engine *store = check_open(argv[1]);
    watchers(store);
    places(document, argv[2], store);
    lw_close(document);
    lw_close(store);
    return check_report();
}
