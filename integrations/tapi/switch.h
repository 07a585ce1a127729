/*
 * switch.h - what stands behind the TAPI service provider: the link to the PBX. The provider decides who may; the link does it.
 *
 * All texts are UTF-8. Every function returns 0 or a LINEERR_ code. None may call back into the provider.
 */
#ifndef LINEWARDEN_TAPI_SWITCH_H
#define LINEWARDEN_TAPI_SWITCH_H

#include <windows.h>

struct linewarden_switch {
    /** Sets the forwarding of the owner's first line, and of no other; destination "" switches it off. */
    LONG (*forward)(const char *owner, const char *destination);
    /** Puts the forwarding destination of the owner's first line into text; "" if there is none. */
    LONG (*forwarding_of)(const char *owner, char *text, size_t size);
    /**
     * Picks up for user the call that rings at that line of target: 1 the first, 2 the second, 3 a further one; 0 where target is
     * a team. Only target's own: a team's call that rings at an agent is the team's, and is picked up with the team as target.
     */
    LONG (*pick_up)(const char *user, const char *target, unsigned line);
    /** Begins and completes the transfer of the owner's call. */
    LONG (*set_up_transfer)(const char *owner);
    LONG (*complete_transfer)(const char *owner);
};

/** Which link the provider uses from now on. The struct must stay. */
__declspec(dllexport) void WINAPI LinewardenSetSwitch(const struct linewarden_switch *link);

/**
 * The link tells of a call at the owner's line: state is a LINECALLSTATE_, incoming whether it rings or rang there, peer the
 * number of the other side. Who has the line open is told what the configured user may see, and nothing else. The owner's
 * extension says which line it is; where a name is given, the number is shown only to those who may see it on all lines.
 */
__declspec(dllexport) void WINAPI LinewardenReportCall(const char *owner, DWORD state, BOOL incoming, const char *peer);

/** The link tells that the owner's forwarding has changed. */
__declspec(dllexport) void WINAPI LinewardenReportForward(const char *owner);

/** Reads the documents again: 0, or LINEERR_OPERATIONFAILED, and then the old rights stay in force. */
__declspec(dllexport) LONG WINAPI LinewardenReload(void);

#endif
