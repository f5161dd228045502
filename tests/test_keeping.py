"""A connection kept up, with threads: `winras.keep_connected` and `winras.Keeper`."""

from __future__ import annotations

import contextlib
import gc
import math
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

import winras
from background import Background
from ctrl_c import press_ctrl_c
from interrupting import Interrupting
from patience import HANG, quick
from winras import (
    ConnectionState,
    Credentials,
    Keeper,
    KeepEvent,
    KeepEventKind,
    KeepPolicy,
    ReasonKind,
    _keeping,
    _operations,
    _probe,
    keep_connected,
)
from winras.testing import DialStep, Simulator

OFFICE = "Office VPN"
HOUR = timedelta(hours=1)
HALF = KeepPolicy(jitter=lambda: 0.5)
PROMPT = 1.0
#: When a simulation begins.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC).timestamp()


class Told(list[KeepEvent]):
    """The events of a keeper."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def append(self, event: KeepEvent) -> None:
        with self._changed:
            super().append(event)
            self._changed.notify_all()

    def wait(self, *kinds: str) -> None:
        """Wait until just these kinds have been told."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self) >= len(kinds), HANG), self.kinds
        assert self.kinds == [*kinds]

    @property
    def kinds(self) -> list[str]:
        return [str(event.kind) for event in self]

    def of(self, kind: str) -> list[KeepEvent]:
        return [event for event in self if str(event.kind) == kind]


@pytest.fixture
def auto() -> Iterator[Simulator]:
    """A simulated RAS with an entry, whose time jumps."""
    with Simulator(clock="auto") as simulator:
        simulator.add_entry(OFFICE)
        yield simulator


def kept(
    ras: Simulator, until: timedelta = HOUR, policy: KeepPolicy = HALF, entry: str = OFFICE
) -> Told:
    """Keep the entry up for so long, and return what was told; it is up at the end."""
    told = Told()
    connection = keep_connected(entry, policy=policy, until=until, on_event=told.append)
    assert connection is not None
    assert connection.name == OFFICE
    assert ras.now == until.total_seconds()
    return told


def dials(ras: Simulator) -> list[float]:
    """When RasDial was called."""
    return [call.at for call in ras.calls if call.function == "RasDial"]


# ---- up, and up again ----


def test_what_is_down_is_dialled_and_stays_up(auto: Simulator) -> None:
    told = kept(auto)
    assert told.kinds == ["dialling", "connected", "stopped"]
    assert [event.attempt for event in told] == [1, 1, 1]
    assert told[1].connection == winras.get_connection(OFFICE)
    assert told[1].at == datetime(2000, 1, 1, tzinfo=UTC)
    assert {event.entry for event in told} == {OFFICE}
    auto.assert_called("RasDial", times=1)


def test_the_entry_is_told_as_the_phone_book_spells_it(auto: Simulator) -> None:
    assert {event.entry for event in kept(auto, entry="oFFICE vpn")} == {OFFICE}


def test_the_first_dial_can_be_spread(auto: Simulator) -> None:
    told = kept(auto, policy=KeepPolicy(jitter=lambda: 0.5, spread=60.0))
    assert told.kinds == ["waiting", "dialling", "connected", "stopped"]
    assert dials(auto) == [30.0]


def test_what_drops_is_dialled_after_a_delay(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.drop(OFFICE, at=100.0)
    told = kept(auto)
    assert told.kinds == ["connected", "dropped", "dialling", "connected", "stopped"]
    assert dials(auto) == [100.5]
    dropped = told[1]
    assert dropped.seconds == 0.5
    assert dropped.at == datetime(2000, 1, 1, 0, 1, 40, tzinfo=UTC)
    assert dropped.why is not None
    assert (dropped.why.kind, dropped.why.code) == (ReasonKind.dropped, 629)
    assert "629 ERROR_REMOTE_DISCONNECTION" in dropped.reason


def test_what_is_up_already_is_taken_as_it_is(auto: Simulator) -> None:
    auto.connect(OFFICE)
    told = kept(auto)
    assert told.kinds == ["connected", "stopped"]
    assert "as it is" in told[0].reason
    auto.assert_called("RasDial", times=0)


def test_what_somebody_else_connects_meanwhile_is_not_dialled(auto: Simulator) -> None:
    auto.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=678)])
    told = kept_with(lambda event: connect_at_second_failure(auto, event))
    assert told.kinds[-2:] == ["connected", "stopped"]
    assert "another program" in told[-2].reason
    auto.assert_called("RasDial", times=2)


def connect_at_second_failure(ras: Simulator, event: KeepEvent) -> None:
    if event.kind is KeepEventKind.failed and event.attempt == 2:
        ras.set_dial_script(OFFICE, [])
        ras.connect(OFFICE)


def kept_with(on_event: Callable[[KeepEvent], None]) -> Told:
    """Keep it up for an hour, and do this at each event."""
    told = Told()

    def tell(event: KeepEvent) -> None:
        told.append(event)
        on_event(event)

    keep_connected(OFFICE, policy=HALF, until=HOUR, on_event=tell)
    return told


def test_a_connection_that_came_up_between_the_decision_and_the_dial_is_taken(
    auto: Simulator,
) -> None:
    def connect(event: KeepEvent) -> None:
        if event.kind is KeepEventKind.dialling:
            auto.connect(OFFICE)

    assert kept_with(connect).kinds == ["dialling", "connected", "stopped"]
    auto.assert_called("RasDial", times=0)


def test_of_two_phone_books_the_one_that_is_named_is_kept(auto: Simulator) -> None:
    other = r"C:\ProgramData\Microsoft\Network\Connections\Pbk\rasphone.pbk"
    auto.add_entry(OFFICE, phonebook=other)
    auto.connect(OFFICE, phonebook=winras.entries()[0].phonebook)
    [mine] = winras.connections()
    assert keep_connected(OFFICE, phonebook=other, until=HOUR) != mine
    assert {c.phonebook for c in winras.connections()} == {mine.phonebook, other}
    assert keep_connected(OFFICE, phonebook=mine.phonebook, until=HOUR) == mine


def test_links_that_come_and_go_are_no_drop(auto: Simulator) -> None:
    auto.add_entry("Lines", sub_entries=3)
    auto.connect("Lines")
    told = Told()

    def change(event: KeepEvent) -> None:
        told.append(event)
        if event.kind is KeepEventKind.connected:
            auto.add_link("Lines")
            auto.add_link("Lines")
            auto.remove_link("Lines", link=1)

    assert keep_connected("Lines", until=HOUR, on_event=change) is not None
    assert told.kinds == ["connected", "stopped"]


def test_a_connection_whose_status_is_not_answered_just_after_its_dial_is_up(
    auto: Simulator,
) -> None:
    def fail(event: KeepEvent) -> None:
        if event.kind is KeepEventKind.connected:
            auto.fail("RasGetConnectStatus", 1722, times=1)

    assert kept_with(fail).kinds == ["dialling", "connected", "stopped"]


