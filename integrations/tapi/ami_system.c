/*
 * ami_system.c - see ami_system.h.
 */
#ifdef _WIN32
#define _WIN32_WINNT 0x0601
#else
#define _POSIX_C_SOURCE 200809L
#endif
#include "ami_system.h"

#include <string.h>

#ifdef _WIN32
#include <process.h>
#include <ws2tcpip.h>
#define SHUT_BOTH SD_BOTH
static bool would_wait(void)
{
    return WSAGetLastError() == WSAEWOULDBLOCK;
}
static bool without_waiting(system_socket socket)
{
    u_long on = 1;
    return ioctlsocket(socket, FIONBIO, &on) == 0;
}
#else
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#define SHUT_BOTH SHUT_RDWR
#define closesocket close
static bool would_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS || errno == EINTR;
}
static bool without_waiting(system_socket socket)
{
    const int flags = fcntl(socket, F_GETFL);
    /* select() takes no greater ones. */
    return socket < (int)FD_SETSIZE && flags >= 0 && fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0;
}
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

bool system_network_begin(void)
{
#ifdef _WIN32
    WSADATA data;
    return WSAStartup(MAKEWORD(2, 2), &data) == 0;
#else
    return true;
#endif
}

void system_network_end(void)
{
#ifdef _WIN32
    WSACleanup();
#endif
}

/* Waits for one of two sockets to be read, or for the first to be written to. \returns which: 1, 2 or 3 for both; 0 for none */
static int wait_for(system_socket one, system_socket other, bool writing, unsigned milliseconds)
{
    fd_set reads, writes, faults;
    struct timeval time;
    int ready;
    const bool two = other != SYSTEM_NO_SOCKET;
    const system_socket highest = two && other > one ? other : one;
    FD_ZERO(&reads);
    FD_ZERO(&writes);
    FD_ZERO(&faults);
    if (writing)
        FD_SET(one, &writes);
    else
        FD_SET(one, &reads);
    /* Windows says there that a connection was refused. */
    FD_SET(one, &faults);
    if (two)
        FD_SET(other, &reads);
    time.tv_sec = (long)(milliseconds / 1000);
    time.tv_usec = (long)(milliseconds % 1000) * 1000;
    ready = select((int)highest + 1, &reads, &writes, &faults, &time);
    if (ready <= 0)
        return 0;
    return (FD_ISSET(one, &reads) || FD_ISSET(one, &writes) || FD_ISSET(one, &faults) ? 1 : 0) | (two && FD_ISSET(other, &reads) ? 2 : 0);
}

static system_socket connected(const struct addrinfo *address, unsigned milliseconds)
{
    const system_socket made = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    int fault = 0, on = 1;
    socklen_t size = sizeof fault;
    if (made == SYSTEM_NO_SOCKET)
        return made;
    if (without_waiting(made) && (connect(made, address->ai_addr, (socklen_t)address->ai_addrlen) == 0 ||
                                  (would_wait() && wait_for(made, SYSTEM_NO_SOCKET, true, milliseconds) == 1)) &&
        getsockopt(made, SOL_SOCKET, SO_ERROR, (void *)&fault, &size) == 0 && fault == 0) {
        setsockopt(made, IPPROTO_TCP, TCP_NODELAY, (const void *)&on, sizeof on);
        return made;
    }
    closesocket(made);
    return SYSTEM_NO_SOCKET;
}

system_socket system_connect(const char *host, const char *port, unsigned milliseconds)
{
    struct addrinfo wanted, *all = NULL, *one;
    system_socket made = SYSTEM_NO_SOCKET;
    memset(&wanted, 0, sizeof wanted);
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, port, &wanted, &all) != 0)
        return SYSTEM_NO_SOCKET;
    for (one = all; one != NULL && made == SYSTEM_NO_SOCKET; one = one->ai_next)
        made = connected(one, milliseconds);
    freeaddrinfo(all);
    return made;
}

