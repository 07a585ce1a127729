/*
 * bypass.c - what lets a telephone past the dialplan, where no right is asked.
 *
 * It only looks: nothing here changes a setting.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

/* features.conf's pickupexten is taken by the channel driver before the dialplan sees it: no right is asked. */
int pickup_passes_by(char *code, size_t len)
{
	struct ast_features_pickup_config *config = ast_get_chan_features_pickup_config(NULL);

	if (!config) {
		return 0;
	}
	ast_copy_string(code, S_OR(config->pickupexten, ""), len);
	ao2_ref(config, -1);
	return code[0] != '\0';
}

/* An INVITE or REFER with Replaces is carried out before the dialplan sees it: no right is asked. */
int replaces_pass_by(void)
{
	return ast_module_check("res_pjsip_refer.so") && !ast_module_check(PJSIP_MODULE);
}

/* chan_sip (Asterisk 16 to 20) carries out Replaces, too, and lets no other module look at a request before. */
int chan_sip_passes_by(void)
{
	return ast_module_check("chan_sip.so");
}

void warn_of_bypasses(void)
{
	char code[64];

	if (pickup_passes_by(code, sizeof(code))) {
		ast_log(LOG_WARNING, "features.conf hands `%s` past the dialplan: it picks up by call groups, and no right is "
			"asked. Write `pickupexten =` in its [general] section and reload features.\n", code);
	}
	/* While Asterisk starts the other module may be still to come. */
	if (ast_fully_booted && replaces_pass_by()) {
		ast_log(LOG_WARNING, "a telephone can take over any call whose id it knows (Replaces), and no right is asked: load "
			PJSIP_MODULE "\n");
	}
	if (ast_fully_booted && chan_sip_passes_by()) {
		ast_log(LOG_WARNING, "chan_sip is loaded: a telephone of it can take over any call of chan_sip whose id it knows (Replaces), and no "
			"right is asked. Nothing closes that: write `noload => chan_sip.so` into modules.conf.\n");
	}
}
