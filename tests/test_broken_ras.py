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
from winras import _native, _why
from winras._native import ffi, lib
from winras.testing import Simulator

ROOT = Path(__file__).resolve().parents[1]
NATIVE = ROOT / "src" / "native"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="made on Linux")
def test_what_once_broke_the_shim_does_so_no_more(tmp_path: Path) -> None:
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
    done = subprocess.run([program], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout[-200:] + done.stderr[:2000]
    assert done.stdout.endswith(" cases\n")


# ---- Python above the shim ----

#: What RAS may answer. The shim's own numbers are not among it: the C above sees to that.
CODES = st.sampled_from([*[0] * 20, 6, 50, 87, 259, 618, 623, 632, 668, 730, 2**31, 2**32 - 1])
#: What structures are full of, where something else is written over it, and what.
FILLINGS = st.sampled_from([b"\0", b"\xff", b"A", b"\0\xd8", b"\x1b"])
PATCHES = st.lists(st.tuples(st.integers(0, 2**13), st.binary(min_size=1, max_size=24)), max_size=6)
#: What a block is full of: its numbers, most of which are of 32 bits, and its texts.
NUMBERS = st.sampled_from([0, 1, 2, 12, 0x2000, 2**31, 2**32 - 1]) | st.integers(0, 2**32 - 1)
TEXTS = st.text(st.characters(exclude_characters="\0"), max_size=8) | st.just("\ud800")
MEMBERS = st.dictionaries(
    st.sampled_from(sorted(_native.entry_members())), st.binary(min_size=1, max_size=8)
)

#: Events of the log: where something else is written over one of RasClient's, and what.
EVENT = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider "
    "Name='RasClient'/><EventID Qualifiers='0'>20227</EventID><TimeCreated "
    "SystemTime='2026-11-21T08:00:00.000Z'/></System><EventData><Data>"
    "{6D8A8F3E-0B6F-4C59-9C7D-1F1B7B6C2A01}</Data><Data>SYSTEM</Data><Data>A</Data><Data>691"
    "</Data></EventData></Event>\0"
)
EVENTS = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, len(EVENT)),
            st.text("<>&;'/\0\ud800\uffff{}-9Zz\u0661", max_size=12)
            | st.sampled_from(["20221", "20226", "<Data>", "</Data>", "9999-99-99", "<!DOCTYPE"]),
        ),
        max_size=3,
    ),
    max_size=4,
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

    def _block(self, connections: int, statuses: int) -> object:
        code = self._answer()
        if code:  # which is about no more than one connection
            connections, statuses = (
                int(bool(connections and statuses and self._draw(st.booleans()))),
                0,
            )
        head = [0, code, _native.service(), connections, statuses]
        records = b""
        edges = [8 * (len(head) + connections + statuses + 1)]
        kinds = [(8, 4)] * bool(connections) + [(9, 3)] * bool(statuses)
        for numbers, texts in kinds * max(connections, statuses):
            records += b"".join(self._draw(NUMBERS).to_bytes(8, "little") for _ in range(numbers))
            for _ in range(texts):
                records += f"{self._draw(TEXTS)}\0".encode("utf-16-le", "surrogatepass")
            records += bytes(-len(records) % 8)
            edges.append(edges[0] + len(records))
        head[0] = edges[-1]
        memory = ffi.new("uint64_t[]", head[0] // 8)
        ffi.buffer(memory)[:] = b"".join(n.to_bytes(8, "little") for n in head + edges) + records
        self._kept.append(memory)
        return ffi.cast("winras_block *", memory)

    def winras_list_connections(self, _service: int, _last: bytes) -> object:
        return self._block(self._draw(st.integers(0, 3)), 0)

    def winras_snapshot(self, _service: int, _last: bytes) -> object:
        count = self._draw(st.integers(0, 3))
        return self._block(count, count)

    def winras_list_entries(self, _service: int, _path: str, got: object, count: object) -> int:
        return self._list("winras_entry_name", got, count)

    def winras_list_devices(self, _service: int, got: object, count: object) -> int:
        return self._list("winras_device", got, count)

    def winras_get_library(self, _service: int, library: object) -> int:
        return self._fill(library)

    def winras_read_events(
        self, _service: int, _query: str, _most: int, got: object, count: object
    ) -> int:
        written = ""
        for patches in self._draw(EVENTS):
            event = EVENT
            for place, text in patches:
                event = event[:place] + text + event[place + len(text) :]
            written += event
        units = written.encode("utf-16-le", "surrogatepass")
        memory = ffi.new("uint8_t[]", units)
        self._kept.append(memory)
        got[0], count[0] = memory, len(units)
        return self._answer()

    def winras_find_entry(self, _service: int, name: str, found: object) -> int:
        code = self._fill(found)
        found.name = name
        return code

    def winras_get_status(self, _service: int, _handle: int, _last: bytes) -> object:
        return self._block(0, 1)

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
        patched.setattr(_native, "lib", broken := Broken(data))
        patched.setattr(_native, "unlogged", broken)
        for connection, _ in ask(winras.snapshot) or []:
            assert repr(connection)
        for connection in ask(winras.connections) or []:
            assert hash(connection) == hash(connection)
            ask(connection.status)
            ask(connection.links)
            ask(connection.statistics)
            ask(connection.clear_statistics)
            ask(connection.addresses)
            ask(lambda name=connection.name: winras.get_connection(name))
        ask(winras.devices)
        ask(_why.recent_failures)
        ask(lambda: winras.why("A"))
        ask(lambda: _native.get_library(_native.service()))
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


@pytest.mark.usefixtures("ras")
@pytest.mark.parametrize("path", ["", "b.pbk", "C:\\" + "b" * 257])
def test_an_entry_that_ras_lists_without_the_full_path_of_its_phone_book_is_625(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    listed = winras.EntryName(name="A", phonebook=path, all_users=False)
    monkeypatch.setattr(_native, "find_entry", lambda _name, _service: listed)
    with pytest.raises(winras.RasError, match="without the path of its phone book") as raised:
        winras.saved_credentials("A")
    assert raised.value.code == 625


@pytest.mark.usefixtures("ras")
@pytest.mark.parametrize("count", [255, 256, 2**32 - 1])
def test_an_entry_with_more_links_than_any_entry_has_is_not_copied(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    book = winras.Phonebook.user()
    book.create(winras.Entry.ikev2("A", "vpn.example.com"))
    place = _native.entry_members()["dwSubEntries"]
    get_entry = _native.get_entry
    asked = []

    def get_many(*arguments: object) -> bytes:
        raw = bytearray(get_entry(*arguments))
        raw[place.start : place.stop] = count.to_bytes(4, "little")
        return bytes(raw)

    def get_link(*arguments: object) -> bytes:
        asked.append(arguments[2])
        return bytes(564)

    monkeypatch.setattr(_native, "get_entry", get_many)
    monkeypatch.setattr(_native, "get_sub_entry_properties", get_link)
    monkeypatch.setattr(_native, "set_sub_entry_properties", lambda *_: None)
    if count == 255:
        book.copy("A", "B")
        assert asked == list(range(2, 256))
    else:
        with pytest.raises(winras.RasError, match=f"{count} links") as raised:
            book.copy("A", "B")
        assert raised.value.code == 625
        assert not asked
