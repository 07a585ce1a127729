/*
 * tsp_calls.h - the calls of the lines, for tsp_calls.c, where they are reported, and tsp_actions.c, where something is done with them.
 * The lock is held, exclusively by who adds or removes.
 */
#ifndef LINEWARDEN_TSP_CALLS_H
#define LINEWARDEN_TSP_CALLS_H

#include "tsp.h"

/* A call and its line; NULL for a handle of none. */
struct call *call_of(HDRVCALL handle, struct line **line);
/* NULL where there is no memory. */
struct call *call_add(struct line *line);
void call_remove(HDRVCALL handle);

#endif
