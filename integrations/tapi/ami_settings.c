/*
 * ami_settings.c - see ami_settings.h.
 */
#include "ami_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_word(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 127)
            return false;
    return true;
}

static bool is_port(const char *text)
{
    return strlen(text) < 6 && strspn(text, "0123456789") == strlen(text) && atoi(text) > 0 && atoi(text) < 65536;
}

static bool is_fingerprint(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* Each setting, what it must be, and what it is where it is missing; NULL where it must not be. */
static const struct known {
    const char *name;
    size_t at;
    bool (*fits)(const char *value);
    const char *otherwise;
} all[] = {
    {"host", offsetof(struct ami_settings, host), is_word, NULL},
    {"port", offsetof(struct ami_settings, port), is_port, "5038"},
    {"certificate", offsetof(struct ami_settings, certificate), is_fingerprint, ""},
    {"account", offsetof(struct ami_settings, account), ami_is_name, NULL},
    {"secret", offsetof(struct ami_settings, secret), is_word, NULL},
    {"telephone", offsetof(struct ami_settings, telephone), ami_is_name, NULL},
    {"key", offsetof(struct ami_settings, key), is_word, NULL},
    {"pickup", offsetof(struct ami_settings, pickup), ami_is_number, "*8"},
    {"forward", offsetof(struct ami_settings, forward), ami_is_number, "*74"},
    {"forward_off", offsetof(struct ami_settings, forward_off), ami_is_number, "*71"},
};
#define SETTINGS (sizeof all / sizeof *all)

static char *trimmed(char *text)
{
    char *end;
    while (*text == ' ' || *text == '\t')
        text++;
    end = text + strlen(text);
    while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        *--end = '\0';
    return text;
}

/* An extension and a telephone; each extension once. */
static bool take_line(struct ami_settings *settings, char *value)
{
    struct ami_line *line = &settings->lines[settings->line_count];
    char *space = strchr(value, ' '), *telephone;
    size_t i;
    if (settings->line_count == AMI_LINES || space == NULL)
        return false;
    *space = '\0';
    telephone = trimmed(space + 1);
    if (!ami_is_number(value) || !ami_is_name(telephone))
        return false;
    for (i = 0; i < settings->line_count; i++)
        if (strcmp(settings->lines[i].extension, value) == 0)
            return false;
    strcpy(line->extension, value);
    strcpy(line->telephone, telephone);
    settings->line_count++;
    return true;
}

/* \returns what is wrong with the line; NULL for nothing */
static const char *take(struct ami_settings *settings, char *line)
{
    char *value = strchr(line, '='), *name, *place;
    size_t i;
    if (value == NULL)
        return "`name = value` is expected";
    *value = '\0';
    name = trimmed(line);
    value = trimmed(value + 1);
    if (strcmp(name, "line") == 0)
        return take_line(settings, value) ? NULL : "an extension and a telephone are expected, each extension once";
    for (i = 0; i < SETTINGS && strcmp(all[i].name, name) != 0; i++)
        continue;
    if (i == SETTINGS)
        return "there is no such setting";
    place = (char *)settings + all[i].at;
    if (*place != '\0')
        return "it stands there twice";
    if (*value == '\0' || strlen(value) >= AMI_SETTING || !all[i].fits(value))
        return "it has no such value";
    strcpy(place, value);
    return NULL;
}

bool ami_settings_read(struct ami_settings *settings, const char *text, char fault[AMI_FAULT])
{
    int number = 0;
    size_t i;
    memset(settings, 0, sizeof *settings);
    while (*text != '\0') {
        const size_t length = strcspn(text, "\n");
        char line[2 * AMI_SETTING], *begin;
        const char *wrong = "the line is too long";
        number++;
        if (length < sizeof line) {
            memcpy(line, text, length);
            line[length] = '\0';
            begin = trimmed(line);
            wrong = *begin == '\0' || *begin == '#' ? NULL : take(settings, begin);
            /* A secret is not left behind. */
            memset(line, 0, sizeof line);
        }
        if (wrong != NULL) {
            snprintf(fault, AMI_FAULT, "line %d: %s", number, wrong);
            return false;
        }
        text += length + (text[length] == '\n');
    }
    for (i = 0; i < SETTINGS; i++) {
        char *place = (char *)settings + all[i].at;
        if (*place == '\0' && all[i].otherwise == NULL) {
            snprintf(fault, AMI_FAULT, "`%s` is missing", all[i].name);
            return false;
        }
        if (*place == '\0')
            strcpy(place, all[i].otherwise);
    }
    return true;
}
