/*
 * ami_link.h - one connection to Asterisk's manager interface, from its greeting to its end. It has no thread: who has it waits in it.
 *
 * The secret is never sent: the account proves it by a challenge.
 */
#ifndef LINEWARDEN_AMI_LINK_H
#define LINEWARDEN_AMI_LINK_H

#include "ami_settings.h"
#include "ami_system.h"
#include "ami_tls.h"

/** How long the connection, its login and an answer may take; a changed forwarding takes Asterisk up to ten seconds. */
#define AMI_PATIENCE 15000

struct ami_link {
    system_socket socket, waker;
    /** NULL without TLS. */
    struct ami_tls *tls;
    unsigned long last_id;
    uint64_t heard;
    /** What was received and not read yet. */
    char bytes[4096];
    size_t begin, end;
    struct ami_reader reader;
};

/** What a wait has brought. */
enum ami_news { AMI_NOTHING, AMI_MESSAGE, AMI_ENDED };

/** Connects and logs in. Ends early where *stop is set. \returns NULL, or why there is no connection */
const char *ami_link_begin(struct ami_link *link, const struct ami_settings *settings, system_socket waker, const bool *stop);
void ami_link_end(struct ami_link *link);

/** Begins an action with the link's next number; link->last_id is what its answer has. */
void ami_link_action(struct ami_link *link, struct ami_action *action, const char *name);
/** Ends and sends it. \returns false where it was not sent: the action is bad, or the connection has ended */
bool ami_link_send(struct ami_link *link, struct ami_action *action);

/** Waits for a message (link->reader.message, up to the next call), a wake-up or the end of the time. */
enum ami_news ami_link_wait(struct ami_link *link, unsigned milliseconds);

#endif
