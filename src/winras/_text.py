"""Text as a terminal can take it.

The names of entries and devices, and the paths of phone books, are whatever a program has given
Windows. What they have of control characters would repaint a terminal or begin a line of their own.
"""

from __future__ import annotations

import unicodedata

# Control and format, with the overrides of writing direction; separators of lines; surrogates.
_HIDDEN = ("Cc", "Cf", "Zl", "Zp", "Cs")

_ELLIPSIS = "..."  # every code page has it


def shown(text: str) -> str:
    r"""The text in one line, with what has no picture escaped: ``\x1b``, ``\u202e``.

    A backslash stays, so that paths can be read and copied, and a text that is shown already stays
    what it is. Where the difference counts, use a repr or JSON.
    """
    if text.isprintable():
        return text
    return "".join(_escape(c) if unicodedata.category(c) in _HIDDEN else c for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def width(text: str) -> int:
    """How many columns of a terminal a text takes that has nothing to escape."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    # Combining marks, and the vowels and finals of Hangul's syllables, share their base's column.
    if unicodedata.category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, columns: int) -> str:
    """The text, or as much of its beginning as fits so many columns, and an ellipsis."""
    if width(text) <= columns:
        return text
    ellipsis = _ELLIPSIS[:columns]
    room = columns - len(ellipsis)
    kept = 0
    for character in text:
        room -= _columns(character)
        if room < 0:
            break
        kept += 1
    return text[:kept] + ellipsis


def pad(text: str, columns: int) -> str:
    """The text with spaces up to so many columns."""
    return text + " " * (columns - width(text))
