/*
 * tsp_actions.c - what is done with calls. linewarden decides here, before the switch is asked; the PBX decides again.
 *
 * A request to make or to pick up a call has the handle of a call at once, as TAPI wants it; the switch's first report of a new call
 * that goes out from the line is about that one.
 */
#include "tsp_calls.h"

#include <string.h>

/* A call that is asked for. \returns its handle; 0 where there is no memory */
static DWORD_PTR await(struct line *line, HTAPICALL tapi, DRV_REQUESTID request)
{
    struct call *call = call_add(line);
    if (call == NULL)
        return 0;
    call->tapi = tapi;
    call->awaited = true;
    call->request = request;
    call->state = SWITCH_DIALING;
    strcpy(call->at, line->name);
    return call->handle;
}

/* What the switch made of a request that asks for a call. */
static LONG awaited(DRV_REQUESTID request, enum switch_result result, DWORD_PTR handle, LPHDRVCALL call_handle)
{
    if (result != SWITCH_DONE) {
        AcquireSRWLockExclusive(&tsp.lock);
        call_remove((HDRVCALL)handle);
        ReleaseSRWLockExclusive(&tsp.lock);
    } else if (call_handle != NULL) {
        *call_handle = (HDRVCALL)handle;
    }
    return taken(request, code_of(result));
}

/* The user's own line, by which alone calls are made: its name for the switch, and a call that is asked for. */
static LONG prepare(HDRVLINE handle, HTAPICALL tapi, DRV_REQUESTID request, char name[SWITCH_TEXT], DWORD_PTR *call)
{
    struct line *line = line_of(handle);
    if (tsp.link == NULL)
        return LINEERR_OPERATIONFAILED;
    strcpy(name, line->name);
    *call = await(line, tapi, request);
    return *call != 0 ? 0 : LINEERR_NOMEM;
}

LONG TSPIAPI TSPI_lineMakeCall(DRV_REQUESTID request, HDRVLINE handle, HTAPICALL call, LPHDRVCALL call_handle, LPCWSTR destination,
                               DWORD country, LPLINECALLPARAMS const parameters)
{
    char text[LONGEST], name[SWITCH_TEXT];
    DWORD_PTR made = 0;
    LONG result;
    (void)country, (void)parameters;
    if (destination == NULL || !utf8_text(destination, text, sizeof text))
        return LINEERR_INVALADDRESS;
    AcquireSRWLockExclusive(&tsp.lock);
    const struct line *line = line_of(handle);
    const struct linewarden_switch *link = tsp.link;
    if (line == NULL) {
        result = LINEERR_INVALLINEHANDLE;
    } else if (line->owner != tsp.gate.user || !gate_may_call(&tsp.gate, text)) {
        log_text("a call refused: the number may not be called");
        result = LINEERR_OPERATIONUNAVAIL;
    } else {
        result = prepare(handle, call, request, name, &made);
    }
    ReleaseSRWLockExclusive(&tsp.lock);
    return result != 0 ? result : awaited(request, link->make_call(request, name, text), made, call_handle);
}

/* The number by which the switch picks up there: a login name's is that of the first line. */
static void number_of(lw_party target, const char *text, char number[LONGEST])
{
    char name[SWITCH_TEXT];
    if (lw_line_of(tsp.gate.engine, target, text) == 0 && lw_party_kind(tsp.gate.engine, target) == LW_KIND_USER && switch_name(target, name))
        text = name;
    memmove(number, text, strlen(text) + 1);
}

/* call.pickup on the owner of the number, on the line that the number is; the user's own line picks up. */
LONG TSPIAPI TSPI_linePickup(DRV_REQUESTID request, HDRVLINE handle, DWORD address, HTAPICALL call, LPHDRVCALL call_handle,
                             LPCWSTR destination, LPCWSTR group)
{
    char text[LONGEST], number[LONGEST], name[SWITCH_TEXT];
    DWORD_PTR made = 0;
    lw_party target;
    LONG result;
    (void)address;
    /* Group pickup names no target that could be checked. */
    if (destination == NULL || group != NULL)
        return LINEERR_OPERATIONUNAVAIL;
    if (!utf8_text(destination, text, sizeof text))
        return LINEERR_INVALADDRESS;
    AcquireSRWLockExclusive(&tsp.lock);
    const struct line *line = line_of(handle);
    const struct linewarden_switch *link = tsp.link;
    const enum gate_pickup may = gate_may_pick_up(&tsp.gate, text, &target);
    if (line == NULL) {
        result = LINEERR_INVALLINEHANDLE;
    } else if (line->owner != tsp.gate.user) {
        result = LINEERR_OPERATIONUNAVAIL;
    } else if (may == GATE_NO_PARTY) {
        result = LINEERR_INVALADDRESS;
    } else if (may != GATE_PICKUP) {
        log_refusal("a pickup", LW_CALL_PICKUP_FIRST, target);
        result = LINEERR_OPERATIONUNAVAIL;
    } else {
        number_of(target, text, number);
        result = prepare(handle, call, request, name, &made);
    }
    ReleaseSRWLockExclusive(&tsp.lock);
    return result != 0 ? result : awaited(request, link->pick_up(request, name, number), made, call_handle);
}

/* What the switch needs of a call that the user may act on. */
struct subject {
    const struct linewarden_switch *link;
    char name[SWITCH_TEXT], id[SWITCH_TEXT];
};

