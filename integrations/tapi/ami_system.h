/*
 * ami_system.h - what the link needs of the system: a connection with deadlines, a thread, a lock, a clock. The only file of the link
 * that knows whether it is Windows.
 *
 * Nothing here waits without an end.
 */
#ifndef LINEWARDEN_AMI_SYSTEM_H
#define LINEWARDEN_AMI_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#include <winsock2.h>
#include <windows.h>
typedef SOCKET system_socket;
typedef SRWLOCK system_lock;
typedef HANDLE system_thread;
#define SYSTEM_NO_SOCKET INVALID_SOCKET
#define SYSTEM_LOCK SRWLOCK_INIT
#else
#include <pthread.h>
typedef int system_socket;
typedef pthread_mutex_t system_lock;
typedef pthread_t system_thread;
#define SYSTEM_NO_SOCKET (-1)
#define SYSTEM_LOCK PTHREAD_MUTEX_INITIALIZER
#endif

/** Before and after everything else of the network. */
bool system_network_begin(void);
void system_network_end(void);

/** A connection to the first address of the host that takes one within the time, in milliseconds; else SYSTEM_NO_SOCKET. */
system_socket system_connect(const char *host, const char *port, unsigned milliseconds);
/** Sends all of it within the time, or fails. */
bool system_send(system_socket socket, const char *bytes, size_t size, unsigned milliseconds);
/**
 * Waits for bytes, a wake-up or the end of the time. \returns how many bytes; 0 for none, -1 where the connection has ended
 */
long system_receive(system_socket socket, system_socket waker, char *bytes, size_t size, unsigned milliseconds);
void system_close(system_socket socket);

/** What ends a wait of another thread: a socket that sends to itself. */
system_socket system_waker(void);
void system_wake(system_socket waker);
/** Waits for a wake-up or the end of the time. */
void system_sleep(system_socket waker, unsigned milliseconds);

/** Milliseconds that only grow. */
uint64_t system_now(void);
/** A number below that, for times that no two programs should share; nothing secret hangs on it. */
unsigned system_random(unsigned below);

/** A flag that other threads read while it is set. */
bool system_flag(const bool *flag);
void system_flag_set(bool *flag, bool value);

void system_lock_take(system_lock *lock);
void system_lock_leave(system_lock *lock);
bool system_thread_begin(system_thread *thread, void (*work)(void));
void system_thread_end(system_thread thread);

#endif
