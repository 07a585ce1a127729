/*
 * ami_line.h - the messages of Asterisk's manager interface (AMI), taken out of its stream of bytes.
 *
 * What comes is not trusted. A reader has one size whatever is sent, and a message that is too long, or holds what no line of text
 * holds, is left out whole: it must never be read in part, because a part may say the opposite.
 */
#ifndef LINEWARDEN_AMI_LINE_H
#define LINEWARDEN_AMI_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define AMI_MESSAGE_SIZE 32768
#define AMI_HEADERS 256

/** A line of a message. One without a colon, as the greeting is, has the name "". */
struct ami_header {
    const char *name, *value;
};

/** A message: its lines in order. The texts are the reader's. */
struct ami_message {
    struct ami_header headers[AMI_HEADERS];
    size_t count;
};

struct ami_reader {
    char text[AMI_MESSAGE_SIZE];
    size_t used, line;
    /* Of the line that is read, also where it is left out. */
    size_t length;
    char last;
    bool spoilt, whole;
    /** How many messages were left out. */
    unsigned long left_out;
    struct ami_message message;
};

void ami_reader_begin(struct ami_reader *reader);

/** Takes bytes up to the end of a message, and says how many. reader->whole says whether reader->message is one, up to the next call. */
size_t ami_reader_take(struct ami_reader *reader, const char *bytes, size_t size);

/** The value of the first header of that name, in any case of its letters; "" if there is none. */
const char *ami_value(const struct ami_message *message, const char *name);

/** Whether two names of headers are the same, in any case of their letters. */
bool ami_same_name(const char *one, const char *other);

#endif
