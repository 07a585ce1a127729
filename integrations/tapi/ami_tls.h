/*
 * ami_tls.h - TLS over a connection, by Windows' own Schannel. On other systems there is none, and a connection that wants it fails.
 *
 * The PBX is known by its certificate's fingerprint, and by nothing else: no authority is asked.
 */
#ifndef LINEWARDEN_AMI_TLS_H
#define LINEWARDEN_AMI_TLS_H

#include "ami_system.h"

/** A fingerprint: SHA-256 of the certificate as 64 hexadecimal digits, and a NUL. */
#define TLS_FINGERPRINT 65

struct ami_tls;

/** Shakes hands within the time. \returns NULL, and says why */
struct ami_tls *tls_begin(system_socket socket, const char *host, const char *fingerprint, unsigned milliseconds, const char **fault);
bool tls_send(struct ami_tls *tls, const char *bytes, size_t size, unsigned milliseconds);
/** As system_receive. */
long tls_receive(struct ami_tls *tls, system_socket waker, char *bytes, size_t size, unsigned milliseconds);
/** Ends it, not the connection. */
void tls_end(struct ami_tls *tls);

#endif
