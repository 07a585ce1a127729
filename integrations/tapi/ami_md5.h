/*
 * ami_md5.h - MD5 (RFC 1321), by which an AMI account proves its secret without sending it. For nothing else: MD5 is broken.
 */
#ifndef LINEWARDEN_AMI_MD5_H
#define LINEWARDEN_AMI_MD5_H

#include <stddef.h>

/** Writes the MD5 of the bytes as 32 hexadecimal digits and a NUL. */
void ami_md5(const char *bytes, size_t size, char hex[33]);

#endif
