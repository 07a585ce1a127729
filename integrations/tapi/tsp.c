/*
 * tsp.c - a TAPI 2.2 service provider whose every permission is linewarden's.
 *
 * One user of the domain (LINEWARDEN_USER) works through it. The devices are the user's own line and, in terminal-server mode,
 * the lines of all owners whose calls the user may control (call.control) or watch (line.busy.read). A supervisor so sees many
 * lines; each operation is checked anew, so a reload takes effect at once.
 *
 * TSPI passes UTF-16, linewarden takes UTF-8: a text that is no valid UTF-16 is refused, never repaired.
 *
 * Codes: LINEERR_OPERATIONUNAVAIL for what linewarden refuses, because it is the code applications take as "not for you, here"
 * and by which they grey a button out; LINEERR_INVALADDRESS for an unknown number; LINEERR_INVALPARAM for invalid
 * texts; LINEERR_STRUCTURETOOSMALL for structures shorter than they claim; LINEERR_OPERATIONFAILED while there is no
 * engine or no link to a switch.
 */
#define TAPI_CURRENT_VERSION 0x00020002
#include <windows.h>

#include <tapi.h>
#include <tspi.h>

#include <linewarden.h>
#include <stdlib.h>
#include <string.h>

#include "switch.h"

#define LONGEST 256
#define MOST_LINES 1024

struct line {
    HTAPILINE tapi;
    LINEEVENT event;
    lw_party owner;
    char name[LONGEST];
    DWORD line_states, address_states;
    /* This provider reports one call per line. */
    HTAPICALL call;
    DWORD call_state;
    /* The owner's line of the call; 0 if the switch has not reported it. */
    unsigned call_line;
    BOOL incoming;
    char peer[LONGEST];
    struct line *next;
};

/* Shared by every call of TSPI; exclusive for opening, closing and telling. */
static SRWLOCK lock = SRWLOCK_INIT;
static lw_engine *engine;
static lw_party user;
static lw_party devices[MOST_LINES];
static DWORD device_count, device_base;
static ASYNC_COMPLETION completion;
static const struct linewarden_switch *link_to_switch;
static struct line *lines;

/* A line's handle, if it is one that is open. */
static struct line *line_of(HDRVLINE handle)
{
    struct line *line = lines;
    while (line != NULL && (HDRVLINE)line != handle)
        line = line->next;
    return line;
}

/* A call's handle is that of its line: there is one. */
static struct line *line_with_call(HDRVCALL handle)
{
    struct line *line = lines;
    while (line != NULL && (HDRVCALL)line != handle)
        line = line->next;
    return line != NULL && line->call != NULL ? line : NULL;
}

/* UTF-16 of a length in characters to UTF-8; false for what is no text or does not fit. */
static bool utf8(LPCWSTR wide, int length, char *text, int size)
{
    const int written = length > 0 ? WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, length, text, size - 1, NULL, NULL) : 0;
    text[written > 0 ? written : 0] = '\0';
    return length == 0 || (written > 0 && strlen(text) == (size_t)written);
}

static bool utf8_text(LPCWSTR wide, char *text, int size)
{
    return wide != NULL && utf8(wide, lstrlenW(wide), text, size);
}

/* Appends a text as UTF-16 with its NUL behind what a variable structure holds; only the needed size grows if it does not fit. */
static void append(const char *text, void *structure, DWORD total, DWORD *needed, DWORD *used, DWORD *size, DWORD *offset)
{
    const int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    const DWORD bytes = (DWORD)length * sizeof(WCHAR);
    *needed += bytes;
    if (length <= 0 || *needed > total)
        return;
    MultiByteToWideChar(CP_UTF8, 0, text, -1, (LPWSTR)((BYTE *)structure + *used), length);
    *offset = *used;
    *size = bytes;
    *used += bytes;
}

/* The end of a request: reports its completion to TAPI and returns the request's number, or an error. */
static LONG finish(DRV_REQUESTID request, LONG result)
{
    if (result != 0)
        return result;
    completion(request, 0);
    return (LONG)request;
}

static bool own_or_controlled(const struct line *line)
{
    return line->owner == user || lw_may(engine, user, LW_CALL_CONTROL, line->owner);
}

