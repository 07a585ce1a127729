/*
 * switch.h - what stands behind the TAPI service provider: the link to the PBX. The provider decides who may; the link does it.
 *
 * All texts are UTF-8. Every function returns 0 or a LINEERR_ code. None may call back into the provider.
 */
#ifndef LINEWARDEN_TAPI_SWITCH_H
#define LINEWARDEN_TAPI_SWITCH_H

#include <windows.h>

struct linewarden_switch {
    /** Sets the owner's forwarding; destination "" switches it off. */
    LONG (*forward)(const char *owner, const char *destination);
    /** Puts the owner's forwarding destination into text; "" if there is none. */
    LONG (*forwarding_of)(const char *owner, char *text, size_t size);
    /** Picks up the call that rings at target for user. */
    LONG (*pick_up)(const char *user, const char *target);
    /** Begins and completes the transfer of the owner's call. */
    LONG (*set_up_transfer)(const char *owner);
    LONG (*complete_transfer)(const char *owner);
};

/** Which link the provider uses from now on. The struct must stay. */
__declspec(dllexport) void WINAPI LinewardenSetSwitch(const struct linewarden_switch *link);

/**
 * The link tells of a call at the owner's line: state is a LINECALLSTATE_, incoming whether it rings or rang there, peer the
 * number of the other side. Who has the line open is told what the configured user may see, and nothing else.
 */
__declspec(dllexport) void WINAPI LinewardenReportCall(const char *owner, DWORD state, BOOL incoming, const char *peer);

/** The link tells that the owner's forwarding has changed. */
__declspec(dllexport) void WINAPI LinewardenReportForward(const char *owner);

/** Reads the documents again: 0, or LINEERR_OPERATIONFAILED, and then the old rights stay in force. */
__declspec(dllexport) LONG WINAPI LinewardenReload(void);

#endif
