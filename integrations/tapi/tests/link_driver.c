/*
 * link_driver.c - stands in for the provider on Linux: the link to Asterisk, behind the same gate, by words on its standard input.
 *
 *     link_driver SETTINGS RIGHTS USER
 *
 * A request is answered `request N taken`, and later `done N RESULT WHY`; what the gate refuses, `refused WHY`. Events are `call LINE ID STATE
 * in|out PEER FROM` and `forwarding LINE`. `tampered` before a request leaves the gate out, as a provider that was tampered with would.
 */
#include "ami_system.h"
#include "gate.h"
#include "switch_ami.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static system_lock lock = SYSTEM_LOCK;
static struct gate gate;
static const struct linewarden_switch *link_to_pbx;

static const char *or_dash(const char *text)
{
    return *text != '\0' ? text : "-";
}

static void on_call(const struct switch_call *call)
{
    static const char *const states[] = {"idle", "offering", "dialing", "proceeding", "ringback", "connected", "held"};
    system_lock_take(&lock);
    {
        const lw_party owner = gate_find(&gate, call->line);
        const bool shown = gate_sees_number(&gate, owner, call->line, call->incoming, call->state);
        /* The end is reported even where the right has ended. */
        if (call->state == SWITCH_IDLE || gate_sees(&gate, owner))
            printf("call %s %s %s %s %s %s\n", call->line, or_dash(call->id), states[call->state], call->incoming ? "in" : "out",
                   shown ? or_dash(call->peer) : "-", shown ? or_dash(call->from) : "-");
        fflush(stdout);
    }
    system_lock_leave(&lock);
}

static void on_forwarding(const char *line)
{
    system_lock_take(&lock);
    printf("forwarding %s\n", line);
    fflush(stdout);
    system_lock_leave(&lock);
}

static void on_done(unsigned long request, enum switch_result result, const char *why)
{
    static const char *const results[] = {"done", "refused", "failed", "unable"};
    system_lock_take(&lock);
    printf("done %lu %s %s\n", request, results[result], why);
    fflush(stdout);
    system_lock_leave(&lock);
}

static void on_log(const char *text)
{
    fprintf(stderr, "link: %s\n", text);
}

/* Why the gate says no; NULL for a yes. */
static const char *refusal(const char *what, const char *line, const char *first)
{
    const lw_party owner = gate_find(&gate, line);
    lw_party target;
    if (strcmp(what, "pickup") == 0) {
        const enum gate_pickup may = gate_may_pick_up(&gate, first, &target);
        if (owner != gate.user)
            return "not the user's line";
        return may == GATE_NO_PARTY ? "no party has this number"
               : may == GATE_NO_PICKUP ? gate_why(&gate, LW_CALL_PICKUP_FIRST, target)
                                       : NULL;
    }
    if (strcmp(what, "forward") == 0)
        return gate_may_forward(&gate, owner, first) ? NULL : gate_why(&gate, LW_FORWARDING_SET_FIRST, owner);
    if (strcmp(what, "dial") == 0)
        return owner == gate.user && gate_may_call(&gate, first) ? NULL : "not to be called";
    return gate_controls(&gate, owner) ? NULL : "another's call";
}

static enum switch_result act(unsigned long request, const char *what, const char *line, const char *first, const char *second)
{
    if (strcmp(what, "pickup") == 0)
        return link_to_pbx->pick_up(request, line, first);
    if (strcmp(what, "forward") == 0)
        return link_to_pbx->forward(request, line, first);
    if (strcmp(what, "dial") == 0)
        return link_to_pbx->make_call(request, line, first);
    if (strcmp(what, "drop") == 0)
        return link_to_pbx->drop(request, line, first);
    if (strcmp(what, "hold") == 0)
        return link_to_pbx->hold(request, line, first, true);
    if (strcmp(what, "answer") == 0)
        return link_to_pbx->answer(request, line, first);
    if (strcmp(what, "setup") == 0)
        return link_to_pbx->set_up_transfer(request, line, first);
    if (strcmp(what, "transfer") == 0)
        return link_to_pbx->blind_transfer(request, line, first, second);
    return strcmp(what, "join") == 0 ? link_to_pbx->complete_transfer(request, line, first, second) : SWITCH_UNABLE;
}

static void show_forwarding(const char *line)
{
    char destination[SWITCH_TEXT];
    bool forwarded;
    const lw_party owner = gate_find(&gate, line);
    if (!lw_may(gate.engine, gate.user, LW_FORWARDING_STATE_READ_FIRST, owner) || !link_to_pbx->forwarding_of(line, &forwarded, destination))
        printf("forwarded %s unknown\n", line);
    else
        printf("forwarded %s %d %s\n", line, forwarded,
               or_dash(lw_may(gate.engine, gate.user, LW_FORWARDING_TARGET_READ_FIRST, owner) ? destination : ""));
}

static void obey(char *text)
{
    static const char *const results[] = {"taken", "refused", "failed", "unable"};
    static unsigned long last;
    bool tampered;
    char *words[5] = {"", "", "", "", ""};
    int count = 0;
    char *word;
    const char *why;
    for (word = strtok(text, " \n"); word != NULL && count < 5; word = strtok(NULL, " \n"))
        words[count++] = word;
    tampered = strcmp(words[0], "tampered") == 0;
    if (tampered)
        memmove(words, words + 1, 4 * sizeof *words);
    if (strcmp(words[0], "follow") == 0 || strcmp(words[0], "unfollow") == 0) {
        link_to_pbx->follow(words[1], words[0][0] == 'f');
        return;
    }
    system_lock_take(&lock);
    why = tampered ? NULL : refusal(words[0], words[1], words[2]);
    if (strcmp(words[0], "reload") == 0)
        printf("reloaded %d\n", lw_reload(gate.engine, NULL));
    else if (strcmp(words[0], "forwarding") == 0)
        show_forwarding(words[1]);
    else if (why != NULL)
        printf("refused %s\n", why);
    fflush(stdout);
    system_lock_leave(&lock);
    if (strcmp(words[0], "reload") != 0 && strcmp(words[0], "forwarding") != 0 && why == NULL) {
        const unsigned long request = ++last;
        const enum switch_result result = act(request, words[0], words[1], words[2], words[3]);
        system_lock_take(&lock);
        printf("request %lu %s\n", request, results[result]);
        fflush(stdout);
        system_lock_leave(&lock);
    }
}

int main(int argc, char **argv)
{
    static struct ami_settings settings;
    static char text[65536];
    const struct switch_sink sink = {on_call, on_forwarding, on_done};
    char fault[AMI_FAULT];
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL)
        return 2;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    if (!ami_settings_read(&settings, text, fault)) {
        fprintf(stderr, "%s: %s\n", argv[1], fault);
        return 2;
    }
    if (!gate_open(&gate, argv[2], argv[3])) {
        fprintf(stderr, "no rights for %s\n", argv[3]);
        return 2;
    }
    link_to_pbx = ami_switch(&settings, on_log);
    if (!link_to_pbx->begin(&sink))
        return 2;
    while (fgets(text, sizeof text, stdin) != NULL)
        obey(text);
    link_to_pbx->end();
    gate_close(&gate);
    puts("ended");
    return 0;
}
