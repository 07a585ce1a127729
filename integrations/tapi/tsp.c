/*
 * tsp.c - a TAPI 2.2 service provider whose every permission is linewarden's: its beginning and end, and its lines.
 *
 * One user of the domain (LINEWARDEN_USER) works through it. The devices are the user's own line and, in terminal-server mode,
 * the lines of all owners whose calls the user may control (call.control) or watch (line.busy.read). A supervisor so sees many
 * lines; each operation is checked anew, so a reload takes effect at once.
 *
 * Codes: LINEERR_OPERATIONUNAVAIL for what linewarden or the PBX refuses, because it is the code applications take as "not for you,
 * here" and by which they grey a button out; LINEERR_INVALADDRESS for an unknown number; LINEERR_INVALPARAM for invalid
 * texts; LINEERR_STRUCTURETOOSMALL for structures shorter than they claim; LINEERR_OPERATIONFAILED while there is no
 * engine or no link to a switch.
 */
#include "tsp.h"

#include "provider.h"
#include "switch_ami.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tsp tsp = {.lock = SRWLOCK_INIT};
/* Whether the switch has begun. */
static bool begun;

struct line *line_of(HDRVLINE handle)
{
    struct line *line = tsp.lines;
    while (line != NULL && (HDRVLINE)line->handle != handle)
        line = line->next;
    return line;
}

LONG code_of(enum switch_result result)
{
    return result == SWITCH_DONE ? 0 : result == SWITCH_FAILED ? LINEERR_OPERATIONFAILED : LINEERR_OPERATIONUNAVAIL;
}

LONG taken(DRV_REQUESTID request, LONG result)
{
    return result != 0 ? result : (LONG)request;
}

void log_refusal(const char *what, lw_right right, lw_party owner)
{
    char text[LONGEST];
    snprintf(text, sizeof text, "%s refused: %s", what, gate_why(&tsp.gate, right, owner));
    log_text(text);
}

bool switch_name(lw_party owner, char name[SWITCH_TEXT])
{
    char *own;
    bool fits;
    for (size_t i = 0; tsp.link != NULL && tsp.link->line_at(i, name); i++)
        if (gate_find(&tsp.gate, name) == owner && lw_line_of(tsp.gate.engine, owner, name) == 1)
            return true;
    own = lw_text(tsp.gate.engine, owner);
    fits = own != NULL && strlen(own) < SWITCH_TEXT;
    strcpy(name, fits ? own : "");
    lw_string_free(own);
    return fits;
}

LONG TSPIAPI TSPI_lineNegotiateTSPIVersion(DWORD device, DWORD low, DWORD high, LPDWORD version)
{
    (void)device;
    if (low > TAPI_CURRENT_VERSION || high < 0x00020000)
        return LINEERR_INCOMPATIBLEAPIVERSION;
    *version = high < TAPI_CURRENT_VERSION ? high : TAPI_CURRENT_VERSION;
    return 0;
}

/* An environment variable as UTF-8; false if it is missing or too long. */
static bool variable(LPCWSTR name, char *text, int size)
{
    WCHAR wide[LONGEST];
    const DWORD length = GetEnvironmentVariableW(name, wide, LONGEST);
    return length > 0 && length < LONGEST && utf8_text(wide, text, size);
}

/* The link that LINEWARDEN_SWITCH names by a file of settings; none if it is not set, or not right. */
static const struct linewarden_switch *configured(void)
{
    static struct ami_settings settings;
    static char text[65536];
    WCHAR path[LONGEST];
    char fault[AMI_FAULT] = "it cannot be read";
    const DWORD length = GetEnvironmentVariableW(L"LINEWARDEN_SWITCH", path, LONGEST);
    FILE *file = length > 0 && length < LONGEST ? _wfopen(path, L"rb") : NULL;
    bool good = false;
    if (length == 0)
        return NULL;
    if (file != NULL) {
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
        good = ami_settings_read(&settings, text, fault);
        SecureZeroMemory(text, sizeof text);
    }
    if (!good) {
        log_text("the file in LINEWARDEN_SWITCH is not right:");
        log_text(fault);
    }
    return good ? ami_switch(&settings, log_text) : NULL;
}

/* Opens the engine and lists the lines the user gets. */
static LONG start(void)
{
    char source[LONGEST * 3], name[LONGEST];
    if (tsp.gate.engine != NULL)
        return 0;
    if (!variable(L"LINEWARDEN_SOURCE", source, sizeof source) || !variable(L"LINEWARDEN_USER", name, sizeof name))
        return LINEERR_INIFILECORRUPT;
    if (lw_abi_version() != LW_ABI_VERSION)
        return LINEERR_INCOMPATIBLEAPIVERSION;
    if (!gate_open(&tsp.gate, source, name))
        return LINEERR_OPERATIONFAILED;
    tsp.device_count = (DWORD)gate_owners(&tsp.gate, tsp.devices, MOST_LINES);
    return 0;
}

