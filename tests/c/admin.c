/*
 * What an administrator's program does to a store through C: import, export, difference, copy, verification. argv[1] is a store made from
 * stored.toml that may be changed, argv[2] stored.toml, argv[3] a folder for files, argv[4] a document that is broken.
 */
#include "check.h"

static char *beside(const char *folder, const char *name)
{
    static char path[4][4096];
    static int next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    lw_engine *engine = check_open(argv[1]);
    lw_error *error = NULL;
    uint64_t revision = 7, first = lw_revision(engine);
    lw_party alice = lw_find(engine, NULL, "alice"), bob = lw_find(engine, NULL, "bob");

    /* What it says already changes nothing. */
    CHECK(check_contains(lw_diff(engine, argv[2], &error), "\"gained\":0,\"lost\":0") && error == NULL);
    CHECK(lw_import(engine, argv[2], &revision, &error) == LW_OK && revision == first && error == NULL);

    /* A copy, and then a change: the copy says the old, and the difference of both is that change. */
    char *copy = beside(argv[3], "copy.db"), *folder = beside(argv[3], "exported");
    CHECK(lw_backup(engine, copy, &revision, NULL) == LW_OK && revision == first);
    CHECK(lw_backup(engine, copy, &revision, &error) == LW_ERROR_FILE && revision == 0);
    CHECK(strstr(lw_error_message(error), "copy.db") != NULL);
    lw_error_free(error);
    CHECK(!lw_may(engine, bob, LW_CALL_PICKUP, alice));
    CHECK(lw_set_relationship(engine, LW_ADMINISTRATOR, alice, bob, "assistant", NULL, NULL) == LW_OK);
    CHECK(lw_request_access(engine, bob, alice, NULL, NULL) == LW_OK);
    CHECK(lw_may(engine, bob, LW_CALL_PICKUP, alice));
    CHECK(check_contains(lw_diff(engine, copy, NULL), "\"gains\":false"));

    /* The exported folder brings all of it back, requests included. */
    CHECK(lw_export(engine, folder, &revision, &error) == LW_OK && revision == lw_revision(engine) && error == NULL);
    CHECK(lw_import(engine, copy, NULL, NULL) == LW_OK);
    CHECK(!lw_may(engine, bob, LW_CALL_PICKUP, alice) && lw_pending(engine, alice, NULL, 0) == 0);
    CHECK(lw_import(engine, folder, &revision, NULL) == LW_OK && revision == lw_revision(engine));
    CHECK(lw_may(engine, bob, LW_CALL_PICKUP, alice) && lw_pending(engine, alice, NULL, 0) == 1);
    CHECK(lw_verify(engine, &revision, &error) == LW_OK && revision == lw_revision(engine) && error == NULL);

    /* A broken document changes nothing, and says where. */
    revision = lw_revision(engine);
    CHECK(lw_import(engine, argv[4], NULL, &error) == LW_ERROR_DOCUMENT && lw_revision(engine) == revision);
    CHECK(strstr(lw_error_message(error), argv[4]) != NULL);
    lw_error_free(error);
    CHECK(lw_diff(engine, argv[4], &error) == NULL && lw_error_code(error) == LW_ERROR_DOCUMENT);
    lw_error_free(error);
    CHECK(lw_import(engine, beside(argv[3], "missing.toml"), NULL, NULL) == LW_ERROR_FILE);
    CHECK(lw_export(engine, argv[4], NULL, NULL) == LW_ERROR_FILE);

    /* NULL, and an engine over a document. */
    lw_engine *document = check_open(argv[2]);
    CHECK(lw_import(document, argv[2], NULL, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_backup(document, beside(argv[3], "other.db"), NULL, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_verify(document, NULL, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_export(document, beside(argv[3], "again"), NULL, NULL) == LW_OK);
    lw_close(document);
    CHECK(lw_import(NULL, argv[2], NULL, NULL) == LW_ERROR_ARGUMENT && lw_import(engine, NULL, NULL, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_export(NULL, folder, NULL, NULL) == LW_ERROR_ARGUMENT && lw_export(engine, NULL, NULL, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_backup(NULL, copy, NULL, NULL) == LW_ERROR_ARGUMENT && lw_backup(engine, NULL, NULL, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_verify(NULL, NULL, NULL) == LW_ERROR_ARGUMENT);
    CHECK(lw_diff(NULL, argv[2], NULL) == NULL && lw_diff(engine, NULL, NULL) == NULL);
    lw_close(engine);
    return check_report();
}
