/*
 * provider.h - what the service provider has beside TSPI: for a link of one's own, and for who changes the rights.
 */
#ifndef LINEWARDEN_PROVIDER_H
#define LINEWARDEN_PROVIDER_H

#include <windows.h>

#include "switch.h"

/**
 * Sets the link, in the place of the one that LINEWARDEN_SWITCH names: after TSPI_providerInit, and before a line is opened. The table
 * must stay valid.
 */
__declspec(dllexport) void WINAPI LinewardenSetSwitch(const struct linewarden_switch *link);

/** Reads the documents again: 0, or LINEERR_OPERATIONFAILED, and then the old rights stay in force. */
__declspec(dllexport) LONG WINAPI LinewardenReload(void);

#endif
