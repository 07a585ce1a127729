/*
 * processes.c - one store and many processes on Windows: processes FOLDER COMMAND, where FOLDER has the store rights.db, made from
 * processes.toml, and COMMAND is linewarden.exe. It starts itself as readers and writers, kills writers in the middle, damages and removes
 * the image, and asks that the system refuses what would take a mapped file away. 0 only if all was as it should be.
 *
 * Every change gives carol the pickup at alice and takes it at bob, or the other way round: of one revision exactly one is a yes.
 */
#include <linewarden.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define KILLS 12
#define EACH 60
#define READERS 3
/* A limit for failures, in milliseconds. */
#define LONG 60000

static char store[600], image[600], program[600], command[600];

static void fail(const char *what, int line)
{
    printf("processes.c:%d: not so: %s (system error %lu)\n", line, what, GetLastError());
    fflush(stdout);
    ExitProcess(1);
}

#define NEED(what) ((what) ? (void)0 : fail(#what, __LINE__))

static lw_engine *opened(void)
{
    lw_error *error = NULL;
    lw_engine *engine = lw_open(store, &error);
    if (engine == NULL) {
        printf("%s\n", lw_error_message(error));
        fail("the store opens", __LINE__);
    }
    return engine;
}

/* 0: alice, 1: bob, 2: neither, 3: both. One call asks one revision. */
static int who(const lw_engine *engine)
{
    lw_party targets[] = {lw_find(engine, NULL, "alice"), lw_find(engine, NULL, "bob")};
    bool yes[2];
    lw_may_each_target(engine, lw_find(engine, NULL, "carol"), LW_CALL_PICKUP, targets, 2, yes);
    return yes[0] != yes[1] ? yes[1] : yes[0] ? 3 : 2;
}

static const char *const CHANGES[] = {
    "set relationship alice carol assistant\nset relationship bob carol employee",
    "set relationship bob carol assistant\nset relationship alice carol employee",
};

/* Makes the next change, which is the other one than that in force, and returns its revision. */
static uint64_t change(lw_engine *engine, int to)
{
    lw_error *error = NULL;
    uint64_t revision = 0;
    if (lw_apply(engine, LW_ADMINISTRATOR, NULL, CHANGES[to], &revision, &error) != LW_OK) {
        printf("%s\n", lw_error_message(error));
        fail("a change is made", __LINE__);
    }
    return revision;
}

/* A child and what it prints. */
struct child {
    HANDLE process, out;
    char line[256];
};

/* A short text is what it reads. */
static struct child start(const char *line, const char *input)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOA with = {.cb = sizeof with, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    struct child child = {0};
    char text[2600];
    HANDLE in, reads, writes;
    DWORD written;
    NEED(CreatePipe(&child.out, &in, &inherited, 0) && SetHandleInformation(child.out, HANDLE_FLAG_INHERIT, 0));
    NEED(CreatePipe(&reads, &writes, &inherited, 0) && SetHandleInformation(writes, HANDLE_FLAG_INHERIT, 0));
    NEED(input[0] == '\0' || WriteFile(writes, input, (DWORD)strlen(input), &written, NULL));
    CloseHandle(writes);
    with.hStdInput = reads;
    with.hStdOutput = with.hStdError = in;
    snprintf(text, sizeof text, "%s", line);
    NEED(CreateProcessA(NULL, text, NULL, NULL, TRUE, 0, NULL, NULL, &with, &made));
    CloseHandle(in);
    CloseHandle(reads);
    CloseHandle(made.hThread);
    child.process = made.hProcess;
    return child;
}

/* This program in another part, over the same store. */
static struct child part(const char *name)
{
    char text[2600];
    snprintf(text, sizeof text, "\"%s\" %s \"%s\"", program, name, store);
    return start(text, "");
}

/* The next line of a child; false at the end. */
static bool next(struct child *child)
{
    size_t length = 0;
    char one;
    DWORD got;
    while (length < sizeof child->line - 1 && ReadFile(child->out, &one, 1, &got, NULL) && got == 1) {
        if (one == '\n')
            break;
        if (one != '\r')
            child->line[length++] = one;
    }
    child->line[length] = '\0';
    return length > 0;
}

static DWORD ended(struct child *child)
{
    DWORD code = 0;
    while (next(child))
        printf("  %s\n", child->line);
    NEED(WaitForSingleObject(child->process, LONG) == WAIT_OBJECT_0 && GetExitCodeProcess(child->process, &code));
    CloseHandle(child->process);
    CloseHandle(child->out);
    return code;
}

static DWORD linewarden(const char *arguments, const char *input)
{
    char text[2600];
    snprintf(text, sizeof text, "\"%s\" %s", command, arguments);
    struct child child = start(text, input);
    return ended(&child);
}