LONG TSPIAPI TSPI_providerEnumDevices(DWORD provider, LPDWORD line_count, LPDWORD phone_count, HPROVIDER handle,
                                      LINEEVENT line_event, PHONEEVENT phone_event)
{
    (void)provider, (void)handle, (void)line_event, (void)phone_event;
    AcquireSRWLockExclusive(&tsp.lock);
    const LONG result = start();
    *line_count = result == 0 ? tsp.device_count : 0;
    *phone_count = 0;
    ReleaseSRWLockExclusive(&tsp.lock);
    return result;
}

/* Gives the switch its sink, once. */
static void begin_link(const struct linewarden_switch *link)
{
    static const struct switch_sink sink = {call_reported, forwarding_reported, request_done};
    const bool good = link != NULL && link->begin(&sink);
    AcquireSRWLockExclusive(&tsp.lock);
    begun = good;
    tsp.link = good ? link : NULL;
    ReleaseSRWLockExclusive(&tsp.lock);
}

static void end_link(void)
{
    const struct linewarden_switch *link;
    AcquireSRWLockExclusive(&tsp.lock);
    link = begun ? tsp.link : NULL;
    begun = false;
    tsp.link = NULL;
    ReleaseSRWLockExclusive(&tsp.lock);
    if (link != NULL)
        link->end();
}

LONG TSPIAPI TSPI_providerInit(DWORD version, DWORD provider, DWORD line_base, DWORD phone_base, DWORD_PTR line_count,
                               DWORD_PTR phone_count, ASYNC_COMPLETION done, LPDWORD options)
{
    (void)version, (void)provider, (void)phone_base, (void)line_count, (void)phone_count;
    AcquireSRWLockExclusive(&tsp.lock);
    const LONG result = start();
    tsp.device_base = line_base;
    tsp.completion = done;
    if (options != NULL)
        *options = 0;
    ReleaseSRWLockExclusive(&tsp.lock);
    if (result == 0 && !begun)
        begin_link(configured());
    return result;
}

LONG TSPIAPI TSPI_providerShutdown(DWORD version, DWORD provider)
{
    (void)version, (void)provider;
    end_link();
    AcquireSRWLockExclusive(&tsp.lock);
    while (tsp.lines != NULL) {
        struct line *next = tsp.lines->next;
        calls_free(tsp.lines);
        free(tsp.lines);
        tsp.lines = next;
    }
    gate_close(&tsp.gate);
    tsp.device_count = 0;
    ReleaseSRWLockExclusive(&tsp.lock);
    return 0;
}

LONG TSPIAPI TSPI_lineOpen(DWORD device, HTAPILINE tapi, LPHDRVLINE handle, DWORD version, LINEEVENT event)
{
    LONG result = LINEERR_BADDEVICEID;
    const struct linewarden_switch *link;
    char name[SWITCH_TEXT] = "";
    (void)version;
    AcquireSRWLockExclusive(&tsp.lock);
    link = tsp.link;
    if (device >= tsp.device_base && device - tsp.device_base < tsp.device_count) {
        struct line *line = calloc(1, sizeof *line);
        result = LINEERR_OPERATIONFAILED;
        if (line != NULL && switch_name(tsp.devices[device - tsp.device_base], line->name)) {
            line->handle = ++tsp.last_handle;
            line->tapi = tapi;
            line->event = event;
            line->owner = tsp.devices[device - tsp.device_base];
            line->next = tsp.lines;
            tsp.lines = line;
            *handle = (HDRVLINE)line->handle;
            strcpy(name, line->name);
            result = 0;
        } else {
            free(line);
        }
    }
    ReleaseSRWLockExclusive(&tsp.lock);
    if (result == 0 && link != NULL)
        link->follow(name, true);
    return result;
}

LONG TSPIAPI TSPI_lineClose(HDRVLINE handle)
{
    LONG result = LINEERR_INVALLINEHANDLE;
    const struct linewarden_switch *link;
    char name[SWITCH_TEXT] = "";
    AcquireSRWLockExclusive(&tsp.lock);
    link = tsp.link;
    for (struct line **place = &tsp.lines; *place != NULL; place = &(*place)->next)
        if ((HDRVLINE)(*place)->handle == handle) {
            struct line *line = *place;
            *place = line->next;
            strcpy(name, line->name);
            calls_free(line);
            free(line);
            result = 0;
            break;
        }
    ReleaseSRWLockExclusive(&tsp.lock);
    if (result == 0 && link != NULL)
        link->follow(name, false);
    return result;
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
    AcquireSRWLockShared(&tsp.lock);
    const struct line *line = line_of(handle);
    char *text = line != NULL ? lw_explain(tsp.gate.engine, tsp.gate.user, lw_right_by_name(name), line->owner) : NULL;
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
    ReleaseSRWLockShared(&tsp.lock);
    if (result == 0)
        tsp.completion(request, 0);
    return taken(request, result);
}

void WINAPI LinewardenSetSwitch(const struct linewarden_switch *link)
{
    end_link();
    begin_link(link);
}

LONG WINAPI LinewardenReload(void)
{
    AcquireSRWLockShared(&tsp.lock);
    const LONG result = tsp.gate.engine == NULL || lw_reload(tsp.gate.engine, NULL) != LW_OK ? LINEERR_OPERATIONFAILED : 0;
    ReleaseSRWLockShared(&tsp.lock);
    return result;
}
