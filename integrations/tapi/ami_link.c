/*
 * ami_link.c - see ami_link.h.
 */
#include "ami_link.h"

#include <string.h>

void ami_link_action(struct ami_link *link, struct ami_action *action, const char *name)
{
    ami_action_begin(action, name, ++link->last_id);
}

bool ami_link_send(struct ami_link *link, struct ami_action *action)
{
    const bool sent = ami_action_end(action) && (link->tls != NULL ? tls_send(link->tls, action->text, action->used, AMI_PATIENCE)
                                                                   : system_send(link->socket, action->text, action->used, AMI_PATIENCE));
    /* A key or a proof is not left behind. */
    memset(action, 0, sizeof *action);
    return sent;
}

enum ami_news ami_link_wait(struct ami_link *link, unsigned milliseconds)
{
    if (link->begin == link->end) {
        const long received = link->tls != NULL ? tls_receive(link->tls, link->waker, link->bytes, sizeof link->bytes, milliseconds)
                                                : system_receive(link->socket, link->waker, link->bytes, sizeof link->bytes, milliseconds);
        if (received < 0)
            return AMI_ENDED;
        link->begin = 0;
        link->end = (size_t)received;
        if (received > 0)
            link->heard = system_now();
    }
    link->begin += ami_reader_take(&link->reader, link->bytes + link->begin, link->end - link->begin);
    return link->reader.whole ? AMI_MESSAGE : AMI_NOTHING;
}

/* Waits for the answer to the last action; events before it are passed over. \returns AMI_NO_ANSWER if none comes in time */
static enum ami_answer answer(struct ami_link *link, uint64_t end, const bool *stop)
{
    while (system_now() < end && !system_flag(stop)) {
        const enum ami_news news = ami_link_wait(link, (unsigned)(end - system_now()));
        enum ami_answer found = AMI_NO_ANSWER;
        if (news == AMI_ENDED)
            return AMI_NO_ANSWER;
        if (news == AMI_MESSAGE)
            found = ami_answer_to(&link->reader.message, link->last_id);
        if (found != AMI_NO_ANSWER)
            return found;
    }
    return AMI_NO_ANSWER;
}

static const char *log_in(struct ami_link *link, const struct ami_settings *settings, uint64_t end, const bool *stop)
{
    struct ami_action action;
    char key[33];
    ami_link_action(link, &action, "Challenge");
    ami_action_add(&action, "AuthType", "MD5");
    if (!ami_link_send(link, &action))
        return "the connection has ended";
    if (answer(link, end, stop) != AMI_DONE)
        return "there is no challenge";
    /* The greeting stands before the first answer, in the same message. */
    if (strncmp(ami_value(&link->reader.message, ""), "Asterisk Call Manager/", 22) != 0)
        return "this is no manager interface";
    if (!ami_login_key(ami_value(&link->reader.message, "Challenge"), settings->secret, key))
        return "the challenge is none";
    ami_link_action(link, &action, "Login");
    ami_action_add(&action, "AuthType", "MD5");
    ami_action_add(&action, "Username", settings->account);
    ami_action_add(&action, "Key", key);
    memset(key, 0, sizeof key);
    if (!ami_link_send(link, &action))
        return "the connection has ended";
    switch (answer(link, end, stop)) {
    case AMI_DONE:
        return NULL;
    case AMI_REFUSED:
        return "the account or its secret is wrong";
    default:
        return "there is no answer to the login";
    }
}

const char *ami_link_begin(struct ami_link *link, const struct ami_settings *settings, system_socket waker, const bool *stop)
{
    const char *fault = NULL;
    ami_reader_begin(&link->reader);
    link->begin = link->end = 0;
    link->last_id = 0;
    link->waker = waker;
    link->heard = system_now();
    link->socket = system_connect(settings->host, settings->port, AMI_PATIENCE);
    if (link->socket == SYSTEM_NO_SOCKET)
        return "there is no connection";
    link->tls = NULL;
    if (settings->certificate[0] != '\0')
        link->tls = tls_begin(link->socket, settings->host, settings->certificate, AMI_PATIENCE, &fault);
    if (fault == NULL || link->tls != NULL)
        fault = log_in(link, settings, system_now() + AMI_PATIENCE, stop);
    if (fault != NULL)
        ami_link_end(link);
    return fault;
}

void ami_link_end(struct ami_link *link)
{
    if (link->tls != NULL)
        tls_end(link->tls);
    link->tls = NULL;
    if (link->socket != SYSTEM_NO_SOCKET)
        system_close(link->socket);
    link->socket = SYSTEM_NO_SOCKET;
    memset(link->bytes, 0, sizeof link->bytes);
}
