/*
 * ami_lines.h - what the link knows of a line that is followed, and what it tells of it when an answer shows something else.
 *
 * It follows no call through its events. What the PBX shows now is compared with what it showed before, so a call that ended while
 * no one looked is reported to have ended, and nothing lasts for ever because one event was lost.
 */
#ifndef LINEWARDEN_AMI_LINES_H
#define LINEWARDEN_AMI_LINES_H

#include "ami_settings.h"
#include "switch.h"

/** The most calls of one telephone. */
#define AMI_CALLS 16

struct ami_followed {
    const char *extension;
    /** How often it is followed. */
    unsigned followers;
    /** What is to be asked, and whether a new follower waits for calls that others know of. */
    bool calls_stale, forwarding_stale, anew;
    /** How often it is to be looked at soon again. */
    unsigned looks;
    struct ami_call calls[AMI_CALLS];
    int call_count;
    bool forwarding_known, forwarded;
    char destination[AMI_DIGITS];
    /** Whether a call was asked for that has not been seen yet. */
    bool awaits;
};

/** Tells the difference and keeps what is now; anew tells all of it. \returns whether there was one */
bool ami_take_calls(struct ami_followed *line, const struct ami_call *now, int count, bool anew, const struct switch_sink *sink);

/** Keeps the forwarding. \returns whether it is another one than before */
bool ami_take_forwarding(struct ami_followed *line, bool known, bool forwarded, const char *destination);

#endif
