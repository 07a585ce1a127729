/*
 * ami_test.c - the manager interface's messages: what is read, what is left out whole, what is never sent.
 */
#include "ami_action.h"
#include "ami_md5.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ami_reader reader;

/* Takes a text in chunks of a size, from memory of that very length: the sanitizer sees each byte too far. \returns how many messages */
static int takes(const char *text, size_t size, size_t chunk)
{
    int whole = 0;
    size_t at = 0;
    while (at < size) {
        const size_t length = size - at < chunk ? size - at : chunk;
        char *bytes = malloc(length);
        size_t taken = 0;
        memcpy(bytes, text + at, length);
        while (taken < length) {
            taken += ami_reader_take(&reader, bytes + taken, length - taken);
            whole += reader.whole;
        }
        free(bytes);
        at += length;
    }
    return whole;
}

static int reads(const char *text)
{
    ami_reader_begin(&reader);
    return takes(text, strlen(text), strlen(text));
}

static void messages(void)
{
    static const char two[] = "Asterisk Call Manager/5.0.2\r\nResponse: Success\r\nActionID: 7\r\nMessage:\r\n\r\nEvent: X\r\nA: b: c\r\n\r\n";
    size_t chunk;
    for (chunk = 1; chunk < sizeof two; chunk++) {
        ami_reader_begin(&reader);
        CHECK(takes(two, sizeof two - 1, chunk) == 2 && reader.left_out == 0);
        CHECK(strcmp(ami_value(&reader.message, "event"), "X") == 0 && strcmp(ami_value(&reader.message, "A"), "b: c") == 0);
    }
    CHECK(reads("Asterisk Call Manager/5.0.2\r\nResponse: Success\r\nMessage:\r\nEmpty: \r\n\r\n") == 1 && reader.message.count == 4);
    CHECK(strcmp(ami_value(&reader.message, ""), "Asterisk Call Manager/5.0.2") == 0);
    CHECK(strcmp(ami_value(&reader.message, "Message"), "") == 0 && strcmp(ami_value(&reader.message, "none"), "") == 0);
    /* The first of two. */
    CHECK(reads("Response: Error\r\nResponse: Success\r\n\r\n") == 1 && strcmp(ami_value(&reader.message, "Response"), "Error") == 0);
    CHECK(reads("\r\n\r\nA: 1\n\n") == 1 && reads("A: 1\r\n") == 0);
}

static void left_out(void)
{
    static char text[3 * AMI_MESSAGE_SIZE];
    size_t used, chunk;
    int i;
    /* What is no text: the message goes, and nothing of it stays for the next one. */
    CHECK(reads("A: 1\r\nB: \001\r\nResponse: Success\r\n\r\nC: 2\r\n\r\n") == 1 && reader.left_out == 1);
    CHECK(strcmp(ami_value(&reader.message, "C"), "2") == 0 && reader.message.count == 1);
    CHECK(reads("A: 1\rResponse: Success\r\n\r\n") == 0 && reader.left_out == 1);
    CHECK(reads("A: 1\r\r\n\r\n") == 0 && reader.left_out == 1);
    ami_reader_begin(&reader);
    CHECK(takes("A: 1\0Response: Success\r\n\r\n", 27, 27) == 0 && reader.left_out == 1);
    /* One header too many. */
    for (used = 0, i = 0; i <= AMI_HEADERS; i++)
        used += (size_t)sprintf(text + used, "H: %d\r\n", i);
    sprintf(text + used, "\r\nC: 2\r\n\r\n");
    CHECK(reads(text) == 1 && reader.left_out == 1 && strcmp(ami_value(&reader.message, "C"), "2") == 0);
    CHECK(reads(text + 6) == 2 && reader.left_out == 0);
    /*
     * A line of each length about the limit: where it is too long, the message goes with what stands behind it. It must never end at
     * the line's own end, or what follows would be read as another message.
     */
    for (chunk = AMI_MESSAGE_SIZE - 8; chunk < AMI_MESSAGE_SIZE + 8; chunk++) {
        memset(text, 'x', chunk);
        memcpy(text, "A: ", 3);
        sprintf(text + chunk, "\r\nResponse: Success\r\n\r\nC: 2\r\n\r\n");
        CHECK(reads(text) == 1 && reader.left_out == 1 && reader.message.count == 1);
        CHECK(strcmp(ami_value(&reader.message, "Response"), "") == 0 && strcmp(ami_value(&reader.message, "C"), "2") == 0);
    }
    memset(text, 'x', AMI_MESSAGE_SIZE - 8);
    memcpy(text, "A: ", 3);
    strcpy(text + AMI_MESSAGE_SIZE - 8, "\r\n\r\n");
    CHECK(reads(text) == 1 && reader.left_out == 0 && strlen(ami_value(&reader.message, "A")) == AMI_MESSAGE_SIZE - 11);
}

