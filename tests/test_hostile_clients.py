"""What a client does that keeps to nothing: it neither ends, nor holds up, nor grows a service."""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import hostile
import winras
from elsewhere import Elsewhere, Service
from hostile import Heard, Listener
from patience import HANG, quick
from winras.testing import Simulator, join

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a Unix socket")

#: How long messages are changed at random; ten minutes with WINRAS_FUZZ_SECONDS=600.
FUZZ_SECONDS = float(os.environ.get("WINRAS_FUZZ_SECONDS", "5"))
#: How much more memory an attack may take, and how much longer calls take meanwhile: a machine with
#: few cores is busy with it. What holds a call up, does so for seconds.
MORE_MEMORY = 64 << 20
if "asan" in os.environ.get("LD_PRELOAD", ""):
    MORE_MEMORY *= 4  # a thread has two stacks there, and what is freed is kept for long
TIMES_AS_LONG, LONGEST = 100.0, 2.0
REVISION_MISMATCH = 1306


@pytest.fixture
def service() -> Iterator[Service]:
    with Service("hostile", {f"entry {number}": {} for number in range(50)}) as running:
        yield running


@pytest.fixture
def heard(service: Service) -> Heard:
    """What a real client says: a bit of everything, and most often RasEnumConnections."""
    with Listener(service.name) as listener:
        with join(listener.name) as ras:
            ras.connect("entry 0")
            with winras.watch(timeout=HANG) as events:
                connection = winras.dial("entry 1")
                connection.status()
                next(events)
            connection.hang_up()
            for _ in range(20):
                winras.connections()
            winras.entries()
        return listener.heard


