/*
 * tsp_address.c - a line's address: its forwarding, and how many calls it has.
 *
 * Whether calls are forwarded needs forwarding.state.read, where to needs forwarding.target.read, setting it forwarding.set.
 */
#include "tsp.h"

#include <string.h>

LONG TSPIAPI TSPI_lineForward(DRV_REQUESTID request, HDRVLINE handle, DWORD all, DWORD address, LPLINEFORWARDLIST const list,
                              DWORD rings, HTAPICALL consult, LPHDRVCALL consult_handle, LPLINECALLPARAMS const parameters)
{
    char destination[LONGEST], name[SWITCH_TEXT] = "";
    const struct linewarden_switch *link;
    LONG result = forward_destination(list, destination);
    (void)all, (void)address, (void)rings, (void)consult, (void)parameters;
    if (result != 0)
        return result;
    AcquireSRWLockShared(&tsp.lock);
    const struct line *line = line_of(handle);
    link = tsp.link;
    if (line == NULL) {
        result = LINEERR_INVALLINEHANDLE;
    } else if (!gate_may_forward(&tsp.gate, line->owner, destination)) {
        log_refusal("forwarding", LW_FORWARDING_SET_FIRST, line->owner);
        result = LINEERR_OPERATIONUNAVAIL;
    } else {
        strcpy(name, line->name);
        result = link == NULL ? LINEERR_OPERATIONFAILED : 0;
    }
    ReleaseSRWLockShared(&tsp.lock);
    if (result == 0)
        result = code_of(link->forward(request, name, destination));
    if (result == 0 && consult_handle != NULL)
        *consult_handle = NULL;
    return taken(request, result);
}

LONG TSPIAPI TSPI_lineSetStatusMessages(HDRVLINE handle, DWORD line_states, DWORD address_states)
{
    AcquireSRWLockExclusive(&tsp.lock);
    struct line *line = line_of(handle);
    if (line != NULL) {
        line->line_states = line_states;
        line->address_states = address_states;
    }
    ReleaseSRWLockExclusive(&tsp.lock);
    return line != NULL ? 0 : LINEERR_INVALLINEHANDLE;
}

/* The forwarding, with as much of it as the user may see. */
static void put_forwarding(LINEADDRESSSTATUS *status, const struct line *line, const char *destination)
{
    LINEFORWARD *entry = (LINEFORWARD *)((BYTE *)status + status->dwUsedSize);
    status->dwNeededSize += sizeof *entry;
    if (status->dwNeededSize > status->dwTotalSize)
        return;
    memset(entry, 0, sizeof *entry);
    entry->dwForwardMode = LINEFORWARDMODE_UNCOND;
    status->dwForwardNumEntries = 1;
    status->dwForwardOffset = status->dwUsedSize;
    status->dwForwardSize = sizeof *entry;
    status->dwUsedSize += sizeof *entry;
    if (destination[0] != '\0' && lw_may(tsp.gate.engine, tsp.gate.user, LW_FORWARDING_TARGET_READ_FIRST, line->owner))
        append_text(destination, status, &entry->dwDestAddressSize, &entry->dwDestAddressOffset);
}

LONG TSPIAPI TSPI_lineGetAddressStatus(HDRVLINE handle, DWORD address, LPLINEADDRESSSTATUS status)
{
    char destination[SWITCH_TEXT], name[SWITCH_TEXT] = "";
    const struct linewarden_switch *link;
    bool forwarded = false;
    (void)address;
    if (!emptied(status, sizeof *status))
        return LINEERR_STRUCTURETOOSMALL;
    AcquireSRWLockShared(&tsp.lock);
    const struct line *line = line_of(handle);
    link = tsp.link;
    if (line != NULL)
        strcpy(name, line->name);
    ReleaseSRWLockShared(&tsp.lock);
    if (link == NULL || name[0] == '\0' || !link->forwarding_of(name, &forwarded, destination))
        forwarded = false;
    AcquireSRWLockShared(&tsp.lock);
    line = line_of(handle);
    if (line != NULL) {
        if (gate_sees(&tsp.gate, line->owner))
            for (const struct call *call = line->calls; call != NULL; call = call->next)
                status->dwNumActiveCalls += call->state != SWITCH_IDLE;
        if (gate_may_forward(&tsp.gate, line->owner, ""))
            status->dwAddressFeatures |= LINEADDRFEATURE_FORWARD;
        if (forwarded && lw_may(tsp.gate.engine, tsp.gate.user, LW_FORWARDING_STATE_READ_FIRST, line->owner))
            put_forwarding(status, line, destination);
    }
    ReleaseSRWLockShared(&tsp.lock);
    return line != NULL ? 0 : LINEERR_INVALLINEHANDLE;
}

/* Address states are reported if the application asked for them and has the right. */
void forwarding_reported(const char *name)
{
    struct {
        LINEEVENT event;
        HTAPILINE tapi;
    } told[16];
    size_t count = 0;
    AcquireSRWLockShared(&tsp.lock);
    for (const struct line *line = tsp.lines; line != NULL && count < 16; line = line->next)
        if (strcmp(line->name, name) == 0 && (line->address_states & LINEADDRESSSTATE_FORWARD) != 0 &&
            lw_may(tsp.gate.engine, tsp.gate.user, LW_FORWARDING_STATE_READ_FIRST, line->owner)) {
            told[count].event = line->event;
            told[count++].tapi = line->tapi;
        }
    ReleaseSRWLockShared(&tsp.lock);
    for (size_t i = 0; i < count; i++)
        told[i].event(told[i].tapi, NULL, LINE_ADDRESSSTATE, 0, LINEADDRESSSTATE_FORWARD, 0);
}
