/*
 * ami_worker.c - see ami_worker.h.
 */
#include "ami_worker.h"

#include "ami_lines.h"
#include "ami_link.h"

#include <string.h>

/*
 * In milliseconds. How often the link asks for a sign of life; how often it looks at a line that is not at rest: a pickup changes no lamp,
 * and a lamp changes before its call is over; how long a lost connection waits before it is tried again.
 */
#define BEAT 15000
#define BRISK 1000
#define FIRST_PAUSE 1000
#define LONGEST_PAUSE 60000
/* How many lines are looked at again at each beat, whether or not their lamp has changed. */
#define LOOKED_AT 16
#define REQUESTS 32

static system_lock lock = SYSTEM_LOCK;
static const struct ami_settings *settings;
static struct ami_followed lines[AMI_LINES];
static struct ami_job queue[REQUESTS];
static size_t queued;
static bool connected;

static void (*write_log)(const char *text);
static struct switch_sink sink;
static system_socket waker = SYSTEM_NO_SOCKET;
static system_thread thread;
static bool stop;

/* The thread's own. */
static struct ami_link link_to_pbx;
static struct ami_job job;
static uint64_t deadline, beat, brisk;
static size_t next_looked_at;

/* ---- What is to be done. */

static bool take_request(void)
{
    if (queued == 0)
        return false;
    job = queue[0];
    queued--;
    memmove(queue, queue + 1, queued * sizeof *queue);
    return true;
}

static bool take_stale(void)
{
    size_t i;
    for (i = 0; i < settings->line_count; i++) {
        struct ami_followed *line = &lines[i];
        bool *stale = line->calls_stale ? &line->calls_stale : &line->forwarding_stale;
        if (!*stale)
            continue;
        memset(&job, 0, sizeof job);
        job.kind = line->calls_stale ? AMI_SEE_CALLS : AMI_SEE_FORWARDING;
        job.line = i;
        *stale = false;
        return true;
    }
    return false;
}

/* Requests go before what is only shown. */
static bool take_job(void)
{
    bool found;
    system_lock_take(&lock);
    found = take_request() || take_stale();
    system_lock_leave(&lock);
    return found;
}

static void look_at(size_t i)
{
    if (lines[i].followers == 0)
        return;
    lines[i].calls_stale = lines[i].forwarding_stale = true;
    lines[i].looks = 1;
}

/* Those with calls, because a partner changes without a lamp, and some of the others in turn. */
static void look_again(void)
{
    size_t i;
    system_lock_take(&lock);
    for (i = 0; i < settings->line_count; i++)
        if (lines[i].call_count > 0 || i < LOOKED_AT)
            look_at(lines[i].call_count > 0 ? i : (next_looked_at + i) % settings->line_count);
    next_looked_at += LOOKED_AT;
    system_lock_leave(&lock);
}

/* Whether something is about to change: a call has not been answered, or something has just changed. */
static bool is_restless(const struct ami_followed *line)
{
    int call;
    for (call = 0; call < line->call_count; call++)
        if (line->calls[call].state != AMI_CONNECTED && line->calls[call].state != AMI_HOLD)
            return line->followers > 0;
    return line->followers > 0 && line->looks > 0;
}

/* \returns whether there is a restless line */
static bool look_at_restless(bool look)
{
    bool found = false;
    size_t i;
    system_lock_take(&lock);
    for (i = 0; i < settings->line_count; i++)
        if (is_restless(&lines[i])) {
            found = true;
            if (look) {
                lines[i].calls_stale = true;
                lines[i].looks -= lines[i].looks > 0;
            }
        }
    system_lock_leave(&lock);
    return found;
}

static bool send_job(void)
{
    static const char *const names[] = {"", "", "calls", "forwarding", "dial", "forward", "forwarding", "hangup", "transfer", "join"};
    struct ami_action action;
    ami_link_action(&link_to_pbx, &action, job.kind == AMI_PING ? "Ping" : "LinewardenTelephone");
    if (job.kind != AMI_PING) {
        ami_action_add(&action, "Telephone", settings->telephone);
        ami_action_add(&action, "Key", settings->key);
        ami_action_add(&action, "Do", names[job.kind]);
        if (job.kind == AMI_SEE_CALLS || job.kind == AMI_SEE_FORWARDING || job.kind == AMI_FORWARD_OFF)
            ami_action_add(&action, "Line", settings->lines[job.line].telephone);
        else if (job.kind != AMI_HANGUP && job.kind != AMI_JOIN)
            ami_action_add(&action, "Digits", job.digits);
        if (job.kind == AMI_HANGUP || job.kind == AMI_TRANSFER || job.kind == AMI_JOIN)
            ami_action_add(&action, "Call", job.call);
        if (job.kind == AMI_JOIN)
            ami_action_add(&action, "Other", job.other);
    }
    deadline = system_now() + AMI_PATIENCE;
    return ami_link_send(&link_to_pbx, &action);
}

