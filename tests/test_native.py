"""The compiled module against its stub, its headers and the numbers in Python."""

from __future__ import annotations

import ast
import enum
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import winras
from winras import _enums, _native
from winras._ras import ffi, lib
from winras.testing import Simulator

ROOT = Path(__file__).parents[1]
RAS_H = (ROOT / "src/native/ras/ras.h").read_text(encoding="utf-8")
ERRORS_H = (ROOT / "src/native/errors.h").read_text(encoding="utf-8")
ERRORS = {
    int(code, 0): (name, text)
    for name, code, text in re.findall(r'\b(?:X|HIDDEN)\((\w+), (\w+), "(.*)"\)', ERRORS_H)
}


def test_every_type_and_constant_of_the_cdef_is_real() -> None:
    # cffi compares with the compiled C on first use only.
    for name in dir(lib):
        getattr(lib, name)
    for names in ffi.list_types():
        for name in names:
            if name not in {
                "winras_claim",
                "winras_group",
                "winras_leaving",
                "winras_operation",
            }:  # opaque
                assert ffi.sizeof(name) > 0


def test_the_stub_has_exactly_the_names_of_the_compiled_module() -> None:
    stub = ast.parse((ROOT / "src/winras/_ras.pyi").read_text(encoding="utf-8"))
    [declared] = [n for n in stub.body if isinstance(n, ast.ClassDef) and n.name == "_Lib"]
    names = {
        item.target.id
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        else item.name
        for item in declared.body
        if isinstance(item, ast.AnnAssign | ast.FunctionDef)
    }
    assert names == set(dir(lib)), "build_ras.py reads a declaration otherwise than cffi does"


MESSAGES_C = (ROOT / "src/native/simulator/messages.c").read_text(encoding="utf-8")


def declared(kind: str, argument: str) -> str:
    return {"TEXT": f"char16_t[{argument}]", "BYTES": f"uint8_t[{argument}]"}.get(kind, argument)


@pytest.mark.parametrize("name", re.findall(r"#define FIELDS_(\w+)", MESSAGES_C))
def test_every_member_of_a_structure_of_the_cdef_is_in_messages(name: str) -> None:
    """One that was forgotten would be lost on the way to a service in another process."""
    [fields] = re.findall(rf"#define FIELDS_{name}\(FIELD\)((?:.*\\\n)+.*)", MESSAGES_C)
    written = [
        (member, declared(kind, argument))
        for kind, argument, member in re.findall(r"FIELD\((\w+), (\w+), ([\w\[\]]+)\)", fields)
    ]
    members = []
    for member, field in ffi.typeof(name).fields:
        if field.type.kind == "array" and field.type.item.kind == "struct":
            each = (f"{member}[{number}]" for number in range(field.type.length))
            members += [(element, field.type.item.cname) for element in each]
        else:
            members.append((member, field.type.cname))
    assert written == members


def native_enum(prefix: str) -> dict[str, int]:
    base = {"RASCS_PAUSED": 0x1000, "RASCS_DONE": 0x2000}
    found = re.findall(rf"\b{prefix}(\w+)(?: = |\s+)((?:\w+ \+ )?\w+)", RAS_H)
    return {
        name: sum(base[part] if part in base else int(part, 0) for part in value.split(" + "))
        for name, value in found
        if prefix + name not in base
    }


@pytest.mark.parametrize(
    ("prefix", "members"),
    [
        ("RASCS_", _enums.ConnectionState),
        ("RASCSS_", _enums.ConnectionSubstate),
        ("RASCF_", _enums.ConnectionFlags),
    ],
)
def test_the_enums_are_those_of_the_header(prefix: str, members: type[enum.IntEnum]) -> None:
    ours = {name.removesuffix("_"): int(value) for name, value in members.__members__.items()}
    assert ours == native_enum(prefix)


def test_an_unknown_number_is_a_member_too() -> None:
    state = winras.ConnectionState(4711)
    assert state.name == "Unknown(4711)"
    assert state == 4711
    assert winras.ConnectionState(4711) is state
    assert pickle.loads(pickle.dumps(state)) is state  # noqa: S301
    assert "Unknown(4711)" not in winras.ConnectionState.__members__
    assert winras.ConnectionFlags(0x80000001) == 0x80000001
    with pytest.raises(ValueError):
        winras.ConnectionState("Connected")


def test_every_number_of_raserror_h_has_a_name_and_a_text() -> None:
    assert set(range(600, 879)) <= set(ERRORS)
    with Simulator():  # Windows has texts of its own
        for code, (name, text) in ERRORS.items():
            assert _native.error_name(code) == name
            assert _native.error_message(code) == text
            assert text.endswith(".")
            assert text.isascii()


def test_every_number_of_ike_has_a_name_and_a_text() -> None:
    assert set(range(13800, 13910)) <= set(ERRORS)


