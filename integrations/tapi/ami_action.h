/*
 * ami_action.h - what is said to Asterisk's manager interface, and what its answers and events say.
 *
 * No value may end its header: one that would is refused, and the action with it. Nothing is repaired, cut or guessed, on either
 * way: an answer with one call that cannot be read says nothing of the others.
 */
#ifndef LINEWARDEN_AMI_ACTION_H
#define LINEWARDEN_AMI_ACTION_H

#include "ami_line.h"

/** The longest number that is dialled, with its NUL, as the PBX takes it. */
#define AMI_DIGITS 33
#define AMI_NUMBER 64
#define AMI_ID 64

/** An action under construction. */
struct ami_action {
    char text[2048];
    size_t used;
    bool bad;
};

void ami_action_begin(struct ami_action *action, const char *name, unsigned long id);
void ami_action_add(struct ami_action *action, const char *name, const char *value);

/** Ends the action. \returns whether it may be sent: false if a name or a value was not one, or did not fit */
bool ami_action_end(struct ami_action *action);

/** Whether that can be dialled. */
bool ami_is_number(const char *text);
/** Whether that can be the name of a telephone, of an account or of a call. */
bool ami_is_name(const char *text);

/** What a message is to the action of that number. */
enum ami_answer { AMI_NO_ANSWER, AMI_DONE, AMI_REFUSED };
enum ami_answer ami_answer_to(const struct ami_message *message, unsigned long id);

/** The telephone whose lamp has changed, by its event DeviceStateChange; "" for any other message. */
const char *ami_lamp(const struct ami_message *message);

/** What proves the secret for a challenge. \returns false if one of them is too long to be one */
bool ami_login_key(const char *challenge, const char *secret, char key[33]);

/** What a call does. */
enum ami_state { AMI_OFFERING, AMI_DIALING, AMI_PROCEEDING, AMI_RINGBACK, AMI_CONNECTED, AMI_HOLD };

/** A call, as LinewardenTelephone shows it. peer and from are "" where the PBX says nothing, or must not. */
struct ami_call {
    char id[AMI_ID];
    bool incoming;
    enum ami_state state;
    char peer[AMI_NUMBER], from[AMI_NUMBER];
};

/** The calls of an answer. \returns how many; -1 if one of them is none, or if there are more */
int ami_calls(const struct ami_message *message, struct ami_call *calls, int most);

/** The forwarding of an answer; destination is "" where it is not shown. \returns false if the answer shows none */
bool ami_forwarding(const struct ami_message *message, bool *forwarded, char destination[AMI_DIGITS]);

#endif