/* ---- What has come of it. */

static void finish(enum switch_result result, const char *why)
{
    const struct ami_job done = job;
    job.kind = AMI_NO_JOB;
    system_lock_take(&lock);
    look_at(done.line);
    if (done.kind == AMI_DIAL && result == SWITCH_DONE)
        lines[done.line].awaits = lines[done.line].followers > 0;
    system_lock_leave(&lock);
    sink.done(done.request, result, why);
}

/* A line of which the PBX shows nothing, or nothing that can be read, has no calls. */
static void take_calls(bool shown)
{
    struct ami_call calls[AMI_CALLS];
    struct ami_followed *line = &lines[job.line];
    int count = shown ? ami_calls(&link_to_pbx.reader.message, calls, AMI_CALLS) : 0;
    bool anew;
    system_lock_take(&lock);
    anew = line->anew;
    line->anew = false;
    if (line->followers == 0)
        count = 0;
    system_lock_leave(&lock);
    if (ami_take_calls(line, calls, count > 0 ? count : 0, anew, &sink)) {
        system_lock_take(&lock);
        line->looks = 1;
        system_lock_leave(&lock);
    }
}

static void take_forwarding(bool shown)
{
    char destination[AMI_DIGITS] = "";
    bool forwarded = false, other;
    shown = shown && ami_forwarding(&link_to_pbx.reader.message, &forwarded, destination);
    system_lock_take(&lock);
    other = ami_take_forwarding(&lines[job.line], shown, forwarded, destination);
    system_lock_leave(&lock);
    if (other)
        sink.forwarding(settings->lines[job.line].extension);
}

/* The code switches to and fro, so it is dialled only where there is a forwarding. \returns whether the job goes on */
static bool goes_on_switching_off(void)
{
    char destination[AMI_DIGITS];
    bool forwarded;
    if (!ami_forwarding(&link_to_pbx.reader.message, &forwarded, destination)) {
        finish(SWITCH_FAILED, "the forwarding cannot be read");
        return false;
    }
    if (!forwarded) {
        finish(SWITCH_DONE, "there is none");
        return false;
    }
    job.kind = AMI_FORWARD;
    return true;
}

/* \returns whether the job needs another answer */
static bool take_answer(enum ami_answer answer)
{
    const char *why = ami_value(&link_to_pbx.reader.message, "Message");
    switch (job.kind) {
    case AMI_NO_JOB:
    case AMI_PING:
        break;
    case AMI_SEE_CALLS:
        take_calls(answer == AMI_DONE);
        break;
    case AMI_SEE_FORWARDING:
        take_forwarding(answer == AMI_DONE);
        break;
    case AMI_FORWARD_OFF:
        if (answer == AMI_DONE)
            return goes_on_switching_off();
        finish(SWITCH_REFUSED, why);
        break;
    case AMI_DIAL:
    case AMI_FORWARD:
    case AMI_HANGUP:
    case AMI_TRANSFER:
    case AMI_JOIN:
        finish(answer == AMI_DONE ? SWITCH_DONE : SWITCH_REFUSED, why);
        break;
    }
    job.kind = AMI_NO_JOB;
    return false;
}

static void take_lamp(const char *telephone)
{
    size_t i;
    system_lock_take(&lock);
    for (i = 0; *telephone != '\0' && i < settings->line_count; i++)
        if (strcmp(settings->lines[i].telephone, telephone) == 0)
            look_at(i);
    system_lock_leave(&lock);
}

/* ---- The thread. */

/* Begins the next job, if there is one. \returns false where it cannot be sent */
static bool begin_job(void)
{
    const uint64_t now = system_now();
    if (now >= beat) {
        beat = now + BEAT;
        look_again();
        memset(&job, 0, sizeof job);
        job.kind = AMI_PING;
        return send_job();
    }
    if (now >= brisk) {
        brisk = now + BRISK;
        look_at_restless(true);
    }
    return !take_job() || send_job();
}

/* Until when there is nothing to do but to listen. */
static uint64_t next_time(void)
{
    return job.kind != AMI_NO_JOB ? deadline : brisk < beat && look_at_restless(false) ? brisk : beat;
}

