/*
 * check.h - what the test programs expect: a fault is printed, and the program goes on and fails in the end.
 */
#ifndef LINEWARDEN_CHECK_H
#define LINEWARDEN_CHECK_H

#include <stdio.h>

static int failed;
#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            failed = 1; \
        } \
    } while (0)

#endif
