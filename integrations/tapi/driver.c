/*
 * driver.c - stands in for the telephony service: loads linewarden.tsp, calls it as TAPI would, and checks what comes back.
 * The companies are those of tests/golden/companies. Run under wine by test.sh; wine has no telephony service of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "driver_entries.h"
#include "driver_switch.h"
#include "provider.h"

/* ---- TAPI's side. */
static DRV_REQUESTID last_request;
static LONG last_result;
static int new_calls, call_states, call_infos, address_states;
static DWORD last_state;
static HDRVCALL last_call;

static void CALLBACK completed(DRV_REQUESTID request, LONG result)
{
    last_request = request;
    last_result = result;
}

static void CALLBACK event(HTAPILINE line, HTAPICALL call, DWORD message, DWORD_PTR first, DWORD_PTR second, DWORD_PTR third)
{
    (void)line, (void)call, (void)third;
    if (message == LINE_NEWCALL) {
        new_calls++;
        last_call = (HDRVCALL)first;
        *(HTAPICALL *)second = (HTAPICALL)(DWORD_PTR)0x77;
    } else if (message == LINE_CALLSTATE) {
        call_states++;
        last_state = (DWORD)first;
    } else if (message == LINE_CALLINFO) {
        call_infos++;
    } else if (message == LINE_ADDRESSSTATE) {
        address_states++;
    }
}

/* The company in a folder of companies. */
static char companies[400];

static void company(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", companies, name);
    SetEnvironmentVariableA("LINEWARDEN_SOURCE", path);
}

/* The user's lines begin with the user's own; the others follow by name. */
static DWORD begin(const wchar_t *name)
{
    DWORD lines = 0, phones = 9, version = 0;
    SetEnvironmentVariableW(L"LINEWARDEN_USER", name);
    CHECK(tsp_lineNegotiateTSPIVersion(INITIALIZE_NEGOTIATION, 0x00010003, 0x00030001, &version) == 0 && version == 0x00020002);
    const LONG result = tsp_providerEnumDevices(1, &lines, &phones, NULL, event, NULL);
    CHECK(phones == 0);
    if (result != 0)
        return 0;
    CHECK(tsp_providerInit(0x00020002, 1, 100, 0, lines, 0, completed, NULL) == 0);
    set_switch(&link);
    return lines;
}

static HDRVLINE opened(DWORD device)
{
    HDRVLINE line = NULL;
    CHECK(tsp_lineOpen(100 + device, (HTAPILINE)(DWORD_PTR)0x11, &line, 0x00020002, event) == 0);
    return line;
}

static LONG forwards(HDRVLINE line, const wchar_t *destination, DWORD bytes)
{
    union {
        LINEFORWARDLIST list;
        BYTE room[sizeof(LINEFORWARDLIST) + 1024];
    } all;
    memset(&all, 0, sizeof all);
    all.list.dwTotalSize = sizeof(LINEFORWARDLIST) + bytes;
    all.list.dwNumEntries = 1;
    all.list.ForwardList[0].dwForwardMode = LINEFORWARDMODE_UNCOND;
    all.list.ForwardList[0].dwDestAddressSize = bytes;
    all.list.ForwardList[0].dwDestAddressOffset = sizeof(LINEFORWARDLIST);
    memcpy(all.room + sizeof(LINEFORWARDLIST), destination, bytes);
    HDRVCALL consult;
    return tsp_lineForward(7, line, TRUE, 0, &all.list, 0, NULL, &consult, NULL);
}

/* The explanation names the owner: which device is whose. */
static HDRVLINE line_of(DWORD lines, const char *name)
{
    for (DWORD device = 0; device < lines; device++) {
        wchar_t text[8192] = L"line.busy.read";
        char narrow[8192], wanted[64];
        HDRVLINE line = opened(device);
        CHECK(tsp_lineDevSpecific(3, line, 0, NULL, text, sizeof text) == 3);
        WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, sizeof narrow, NULL, NULL);
        snprintf(wanted, sizeof wanted, "\"target\":\"%s\"", name);
        if (strstr(narrow, wanted) != NULL)
            return line;
        CHECK(tsp_lineClose(line) == 0);
    }
    return NULL;
}

