/* swap.h - puts the content of one file in the place of another at one stroke, as a careful administrator does. */
#ifndef SWAP_H
#define SWAP_H

#include "check.h"

static inline void swap_in(const char *from, const char *place)
{
    char next[4096], bytes[65536];
    snprintf(next, sizeof next, "%s.next", place);
    FILE *in = fopen(from, "rb"), *out = fopen(next, "wb");
    NEED(in != NULL && out != NULL);
    size_t length = fread(bytes, 1, sizeof bytes, in);
    NEED(length > 0 && length < sizeof bytes);
    NEED(fwrite(bytes, 1, length, out) == length);
    fclose(in);
    NEED(fclose(out) == 0);
    NEED(rename(next, place) == 0);
}

#endif
