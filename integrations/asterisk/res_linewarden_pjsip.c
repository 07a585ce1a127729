/*
 * res_linewarden_pjsip.c - what the rules of linewarden need inside chan_pjsip.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Four jobs, in res_linewarden_pjsip/: a telephone must not take a call of another one by naming it (replaces.c), a text in a call must
 * not name its sender (texts.c), a lamp shows the caller to those who may see the number (callers.c), and a program does in the place of a telephone's keys what the keys may
 * do (programs.c, seats.c, views.c). A module of its own, because it needs res_pjsip. It asks res_linewarden by its dialplan functions and shares
 * nothing else.
 */

/*** MODULEINFO
	<depend>pjproject</depend>
	<depend>res_pjsip</depend>
	<depend>res_pjsip_pubsub</depend>
	<depend>res_pjsip_session</depend>
	<depend>res_linewarden</depend>
	<support_level>extended</support_level>
 ***/

#include "res_linewarden_pjsip/pjsip_private.h"

#include <asterisk/ast_version.h>
#include <asterisk/manager.h>

#ifndef LW_ASTERISK_MAJOR
#define LW_ASTERISK_MAJOR (atoi(AMI_VERSION) + 11)
#endif

static int load_module(void)
{
	if (atoi(ast_get_version_num()) / 10000 != LW_ASTERISK_MAJOR) {
		ast_log(LOG_ERROR, "this module was built for Asterisk %d, and this is Asterisk %s: build it against the headers of "
			"the Asterisk that runs\n", LW_ASTERISK_MAJOR, ast_get_version());
		return AST_MODULE_LOAD_DECLINE;
	}
	if (callers_register()) {
		return AST_MODULE_LOAD_DECLINE;
	}
	if (programs_register()) {
		callers_unregister();
		return AST_MODULE_LOAD_DECLINE;
	}
	replaces_register();
	return AST_MODULE_LOAD_SUCCESS;
}

static int unload_module(void)
{
	if (replaces_unregister()) {
		return -1;
	}
	programs_unregister();
	callers_unregister();
	return 0;
}

/* Before pbx_config and chan_pjsip: no call comes in without it. */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_LOAD_ORDER, "Calls of other telephones, and callers at busy lamps, by linewarden",
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.load_pri = AST_MODPRI_CHANNEL_DEPEND,
	.requires = "res_pjsip,res_pjsip_pubsub,res_pjsip_session",
);