LONG TSPIAPI TSPI_lineNegotiateTSPIVersion(DWORD device, DWORD low, DWORD high, LPDWORD version)
{
    (void)device;
    if (low > TAPI_CURRENT_VERSION || high < 0x00020000)
        return LINEERR_INCOMPATIBLEAPIVERSION;
    *version = high < TAPI_CURRENT_VERSION ? high : TAPI_CURRENT_VERSION;
    return 0;
}

/* Opens the engine and lists the lines the user gets. */
static LONG start(void)
{
    WCHAR wide[LONGEST];
    char source[LONGEST * 3], name[LONGEST];
    DWORD length = GetEnvironmentVariableW(L"LINEWARDEN_SOURCE", wide, LONGEST);
    if (engine != NULL)
        return 0;
    if (length == 0 || length >= LONGEST || !utf8_text(wide, source, sizeof source))
        return LINEERR_INIFILECORRUPT;
    length = GetEnvironmentVariableW(L"LINEWARDEN_USER", wide, LONGEST);
    if (length == 0 || length >= LONGEST || !utf8_text(wide, name, sizeof name))
        return LINEERR_INIFILECORRUPT;
    if (lw_abi_version() != LW_ABI_VERSION)
        return LINEERR_INCOMPATIBLEAPIVERSION;

    engine = lw_open(source, NULL);
    user = lw_find(engine, NULL, name);
    if (user == 0) {
        lw_close(engine);
        engine = NULL;
        return LINEERR_OPERATIONFAILED;
    }
    lw_party all[MOST_LINES];
    char *domain = lw_party_domain(engine, user);
    size_t count = lw_parties(engine, domain, all, MOST_LINES);
    lw_string_free(domain);
    devices[0] = user;
    device_count = 1;
    for (size_t i = 0; i < count && i < MOST_LINES && device_count < MOST_LINES; i++)
        if (all[i] != user && lw_party_kind(engine, all[i]) == LW_KIND_USER &&
            (lw_may(engine, user, LW_CALL_CONTROL, all[i]) || lw_may_see_busy(engine, user, all[i])))
            devices[device_count++] = all[i];
    return 0;
}

LONG TSPIAPI TSPI_providerEnumDevices(DWORD provider, LPDWORD line_count, LPDWORD phone_count, HPROVIDER handle,
                                      LINEEVENT line_event, PHONEEVENT phone_event)
{
    (void)provider, (void)handle, (void)line_event, (void)phone_event;
    AcquireSRWLockExclusive(&lock);
    const LONG result = start();
    *line_count = result == 0 ? device_count : 0;
    *phone_count = 0;
    ReleaseSRWLockExclusive(&lock);
    return result;
}

LONG TSPIAPI TSPI_providerInit(DWORD version, DWORD provider, DWORD line_base, DWORD phone_base, DWORD_PTR line_count,
                               DWORD_PTR phone_count, ASYNC_COMPLETION done, LPDWORD options)
{
    (void)version, (void)provider, (void)phone_base, (void)line_count, (void)phone_count;
    AcquireSRWLockExclusive(&lock);
    const LONG result = start();
    device_base = line_base;
    completion = done;
    if (options != NULL)
        *options = 0;
    ReleaseSRWLockExclusive(&lock);
    return result;
}

LONG TSPIAPI TSPI_providerShutdown(DWORD version, DWORD provider)
{
    (void)version, (void)provider;
    AcquireSRWLockExclusive(&lock);
    while (lines != NULL) {
        struct line *next = lines->next;
        free(lines);
        lines = next;
    }
    lw_close(engine);
    engine = NULL;
    device_count = 0;
    ReleaseSRWLockExclusive(&lock);
    return 0;
}

LONG TSPIAPI TSPI_lineOpen(DWORD device, HTAPILINE tapi, LPHDRVLINE handle, DWORD version, LINEEVENT event)
{
    LONG result = LINEERR_BADDEVICEID;
    (void)version;
    AcquireSRWLockExclusive(&lock);
    if (device >= device_base && device - device_base < device_count) {
        struct line *line = calloc(1, sizeof *line);
        char *name = line != NULL ? lw_text(engine, devices[device - device_base]) : NULL;
        if (name == NULL || strlen(name) >= sizeof line->name) {
            free(line);
            result = LINEERR_OPERATIONFAILED;
        } else {
            line->tapi = tapi;
            line->event = event;
            line->owner = devices[device - device_base];
            strcpy(line->name, name);
            line->next = lines;
            lines = line;
            *handle = (HDRVLINE)line;
            result = 0;
        }
        lw_string_free(name);
    }
    ReleaseSRWLockExclusive(&lock);
    return result;
}

