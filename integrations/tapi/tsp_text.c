/*
 * tsp_text.c - TSPI passes UTF-16, linewarden and the switch take UTF-8: a text that is no valid UTF-16 is refused, never repaired.
 */
#include "tsp.h"

#include <stdio.h>
#include <string.h>

bool utf8(LPCWSTR wide, int length, char *text, int size)
{
    const int written = length > 0 ? WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, length, text, size - 1, NULL, NULL) : 0;
    text[written > 0 ? written : 0] = '\0';
    return length == 0 || (written > 0 && strlen(text) == (size_t)written);
}

bool utf8_text(LPCWSTR wide, char *text, int size)
{
    return wide != NULL && utf8(wide, lstrlenW(wide), text, size);
}

void append_text(const char *text, void *structure, DWORD total, DWORD *needed, DWORD *used, DWORD *size, DWORD *offset)
{
    const int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    const DWORD bytes = (DWORD)length * sizeof(WCHAR);
    *needed += bytes;
    if (length <= 0 || *needed > total)
        return;
    MultiByteToWideChar(CP_UTF8, 0, text, -1, (LPWSTR)((BYTE *)structure + *used), length);
    *offset = *used;
    *size = bytes;
    *used += bytes;
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
