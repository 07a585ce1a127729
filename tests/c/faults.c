/*
 * Preloaded into a program: lets the disk fail. Calls on files whose path holds FAULT_NAME are counted; the one of number
 * FAULT_NTH fails with the errno FAULT_ERRNO, and all after it too if FAULT_EVER is set.
 *
 * FAULT_CALL: "write" (a write that fails leaves half of its bytes behind), "read", "sync". Says on standard error when it fails.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned long count;

static int fails(const char *call, int fd) {
    const char *wanted = getenv("FAULT_CALL"), *name = getenv("FAULT_NAME");
    char link[64], path[4096];
    ssize_t length;
    unsigned long nth;
    if (!wanted || !name || strcmp(wanted, call) != 0) {
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0) {
        return 0;
    }
    path[length] = 0;
    if (!strstr(path, name)) {
        return 0;
    }
    nth = strtoul(getenv("FAULT_NTH"), NULL, 10);
    count++;
    if (count < nth || (count > nth && !getenv("FAULT_EVER"))) {
        return 0;
    }
    dprintf(2, "fault: %s %s\n", call, path);
    errno = atoi(getenv("FAULT_ERRNO"));
    return 1;
}

/* The function that this one stands before. */
#define REAL(type, name, ...)                                                                                                  \
    static type (*real)(__VA_ARGS__);                                                                                          \
    if (!real) {                                                                                                               \
        *(void **)&real = dlsym(RTLD_NEXT, name);                                                                              \
    }

ssize_t write(int fd, const void *bytes, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t)
    if (fails("write", fd)) {
        int error = errno;
        ssize_t half = real(fd, bytes, size / 2);
        (void)half;
        errno = error;
        return -1;
    }
    return real(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)
    return fails("write", fd) ? -1 : real(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)
    return fails("write", fd) ? -1 : real(fd, bytes, size, at);
}

ssize_t read(int fd, void *bytes, size_t size) {
    REAL(ssize_t, "read", int, void *, size_t)
    return fails("read", fd) ? -1 : real(fd, bytes, size);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t at) {
    REAL(ssize_t, "pread", int, void *, size_t, off_t)
    return fails("read", fd) ? -1 : real(fd, bytes, size, at);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t at) {
    REAL(ssize_t, "pread64", int, void *, size_t, off64_t)
    return fails("read", fd) ? -1 : real(fd, bytes, size, at);
}

int fsync(int fd) {
    REAL(int, "fsync", int)
    return fails("sync", fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
    REAL(int, "fdatasync", int)
    return fails("sync", fd) ? -1 : real(fd);
}
