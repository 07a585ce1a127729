/*
 * tsp.h - what the parts of the service provider share: its lines, its calls, its lock.
 *
 * The lock must never be held while the switch or TAPI is called: both may call back, TAPI also from within an event.
 */
#ifndef LINEWARDEN_TSP_H
#define LINEWARDEN_TSP_H

#define TAPI_CURRENT_VERSION 0x00020002
#include <windows.h>

#include <tapi.h>
#include <tspi.h>

#include "gate.h"

#define LONGEST 256
#define MOST_LINES 1024

/* A call at a line. It lasts until TAPI closes it or its line. */
struct call {
    /* What TAPI calls it by. No number is used twice, so that what was closed is never taken for what came later. */
    DWORD_PTR handle;
    HTAPICALL tapi;
    char id[SWITCH_TEXT];
    /* Which of its owner's lines it is at, as the switch calls it. */
    char at[SWITCH_TEXT];
    enum switch_state state;
    bool incoming;
    char peer[SWITCH_TEXT], from[SWITCH_TEXT];
    /* It was asked for by this request, and the switch has not reported it yet. */
    bool awaited;
    DRV_REQUESTID request;
    struct call *next;
};

struct line {
    DWORD_PTR handle;
    HTAPILINE tapi;
    LINEEVENT event;
    lw_party owner;
    /* What the switch calls it. */
    char name[SWITCH_TEXT];
    DWORD line_states, address_states;
    struct call *calls;
    struct line *next;
};

/* Shared for reading, exclusive for changing. */
struct tsp {
    SRWLOCK lock;
    struct gate gate;
    const struct linewarden_switch *link;
    ASYNC_COMPLETION completion;
    struct line *lines;
    DWORD_PTR last_handle;
    /* Whose lines the devices are, the user's own first; their numbers begin at the base. */
    lw_party devices[MOST_LINES];
    DWORD device_count, device_base;
};
extern struct tsp tsp;

/* ---- tsp.c */

struct line *line_of(HDRVLINE handle);
/* The extension by which the switch knows the owner's first line; the owner's name where it knows none. */
bool switch_name(lw_party owner, char name[SWITCH_TEXT]);
/* The code for what became of an action. A refusal has the one that applications take as "not for you, here". */
LONG code_of(enum switch_result result);
/* The end of a request that the switch was given, or was not: its number, or the error. */
LONG taken(DRV_REQUESTID request, LONG result);
/* Logs why something is refused: the right, and the reason as the rights give it. */
void log_refusal(const char *what, lw_right right, lw_party owner);

/* ---- tsp_calls.c */

void call_reported(const struct switch_call *call);
void request_done(unsigned long request, enum switch_result result, const char *why);
void calls_free(struct line *line);

/* ---- tsp_address.c */

void forwarding_reported(const char *name);

/* ---- tsp_text.c */

/* UTF-16 of a length in characters to UTF-8; false for what is no text or does not fit. */
bool utf8(LPCWSTR wide, int length, char *text, int size);
bool utf8_text(LPCWSTR wide, char *text, int size);
/* Empties a structure of TAPI's that begins with its total, needed and used size; false where it is shorter than its fixed part. */
bool emptied(void *structure, DWORD fixed);
/* Appends a text as UTF-16 with its NUL behind what such a structure holds; only the needed size grows if it does not fit. */
void append_text(const char *text, void *structure, DWORD *size, DWORD *offset);
/* The destination of a list of forwardings, of one entry at most: "" for no list or an empty one, which switches the forwarding off. */
LONG forward_destination(const LINEFORWARDLIST *list, char destination[LONGEST]);
/* A line of the log: the file in LINEWARDEN_LOG, and the debugger's output. */
void log_text(const char *text);

#endif
