/*
 * text_fuzz.c - texts and structures from a hostile application: UTF-16 of any kind, sizes and offsets of any kind.
 *
 * `text_fuzz RUNS [SEED]` makes up its input, the same for the same seed. Each block ends where its page does, so that a read or a
 * write behind it ends the program.
 */
#include "../tsp.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(condition) \
    do { \
        if (!(condition)) { \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

enum { PAGE = 4096 };

static uint64_t state;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % below;
}

/* A page that is followed by one without any access. */
static BYTE *guarded(void)
{
    BYTE *const pages = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD before;
    HOLDS(pages != NULL && VirtualProtect(pages + PAGE, PAGE, PAGE_NOACCESS, &before));
    return pages;
}

static WCHAR unit(void)
{
    static const WCHAR odd[] = {0, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xfffe, 0xffff, 0xfeff, 0x202e, 0xe4, 0x20ac, '*', '#', '@', '"'};
    switch (draw(4)) {
    case 0: return odd[draw(sizeof odd / sizeof *odd)];
    case 1: return (WCHAR)draw(0x10000);
    default: return (WCHAR)('0' + draw(10));
    }
}

/* What is taken is UTF-8 without a NUL inside, and the same text. */
static void check_text(const WCHAR *wide, int length, const char *text, bool good, int size)
{
    WCHAR again[PAGE];
    const int count = (int)strlen(text);
    HOLDS(count < size);
    if (!good)
        return;
    const int back = count > 0 ? MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, count, again, PAGE) : 0;
    HOLDS(back == length && memcmp(again, wide, (size_t)length * sizeof *wide) == 0);
}

static unsigned long taken_texts, lists_taken;

static void texts(BYTE *page, BYTE *room)
{
    const int length = (int)draw(draw(8) == 0 ? 600 : 40), size = 1 + (int)draw(draw(4) == 0 ? 8 : LONGEST);
    WCHAR *const wide = (WCHAR *)(page + PAGE) - length - 1;
    char *const text = (char *)room + PAGE - size;
    for (int i = 0; i < length; i++)
        wide[i] = unit();
    wide[length] = 0;
    const bool good = utf8(wide, length, text, size);
    check_text(wide, length, text, good, size);
    taken_texts += good && length > 0;
    check_text(wide, lstrlenW(wide), text, utf8_text(wide, text, size), size);
    HOLDS(!utf8_text(NULL, text, size));
}

/* A structure of TAPI's, of any size, and texts appended to it. */
static void structures(BYTE *room)
{
    static const char *const told[] = {"", "130", "Z\xc3\xb6\xc3\xab", "sip:bob@partner.example", "x\xf0\x9f\x93\x9e"};
    const DWORD fixed = sizeof(LINEADDRESSSTATUS), total = draw(3) == 0 ? draw(fixed) : fixed + draw(120);
    /* Its first four bytes must be there to say its size. */
    const DWORD held = total < sizeof(DWORD) ? sizeof(DWORD) : total;
    LINEADDRESSSTATUS *const status = (LINEADDRESSSTATUS *)(room + PAGE - held);
    memset(status, 0xa5, held);
    memcpy(status, &total, sizeof total);
    if (!emptied(status, fixed)) {
        HOLDS(total < fixed);
        return;
    }
    HOLDS(total >= fixed);
    for (uint32_t i = draw(5); i > 0; i--) {
        DWORD sizes[3], size = 77, offset = 77;
        append_text(told[draw(5)], status, &size, &offset);
        memcpy(sizes, status, sizeof sizes);
        HOLDS(sizes[0] == total && sizes[2] <= total && sizes[2] <= sizes[1]);
        HOLDS(size == 77 || (offset >= fixed && offset + size == sizes[2]));
    }
}

/* A list of forwardings that says anything of itself. */
static void lists(BYTE *page, BYTE *room)
{
    const DWORD total = sizeof(LINEFORWARDLIST) + draw(80), claimed = draw(4) == 0 ? draw(4096) : total;
    const DWORD held = claimed > total ? claimed : total;
    LINEFORWARDLIST *const list = (LINEFORWARDLIST *)(page + PAGE - (held > PAGE ? PAGE : held));
    char *const destination = (char *)room + PAGE - LONGEST;
    WCHAR *wide;
    memset(list, 0, held);
    list->dwTotalSize = claimed;
    list->dwNumEntries = draw(8) == 0 ? draw(3) : 1;
    LINEFORWARD *const entry = &list->ForwardList[0];
    entry->dwDestAddressOffset = draw(4) == 0 ? draw(0xffffffff) : (DWORD)sizeof *list;
    entry->dwDestAddressSize = draw(4) == 0 ? draw(0xffffffff) : 2 * draw(40);
    wide = (WCHAR *)(list + 1);
    for (DWORD i = 0; i < (total - sizeof *list) / 2; i++)
        wide[i] = unit();
    if (forward_destination(list, destination) == 0) {
        HOLDS(strlen(destination) < LONGEST && (list->dwNumEntries == 0 || destination[0] != '\0'));
        lists_taken += list->dwNumEntries == 1;
    }
    HOLDS(forward_destination(NULL, destination) == 0 && destination[0] == '\0');
}

int main(int argc, char **argv)
{
    const long runs = argc > 1 ? atol(argv[1]) : 10000;
    BYTE *const page = guarded(), *const room = guarded();
    state = argc > 2 ? (uint64_t)atoll(argv[2]) : 20261127;
    for (long run = 0; run < runs; run++) {
        texts(page, room);
        structures(room);
        lists(page, room);
    }
    HOLDS(taken_texts > (unsigned long)runs / 100 && lists_taken > (unsigned long)runs / 100);
    printf("texts: %ld runs, %lu texts and %lu lists taken\n", runs, taken_texts, lists_taken);
    return 0;
}
