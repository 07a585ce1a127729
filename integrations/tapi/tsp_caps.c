/*
 * tsp_caps.c - what the lines can do, as TAPI asks before it shows one to an application.
 *
 * It says what a line can do by its kind, not what the user may: rights change while a program runs, and TAPI asks once. What the user may now
 * stands in lineGetAddressStatus and lineGetCallStatus.
 */
#include "tsp.h"

#include <string.h>

#define STATES \
    (LINECALLSTATE_IDLE | LINECALLSTATE_OFFERING | LINECALLSTATE_DIALING | LINECALLSTATE_PROCEEDING | LINECALLSTATE_RINGBACK | \
     LINECALLSTATE_CONNECTED | LINECALLSTATE_ONHOLD | LINECALLSTATE_UNKNOWN)
#define PARTIES (LINECALLPARTYID_ADDRESS | LINECALLPARTYID_BLOCKED | LINECALLPARTYID_UNAVAIL)

/* The owner of a device; 0 for none. */
static lw_party owner_of(DWORD device)
{
    return device >= tsp.device_base && device - tsp.device_base < tsp.device_count ? tsp.devices[device - tsp.device_base] : 0;
}

LONG TSPIAPI TSPI_lineGetDevCaps(DWORD device, DWORD version, DWORD extension, LPLINEDEVCAPS caps)
{
    char name[SWITCH_TEXT];
    (void)version, (void)extension;
    if (!emptied(caps, sizeof *caps))
        return LINEERR_STRUCTURETOOSMALL;
    AcquireSRWLockShared(&tsp.lock);
    const lw_party owner = owner_of(device);
    if (owner != 0) {
        char *text = lw_text(tsp.gate.engine, owner);
        append_text("linewarden", caps, &caps->dwProviderInfoSize, &caps->dwProviderInfoOffset);
        if (text != NULL)
            append_text(text, caps, &caps->dwLineNameSize, &caps->dwLineNameOffset);
        if (switch_name(owner, name))
            append_text(name, caps, &caps->dwSwitchInfoSize, &caps->dwSwitchInfoOffset);
        lw_string_free(text);
        caps->dwPermanentLineID = owner;
        caps->dwStringFormat = STRINGFORMAT_UNICODE;
        caps->dwAddressModes = LINEADDRESSMODE_ADDRESSID;
        caps->dwNumAddresses = 1;
        caps->dwBearerModes = LINEBEARERMODE_VOICE;
        caps->dwMediaModes = LINEMEDIAMODE_INTERACTIVEVOICE;
        caps->dwMaxNumActiveCalls = 16;
        caps->dwLineFeatures = LINEFEATURE_MAKECALL | LINEFEATURE_FORWARD | LINEFEATURE_DEVSPECIFIC;
    }
    ReleaseSRWLockShared(&tsp.lock);
    return owner != 0 ? 0 : LINEERR_BADDEVICEID;
}

LONG TSPIAPI TSPI_lineGetAddressCaps(DWORD device, DWORD address, DWORD version, DWORD extension, LPLINEADDRESSCAPS caps)
{
    char name[SWITCH_TEXT];
    (void)version, (void)extension;
    if (address != 0)
        return LINEERR_INVALADDRESSID;
    if (!emptied(caps, sizeof *caps))
        return LINEERR_STRUCTURETOOSMALL;
    AcquireSRWLockShared(&tsp.lock);
    const lw_party owner = owner_of(device);
    if (owner != 0) {
        if (switch_name(owner, name))
            append_text(name, caps, &caps->dwAddressSize, &caps->dwAddressOffset);
        caps->dwLineDeviceID = device;
        caps->dwAddressSharing = LINEADDRESSSHARING_MONITORED;
        caps->dwAddressStates = LINEADDRESSSTATE_FORWARD;
        caps->dwCallInfoStates = LINECALLINFOSTATE_CALLERID | LINECALLINFOSTATE_CALLEDID | LINECALLINFOSTATE_CONNECTEDID | LINECALLINFOSTATE_REDIRECTINGID;
        caps->dwCallerIDFlags = caps->dwCalledIDFlags = caps->dwConnectedIDFlags = caps->dwRedirectingIDFlags = PARTIES;
        caps->dwCallStates = STATES;
        caps->dwMaxNumActiveCalls = 16;
        caps->dwMaxNumOnHoldCalls = 16;
        caps->dwAddrCapFlags = LINEADDRCAPFLAGS_DIALED;
        caps->dwCallFeatures = LINECALLFEATURE_DROP | LINECALLFEATURE_BLINDTRANSFER | LINECALLFEATURE_SETUPTRANSFER | LINECALLFEATURE_COMPLETETRANSF | LINECALLFEATURE_DIAL;
        caps->dwTransferModes = LINETRANSFERMODE_TRANSFER;
        caps->dwMaxForwardEntries = 1;
        caps->dwForwardModes = LINEFORWARDMODE_UNCOND;
        caps->dwAddressFeatures = LINEADDRFEATURE_FORWARD | LINEADDRFEATURE_MAKECALL | LINEADDRFEATURE_PICKUP;
    }
    ReleaseSRWLockShared(&tsp.lock);
    return owner != 0 ? 0 : LINEERR_BADDEVICEID;
}

LONG TSPIAPI TSPI_lineGetNumAddressIDs(HDRVLINE handle, LPDWORD count)
{
    AcquireSRWLockShared(&tsp.lock);
    const bool found = line_of(handle) != NULL;
    ReleaseSRWLockShared(&tsp.lock);
    *count = 1;
    return found ? 0 : LINEERR_INVALLINEHANDLE;
}

/* Calls that come in are reported on every line that is open, so there is nothing to choose. */
LONG TSPIAPI TSPI_lineSetDefaultMediaDetection(HDRVLINE handle, DWORD modes)
{
    AcquireSRWLockShared(&tsp.lock);
    const bool found = line_of(handle) != NULL;
    ReleaseSRWLockShared(&tsp.lock);
    return !found ? LINEERR_INVALLINEHANDLE : (modes & ~(DWORD)LINEMEDIAMODE_INTERACTIVEVOICE) != 0 ? LINEERR_INVALMEDIAMODE : 0;
}
