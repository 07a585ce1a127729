/*
 * ami_worker.h - the link's thread: it has the connection, asks what is stale, does what is requested, and tells the sink.
 *
 * Its lock must never be held while the sink is called: the sink has a lock of its own, under which it asks for forwardings.
 */
#ifndef LINEWARDEN_AMI_WORKER_H
#define LINEWARDEN_AMI_WORKER_H

#include "ami_settings.h"
#include "switch.h"

/** What the PBX is asked: for what is known of a line, or, from DIAL on, by an application. */
enum ami_kind {
    AMI_NO_JOB,
    AMI_PING,
    AMI_SEE_CALLS,
    AMI_SEE_FORWARDING,
    AMI_DIAL,
    AMI_FORWARD,
    AMI_FORWARD_OFF,
    AMI_HANGUP,
    AMI_TRANSFER,
    AMI_JOIN
};

/** line is a place among the settings. A text that the kind has no use for is "". */
struct ami_job {
    enum ami_kind kind;
    unsigned long request;
    size_t line;
    char digits[AMI_DIGITS], call[AMI_ID], other[AMI_ID];
};

/** Begins the thread. settings and log stay the caller's; log gets each begin and end of a connection. */
bool ami_worker_begin(const struct ami_settings *settings, const struct switch_sink *sink, void (*log)(const char *text));
/** Ends it: nothing is reported any more. */
void ami_worker_end(void);

/** Takes a request. \returns false without a connection, and where too many wait */
bool ami_worker_take(const struct ami_job *job);
void ami_worker_follow(size_t line, bool on);
bool ami_worker_forwarding(size_t line, bool *forwarded, char destination[SWITCH_TEXT]);

#endif