LONG TSPIAPI TSPI_lineClose(HDRVLINE handle)
{
    LONG result = LINEERR_INVALLINEHANDLE;
    AcquireSRWLockExclusive(&lock);
    for (struct line **place = &lines; *place != NULL; place = &(*place)->next)
        if ((HDRVLINE)*place == handle) {
            struct line *line = *place;
            *place = line->next;
            free(line);
            result = 0;
            break;
        }
    ReleaseSRWLockExclusive(&lock);
    return result;
}

/* A device is its owner's first line: that is the one whose forwarding is set and shown. */
#define FIRST 1

/* forwarding.set; for a destination also that the forwarding may lead there. Switching it off leads nowhere. */
static bool may_forward(lw_party owner, const char *destination)
{
    return destination[0] == '\0' ? lw_may_set_forward(engine, user, owner, FIRST)
                                  : lw_may_forward_to(engine, user, owner, FIRST, destination);
}

/* forwarding.set on the line's owner, oneself included; no list, or an empty one, switches the forwarding off. */
LONG TSPIAPI TSPI_lineForward(DRV_REQUESTID request, HDRVLINE handle, DWORD all, DWORD address, LPLINEFORWARDLIST const list,
                              DWORD rings, HTAPICALL consult, LPHDRVCALL consult_handle, LPLINECALLPARAMS const parameters)
{
    char destination[LONGEST] = "";
    (void)all, (void)address, (void)rings, (void)consult, (void)parameters;
    if (list != NULL && list->dwNumEntries > 1)
        return LINEERR_INVALPARAM;
    if (list != NULL && list->dwNumEntries == 1) {
        if (list->dwTotalSize < sizeof *list)
            return LINEERR_STRUCTURETOOSMALL;
        const LINEFORWARD *entry = &list->ForwardList[0];
        const DWORD size = entry->dwDestAddressSize, offset = entry->dwDestAddressOffset;
        if (offset > list->dwTotalSize || size > list->dwTotalSize - offset)
            return LINEERR_STRUCTURETOOSMALL;
        WCHAR wide[LONGEST];
        if (size % sizeof(WCHAR) != 0 || size == 0 || size > sizeof wide)
            return LINEERR_INVALADDRESS;
        memcpy(wide, (const BYTE *)list + offset, size);
        int length = (int)(size / sizeof(WCHAR));
        /* The size may count a NUL at the end. */
        if (wide[length - 1] == L'\0')
            length--;
        if (length == 0 || !utf8(wide, length, destination, sizeof destination))
            return LINEERR_INVALADDRESS;
    }
    AcquireSRWLockShared(&lock);
    const struct line *line = line_of(handle);
    LONG result = line == NULL ? LINEERR_INVALLINEHANDLE
                  : !may_forward(line->owner, destination) ? LINEERR_OPERATIONUNAVAIL
                  : link_to_switch == NULL ? LINEERR_OPERATIONFAILED
                                           : link_to_switch->forward(line->name, destination);
    ReleaseSRWLockShared(&lock);
    if (result == 0 && consult_handle != NULL)
        *consult_handle = NULL;
    return finish(request, result);
}

/* call.to with the class of the number, from the user's own line. The link reports the call by LinewardenReportCall. */
LONG TSPIAPI TSPI_lineMakeCall(DRV_REQUESTID request, HDRVLINE handle, HTAPICALL call, LPHDRVCALL call_handle, LPCWSTR destination,
                               DWORD country, LPLINECALLPARAMS const parameters)
{
    char text[LONGEST];
    (void)country, (void)call, (void)parameters;
    if (destination == NULL || !utf8_text(destination, text, sizeof text))
        return LINEERR_INVALADDRESS;
    AcquireSRWLockShared(&lock);
    const struct line *line = line_of(handle);
    LONG result = line == NULL ? LINEERR_INVALLINEHANDLE
                  : line->owner != user || !lw_may_call(engine, user, text) ? LINEERR_OPERATIONUNAVAIL
                  : link_to_switch == NULL ? LINEERR_OPERATIONFAILED
                                           : link_to_switch->make_call(line->name, text);
    ReleaseSRWLockShared(&lock);
    if (result == 0 && call_handle != NULL)
        *call_handle = NULL;
    return finish(request, result);
}

