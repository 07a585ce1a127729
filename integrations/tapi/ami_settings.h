/*
 * ami_settings.h - the settings of the link to Asterisk: a line each, `name = value`; `line = 100 acme-100` once for each line.
 *
 * A setting that is not known, missing or no such value is a fault of all of them: nothing is guessed.
 */
#ifndef LINEWARDEN_AMI_SETTINGS_H
#define LINEWARDEN_AMI_SETTINGS_H

#include "ami_action.h"

#define AMI_LINES 256
#define AMI_SETTING 128
#define AMI_FAULT 160

/** A line: its extension, and the telephone where it rings. */
struct ami_line {
    char extension[AMI_DIGITS], telephone[AMI_ID];
};

struct ami_settings {
    char host[AMI_SETTING], port[AMI_SETTING], account[AMI_SETTING], secret[AMI_SETTING];
    /** The fingerprint of the PBX's certificate (ami_tls.h), and then TLS is used; "" for none. */
    char certificate[AMI_SETTING];
    /** The user's telephone, and its key in astdb. */
    char telephone[AMI_SETTING], key[AMI_SETTING];
    /** The function codes of the dialplan, as it has them before an extension. */
    char pickup[AMI_SETTING], forward[AMI_SETTING], forward_off[AMI_SETTING];
    struct ami_line lines[AMI_LINES];
    size_t line_count;
};

/** Reads the settings. \returns false and says the fault */
bool ami_settings_read(struct ami_settings *settings, const char *text, char fault[AMI_FAULT]);

#endif