# ---- what trying again cannot mend ----


def test_refused_credentials_are_raised_after_one_dial(ras: Simulator) -> None:
    with_user = {"user": "ann", "password": "right"}
    ras.add_entry(OFFICE, **with_user)
    told = Told()
    with pytest.raises(winras.AuthenticationError) as raised:
        keep_connected(OFFICE, credentials=Credentials("ann", "wrong"), on_event=told.append)
    assert told.kinds == ["dialling", "stopped"]
    assert told[1].error is raised.value
    assert raised.value.code == 691
    ras.assert_called("RasDial", times=1)


def test_an_entry_that_is_not_there_is_raised_at_once(ras: Simulator) -> None:
    ras.add_entry(OFFICE)
    told = Told()
    with pytest.raises(winras.EntryNotFoundError, match="did you mean 'Office VPN'"):
        keep_connected("Ofice VPN", on_event=told.append)
    assert told == []


@pytest.mark.parametrize("change", ["delete", "rename"])
def test_an_entry_that_goes_meanwhile_is_raised_when_it_is_dialled(
    auto: Simulator, change: str
) -> None:
    auto.connect(OFFICE)
    told = Told()

    def change_it(event: KeepEvent) -> None:
        told.append(event)
        if event.kind is KeepEventKind.dropped:
            book = winras.Phonebook(winras.entries()[0].phonebook)
            if change == "delete":
                book.delete(OFFICE)
            else:
                book.rename(OFFICE, "Office 2")

    auto.drop(OFFICE, at=100.0)
    with pytest.raises(winras.EntryNotFoundError):
        keep_connected(OFFICE, policy=HALF, on_event=change_it)
    assert told.kinds == ["connected", "dropped", "dialling", "stopped"]
    assert auto.now == 100.5


def test_a_rasman_that_is_disabled_is_raised(auto: Simulator) -> None:
    auto.set_service("disabled")
    with pytest.raises(winras.RasUnavailableError):
        keep_connected(OFFICE)
    auto.set_service("running")
    auto.connect(OFFICE)
    auto.set_service("disabled", at=100.0)
    with pytest.raises(winras.RasUnavailableError):
        keep_connected(OFFICE)


# ---- credentials ----

PATIENT = KeepPolicy(jitter=lambda: 0.5, wait_for_credentials=True)


@pytest.fixture
def guarded() -> Iterator[Simulator]:
    """A simulated RAS whose server lets one user in."""
    with Simulator(clock="auto") as simulator:
        simulator.add_entry(OFFICE, user="ann", password="right")
        yield simulator


def test_a_function_is_asked_before_the_first_dial_and_for_others_once_a_minute(
    guarded: Simulator,
) -> None:
    asked: list[float] = []
    answers = ["wrong", "wrong", "wrong", "also wrong", "right"]

    def ask() -> Credentials:
        asked.append(guarded.now)
        return Credentials("ann", answers[len(asked) - 1])

    told = Told()
    assert keep_connected(OFFICE, credentials=ask, policy=PATIENT, until=HOUR, on_event=told.append)
    assert asked == [0.0, 0.0, 60.0, 120.0, 121.0]
    assert dials(guarded) == [0.0, 121.0, 123.0]  # one with each password
    assert told.kinds[-2:] == ["connected", "stopped"]


def test_without_a_function_refused_credentials_are_not_tried_again(guarded: Simulator) -> None:
    told = Told()
    wrong = Credentials("ann", "wrong")
    keep_connected(
        OFFICE,
        credentials=wrong,
        policy=PATIENT,
        until=timedelta(days=1),
        on_event=told.append,
    )
    assert told.kinds == ["dialling", "refused", "stopped"]
    assert told[1].error is not None
    assert told[1].error.code == 691
    guarded.assert_called("RasDial", times=1)


@pytest.mark.parametrize("saved", ["right", "also wrong"])
def test_what_is_saved_is_dialled_again_after_somebody_has_connected_it(
    guarded: Simulator, saved: str
) -> None:
    """As when a person saves the new password and connects; each of three drops is a dial."""
    guarded.save_credentials(OFFICE, "ann", "wrong")
    told = Told()

    def on_event(event: KeepEvent) -> None:
        told.append(event)
        if event.kind is KeepEventKind.refused and len(told.of("refused")) == 1:
            winras.save_credentials(OFFICE, Credentials("ann", saved))

    for at in range(1000, 11000, 1000):
        guarded.connect(OFFICE, at=float(at))
        guarded.drop(OFFICE, at=at + 500.0)
    until = timedelta(hours=4)
    connection = keep_connected(OFFICE, policy=PATIENT, until=until, on_event=on_event)
    refused = [event.error.code for event in told if event.error is not None]
    if saved == "right":
        assert connection is not None
        assert refused == [691]
        assert dials(guarded)[:2] == [0.0, 1500.5]
    else:
        assert refused == [691, 691, 691]
        assert dials(guarded) == [0.0, 1500.5, 2500.5]


def test_a_server_that_takes_its_time_to_refuse_is_not_asked_often(auto: Simulator) -> None:
    slow = [DialStep(ConnectionState.Authenticate, 90.0), DialStep(ConnectionState.AuthNotify)]
    auto.set_dial_script(OFFICE, slow)
    told = Told()
    keep_connected(OFFICE, policy=HALF, until=timedelta(hours=2), on_event=told.append)
    failed = told.of("failed")
    assert {event.error.code for event in failed if event.error} == {1460}
    times = dials(auto)
    assert all(b - a >= HALF.longest_delay for a, b in pairwise(times[2:]))
    assert "may be a refused password" in failed[2].reason


def test_retry_dials_once_more_with_what_was_refused(guarded: Simulator) -> None:
    guarded.save_credentials(OFFICE, "ann", "wrong")
    told = Told()

    def save(event: KeepEvent) -> None:
        told.append(event)
        if event.kind is KeepEventKind.refused:
            if len(told.of("refused")) == 2:
                winras.save_credentials(OFFICE, Credentials("ann", "right"))
            keeper.retry()

    keeper = Keeper(OFFICE, policy=PATIENT, on_event=save)
    assert keeper.keep(HOUR) is not None
    assert dials(guarded) == [0.0, 1.0, 2.0]


def test_what_asking_raises_ends_the_keeping(guarded: Simulator) -> None:
    def ask() -> Credentials:
        raise LookupError("nobody is there")

    with pytest.raises(LookupError, match="nobody is there"):
        keep_connected(OFFICE, credentials=ask)
    guarded.assert_called("RasDial", times=0)


@pytest.mark.usefixtures("guarded")
def test_an_answer_that_is_no_credentials_is_refused_without_repeating_it() -> None:
    def ask() -> Credentials:
        return "hunter2"  # type: ignore[return-value]

    with pytest.raises(TypeError, match="credentials must be Credentials, not str") as raised:
        keep_connected(OFFICE, credentials=ask)
    assert "hunter2" not in str(raised.value)


