/*
 * switch.h - the link from the TAPI service provider to the PBX. The provider checks the rights; the link acts.
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
     * Picks up for user the call that rings at that line of target: 1 the first, 2 the second, 3 an additional one; 0 if target is
     * a team. Only target's own calls: a call of a team that rings at an agent is picked up with the team as target.
     */
    LONG (*pick_up)(const char *user, const char *target, unsigned line);
    /** Calls that number from the owner's first line. */
    LONG (*make_call)(const char *owner, const char *destination);
    /** Begins and completes the transfer of the owner's call. */
    LONG (*set_up_transfer)(const char *owner);
    LONG (*complete_transfer)(const char *owner);
};

/** Sets the link of the provider. The struct must stay valid. */
__declspec(dllexport) void WINAPI LinewardenSetSwitch(const struct linewarden_switch *link);

/**
 * The link reports a call at the owner's line: state is a LINECALLSTATE_, incoming whether it rings or rang there, peer the number
 * of the other side. An application that has the line open gets only what the configured user may see. owner is the extension of the
 * line; if it is a name instead, the number is shown only with the right to it on all lines.
 */
__declspec(dllexport) void WINAPI LinewardenReportCall(const char *owner, DWORD state, BOOL incoming, const char *peer);

/** The link reports that the owner's forwarding has changed. */
__declspec(dllexport) void WINAPI LinewardenReportForward(const char *owner);

/** Reads the documents again: 0, or LINEERR_OPERATIONFAILED, and then the old rights stay in force. */
__declspec(dllexport) LONG WINAPI LinewardenReload(void);

#endif
