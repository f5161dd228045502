"""One simulated service for several processes: what one does the others see, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

import pytest

import winras
import winras.aio
from elsewhere import Elsewhere, Service
from patience import HANG, quick
from winras.testing import Simulator, join

RPC_S_SERVER_UNAVAILABLE = 1722
#: Longer than any test takes.
LONG = 1e6
#: Much less than anything waits for, and more than a machine with much to do needs to hear of it.
QUICK = 5.0
ENTRIES = {"Office": {"dial_seconds": 0.1, "hang_up_seconds": 0.1}}


@pytest.fixture
def service() -> Iterator[Service]:
    with Service("joining", ENTRIES) as running:
        yield running


def hang_up_all(pipe: Connection, name: str) -> None:
    """Hang up what is up, when asked to."""
    with join(name):
        pipe.send("joined")
        pipe.recv()
        for connection in winras.connections():
            connection.hang_up()
        pipe.send("hung up")


def test_what_one_hangs_up_another_sees_gone(service: Service) -> None:
    with join(service.name), Elsewhere(hang_up_all, service.name) as other:
        assert other.told() == "joined"
        connection = winras.dial("Office")
        with winras.watch(check_every=LONG) as events:
            other.pipe.send(None)
            told = next(events)
        assert told.kind is winras.EventKind.disconnected
        assert told.connection == connection
        assert other.told() == "hung up"
        assert winras.connections() == []


def dial(told: list[winras.ConnectionState]) -> None:
    connection = winras.dial("Office", on_progress=lambda progress: told.append(progress.state))
    assert connection.hang_up()


def test_a_dial_is_told_the_same_from_afar(service: Service) -> None:
    here: list[winras.ConnectionState] = []
    from_afar: list[winras.ConnectionState] = []
    with Simulator() as ras:
        ras.add_entry("Office", dial_seconds=0.1, hang_up_seconds=0.1)
        dial(here)
    with join(service.name):
        dial(from_afar)
    assert from_afar == here
    assert here[-1] is winras.ConnectionState.Connected


class Blocked(threading.Thread):
    """A thread that waits in a call, and the error number that this raises at last."""

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self.code: int | None = None
        self.start()

    def run(self) -> None:
        try:
            self._call()
        except winras.RasError as error:
            self.code = error.code


@pytest.mark.parametrize("end", ["killed", "ended"])
def test_a_call_that_blocks_blocks_no_other_and_ends_with_the_service(
    service: Service, end: str
) -> None:
    with join(service.name) as ras:
        connection = winras.dial("Office")
        ras.delay("RasGetConnectStatus", LONG)
        before = ras.calls("RasGetConnectStatus")
        blocked = Blocked(connection.status)
        while ras.calls("RasGetConnectStatus") == before:
            assert [each.name for each in winras.connections()] == ["Office"]
        if end == "killed":
            service.process.kill()
        else:
            service.pipe.close()
        blocked.join()
        assert blocked.code == RPC_S_SERVER_UNAVAILABLE
        with pytest.raises(winras.RasError) as caught:
            winras.connections()
        assert caught.value.code == RPC_S_SERVER_UNAVAILABLE


def list_at_once(pipe: Connection, name: str, count: int) -> None:
    """List the connections in so many threads at once."""
    with join(name):
        pipe.send("joined")
        pipe.recv()
        threads = [Blocked(winras.connections) for _ in range(count)]
        for thread in threads:
            thread.join()
        pipe.send([thread.code for thread in threads])


def test_more_threads_than_a_client_has_lines_wait_for_each_other(service: Service) -> None:
    """A client has 64, one of which hears the news."""
    takes, at_once, count = 0.2, 63, 70
    with Elsewhere(list_at_once, service.name, count) as other, join(service.name) as ras:
        assert other.told() == "joined"
        ras.delay("RasEnumConnections", takes)
        other.pipe.send(None)
        assert other.told() == [None] * count
        asked = sorted(call.at for call in ras.calls if call.function == "RasEnumConnections")
    assert len(asked) == count
    for first, last in zip(asked, asked[at_once:], strict=False):
        assert last - first >= takes - 1e-6


def look(pipe: Connection, name: str) -> None:
    """Be in the middle of a call."""
    with join(name):
        pipe.send("looks")
        winras.connections()


def test_a_killed_client_does_not_stay_in_a_call_that_takes_long(service: Service) -> None:
    before = service.resources()
    with join(service.name) as ras:
        ras.delay("RasEnumConnections", LONG)
    service.settled(before)
    with Elsewhere(look, service.name) as other:
        assert other.told() == "looks"
        with join(service.name) as ras:
            while not ras.calls("RasEnumConnections"):
                pass
    service.settled(before)


def test_a_dial_ends_with_the_service(service: Service) -> None:
    with join(service.name) as ras:
        ras.add_entry("Slow", dial_seconds=LONG)
        told: list[winras.DialProgress] = []
        dialling = Blocked(lambda: winras.dial("Slow", timeout=LONG, on_progress=told.append))
        while not told:  # the connection is there before RasDial has been answered
            pass
        service.process.kill()
        dialling.join(HANG)
        assert dialling.code == RPC_S_SERVER_UNAVAILABLE
        assert (told[-1].state, told[-1].error) == (
            winras.ConnectionState.Disconnected,
            RPC_S_SERVER_UNAVAILABLE,
        )


WAITS: dict[str, Callable[[Simulator, winras.Connection], object]] = {
    "hang up": lambda _, connection: connection.hang_up(timeout=LONG),
    "hang up all": lambda _, connection: connection.hang_up(timeout=LONG, all_references=True),
    "wait closed": lambda _, connection: connection.wait_closed(timeout=LONG),
    "sleep": lambda ras, _: ras.sleep(LONG),
    "watch": lambda *_: [*winras.watch(check_every=LONG)],
}


@pytest.mark.parametrize("wait", WAITS)
def test_a_wait_ends_with_the_service(wait: str) -> None:
    def end() -> tuple[int | None, float]:
        with Service("joining", ENTRIES) as service, join(service.name) as ras:
            ras.add_entry("Stays", hang_up_seconds=LONG)
            connection = winras.dial("Stays")
            waiting = Blocked(lambda: WAITS[wait](ras, connection))
            ras.wait_blocked()
            begun = time.monotonic()
            service.process.kill()
            waiting.join(HANG)
            return waiting.code, time.monotonic() - begun

    assert quick(end, QUICK) == RPC_S_SERVER_UNAVAILABLE


def test_an_awaited_watch_ends_with_the_service(service: Service) -> None:
    async def follow() -> winras.EventKind:
        async with winras.aio.watch(check_every=LONG) as events:
            service.process.kill()
            told = await anext(events)
            with pytest.raises(winras.RasError) as caught:
                await anext(events)
        assert caught.value.code == RPC_S_SERVER_UNAVAILABLE
        return told.kind

    with join(service.name):
        assert asyncio.run(follow()) is winras.EventKind.service_lost


def test_a_watch_tells_that_the_service_is_lost_and_ends(service: Service) -> None:
    with join(service.name), winras.watch(check_every=LONG) as events:
        service.process.kill()
        told = next(events)
        assert (told.kind, told.error) == (
            winras.EventKind.service_lost,
            RPC_S_SERVER_UNAVAILABLE,
        )
        with pytest.raises(winras.RasError) as caught:
            next(events)
        assert caught.value.code == RPC_S_SERVER_UNAVAILABLE


def test_who_has_joined_can_leave_and_join_again(service: Service) -> None:
    before = service.resources()
    for _ in range(20):
        with join(service.name):
            assert winras.connections() == []
    service.settled(before)


def test_a_process_has_one_simulated_service(service: Service) -> None:
    with join(service.name):
        with pytest.raises(RuntimeError, match="already active"), Simulator():
            pass
        with pytest.raises(RuntimeError, match="already active"), join(service.name):
            pass
    with Simulator(), pytest.raises(RuntimeError, match="already active"), join(service.name):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork()")
def test_a_child_of_fork_has_joined_nothing(service: Service) -> None:
    with join(service.name):
        winras.dial("Office")
        child = os.fork()
        if child == 0:
            try:
                with join(service.name):
                    os._exit(len(winras.connections()))
            finally:
                os._exit(99)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
        assert len(winras.connections()) == 1


def serve_and_fork(pipe: Connection) -> None:
    """Serve, and have a child that lives longer."""
    with Simulator(clock="real").serve() as ras:
        pipe.send(ras.name)
        pipe.recv()
        child = os.fork()
        if child == 0:
            signal.pause()
        pipe.send(child)
        pipe.recv()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork()")
def test_a_child_of_fork_keeps_no_service_alive() -> None:
    with Elsewhere(serve_and_fork) as server:
        name = str(server.told())
        with join(name), winras.watch(check_every=0.05) as events:
            server.pipe.send("joined")
            child = int(str(server.told()))
            try:
                server.process.kill()
                assert next(events).kind is winras.EventKind.service_lost
            finally:
                os.kill(child, signal.SIGKILL)
