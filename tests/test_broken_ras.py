"""Above a rasapi32.dll that answers anything: a typed error or a sane value, whatever it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import winras
from winras import _native
from winras._native import ffi, lib
from winras.testing import Simulator

ROOT = Path(__file__).resolve().parents[1]
NATIVE = ROOT / "src" / "native"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="made on Linux")
def test_inputs_that_once_broke_the_shim_do_so_no_more(tmp_path: Path) -> None:
    if not shutil.which("gcc"):
        pytest.skip("needs gcc")
    program = tmp_path / "fuzz"
    # What is preloaded does not go with the sanitizers of this program.
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    sources = [path for folder in ("", "shim", "posix") for path in (NATIVE / folder).glob("*.c")]
    sanitized = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    headers = [f"-I{NATIVE / folder}" for folder in ("", "ras", "posix")]
    subprocess.run(
        [
            *("gcc", "-std=c11", "-O1", "-g", *sanitized, *headers, "-o", program),
            *(*sources, ROOT / "tests/native/fuzz.c", "-lpthread"),
        ],
        check=True,
        env=environment,
    )
    corpus = sorted((ROOT / "tests/native/corpus").iterdir())
    assert corpus
    done = subprocess.run(
        [program, *corpus], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout[-200:] + done.stderr[:2000]
    assert done.stdout.endswith(f"fuzz: {len(corpus)} files\n")


# ---- Python above the shim ----

#: What RAS may answer. The shim's own numbers are not among it: the C above sees to that.
CODES = st.sampled_from([*[0] * 20, 6, 50, 87, 259, 618, 623, 632, 668, 730, 2**31, 2**32 - 1])
#: What structures are full of, where something else is written over it, and what.
FILLINGS = st.sampled_from([b"\0", b"\xff", b"A", b"\0\xd8", b"\x1b"])
PATCHES = st.lists(st.tuples(st.integers(0, 2**13), st.binary(min_size=1, max_size=24)), max_size=6)
MEMBERS = st.dictionaries(
    st.sampled_from(sorted(_native.entry_members())), st.binary(min_size=1, max_size=8)
)

#: Where a ValueError may come from that tells of an entry which Windows cannot dial.
REFUSING = {"check_fit", "check_line", "_check_server", "valid_text", "_is_free", "_with_device"}
BOOK = winras.Phonebook(r"C:\a.pbk")


class Broken:
    """The compiled module with drawn answers; what it promises of them is kept."""

    def __init__(self, data: st.DataObject) -> None:
        self._draw = data.draw
        self._kept: list[object] = []

    def __getattr__(self, name: str) -> object:
        return getattr(lib, name)

    def _fill(self, structure: object) -> int:
        memory = ffi.buffer(structure)
        filling = self._draw(FILLINGS)
        memory[:] = (filling * len(memory))[: len(memory)]
        for place, written in self._draw(PATCHES):
            begin = place % len(memory)
            end = min(begin + len(written), len(memory))
            memory[begin:end] = written[: end - begin]
        # Every text ends.
        kind = ffi.typeof(structure)
        if kind.cname == "char16_t[]":
            structure[len(structure) - 1] = "\0"
        for name, member in getattr(kind.item, "fields", None) or []:
            if member.type.cname.startswith("char16_t["):
                text = getattr(structure, name)
                text[len(text) - 1] = "\0"
        return self._answer()

    def _answer(self, *_: object) -> int:
        return self._draw(CODES)

    def _list(self, kind: str, got: object, count: object) -> int:
        elements = ffi.new(f"{kind}[]", self._draw(st.integers(1, 3)))
        for number in range(len(elements)):
            self._fill(ffi.addressof(elements, number))
        self._kept.append(elements)
        got[0], count[0] = elements, len(elements)
        return self._answer()

    def _bytes(self, size: int, got: object, count: object) -> int:
        memory = ffi.new("uint8_t[]", size + self._draw(st.sampled_from([0, 1, 2, 1024])))
        self._fill(memory)
        self._kept.append(memory)
        got[0], count[0] = memory, len(memory)
        return self._answer()

    winras_clear_statistics = winras_set_credentials = _answer
    winras_set_entry = winras_set_sub_entry_properties = _answer
    winras_validate_entry_name = winras_delete_entry = winras_rename_entry = _answer

    def winras_free(self, _memory: object) -> None:
        pass

    def winras_enumerate(self, _service: int, got: object, count: object) -> int:
        return self._list("winras_connection", got, count)

    def winras_list_entries(self, _service: int, _path: str, got: object, count: object) -> int:
        return self._list("winras_entry_name", got, count)

    def winras_list_devices(self, _service: int, got: object, count: object) -> int:
        return self._list("winras_device", got, count)

    def winras_find_entry(self, _service: int, name: str, found: object) -> int:
        code = self._fill(found)
        found.name = name
        return code

    def winras_get_status(self, _service: int, _handle: int, found: object) -> int:
        return self._fill(found)

    def winras_get_sub_entry(self, _service: int, _handle: int, _link: int, found: object) -> int:
        return self._fill(found)

    def winras_get_statistics(self, _service: int, _handle: int, _link: int, found: object) -> int:
        return self._fill(found)

    def winras_get_addresses(self, _service: int, _handle: int, found: object) -> int:
        code = self._fill(found)
        found.server_count %= 17
        found.ipv6_prefix_length %= 129
        return code

    def winras_get_error_string(self, _service: int, _code: int, text: object, _room: int) -> int:
        return self._fill(text)

    def winras_get_credentials(self, _service: int, _path: str, _name: str, found: object) -> int:
        return self._fill(found)

    def winras_get_entry(
        self, _service: int, _path: str, _name: str, size: int, got: object, count: object
    ) -> int:
        code = self._bytes(size, got, count)
        memory = ffi.buffer(got[0], size)
        if self._draw(st.booleans()):
            memory[:] = bytes(size)
            for member, written in {"szLocalPhoneNumber": b"A", **self._draw(MEMBERS)}.items():
                place = _native.entry_members()[member]
                if place.stop <= size:
                    memory[place.start : place.stop] = written.ljust(len(place), b"\0")[
                        : len(place)
                    ]
        memory[:4] = size.to_bytes(4, "little")
        return code

    def winras_get_sub_entry_properties(
        self, _service: int, _path: str, _name: str, _link: int, got: object, count: object
    ) -> int:
        return self._bytes(564, got, count)


def ask(call: Callable[[], object]) -> object:
    """What it returns, if that can be shown; None if it raises what it may."""
    try:
        value = call()
    except winras.RasError as error:
        _ = f"{error} {error!r} {error.hint}"
        return None
    except ValueError as error:
        place = error.__traceback__
        while place.tb_next:
            place = place.tb_next
        if place.tb_frame.f_code.co_name not in REFUSING:
            raise
        return None
    assert repr(value)
    return value


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_ras_gives_becomes_a_value_or_a_typed_error(data: st.DataObject) -> None:
    with Simulator(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(_native, "lib", Broken(data))
        for connection in ask(winras.connections) or []:
            assert hash(connection) == hash(connection)
            ask(connection.status)
            ask(connection.links)
            ask(connection.statistics)
            ask(connection.clear_statistics)
            ask(connection.addresses)
            ask(lambda name=connection.name: winras.get_connection(name))
        ask(winras.devices)
        ask(winras.entries)
        ask(lambda: winras.saved_credentials("A"))
        ask(lambda: winras.delete_credentials("A"))
        ask(lambda: winras.save_credentials("A", winras.Credentials("user", "word")))
        entry = ask(lambda: BOOK.entry("A"))
        if entry is not None:
            ask(lambda: BOOK.update(entry))
            ask(lambda: BOOK.create(entry))
        ask(lambda: BOOK.copy("A", "B"))
        ask(lambda: BOOK.rename("A", "B"))
        ask(lambda: BOOK.delete("A"))
