/*
 * pjproject_types.h - what Asterisk's headers of SIP name of pjproject, for where its headers are not installed.
 *
 * No distribution's asterisk-dev has pjproject's headers. What is used here has its true layout: pj_str_t, an XML attribute and an
 * XML node, as they have been since pjproject 1.0; PJSIP_MAX_URL_SIZE is what Asterisk builds its pjproject with
 * (third-party/pjproject/patches/config_site.h, 16 to 22). The types below "opaque" have no layout: of a structure of Asterisk's
 * that holds one of them, no field behind it may be used. With pjproject's own headers this file is not used.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#ifndef LINEWARDEN_PJPROJECT_TYPES_H
#define LINEWARDEN_PJPROJECT_TYPES_H

#include <stdint.h>
#include <sys/types.h>

#define PJSIP_MAX_URL_SIZE 512
#define PJ_INET6_ADDRSTRLEN 46

typedef int pj_status_t;
typedef int pj_bool_t;
typedef uint32_t pj_uint32_t;

typedef struct pj_pool_t pj_pool_t;
typedef struct pjmedia_sdp_session pjmedia_sdp_session;
typedef struct pjsip_dialog pjsip_dialog;
typedef struct pjsip_endpoint pjsip_endpoint;
typedef struct pjsip_event pjsip_event;
typedef struct pjsip_fromto_hdr pjsip_fromto_hdr;
typedef struct pjsip_generic_string_hdr pjsip_generic_string_hdr;
typedef struct pjsip_hdr pjsip_hdr;
typedef struct pjsip_inv_session pjsip_inv_session;
typedef struct pjsip_module pjsip_module;
typedef struct pjsip_msg pjsip_msg;
typedef struct pjsip_msg_body pjsip_msg_body;
typedef struct pjsip_response_addr pjsip_response_addr;
typedef struct pjsip_rx_data pjsip_rx_data;
typedef struct pjsip_sip_uri pjsip_sip_uri;
typedef struct pjsip_tpfactory pjsip_tpfactory;
typedef struct pjsip_tpselector pjsip_tpselector;
typedef struct pjsip_transport pjsip_transport;
typedef struct pjsip_tx_data pjsip_tx_data;
typedef struct pjsip_uri pjsip_uri;
typedef void (*pjsip_tp_state_callback)(void);

/* Opaque: held by value in structures of Asterisk's. */
typedef struct pj_sockaddr { char opaque; } pj_sockaddr;
typedef struct pj_timer_entry { char opaque; } pj_timer_entry;
typedef struct pjsip_media_type { char opaque; } pjsip_media_type;
typedef struct pjsip_tls_setting { char opaque; } pjsip_tls_setting;
typedef int pj_ssl_cipher;
typedef int pjsip_inv_state;
#ifdef HAVE_PJSIP_AUTH_NEW_DIGESTS
typedef enum { PJSIP_AUTH_ALGORITHM_COUNT = 6 } pjsip_auth_algorithm_type;
typedef struct pjsip_auth_algorithm { char opaque; } pjsip_auth_algorithm;
#endif

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
pjsip_dialog *pjsip_rdata_get_dlg(pjsip_rx_data *rdata);
pj_status_t pjsip_dlg_respond(pjsip_dialog *dialog, pjsip_rx_data *rdata, int status, const pj_str_t *text, const pjsip_hdr *headers,
	const pjsip_msg_body *body);

#endif
