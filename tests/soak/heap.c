/*
 * Loaded into Asterisk by soak.py and memory.py: writes every five seconds what malloc() has given out and not been given back, to LW_HEAP.<pid>.
 * What a process has of the system (RSS) grows by holes between small things as well; this does not.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void *write_down(void *unused)
{
	char path[4096];
	FILE *file;

	(void) unused;
	snprintf(path, sizeof(path), "%s.%d", getenv("LW_HEAP"), getpid());
	if (!(file = fopen(path, "w"))) {
		return NULL;
	}
	for (;;) {
		struct timespec now;
		struct mallinfo2 heap = mallinfo2();

		clock_gettime(CLOCK_MONOTONIC, &now);
		fprintf(file, "%ld %zu\n", (long) now.tv_sec, heap.uordblks + heap.hblkhd);
		fflush(file);
		sleep(5);
	}
}

__attribute__((constructor)) static void begin(void)
{
	pthread_t thread;

	if (getenv("LW_HEAP")) {
		pthread_create(&thread, NULL, write_down, NULL);
	}
}