static DWORD forwarding_shown(HDRVLINE line, wchar_t *where, DWORD room)
{
    static BYTE all[2048];
    LINEADDRESSSTATUS *status = (LINEADDRESSSTATUS *)all;
    memset(all, 0xee, sizeof all);
    status->dwTotalSize = sizeof all;
    where[0] = 0;
    CHECK(tsp_lineGetAddressStatus(line, 0, status) == 0);
    if (status->dwForwardNumEntries == 1) {
        const LINEFORWARD *entry = (LINEFORWARD *)(all + status->dwForwardOffset);
        if (entry->dwDestAddressSize > 0 && entry->dwDestAddressSize <= room)
            memcpy(where, all + entry->dwDestAddressOffset, entry->dwDestAddressSize);
    }
    return status->dwForwardNumEntries;
}

int main(int argc, char **argv)
{
    HMODULE module = argc == 2 ? LoadLibraryA(argv[1]) : NULL;
    if (module == NULL) {
        printf("cannot load the provider: %lu\n", GetLastError());
        return 2;
    }
    load(module);
    wchar_t where[256];
    const DWORD length = GetEnvironmentVariableA("LINEWARDEN_COMPANIES", companies, sizeof companies);
    CHECK(length > 0 && length < sizeof companies);
    company("mixed.toml");

    /* An unknown user: no lines. */
    CHECK(begin(L"nobody") == 0);

    /* Bob, an employee: his own line and the lamps he may see. */
    DWORD lines = begin(L"bob");
    CHECK(lines > 1);
    HDRVLINE own = opened(0), diana = line_of(lines, "diana");
    CHECK(diana != NULL && line_of(lines, "carol") != NULL && line_of(lines, "martin") == NULL);
    HDRVLINE none;
    CHECK(tsp_lineOpen(100 + lines, NULL, &none, 0x00020002, event) == (LONG)LINEERR_BADDEVICEID);
    CHECK(tsp_lineOpen(99, NULL, &none, 0x00020002, event) == (LONG)LINEERR_BADDEVICEID);

    /* What TAPI asks of a line before it shows it; structures end where they say. */
    static BYTE room[4096];
    LINEDEVCAPS *caps = (LINEDEVCAPS *)room;
    for (DWORD size = 0; size <= sizeof(LINEDEVCAPS) + 60; size++) {
        memset(room, 0xee, sizeof room);
        caps->dwTotalSize = size;
        const LONG result = tsp_lineGetDevCaps(100, 0x00020002, 0, caps);
        CHECK(size < sizeof *caps ? result == (LONG)LINEERR_STRUCTURETOOSMALL : result == 0 && caps->dwUsedSize <= size && caps->dwNeededSize > sizeof *caps);
        CHECK(room[size < 4 ? 4 : size] == 0xee);
    }
    caps->dwTotalSize = sizeof room;
    CHECK(tsp_lineGetDevCaps(100, 0x00020002, 0, caps) == 0 && wcscmp((wchar_t *)(room + caps->dwLineNameOffset), L"bob") == 0);
    CHECK(caps->dwNumAddresses == 1 && tsp_lineGetDevCaps(100 + lines, 0x00020002, 0, caps) == (LONG)LINEERR_BADDEVICEID);
    LINEADDRESSCAPS *address_caps = (LINEADDRESSCAPS *)room;
    address_caps->dwTotalSize = sizeof room;
    CHECK(tsp_lineGetAddressCaps(100, 0, 0x00020002, 0, address_caps) == 0 && address_caps->dwMaxForwardEntries == 1);
    CHECK(tsp_lineGetAddressCaps(100, 1, 0x00020002, 0, address_caps) == (LONG)LINEERR_INVALADDRESSID);
    DWORD addresses = 0;
    CHECK(tsp_lineGetNumAddressIDs(own, &addresses) == 0 && addresses == 1 && tsp_lineGetNumAddressIDs(NULL, &addresses) != 0);
    CHECK(tsp_lineSetDefaultMediaDetection(own, LINEMEDIAMODE_INTERACTIVEVOICE) == 0);
    CHECK(tsp_lineSetDefaultMediaDetection(own, LINEMEDIAMODE_G3FAX) == (LONG)LINEERR_INVALMEDIAMODE);

    /* Forwarding: his own, with and without the NUL counted; not the boss's. */
    CHECK(forwards(own, L"0891234", 8 * sizeof(wchar_t)) == 7 && strcmp(done, "forward bob 0891234") == 0);
    CHECK(last_request == 7 && last_result == 0);
    /* Where an address leads is not known, so it is a no (docs/destinations.md). */
    CHECK(forwards(own, L"sip:j\x00fcrgen@x", 12 * sizeof(wchar_t)) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(strcmp(done, "forward bob 0891234") == 0);
    strcpy(done, "nothing");
    CHECK(forwards(diana, L"0891234", 16) == (LONG)LINEERR_OPERATIONUNAVAIL && strcmp(done, "nothing") == 0);
    CHECK(forwards(own, L"\xd800x", 4) == (LONG)LINEERR_INVALADDRESS && forwards(own, L"089\x0000x", 10) == (LONG)LINEERR_INVALADDRESS);
    CHECK(forwards(own, L"1", 1) == (LONG)LINEERR_INVALADDRESS && forwards(NULL, L"1", 2) == (LONG)LINEERR_INVALLINEHANDLE);
    LINEFORWARDLIST bad;
    memset(&bad, 0, sizeof bad);
    bad.dwTotalSize = sizeof bad;
    bad.dwNumEntries = 1;
    bad.ForwardList[0].dwDestAddressSize = 8;
    bad.ForwardList[0].dwDestAddressOffset = 0xfffffffc;
    CHECK(tsp_lineForward(7, own, TRUE, 0, &bad, 0, NULL, NULL, NULL) == (LONG)LINEERR_STRUCTURETOOSMALL);
    CHECK(strcmp(done, "nothing") == 0);

    /* Where it goes to is shown to him for himself; an employee sees the boss's only as his rights say. */
    CHECK(forwarding_shown(own, where, sizeof where) == 1 && wcscmp(where, L"0891234") == 0);
    LINEADDRESSSTATUS small;
    small.dwTotalSize = sizeof small;
    CHECK(tsp_lineGetAddressStatus(own, 0, &small) == 0 && small.dwNeededSize > sizeof small && small.dwForwardNumEntries == 0);
    CHECK(tsp_lineForward(7, own, TRUE, 0, NULL, 0, NULL, NULL, NULL) == 7 && strcmp(done, "forward bob ") == 0);
    CHECK(forwarding_shown(own, where, sizeof where) == 0);

    /* Pickup: carol's through pascom's Support, not the boss's. */
    CHECK(tsp_linePickup(8, own, 0, NULL, NULL, L"301", NULL) == 8 && strcmp(done, "pickup bob 301") == 0);
    CHECK(tsp_linePickup(8, own, 0, NULL, NULL, L"600", NULL) == 8 && strcmp(done, "pickup bob 600") == 0);
    strcpy(done, "nothing");
    CHECK(tsp_linePickup(8, own, 0, NULL, NULL, L"101", NULL) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(tsp_linePickup(8, diana, 0, NULL, NULL, L"301", NULL) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(tsp_linePickup(8, own, 0, NULL, NULL, L"999", NULL) == (LONG)LINEERR_INVALADDRESS);
    CHECK(tsp_linePickup(8, own, 0, NULL, NULL, L"", NULL) == (LONG)LINEERR_INVALADDRESS);
    CHECK(tsp_linePickup(8, own, 0, NULL, NULL, NULL, L"group") == (LONG)LINEERR_OPERATIONUNAVAIL);

    /* The boss's call: bob sees that there is one, and not with whom; he may not act on it. */
    report("diana", "1", SWITCH_CONNECTED, true, "0301234", "");
    CHECK(new_calls == 1 && call_states == 1 && last_state == LINECALLSTATE_CONNECTED);
    LINECALLINFO *info = (LINECALLINFO *)room;
    info->dwTotalSize = sizeof room;
    CHECK(tsp_lineGetCallInfo(last_call, info) == 0);
    CHECK(info->dwCallerIDFlags == LINECALLPARTYID_BLOCKED && info->dwCallerIDSize == 0);
    CHECK(info->dwConnectedIDFlags == LINECALLPARTYID_BLOCKED && info->dwRedirectingIDFlags == LINECALLPARTYID_BLOCKED);
    strcpy(done, "nothing");
    CHECK(tsp_lineSetupTransfer(9, last_call, NULL, NULL, NULL) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(tsp_lineCompleteTransfer(9, last_call, NULL, NULL, NULL, LINETRANSFERMODE_TRANSFER) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(tsp_lineDrop(9, last_call, NULL, 0) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(tsp_lineBlindTransfer(9, last_call, L"301", 0) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(tsp_lineAnswer(9, last_call, NULL, 0) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(tsp_lineHold(9, last_call) == (LONG)LINEERR_OPERATIONUNAVAIL && tsp_lineUnhold(9, last_call) == (LONG)LINEERR_OPERATIONUNAVAIL);
    LINECALLSTATUS *call_status = (LINECALLSTATUS *)room;
    call_status->dwTotalSize = sizeof room;
    CHECK(tsp_lineGetCallStatus(last_call, call_status) == 0 && call_status->dwCallState == LINECALLSTATE_CONNECTED);
    CHECK(call_status->dwCallFeatures == 0 && strcmp(done, "nothing") == 0);
    report("diana", "1", SWITCH_IDLE, true, "0301234", "");
    CHECK(last_state == LINECALLSTATE_IDLE && tsp_lineCloseCall(last_call) == 0);
    CHECK(tsp_lineGetCallInfo(last_call, info) == (LONG)LINEERR_INVALCALLHANDLE && tsp_lineCloseCall(last_call) == (LONG)LINEERR_INVALCALLHANDLE);
    /* A lamp that is not his to see. */
    new_calls = 0;
    report("martin", "2", SWITCH_OFFERING, true, "0301234", "");
    CHECK(new_calls == 0);

    /* His own calls, two of them: everything. */
    report("bob", "3", SWITCH_CONNECTED, true, "0301234", "");
    const HDRVCALL first = last_call;
    info->dwTotalSize = sizeof room;
    CHECK(tsp_lineGetCallInfo(first, info) == 0 && info->dwCallerIDFlags == LINECALLPARTYID_ADDRESS);
    CHECK(info->dwCallerIDSize == 16 && wcscmp((wchar_t *)(room + info->dwCallerIDOffset), L"0301234") == 0);
    CHECK(info->dwConnectedIDFlags == LINECALLPARTYID_ADDRESS && info->dwRedirectingIDFlags == LINECALLPARTYID_UNAVAIL);
    report("bob", "4", SWITCH_OFFERING, true, "0305678", "999");
    const HDRVCALL second = last_call;
    CHECK(new_calls == 2 && first != second);
    info->dwTotalSize = sizeof room;
    CHECK(tsp_lineGetCallInfo(second, info) == 0 && wcscmp((wchar_t *)(room + info->dwCallerIDOffset), L"0305678") == 0);
    CHECK(info->dwRedirectingIDFlags == LINECALLPARTYID_ADDRESS && wcscmp((wchar_t *)(room + info->dwRedirectingIDOffset), L"999") == 0);
    report("bob", "4", SWITCH_OFFERING, true, "0305679", "999");
    CHECK(call_infos == 1 && new_calls == 2);
    CHECK(tsp_lineDrop(9, second, NULL, 0) == 9 && strcmp(done, "drop bob 4") == 0 && last_request == 9 && last_result == 0);
    CHECK(tsp_lineAnswer(9, second, NULL, 0) == 9 && strcmp(done, "answer bob 4") == 0);
    CHECK(tsp_lineBlindTransfer(9, first, L"301", 0) == 9 && strcmp(done, "blind bob 3 301") == 0);
    CHECK(tsp_lineHold(9, first) == (LONG)LINEERR_OPERATIONUNAVAIL);
    fate = SWITCH_FAILED;
    CHECK(tsp_lineDrop(10, second, NULL, 0) == 10 && last_request == 10 && last_result == (LONG)LINEERR_OPERATIONFAILED);
    fate = SWITCH_REFUSED;
    CHECK(tsp_lineDrop(11, second, NULL, 0) == 11 && last_result == (LONG)LINEERR_OPERATIONUNAVAIL);
    fate = SWITCH_DONE;
    report("bob", "4", SWITCH_IDLE, true, "0305679", "999");
    CHECK(tsp_lineDrop(12, second, NULL, 0) == (LONG)LINEERR_INVALCALLSTATE && tsp_lineCloseCall(second) == 0);
    /* A pickup has its call at once; the switch's report of it is about that handle. Where it fails there is none. */
    HDRVCALL picked = NULL;
    new_calls = 0;
    CHECK(tsp_linePickup(13, own, 0, (HTAPICALL)(DWORD_PTR)0x55, &picked, L"301", NULL) == 13 && picked != NULL);
    CHECK(tsp_lineDrop(12, picked, NULL, 0) == (LONG)LINEERR_INVALCALLSTATE);
    report("bob", "5", SWITCH_DIALING, false, "", "");
    call_status->dwTotalSize = sizeof room;
    CHECK(new_calls == 0 && tsp_lineGetCallStatus(picked, call_status) == 0 && call_status->dwCallState == LINECALLSTATE_DIALING);
    report("bob", "5", SWITCH_IDLE, false, "", "");
    CHECK(tsp_lineCloseCall(picked) == 0);
    fate = SWITCH_FAILED;
    CHECK(tsp_linePickup(13, own, 0, (HTAPICALL)(DWORD_PTR)0x55, &picked, L"301", NULL) == 13 && last_result == (LONG)LINEERR_OPERATIONFAILED);
    CHECK(tsp_lineCloseCall(picked) == (LONG)LINEERR_INVALCALLHANDLE);
    fate = SWITCH_DONE;
    CHECK(tsp_linePickup(13, own, 0, (HTAPICALL)(DWORD_PTR)0x55, &picked, L"301", NULL) == 13);
    report("bob", "", SWITCH_IDLE, false, "", "");
    CHECK(last_state == LINECALLSTATE_IDLE && tsp_lineCloseCall(picked) == 0);
    /* A transfer joins two calls of one line. */
    HDRVCALL consult = NULL;
    CHECK(tsp_lineSetupTransfer(9, first, (HTAPICALL)(DWORD_PTR)0x56, &consult, NULL) == 9 && strcmp(done, "setup bob 3") == 0);
    CHECK(tsp_lineDial(9, consult, L"301", 0) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(tsp_lineCompleteTransfer(9, first, consult, NULL, NULL, LINETRANSFERMODE_TRANSFER) == (LONG)LINEERR_INVALCONSULTCALLHANDLE);
    report("bob", "6", SWITCH_CONNECTED, false, "301", "");
    CHECK(tsp_lineCompleteTransfer(9, first, first, NULL, NULL, LINETRANSFERMODE_TRANSFER) == (LONG)LINEERR_INVALCONSULTCALLHANDLE);
    CHECK(tsp_lineCompleteTransfer(9, first, consult, NULL, NULL, LINETRANSFERMODE_CONFERENCE) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(tsp_lineCompleteTransfer(9, first, consult, NULL, NULL, LINETRANSFERMODE_TRANSFER) == 9 && strcmp(done, "complete bob 3 6") == 0);

    /* Address states only where they were asked for. */
    sink.forwarding("bob");
    CHECK(address_states == 0);
    CHECK(tsp_lineSetStatusMessages(own, 0, LINEADDRESSSTATE_FORWARD) == 0);
    sink.forwarding("bob");
    sink.forwarding("martin");
    CHECK(address_states == 1);
    wchar_t unknown[64] = L"call.pick";
    CHECK(tsp_lineDevSpecific(3, own, 0, NULL, unknown, sizeof unknown) == (LONG)LINEERR_INVALPARAM);
    CHECK(tsp_providerShutdown(0x00020002, 1) == 0);
    CHECK(tsp_lineClose(own) == (LONG)LINEERR_INVALLINEHANDLE);

    /* Tess runs the terminal server: she controls everybody's calls. */
    lines = begin(L"tess");
    CHECK(lines > 50);
    HDRVLINE martin = line_of(lines, "martin");
    CHECK(martin != NULL);
    CHECK(tsp_providerShutdown(0x00020002, 1) == 0);

    /* Petra is Personal towards otto, which is the first line and the second, and none beyond. */
    company("estos.toml");
    lines = begin(L"petra");
    own = opened(0);
    HDRVLINE otto = line_of(lines, "otto");
    CHECK(otto != NULL && forwards(otto, L"99", 4) == 7 && strcmp(done, "forward otto 99") == 0);
    CHECK(forwarding_shown(otto, where, sizeof where) == 1 && wcscmp(where, L"99") == 0);
    CHECK(tsp_linePickup(8, own, 0, NULL, NULL, L"10", NULL) == 8 && strcmp(done, "pickup petra 10") == 0);
    CHECK(tsp_linePickup(8, own, 0, NULL, NULL, L"otto", NULL) == 8 && strcmp(done, "pickup petra otto") == 0);
    CHECK(tsp_linePickup(8, own, 0, NULL, NULL, L"11", NULL) == 8 && strcmp(done, "pickup petra 11") == 0);
    strcpy(done, "nothing");
    CHECK(tsp_linePickup(8, own, 0, NULL, NULL, L"12", NULL) == (LONG)LINEERR_OPERATIONUNAVAIL && strcmp(done, "nothing") == 0);
    CHECK(tsp_providerShutdown(0x00020002, 1) == 0);

    /* Where the switch knows the line by its extension, it gets that. */
    strcpy(known_line, "10");
    lines = begin(L"petra");
    own = opened(0);
    CHECK((otto = line_of(lines, "otto")) != NULL && forwards(otto, L"99", 4) == 7 && strcmp(done, "forward 10 99") == 0);
    CHECK(tsp_linePickup(8, own, 0, NULL, NULL, L"otto", NULL) == 8 && strcmp(done, "pickup petra 10") == 0);
    CHECK(tsp_providerShutdown(0x00020002, 1) == 0);
    known_line[0] = '\0';

    /* Boris is Business: he sees who calls at otto's first line, and at no other; and nothing where the line is not said. */
    lines = begin(L"boris");
    CHECK((otto = line_of(lines, "otto")) != NULL && forwards(otto, L"99", 4) == (LONG)LINEERR_OPERATIONUNAVAIL);
    static const struct {
        const char *owner;
        DWORD flags;
    } calls[] = {{"10", LINECALLPARTYID_ADDRESS}, {"11", LINECALLPARTYID_BLOCKED}, {"otto", LINECALLPARTYID_BLOCKED}};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        report(calls[i].owner, "7", SWITCH_OFFERING, true, "0301234", "200");
        info->dwTotalSize = sizeof room;
        CHECK(tsp_lineGetCallInfo(last_call, info) == 0 && info->dwCallerIDFlags == calls[i].flags && info->dwRedirectingIDFlags == calls[i].flags);
        report(calls[i].owner, "7", SWITCH_IDLE, true, "0301234", "200");
        CHECK(tsp_lineCloseCall(last_call) == 0);
    }
    CHECK(tsp_providerShutdown(0x00020002, 1) == 0);

    /* A domain that runs linewarden: where Dora may forward Dirk's line to, and what Tom and she may call. */
    company("linewarden.toml");
    lines = begin(L"dora");
    own = opened(0);
    HDRVLINE dirk = line_of(lines, "dirk");
    CHECK(dirk == NULL);
    CHECK(forwards(own, L"200", 8) == 7 && strcmp(done, "forward dora 200") == 0);
    strcpy(done, "nothing");
    CHECK(forwards(own, L"00043123456", 22) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(forwards(own, L"00900123456", 22) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(forwards(own, L"210", 6) == (LONG)LINEERR_OPERATIONUNAVAIL && forwards(own, L"112", 6) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(forwards(own, L"sip:x@elsewhere.example", 46) == (LONG)LINEERR_OPERATIONUNAVAIL && strcmp(done, "nothing") == 0);
    CHECK(tsp_lineForward(7, own, TRUE, 0, NULL, 0, NULL, NULL, NULL) == 7 && strcmp(done, "forward dora ") == 0);
    CHECK(tsp_lineMakeCall(9, own, NULL, NULL, L"00043123456", 0, NULL) == 9 && strcmp(done, "call dora 00043123456") == 0);
    strcpy(done, "nothing");
    CHECK(tsp_lineMakeCall(9, own, NULL, NULL, L"00900123456", 0, NULL) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(tsp_lineMakeCall(9, own, NULL, NULL, L"nonsense", 0, NULL) == (LONG)LINEERR_OPERATIONUNAVAIL);
    CHECK(tsp_lineMakeCall(9, own, NULL, NULL, L"\xd800", 0, NULL) == (LONG)LINEERR_INVALADDRESS);
    CHECK(tsp_lineMakeCall(9, own, NULL, NULL, NULL, 0, NULL) == (LONG)LINEERR_INVALADDRESS);
    CHECK(tsp_lineMakeCall(9, NULL, NULL, NULL, L"200", 0, NULL) == (LONG)LINEERR_INVALLINEHANDLE && strcmp(done, "nothing") == 0);
    CHECK(tsp_lineMakeCall(9, own, NULL, NULL, L"112", 0, NULL) == 9 && strcmp(done, "call dora 112") == 0);
    CHECK(tsp_providerShutdown(0x00020002, 1) == 0);

    begin(L"tom");
    CHECK(tsp_lineMakeCall(9, opened(0), NULL, NULL, L"00900123456", 0, NULL) == 9 && strcmp(done, "call tom 00900123456") == 0);
    CHECK(tsp_providerShutdown(0x00020002, 1) == 0);

    printf("TAPI: %s\n", failed ? "not as it should be" : "as it should be");
    return failed;
}
