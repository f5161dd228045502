"""The numbers and names of errors are those of headers for Windows, which zig carries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from test_native import ERRORS

pytestmark = pytest.mark.usefixtures("_tools")


def defined(header: str, pattern: str) -> dict[str, int]:
    """The numbers that a header of zig's gives to the names that match."""
    zig = pytest.importorskip("ziglang")
    path = Path(zig.__file__).parent / "lib/libc/include/any-windows-any" / header
    text = path.read_text(encoding="utf-8", errors="replace")
    found = re.findall(rf"#define ({pattern})\s+(?:[A-Z_]+\()?(0x[0-9A-Fa-f]{{8}}|\d+)\b", text)
    return {name: int(code, 0) for name, code in found}


def test_names_and_numbers_are_those_of_winerror_h() -> None:
    numbers = defined("winerror.h", r"(?:CERT_E|CRYPT_E|ERROR|RPC_S|SEC_E|TRUST_E)_\w+")
    ours = {name: code for code, (name, _) in ERRORS.items()}
    assert len(numbers.keys() & ours.keys()) > 200
    assert {name: code for name, code in ours.items() if numbers.get(name, code) != code} == {}
    whole = re.compile(r"ERROR_IPSEC_(IKE|KEY)_|(CERT|SEC|TRUST)_E_")
    assert {name for name in numbers.keys() - ours.keys() if whole.match(name)} == set()


def test_names_are_those_of_eaphosterror_h_and_numbers_too_but_for_the_severity() -> None:
    # MinGW's header has the severity of a warning where Microsoft's page has that of an error, and
    # the page has EAP_E_CERT_STORE_INACCESSIBLE with the number of the constant behind it.
    ours = {name: code for code, (name, _) in ERRORS.items()}
    for name, code in defined("eaphosterror.h", r"EAP_[EI]_\w+").items():
        if not name.endswith(("_FIRST", "_LAST", "_INACCESSIBLE")):
            assert ours[name] | 0xC0000000 == code | 0xC0000000, name
