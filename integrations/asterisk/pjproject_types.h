/*
 * pjproject_types.h - what Asterisk's headers of publish and subscribe name of pjproject, for where its headers are not installed.
 *
 * No distribution's asterisk-dev has pjproject's headers. Nothing here has a layout of its own but pj_str_t, an XML attribute
 * and an XML node, which are as they have been since pjproject 1.0; PJSIP_MAX_URL_SIZE is what Asterisk builds its pjproject with
 * (third-party/pjproject/patches/config_site.h, 16 to 22). With pjproject's own headers this file is not used.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LINEWARDEN_PJPROJECT_TYPES_H
#define LINEWARDEN_PJPROJECT_TYPES_H

#include <sys/types.h>

#define PJSIP_MAX_URL_SIZE 512

typedef struct pj_pool_t pj_pool_t;
typedef struct pjsip_msg_body pjsip_msg_body;
typedef struct pjsip_dialog pjsip_dialog;
typedef struct pjsip_sip_uri pjsip_sip_uri;
typedef struct pjsip_tx_data pjsip_tx_data;
typedef struct pjsip_rx_data pjsip_rx_data;

enum pjsip_evsub_state {
	PJSIP_EVSUB_STATE_NULL,
};

typedef struct pj_str_t {
	char *ptr;
	ssize_t slen;
} pj_str_t;

typedef struct pj_xml_attr {
	void *prev, *next;
	pj_str_t name;
	pj_str_t value;
} pj_xml_attr;

struct pj_xml_list {
	void *prev, *next;
};

typedef struct pj_xml_node {
	void *prev, *next;
	pj_str_t name;
	pj_xml_attr attr_head;
	struct pj_xml_list node_head;
	pj_str_t content;
} pj_xml_node;

pj_str_t *pj_strdup2(pj_pool_t *pool, pj_str_t *dst, const char *src);

#endif
