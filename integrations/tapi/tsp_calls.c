/*
 * tsp_calls.c - calls: what is reported of them, and what is done with them.
 *
 * One's own call needs no right, another's needs call.control. A call is reported by line.busy.read; its numbers by call.number_*.read,
 * shown or blocked, never invented.
 */
#include "tsp_calls.h"

#include <stdlib.h>
#include <string.h>

struct call *call_of(HDRVCALL handle, struct line **line)
{
    for (*line = tsp.lines; *line != NULL; *line = (*line)->next)
        for (struct call *call = (*line)->calls; call != NULL; call = call->next)
            if ((HDRVCALL)call->handle == handle)
                return call;
    return NULL;
}

struct call *call_add(struct line *line)
{
    struct call *call = calloc(1, sizeof *call);
    if (call != NULL) {
        call->handle = ++tsp.last_handle;
        call->next = line->calls;
        line->calls = call;
    }
    return call;
}

void call_remove(HDRVCALL handle)
{
    struct line *line;
    struct call *call = call_of(handle, &line);
    if (call == NULL)
        return;
    for (struct call **place = &line->calls; *place != NULL; place = &(*place)->next)
        if (*place == call) {
            *place = call->next;
            break;
        }
    free(call);
}

void calls_free(struct line *line)
{
    while (line->calls != NULL) {
        struct call *next = line->calls->next;
        free(line->calls);
        line->calls = next;
    }
}

static DWORD state_of(enum switch_state state)
{
    switch (state) {
    case SWITCH_OFFERING:
        return LINECALLSTATE_OFFERING;
    case SWITCH_DIALING:
        return LINECALLSTATE_DIALING;
    case SWITCH_PROCEEDING:
        return LINECALLSTATE_PROCEEDING;
    case SWITCH_RINGBACK:
        return LINECALLSTATE_RINGBACK;
    case SWITCH_CONNECTED:
        return LINECALLSTATE_CONNECTED;
    case SWITCH_HELD:
        return LINECALLSTATE_ONHOLD;
    case SWITCH_IDLE:
        break;
    }
    return LINECALLSTATE_IDLE;
}

/* What TAPI gets, outside of the lock. */
struct told {
    LINEEVENT event;
    HTAPILINE line;
    HTAPICALL call;
    DWORD_PTR handle;
    bool begins, moves, renamed;
    DWORD state;
};

/* The call of a line that a report is about: known by its ID, or else one that was asked for and has not come about yet. */
static struct call *reported(struct line *line, const struct switch_call *report)
{
    for (struct call *call = line->calls; call != NULL; call = call->next)
        if (report->id[0] != '\0' && strcmp(call->id, report->id) == 0)
            return call->state != SWITCH_IDLE ? call : NULL;
    for (struct call *call = line->calls; call != NULL; call = call->next)
        if (call->awaited && (report->id[0] == '\0' || !report->incoming))
            return call;
    return NULL;
}

/* Keeps a report, and says what TAPI gets of it; nothing if it may not. */
static bool take_report(struct line *line, const struct switch_call *report, struct told *told)
{
    const bool seen = gate_sees(&tsp.gate, line->owner), ends = report->state == SWITCH_IDLE;
    struct call *call = reported(line, report);
    memset(told, 0, sizeof *told);
    if (strlen(report->id) >= SWITCH_TEXT || strlen(report->line) >= SWITCH_TEXT || strlen(report->peer) >= SWITCH_TEXT ||
        strlen(report->from) >= SWITCH_TEXT)
        return false;
    /* A call that begins while its lamp may not be seen is never reported. */
    if (call == NULL && !ends && seen) {
        call = call_add(line);
        told->begins = call != NULL;
    }
    if (call == NULL)
        return false;
    told->renamed = strcmp(call->peer, report->peer) != 0 || strcmp(call->from, report->from) != 0;
    told->moves = told->begins || call->awaited || call->state != report->state;
    call->awaited = false;
    call->state = report->state;
    call->incoming = report->incoming;
    strcpy(call->id, report->id);
    strcpy(call->at, report->line);
    strcpy(call->peer, report->peer);
    strcpy(call->from, report->from);
    told->event = line->event;
    told->line = line->tapi;
    told->call = call->tapi;
    told->handle = call->handle;
    told->state = state_of(report->state);
    /* The end of a call is reported even if the right was lost meanwhile, or a call would seem to ring for ever. */
    return ends || seen;
}

static void tell(struct told *told)
{
    if (told->begins) {
        told->event(told->line, NULL, LINE_NEWCALL, told->handle, (DWORD_PTR)&told->call, 0);
        AcquireSRWLockExclusive(&tsp.lock);
        struct line *line;
        struct call *call = call_of((HDRVCALL)told->handle, &line);
        if (call != NULL)
            call->tapi = told->call;
        ReleaseSRWLockExclusive(&tsp.lock);
    }
    if (told->call == NULL)
        return;
    if (told->moves)
        told->event(told->line, told->call, LINE_CALLSTATE, told->state, 0, LINEMEDIAMODE_INTERACTIVEVOICE);
    if (told->renamed && !told->begins)
        told->event(told->line, told->call, LINE_CALLINFO,
                    LINECALLINFOSTATE_CALLERID | LINECALLINFOSTATE_CALLEDID | LINECALLINFOSTATE_CONNECTEDID | LINECALLINFOSTATE_REDIRECTINGID,
                    0, 0);
}