def test_names_that_newer_headers_hide_are_there() -> None:
    assert _native.error_name(730) == "ERROR_PROJECTION_NOT_COMPLETE"
    assert _native.error_name(819) == "ERROR_RASQEC_NAPAGENT_NOT_ENABLED"


def test_no_name_or_number_is_there_twice() -> None:
    rows = re.findall(r"\b(?:X|HIDDEN)\((\w+), (\w+), ", ERRORS_H)
    assert len({name for name, _ in rows}) == len({int(code, 0) for _, code in rows}) == len(rows)


def test_an_unknown_number_has_no_name_but_a_message() -> None:
    assert _native.error_name(4711) == ""
    assert _native.error_message(4711)
    assert _native.error_message(-1)
    assert str(_native.error(4711, "RasDial")) == f"4711: {_native.error_message(4711)}"


def test_a_message_comes_from_ras_and_else_from_us(ras: winras.testing.Simulator) -> None:
    _native.error_message(691)
    assert ras.calls("RasGetErrorString") == 1
    ras.fail("RasGetErrorString", 1)
    assert _native.error_message(691) == ERRORS[691][1]


def test_a_blank_message_is_none(ras: winras.testing.Simulator) -> None:
    ras.quirks.add("message-blank")
    assert _native.error_message(691) == ERRORS[691][1]
    ras.quirks.add("message-line-end")
    assert _native.error_message(691) == ERRORS[691][1]
    assert _native.error(691, "RasDial").message == ERRORS[691][1]


def test_the_end_of_a_message_is_cut_off(ras: winras.testing.Simulator) -> None:
    ras.quirks.add("message-line-end")
    assert _native.error_message(691) == ERRORS[691][1]


def test_an_hresult_of_facility_win32_is_what_its_low_word_is() -> None:
    plain, wrapped = (_native.error(code, "RasDial") for code in (691, 0x800702B3))
    assert isinstance(wrapped, winras.AuthenticationError)
    assert wrapped.code == 0x800702B3
    for field in ("name", "message", "hint", "function"):
        assert getattr(wrapped, field) == getattr(plain, field) != ""
    assert pickle.loads(pickle.dumps(wrapped)).code == 0x800702B3  # noqa: S301
    assert _native.error_name(0x80070000 + 4711) == ""


@pytest.mark.parametrize("code", [0x000702B3, 0x800602B3, 0x800802B3, 0xC00702B3])
def test_other_numbers_with_that_low_word_are_not(code: int) -> None:
    assert _native.error_name(code) == ""
    assert type(_native.error(code, "RasDial")) is winras.RasError


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        (6, (winras.NotConnectedError,)),
        (668, (winras.NotConnectedError,)),
        (623, (winras.EntryNotFoundError, LookupError)),
        (691, (winras.AuthenticationError, PermissionError)),
        (0x80420111, (winras.AuthenticationError, PermissionError)),
        (0x80420112, (winras.AuthenticationError, PermissionError)),
        (0x80070006, (winras.NotConnectedError,)),
        (1460, (winras.RasTimeoutError, TimeoutError)),
        (120, (winras.RasUnavailableError,)),
        (126, (winras.RasUnavailableError,)),
        (127, (winras.RasUnavailableError,)),
        (753, (winras.RasError,)),
    ],
)
def test_an_error_is_what_the_caller_would_do(
    code: int, kinds: tuple[type[BaseException], ...]
) -> None:
    error = _native.error(code, "RasHangUp")
    for kind in (*kinds, winras.RasError, OSError):
        assert isinstance(error, kind)
    assert (error.code, error.function) == (code, "RasHangUp")
    assert error.errno is None
    hexadecimal = f" (0x{code:08X})" if code >= 0x80000000 else ""
    assert str(error) == f"{code} {error.name}: {error.message}{hexadecimal}"


def test_errors_can_be_pickled() -> None:
    for kind in vars(winras.exceptions).values():
        if isinstance(kind, type) and issubclass(kind, winras.RasError):
            error = kind(668, "ERROR_NO_CONNECTION", "no connection", "RasHangUp")
            copy = pickle.loads(pickle.dumps(error))  # noqa: S301
            assert type(copy) is kind
            assert (copy.code, copy.name, copy.message, copy.function) == (
                668,
                "ERROR_NO_CONNECTION",
                "no connection",
                "RasHangUp",
            )
            assert str(copy) == str(error)


def test_without_its_compiled_module_the_import_says_why() -> None:
    """As in a sub-interpreter of Python 3.12 and later, which refuses it."""
    script = """
import sys
class Refusing:
    def find_spec(self, name, path, target=None):
        if name == "winras._ras":
            raise ImportError(f"module {name} does not support loading in subinterpreters")
sys.meta_path.insert(0, Refusing())
try:
    import winras
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "does not support loading in subinterpreters" in done.stdout
    assert "Import winras in the main interpreter" in done.stdout
