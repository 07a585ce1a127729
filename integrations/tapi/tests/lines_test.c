/*
 * lines_test.c - the link's settings, and what it reports of a line when the PBX shows something else.
 */
#include "ami_lines.h"
#include "check.h"

#include <stdio.h>
#include <string.h>

static struct ami_settings settings;
static char fault[AMI_FAULT];

#define GOOD "host = pbx.example\naccount = tapi\nsecret = s=e#c\ntelephone = acme-110\nkey = 3f1c8a20d47be6590b9e\n"

#define FINGERPRINT "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static bool reads(const char *text)
{
    fault[0] = '\0';
    return ami_settings_read(&settings, text, fault);
}

static void check_settings(void)
{
    static char many[(AMI_LINES + 1) * 32];
    size_t used = 0;
    int i;
    CHECK(reads(GOOD "# a comment\r\n\n\tline = 100  acme-100\r\nline=110 acme-110") && settings.line_count == 2);
    CHECK(strcmp(settings.host, "pbx.example") == 0 && strcmp(settings.port, "5038") == 0 && strcmp(settings.secret, "s=e#c") == 0);
    CHECK(strcmp(settings.pickup, "*8") == 0 && strcmp(settings.forward, "*74") == 0 && strcmp(settings.forward_off, "*71") == 0);
    CHECK(strcmp(settings.lines[0].extension, "100") == 0 && strcmp(settings.lines[0].telephone, "acme-100") == 0);
    CHECK(reads(GOOD "port = 15038\npickup = *77\n") && strcmp(settings.port, "15038") == 0 && strcmp(settings.pickup, "*77") == 0);
    /* Each setting is needed. */
    CHECK(!reads("") && !reads("account = tapi\nsecret = s\ntelephone = t\nkey = k\n") && strcmp(fault, "`host` is missing") == 0);
    CHECK(!reads(GOOD "host = other\n") && strcmp(fault, "line 6: it stands there twice") == 0);
    CHECK(!reads(GOOD "color = red\n") && strcmp(fault, "line 6: there is no such setting") == 0);
    CHECK(!reads(GOOD "port = 0\n") && !reads(GOOD "port = 65536\n") && !reads(GOOD "port = 50x\n") && !reads(GOOD "port =\n"));
    CHECK(!reads(GOOD "pickup = 8,1\n") && !reads(GOOD "pickup\n") && !reads(GOOD "line = 100\n") && !reads(GOOD "line = 1,0 acme-100\n"));
    CHECK(!reads(GOOD "line = 100 PJSIP/acme-100\n") && !reads(GOOD "line = 100 acme-100\nline = 100 acme-101\n"));
    CHECK(!reads("host = a b\n") && !reads("host = a\001b\n") && !reads("account = a:b\n"));
    CHECK(reads(GOOD "certificate = " FINGERPRINT "\n") && !reads(GOOD "certificate = " FINGERPRINT "0\n"));
    CHECK(!reads(GOOD "certificate = 9F86\n") && !reads(GOOD "certificate = yes\n") && !reads(GOOD "certificate =\n"));
    /* A line, and a value, of each length about the longest. */
    for (i = 100; i < 400; i++) {
        char text[1024];
        snprintf(text, sizeof text, "account = tapi\nsecret = s\ntelephone = t\nkey = k\nhost = %0*d\n", i, 1);
        CHECK(reads(text) == (i < AMI_SETTING));
    }
    memcpy(many, GOOD, sizeof GOOD);
    for (used = strlen(GOOD), i = 0; i <= AMI_LINES; i++)
        used += (size_t)sprintf(many + used, "line = %d acme-%d\n", 1000 + i, i);
    CHECK(!reads(many) && settings.line_count == AMI_LINES);
}

static char reported[1024];

static void on_call(const struct switch_call *call)
{
    static const char *const states[] = {"idle", "offering", "dialing", "proceeding", "ringback", "connected", "held"};
    const size_t used = strlen(reported);
    snprintf(reported + used, sizeof reported - used, "%s/%s/%s/%s/%s/%s ", call->line, call->id, states[call->state], call->incoming ? "in" : "out",
             call->peer, call->from);
}

/* What is reported when the PBX shows these calls. */
static const char *shows(struct ami_followed *line, const struct ami_call *calls, int count, bool anew, bool changes)
{
    const struct switch_sink sink = {on_call, NULL, NULL};
    reported[0] = '\0';
    CHECK(ami_take_calls(line, calls, count, anew, &sink) == changes);
    return reported;
}

static void check_lines(void)
{
    static struct ami_followed line;
    struct ami_call calls[2] = {{"1.1", true, AMI_OFFERING, "140", ""}, {"1.2", false, AMI_DIALING, "", ""}};
    line.extension = "100";
    CHECK(strcmp(shows(&line, calls, 1, false, true), "100/1.1/offering/in/140/ ") == 0);
    CHECK(strcmp(shows(&line, calls, 1, false, false), "") == 0);
    /* For a new follower. */
    CHECK(strcmp(shows(&line, calls, 1, true, false), "100/1.1/offering/in/140/ ") == 0);
    CHECK(strcmp(shows(&line, calls, 2, false, true), "100/1.2/dialing/out// ") == 0);
    strcpy(calls[0].from, "130");
    calls[1].state = AMI_HOLD;
    CHECK(strcmp(shows(&line, calls, 2, false, true), "100/1.1/offering/in/140/130 100/1.2/held/out// ") == 0);
    /* One that ended while another began. */
    strcpy(calls[0].id, "1.3");
    CHECK(strcmp(shows(&line, calls, 1, false, true), "100/1.1/idle/in/140/130 100/1.2/idle/out// 100/1.3/offering/in/140/130 ") == 0);
    CHECK(strcmp(shows(&line, NULL, 0, false, true), "100/1.3/idle/in/140/130 ") == 0);
    /* A call that was asked for: an incoming one is another. */
    line.awaits = true;
    CHECK(strcmp(shows(&line, calls, 1, false, true), "100/1.3/offering/in/140/130 100//idle/out// ") == 0 && !line.awaits);
    line.awaits = true;
    CHECK(strcmp(shows(&line, calls, 2, false, true), "100/1.2/held/out// ") == 0 && !line.awaits);
    CHECK(ami_take_forwarding(&line, true, true, "130") && !ami_take_forwarding(&line, true, true, "130"));
    CHECK(ami_take_forwarding(&line, true, true, "") && ami_take_forwarding(&line, true, false, "") && ami_take_forwarding(&line, false, false, ""));
}

int main(void)
{
    check_settings();
    check_lines();
    puts(failed ? "lines: FAILED" : "lines: ok");
    return failed;
}
