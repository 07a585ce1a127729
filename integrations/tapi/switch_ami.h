/*
 * switch_ami.h - the switch that is an Asterisk with res_linewarden, over its manager action LinewardenTelephone.
 *
 * The PBX decides every action again, so a provider that was tampered with gains nothing. It acts for one telephone: calls of others
 * are shown, and forwarded by function codes.
 */
#ifndef LINEWARDEN_SWITCH_AMI_H
#define LINEWARDEN_SWITCH_AMI_H

#include "ami_settings.h"
#include "switch.h"

/**
 * The switch with these settings, which are copied (ami_settings.h). log gets each end and begin of a connection, from the link's
 * thread; never a number, a name or a secret.
 */
const struct linewarden_switch *ami_switch(const struct ami_settings *settings, void (*log)(const char *text));

#endif