/* call.pickup on the owner of the number, on the line that the number is; the user's own line picks up. */
LONG TSPIAPI TSPI_linePickup(DRV_REQUESTID request, HDRVLINE handle, DWORD address, HTAPICALL call, LPHDRVCALL call_handle,
                             LPCWSTR destination, LPCWSTR group)
{
    char text[LONGEST];
    (void)address, (void)call;
    /* Group pickup names no target that could be checked. */
    if (destination == NULL || group != NULL)
        return LINEERR_OPERATIONUNAVAIL;
    if (!utf8_text(destination, text, sizeof text))
        return LINEERR_INVALADDRESS;
    AcquireSRWLockShared(&lock);
    const struct line *line = line_of(handle);
    const lw_party target = lw_find(engine, NULL, text);
    unsigned at = lw_line_of(engine, target, text);
    /* A login name is the first line. A team has none, and is asked as the first. */
    const unsigned asked = at != 0 ? at : FIRST;
    if (lw_party_kind(engine, target) == LW_KIND_USER)
        at = asked;
    char *name = lw_text(engine, target), *actor = lw_text(engine, user);
    LONG result = line == NULL ? LINEERR_INVALLINEHANDLE
                  : line->owner != user ? LINEERR_OPERATIONUNAVAIL
                  : target == 0 || name == NULL || actor == NULL ? LINEERR_INVALADDRESS
                  : !lw_may_pick_up(engine, user, target, asked) ? LINEERR_OPERATIONUNAVAIL
                  : link_to_switch == NULL ? LINEERR_OPERATIONFAILED
                                           : link_to_switch->pick_up(actor, name, at);
    lw_string_free(name);
    lw_string_free(actor);
    ReleaseSRWLockShared(&lock);
    if (result == 0 && call_handle != NULL)
        *call_handle = NULL;
    return finish(request, result);
}

/* One's own call needs no right; another's needs call.control. */
static LONG transfer(DRV_REQUESTID request, HDRVCALL handle, bool complete)
{
    AcquireSRWLockShared(&lock);
    const struct line *line = line_with_call(handle);
    LONG result = line == NULL ? LINEERR_INVALCALLHANDLE
                  : !own_or_controlled(line) ? LINEERR_OPERATIONUNAVAIL
                  : link_to_switch == NULL ? LINEERR_OPERATIONFAILED
                  : complete ? link_to_switch->complete_transfer(line->name)
                             : link_to_switch->set_up_transfer(line->name);
    ReleaseSRWLockShared(&lock);
    return finish(request, result);
}

LONG TSPIAPI TSPI_lineSetupTransfer(DRV_REQUESTID request, HDRVCALL call, HTAPICALL consult, LPHDRVCALL consult_handle,
                                    LPLINECALLPARAMS const parameters)
{
    (void)consult, (void)parameters;
    if (consult_handle != NULL)
        *consult_handle = NULL;
    return transfer(request, call, false);
}

LONG TSPIAPI TSPI_lineCompleteTransfer(DRV_REQUESTID request, HDRVCALL call, HDRVCALL consult, HTAPICALL conference,
                                       LPHDRVCALL conference_handle, DWORD mode)
{
    (void)consult, (void)conference, (void)conference_handle;
    return mode == LINETRANSFERMODE_TRANSFER ? transfer(request, call, true) : LINEERR_OPERATIONUNAVAIL;
}

LONG TSPIAPI TSPI_lineSetStatusMessages(HDRVLINE handle, DWORD line_states, DWORD address_states)
{
    AcquireSRWLockExclusive(&lock);
    struct line *line = line_of(handle);
    if (line != NULL) {
        line->line_states = line_states;
        line->address_states = address_states;
    }
    ReleaseSRWLockExclusive(&lock);
    return line != NULL ? 0 : LINEERR_INVALLINEHANDLE;
}

