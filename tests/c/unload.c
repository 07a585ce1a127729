/*
 * As a PBX loads and unloads its modules: dlopen, use, dlclose, again and again, with a thread that ends only after the dlclose. Not
 * linked against the library. argv[1] is the library, argv[2] acme.toml.
 */
#include "linewarden.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define NEED(what)                                                             \
    do {                                                                       \
        if (!(what)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what); \
            return 1;                                                          \
        }                                                                      \
    } while (0)

/* Data pointer to function pointer, the way POSIX asks for it. */
#define LOAD(name) (*(void **)&name = dlsym(library, #name))

static lw_engine *(*open_engine)(const char *, lw_error **);
static bool (*may_named)(const lw_engine *, const char *, const char *, const char *, const char *);
static const lw_engine *shared;
static pthread_barrier_t asked, unloaded;

static void *ask(void *unused)
{
    (void)unused;
    bool yes = may_named(shared, NULL, "alice", "call.pickup", "bob");
    pthread_barrier_wait(&asked);
    pthread_barrier_wait(&unloaded);
    return yes ? &shared : NULL; /* Its thread locals end here, with the library closed. */
}

int main(int argc, char **argv)
{
    NEED(argc == 3);
    for (int round = 0; round < 5; round++) {
        void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL)
            fprintf(stderr, "%s\n", dlerror());
        NEED(library != NULL);
        void (*lw_close)(lw_engine *);
        uint32_t (*lw_abi_version)(void);
        NEED((*(void **)&open_engine = dlsym(library, "lw_open")) != NULL);
        NEED((*(void **)&may_named = dlsym(library, "lw_may_named")) != NULL);
        NEED(LOAD(lw_close) != NULL && LOAD(lw_abi_version) != NULL);
        NEED(lw_abi_version() == LW_ABI_VERSION);
        lw_engine *engine = open_engine(argv[2], NULL);
        NEED(engine != NULL);
        NEED(may_named(engine, NULL, "alice", "call.pickup", "bob"));
        shared = engine;
        pthread_t thread;
        NEED(pthread_barrier_init(&asked, NULL, 2) == 0 && pthread_barrier_init(&unloaded, NULL, 2) == 0);
        NEED(pthread_create(&thread, NULL, ask, NULL) == 0);
        pthread_barrier_wait(&asked);
        lw_close(engine);
        NEED(dlclose(library) == 0);
        NEED(lw_abi_version() == LW_ABI_VERSION); /* Still mapped: -z nodelete. */
        pthread_barrier_wait(&unloaded);
        void *yes = NULL;
        NEED(pthread_join(thread, &yes) == 0 && yes != NULL);
        pthread_barrier_destroy(&asked);
        pthread_barrier_destroy(&unloaded);
    }
    return 0;
}
