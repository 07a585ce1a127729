/*
 * ami_line.c - see ami_line.h.
 */
#include "ami_line.h"

#include <string.h>

/* The next message begins where the last one has ended. */
static void begin_message(struct ami_reader *reader)
{
    reader->used = reader->line = reader->length = 0;
    reader->spoilt = reader->whole = false;
    reader->message.count = 0;
}

void ami_reader_begin(struct ami_reader *reader)
{
    begin_message(reader);
    reader->last = '\n';
    reader->left_out = 0;
}

/* Cuts a line, which ends with NUL, at its colon. */
static void add_header(struct ami_reader *reader, char *line)
{
    struct ami_header *header = &reader->message.headers[reader->message.count];
    char *colon = strchr(line, ':');
    if (reader->message.count == AMI_HEADERS) {
        reader->spoilt = true;
        return;
    }
    if (colon == NULL) {
        header->name = "";
        header->value = line;
    } else {
        *colon = '\0';
        header->name = line;
        header->value = colon[1] == ' ' ? colon + 2 : colon + 1;
    }
    reader->message.count++;
}

/* The end of a line: a header, or the blank line that ends the message. */
static void end_line(struct ami_reader *reader)
{
    const bool returned = reader->length > 0 && reader->last == '\r', blank = reader->length == (returned ? 1 : 0);
    reader->length = 0;
    if (blank && reader->spoilt) {
        begin_message(reader);
        reader->left_out++;
        return;
    }
    if (blank) {
        reader->used = reader->line;
        reader->whole = reader->message.count > 0;
        return;
    }
    if (!reader->spoilt) {
        reader->used -= returned ? 1 : 0;
        reader->text[reader->used++] = '\0';
        add_header(reader, reader->text + reader->line);
    }
    /* Of what is left out, nothing is kept. */
    if (reader->spoilt)
        reader->used = 0;
    reader->line = reader->used;
}

static void take_byte(struct ami_reader *reader, char byte)
{
    if (byte == '\n') {
        end_line(reader);
        return;
    }
    /* A carriage return stands at the end of a line alone, and nothing else below the space is text. */
    if (((unsigned char)byte < ' ' && byte != '\r' && byte != '\t') || (reader->length > 0 && reader->last == '\r'))
        reader->spoilt = true;
    /* Room for this byte and for a NUL. */
    if (reader->used + 2 > sizeof reader->text)
        reader->spoilt = true;
    if (!reader->spoilt)
        reader->text[reader->used++] = byte;
    reader->length++;
    reader->last = byte;
}

size_t ami_reader_take(struct ami_reader *reader, const char *bytes, size_t size)
{
    size_t taken = 0;
    if (reader->whole)
        begin_message(reader);
    while (taken < size && !reader->whole)
        take_byte(reader, bytes[taken++]);
    return taken;
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

bool ami_same_name(const char *one, const char *other)
{
    while (*one != '\0' && lower(*one) == lower(*other))
        one++, other++;
    return *one == '\0' && *other == '\0';
}

const char *ami_value(const struct ami_message *message, const char *name)
{
    size_t i;
    for (i = 0; i < message->count; i++)
        if (ami_same_name(message->headers[i].name, name))
            return message->headers[i].value;
    return "";
}
