/*
 * texts.c - a text in a call (MESSAGE) must not name the one who sends it.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * res_pjsip_messaging hands a text to the other side with the sender's name in From: that of the telephone, or else that of the channel, however
 * restricted it is. No dialplan comes between. So such a text is refused, and the call goes on.
 */

#include "pjsip_private.h"

#include <asterisk/res_pjsip.h>
#include <asterisk/res_pjsip_session.h>

static int incoming_text(struct ast_sip_session *session, pjsip_rx_data *rdata)
{
	pjsip_dialog *dialog = pjsip_rdata_get_dlg(rdata);

	if (dialog) {
		pjsip_dlg_respond(dialog, rdata, 403, NULL, NULL, NULL);
	}
	return 1;
}

/* Before res_pjsip_messaging. */
static struct ast_sip_session_supplement text = {
	.method = "MESSAGE",
	.priority = AST_SIP_SUPPLEMENT_PRIORITY_FIRST,
	.incoming_request = incoming_text,
};

void texts_register(void)
{
	ast_sip_session_register_supplement(&text);
}

void texts_unregister(void)
{
	ast_sip_session_unregister_supplement(&text);
}
