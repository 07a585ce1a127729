/*
 * inside.c - how many calls are inside the module's code.
 *
 * An unload that looks at this never takes the code away from under a call.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

static int inside;

void inside_enter(int *here)
{
	*here = ast_atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
}

void inside_leave(int *here)
{
	ast_atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
}

int inside_count(void)
{
	return ast_atomic_add_fetch(&inside, 0, __ATOMIC_SEQ_CST);
}