static bool sends(const char *name, const char *value)
{
    struct ami_action action;
    bool good;
    ami_action_begin(&action, "LinewardenTelephone", 5);
    ami_action_add(&action, name, value);
    good = ami_action_end(&action);
    if (good) {
        char wanted[sizeof action.text + 80];
        snprintf(wanted, sizeof wanted, "Action: LinewardenTelephone\r\nActionID: 5\r\n%s: %s\r\n\r\n", name, value);
        CHECK(strcmp(action.text, wanted) == 0 && action.used == strlen(wanted));
    }
    return good;
}

static void actions(void)
{
    static char text[4096];
    int byte;
    CHECK(sends("Digits", "*74100#130") && sends("Digits", "") && sends("Key", "a b:c") && sends("Name", "j\303\274rgen"));
    for (byte = 1; byte < 256; byte++) {
        char value[4] = {'1', (char)byte, '2', '\0'};
        CHECK(sends("Digits", value) == (byte >= ' ' && byte != 127));
    }
    CHECK(!sends("Digits", "1\r\nAction: Originate") && !sends("Digits", "1\nDo: dial") && !sends("Digits", "1\r") && !sends("Digits", " 1"));
    CHECK(!sends("Digits", "1 ") && !sends("Di gits", "1") && !sends("Digits:", "1") && !sends("", "1") && !sends("D\r\nDo", "1"));
    /* What does not fit is not sent in part. */
    memset(text, '1', sizeof text - 1);
    CHECK(!sends("Digits", text));
    for (byte = 1900; byte < 2100; byte++) {
        text[byte] = '\0';
        CHECK(sends("Digits", text) == (byte < 1994));
        text[byte] = '1';
    }
    CHECK(ami_is_number("*8100") && ami_is_number("+4930#") && !ami_is_number("") && !ami_is_number("1,2") && !ami_is_number("1@x"));
    CHECK(ami_is_number("01234567890123456789012345678901") && !ami_is_number("012345678901234567890123456789012"));
    CHECK(ami_is_name("acme-110") && ami_is_name("1764261234.12") && !ami_is_name("a b") && !ami_is_name("") && !ami_is_name("a/b"));
}

static int call_of(const char *line, struct ami_call *calls)
{
    char text[512];
    snprintf(text, sizeof text, "Response: Success\r\nCall: %s\r\n\r\n", line);
    CHECK(reads(text) == 1);
    return ami_calls(&reader.message, calls, 4);
}

