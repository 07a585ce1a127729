/*
 * res_linewarden.c - asks linewarden, from an Asterisk dialplan, whether this actor may do this to that target.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * It is a client of linewarden.h and of nothing else of linewarden. One source for Asterisk 16 to 22, but one binary for
 * each of them: see the guard in load_module(). The files in res_linewarden/ are the module's parts; this one loads and
 * unloads them.
 *
 * What it must never do: answer yes where the library did not, or keep a call waiting. So every function answers 0 (or
 * nothing) until the library has said yes, and no function takes a lock that a reload holds while it reads documents.
 */

/*** MODULEINFO
	<depend>linewarden</depend>
	<support_level>extended</support_level>
 ***/

#include "res_linewarden/linewarden_private.h"

#include <asterisk/ast_version.h>

/*! How long an unload waits for calls that Asterisk has not counted yet. */
#define GRACE_US 200000
/*! How many times it waits so long for calls that are inside. */
#define GRACES 25

static int register_all(void)
{
	return functions_register() | console_register() | manager_register_all();
}

static void close_all(void)
{
	/* First of all what refreshes lamps: nothing may publish a state after the dark one. */
	shadow_close();
	reload_close();
	lamps_dark();
	lamps_close();
	telephones_close();
	complaints_close();
}

static int reload_module(void)
{
	return reload_rights(NULL) ? AST_MODULE_LOAD_DECLINE : AST_MODULE_LOAD_SUCCESS;
}

static int unload_module(void)
{
	int waited = 0, busy;

	if (inside_count()) {
		return -1;
	}
	/* A command that runs keeps its entry, and the code it runs in. */
	busy = console_unregister();
	busy |= manager_unregister_all();
	busy |= functions_unregister();
	/*
	 * Asterisk looks a function up, lets go of the list, and only then counts itself as a user of the module: a call in that
	 * gap is counted nowhere. It lasts microseconds, so the code and what it uses stay for thousands of times that, and until
	 * the calls inside are out. Not for ever: a call that hangs here hangs in Asterisk.
	 */
	do {
		usleep(GRACE_US);
	} while (!busy && inside_count() && ++waited < GRACES);
	if (busy || inside_count()) {
		ast_log(LOG_WARNING, "a call or a command is still inside: not unloaded\n");
		/* Those that could be taken out are put back. */
		functions_unregister();
		console_unregister();
		manager_unregister_all();
		register_all();
		return -1;
	}
	close_all();
	return 0;
}

static int load_module(void)
{
	int running = atoi(ast_get_version_num()) / 10000;

	/*
	 * Structures have grown from one major to the next while the build sum that Asterisk compares has not: a module of
	 * another major is loaded, and reads past what it was given. So nothing is registered before this is certain.
	 */
	if (running != LW_ASTERISK_MAJOR) {
		ast_log(LOG_ERROR, "this module was built for Asterisk %d, and this is Asterisk %s: build it against the headers of "
			"the Asterisk that runs\n", LW_ASTERISK_MAJOR, ast_get_version());
		return AST_MODULE_LOAD_DECLINE;
	}
	if (lw_abi_version() != LW_ABI_VERSION) {
		ast_log(LOG_ERROR, "liblinewarden has ABI %u, this module was built for %d\n", lw_abi_version(), LW_ABI_VERSION);
		return AST_MODULE_LOAD_DECLINE;
	}
	/* A store's image that is made shorter, or its disk that fails, must end no call: everything is refused then. */
	if (lw_survive_truncation(NULL) != LW_OK)
		ast_log(LOG_WARNING, "no handler for SIGBUS: never make a store's image shorter\n");
	if (complaints_open() || telephones_open() || lamps_open() || shadow_open()) {
		close_all();
		return AST_MODULE_LOAD_DECLINE;
	}
	/* Faulty documents do not keep the module out: everything is refused until a reload finds them mended. */
	reload_rights(NULL);
	if (register_all() || lamps_follow()) {
		functions_unregister();
		console_unregister();
		manager_unregister_all();
		close_all();
		return AST_MODULE_LOAD_DECLINE;
	}
	/* Telephones that subscribed before have been shown what Asterisk says of a device that is nowhere. */
	lamps_scan(1);
	return AST_MODULE_LOAD_SUCCESS;
}

/* Before pbx_config, whose hints ask for lamps as soon as they are read; after the configuration engines. */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_LOAD_ORDER, "Telephone rights by linewarden",
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.reload = reload_module,
	.load_pri = AST_MODPRI_DEVSTATE_PROVIDER,
);
