/*
 * driver_switch.h - the switch of driver.c: it remembers what it was asked to do, and reports what the driver wants.
 */
#ifndef LINEWARDEN_DRIVER_SWITCH_H
#define LINEWARDEN_DRIVER_SWITCH_H

#include "switch.h"

#include <stdio.h>
#include <string.h>

static char done[256], forwarding[256];
static struct switch_sink sink;
/* What becomes of the next request: DONE, or FAILED, which is reported of one that was taken. */
static enum switch_result fate;
/* The line that the switch knows by an extension; "" for none. */
static char known_line[16];
static int followed;

static enum switch_result did(unsigned long request)
{
    sink.done(request, fate, "told so");
    return SWITCH_DONE;
}
static bool begin_switch(const struct switch_sink *told)
{
    sink = *told;
    return true;
}
static void end_switch(void)
{
}
static bool line_at(size_t index, char line[SWITCH_TEXT])
{
    strcpy(line, known_line);
    return index == 0 && known_line[0] != '\0';
}
static void follow(const char *line, bool on)
{
    (void)line;
    followed += on ? 1 : -1;
}
static bool forwarding_of(const char *line, bool *forwarded, char destination[SWITCH_TEXT])
{
    (void)line;
    strcpy(destination, forwarding);
    *forwarded = forwarding[0] != '\0';
    return true;
}
static enum switch_result forward(unsigned long request, const char *line, const char *destination)
{
    snprintf(done, sizeof done, "forward %s %s", line, destination);
    snprintf(forwarding, sizeof forwarding, "%s", destination);
    return did(request);
}
static enum switch_result make_call(unsigned long request, const char *line, const char *destination)
{
    snprintf(done, sizeof done, "call %s %s", line, destination);
    return did(request);
}
static enum switch_result pick_up(unsigned long request, const char *line, const char *number)
{
    snprintf(done, sizeof done, "pickup %s %s", line, number);
    return did(request);
}
static enum switch_result answer(unsigned long request, const char *line, const char *id)
{
    snprintf(done, sizeof done, "answer %s %s", line, id);
    return did(request);
}
static enum switch_result drop(unsigned long request, const char *line, const char *id)
{
    snprintf(done, sizeof done, "drop %s %s", line, id);
    return did(request);
}
static enum switch_result hold(unsigned long request, const char *line, const char *id, bool on)
{
    (void)request, (void)line, (void)id, (void)on;
    return SWITCH_UNABLE;
}
static enum switch_result blind(unsigned long request, const char *line, const char *id, const char *destination)
{
    snprintf(done, sizeof done, "blind %s %s %s", line, id, destination);
    return did(request);
}
static enum switch_result set_up(unsigned long request, const char *line, const char *id)
{
    snprintf(done, sizeof done, "setup %s %s", line, id);
    return did(request);
}
static enum switch_result complete(unsigned long request, const char *line, const char *id, const char *other)
{
    snprintf(done, sizeof done, "complete %s %s %s", line, id, other);
    return did(request);
}
static const struct linewarden_switch link = {begin_switch, end_switch, line_at, follow, forwarding_of, forward, make_call,
                                              pick_up, answer, drop, hold, blind, set_up, complete};

static void report(const char *line, const char *id, enum switch_state state, bool incoming, const char *peer, const char *from)
{
    const struct switch_call call = {line, id, state, incoming, peer, from};
    sink.call(&call);
}

#endif