bool system_send(system_socket socket, const char *bytes, size_t size, unsigned milliseconds)
{
    const uint64_t end = system_now() + milliseconds;
    size_t sent = 0;
    while (sent < size) {
        const long now = (long)send(socket, bytes + sent, size - sent, MSG_NOSIGNAL);
        const uint64_t time = system_now();
        if (now > 0)
            sent += (size_t)now;
        else if (now == 0 || !would_wait() || time >= end)
            return false;
        else
            wait_for(socket, SYSTEM_NO_SOCKET, true, (unsigned)(end - time));
    }
    return true;
}

long system_receive(system_socket socket, system_socket waker, char *bytes, size_t size, unsigned milliseconds)
{
    const int which = wait_for(socket, waker, false, milliseconds);
    long now;
    if ((which & 2) != 0)
        system_sleep(waker, 0);
    if ((which & 1) == 0)
        return 0;
    now = (long)recv(socket, bytes, size, 0);
    return now > 0 ? now : now < 0 && would_wait() ? 0 : -1;
}

void system_close(system_socket socket)
{
    shutdown(socket, SHUT_BOTH);
    closesocket(socket);
}

system_socket system_waker(void)
{
    const system_socket made = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (made == SYSTEM_NO_SOCKET)
        return made;
    /* Connected to itself, it takes nothing from others. */
    if (without_waiting(made) && bind(made, (struct sockaddr *)&own, sizeof own) == 0 && getsockname(made, (struct sockaddr *)&own, &size) == 0 &&
        connect(made, (struct sockaddr *)&own, sizeof own) == 0)
        return made;
    closesocket(made);
    return SYSTEM_NO_SOCKET;
}

void system_wake(system_socket waker)
{
    /* Where it is full, the other thread wakes up anyway. */
    (void)!send(waker, "!", 1, MSG_NOSIGNAL);
}

void system_sleep(system_socket waker, unsigned milliseconds)
{
    char bytes[16];
    if (wait_for(waker, SYSTEM_NO_SOCKET, false, milliseconds) != 0)
        while (recv(waker, bytes, sizeof bytes, 0) > 0)
            continue;
}

uint64_t system_now(void)
{
#ifdef _WIN32
    return GetTickCount64();
#else
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
#endif
}

unsigned system_random(unsigned below)
{
    /* Two programs that lost the same PBX do not start in the same moment, nor with the same number. */
#ifdef _WIN32
    LARGE_INTEGER time;
    QueryPerformanceCounter(&time);
    const uint64_t seed = (uint64_t)time.QuadPart ^ (uint64_t)GetCurrentProcessId() << 20;
#else
    struct timespec time;
    uint64_t seed;
    clock_gettime(CLOCK_REALTIME, &time);
    seed = (uint64_t)time.tv_nsec ^ (uint64_t)getpid() << 20;
#endif
    return (unsigned)((seed * UINT64_C(0x9e3779b97f4a7c15) >> 32) % below);
}

bool system_flag(const bool *flag)
{
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

void system_flag_set(bool *flag, bool value)
{
    __atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

#ifdef _WIN32
void system_lock_take(system_lock *lock)
{
    AcquireSRWLockExclusive(lock);
}
void system_lock_leave(system_lock *lock)
{
    ReleaseSRWLockExclusive(lock);
}
static unsigned __stdcall run(void *work)
{
    ((void (*)(void))work)();
    return 0;
}
bool system_thread_begin(system_thread *thread, void (*work)(void))
{
    *thread = (HANDLE)_beginthreadex(NULL, 0, run, (void *)work, 0, NULL);
    return *thread != NULL;
}
void system_thread_end(system_thread thread)
{
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}
#else
void system_lock_take(system_lock *lock)
{
    pthread_mutex_lock(lock);
}
void system_lock_leave(system_lock *lock)
{
    pthread_mutex_unlock(lock);
}
static void (*work_of_thread)(void);
static void *run(void *nothing)
{
    (void)nothing;
    work_of_thread();
    return NULL;
}
bool system_thread_begin(system_thread *thread, void (*work)(void))
{
    /* C has no pointer that holds a function, and a link has one thread. */
    work_of_thread = work;
    return pthread_create(thread, NULL, run, NULL) == 0;
}
void system_thread_end(system_thread thread)
{
    pthread_join(thread, NULL);
}
#endif