/* Asks until a file `end` lies in the folder; every answer is of one revision, and revisions never go back. */
static int part_read(void)
{
    lw_engine *engine = opened();
    char end[600];
    unsigned long asked = 0;
    uint64_t last = 0, first = lw_revision(engine);
    snprintf(end, sizeof end, "%s-end", store);
    printf("open\n");
    fflush(stdout);
    while (GetFileAttributesA(end) == INVALID_FILE_ATTRIBUTES)
        for (int i = 0; i < 2000; i++, asked++) {
            uint64_t now = lw_revision(engine);
            int seen = who(engine);
            if (seen > 1 || now < last) {
                printf("answer %d at %llu after %llu\n", seen, (unsigned long long)now, (unsigned long long)last);
                return 1;
            }
            last = now;
        }
    printf("%lu answers, %llu revisions\n", asked, (unsigned long long)(last - first));
    lw_close(engine);
    return 0;
}

/* Changes without end, and says each revision when it has it. What is in force already would be no change. */
_Noreturn static void part_write(void)
{
    lw_engine *engine = opened();
    for (;;) {
        printf("kept %llu\n", (unsigned long long)change(engine, who(engine) == 0));
        fflush(stdout);
    }
}

/* Makes some changes that no other writer makes. */
static int part_some(const char *whose)
{
    lw_engine *engine = opened();
    char text[100];
    for (int i = 0; i < EACH; i++) {
        lw_error *error = NULL;
        uint64_t revision = 0;
        snprintf(text, sizeof text, "set vip %s %s", whose, i % 2 == 0 ? "yes" : "no");
        if (lw_apply(engine, LW_ADMINISTRATOR, NULL, text, &revision, &error) != LW_OK) {
            printf("%s\n", lw_error_message(error));
            return 1;
        }
        printf("kept %llu\n", (unsigned long long)revision);
        fflush(stdout);
    }
    lw_close(engine);
    return 0;
}

/* Waits for the next revision and says what carol may then. */
static int part_wait(void)
{
    lw_engine *engine = opened();
    uint64_t revision = lw_revision(engine);
    printf("open\n");
    fflush(stdout);
    bool came = lw_wait_for(engine, revision + 1, LONG);
    printf("%s %d\n", came ? "came" : "never", who(engine));
    lw_close(engine);
    return 0;
}

static uint64_t kept(const struct child *child)
{
    unsigned long long revision = 0;
    return sscanf(child->line, "kept %llu", &revision) == 1 ? revision : 0;
}