void call_reported(const struct switch_call *report)
{
    struct told told[16];
    size_t count = 0;
    AcquireSRWLockExclusive(&tsp.lock);
    const lw_party owner = gate_find(&tsp.gate, report->line);
    for (struct line *line = tsp.lines; line != NULL && count < 16; line = line->next)
        if (owner != 0 && line->owner == owner && take_report(line, report, &told[count]))
            count++;
    ReleaseSRWLockExclusive(&tsp.lock);
    for (size_t i = 0; i < count; i++)
        tell(&told[i]);
}

void request_done(unsigned long request, enum switch_result result, const char *why)
{
    ASYNC_COMPLETION completion;
    AcquireSRWLockExclusive(&tsp.lock);
    completion = tsp.completion;
    /* The call that it asked for has not come about. */
    for (struct line *line = tsp.lines; line != NULL && result != SWITCH_DONE; line = line->next)
        for (struct call *call = line->calls, *next; call != NULL; call = next) {
            next = call->next;
            if (call->awaited && call->request == request)
                call_remove((HDRVCALL)call->handle);
        }
    ReleaseSRWLockExclusive(&tsp.lock);
    if (result != SWITCH_DONE) {
        log_text(result == SWITCH_FAILED ? "the PBX did not answer:" : "the PBX refuses:");
        log_text(why);
    }
    completion(request, code_of(result));
}

/* Shows a number, or says that there is none, or that it is blocked. */
static void put_number(LINECALLINFO *info, const char *number, bool seen, DWORD *flags, DWORD *size, DWORD *offset)
{
    *flags = !seen ? LINECALLPARTYID_BLOCKED : number[0] != '\0' ? LINECALLPARTYID_ADDRESS : LINECALLPARTYID_UNAVAIL;
    if (*flags == LINECALLPARTYID_ADDRESS)
        append_text(number, info, size, offset);
}

LONG TSPIAPI TSPI_lineGetCallInfo(HDRVCALL handle, LPLINECALLINFO info)
{
    struct line *line;
    if (!emptied(info, sizeof *info))
        return LINEERR_STRUCTURETOOSMALL;
    AcquireSRWLockShared(&tsp.lock);
    const struct call *call = call_of(handle, &line);
    if (call != NULL) {
        const bool seen = gate_sees_number(&tsp.gate, line->owner, call->at, call->incoming, call->state);
        info->dwOrigin = call->incoming ? LINECALLORIGIN_EXTERNAL : LINECALLORIGIN_OUTBOUND;
        info->dwMediaMode = LINEMEDIAMODE_INTERACTIVEVOICE;
        if (call->incoming) {
            put_number(info, call->peer, seen, &info->dwCallerIDFlags, &info->dwCallerIDSize, &info->dwCallerIDOffset);
            put_number(info, call->from, seen, &info->dwRedirectingIDFlags, &info->dwRedirectingIDSize, &info->dwRedirectingIDOffset);
        } else {
            put_number(info, call->peer, seen, &info->dwCalledIDFlags, &info->dwCalledIDSize, &info->dwCalledIDOffset);
        }
        if (call->state == SWITCH_CONNECTED || call->state == SWITCH_HELD)
            put_number(info, call->peer, seen, &info->dwConnectedIDFlags, &info->dwConnectedIDSize, &info->dwConnectedIDOffset);
    }
    ReleaseSRWLockShared(&tsp.lock);
    return call != NULL ? 0 : LINEERR_INVALCALLHANDLE;
}

/* The state, and what the user may do with the call. */
LONG TSPIAPI TSPI_lineGetCallStatus(HDRVCALL handle, LPLINECALLSTATUS status)
{
    struct line *line;
    if (!emptied(status, sizeof *status))
        return LINEERR_STRUCTURETOOSMALL;
    AcquireSRWLockShared(&tsp.lock);
    const struct call *call = call_of(handle, &line);
    if (call != NULL) {
        status->dwCallState = gate_sees(&tsp.gate, line->owner) ? state_of(call->state) : LINECALLSTATE_UNKNOWN;
        if (gate_controls(&tsp.gate, line->owner) && call->state != SWITCH_IDLE)
            status->dwCallFeatures = LINECALLFEATURE_DROP;
        if (status->dwCallFeatures != 0 && call->state == SWITCH_CONNECTED)
            status->dwCallFeatures |= LINECALLFEATURE_BLINDTRANSFER | LINECALLFEATURE_SETUPTRANSFER;
    }
    ReleaseSRWLockShared(&tsp.lock);
    return call != NULL ? 0 : LINEERR_INVALCALLHANDLE;
}

LONG TSPIAPI TSPI_lineCloseCall(HDRVCALL handle)
{
    struct line *line;
    AcquireSRWLockExclusive(&tsp.lock);
    const bool found = call_of(handle, &line) != NULL;
    call_remove(handle);
    ReleaseSRWLockExclusive(&tsp.lock);
    return found ? 0 : LINEERR_INVALCALLHANDLE;
}
