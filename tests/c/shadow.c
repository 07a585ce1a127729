/*
 * Shadow mode by C: what would be refused passes where it is asked for, is written by a thread of the library, and lw_may stays as it
 * is. argv[1] is acme.toml, argv[2] the log, argv[3] `true` to close the engine before the shadow.
 */
#include "check.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void in_an_hour(char *text, size_t size)
{
    time_t then = time(NULL) + 3600;
    struct tm utc;
    gmtime_r(&then, &utc);
    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static char *whole(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    NEED(file != NULL);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* No end, a bad one, no right, no domain, no log: no shadow. */
static void refusals(lw_engine *engine, const char *until, const char *log)
{
    const lw_right bare[] = { LW_CALL_PICKUP }, none[] = { 60000 };
    lw_error *error = NULL;
    CHECK(lw_shadow_begin(NULL, NULL, bare, 1, until, log, NULL) == NULL);
    CHECK(lw_shadow_begin(engine, NULL, bare, 1, NULL, log, NULL) == NULL);
    CHECK(lw_shadow_begin(engine, NULL, bare, 1, "Friday", log, &error) == NULL && lw_error_code(error) == LW_ERROR_ARGUMENT);
    lw_error_free(error);
    CHECK(lw_shadow_begin(engine, NULL, bare, 1, "2020-01-01T00:00:00Z", log, &error) == NULL);
    CHECK(strstr(lw_error_message(error), "is past") != NULL);
    lw_error_free(error);
    CHECK(lw_shadow_begin(engine, NULL, none, 1, until, log, NULL) == NULL);
    CHECK(lw_shadow_begin(engine, "nowhere.example", bare, 1, until, log, &error) == NULL);
    CHECK(lw_error_code(error) == LW_ERROR_UNKNOWN);
    lw_error_free(error);
    CHECK(lw_shadow_begin(engine, NULL, bare, 1, until, NULL, NULL) == NULL);
    CHECK(lw_shadow_begin(engine, NULL, bare, 1, until, "/nowhere/at/all", &error) == NULL);
    CHECK(lw_error_code(error) == LW_ERROR_FILE);
    lw_error_free(error);
    /* A pipe is not waited for, a link not followed. */
    CHECK(mkfifo(log, 0600) == 0);
    CHECK(lw_shadow_begin(engine, NULL, bare, 1, until, log, NULL) == NULL);
    CHECK(remove(log) == 0 && symlink("/dev/null", log) == 0);
    CHECK(lw_shadow_begin(engine, NULL, bare, 1, until, log, NULL) == NULL);
    CHECK(remove(log) == 0);
    CHECK(lw_may_or_shadow(NULL, 1, LW_CALL_PICKUP, 2) == LW_SHADOW_NO);
    CHECK(lw_may_or_shadow_named(NULL, NULL, "alice", "call.pickup", "bob") == LW_SHADOW_NO);
    CHECK(lw_shadow_status(NULL) == NULL);
    lw_shadow_end(NULL);
}

int main(int argc, char **argv)
{
    char until[32];
    NEED(argc == 4);
    in_an_hour(until, sizeof until);
    remove(argv[2]);
    lw_engine *engine = check_open(argv[1]);
    lw_party alice = lw_find(engine, NULL, "alice");
    NEED(alice != 0);
    refusals(engine, until, argv[2]);

    lw_party actor = lw_find(engine, NULL, "dave"), target = alice;
    NEED(actor != 0 && !lw_may_pick_up(engine, actor, target, 1));
    const lw_right right[] = { LW_CALL_PICKUP };
    lw_error *error = NULL;
    lw_shadow *shadow = lw_shadow_begin(engine, "acme.example", right, 1, until, argv[2], &error);
    NEED(shadow != NULL && error == NULL);
    CHECK(lw_may_or_shadow(shadow, actor, LW_CALL_PICKUP_FIRST, target) == LW_SHADOW_WOULD_REFUSE);
    CHECK(lw_may_or_shadow(shadow, actor, LW_CALL_PICKUP, target) == LW_SHADOW_WOULD_REFUSE);
    CHECK(!lw_may_pick_up(engine, actor, target, 1) && !lw_may(engine, actor, LW_CALL_PICKUP, target));
    CHECK(lw_may_or_shadow(shadow, actor, LW_CALL_PICKUP_FIRST, actor)
          == (lw_may_pick_up(engine, actor, actor, 1) ? LW_SHADOW_YES : LW_SHADOW_WOULD_REFUSE));
    CHECK(lw_may_or_shadow(shadow, actor, 60000, target) == LW_SHADOW_NO);
    CHECK(lw_may_or_shadow(shadow, 0, LW_CALL_PICKUP_FIRST, target) == LW_SHADOW_NO);
    CHECK(lw_may_or_shadow(shadow, actor, LW_CALL_PICKUP_FIRST, 0) == LW_SHADOW_NO);
    CHECK(lw_may_or_shadow_named(shadow, "acme.example", "lobby", "call.pickup.first", "alice") == LW_SHADOW_WOULD_REFUSE);
    CHECK(lw_may_or_shadow_named(shadow, "acme.example", "lobby", "call.pikup", "alice") == LW_SHADOW_NO);
    CHECK(lw_may_or_shadow_named(shadow, NULL, "lobby", "line.busy.read", "alice") == LW_SHADOW_NO);
    CHECK(lw_may_or_shadow_named(shadow, NULL, NULL, "call.pickup", "alice") == LW_SHADOW_NO);

    /* The thread writes without being asked. */
    for (int i = 0; i < 3000 && strstr(whole(argv[2]), "\"lobby\"") == NULL; i++)
        usleep(10000);
    CHECK(strstr(whole(argv[2]), "\"actor\":\"lobby\"") != NULL);
    char *status = lw_shadow_status(shadow);
    NEED(status != NULL);
    CHECK(strstr(status, "\"active\":true") != NULL && strstr(status, "\"summary\":\"SHADOW MODE: call.pickup in acme.example") != NULL);
    CHECK(strstr(status, "\"lost\":0") != NULL && strstr(status, argv[2]) != NULL);
    lw_string_free(status);

    bool closed_first = strcmp(argv[3], "true") == 0;
    if (closed_first)
        lw_close(engine); /* Ends the thread, which writes the rest. */
    lw_shadow_end(shadow);
    CHECK(strstr(whole(argv[2]), "\"shadow\":\"ends\"") != NULL);
    CHECK(strncmp(whole(argv[2]), "{\"shadow\":\"begins\"", 18) == 0);
    if (!closed_first)
        lw_close(engine);
    return check_report();
}
