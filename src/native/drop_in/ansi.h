/* Texts of A forms, in the code page, and their twins of the W forms. */
#ifndef WINRAS_DROP_IN_ANSI_H
#define WINRAS_DROP_IN_ANSI_H

#include <stddef.h>
#include <string.h>

#include <windows.h>

#include <ras.h>

#include "layouts.h"

/* Up to the last member that a WINVER has, padded to 4. */
#define UP_TO(type, member) ((offsetof(type, member) + sizeof(((type *)NULL)->member) + 3) / 4 * 4)

/* What the code page lacks becomes its default character; what does not fit is cut. No text of
 * RAS is longer than RAS_MaxReplyMessage, and no code page has more than 4 bytes for 16 bits. */
static inline void to_ansi(CHAR *narrow, size_t room, const char16_t *wide) {
    CHAR whole[4 * RAS_MaxReplyMessage] = {0};

    WideCharToMultiByte(CP_ACP, 0, (LPCWCH)wide, -1, whole, (int)sizeof(whole), NULL, NULL);
    memset(narrow, 0, room);
    memcpy(narrow, whole, room - 1 < sizeof(whole) ? room - 1 : sizeof(whole));
}

#define TO_ANSI(narrow, wide) to_ansi((narrow), sizeof(narrow), (wide))

/* A text that is not given is empty. What does not fit is cut; no code page has less than a byte for 16 bits. */
static inline void to_wide(WCHAR *wide, size_t room, const CHAR *narrow) {
    memset(wide, 0, room * sizeof(*wide));
    if (!narrow) {
        return;
    }
    MultiByteToWideChar(CP_ACP, 0, narrow, (int)strnlen(narrow, room - 1), wide, (int)room - 1);
}

#define TO_WIDE(wide, narrow) to_wide((wide), COUNT(wide), (narrow))

#endif
