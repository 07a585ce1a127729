/*
 * ami_fuzz.c - the manager interface's messages from a hostile PBX: damaged ones, ones cut anywhere, bytes of any kind.
 *
 * With libFuzzer (clang -fsanitize=fuzzer -DLIBFUZZER) it is a fuzz target; else `ami_fuzz RUNS [SEED]` makes up its input, the same for
 * the same seed.
 */
#include "ami_action.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define HOLDS(condition) \
    do { \
        if (!(condition)) { \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

static bool is_text(const char *text)
{
    for (; *text != '\0'; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == '\n')
            return false;
    return true;
}

/* What is read can be sent again, and nothing of it ends its line. */
static void look_at(const struct ami_message *message)
{
    struct ami_call calls[16];
    char where[AMI_DIGITS], key[33];
    bool forwarded;
    struct ami_action action;
    int count = ami_calls(message, calls, 16), i;
    size_t header;
    HOLDS(message->count > 0 && message->count <= AMI_HEADERS && count <= 16);
    for (header = 0; header < message->count; header++)
        HOLDS(is_text(message->headers[header].name) && is_text(message->headers[header].value));
    for (i = 0; i < count; i++) {
        HOLDS(ami_is_name(calls[i].id) && strlen(calls[i].peer) < AMI_NUMBER && strlen(calls[i].from) < AMI_NUMBER);
        ami_action_begin(&action, "LinewardenTelephone", 1);
        ami_action_add(&action, "Call", calls[i].id);
        HOLDS(ami_action_end(&action));
    }
    if (ami_forwarding(message, &forwarded, where))
        HOLDS(where[0] == '\0' || (forwarded && ami_is_number(where)));
    HOLDS(ami_lamp(message)[0] == '\0' || ami_is_name(ami_lamp(message)));
    ami_login_key(ami_value(message, "Challenge"), "secret", key);
    ami_answer_to(message, 1);
    /* An action of what was read ends where it ends, whatever that was. */
    ami_action_begin(&action, "LinewardenTelephone", 1);
    ami_action_add(&action, message->headers[0].name, message->headers[0].value);
    if (ami_action_end(&action)) {
        const char *end = strstr(action.text, "\r\n\r\n");
        int lines = 0;
        const char *at;
        for (at = action.text; (at = strchr(at, '\n')) != NULL; at++)
            lines++;
        HOLDS(end != NULL && end[4] == '\0' && lines == 4 && strlen(action.text) == action.used);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct ami_reader reader, bytewise;
    unsigned long whole = 0, again = 0;
    size_t at = 0;
    ami_reader_begin(&reader);
    ami_reader_begin(&bytewise);
    while (at < size) {
        at += ami_reader_take(&reader, (const char *)bytes + at, size - at);
        HOLDS(reader.used <= sizeof reader.text);
        if (reader.whole) {
            whole++;
            look_at(&reader.message);
        }
    }
    /* However it is cut, it reads the same. */
    for (at = 0; at < size; at++) {
        HOLDS(ami_reader_take(&bytewise, (const char *)bytes + at, 1) == 1);
        again += bytewise.whole;
    }
    HOLDS(whole == again && reader.left_out == bytewise.left_out);
    return 0;
}

#ifndef LIBFUZZER
static uint64_t state;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % below;
}

static size_t made_up(uint8_t *bytes, size_t most)
{
    static const char *const parts[] = {
        "\r\n", "\r\n\r\n", "\n", "\r", ": ", ":", " ", "\t", "Response: Success\r\n", "Response: Error\r\n", "ActionID: 1\r\n", "Message: done\r\n",
        "Asterisk Call Manager/5.0.2\r\n", "Call: 1764261234.12 in offering 140 -\r\n", "Call: 1764261234.13 out hold - 100\r\n", "Call: ", "-",
        "in ", "out ", "connected ", "Forwarded: 1\r\n", "Destination: 130\r\n", "Forwarded: 0\r\n", "Event: DeviceStateChange\r\n",
        "Device: PJSIP/acme-100\r\n", "Challenge: 12345\r\n", "acme-100", "1764261234.12", "*74100#130", "Action: Originate\r\n"};
    size_t used = 0;
    const uint32_t parts_drawn = 1 + draw(40);
    uint32_t i;
    for (i = 0; i < parts_drawn; i++) {
        const uint32_t kind = draw(32);
        size_t length = kind < 24 ? 0 : kind == 31 ? draw(40) == 0 ? AMI_MESSAGE_SIZE - draw(200) : draw(400) : draw(8);
        if (kind < 24) {
            const char *part = parts[draw(sizeof parts / sizeof *parts)];
            length = strlen(part);
            if (used + length > most)
                break;
            memcpy(bytes + used, part, length);
        } else {
            if (used + length > most)
                break;
            memset(bytes + used, kind == 31 ? 'x' : (int)draw(256), length);
        }
        used += length;
    }
    /* Damage. */
    for (i = draw(4); i > 0 && used > 0; i--)
        bytes[draw((uint32_t)used)] = (uint8_t)draw(256);
    return used;
}

int main(int argc, char **argv)
{
    static uint8_t room[3 * AMI_MESSAGE_SIZE];
    const long runs = argc > 1 ? atol(argv[1]) : 10000;
    long run;
    state = argc > 2 ? (uint64_t)atoll(argv[2]) : 20261127;
    for (run = 0; run < runs; run++) {
        const size_t size = made_up(room, sizeof room);
        /* Memory of that very length. */
        uint8_t *bytes = malloc(size > 0 ? size : 1);
        memcpy(bytes, room, size);
        LLVMFuzzerTestOneInput(bytes, size);
        free(bytes);
    }
    printf("ami: %ld runs\n", runs);
    return 0;
}
#endif
