/*
 * pjsip_private.h - what the files of res_linewarden_pjsip share. Nothing outside the module includes it.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LINEWARDEN_PJSIP_PRIVATE_H
#define LINEWARDEN_PJSIP_PRIVATE_H

#include <asterisk.h>

#ifdef LW_PJPROJECT
#include <pjsip.h>
#include <pjsip_simple.h>
#include <pjsip_ua.h>
#include <pjlib.h>
#else
#include "pjproject_types.h"
#endif

#include <asterisk/astobj2.h>
#include <asterisk/channel.h>
#include <asterisk/module.h>
#include <asterisk/pbx.h>
#include <asterisk/strings.h>
#include <asterisk/utils.h>
#include <asterisk/uuid.h>

#define NAME_SIZE 256

/* ---- callers.c: the caller at a busy lamp ---- */

int callers_register(void);
void callers_unregister(void);

/* ---- programs.c: what a program does in the place of a telephone's keys ---- */

int programs_register(void);
void programs_unregister(void);

/* ---- texts.c: texts in a call ---- */

void texts_register(void);
/*! Sessions may still have its code: replaces.c counts them. */
void texts_unregister(void);

/* ---- replaces.c: requests that name a call of another telephone ---- */

void replaces_register(void);
/*! \retval -1 a SIP session still has our code in it: nothing was taken out */
int replaces_unregister(void);

#endif
