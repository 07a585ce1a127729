/*
 * driver_pbx.c - stands in for the telephony service beside a real PBX: loads linewarden.tsp, which has its link by LINEWARDEN_SWITCH, and
 * does by words on its standard input what an application would. Run by tests/asterisk/by_provider.py, under wine.
 *
 *     driver_pbx linewarden.tsp EXTENSION=OWNER...
 *
 * What it answers and reports is what integrations/tapi/tests/link_driver.c does; a call is called by its handle.
 */
#include "driver_entries.h"

#include <string.h>

static CRITICAL_SECTION lock;
static char **names;
static int name_count;

/* The request that is no application's. */
#define EXPLAINS 1000000

/* Where a line or a call of TAPI's is, by what this program calls it: the place of its name. */
#define LINE_MARK 0x1000

static struct {
    HDRVCALL handle;
    int line;
} calls[4096];
static int call_count;

static const char *extension(int line)
{
    static char text[64];
    snprintf(text, sizeof text, "%.*s", (int)strcspn(names[line], "="), names[line]);
    return text;
}

static void text_of(const void *structure, DWORD size, DWORD offset, DWORD flags, char text[128])
{
    strcpy(text, "-");
    if (flags == LINECALLPARTYID_ADDRESS && size > 0)
        WideCharToMultiByte(CP_UTF8, 0, (const WCHAR *)((const BYTE *)structure + offset), -1, text, 128, NULL, NULL);
}

static const char *state_name(DWORD state)
{
    return state == LINECALLSTATE_OFFERING     ? "offering"
           : state == LINECALLSTATE_DIALING    ? "dialing"
           : state == LINECALLSTATE_PROCEEDING ? "proceeding"
           : state == LINECALLSTATE_RINGBACK   ? "ringback"
           : state == LINECALLSTATE_CONNECTED  ? "connected"
           : state == LINECALLSTATE_ONHOLD     ? "held"
           : state == LINECALLSTATE_IDLE       ? "idle"
                                               : "unknown";
}

/* What TAPI's applications see of a call: asked for when it changes, as they do. */
static void show(int line, HDRVCALL call, DWORD state)
{
    static BYTE room[4096];
    char peer[128], from[128];
    LINECALLINFO *info = (LINECALLINFO *)room;
    info->dwTotalSize = sizeof room;
    if (tsp_lineGetCallInfo(call, info) != 0)
        return;
    const bool incoming = info->dwOrigin != LINECALLORIGIN_OUTBOUND;
    if (incoming)
        text_of(info, info->dwCallerIDSize, info->dwCallerIDOffset, info->dwCallerIDFlags, peer);
    else
        text_of(info, info->dwCalledIDSize, info->dwCalledIDOffset, info->dwCalledIDFlags, peer);
    text_of(info, info->dwRedirectingIDSize, info->dwRedirectingIDOffset, info->dwRedirectingIDFlags, from);
    printf("call %s %llu %s %s %s %s\n", extension(line), (unsigned long long)(DWORD_PTR)call, state_name(state), incoming ? "in" : "out", peer, from);
    fflush(stdout);
    if (state == LINECALLSTATE_IDLE)
        tsp_lineCloseCall(call);
}

static void CALLBACK completed(DRV_REQUESTID request, LONG result)
{
    if (request == EXPLAINS)
        return;
    EnterCriticalSection(&lock);
    printf("done %lu %s\n", (unsigned long)request,
           result == 0 ? "done" : result == (LONG)LINEERR_OPERATIONUNAVAIL ? "refused" : "failed");
    fflush(stdout);
    LeaveCriticalSection(&lock);
}

static void CALLBACK event(HTAPILINE tapi, HTAPICALL call, DWORD message, DWORD_PTR first, DWORD_PTR second, DWORD_PTR third)
{
    const int line = (int)(DWORD_PTR)tapi - LINE_MARK;
    (void)third;
    EnterCriticalSection(&lock);
    if (message == LINE_NEWCALL && call_count < 4096) {
        calls[call_count].handle = (HDRVCALL)first;
        calls[call_count].line = line;
        *(HTAPICALL *)second = (HTAPICALL)(DWORD_PTR)++call_count;
    } else if (message == LINE_CALLSTATE) {
        show(line, calls[(DWORD_PTR)call - 1].handle, (DWORD)first);
    }
    LeaveCriticalSection(&lock);
}

