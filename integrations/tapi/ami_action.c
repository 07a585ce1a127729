/*
 * ami_action.c - see ami_action.h.
 */
#include "ami_action.h"

#include "ami_md5.h"

#include <stdio.h>
#include <string.h>

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void append(struct ami_action *action, const char *text)
{
    const size_t length = strlen(text);
    if (length >= sizeof action->text - action->used) {
        action->bad = true;
        return;
    }
    memcpy(action->text + action->used, text, length + 1);
    action->used += length;
}

/* Whether it can stand in a line: no control character, and no end of it. */
static bool is_text(const char *text)
{
    while (*text != '\0' && (unsigned char)*text >= ' ' && *text != 127)
        text++;
    return *text == '\0';
}

static bool is_made_of(const char *text, size_t size, const char *characters)
{
    const size_t length = strlen(text);
    return length > 0 && length < size && strspn(text, characters) == length;
}

void ami_action_begin(struct ami_action *action, const char *name, unsigned long id)
{
    char number[24];
    action->used = 0;
    action->bad = false;
    action->text[0] = '\0';
    snprintf(number, sizeof number, "%lu", id);
    ami_action_add(action, "Action", name);
    ami_action_add(action, "ActionID", number);
}

void ami_action_add(struct ami_action *action, const char *name, const char *value)
{
    /* A space at an end would be taken away, and another value be read. */
    const size_t length = strlen(value);
    if (!is_made_of(name, AMI_NUMBER, ALPHANUMERIC) || !is_text(value) || (length > 0 && (value[0] == ' ' || value[length - 1] == ' ')))
        action->bad = true;
    if (action->bad)
        return;
    append(action, name);
    append(action, ": ");
    append(action, value);
    append(action, "\r\n");
}

bool ami_action_end(struct ami_action *action)
{
    append(action, "\r\n");
    return !action->bad;
}

bool ami_is_number(const char *text)
{
    return is_made_of(text, AMI_DIGITS, "0123456789*#+");
}

bool ami_is_name(const char *text)
{
    return is_made_of(text, AMI_ID, ALPHANUMERIC "._-");
}

enum ami_answer ami_answer_to(const struct ami_message *message, unsigned long id)
{
    char number[24];
    const char *response = ami_value(message, "Response");
    snprintf(number, sizeof number, "%lu", id);
    if (response[0] == '\0' || strcmp(ami_value(message, "ActionID"), number) != 0)
        return AMI_NO_ANSWER;
    /* Whatever is not a success is none. */
    return strcmp(response, "Success") == 0 ? AMI_DONE : AMI_REFUSED;
}

const char *ami_lamp(const struct ami_message *message)
{
    const char *device = ami_value(message, "Device");
    if (strcmp(ami_value(message, "Event"), "DeviceStateChange") != 0 || strncmp(device, "PJSIP/", 6) != 0 || !ami_is_name(device + 6))
        return "";
    return device + 6;
}

bool ami_login_key(const char *challenge, const char *secret, char key[33])
{
    char both[256];
    const int length = snprintf(both, sizeof both, "%s%s", challenge, secret);
    const bool fits = challenge[0] != '\0' && length > 0 && (size_t)length < sizeof both;
    if (fits)
        ami_md5(both, (size_t)length, key);
    memset(both, 0, sizeof both);
    return fits;
}

/* The next word of a line, which is cut there; words have one space between them. Behind the last one there is no rest, and no word. */
static const char *word(char **rest)
{
    char *begin = *rest, *end = begin != NULL ? strchr(begin, ' ') : NULL;
    *rest = end != NULL ? end + 1 : NULL;
    if (end != NULL)
        *end = '\0';
    return begin != NULL ? begin : "";
}

/* A number that is shown, or "-". */
static bool take_number(const char *text, char number[AMI_NUMBER])
{
    number[0] = '\0';
    if (strcmp(text, "-") == 0)
        return true;
    if (!is_made_of(text, AMI_NUMBER, ALPHANUMERIC "*#+"))
        return false;
    strcpy(number, text);
    return true;
}

static bool take_state(const char *text, enum ami_state *state)
{
    static const char *const names[] = {"offering", "dialing", "proceeding", "ringback", "connected", "hold"};
    size_t i;
    for (i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *state = (enum ami_state)i;
            return true;
        }
    return false;
}

static bool take_call(const char *line, struct ami_call *call)
{
    char text[AMI_ID + 2 * AMI_NUMBER + 32], *rest = text;
    const char *id, *way, *state, *peer, *from;
    if (strlen(line) >= sizeof text)
        return false;
    strcpy(text, line);
    id = word(&rest);
    way = word(&rest);
    state = word(&rest);
    peer = word(&rest);
    from = word(&rest);
    if (rest != NULL || !ami_is_name(id) || (strcmp(way, "in") != 0 && strcmp(way, "out") != 0))
        return false;
    strcpy(call->id, id);
    call->incoming = strcmp(way, "in") == 0;
    return take_state(state, &call->state) && take_number(peer, call->peer) && take_number(from, call->from);
}

int ami_calls(const struct ami_message *message, struct ami_call *calls, int most)
{
    int count = 0, other;
    size_t i;
    for (i = 0; i < message->count; i++) {
        if (!ami_same_name(message->headers[i].name, "Call"))
            continue;
        if (count == most || !take_call(message->headers[i].value, &calls[count]))
            return -1;
        /* A call stands there once. */
        for (other = 0; other < count; other++)
            if (strcmp(calls[other].id, calls[count].id) == 0)
                return -1;
        count++;
    }
    return count;
}

bool ami_forwarding(const struct ami_message *message, bool *forwarded, char destination[AMI_DIGITS])
{
    const char *whether = ami_value(message, "Forwarded"), *where = ami_value(message, "Destination");
    destination[0] = '\0';
    if ((strcmp(whether, "0") != 0 && strcmp(whether, "1") != 0) || (where[0] != '\0' && !ami_is_number(where)))
        return false;
    *forwarded = whether[0] == '1';
    if (!*forwarded && where[0] != '\0')
        return false;
    strcpy(destination, where);
    return true;
}