def test_nobody_is_asked_while_it_is_up(guarded: Simulator) -> None:
    def ask() -> Credentials:
        raise AssertionError

    guarded.connect(OFFICE)
    assert keep_connected(OFFICE, credentials=ask, until=HOUR)


# ---- RasMan, the network, sleep ----


def test_rasman_that_stops_is_started_by_the_next_dial(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.set_service("stopped", at=100.0)
    told = kept(auto)
    assert told.kinds == [
        "connected",
        "dropped",
        "service_lost",
        "dialling",
        "connected",
        "service_back",
        "stopped",
    ]
    assert dials(auto) == [102.5]  # after policy.settle, too


def test_rasman_that_comes_back_is_given_time_to_settle(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.set_service("stopped", start_seconds=math.inf, at=100.0)
    auto.set_service("running", at=1000.0)
    policy = KeepPolicy(jitter=lambda: 1.0, first_delay=300.0, settle=7.0)
    told = kept(auto, policy=policy)
    assert "service_back" in told.kinds
    assert dials(auto)[-1] >= 1007.0
    assert max(dials(auto)) < 1400.0


def test_a_service_that_comes_back_after_dials_that_failed_ends_the_delay(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.stop_service(1722, at=10.0)
    auto.drop(OFFICE, at=11.0)
    auto.start_service(at=900.0)
    told = kept(auto)
    assert len(told.of("failed")) > 5
    assert dials(auto)[-1] - told.of("service_back")[0].at.timestamp() + BEGINNING == 2.5
    assert 900.0 + 2.5 <= dials(auto)[-1] <= 905.0 + 2.5


def test_a_rasman_that_crashes_at_each_dial_is_dialled_ever_later(auto: Simulator) -> None:
    told = Told()

    def crash(event: KeepEvent) -> None:
        told.append(event)
        if event.kind is KeepEventKind.dialling:
            auto.set_service("stopped", start_seconds=math.inf, at=auto.now + 0.1)
            auto.set_service("running", at=auto.now + 1.0)

    state = ConnectionState.OpenPort
    auto.set_dial_script(OFFICE, [DialStep(state, 0.2), DialStep(state, error=1722)])
    keep_connected(OFFICE, policy=HALF, until=timedelta(hours=1), on_event=crash)
    assert len(told.of("service_back")) > 5
    spans = [b - a for a, b in pairwise(dials(auto))]
    assert spans[:4] == pytest.approx([3.6, 4.1, 5.1, 7.1])
    assert min(spans[10:]) > 0.5 * HALF.longest_delay


def test_a_service_that_does_not_answer_is_no_drop(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.stop_service(1722, at=100.0)
    auto.start_service(at=100.7)
    told = kept(auto)
    assert told.kinds[:3] == ["connected", "service_lost", "service_back"]
    assert "dropped" not in told.kinds
    assert told.kinds[-2:] == ["connected", "stopped"]
    auto.assert_called("RasDial", times=0)


def test_a_service_that_does_not_answer_at_the_beginning_is_waited_for(auto: Simulator) -> None:
    auto.stop_service(1722)
    auto.start_service(at=60.0)
    told = kept(auto)
    assert told[0].kind is KeepEventKind.dialling
    assert told[1].error is not None
    assert told[1].error.code == 1722
    assert told.kinds[-2:] == ["connected", "stopped"]


def test_without_a_network_it_waits_until_there_is_one(auto: Simulator) -> None:
    auto.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=868)])

    def is_there() -> bool:
        if auto.now < 120.0:
            return False
        auto.set_dial_script(OFFICE, [])
        return True

    told = kept(auto, policy=KeepPolicy(jitter=lambda: 0.5, network=is_there))
    assert told.kinds == [
        "dialling",
        "network_lost",
        "network_back",
        "dialling",
        "connected",
        "stopped",
    ]
    assert dials(auto) == [0.0, 122.5]


def test_the_network_is_asked_for_only_where_a_dial_fails_as_without_one(auto: Simulator) -> None:
    auto.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=678)])
    asked: list[bool] = []
    policy = KeepPolicy(jitter=lambda: 0.5, network=lambda: not asked.append(True))
    keep_connected(OFFICE, policy=policy, until=timedelta(minutes=1))
    auto.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=868)])
    assert not asked
    keep_connected(OFFICE, policy=policy, until=timedelta(minutes=1))
    assert asked


def test_a_network_function_that_does_not_return_is_not_called_again(auto: Simulator) -> None:
    auto.set_dial_script(OFFICE, [DialStep(ConnectionState.ConnectDevice, error=868)])
    called, leave = [0], threading.Event()

    def hang() -> bool:
        called[0] += 1
        return leave.wait(HANG)

    policy = KeepPolicy(network=hang, probe_timeout=0.01, longest_delay=60.0)
    try:
        keep_connected(OFFICE, policy=policy, until=HOUR)
    finally:
        leave.set()
    assert called == [1]
    assert len(dials(auto)) > 30


def test_what_the_network_function_raises_ends_the_keeping(auto: Simulator) -> None:
    auto.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=868)])

    def is_there() -> bool:
        raise LookupError("who knows")

    with pytest.raises(LookupError, match="who knows"):
        keep_connected(OFFICE, policy=KeepPolicy(network=is_there))


def test_after_a_sleep_it_is_dialled_when_the_computer_has_settled(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.suspend(1000.0, at=100.0)
    told = kept(auto, policy=KeepPolicy(jitter=lambda: 0.5, settle=7.0))
    assert "resumed" in told.kinds
    assert "asleep for 1000.0 s" in told.of("resumed")[0].reason
    assert dials(auto) == [1107.5]


def test_a_sleep_that_drops_nothing_dials_nothing(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.suspend(1000.0, drops=False, at=100.0)
    assert kept(auto).kinds == ["connected", "resumed", "stopped"]


def test_a_sleep_during_a_long_delay_ends_that(auto: Simulator) -> None:
    auto.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=678)])
    auto.suspend(10.0, at=1.0)

    def mend(event: KeepEvent) -> None:
        if event.kind is KeepEventKind.resumed:
            auto.set_dial_script(OFFICE, [])

    policy = KeepPolicy(jitter=lambda: 1.0, first_delay=300.0)
    told = Told()

    def tell(event: KeepEvent) -> None:
        told.append(event)
        mend(event)

    keep_connected(OFFICE, policy=policy, until=HOUR, on_event=tell)
    assert told.kinds[:4] == ["dialling", "failed", "resumed", "dialling"]
    # It is noticed after half a minute, and first_delay is what this policy says.
    assert told.of("resumed")[0].at <= datetime(2000, 1, 1, 0, 0, 41, tzinfo=UTC)


# ---- left down on purpose ----


