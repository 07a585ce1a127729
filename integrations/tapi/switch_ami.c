/*
 * switch_ami.c - see switch_ami.h.
 */
#include "switch_ami.h"

#include "ami_worker.h"

#include <string.h>

static struct ami_settings settings;
static void (*write_log)(const char *text);
static void (*done)(unsigned long request, enum switch_result result, const char *why);

/* The place of a line among the settings; line_count if it is none of them. */
static size_t place_of(const char *line)
{
    size_t i = 0;
    while (i < settings.line_count && strcmp(settings.lines[i].extension, line) != 0)
        i++;
    return i;
}

/* Whether a line is the user's own telephone: an action for another's is none. */
static bool is_own(size_t at)
{
    return at < settings.line_count && strcmp(settings.lines[at].telephone, settings.telephone) == 0;
}

static enum switch_result take(enum ami_kind kind, unsigned long request, const char *line, const char *digits, const char *call, const char *other)
{
    struct ami_job job;
    const size_t at = place_of(line);
    if (at == settings.line_count || (kind != AMI_FORWARD && kind != AMI_FORWARD_OFF && !is_own(at)))
        return SWITCH_UNABLE;
    if ((*digits != '\0' && !ami_is_number(digits)) || (*call != '\0' && !ami_is_name(call)) || (*other != '\0' && !ami_is_name(other)))
        return SWITCH_REFUSED;
    job.kind = kind;
    job.request = request;
    job.line = at;
    strcpy(job.digits, digits);
    strcpy(job.call, call);
    strcpy(job.other, other);
    return ami_worker_take(&job) ? SWITCH_DONE : SWITCH_FAILED;
}

/* A code with an extension behind it; false where that cannot be dialled, or would be another code. */
static bool put_code(char digits[AMI_DIGITS], const char *code, const char *extension, const char *mark, const char *destination)
{
    const size_t length = strlen(code) + strlen(extension) + strlen(mark) + strlen(destination);
    if (length >= AMI_DIGITS || *extension == '\0' || strpbrk(extension, "*#") != NULL || strpbrk(destination, "*#") != NULL)
        return false;
    strcpy(digits, code);
    strcat(digits, extension);
    strcat(digits, mark);
    strcat(digits, destination);
    return ami_is_number(digits);
}

static enum switch_result forward(unsigned long request, const char *line, const char *destination)
{
    char digits[AMI_DIGITS];
    const bool on = *destination != '\0';
    if (!put_code(digits, on ? settings.forward : settings.forward_off, line, on ? "#" : "", destination))
        return SWITCH_REFUSED;
    return take(on ? AMI_FORWARD : AMI_FORWARD_OFF, request, line, digits, "", "");
}

static enum switch_result make_call(unsigned long request, const char *line, const char *destination)
{
    return *destination == '\0' ? SWITCH_REFUSED : take(AMI_DIAL, request, line, destination, "", "");
}

static enum switch_result pick_up(unsigned long request, const char *line, const char *number)
{
    char digits[AMI_DIGITS];
    return put_code(digits, settings.pickup, number, "", "") ? take(AMI_DIAL, request, line, digits, "", "") : SWITCH_REFUSED;
}

static enum switch_result answer(unsigned long request, const char *line, const char *id)
{
    /* Asterisk cannot take up a telephone's receiver. */
    (void)request, (void)line, (void)id;
    return SWITCH_UNABLE;
}

static enum switch_result drop(unsigned long request, const char *line, const char *id)
{
    return *id == '\0' ? SWITCH_REFUSED : take(AMI_HANGUP, request, line, "", id, "");
}

static enum switch_result hold(unsigned long request, const char *line, const char *id, bool on)
{
    /* Nor press its hold key. */
    (void)request, (void)line, (void)id, (void)on;
    return SWITCH_UNABLE;
}

static enum switch_result blind_transfer(unsigned long request, const char *line, const char *id, const char *destination)
{
    return *id == '\0' || *destination == '\0' ? SWITCH_REFUSED : take(AMI_TRANSFER, request, line, destination, id, "");
}

static enum switch_result set_up_transfer(unsigned long request, const char *line, const char *id)
{
    /* The telephone itself holds the call when it takes up the next one. */
    (void)id;
    if (!is_own(place_of(line)))
        return SWITCH_UNABLE;
    done(request, SWITCH_DONE, "");
    return SWITCH_DONE;
}

static enum switch_result complete_transfer(unsigned long request, const char *line, const char *id, const char *other)
{
    return *id == '\0' || *other == '\0' ? SWITCH_REFUSED : take(AMI_JOIN, request, line, "", id, other);
}

static bool line_at(size_t index, char line[SWITCH_TEXT])
{
    if (index >= settings.line_count)
        return false;
    strcpy(line, settings.lines[index].extension);
    return true;
}

static void follow(const char *line, bool on)
{
    const size_t at = place_of(line);
    if (at < settings.line_count)
        ami_worker_follow(at, on);
}

static bool forwarding_of(const char *line, bool *forwarded, char destination[SWITCH_TEXT])
{
    const size_t at = place_of(line);
    return at < settings.line_count && ami_worker_forwarding(at, forwarded, destination);
}

static bool begin(const struct switch_sink *sink)
{
    done = sink->done;
    return ami_worker_begin(&settings, sink, write_log);
}

const struct linewarden_switch *ami_switch(const struct ami_settings *given, void (*log)(const char *text))
{
    static const struct linewarden_switch table = {
        begin,   ami_worker_end, line_at, follow, forwarding_of,  forward,         make_call,
        pick_up, answer,         drop,    hold,   blind_transfer, set_up_transfer, complete_transfer};
    settings = *given;
    write_log = log;
    return &table;
}