static void answers(void)
{
    struct ami_call calls[4];
    bool forwarded;
    char where[AMI_DIGITS], hex[33];
    int i;
    CHECK(reads("Response: Success\r\nActionID: 12\r\nMessage: done\r\n\r\n") == 1);
    CHECK(ami_answer_to(&reader.message, 12) == AMI_DONE && ami_answer_to(&reader.message, 1) == AMI_NO_ANSWER);
    CHECK(reads("Response: Error\r\nActionID: 12\r\n\r\n") == 1 && ami_answer_to(&reader.message, 12) == AMI_REFUSED);
    CHECK(reads("Response: success\r\nActionID: 12\r\n\r\n") == 1 && ami_answer_to(&reader.message, 12) == AMI_REFUSED);
    CHECK(reads("Event: X\r\nActionID: 12\r\n\r\n") == 1 && ami_answer_to(&reader.message, 12) == AMI_NO_ANSWER);
    CHECK(reads("Response: Success\r\nActionID: 012\r\n\r\n") == 1 && ami_answer_to(&reader.message, 12) == AMI_NO_ANSWER);

    CHECK(call_of("1764261234.12 in offering 140 -", calls) == 1 && calls[0].incoming && calls[0].state == AMI_OFFERING);
    CHECK(strcmp(calls[0].id, "1764261234.12") == 0 && strcmp(calls[0].peer, "140") == 0 && calls[0].from[0] == '\0');
    CHECK(call_of("1.1 out hold - +4930", calls) == 1 && !calls[0].incoming && calls[0].state == AMI_HOLD && strcmp(calls[0].from, "+4930") == 0);
    {
        static const char *const bad[] = {"", "1.1", "1.1 in", "1.1 in offering", "1.1 in offering 140", "1.1 in offering 140 - -", "1.1 in offering  -",
                                          "1.1 up offering 140 -", "1.1 in ringing 140 -", " in offering 140 -", "a/b in offering 140 -",
                                          "1.1 in offering 14,0 -", "1.1 in offering 140 - ", "1.1  in offering 140 -", "1.1 in offering 140 \t"};
        for (i = 0; i < (int)(sizeof bad / sizeof *bad); i++)
            CHECK(call_of(bad[i], calls) == -1);
    }
    CHECK(reads("Call: 1 in hold - -\r\ncall: 2 in hold - -\r\nCALL: 3 in hold - -\r\nCall: 4 in hold - -\r\n\r\n") == 1);
    CHECK(ami_calls(&reader.message, calls, 4) == 4 && ami_calls(&reader.message, calls, 3) == -1);
    CHECK(reads("Call: 1 in hold - -\r\nCall: 1 in hold - -\r\n\r\n") == 1 && ami_calls(&reader.message, calls, 4) == -1);
    CHECK(reads("Response: Success\r\n\r\n") == 1 && ami_calls(&reader.message, calls, 4) == 0);

    CHECK(reads("Forwarded: 1\r\nDestination: 130\r\n\r\n") == 1 && ami_forwarding(&reader.message, &forwarded, where) && forwarded);
    CHECK(strcmp(where, "130") == 0);
    CHECK(reads("Forwarded: 1\r\nDestination: \r\n\r\n") == 1 && ami_forwarding(&reader.message, &forwarded, where) && forwarded && where[0] == '\0');
    CHECK(reads("Forwarded: 0\r\nDestination: \r\n\r\n") == 1 && ami_forwarding(&reader.message, &forwarded, where) && !forwarded);
    CHECK(reads("Forwarded: 0\r\nDestination: 130\r\n\r\n") == 1 && !ami_forwarding(&reader.message, &forwarded, where));
    CHECK(reads("Forwarded: yes\r\n\r\n") == 1 && !ami_forwarding(&reader.message, &forwarded, where));
    CHECK(reads("Forwarded: 1\r\nDestination: 13,0\r\n\r\n") == 1 && !ami_forwarding(&reader.message, &forwarded, where));

    CHECK(reads("Event: DeviceStateChange\r\nDevice: PJSIP/acme-100\r\nState: INUSE\r\n\r\n") == 1 && strcmp(ami_lamp(&reader.message), "acme-100") == 0);
    CHECK(reads("Event: DeviceStateChange\r\nDevice: PJSIP/a b\r\n\r\n") == 1 && ami_lamp(&reader.message)[0] == '\0');
    CHECK(reads("Event: Newchannel\r\nDevice: PJSIP/acme-100\r\n\r\n") == 1 && ami_lamp(&reader.message)[0] == '\0');

    /* RFC 1321, A.5, and lengths about the block. */
    ami_md5("", 0, hex);
    CHECK(strcmp(hex, "d41d8cd98f00b204e9800998ecf8427e") == 0);
    ami_md5("message digest", 14, hex);
    CHECK(strcmp(hex, "f96b697d7cb7938d525a2f31aaf161d0") == 0);
    ami_md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890", 80, hex);
    CHECK(strcmp(hex, "57edf4a22be3c955ac49da2e2107b67a") == 0);
    CHECK(ami_login_key("123456", "secret", hex) && !ami_login_key("", "secret", hex));
}

int main(void)
{
    messages();
    left_out();
    actions();
    answers();
    puts(failed ? "ami: FAILED" : "ami: ok");
    return failed;
}
