/*
 * driver_entries.h - the provider's entry points, as a program gets them that stands in for the telephony service.
 */
#ifndef LINEWARDEN_DRIVER_ENTRIES_H
#define LINEWARDEN_DRIVER_ENTRIES_H

#define TAPI_CURRENT_VERSION 0x00020002
#include <windows.h>

#include <tapi.h>
#include <tspi.h>

#include "switch.h"

#include <stdio.h>
#include <stdlib.h>

#define EACH(X) \
    X(LONG, lineNegotiateTSPIVersion, (DWORD, DWORD, DWORD, LPDWORD)) \
    X(LONG, providerEnumDevices, (DWORD, LPDWORD, LPDWORD, HPROVIDER, LINEEVENT, PHONEEVENT)) \
    X(LONG, providerInit, (DWORD, DWORD, DWORD, DWORD, DWORD_PTR, DWORD_PTR, ASYNC_COMPLETION, LPDWORD)) \
    X(LONG, providerShutdown, (DWORD, DWORD)) \
    X(LONG, lineGetDevCaps, (DWORD, DWORD, DWORD, LPLINEDEVCAPS)) \
    X(LONG, lineGetAddressCaps, (DWORD, DWORD, DWORD, DWORD, LPLINEADDRESSCAPS)) \
    X(LONG, lineGetNumAddressIDs, (HDRVLINE, LPDWORD)) \
    X(LONG, lineSetDefaultMediaDetection, (HDRVLINE, DWORD)) \
    X(LONG, lineOpen, (DWORD, HTAPILINE, LPHDRVLINE, DWORD, LINEEVENT)) \
    X(LONG, lineClose, (HDRVLINE)) \
    X(LONG, lineForward, (DRV_REQUESTID, HDRVLINE, DWORD, DWORD, LPLINEFORWARDLIST, DWORD, HTAPICALL, LPHDRVCALL, LPLINECALLPARAMS)) \
    X(LONG, lineMakeCall, (DRV_REQUESTID, HDRVLINE, HTAPICALL, LPHDRVCALL, LPCWSTR, DWORD, LPLINECALLPARAMS)) \
    X(LONG, linePickup, (DRV_REQUESTID, HDRVLINE, DWORD, HTAPICALL, LPHDRVCALL, LPCWSTR, LPCWSTR)) \
    X(LONG, lineSetupTransfer, (DRV_REQUESTID, HDRVCALL, HTAPICALL, LPHDRVCALL, LPLINECALLPARAMS)) \
    X(LONG, lineCompleteTransfer, (DRV_REQUESTID, HDRVCALL, HDRVCALL, HTAPICALL, LPHDRVCALL, DWORD)) \
    X(LONG, lineAnswer, (DRV_REQUESTID, HDRVCALL, LPCSTR, DWORD)) \
    X(LONG, lineDrop, (DRV_REQUESTID, HDRVCALL, LPCSTR, DWORD)) \
    X(LONG, lineHold, (DRV_REQUESTID, HDRVCALL)) \
    X(LONG, lineUnhold, (DRV_REQUESTID, HDRVCALL)) \
    X(LONG, lineBlindTransfer, (DRV_REQUESTID, HDRVCALL, LPCWSTR, DWORD)) \
    X(LONG, lineDial, (DRV_REQUESTID, HDRVCALL, LPCWSTR, DWORD)) \
    X(LONG, lineCloseCall, (HDRVCALL)) \
    X(LONG, lineGetCallStatus, (HDRVCALL, LPLINECALLSTATUS)) \
    X(LONG, lineSetStatusMessages, (HDRVLINE, DWORD, DWORD)) \
    X(LONG, lineGetAddressStatus, (HDRVLINE, DWORD, LPLINEADDRESSSTATUS)) \
    X(LONG, lineGetCallInfo, (HDRVCALL, LPLINECALLINFO)) \
    X(LONG, lineDevSpecific, (DRV_REQUESTID, HDRVLINE, DWORD, HDRVCALL, LPVOID, DWORD))
#define DECLARE(result, name, arguments) static result(WINAPI *tsp_##name) arguments;
EACH(DECLARE)
static void(WINAPI *set_switch)(const struct linewarden_switch *);
static LONG(WINAPI *reload_rights)(void);

static void *entry(HMODULE module, const char *name)
{
    void *found = (void *)GetProcAddress(module, name);
    if (found == NULL) {
        printf("no %s\n", name);
        exit(2);
    }
    return found;
}

static void load(HMODULE module)
{
#define LOAD(result, name, arguments) tsp_##name = (result(WINAPI *) arguments)entry(module, "TSPI_" #name);
    EACH(LOAD)
    set_switch = (void(WINAPI *)(const struct linewarden_switch *))entry(module, "LinewardenSetSwitch");
    reload_rights = (LONG(WINAPI *)(void))entry(module, "LinewardenReload");
}

#endif