/* Whether calls are forwarded needs forwarding.state.read, where to needs forwarding.target.read. */
LONG TSPIAPI TSPI_lineGetAddressStatus(HDRVLINE handle, DWORD address, LPLINEADDRESSSTATUS status)
{
    char destination[LONGEST] = "";
    (void)address;
    const DWORD total = status->dwTotalSize;
    if (total < sizeof *status)
        return LINEERR_STRUCTURETOOSMALL;
    memset(status, 0, sizeof *status);
    status->dwTotalSize = total;
    status->dwNeededSize = status->dwUsedSize = sizeof *status;
    AcquireSRWLockShared(&lock);
    const struct line *line = line_of(handle);
    LONG result = line == NULL ? LINEERR_INVALLINEHANDLE : 0;
    if (result == 0 && lw_may_see_busy(engine, user, line->owner))
        status->dwNumActiveCalls = line->call != NULL;
    if (result == 0 && lw_may_set_forward(engine, user, line->owner, FIRST))
        status->dwAddressFeatures |= LINEADDRFEATURE_FORWARD;
    if (result == 0 && link_to_switch != NULL && lw_may(engine, user, LW_FORWARDING_STATE_READ_FIRST, line->owner)) {
        result = link_to_switch->forwarding_of(line->name, destination, sizeof destination);
        const bool where = lw_may(engine, user, LW_FORWARDING_TARGET_READ_FIRST, line->owner);
        if (result == 0 && destination[0] != '\0') {
            const DWORD needed = status->dwNeededSize + sizeof(LINEFORWARD);
            status->dwNeededSize = needed;
            if (needed <= total) {
                LINEFORWARD *entry = (LINEFORWARD *)((BYTE *)status + status->dwUsedSize);
                memset(entry, 0, sizeof *entry);
                entry->dwForwardMode = LINEFORWARDMODE_UNCOND;
                status->dwForwardNumEntries = 1;
                status->dwForwardOffset = status->dwUsedSize;
                status->dwForwardSize = sizeof *entry;
                status->dwUsedSize += sizeof *entry;
                if (where)
                    append(destination, status, total, &status->dwNeededSize, &status->dwUsedSize,
                           &entry->dwDestAddressSize, &entry->dwDestAddressOffset);
            }
        }
    }
    ReleaseSRWLockShared(&lock);
    return result;
}

/* The number of the other side is shown or blocked, never invented. */
LONG TSPIAPI TSPI_lineGetCallInfo(HDRVCALL handle, LPLINECALLINFO info)
{
    const DWORD total = info->dwTotalSize;
    if (total < sizeof *info)
        return LINEERR_STRUCTURETOOSMALL;
    memset(info, 0, sizeof *info);
    info->dwTotalSize = total;
    info->dwNeededSize = info->dwUsedSize = sizeof *info;
    AcquireSRWLockShared(&lock);
    const struct line *line = line_with_call(handle);
    if (line != NULL) {
        const lw_direction way = line->call_state == LINECALLSTATE_CONNECTED ? LW_IN_CALL
                                 : line->incoming                           ? LW_INCOMING
                                                                            : LW_OUTGOING;
        const bool seen = lw_may_see_busy(engine, user, line->owner) &&
                          lw_may_see_caller(engine, user, line->owner, line->call_line, way);
        const DWORD flags = seen ? LINECALLPARTYID_ADDRESS : LINECALLPARTYID_BLOCKED;
        info->dwOrigin = line->incoming ? LINECALLORIGIN_EXTERNAL : LINECALLORIGIN_OUTBOUND;
        if (line->incoming) {
            info->dwCallerIDFlags = flags;
            if (seen)
                append(line->peer, info, total, &info->dwNeededSize, &info->dwUsedSize, &info->dwCallerIDSize,
                       &info->dwCallerIDOffset);
        } else {
            info->dwCalledIDFlags = flags;
            if (seen)
                append(line->peer, info, total, &info->dwNeededSize, &info->dwUsedSize, &info->dwCalledIDSize,
                       &info->dwCalledIDOffset);
        }
    }
    ReleaseSRWLockShared(&lock);
    return line != NULL ? 0 : LINEERR_INVALCALLHANDLE;
}

/*
 * Explains: the parameters are a right's name in UTF-16 with its NUL, and are overwritten by as much of the explanation (JSON in
 * UTF-16, cut at a whole character, with its NUL) as fits.
 */
