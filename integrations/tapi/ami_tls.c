/*
 * ami_tls.c - see ami_tls.h.
 */
#ifdef _WIN32
#define _WIN32_WINNT 0x0601
#define SECURITY_WIN32
#endif
#include "ami_tls.h"

#ifndef _WIN32

struct ami_tls *tls_begin(system_socket socket, const char *host, const char *fingerprint, unsigned milliseconds, const char **fault)
{
    (void)socket, (void)host, (void)fingerprint, (void)milliseconds;
    *fault = "there is no TLS on this system";
    return NULL;
}
bool tls_send(struct ami_tls *tls, const char *bytes, size_t size, unsigned milliseconds)
{
    (void)tls, (void)bytes, (void)size, (void)milliseconds;
    return false;
}
long tls_receive(struct ami_tls *tls, system_socket waker, char *bytes, size_t size, unsigned milliseconds)
{
    (void)tls, (void)waker, (void)bytes, (void)size, (void)milliseconds;
    return -1;
}
void tls_end(struct ami_tls *tls)
{
    (void)tls;
}

#else

#include <schannel.h>
#include <security.h>
#include <wincrypt.h>

#include <stdlib.h>
#include <string.h>

/* A record of TLS has 16 KiB and what belongs to it; two of them may wait. */
#define ROOM 40000
#define WANTED (ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT | ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM | ISC_REQ_MANUAL_CRED_VALIDATION)

struct ami_tls {
    system_socket socket;
    CredHandle credentials;
    CtxtHandle context;
    bool has_context;
    SecPkgContext_StreamSizes sizes;
    /* What came and is not decrypted yet, and what is decrypted and not given out yet. */
    char coded[ROOM], plain[ROOM];
    size_t coded_size, plain_begin, plain_end;
};

static void set_buffer(SecBuffer *buffer, unsigned long kind, void *bytes, size_t size)
{
    buffer->BufferType = kind;
    buffer->pvBuffer = bytes;
    buffer->cbBuffer = (unsigned long)size;
}

/* Keeps what a step has left over at the end of what came. */
static void keep_extra(struct ami_tls *tls, const SecBuffer *buffers, size_t count)
{
    size_t i, left = 0;
    for (i = 0; i < count; i++)
        if (buffers[i].BufferType == SECBUFFER_EXTRA)
            left = buffers[i].cbBuffer;
    if (left > tls->coded_size)
        left = 0;
    memmove(tls->coded, tls->coded + tls->coded_size - left, left);
    tls->coded_size = left;
}

/* One step of the handshake with what came so far. */
static SECURITY_STATUS step(struct ami_tls *tls, const char *host, unsigned long wanted, uint64_t end)
{
    SecBuffer in[2], out;
    SecBufferDesc input = {SECBUFFER_VERSION, 2, in}, output = {SECBUFFER_VERSION, 1, &out};
    unsigned long given;
    SECURITY_STATUS status;
    set_buffer(&in[0], SECBUFFER_TOKEN, tls->coded, tls->coded_size);
    set_buffer(&in[1], SECBUFFER_EMPTY, NULL, 0);
    set_buffer(&out, SECBUFFER_TOKEN, NULL, 0);
    status = InitializeSecurityContextA(&tls->credentials, tls->has_context ? &tls->context : NULL, (char *)host, wanted, 0, 0,
                                        tls->has_context ? &input : NULL, 0, &tls->context, &output, &given, NULL);
    if (status == SEC_E_INCOMPLETE_MESSAGE)
        return status;
    tls->has_context = tls->has_context || status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED;
    if (out.pvBuffer != NULL) {
        const uint64_t now = system_now();
        if (out.cbBuffer > 0 && (now >= end || !system_send(tls->socket, out.pvBuffer, out.cbBuffer, (unsigned)(end - now))))
            status = SEC_E_INTERNAL_ERROR;
        FreeContextBuffer(out.pvBuffer);
    }
    keep_extra(tls, in, 2);
    return status;
}

static bool shake_hands(struct ami_tls *tls, const char *host, unsigned long wanted, uint64_t end)
{
    SECURITY_STATUS status = step(tls, host, wanted, end);
    while (status == SEC_I_CONTINUE_NEEDED || status == SEC_E_INCOMPLETE_MESSAGE) {
        const uint64_t now = system_now();
        long came;
        /* What was left over may be enough for the next step. */
        if (status == SEC_I_CONTINUE_NEEDED && tls->coded_size > 0) {
            status = step(tls, host, wanted, end);
            continue;
        }
        if (now >= end || tls->coded_size == sizeof tls->coded)
            return false;
        came = system_receive(tls->socket, SYSTEM_NO_SOCKET, tls->coded + tls->coded_size, sizeof tls->coded - tls->coded_size, (unsigned)(end - now));
        if (came < 0)
            return false;
        tls->coded_size += (size_t)came;
        if (came > 0)
            status = step(tls, host, wanted, end);
    }
    return status == SEC_E_OK;
}

/* Whether the certificate of the other side has that fingerprint. */
static bool is_known(struct ami_tls *tls, const char *fingerprint)
{
    static const char digits[] = "0123456789abcdef";
    const CERT_CONTEXT *certificate = NULL;
    HCRYPTPROV provider = 0;
    HCRYPTHASH hash = 0;
    BYTE bytes[32];
    DWORD size = sizeof bytes, i;
    bool good = QueryContextAttributesA(&tls->context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, (void *)&certificate) == SEC_E_OK && certificate != NULL;
    good = good && CryptAcquireContextA(&provider, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT) && CryptCreateHash(provider, CALG_SHA_256, 0, 0, &hash) &&
           CryptHashData(hash, certificate->pbCertEncoded, certificate->cbCertEncoded, 0) && CryptGetHashParam(hash, HP_HASHVAL, bytes, &size, 0) &&
           size == sizeof bytes && strlen(fingerprint) == 2 * sizeof bytes;
    for (i = 0; good && i < sizeof bytes; i++)
        good = fingerprint[2 * i] == digits[bytes[i] >> 4] && fingerprint[2 * i + 1] == digits[bytes[i] & 15];
    if (hash != 0)
        CryptDestroyHash(hash);
    if (provider != 0)
        CryptReleaseContext(provider, 0);
    if (certificate != NULL)
        CertFreeCertificateContext(certificate);
    return good;
}