static void writers_that_are_killed(lw_engine *engine)
{
    struct child readers[READERS];
    char end[600];
    uint64_t last = 0, acknowledged = 0;
    for (int i = 0; i < READERS; i++) {
        readers[i] = part("read");
        NEED(next(&readers[i]) && strcmp(readers[i].line, "open") == 0);
    }
    for (int kill = 0; kill < KILLS; kill++) {
        struct child writer = part("write");
        for (int i = 0; i <= kill * 3; i++, acknowledged++) {
            NEED(next(&writer) && kept(&writer) > last);
            last = kept(&writer);
        }
        /* Somewhere in a change. */
        for (volatile int spin = 0; spin < kill * 200000; spin++) {
        }
        NEED(TerminateProcess(writer.process, 9));
        while (next(&writer) && kept(&writer) > 0)
            last = kept(&writer);
        NEED(WaitForSingleObject(writer.process, LONG) == WAIT_OBJECT_0);
        CloseHandle(writer.process);
        CloseHandle(writer.out);
        /* What was acknowledged is there, and the dead writer's lock keeps no one. */
        NEED(who(engine) < 2);
        uint64_t mine = change(engine, who(engine) == 0);
        NEED(mine > last);
        last = mine;
    }
    snprintf(end, sizeof end, "%s-end", store);
    HANDLE file = CreateFileA(end, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    NEED(file != INVALID_HANDLE_VALUE && CloseHandle(file));
    for (int i = 0; i < READERS; i++)
        NEED(ended(&readers[i]) == 0);
    NEED(DeleteFileA(end));
    printf("%d writers killed, %llu changes acknowledged, revision %llu\n", KILLS, (unsigned long long)acknowledged,
           (unsigned long long)last);
}

static void two_writers(lw_engine *engine)
{
    uint64_t before = lw_revision(engine);
    struct child writers[2];
    for (int i = 0; i < 2; i++)
        writers[i] = part(i == 0 ? "alice" : "bob");
    for (int i = 0; i < 2; i++) {
        uint64_t last = 0;
        for (int n = 0; n < EACH; n++) {
            NEED(next(&writers[i]) && kept(&writers[i]) > last);
            last = kept(&writers[i]);
        }
        NEED(ended(&writers[i]) == 0);
    }
    NEED(lw_revision(engine) == before + 2 * EACH);
    printf("two writers, %d changes each, in one order\n", EACH);
}

static void a_change_by_the_command(lw_engine *engine)
{
    struct child waiting[READERS];
    char text[2000];
    int to = who(engine) == 0;
    for (int i = 0; i < READERS; i++) {
        waiting[i] = part("wait");
        NEED(next(&waiting[i]) && strcmp(waiting[i].line, "open") == 0);
    }
    snprintf(text, sizeof text, "apply \"%s\"", store);
    NEED(linewarden(text, CHANGES[to]) == 0);
    for (int i = 0; i < READERS; i++) {
        NEED(next(&waiting[i]) && strcmp(waiting[i].line, to == 0 ? "came 0" : "came 1") == 0);
        NEED(ended(&waiting[i]) == 0);
    }
    NEED(who(engine) == to);
    printf("a change by linewarden.exe is in force in %d processes\n", READERS + 1);
}

/* While the store is open the system gives none of its mapped files to another program. */
static void what_is_open_stays(void)
{
    char away[700];
    const char *files[] = {store, image};
    for (int i = 0; i < 2; i++) {
        snprintf(away, sizeof away, "%s-away", files[i]);
        NEED(!DeleteFileA(files[i]));
        NEED(!MoveFileExA(files[i], away, MOVEFILE_REPLACE_EXISTING));
        HANDLE other = CreateFileA(away, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
        NEED(other != INVALID_HANDLE_VALUE && CloseHandle(other));
        NEED(!MoveFileExA(away, files[i], MOVEFILE_REPLACE_EXISTING));
        NEED(DeleteFileA(away));
    }
    HANDLE file = CreateFileA(image, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    NEED(file != INVALID_HANDLE_VALUE);
    if (SetEndOfFile(file))
        printf("this system makes a mapped file shorter: no promise is kept here\n");
    NEED(CloseHandle(file));
    printf("neither store nor image can be removed, moved or replaced while they are open\n");
}

static void write_at(long place, const void *bytes, DWORD count)
{
    DWORD written;
    HANDLE file = CreateFileA(image, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    NEED(file != INVALID_HANDLE_VALUE && SetFilePointer(file, place, NULL, FILE_BEGIN) == (DWORD)place);
    NEED(WriteFile(file, bytes, count, &written, NULL) && written == count && CloseHandle(file));
}

/* The root, in use: no answer is a yes, and the next change says so and mends it. */
static void damage_in_use(lw_engine *engine)
{
    int before = who(engine);
    uint64_t root = 0x4141414141414141;
    lw_error *error = NULL;
    write_at(16 * 8, &root, sizeof root);
    NEED(who(engine) == 2);
    NEED(lw_reload(engine, &error) == LW_ERROR_FILE && error != NULL);
    lw_error_free(error);
    NEED(lw_reload(engine, NULL) == LW_OK && who(engine) == before);
    printf("a damaged image in use answers no and is made anew\n");
}

/* No program has it open: the next one makes it anew. */
static void damage_at_rest(int expected)
{
    static char noise[4096];
    memset(noise, 0x5a, sizeof noise);
    const long places[] = {0, 16 * 8, 64 * 8, 128 * 8, 16384 * 8, 16384 * 8 + 70000};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        write_at(places[i], noise, i == 5 ? 8 : sizeof noise);
        lw_engine *engine = opened();
        NEED(who(engine) == expected);
        expected = !expected;
        change(engine, expected);
        NEED(who(engine) == expected);
        lw_close(engine);
    }
    NEED(DeleteFileA(image));
    lw_engine *engine = opened();
    NEED(who(engine) == expected);
    lw_close(engine);
    NEED(GetFileAttributesA(image) != INVALID_FILE_ATTRIBUTES);
    /* A file that everyone may write is no image; nor is a folder. */
    NEED(DeleteFileA(image) && CreateDirectoryA(image, NULL));
    lw_error *error = NULL;
    NEED(lw_open(store, &error) == NULL && strstr(lw_error_message(error), "is a folder") != NULL);
    lw_error_free(error);
    NEED(RemoveDirectoryA(image));
    printf("a damaged or removed image at rest is made anew\n");
}

int main(int argc, char **argv)
{
    NEED(lw_abi_version() == LW_ABI_VERSION);
    NEED(argc == 3 && GetModuleFileNameA(NULL, program, sizeof program) > 0);
    snprintf(store, sizeof store, "%s", argv[2]);
    if (strcmp(argv[1], "read") == 0)
        return part_read();
    if (strcmp(argv[1], "write") == 0)
        part_write();
    if (strcmp(argv[1], "alice") == 0 || strcmp(argv[1], "bob") == 0)
        return part_some(argv[1]);
    if (strcmp(argv[1], "wait") == 0)
        return part_wait();
    snprintf(store, sizeof store, "%s\\rights.db", argv[1]);
    snprintf(image, sizeof image, "%s-image", store);
    snprintf(command, sizeof command, "%s", argv[2]);
    setvbuf(stdout, NULL, _IONBF, 0);

    lw_engine *engine = opened();
    NEED(who(engine) == 0);
    a_change_by_the_command(engine);
    writers_that_are_killed(engine);
    two_writers(engine);
    what_is_open_stays();
    damage_in_use(engine);
    int last = who(engine);
    lw_close(engine);
    damage_at_rest(last);
    char text[700];
    snprintf(text, sizeof text, "verify \"%s\"", store);
    NEED(linewarden(text, "") == 0);
    return 0;
}
