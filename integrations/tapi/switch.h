/*
 * switch.h - the link from the TAPI service provider to a PBX, as a table of functions. The provider checks the rights; the link acts
 * and reports. Plain C: a link knows nothing of Windows or of TAPI.
 *
 * All texts are UTF-8. A line is called by its extension; where a link knows none, by its owner's name. A call is called by an ID that
 * no other call has at the same time.
 */
#ifndef LINEWARDEN_TAPI_SWITCH_H
#define LINEWARDEN_TAPI_SWITCH_H

#include <stdbool.h>
#include <stddef.h>

/** The longest text of a switch with its NUL: of a line, an ID, a number. */
#define SWITCH_TEXT 128

enum switch_result {
    SWITCH_DONE,
    /** The PBX refuses it. */
    SWITCH_REFUSED,
    /** There is no link, or no answer. What was asked for may have been done. */
    SWITCH_FAILED,
    /** This link cannot do it at all. */
    SWITCH_UNABLE
};

enum switch_state {
    SWITCH_IDLE,
    SWITCH_OFFERING,
    SWITCH_DIALING,
    SWITCH_PROCEEDING,
    SWITCH_RINGBACK,
    SWITCH_CONNECTED,
    SWITCH_HELD
};

/** A call at a line, as the PBX shows it. Who may see what of it is for the provider to say. */
struct switch_call {
    const char *line;
    /** "" with SWITCH_IDLE: the call that was asked for by make_call or pick_up has not come about. */
    const char *id;
    enum switch_state state;
    bool incoming;
    /** The number of the other side, and that of the one who forwarded the call here; "" where the PBX does not say. */
    const char *peer, *from;
};

/** What the link tells. It may call from any thread of its own, and from none of the functions below but `done`. */
struct switch_sink {
    /** A call began, changed or, with SWITCH_IDLE, ended. */
    void (*call)(const struct switch_call *call);
    /** The forwarding of a line has changed. */
    void (*forwarding)(const char *line);
    /** What became of a request: once for each that was taken. why is for a log; it is never NULL. */
    void (*done)(unsigned long request, enum switch_result result, const char *why);
};

/**
 * The functions that take a request return at once: SWITCH_DONE where the request was taken, and then sink->done is called, maybe before
 * they return; else what became of it, and then it is not called.
 */
struct linewarden_switch {
    /** Begins to tell the sink of the lines that are followed. */
    bool (*begin)(const struct switch_sink *sink);
    /** Ends that: when it returns, nothing is reported any more. */
    void (*end)(void);
    /** The extension of a line that the link knows; false behind the last one. */
    bool (*line_at)(size_t index, char line[SWITCH_TEXT]);
    /** Begins or ends to tell of a line. */
    void (*follow)(const char *line, bool on);
    /** Whether the line's forwarding is known: whether it is forwarded, and where to, "" if that is not shown. Never waits. */
    bool (*forwarding_of)(const char *line, bool *forwarded, char destination[SWITCH_TEXT]);
    /** Sets the forwarding of that line and of no other; destination "" switches it off. */
    enum switch_result (*forward)(unsigned long request, const char *line, const char *destination);
    /** Calls that number from the line. */
    enum switch_result (*make_call)(unsigned long request, const char *line, const char *destination);
    /**
     * Picks up, at the line, the call that rings at a number, and nothing else. Only the number's own calls: a call of a team that rings at
     * an agent is picked up with the team's number.
     */
    enum switch_result (*pick_up)(unsigned long request, const char *line, const char *number);
    enum switch_result (*answer)(unsigned long request, const char *line, const char *id);
    enum switch_result (*drop)(unsigned long request, const char *line, const char *id);
    enum switch_result (*hold)(unsigned long request, const char *line, const char *id, bool on);
    enum switch_result (*blind_transfer)(unsigned long request, const char *line, const char *id, const char *destination);
    /** Begins a transfer: the call waits while its line consults, by make_call. */
    enum switch_result (*set_up_transfer)(unsigned long request, const char *line, const char *id);
    /** Joins the other sides of two calls of the line. */
    enum switch_result (*complete_transfer)(unsigned long request, const char *line, const char *id, const char *other);
};

#endif
