/*
 * tsp_text.c - TSPI passes UTF-16, linewarden and the switch take UTF-8: a text that is no valid UTF-16 is refused, never repaired.
 */
#include "tsp.h"

#include <stdio.h>
#include <string.h>

bool utf8(LPCWSTR wide, int length, char *text, int size)
{
    /* Room for no byte would ask how much is needed. */
    const int written = length > 0 && size > 1 ? WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, length, text, size - 1, NULL, NULL) : 0;
    text[written > 0 ? written : 0] = '\0';
    return length == 0 || (written > 0 && strlen(text) == (size_t)written);
}

bool utf8_text(LPCWSTR wide, char *text, int size)
{
    return wide != NULL && utf8(wide, lstrlenW(wide), text, size);
}

/* What TAPI gives to be filled begins with these sizes. */
enum { TOTAL, NEEDED, USED };

bool emptied(void *structure, DWORD fixed)
{
    DWORD *const sizes = structure;
    const DWORD total = sizes[TOTAL];
    if (total < fixed)
        return false;
    memset(structure, 0, fixed);
    sizes[TOTAL] = total;
    sizes[NEEDED] = sizes[USED] = fixed;
    return true;
}

void append_text(const char *text, void *structure, DWORD *size, DWORD *offset)
{
    DWORD *const sizes = structure;
    const int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    const DWORD bytes = (DWORD)length * sizeof(WCHAR);
    sizes[NEEDED] += bytes;
    if (length <= 0 || sizes[NEEDED] > sizes[TOTAL])
        return;
    MultiByteToWideChar(CP_UTF8, 0, text, -1, (LPWSTR)((BYTE *)structure + sizes[USED]), length);
    *offset = sizes[USED];
    *size = bytes;
    sizes[USED] += bytes;
}

LONG forward_destination(const LINEFORWARDLIST *list, char destination[LONGEST])
{
    WCHAR wide[LONGEST];
    const LINEFORWARD *entry;
    int length;
    destination[0] = '\0';
    if (list == NULL || list->dwNumEntries == 0)
        return 0;
    if (list->dwNumEntries > 1)
        return LINEERR_INVALPARAM;
    if (list->dwTotalSize < sizeof *list)
        return LINEERR_STRUCTURETOOSMALL;
    entry = &list->ForwardList[0];
    const DWORD size = entry->dwDestAddressSize, offset = entry->dwDestAddressOffset;
    if (offset > list->dwTotalSize || size > list->dwTotalSize - offset)
        return LINEERR_STRUCTURETOOSMALL;
    if (size % sizeof(WCHAR) != 0 || size == 0 || size > sizeof wide)
        return LINEERR_INVALADDRESS;
    memcpy(wide, (const BYTE *)list + offset, size);
    length = (int)(size / sizeof(WCHAR));
    /* The size may count a NUL at the end. */
    if (wide[length - 1] == L'\0')
        length--;
    return length > 0 && utf8(wide, length, destination, LONGEST) ? 0 : LINEERR_INVALADDRESS;
}

void log_text(const char *text)
{
    WCHAR path[LONGEST];
    const DWORD length = GetEnvironmentVariableW(L"LINEWARDEN_LOG", path, LONGEST);
    FILE *file = length > 0 && length < LONGEST ? _wfopen(path, L"a") : NULL;
    if (file != NULL) {
        fprintf(file, "linewarden: %s\n", text);
        fclose(file);
    }
    OutputDebugStringA(text);
}