LONG TSPIAPI TSPI_lineDevSpecific(DRV_REQUESTID request, HDRVLINE handle, DWORD address, HDRVCALL call, LPVOID parameters, DWORD size)
{
    char name[LONGEST];
    WCHAR *wide = parameters;
    const int room = (int)(size / sizeof(WCHAR));
    (void)address, (void)call;
    int length = 0;
    while (wide != NULL && length < room && wide[length] != L'\0')
        length++;
    if (wide == NULL || length == room || !utf8(wide, length, name, sizeof name))
        return LINEERR_INVALPARAM;
    AcquireSRWLockShared(&lock);
    const struct line *line = line_of(handle);
    char *text = line != NULL ? lw_explain(engine, user, lw_right_by_name(name), line->owner) : NULL;
    LONG result = line == NULL ? LINEERR_INVALLINEHANDLE : text == NULL ? LINEERR_INVALPARAM : 0;
    if (result == 0) {
        const int needed = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
        WCHAR *all = calloc((size_t)needed, sizeof *all);
        if (needed <= 0 || all == NULL) {
            result = LINEERR_NOMEM;
        } else {
            MultiByteToWideChar(CP_UTF8, 0, text, -1, all, needed);
            int kept = needed - 1 < room - 1 ? needed - 1 : room - 1;
            /* Not between the halves of a character. */
            if (kept > 0 && IS_HIGH_SURROGATE(all[kept - 1]))
                kept--;
            memcpy(wide, all, (size_t)kept * sizeof *all);
            wide[kept] = L'\0';
        }
        free(all);
    }
    lw_string_free(text);
    ReleaseSRWLockShared(&lock);
    return finish(request, result);
}

void WINAPI LinewardenSetSwitch(const struct linewarden_switch *link)
{
    AcquireSRWLockExclusive(&lock);
    link_to_switch = link;
    ReleaseSRWLockExclusive(&lock);
}

void WINAPI LinewardenReportCall(const char *owner, DWORD state, BOOL incoming, const char *peer)
{
    struct {
        LINEEVENT event;
        HTAPILINE tapi;
        HTAPICALL call;
    } told[16];
    size_t count = 0;
    AcquireSRWLockExclusive(&lock);
    const lw_party party = lw_find(engine, NULL, owner);
    for (struct line *line = lines; line != NULL; line = line->next) {
        if (party == 0 || line->owner != party || strlen(peer) >= sizeof line->peer)
            continue;
        /* A call that begins while its lamp may not be seen is never reported. */
        if (line->call == NULL && lw_may_see_busy(engine, user, line->owner) && state != LINECALLSTATE_IDLE)
            line->event(line->tapi, NULL, LINE_NEWCALL, (DWORD_PTR)line, (DWORD_PTR)&line->call, 0);
        if (line->call == NULL)
            continue;
        line->call_state = state;
        line->call_line = lw_line_of(engine, party, owner);
        line->incoming = incoming;
        strcpy(line->peer, peer);
        /* The end of a call is reported even if the right was lost meanwhile, or a call would seem to ring for ever. */
        if ((state == LINECALLSTATE_IDLE || lw_may_see_busy(engine, user, line->owner)) && count < 16) {
            told[count].event = line->event;
            told[count].tapi = line->tapi;
            told[count++].call = line->call;
        }
        if (state == LINECALLSTATE_IDLE)
            line->call = NULL;
    }
    ReleaseSRWLockExclusive(&lock);
    /* Outside the lock: TAPI may ask for the call's information from within. */
    for (size_t i = 0; i < count; i++)
        told[i].event(told[i].tapi, told[i].call, LINE_CALLSTATE, state, 0, LINEMEDIAMODE_INTERACTIVEVOICE);
}

/* Address states are reported if the application asked for them and has the right. */
static void tell_address(const char *owner, DWORD state, lw_right right)
{
    struct {
        LINEEVENT event;
        HTAPILINE tapi;
    } told[16];
    size_t count = 0;
    AcquireSRWLockShared(&lock);
    const lw_party party = lw_find(engine, NULL, owner);
    const bool allowed = lw_may(engine, user, right, party);
    for (const struct line *line = lines; line != NULL && count < 16; line = line->next)
        if (allowed && line->owner == party && (line->address_states & state) != 0) {
            told[count].event = line->event;
            told[count++].tapi = line->tapi;
        }
    ReleaseSRWLockShared(&lock);
    for (size_t i = 0; i < count; i++)
        told[i].event(told[i].tapi, NULL, LINE_ADDRESSSTATE, 0, state, 0);
}

void WINAPI LinewardenReportForward(const char *owner)
{
    tell_address(owner, LINEADDRESSSTATE_FORWARD, LW_FORWARDING_STATE_READ_FIRST);
}

LONG WINAPI LinewardenReload(void)
{
    AcquireSRWLockShared(&lock);
    const LONG result = engine == NULL || lw_reload(engine, NULL) != LW_OK ? LINEERR_OPERATIONFAILED : 0;
    ReleaseSRWLockShared(&lock);
    return result;
}