struct ami_tls *tls_begin(system_socket socket, const char *host, const char *fingerprint, unsigned milliseconds, const char **fault)
{
    SCHANNEL_CRED wanted;
    struct ami_tls *tls = calloc(1, sizeof *tls);
    *fault = "there is no memory";
    if (tls == NULL)
        return NULL;
    tls->socket = socket;
    memset(&wanted, 0, sizeof wanted);
    wanted.dwVersion = SCHANNEL_CRED_VERSION;
    wanted.dwFlags = SCH_CRED_NO_DEFAULT_CREDS | SCH_CRED_MANUAL_CRED_VALIDATION;
    *fault = "there is no TLS on this system";
    if (AcquireCredentialsHandleA(NULL, (char *)UNISP_NAME_A, SECPKG_CRED_OUTBOUND, NULL, &wanted, NULL, NULL, &tls->credentials, NULL) != SEC_E_OK) {
        free(tls);
        return NULL;
    }
    *fault = "TLS does not come about";
    if (shake_hands(tls, host, WANTED, system_now() + milliseconds) &&
        QueryContextAttributesA(&tls->context, SECPKG_ATTR_STREAM_SIZES, &tls->sizes) == SEC_E_OK) {
        *fault = "the certificate has another fingerprint";
        if (is_known(tls, fingerprint))
            return tls;
    }
    tls_end(tls);
    return NULL;
}

bool tls_send(struct ami_tls *tls, const char *bytes, size_t size, unsigned milliseconds)
{
    char record[ROOM];
    SecBuffer all[4];
    SecBufferDesc description = {SECBUFFER_VERSION, 4, all};
    bool sent = false;
    if (size > tls->sizes.cbMaximumMessage || size + tls->sizes.cbHeader + tls->sizes.cbTrailer > sizeof record)
        return false;
    memcpy(record + tls->sizes.cbHeader, bytes, size);
    set_buffer(&all[0], SECBUFFER_STREAM_HEADER, record, tls->sizes.cbHeader);
    set_buffer(&all[1], SECBUFFER_DATA, record + tls->sizes.cbHeader, size);
    set_buffer(&all[2], SECBUFFER_STREAM_TRAILER, record + tls->sizes.cbHeader + size, tls->sizes.cbTrailer);
    set_buffer(&all[3], SECBUFFER_EMPTY, NULL, 0);
    if (EncryptMessage(&tls->context, 0, &description, 0) == SEC_E_OK)
        sent = system_send(tls->socket, record, all[0].cbBuffer + all[1].cbBuffer + all[2].cbBuffer, milliseconds);
    SecureZeroMemory(record, sizeof record);
    return sent;
}

/* Decrypts a record, if a whole one has come. \returns 1 if one has, 0 if not, -1 for the end */
static int decrypt(struct ami_tls *tls)
{
    SecBuffer all[4];
    SecBufferDesc description = {SECBUFFER_VERSION, 4, all};
    SECURITY_STATUS status;
    size_t i;
    if (tls->coded_size == 0)
        return 0;
    set_buffer(&all[0], SECBUFFER_DATA, tls->coded, tls->coded_size);
    for (i = 1; i < 4; i++)
        set_buffer(&all[i], SECBUFFER_EMPTY, NULL, 0);
    status = DecryptMessage(&tls->context, &description, 0, NULL);
    if (status == SEC_E_INCOMPLETE_MESSAGE)
        return tls->coded_size < sizeof tls->coded ? 0 : -1;
    /* No new handshake is made: the link is given up, and a new one begun. */
    if (status != SEC_E_OK)
        return -1;
    tls->plain_begin = tls->plain_end = 0;
    for (i = 0; i < 4; i++)
        if (all[i].BufferType == SECBUFFER_DATA && all[i].cbBuffer <= sizeof tls->plain) {
            memcpy(tls->plain, all[i].pvBuffer, all[i].cbBuffer);
            tls->plain_end = all[i].cbBuffer;
        }
    keep_extra(tls, all, 4);
    return 1;
}

long tls_receive(struct ami_tls *tls, system_socket waker, char *bytes, size_t size, unsigned milliseconds)
{
    size_t given;
    while (tls->plain_begin == tls->plain_end) {
        const int found = decrypt(tls);
        long came;
        if (found < 0)
            return -1;
        if (found > 0)
            continue;
        came = system_receive(tls->socket, waker, tls->coded + tls->coded_size, sizeof tls->coded - tls->coded_size, milliseconds);
        if (came <= 0)
            return came;
        tls->coded_size += (size_t)came;
    }
    given = tls->plain_end - tls->plain_begin < size ? tls->plain_end - tls->plain_begin : size;
    memcpy(bytes, tls->plain + tls->plain_begin, given);
    tls->plain_begin += given;
    return (long)given;
}

void tls_end(struct ami_tls *tls)
{
    if (tls->has_context)
        DeleteSecurityContext(&tls->context);
    FreeCredentialsHandle(&tls->credentials);
    SecureZeroMemory(tls, sizeof *tls);
    free(tls);
}

#endif