def test_what_was_hung_up_on_purpose_is_dialled_all_the_same(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.drop(OFFICE, error=631, at=100.0)
    assert kept(auto).kinds == ["connected", "dropped", "dialling", "connected", "stopped"]


RESPECT = KeepPolicy(jitter=lambda: 0.5, respect_hang_up=True)


def test_what_was_hung_up_on_purpose_is_left_down_if_that_is_the_policy(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.drop(OFFICE, error=631, at=100.0)
    told = Told()
    assert keep_connected(OFFICE, policy=RESPECT, until=HOUR, on_event=told.append) is None
    assert told.kinds == ["connected", "left_down", "stopped"]
    assert told[1].why is not None
    assert told[1].why.kind is ReasonKind.ended
    auto.assert_called("RasDial", times=0)


@pytest.mark.parametrize("quirk", ["no-events", "events-without-reason"])
def test_what_the_log_does_not_tell_was_not_on_purpose(auto: Simulator, quirk: str) -> None:
    auto.quirks.add(quirk)
    auto.connect(OFFICE)
    auto.drop(OFFICE, error=631, at=100.0)
    told = kept(auto, policy=RESPECT)
    assert told.kinds == ["connected", "dropped", "dialling", "connected", "stopped"]


def test_a_log_that_does_not_answer_is_not_asked_again(
    auto: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, leave = [0], threading.Event()

    def hang(*_: object, **__: object) -> None:
        asked[0] += 1
        leave.wait(HANG)

    monkeypatch.setattr(_keeping, "why", hang)
    monkeypatch.setattr(_keeping, "_LOG_SECONDS", 0.01)
    for minute in range(1, 11):
        auto.drop(OFFICE, at=minute * 100.0)
    try:
        told = kept(auto)
    finally:
        leave.set()
    assert len(told.of("dropped")) == 10
    assert asked == [1]


def test_a_log_that_fails_is_no_reason(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.drop(OFFICE, error=631, at=100.0)
    auto.fail("EvtQuery", 5)
    assert kept(auto, policy=RESPECT)[1].why is None


def test_what_is_left_down_is_kept_again_when_somebody_connects_it(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.drop(OFFICE, error=631, at=100.0)

    def connect(event: KeepEvent) -> None:
        told.append(event)
        if event.kind is KeepEventKind.left_down:
            auto.connect(OFFICE)
            auto.drop(OFFICE, at=200.0)

    told = Told()
    keep_connected(OFFICE, policy=RESPECT, until=HOUR, on_event=connect)
    kinds = ["connected", "left_down", "connected", "dropped", "dialling", "connected", "stopped"]
    assert told.kinds == kinds


def test_retry_dials_what_was_left_down(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.drop(OFFICE, error=631, at=100.0)

    def retry(event: KeepEvent) -> None:
        if event.kind is KeepEventKind.left_down:
            keeper.retry()

    keeper = Keeper(OFFICE, policy=RESPECT, on_event=retry)
    assert keeper.keep(HOUR) is not None
    assert dials(auto) == [100.0]


# ---- probes ----


def test_what_is_up_and_dead_is_hung_up_and_dialled(auto: Simulator) -> None:
    auto.connect(OFFICE)
    [dead] = winras.connections()
    told = kept(auto, policy=probing(lambda connection: connection != dead))
    assert told.kinds == [
        "connected",
        "unhealthy",
        "unhealthy",
        "hanging_up",
        "waiting",
        "dialling",
        "connected",
        "stopped",
    ]
    assert told[1].connection == dead
    assert winras.connections() != [dead]
    assert dials(auto) == [15.5]


def probing(
    probe: Callable[[winras.Connection], bool] | str, *, timeout: float = 5.0, failures: int = 3
) -> KeepPolicy:
    return KeepPolicy(
        jitter=lambda: 0.5, probe=probe, probe_timeout=timeout, probe_failures=failures
    )


def test_a_probe_that_raises_has_failed(auto: Simulator) -> None:
    auto.connect(OFFICE)

    def probe(_: winras.Connection) -> bool:
        if len(told) < 2:
            raise LookupError("no such host")
        return True

    told = Told()
    keep_connected(OFFICE, policy=probing(probe), until=HOUR, on_event=told.append)
    assert told.kinds == ["connected", "unhealthy", "stopped"]
    assert "LookupError: no such host" in told[1].reason


def test_a_probe_that_does_not_return_has_failed_and_is_not_begun_again(auto: Simulator) -> None:
    auto.connect(OFFICE)
    hangs, begun = threading.Event(), []

    def probe(_: winras.Connection) -> bool:
        begun.append(True)
        hangs.wait(HANG)
        return True

    told = Told()
    policy = probing(probe, timeout=0.05)
    keep_connected(OFFICE, policy=policy, until=timedelta(seconds=12), on_event=told.append)
    hangs.set()
    assert told.kinds == ["connected", "unhealthy", "unhealthy", "stopped"]
    assert "no answer in 0.05 s" in told[1].reason
    assert "not returned" in told[2].reason
    assert len(begun) == 1


def test_a_failed_probe_of_what_has_dropped_meanwhile_is_a_drop(auto: Simulator) -> None:
    auto.connect(OFFICE)

    def probe(_: winras.Connection) -> bool:
        if auto.now == 5.0:
            auto.drop(OFFICE)
            return False
        return True

    told = kept(auto, policy=probing(probe))
    assert told.kinds == ["connected", "dropped", "dialling", "connected", "stopped"]


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """What listens on an address of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(HANG)
        yield listening


def test_a_port_is_reached_from_the_address_of_the_connection(
    ras: Simulator, server: socket.socket
) -> None:
    ras.add_entry(OFFICE, ipv4_address="127.0.0.2")
    ras.connect(OFFICE)
    port = server.getsockname()[1]
    is_reached, words = _probe.is_reached(f"127.0.0.1:{port}", winras.get_connection(OFFICE), 5.0)
    assert (is_reached, words) == (True, f"127.0.0.1:{port} was reached from 127.0.0.2")
    accepted, source = server.accept()
    accepted.close()
    assert source[0] == "127.0.0.2"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("127.0.0.1:1", "127.0.0.1:1 was not reached from 127.0.0.2: "),
        ("[::1]:1", "the connection has no IPv6 address to reach \\[::1\\]:1 from"),
        ("a..b:1", "a..b:1 was not tried: "),
    ],
)
def test_a_port_that_is_not_reached(ras: Simulator, target: str, words: str) -> None:
    ras.add_entry(OFFICE, ipv4_address="127.0.0.2")
    ras.connect(OFFICE)
    is_reached, told = _probe.is_reached(target, winras.get_connection(OFFICE), 5.0)
    assert not is_reached
    assert re.match(words, told)


def test_a_connection_that_carries_nothing_is_told_with_the_target(auto: Simulator) -> None:
    auto.connect(OFFICE)
    policy = probing("127.0.0.1:1", failures=1)
    told = Told()
    keep_connected(OFFICE, policy=policy, until=timedelta(seconds=6), on_event=told.append)
    assert told.kinds[1] == "hanging_up"
    assert "no IPv4 address to reach 127.0.0.1:1 from" in told[1].reason


def test_a_route_to_nowhere_sends_nothing() -> None:
    assert isinstance(_probe.has_route(), bool)


# ---- until ----


def test_until_a_time_from_now(auto: Simulator) -> None:
    auto.sleep(100.0)
    keep_connected(OFFICE, until=timedelta(minutes=1))
    assert auto.now == 160.0


def test_until_a_moment(auto: Simulator) -> None:
    keep_connected(OFFICE, until=datetime(2000, 1, 1, 1, 0, 30, tzinfo=UTC))
    assert auto.now == 3630.0
    keep_connected(OFFICE, until=datetime(1999, 1, 1, tzinfo=UTC))
    assert auto.now == 3630.0


def test_until_a_function_says_so(ras: Simulator) -> None:
    ras.add_entry(OFFICE)
    up = threading.Event()
    told = Told()

    def tell(event: KeepEvent) -> None:
        told.append(event)
        up.set()

    keeping = Background(lambda: keep_connected(OFFICE, until=up.is_set, on_event=tell))
    assert keeping.result() is None or told.kinds[-1] == "stopped"
    assert "until says so" in told[-1].reason


def test_until_ends_a_dial_in_time(auto: Simulator) -> None:
    auto.add_entry("Slow", dial_seconds=math.inf)
    told = Told()
    until = timedelta(seconds=30)
    assert keep_connected("Slow", until=until, on_event=told.append) is None
    assert told.kinds == ["dialling", "stopped"]
    assert auto.now == 30.0
    auto.assert_gone("Slow")


@pytest.mark.parametrize(
    ("until", "error"),
    [
        (5.0, TypeError),
        (datetime(2030, 1, 1), ValueError),  # noqa: DTZ001
        (timedelta(seconds=-1), ValueError),
    ],
)
def test_until_is_validated(until: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="until must"):
        keep_connected(OFFICE, until=until)  # type: ignore[arg-type]


# ---- arguments ----


def test_arguments_are_validated() -> None:
    async def ask() -> Credentials | None:
        return None

    with pytest.raises(ValueError, match="entry must be the name"):
        Keeper("")
    with pytest.raises(TypeError, match="policy must be a KeepPolicy, not dict"):
        Keeper(OFFICE, policy={})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="on_event must be callable, not int"):
        Keeper(OFFICE, on_event=5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="credentials must be Credentials, not str"):
        Keeper(OFFICE, credentials="hunter2")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="credentials must be Credentials, not str"):
        keep_connected(OFFICE, credentials="hunter2")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"only winras\.aio\.keep awaits"):
        Keeper(OFFICE, credentials=ask).keep()


# ---- events ----


def test_an_event_as_text_and_as_plain_values(auto: Simulator) -> None:
    auto.connect(OFFICE)
    auto.drop(OFFICE, at=100.0)
    told = kept(auto)
    assert str(told[1]) == told[1].reason
    values = told[1].to_dict()
    assert values["kind"] == "dropped"
    assert values["at"] == "2000-01-01T00:01:40.000Z"
    assert values["seconds"] == 0.5
    assert values["why"] is not None
    assert set(values) == {
        "kind",
        "at",
        "entry",
        "reason",
        "attempt",
        "seconds",
        "error",
        "handle",
        "why",
    }


@pytest.mark.parametrize("kind", ["dialling", "connected", "stopped"])
def test_what_on_event_raises_ends_the_keeping(auto: Simulator, kind: str) -> None:
    def fail(event: KeepEvent) -> None:
        if str(event.kind) == kind:
            raise LookupError(kind)

    keeper = Keeper(OFFICE, policy=KeepPolicy(hang_up_at_end=True), on_event=fail)
    with pytest.raises(LookupError, match=kind):
        keeper.keep(HOUR)
    auto.assert_gone(OFFICE)
    assert keep_connected(OFFICE, until=HOUR) is not None


def test_each_event_has_a_log_record_of_numbers(
    auto: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "winras")
    auto.connect(OFFICE)
    auto.drop(OFFICE, at=100.0)
    told = kept(auto)
    records = [r for r in caplog.records if r.getMessage().startswith("a keeper: ")]
    assert [r.getMessage().split()[2].rstrip(";") for r in records] == told.kinds
    assert records[1].getMessage() == "a keeper: dropped; attempt 0, in 0.500 s"
    assert OFFICE not in "".join(r.getMessage() for r in records)


# ---- the end ----


def test_it_is_left_up_or_hung_up_at_the_end(auto: Simulator) -> None:
    told = Told()
    keeper = Keeper(OFFICE, on_event=told.append)
    assert keeper.keep(HOUR) == winras.get_connection(OFFICE)
    assert told[-1].reason.endswith(", and it is left up")
    keeper = Keeper(OFFICE, policy=KeepPolicy(hang_up_at_end=True), on_event=told.append)
    assert keeper.keep(HOUR) is None
    assert told[-1].reason.endswith(", and it is hung up")
    auto.assert_gone(OFFICE)


def test_it_can_be_kept_again(auto: Simulator) -> None:
    told = Told()
    keeper = Keeper(OFFICE, policy=HALF, on_event=told.append)
    first = keeper.keep(HOUR)
    assert keeper.keep(HOUR) == first
    auto.drop(OFFICE)
    assert keeper.keep(HOUR) not in (None, first)
    assert told.kinds.count("stopped") == 3


def test_two_runs_have_a_second_between_their_dials(auto: Simulator) -> None:
    auto.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=678)])
    keeper = Keeper(OFFICE, policy=HALF)
    keeper.keep(timedelta(seconds=0.1))
    keeper.keep(timedelta(seconds=2))
    assert dials(auto)[:2] == [0.0, 1.0]


def test_stop_before_keep_ends_that_at_once(auto: Simulator) -> None:
    keeper = Keeper(OFFICE)
    keeper.stop()
    assert keeper.keep() is None
    auto.assert_called("RasDial", times=0)
    assert keeper.keep(HOUR) is not None


def test_the_second_counts_from_the_dial_itself(auto: Simulator) -> None:
    """What is told of a dial may take long before it begins."""
    auto.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=678)])
    told = Told()

    def on_event(event: KeepEvent) -> None:
        told.append(event)
        if len(told) == 1:
            auto.sleep(5.0)

    policy = KeepPolicy(jitter=lambda: 0.0)
    keep_connected(OFFICE, policy=policy, until=timedelta(seconds=8), on_event=on_event)
    assert told.kinds[:3] == ["dialling", "failed", "dialling"]
    assert dials(auto) == [5.0, 6.0, 7.0]


def test_the_second_counts_from_rasdial(auto: Simulator) -> None:
    """What comes before it, such as the start of RasMan, may take long."""
    auto.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=678)])
    auto.set_service("stopped", start_seconds=3.0)
    policy = KeepPolicy(jitter=lambda: 0.0)
    keep_connected(OFFICE, policy=policy, until=timedelta(seconds=8))
    times = dials(auto)
    assert len(times) >= 4
    assert all(b - a >= 1.0 for a, b in pairwise(times))


def test_retry_at_each_event_dials_once_a_second(auto: Simulator) -> None:
    auto.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=678)])
    told = Told()

    def on_event(event: KeepEvent) -> None:
        told.append(event)
        assert len(told) < 100
        keeper.retry()

    keeper = Keeper(OFFICE, policy=HALF, on_event=on_event)
    keeper.keep(timedelta(seconds=8))
    assert dials(auto) == [float(second) for second in range(8)]


def test_on_event_cannot_keep_it_up_as_well(auto: Simulator) -> None:
    """It would stand by for the keeping that waits for it."""

    def keep_once_more(_: KeepEvent) -> None:
        with pytest.raises(RuntimeError, match="this keeper is already keeping"):
            keeper.keep(HOUR)

    keeper = Keeper(OFFICE, on_event=keep_once_more)
    assert keeper.keep(HOUR) is not None
    assert auto.now == HOUR.total_seconds()


def test_what_until_has_said_holds() -> None:
    """It says so once, and the dial that is ended because of it has not failed."""
    told = Told()
    answers = iter([False] * 4 + [True])
    with Simulator(clock="manual") as ras:
        ras.add_entry(OFFICE, dial_seconds=math.inf)
        keeper = Keeper(OFFICE, on_event=told.append)
        keeping = Background(lambda: keeper.keep(lambda: next(answers, False)))
        assert keeping.result() is None
    assert told.kinds == ["dialling", "stopped"]
    assert "until says so" in told[-1].reason


def test_one_thread_keeps_at_a_time(ras: Simulator) -> None:
    ras.add_entry(OFFICE)
    told = Told()
    keeper = Keeper(OFFICE, on_event=told.append)
    keeping = Background(keeper.keep)
    told.wait("dialling", "connected")
    with pytest.raises(RuntimeError, match="this keeper is already keeping"):
        keeper.keep()
    keeper.stop()
    assert keeping.result() is not None


# ---- the phases: what ends each, and how soon ----


class Phase:
    """A keeper that is brought into a phase, and what it was told."""

    def __init__(self, ras: Simulator, *, hang_up_at_end: bool = False) -> None:
        self.ras = ras
        self.told = Told()
        self.reached = threading.Event()
        self.leave = threading.Event()
        self.is_native = True
        self.others: list[tuple[Keeper, Background[winras.Connection | None]]] = []
        self._hang_up_at_end = hang_up_at_end
        self._kind = ""

    def _keeper(
        self,
        kind: str,
        *,
        credentials: Callable[[], Credentials | None] | None = None,
        wait_for_credentials: bool = False,
        respect_hang_up: bool = False,
        probe: Callable[[winras.Connection], bool] | None = None,
        network: Callable[[], bool] | None = None,
    ) -> Keeper:
        self._kind = kind
        policy = KeepPolicy(
            jitter=lambda: 0.5,
            first_delay=60.0,
            probe=probe,
            probe_failures=1,
            wait_for_credentials=wait_for_credentials,
            respect_hang_up=respect_hang_up,
            network=network,
            hang_up_at_end=self._hang_up_at_end,
        )
        return Keeper(OFFICE, policy=policy, credentials=credentials, on_event=self._tell)

    def _tell(self, event: KeepEvent) -> None:
        self.told.append(event)
        if str(event.kind) == self._kind:
            self.reached.set()

    def _hang(self) -> bool:
        self.is_native = False
        self.reached.set()
        self.leave.wait(HANG)
        return False

    def dialling(self) -> Keeper:
        self.ras.add_entry(OFFICE, dial_seconds=math.inf)
        return self._keeper("dialling")

    def up(self) -> Keeper:
        self.ras.add_entry(OFFICE)
        return self._keeper("connected")

    def waiting(self) -> Keeper:
        self.ras.add_entry(OFFICE)
        self.ras.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=678)])
        return self._keeper("failed")

    def refused(self) -> Keeper:
        self.ras.add_entry(OFFICE, user="ann", password="right")
        return self._keeper("refused", wait_for_credentials=True)

    def asking(self) -> Keeper:
        self.ras.add_entry(OFFICE)

        def ask() -> Credentials | None:
            self._hang()
            return None

        return self._keeper("", credentials=ask)

    def left_down(self) -> Keeper:
        self.up()
        self.ras.connect(OFFICE)
        self.ras.drop(OFFICE, error=631, at=1.0)
        return self._keeper("left_down", respect_hang_up=True)

    def offline(self) -> Keeper:
        self.ras.add_entry(OFFICE)
        self.ras.set_dial_script(OFFICE, [DialStep(ConnectionState.OpenPort, error=868)])
        return self._keeper("network_lost", network=lambda: False)

    def away(self) -> Keeper:
        self.up()
        self.ras.connect(OFFICE)
        self.ras.set_service("stopped", start_seconds=math.inf, at=1.0)
        return self._keeper("service_lost")

    def probing(self) -> Keeper:
        self.up()
        self.ras.connect(OFFICE)
        return self._keeper("", probe=lambda _: self._hang())

    def hanging_up(self) -> Keeper:
        self.ras.add_entry(OFFICE, hang_up_seconds=math.inf)
        self.ras.connect(OFFICE)
        return self._keeper("hanging_up", probe=lambda _: False)

    def standing_by(self) -> Keeper:
        self.up()
        other = Keeper(OFFICE)
        self.others.append((other, Background(other.keep)))
        self.ras.wait_blocked()
        return self._keeper("standing_by")

    def go_on(self) -> None:
        """Have it come there, from another thread than the keeper's."""
        limit = time.monotonic() + HANG
        while not self.reached.wait(0.005):
            if self.told:  # it has seen how things are at its beginning
                self.ras.advance(1.0)
            assert time.monotonic() < limit
        if self.is_native:
            self.ras.wait_blocked(1 + len(self.others))

    def end(self) -> None:
        self.leave.set()
        for other, keeping in self.others:
            other.stop()
            keeping.result()


PHASES = [name for name in vars(Phase) if not name.startswith("_") and name not in ("go_on", "end")]


def ended(
    phase: str, end: Callable[[Keeper], None], *, in_main: bool, hang_up_at_end: bool = False
) -> tuple[Told, float]:
    """End a keeper that is in that phase; return what was told, and how long it took to end."""
    with Simulator(clock="manual", allow_dialling=True) as ras:
        it = Phase(ras, hang_up_at_end=hang_up_at_end)
        keeper: Keeper = getattr(it, phase)()
        began = [0.0]

        def end_it() -> None:
            it.go_on()
            began[0] = time.monotonic()
            end(keeper)

        try:
            if in_main:
                ending = Background(end_it)
                with contextlib.suppress(KeyboardInterrupt):
                    keeper.keep()
                took = time.monotonic() - began[0]
                ending.result()
            else:
                keeping = Background(keeper.keep)
                end_it()
                keeping.result()
                took = time.monotonic() - began[0]
        finally:
            it.end()
        left = [c.state for c in ras.connections]
        if phase != "hanging_up":
            is_up = phase == "standing_by" or (phase in ("up", "probing") and not hang_up_at_end)
            assert left == [ConnectionState.Connected] * is_up
        return it.told, took


@pytest.mark.parametrize("in_main", [False, True])
@pytest.mark.parametrize("phase", PHASES)
def test_stop_ends_each_phase_within_a_second(phase: str, in_main: bool) -> None:
    told = quick(lambda: ended(phase, Keeper.stop, in_main=in_main), PROMPT)
    assert told[-1].kind is KeepEventKind.stopped


@pytest.mark.parametrize("phase", PHASES)
def test_ctrl_c_ends_each_phase_within_a_second(phase: str) -> None:
    told = quick(lambda: ended(phase, lambda _: press_ctrl_c(), in_main=True), PROMPT)
    assert not told.of("stopped")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without a word")
@pytest.mark.parametrize("phase", PHASES)
def test_a_signal_handler_may_call_stop(phase: str) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def end(keeper: Keeper) -> None:
        keepers[:] = [keeper]
        signal.raise_signal(signal.SIGTERM)

    keepers: list[Keeper] = []
    signal.signal(signal.SIGTERM, lambda *_: keepers[0].stop())
    try:
        told = quick(lambda: ended(phase, end, in_main=True), PROMPT)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert told[-1].kind is KeepEventKind.stopped


@pytest.mark.parametrize("phase", ["up", "probing"])
def test_stop_hangs_up_in_each_phase_if_that_is_the_policy(phase: str) -> None:
    told = quick(lambda: ended(phase, Keeper.stop, in_main=False, hang_up_at_end=True), PROMPT)
    assert told[-1].reason.endswith(", and it is hung up")


def test_a_hang_up_that_takes_long_is_not_waited_for_after_stop(ras: Simulator) -> None:
    ras.add_entry(OFFICE, hang_up_seconds=math.inf)
    ras.connect(OFFICE)
    told = Told()
    keeper = Keeper(OFFICE, policy=KeepPolicy(hang_up_at_end=True), on_event=told.append)

    def stop() -> tuple[winras.Connection | None, float]:
        told.clear()
        keeping = Background(keeper.keep)
        told.wait("connected")
        began = time.monotonic()
        keeper.stop()
        return keeping.result(), time.monotonic() - began

    assert quick(stop, PROMPT) is None
    assert "its hang-up goes on" in told[-1].reason


@pytest.mark.parametrize("phase", PHASES)
def test_retry_in_each_phase_makes_no_two_dials_in_a_second(phase: str) -> None:
    with Simulator(clock="manual", allow_dialling=True) as ras:
        it = Phase(ras)
        keeper: Keeper = getattr(it, phase)()
        keeping = Background(keeper.keep)
        it.go_on()
        before = len(dials(ras))
        keeper.retry()
        if phase in ("waiting", "away", "offline", "refused", "left_down"):
            limit = time.monotonic() + HANG
            while len(dials(ras)) == before:
                ras.advance(0.1)
                assert time.monotonic() < limit
        keeper.stop()
        it.end()
        keeping.result()
        times = dials(ras)
        assert all(b - a >= 1.0 for a, b in pairwise(times))


def test_ctrl_c_at_any_line_leaves_nothing_behind() -> None:
    for number in range(1, 2000, 7):
        with Simulator(clock="auto") as ras:
            ras.add_entry(OFFICE)
            policy = KeepPolicy(
                jitter=lambda: 0.5,
                hang_up_at_end=True,
                probe=lambda _, ras=ras: ras.now > 10.0,  # type: ignore[misc]
                probe_failures=1,
            )
            keeper = Keeper(OFFICE, policy=policy)
            is_over = False
            with (
                contextlib.suppress(KeyboardInterrupt),
                Interrupting(number, (_keeping,)).tracing(),
            ):
                keeper.keep(timedelta(seconds=30))
                is_over = True
            _operations.finish_hang_ups()
            ras.assert_gone(OFFICE)
            gc.collect()
            told = Told()
            keep_connected(OFFICE, until=timedelta(seconds=1), on_event=told.append)
            assert told.kinds == ["dialling", "connected", "stopped"], number
            keeper.keep(timedelta(seconds=1))
        if is_over:
            break
    assert is_over
    assert number > 300


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork()")
def test_a_child_of_fork_does_not_go_on_with_it() -> None:
    program = f"""
import os, threading, winras
from winras.testing import Simulator
with Simulator(clock="manual") as ras:
    ras.add_entry({OFFICE!r})
    keeper = winras.Keeper({OFFICE!r})
    keeping = threading.Thread(target=keeper.keep)
    keeping.start()
    while not ras.connections:
        ras.wait_blocked()
    child = os.fork()
    if not child:
        keeper.stop()
        keeper.retry()
        try:
            keeper.keep()
        except winras.RasUnavailableError:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert keeping.is_alive()
    keeper.stop()
    keeping.join()
    ras.assert_connected({OFFICE!r})
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=HANG)


# ---- two keepers ----


def test_the_second_keeper_stands_by_and_takes_over(ras: Simulator) -> None:
    ras.add_entry(OFFICE)
    first, second = Told(), Told()
    keepers = [
        Keeper(OFFICE, policy=HALF, on_event=first.append),
        Keeper("office vpn", policy=HALF, on_event=second.append),
    ]
    keeping = [Background(keepers[0].keep)]
    first.wait("dialling", "connected")
    keeping.append(Background(keepers[1].keep))
    second.wait("standing_by")
    ras.wait_blocked(2)
    ras.advance(60.0)
    keepers[0].stop()
    assert keeping[0].result() is not None
    ras.wait_blocked()
    ras.advance(1.0)
    second.wait("standing_by", "connected")
    ras.wait_blocked()
    ras.drop(OFFICE)
    second.wait("standing_by", "connected", "dropped")
    ras.wait_blocked()
    ras.advance(0.5)
    second.wait("standing_by", "connected", "dropped", "dialling", "connected")
    keepers[1].stop()
    assert keeping[1].result() is not None
    first.wait("dialling", "connected", "stopped")


def test_a_keeper_that_stands_by_hangs_nothing_up_at_its_end(ras: Simulator) -> None:
    ras.add_entry(OFFICE)
    keeps, stands = Told(), Told()
    first = Keeper(OFFICE, on_event=keeps.append)
    second = Keeper(OFFICE, policy=KeepPolicy(hang_up_at_end=True), on_event=stands.append)
    keeping = Background(first.keep)
    keeps.wait("dialling", "connected")
    standing = Background(second.keep)
    stands.wait("standing_by")
    second.stop()
    assert standing.result() is None
    first.stop()
    assert keeping.result() == winras.get_connection(OFFICE)


def test_who_was_refused_keeps_others_from_being_refused_too(ras: Simulator) -> None:
    """An account is locked by a number of refusals, whichever keepers they come from."""
    ras.add_entry(OFFICE, user="ann", password="right")
    ras.save_credentials(OFFICE, "ann", "wrong")
    tolds = [Told() for _ in range(5)]
    policy = KeepPolicy(wait_for_credentials=True)
    keepers = [Keeper(OFFICE, policy=policy, on_event=told.append) for told in tolds]
    keeping = [Background(keepers[0].keep)]
    tolds[0].wait("dialling", "refused")
    for keeper, told in zip(keepers[1:], tolds[1:], strict=True):
        keeping.append(Background(keeper.keep))
        told.wait("standing_by")
    ras.wait_blocked(5)
    ras.advance(100.0)
    ras.assert_called("RasDial", times=1)
    ras.save_credentials(OFFICE, "ann", "right")
    keepers[0].retry()
    tolds[0].wait("dialling", "refused", "dialling", "connected")
    for keeper in reversed(keepers):
        keeper.stop()
    assert [one.result() is not None for one in keeping] == [True, False, False, False, False]


@pytest.fixture
def refusing(ras: Simulator) -> Simulator:
    """A server that takes 10 s to refuse what is saved."""
    ras.add_entry(OFFICE)
    ras.save_credentials(OFFICE, "ann", "wrong")
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, 10.0, error=691)])
    return ras


def stand_by(
    first: Keeper, told: Told, others: list[Keeper], tolds: list[Told]
) -> list[Background]:
    """Let the first one dial, and the others stand by."""
    keeping = [Background(first.keep)]
    told.wait("dialling")
    for other, its in zip(others, tolds, strict=True):
        keeping.append(Background(other.keep))
        its.wait("standing_by")
    return keeping


def advance_until(ras: Simulator, is_over: Callable[[], bool]) -> None:
    limit = time.monotonic() + HANG
    while not is_over():
        assert time.monotonic() < limit
        ras.advance(0.5)


@pytest.mark.parametrize("waits", [False, True])
def test_who_takes_over_does_not_dial_with_what_was_refused_meanwhile(
    refusing: Simulator, *, waits: bool
) -> None:
    """RAS Connection Establishment: RasClient logs a failed dial, 20227, with its error."""
    tolds = [Told() for _ in range(5)]
    first, *others = [
        Keeper(
            OFFICE,
            policy=KeepPolicy(wait_for_credentials=waits and told is not tolds[0]),
            on_event=told.append,
        )
        for told in tolds
    ]
    keeping = stand_by(first, tolds[0], others, tolds[1:])
    if waits:
        advance_until(refusing, lambda: any(told.of("refused") for told in tolds))
        for keeper in others:
            keeper.stop()
        assert sum(len(told.of("refused")) for told in tolds) == 1
    else:
        advance_until(refusing, lambda: not any(one.running for one in keeping))
    refusing.assert_called("RasDial", times=1)
    refused = keeping[:1] if waits else keeping
    for one in refused:
        with pytest.raises(winras.AuthenticationError, match="691"):
            one.result()
    for one in keeping[len(refused) :]:
        assert one.result() is None


def test_who_takes_over_and_has_other_credentials_dials(refusing: Simulator) -> None:
    told, its = Told(), Told()
    first = Keeper(OFFICE, on_event=told.append)
    other = Keeper(OFFICE, credentials=Credentials("bob", "right"), on_event=its.append)
    keeping = stand_by(first, told, [other], [its])
    advance_until(refusing, lambda: bool(told.of("stopped")))
    refusing.set_dial_script(OFFICE, [])
    advance_until(refusing, lambda: bool(its.of("connected")))
    other.stop()
    with pytest.raises(winras.AuthenticationError):
        keeping[0].result()
    assert keeping[1].result() is not None
    assert its.kinds == ["standing_by", "waiting", "dialling", "connected", "stopped"]


def test_without_the_application_log_who_takes_over_dials(refusing: Simulator) -> None:
    """It is all that tells one process what another was refused."""
    refusing.quirks.add("no-events")
    told, its = Told(), Told()
    keepers = [Keeper(OFFICE, on_event=one.append) for one in (told, its)]
    keeping = stand_by(keepers[0], told, keepers[1:], [its])
    advance_until(refusing, lambda: not any(one.running for one in keeping))
    for one in keeping:
        with pytest.raises(winras.AuthenticationError):
            one.result()
    refusing.assert_called("RasDial", times=2)


def test_entries_with_names_that_differ_to_windows_are_kept_at_once(ras: Simulator) -> None:
    """Other rules of upper and lower case than those of Windows take them for one name."""
    keepers = []
    for name in ("Stra\N{LATIN SMALL LETTER SHARP S}e", "Strasse"):
        ras.add_entry(name)
        told = Told()
        keeper = Keeper(name, on_event=told.append)
        keepers.append((keeper, Background(keeper.keep)))
        told.wait("dialling", "connected")
    for keeper, keeping in keepers:
        keeper.stop()
        assert keeping.result() is not None


def test_one_name_in_two_spellings_is_kept_once(ras: Simulator) -> None:
    ras.add_entry("\N{GREEK SMALL LETTER OMEGA} VPN", phonebook=r"C:\B.pbk")
    first, second = Told(), Told()
    keepers = []
    for name, path, told, kinds in (
        ("\N{GREEK SMALL LETTER OMEGA} VPN", r"C:\B.pbk", first, ["dialling", "connected"]),
        ("\N{GREEK CAPITAL LETTER OMEGA} vpn", r"c:\b.PBK", second, ["standing_by"]),
    ):
        keeper = Keeper(name, phonebook=path, on_event=told.append)
        keepers.append((keeper, Background(keeper.keep)))
        told.wait(*kinds)
    for keeper, keeping in reversed(keepers):
        keeper.stop()
        keeping.result()
    assert [event.kind.name for event in second] == ["standing_by", "stopped"]
    assert ras.calls("RasDial") == 1


def test_entries_of_two_phone_books_are_kept_at_once(ras: Simulator) -> None:
    other = r"C:\ProgramData\Microsoft\Network\Connections\Pbk\rasphone.pbk"
    ras.add_entry(OFFICE)
    ras.add_entry(OFFICE, phonebook=other)
    tolds = [Told(), Told()]
    keepers = [
        Keeper(OFFICE, on_event=tolds[0].append),
        Keeper(OFFICE, phonebook=other, on_event=tolds[1].append),
    ]
    keeping = [Background(keeper.keep) for keeper in keepers]
    for told in tolds:
        told.wait("dialling", "connected")
    for keeper in keepers:
        keeper.stop()
    assert len({connection.result() for connection in keeping}) == 2