/* The device of an owner: the explanation names them. */
static HDRVLINE open_line(DWORD devices, int at)
{
    const char *owner = strchr(names[at], '=') + 1;
    for (DWORD device = 0; device < devices; device++) {
        wchar_t text[8192] = L"line.busy.read";
        char narrow[16384], wanted[128];
        HDRVLINE line;
        if (tsp_lineOpen(device, (HTAPILINE)(DWORD_PTR)(LINE_MARK + at), &line, 0x00020002, event) != 0)
            continue;
        snprintf(wanted, sizeof wanted, "\"target\":\"%s\"", owner);
        if (tsp_lineDevSpecific(EXPLAINS, line, 0, NULL, text, sizeof text) == EXPLAINS) {
            WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, sizeof narrow, NULL, NULL);
            if (strstr(narrow, wanted) != NULL)
                return line;
        }
        tsp_lineClose(line);
    }
    return NULL;
}

static LONG act(DRV_REQUESTID request, const char *what, HDRVLINE line, const char *first, const char *second)
{
    wchar_t wide[256];
    HDRVCALL call = (HDRVCALL)(DWORD_PTR)strtoull(first, NULL, 10), made = NULL;
    MultiByteToWideChar(CP_UTF8, 0, strcmp(what, "transfer") == 0 ? second : first, -1, wide, 256);
    if (strcmp(what, "pickup") == 0 && call_count < 4096) {
        /* No event of the call before its handle is known. */
        EnterCriticalSection(&lock);
        const int place = call_count++;
        const LONG result = tsp_linePickup(request, line, 0, (HTAPICALL)(DWORD_PTR)(place + 1), &made, wide, NULL);
        calls[place].handle = made;
        LeaveCriticalSection(&lock);
        return result;
    }
    if (strcmp(what, "drop") == 0)
        return tsp_lineDrop(request, call, NULL, 0);
    if (strcmp(what, "hold") == 0)
        return tsp_lineHold(request, call);
    if (strcmp(what, "transfer") == 0)
        return tsp_lineBlindTransfer(request, call, wide, 0);
    return LINEERR_OPERATIONUNAVAIL;
}

int main(int argc, char **argv)
{
    HMODULE module = argc > 2 ? LoadLibraryA(argv[1]) : NULL;
    DWORD devices = 0, phones = 0;
    static HDRVLINE lines[64];
    char text[1024];
    if (module == NULL)
        return 2;
    names = argv + 2;
    name_count = argc - 2 < 64 ? argc - 2 : 64;
    InitializeCriticalSection(&lock);
    load(module);
    if (tsp_providerEnumDevices(1, &devices, &phones, NULL, event, NULL) != 0 ||
        tsp_providerInit(0x00020002, 1, 0, 0, devices, 0, completed, NULL) != 0)
        return 2;
    for (DRV_REQUESTID request = 1; fgets(text, sizeof text, stdin) != NULL; request++) {
        const char *words[4] = {"", "", "", ""};
        int count = 0, at = 0;
        for (char *word = strtok(text, " \r\n"); word != NULL && count < 4; word = strtok(NULL, " \r\n"))
            words[count++] = word;
        while (at < name_count && strcmp(extension(at), words[1]) != 0)
            at++;
        if (strcmp(words[0], "reload") == 0) {
            printf("reloaded %ld\n", reload_rights());
        } else if (at == name_count) {
            printf("refused no line\n");
        } else if (strcmp(words[0], "follow") == 0) {
            lines[at] = open_line(devices, at);
            printf("followed %s %d\n", words[1], lines[at] != NULL);
        } else {
            const LONG result = act(request, words[0], lines[at], words[2], words[3]);
            EnterCriticalSection(&lock);
            if (result == (LONG)request)
                printf("request %lu taken\n", (unsigned long)request);
            else
                printf("refused %08lx\n", (unsigned long)result);
            LeaveCriticalSection(&lock);
        }
        fflush(stdout);
    }
    tsp_providerShutdown(0x00020002, 1);
    puts("ended");
    return 0;
}
