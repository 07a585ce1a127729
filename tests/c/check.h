/*
 * check.h - what the C tests share: CHECK counts and prints what is not so, and check_report() is the exit status.
 */
#ifndef CHECK_H
#define CHECK_H

#include "linewarden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_failures;

/* May be used from several threads only for what never fails: the count is plain. */
#define CHECK(what) check_that((what), #what, __FILE__, __LINE__)

/* As CHECK, and gives up at once: for what everything after it needs. */
#define NEED(what)                              \
    do {                                        \
        if (!CHECK(what))                       \
            exit(1);                            \
    } while (0)

static inline bool check_that(bool so, const char *what, const char *file, int line)
{
    if (!so) {
        fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
        check_failures++;
    }
    return so;
}

static inline int check_report(void)
{
    if (check_failures != 0)
        fprintf(stderr, "%d checks failed\n", check_failures);
    return check_failures == 0 ? 0 : 1;
}

/* Opens a source or gives up with the message. */
static inline lw_engine *check_open(const char *source)
{
    lw_error *error = NULL;
    lw_engine *engine = lw_open(source, &error);
    if (engine == NULL) {
        fprintf(stderr, "%s: %s\n", source, lw_error_message(error));
        lw_error_free(error);
        exit(1);
    }
    CHECK(error == NULL);
    return engine;
}

/* Whether a text that the library allocated is so; frees it. */
static inline bool check_text(char *text, const char *expected)
{
    bool so = text == NULL ? expected == NULL : expected != NULL && strcmp(text, expected) == 0;
    if (!so)
        fprintf(stderr, "found `%s`, expected `%s`\n", text ? text : "NULL", expected ? expected : "NULL");
    lw_string_free(text);
    return so;
}

/* Whether a text that the library allocated contains a part; frees it. */
static inline bool check_contains(char *text, const char *part)
{
    bool so = text != NULL && strstr(text, part) != NULL;
    if (!so)
        fprintf(stderr, "`%s` does not contain `%s`\n", text ? text : "NULL", part);
    lw_string_free(text);
    return so;
}

/* Whether every byte is zero: how a refusal looks. */
static inline bool check_zero(const void *thing, size_t size)
{
    const unsigned char *bytes = thing;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

#endif