/* Finds a call that may be acted on; the lock is held. */
static LONG choose(HDRVCALL handle, struct subject *subject)
{
    struct line *line;
    const struct call *call = call_of(handle, &line);
    if (call == NULL)
        return LINEERR_INVALCALLHANDLE;
    if (!gate_controls(&tsp.gate, line->owner)) {
        log_refusal("another's call", LW_CALL_CONTROL, line->owner);
        return LINEERR_OPERATIONUNAVAIL;
    }
    if (call->state == SWITCH_IDLE || call->id[0] == '\0')
        return LINEERR_INVALCALLSTATE;
    subject->link = tsp.link;
    strcpy(subject->name, call->at);
    strcpy(subject->id, call->id);
    return tsp.link != NULL ? 0 : LINEERR_OPERATIONFAILED;
}

static LONG chosen(HDRVCALL handle, struct subject *subject)
{
    AcquireSRWLockShared(&tsp.lock);
    const LONG result = choose(handle, subject);
    ReleaseSRWLockShared(&tsp.lock);
    return result;
}

LONG TSPIAPI TSPI_lineAnswer(DRV_REQUESTID request, HDRVCALL handle, LPCSTR information, DWORD size)
{
    struct subject call;
    const LONG result = chosen(handle, &call);
    (void)information, (void)size;
    return taken(request, result != 0 ? result : code_of(call.link->answer(request, call.name, call.id)));
}

LONG TSPIAPI TSPI_lineDrop(DRV_REQUESTID request, HDRVCALL handle, LPCSTR information, DWORD size)
{
    struct subject call;
    const LONG result = chosen(handle, &call);
    (void)information, (void)size;
    return taken(request, result != 0 ? result : code_of(call.link->drop(request, call.name, call.id)));
}

LONG TSPIAPI TSPI_lineHold(DRV_REQUESTID request, HDRVCALL handle)
{
    struct subject call;
    const LONG result = chosen(handle, &call);
    return taken(request, result != 0 ? result : code_of(call.link->hold(request, call.name, call.id, true)));
}

LONG TSPIAPI TSPI_lineUnhold(DRV_REQUESTID request, HDRVCALL handle)
{
    struct subject call;
    const LONG result = chosen(handle, &call);
    return taken(request, result != 0 ? result : code_of(call.link->hold(request, call.name, call.id, false)));
}

LONG TSPIAPI TSPI_lineBlindTransfer(DRV_REQUESTID request, HDRVCALL handle, LPCWSTR destination, DWORD country)
{
    struct subject call;
    char text[LONGEST];
    LONG result;
    (void)country;
    if (destination == NULL || !utf8_text(destination, text, sizeof text) || text[0] == '\0')
        return LINEERR_INVALADDRESS;
    result = chosen(handle, &call);
    return taken(request, result != 0 ? result : code_of(call.link->blind_transfer(request, call.name, call.id, text)));
}

/* The consultation has a handle at once, and a number by lineDial. */
LONG TSPIAPI TSPI_lineSetupTransfer(DRV_REQUESTID request, HDRVCALL handle, HTAPICALL consult, LPHDRVCALL consult_handle,
                                    LPLINECALLPARAMS const parameters)
{
    struct subject call;
    struct line *line;
    DWORD_PTR made = 0;
    (void)parameters;
    AcquireSRWLockExclusive(&tsp.lock);
    LONG result = choose(handle, &call);
    if (result == 0 && call_of(handle, &line) != NULL) {
        made = await(line, consult, request);
        result = made != 0 ? 0 : LINEERR_NOMEM;
    }
    ReleaseSRWLockExclusive(&tsp.lock);
    return result != 0 ? result : awaited(request, call.link->set_up_transfer(request, call.name, call.id), made, consult_handle);
}

/* Calls from the user's own line for a consultation. */
LONG TSPIAPI TSPI_lineDial(DRV_REQUESTID request, HDRVCALL handle, LPCWSTR destination, DWORD country)
{
    char text[LONGEST], name[SWITCH_TEXT] = "";
    struct line *line;
    LONG result = 0;
    (void)country;
    if (destination == NULL || !utf8_text(destination, text, sizeof text))
        return LINEERR_INVALADDRESS;
    AcquireSRWLockExclusive(&tsp.lock);
    struct call *call = call_of(handle, &line);
    const struct linewarden_switch *link = tsp.link;
    if (call == NULL) {
        result = LINEERR_INVALCALLHANDLE;
    } else if (!call->awaited) {
        result = LINEERR_INVALCALLSTATE;
    } else if (line->owner != tsp.gate.user || !gate_may_call(&tsp.gate, text)) {
        log_text("a call refused: the number may not be called");
        result = LINEERR_OPERATIONUNAVAIL;
    } else {
        call->request = request;
        strcpy(name, line->name);
        result = link != NULL ? 0 : LINEERR_OPERATIONFAILED;
    }
    ReleaseSRWLockExclusive(&tsp.lock);
    return taken(request, result != 0 ? result : code_of(link->make_call(request, name, text)));
}

LONG TSPIAPI TSPI_lineCompleteTransfer(DRV_REQUESTID request, HDRVCALL handle, HDRVCALL consult, HTAPICALL conference,
                                       LPHDRVCALL conference_handle, DWORD mode)
{
    struct subject call, other;
    (void)conference, (void)conference_handle;
    if (mode != LINETRANSFERMODE_TRANSFER)
        return LINEERR_OPERATIONUNAVAIL;
    LONG result = chosen(handle, &call);
    if (result == 0)
        result = chosen(consult, &other) == 0 ? 0 : LINEERR_INVALCONSULTCALLHANDLE;
    if (result == 0 && (strcmp(call.name, other.name) != 0 || strcmp(call.id, other.id) == 0))
        result = LINEERR_INVALCONSULTCALLHANDLE;
    return taken(request, result != 0 ? result : code_of(call.link->complete_transfer(request, call.name, call.id, other.id)));
}