def timed(times: int) -> list[float]:
    """Seconds that each of so many calls takes."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        assert len(winras.connections()) == 1
        took.append(time.perf_counter() - begun)
    return took


@pytest.mark.parametrize(
    ("attack", "processes"),
    [
        (hostile.attack_half, 1),
        (hostile.attack_unread, 1),
        (hostile.attack_many, 5),
        (hostile.attack_huge, 1),
    ],
)
def test_others_are_served_meanwhile(
    service: Service, heard: Heard, attack: Callable[..., None], processes: int
) -> None:
    before = service.resources()
    with join(service.name), contextlib.ExitStack() as stack:
        usually = statistics.median(timed(200))
        for _ in range(processes):
            attacker = stack.enter_context(Elsewhere(attack, service.name, heard))
            assert attacker.told() == "attacks"
        quick(lambda: (None, statistics.median(timed(200))), TIMES_AS_LONG * usually)
        quick(lambda: (None, max(timed(200))), LONGEST)
        most = service.resources()
    assert most.memory - before.memory < MORE_MEMORY
    service.settled(before)


def test_who_reads_no_answers_takes_the_room_of_nobody_else(service: Service) -> None:
    before = service.resources()
    with join(service.name) as ras:
        for number in range(7_000):
            ras.add_entry(f"{number} ".ljust(200, "x"))
    with Listener(service.name) as listener, join(listener.name):
        count = len(winras.entries())
    with (
        join(service.name),
        Elsewhere(hostile.attack_unread_room, service.name, listener.heard) as attacker,
    ):
        answered = attacker.told()
        assert len(winras.entries()) == count == 7_050
        assert answered
    service.settled(before)


def test_who_fills_the_room_for_entries_leaves_some_to_others(service: Service) -> None:
    with Elsewhere(hostile.attack_room, service.name) as attacker:
        assert attacker.told() == "attacks"
        with join(service.name) as ras:
            for number in range(3_000):
                ras.add_entry(f"ours {number}")


def test_who_does_not_say_who_it_is_is_not_kept(service: Service) -> None:
    before = service.resources()
    channels = [hostile.connect(service.name) for _ in range(20)]
    for channel in channels:
        with channel:
            assert hostile.receive(channel) == b""  # after five seconds
    service.settled(before)


def answer_to(service: Service, said: bytes) -> bytes:
    with hostile.connect(service.name) as channel:
        channel.sendall(said)
        return hostile.receive(channel)


def test_another_version_is_told_so(service: Service, heard: Heard) -> None:
    another_table = heard.hello[:-1] + bytes([heard.hello[-1] ^ 1])
    another_header = b"\xff" + heard.hello[1:]
    for said in (another_table, another_header, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", bytes(100)):
        assert hostile.code_of(answer_to(service, said)) == REVISION_MISMATCH


def test_what_is_no_message_is_not_answered(service: Service, heard: Heard) -> None:
    version, what, size, code, performed = hostile.HEADER.unpack_from(heard.hello)
    for header in (
        (version, 0x7777, 0, code, performed),
        (version, what, size - 1, code, performed),
        (version, what, 1 << 31, code, performed),
        (version, what, size, 1, performed),
        (version, what, size, code, 2),
    ):
        said = hostile.HEADER.pack(*header) + heard.hello[hostile.HEADER.size :]
        assert answer_to(service, said) == b""


def test_a_secret_that_nobody_has_opens_nothing(service: Service, heard: Heard) -> None:
    with pytest.raises(PermissionError):
        hostile.call_channel(service.name, heard.opening, bytes(16))


def test_messages_that_are_changed_at_random_do_no_harm(service: Service, heard: Heard) -> None:
    with Elsewhere(hostile.attack_mutated, service.name, heard, 0, 1.0) as attacker:
        attacker.told()
    before = service.resources()
    with Elsewhere(hostile.attack_mutated, service.name, heard, 1, FUZZ_SECONDS) as attacker:
        assert attacker.told(FUZZ_SECONDS)
    after = service.settled(before)
    assert after.memory - before.memory < MORE_MEMORY
    with join(service.name) as ras:
        ras.quirks.clear()
        ras.connect("entry 49")
        assert "entry 49" in [connection.name for connection in winras.connections()]


# ---- another user ----


@pytest.mark.parametrize("what", ["link", "open", "file"])
def test_a_folder_that_others_may_have_made_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = tmp_path / "winras"
    if what == "link":
        (tmp_path / "elsewhere").mkdir(0o700)
        folder.symlink_to(tmp_path / "elsewhere")
    elif what == "open":
        folder.mkdir()
        folder.chmod(0o711)
    else:
        folder.touch()
    problem = "on Linux it is winras in XDG_RUNTIME_DIR, or winras-UID in /tmp"
    with pytest.raises(PermissionError, match=problem), Simulator(clock=1.0).serve("office"):
        pass
    with pytest.raises(PermissionError), join("office"):
        pass


def as_nobody(tried: Callable[[], str], told: Path) -> str:
    """Let a child that has become another user try it, and return what that answers."""
    child = os.fork()
    if child == 0:
        try:
            with told.open("w", encoding="utf-8") as file:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                file.write(tried())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return told.read_text(encoding="utf-8")


@pytest.fixture
def other_user(tmp_path: Path) -> Callable[[Callable[[], str]], str]:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    return lambda tried: as_nobody(tried, tmp_path / "told")


def test_another_user_does_not_come_to_the_socket(
    service: Service, other_user: Callable[[Callable[[], str]], str]
) -> None:
    path = hostile.path_of(service.name)

    def tried() -> str:
        try:
            with hostile.socket.socket(hostile.socket.AF_UNIX) as channel:
                channel.connect(str(path))
        except PermissionError:
            return "refused"
        return "connected"

    assert other_user(tried) == "refused"


def test_another_user_who_comes_to_the_socket_is_not_served(
    service: Service, heard: Heard, other_user: Callable[[Callable[[], str]], str]
) -> None:
    """Even if somebody has opened the folder and the socket to all: the service asks who it is."""
    path = hostile.path_of(service.name)

    def tried() -> str:
        with hostile.socket.socket(hostile.socket.AF_UNIX) as channel:
            channel.settimeout(HANG)
            channel.connect(str(path))
            try:
                channel.sendall(heard.hello)
                return f"told {len(hostile.receive(channel))} bytes"
            except ConnectionError:
                return "told 0 bytes"

    path.parent.chmod(0o711)
    path.chmod(0o777)
    try:
        assert other_user(tried) == "told 0 bytes"
    finally:
        path.parent.chmod(0o700)


def test_another_user_cannot_join(
    service: Service, other_user: Callable[[Callable[[], str]], str]
) -> None:
    """It has names of its own, and this user's folder is none of them."""

    def tried() -> str:
        try:
            with join(service.name):
                return "joined"
        except Exception as error:  # noqa: BLE001  told as it is
            return type(error).__name__

    assert other_user(tried) not in {"", "joined"}