/* One connection, from its login on. \returns why it ends */
static const char *serve(void)
{
    job.kind = AMI_NO_JOB;
    beat = system_now() + BEAT;
    brisk = system_now() + BRISK;
    while (!system_flag(&stop)) {
        uint64_t now, until;
        enum ami_news news;
        if (job.kind == AMI_NO_JOB && !begin_job())
            return "nothing can be sent";
        until = next_time();
        now = system_now();
        if (job.kind != AMI_NO_JOB && now >= until)
            return "there is no answer";
        news = ami_link_wait(&link_to_pbx, now < until ? (unsigned)(until - now) : 0);
        if (news == AMI_ENDED)
            return "the connection has ended";
        if (news == AMI_MESSAGE) {
            const enum ami_answer answer = ami_answer_to(&link_to_pbx.reader.message, link_to_pbx.last_id);
            take_lamp(ami_lamp(&link_to_pbx.reader.message));
            if (job.kind != AMI_NO_JOB && answer != AMI_NO_ANSWER && take_answer(answer) && !send_job())
                return "nothing can be sent";
        }
    }
    return "it is ended";
}

static void set_connected(bool now)
{
    size_t i;
    system_lock_take(&lock);
    connected = now;
    for (i = 0; now && i < settings->line_count; i++)
        look_at(i);
    system_lock_leave(&lock);
}

/* What was asked for has no answer any more. */
static void fail_requests(void)
{
    bool more = job.kind >= AMI_DIAL;
    do {
        if (more)
            finish(SWITCH_FAILED, "the link was lost");
        system_lock_take(&lock);
        more = take_request();
        system_lock_leave(&lock);
    } while (more);
}

static void pause_for(unsigned milliseconds)
{
    const uint64_t end = system_now() + milliseconds / 2 + system_random(milliseconds / 2 + 1);
    uint64_t now;
    while (!system_flag(&stop) && (now = system_now()) < end)
        system_sleep(waker, (unsigned)(end - now));
}

static void work(void)
{
    unsigned pause = FIRST_PAUSE;
    while (!system_flag(&stop)) {
        const char *fault = ami_link_begin(&link_to_pbx, settings, waker, &stop);
        if (fault == NULL) {
            pause = FIRST_PAUSE;
            write_log("connected");
            set_connected(true);
            fault = serve();
            set_connected(false);
            ami_link_end(&link_to_pbx);
            fail_requests();
        }
        write_log(fault);
        pause_for(pause);
        pause = pause < LONGEST_PAUSE / 2 ? 2 * pause : LONGEST_PAUSE;
    }
}

/* ---- What other threads call. */

bool ami_worker_take(const struct ami_job *wanted)
{
    bool taken;
    system_lock_take(&lock);
    taken = connected && queued < REQUESTS;
    if (taken)
        queue[queued++] = *wanted;
    system_lock_leave(&lock);
    if (taken)
        system_wake(waker);
    return taken;
}

void ami_worker_follow(size_t line, bool on)
{
    system_lock_take(&lock);
    if (on) {
        lines[line].followers++;
        lines[line].anew = true;
        look_at(line);
    } else if (lines[line].followers > 0) {
        lines[line].followers--;
    }
    system_lock_leave(&lock);
    if (waker != SYSTEM_NO_SOCKET)
        system_wake(waker);
}

bool ami_worker_forwarding(size_t line, bool *forwarded, char destination[SWITCH_TEXT])
{
    bool known;
    system_lock_take(&lock);
    known = connected && lines[line].forwarding_known;
    *forwarded = known && lines[line].forwarded;
    strcpy(destination, known ? lines[line].destination : "");
    system_lock_leave(&lock);
    return known;
}

bool ami_worker_begin(const struct ami_settings *given, const struct switch_sink *told, void (*log)(const char *text))
{
    size_t i;
    settings = given;
    sink = *told;
    write_log = log;
    memset(lines, 0, sizeof lines);
    for (i = 0; i < settings->line_count; i++)
        lines[i].extension = settings->lines[i].extension;
    queued = 0;
    next_looked_at = 0;
    system_flag_set(&stop, false);
    if (!system_network_begin())
        return false;
    waker = system_waker();
    if (waker != SYSTEM_NO_SOCKET && system_thread_begin(&thread, work))
        return true;
    if (waker != SYSTEM_NO_SOCKET)
        system_close(waker);
    waker = SYSTEM_NO_SOCKET;
    system_network_end();
    return false;
}

void ami_worker_end(void)
{
    if (waker == SYSTEM_NO_SOCKET)
        return;
    system_flag_set(&stop, true);
    system_wake(waker);
    system_thread_end(thread);
    system_close(waker);
    waker = SYSTEM_NO_SOCKET;
    system_network_end();
}
