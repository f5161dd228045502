"""Why a connection dropped or failed: hand-made events, and those that the simulator writes.

The insertion strings are those of the messages in mprmsg.dll, of which libyal's winevt-kb has
dumps. One record of a Windows 10, in trailofbits/algo issue 760, has them unnamed, with EventID
Qualifiers 0.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

import winras
from json_forms import check
from winras import ConnectionState, DialStage, Grade, ReasonKind, _why, aio
from winras.cli import main
from winras.testing import DialStep, Simulator

OFFICE = str(Path(__file__).parents[1] / "examples/office.toml")
ID = "{6D8A8F3E-0B6F-4C59-9C7D-1F1B7B6C2A01}"
OTHER_ID = "{0F0F0F0F-0B6F-4C59-9C7D-1F1B7B6C2A02}"
BEGIN = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

# The text that the event viewer shows of a 20226, which nobody may read.
TEXTS = {
    "en-US": "CoId={0}: The user SYSTEM dialed a connection named Office VPN which has terminated.",
    "de-DE": "CoId={0}: Der Benutzer SYSTEM hat die Verbindung Office VPN getrennt. Ursache: 691.",
    "zh-CN": "CoId={0}: 用户 SYSTEM 拨打的名为 Office VPN 的连接已终止。返回的原因代码为 691。",
}


def make_event(
    number: int | str,
    *strings: str,
    at: datetime | str | None = BEGIN,
    provider: str = "RasClient",
    names: bool = False,
    culture: str = "en-US",
) -> str:
    """The XML of an event, as Windows renders it."""
    moment = at.isoformat().replace("+00:00", "Z") if isinstance(at, datetime) else at
    created = "" if moment is None else f"<TimeCreated SystemTime='{moment}'/>"
    named = [f" Name='param{place}'" if names else "" for place in range(1, len(strings) + 1)]
    data = "".join(
        f"<Data{name}>{escape(string)}</Data>" for name, string in zip(named, strings, strict=True)
    )
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"<Provider Name='{provider}'/><EventID Qualifiers='0'>{number}</EventID><Level>4</Level>"
        f"{created}<Channel>Application</Channel><Computer>PC</Computer><Security/></System>"
        f"<EventData>{data}</EventData><RenderingInfo Culture='{culture}'>"
        f"<Message>{escape(TEXTS[culture].format(ID))}</Message></RenderingInfo></Event>"
    )


def dialling(id_: str = ID, name: str = "Office VPN", *, at: datetime = BEGIN) -> list[str]:
    """The events of dialling up to a link that is established, one a second."""
    lines = "\nServer address/Phone Number = vpn.example.com\nDevice = WAN Miniport (IKEv2)"
    return [
        make_event(20221, id_, "SYSTEM", "VPN", "per-user", name, "AutoLogon = No", at=at),
        make_event(20222, id_, "SYSTEM", name, lines, at=at + timedelta(seconds=1)),
        make_event(20223, id_, "SYSTEM", "WAN Miniport (IKEv2)", at=at + timedelta(seconds=2)),
        make_event(20224, id_, "SYSTEM", at=at + timedelta(seconds=3)),
    ]


def connected(id_: str = ID, name: str = "Office VPN", *, at: datetime = BEGIN) -> list[str]:
    up = make_event(20225, id_, "SYSTEM", name, "\nDevice = x", at=at + timedelta(seconds=4))
    return [*dialling(id_, name, at=at), up]


def ended(code: str, id_: str = ID, name: str = "Office VPN", *, at: datetime = BEGIN) -> str:
    return make_event(20226, id_, "SYSTEM", name, code, at=at + timedelta(hours=1))


def failed(code: str, id_: str = ID, name: str = "Office VPN", *, at: datetime = BEGIN) -> str:
    return make_event(20227, id_, "SYSTEM", name, code, at=at + timedelta(seconds=9))


@pytest.fixture
def write(ras: Simulator) -> Callable[..., None]:
    def write_all(*events: str) -> None:
        for event in events:
            ras.write_event(event)

    return write_all


# ---- what is read ----


def test_a_failed_dial_is_told_with_its_code_stage_and_device(write: Callable[..., None]) -> None:
    write(*dialling(), failed("691"))
    reason = winras.why("office vpn")
    assert (reason.name, reason.kind) == ("Office VPN", ReasonKind.failed)
    assert (reason.code, reason.code_name) == (691, "ERROR_AUTHENTICATION_FAILURE")
    assert reason.message
    assert "password" in reason.hint
    assert reason.at == BEGIN + timedelta(seconds=9)
    assert (reason.began_at, reason.connected_at) == (BEGIN, None)
    assert reason.stage is DialStage.established
    assert reason.device == (
        "Server address/Phone Number = vpn.example.com; Device = WAN Miniport (IKEv2)"
    )
    assert (reason.user, reason.connection_kind, reason.profile) == ("SYSTEM", "VPN", "per-user")
    assert str(reason.correlation_id) == ID.strip("{}").lower()
    assert reason.found_by == "entry name"
    assert [event.id for event in reason.events] == [20221, 20222, 20223, 20224, 20227]
    assert set(reason.grades.values()) == {Grade.documented}
    assert reason.grade is Grade.documented


@pytest.mark.parametrize("culture", TEXTS)
@pytest.mark.parametrize("names", [False, True])
def test_the_language_and_the_names_of_strings_do_not_matter(
    write: Callable[..., None], culture: str, names: bool
) -> None:
    write(make_event(20226, ID, "SYSTEM", "Büro 办公室", "829", culture=culture, names=names))
    reason = winras.why("BÜRO 办公室")
    assert (reason.kind, reason.code) == (ReasonKind.dropped, 829)


@pytest.mark.parametrize(
    ("code", "number", "kind"),
    [
        ("829", 829, ReasonKind.dropped),
        ("828", 828, ReasonKind.dropped),
        ("629", 629, ReasonKind.dropped),
        ("0x80420112", 0x80420112, ReasonKind.dropped),
        ("-2147023186", 0x800706AE, ReasonKind.dropped),
        ("631", 631, ReasonKind.ended),
        ("830", 830, ReasonKind.ended),
        ("0", 0, ReasonKind.ended),
        ("", None, ReasonKind.ended),
        ("the network", None, ReasonKind.ended),
        ("99999999999", None, ReasonKind.ended),
    ],
)
def test_the_reason_decides_whether_it_dropped_or_was_ended(
    write: Callable[..., None], code: str, number: int | None, kind: ReasonKind
) -> None:
    """A guess, and the answer says so: no 20226 of a Windows was found."""
    write(*connected(), ended(code))
    reason = winras.why("Office VPN")
    assert (reason.kind, reason.code) == (kind, number)
    assert reason.connected_at == BEGIN + timedelta(seconds=4)
    assert reason.stage is DialStage.connected
    assert reason.grades["kind"] is Grade.guess
    assert reason.grades["stage"] is Grade.documented
    assert ("code" in reason.grades) is (number is not None)
    assert reason.grade is Grade.guess


def test_what_is_up_also_tells_how_it_ended_before(write: Callable[..., None]) -> None:
    later = BEGIN + timedelta(days=1)
    write(*connected(), ended("829"), *connected(OTHER_ID, at=later))
    reason = winras.why("Office VPN")
    assert (reason.kind, reason.code) == (ReasonKind.connected, None)
    assert reason.at == later + timedelta(seconds=4)
    assert reason.previous is not None
    assert (reason.previous.kind, reason.previous.code) == (ReasonKind.dropped, 829)
    assert reason.previous.previous is None


def test_what_is_over_tells_nothing_before(write: Callable[..., None]) -> None:
    write(*connected(), ended("829"), *dialling(OTHER_ID), failed("809", OTHER_ID))
    reason = winras.why("Office VPN")
    assert (reason.code, reason.previous) == (809, None)


def test_what_is_being_dialled_is_told_so(write: Callable[..., None]) -> None:
    write(*dialling()[:2])
    reason = winras.why("Office VPN")
    assert (reason.kind, reason.stage) == (ReasonKind.dialling, DialStage.trying_link)


def test_nothing_is_an_answer(write: Callable[..., None]) -> None:
    write(*dialling(name="Branch VPN"))
    reason = winras.why("Office VPN")
    assert reason == winras.Reason("Office VPN", ReasonKind.unknown)
    assert (reason.grade, reason.at, reason.events) == (None, None, ())
    assert "nothing about 'Office VPN'" in str(reason)


def test_dials_at_the_same_time_are_told_apart_by_their_ids(write: Callable[..., None]) -> None:
    office, branch = dialling(), dialling(OTHER_ID, "Branch VPN")
    for pair in zip(office, branch, strict=True):
        write(*pair)
    write(failed("809", OTHER_ID, "Branch VPN"), failed("691"))
    assert winras.why("Office VPN").code == 691
    assert winras.why("Branch VPN").code == 809
    assert winras.why("Branch VPN").stage is DialStage.established


def test_an_id_that_is_used_again_is_another_dial(write: Callable[..., None]) -> None:
    again = BEGIN + timedelta(hours=2)
    write(*dialling(), failed("809"), *dialling(at=again)[:2], failed("691", at=again))
    reason = winras.why("Office VPN")
    assert (reason.began_at, reason.stage) == (again, DialStage.trying_link)
    assert len(reason.events) == 3


@pytest.mark.parametrize("id_", ["{NA}", "", "{00000000-0000-0000-0000-000000000000}", "{6D8A}"])
def test_without_an_id_the_name_and_the_order_join(write: Callable[..., None], id_: str) -> None:
    write(*connected(id_), ended("829", id_), *dialling(id_), failed("809", id_))
    reason = winras.why("Office VPN")
    assert (reason.kind, reason.correlation_id) == (ReasonKind.failed, None)
    # 20223 and 20224 do not name their entry.
    assert [event.id for event in reason.events] == [20221, 20222, 20227]


@pytest.mark.parametrize(("other", "is_same"), [("STRASSE", False), ("sTRAßE", True)])
def test_without_an_id_names_are_compared_as_windows_does(
    write: Callable[..., None], other: str, is_same: bool
) -> None:
    write(*dialling("{NA}", "Straße"), failed("691", "{NA}", other))
    kind = winras.why("Straße").kind
    assert kind is (ReasonKind.failed if is_same else ReasonKind.dialling)


def test_an_end_without_its_beginning_is_told(write: Callable[..., None]) -> None:
    write(failed("868"))
    reason = winras.why("Office VPN")
    assert (reason.code, reason.stage, reason.began_at) == (868, None, None)
    assert "stage" not in reason.grades


HOSTILE = {
    "another provider": make_event(20227, ID, "x", "Office VPN", "809", provider="RasServer"),
    "another id": make_event(20228, ID, "x", "Office VPN", "809"),
    "an id that is no number": make_event("soon", ID, "x", "Office VPN", "809"),
    "no strings": make_event(20227),
    "fewer strings": make_event(20227, ID, "x"),
    "an empty name": make_event(20227, ID, "x", "", "809"),
    "not well-formed": "<Event><System>",
    "no XML": "soon",
    "no event": "<x/>",
    "entities": "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
    + make_event(20227, ID, "x", "Office VPN", "809").replace("809", "&b;"),
    "a document type": "<!DOCTYPE x SYSTEM 'file:///etc/passwd'>"
    + make_event(20227, ID, "x", "Office VPN", "809"),
    "long": make_event(20227, ID, "x", "Office VPN", "8" * 2**17),
}


@pytest.mark.parametrize("xml", HOSTILE.values(), ids=HOSTILE.keys())
def test_other_and_broken_events_are_passed_over(write: Callable[..., None], xml: str) -> None:
    write(*dialling(OTHER_ID), failed("691", OTHER_ID), xml)
    reason = winras.why("Office VPN")
    assert (reason.code, len(reason.events)) == (691, 5)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T08:00:00.000000000Z", BEGIN),
        ("2026-11-21T08:00:00.1234567Z", BEGIN + timedelta(microseconds=123456)),
        ("2026-11-21T08:00:00", BEGIN),
        ("2026-11-21T09:00:00+01:00", BEGIN),
        ("soon", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
        (None, None),
    ],
)
def test_times_of_each_windows_are_read(
    write: Callable[..., None], text: str | None, moment: datetime | None
) -> None:
    write(make_event(20227, ID, "SYSTEM", "Office VPN", "809", at=text))
    reason = winras.why("Office VPN")
    assert (reason.code, reason.at) == (809, moment)


def test_an_event_says_what_its_strings_are() -> None:
    event = _why.read_event(failed("809"))
    assert event == winras.LogEvent(
        20227, BEGIN + timedelta(seconds=9), (ID, "SYSTEM", "Office VPN", "809")
    )
    assert event is not None
    assert (event.entry, event.code) == ("Office VPN", 809)
    assert winras.LogEvent(20223, None, ("x",)).entry is None
    assert winras.LogEvent(20223, None, ()).correlation_id is None
    assert winras.LogEvent(20225, None, ("", "", "", "7")).code is None


# ---- since ----


def test_since_leaves_out_what_was_before(write: Callable[..., None], ras: Simulator) -> None:
    moment = winras._native.wall_time(winras._native.service())
    ras.advance(3600.0)
    write(*dialling(at=moment), failed("809", at=moment))
    assert winras.why("Office VPN", since=moment).code == 809
    assert winras.why("Office VPN", since=timedelta(hours=1)).code == 809
    assert winras.why("Office VPN", since=timedelta(minutes=59)).kind is ReasonKind.unknown
    assert winras.why("Office VPN", since=timedelta.max).code == 809
    last = winras.why("Office VPN", since=moment + timedelta(seconds=9))
    assert (last.code, last.began_at) == (809, None)


@pytest.mark.parametrize(
    ("since", "error", "words"),
    [
        (BEGIN.replace(tzinfo=None), ValueError, "must have a time zone"),
        (timedelta(seconds=-1), ValueError, "must not be negative"),
        (3600, TypeError, "a datetime or a timedelta, not int"),
        ("2026-11-21", TypeError, "a datetime or a timedelta, not str"),
    ],
)
def test_since_is_validated(
    ras: Simulator, since: timedelta, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        winras.why("Office VPN", since=since)
    assert ras.calls("EvtQuery") == 0


@pytest.mark.usefixtures("ras")
def test_a_name_or_a_connection_is_wanted() -> None:
    with pytest.raises(ValueError, match="must not be an empty name"):
        winras.why("")
    with pytest.raises(TypeError, match="a Connection or the name of an entry, not int"):
        winras.why(7)  # type: ignore[arg-type]


def test_the_query_selects_by_provider_id_and_time() -> None:
    """The XPath of Microsoft's page "Consuming Events", as tasks for these events have it."""
    assert _why.make_query(None) == (
        "*[System[Provider[@Name='RasClient'] and (EventID>=20221 and EventID<=20227)]]"
    )
    assert _why.make_query(BEGIN + timedelta(microseconds=1999)) == (
        "*[System[Provider[@Name='RasClient'] and (EventID>=20221 and EventID<=20227)"
        " and TimeCreated[@SystemTime>='2026-11-21T08:00:00.001Z']]]"
    )


# ---- how much is read ----


def test_more_is_read_only_if_the_newest_events_do_not_answer(
    write: Callable[..., None], ras: Simulator
) -> None:
    write(*dialling(), failed("691"))
    assert winras.why("Office VPN").code == 691
    assert ras.calls("EvtQuery") == 1
    for _ in range(40):
        write(*dialling(OTHER_ID, "Branch VPN"), failed("809", OTHER_ID, "Branch VPN"))
    assert winras.why("Branch VPN").code == 809
    assert ras.calls("EvtQuery") == 2
    assert winras.why("Office VPN").stage is DialStage.established
    assert ras.calls("EvtQuery") == 5


def test_a_connection_is_found_below_later_ones_of_its_entry(ras: Simulator) -> None:
    ras.add_entry("Office VPN")
    ras.connect("Office VPN")
    first = winras.get_connection("Office VPN")
    ras.drop("Office VPN", error=829)
    for _ in range(5):
        ras.connect("Office VPN")
        ras.drop("Office VPN", error=828)
    assert winras.why(first).code == 829
    assert winras.why("Office VPN").code == 828


def test_more_is_read_if_the_beginning_is_missing(write: Callable[..., None]) -> None:
    write(*dialling())
    for _ in range(25):
        write(*dialling(OTHER_ID, "Branch VPN"), failed("809", OTHER_ID, "Branch VPN"))
    write(failed("691"))
    assert winras.why("Office VPN").began_at == BEGIN
    assert [reason.began_at for reason in _why.recent_failures(26)] == [BEGIN] * 26


def test_the_simulated_log_keeps_the_last_1024_events(ras: Simulator) -> None:
    for number in range(1030):
        ras.write_event(failed(str(number + 1)))
    texts = winras._native.read_events("*", 4096, winras._native.service())
    assert len(texts) == 1024
    assert ">1030<" in texts[0]
    assert ">7<" in texts[-1]
    assert len(winras._native.read_events("*", 3, winras._native.service())) == 3


# ---- what the simulated service writes ----


def test_the_simulated_service_writes_what_rasclient_does(ras: Simulator) -> None:
    """Its stages: Microsoft's page "RAS Connection Establishment Issues"."""
    ras.add_entry("A <&> 办公室", phone_number="vpn.example.com", dial_seconds=10.0)
    ras.connect("A <&> 办公室")
    ras.advance(10.0)
    connection = winras.get_connection("A <&> 办公室")
    ras.advance(60.0)
    ras.drop("A <&> 办公室", error=829)
    reason = winras.why(connection)
    begin = datetime(2000, 1, 1, tzinfo=UTC)
    assert [(event.id, (event.at or begin) - begin) for event in reason.events] == [
        (20221, timedelta()),
        (20222, timedelta(seconds=2)),
        (20223, timedelta(seconds=3)),
        (20224, timedelta(seconds=4)),
        (20225, timedelta(seconds=10)),
        (20226, timedelta(seconds=70)),
    ]
    assert (reason.kind, reason.code) == (ReasonKind.dropped, 829)
    assert (reason.name, reason.found_by) == (connection.name, "correlation id")
    assert reason.correlation_id == connection.correlation_id
    assert reason.grades["found_by"] is Grade.guess
    assert (reason.connection_kind, reason.profile) == ("VPN", "per-user")
    assert "vpn.example.com; Device = WAN Miniport (IKEv2)" in (reason.device or "")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "2000-01-01T00:00:00"),
        (59 * 86400, "2000-02-29T00:00:00"),
        (366 * 86400 - 1, "2000-12-31T23:59:59"),
        (366 * 86400, "2001-01-01T00:00:00"),
        (400 * 365 * 86400, "2399-09-26T00:00:00"),
        (1e9, "2031-09-09T01:46:40"),
    ],
)
def test_the_simulated_log_has_the_date_of_the_clock(
    ras: Simulator, seconds: float, text: str
) -> None:
    ras.add_entry("A")
    ras.advance(seconds)
    ras.connect("A")
    at = winras.why("A").at
    assert at == winras._native.wall_time(winras._native.service())
    assert at == datetime.fromisoformat(f"{text}+00:00")


def all_users() -> str:
    return r"C:\ProgramData\Microsoft\Network\Connections\Pbk\rasphone.pbk"


def test_the_profile_is_that_of_the_phone_book(ras: Simulator) -> None:
    ras.add_entry(
        "A", phonebook=all_users(), device_type="PPPoE", device_name="WAN Miniport (PPPOE)"
    )
    ras.connect("A")
    assert (winras.why("A").connection_kind, winras.why("A").profile) == ("Broadband", "all-user")


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        (ConnectionState.OpenPort, DialStage.started),
        (ConnectionState.ConnectDevice, DialStage.trying_link),
        (ConnectionState.DeviceConnected, DialStage.link_up),
        (ConnectionState.AllDevicesConnected, DialStage.established),
        (ConnectionState.Authenticate, DialStage.established),
    ],
)
def test_a_dial_that_fails_is_told_with_its_stage(state: ConnectionState, stage: DialStage) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", hang_up_seconds=0.5)
        ras.set_dial_script("A", [DialStep(state, 1.0, error=809)])
        with pytest.raises(winras.RasError):
            winras.dial("A", use_saved=False)
        reason = winras.why("A")
    assert (reason.kind, reason.code, reason.stage) == (ReasonKind.failed, 809, stage)


def test_a_refused_password_is_told() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A", user="ann", password="secret")
        with pytest.raises(winras.AuthenticationError):
            winras.dial("A", credentials=winras.Credentials("ann", "wrong"))
        assert winras.why("A").code == 691


def test_a_hang_up_is_no_drop_and_a_dropped_dial_has_failed() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.connect("A")
        winras.get_connection("A").hang_up()
        assert (winras.why("A").kind, winras.why("A").code) == (ReasonKind.ended, 631)
        ras.connect("A")
        ras.drop("A")
        assert (winras.why("A").kind, winras.why("A").code) == (ReasonKind.dropped, 629)
        ras.connect("A", dial_seconds=10.0)
        ras.drop("A")
        assert (winras.why("A").kind, winras.why("A").code) == (ReasonKind.failed, 629)
        ras.connect("A")
        ras.set_service("stopped")
        asked = ras.calls("QueryServiceStatusEx")
        # RasMan does not run, and yet the log can be read.
        assert winras.why("A").code == 834
        assert ras.calls("QueryServiceStatusEx") == asked


def test_quirks_of_the_log() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.quirks.add("no-events")
        ras.connect("A")
        assert winras.why("A").kind is ReasonKind.unknown
        ras.quirks.discard("no-events")
        ras.quirks.add("events-without-reason")
        ras.drop("A", error=829)
        assert (winras.why("A").kind, winras.why("A").code) == (ReasonKind.ended, None)
        ras.quirks.discard("events-without-reason")
        ras.quirks.add("event-ids-differ")
        ras.connect("A")
        connection = winras.get_connection("A")
        ras.drop("A", error=829)
        reason = winras.why(connection)
        assert (reason.code, reason.found_by) == (829, "entry name")
        assert reason.correlation_id != connection.correlation_id
        assert reason.grades["found_by"] is Grade.guess


def test_a_connection_is_not_told_the_end_of_another() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.connect("A")
        first = winras.get_connection("A")
        ras.drop("A", error=829)
        ras.connect("A")
        second = winras.get_connection("A")
        ras.drop("A", error=828)
        assert (winras.why(first).code, winras.why(second).code) == (829, 828)


def test_the_events_of_a_simulator_end_with_it() -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.connect("A")
        connection = winras.get_connection("A")
    with Simulator(clock="auto"):
        assert winras.why("A").kind is ReasonKind.unknown
        with pytest.raises(RuntimeError, match="not the active one"):
            winras.why(connection)


def test_write_event_wants_a_text(ras: Simulator) -> None:
    with pytest.raises(TypeError, match="xml must be str, not bytes"):
        ras.write_event(b"<x/>")  # type: ignore[arg-type]
    for text in ("", "<x>\0</x>"):
        with pytest.raises(ValueError, match="without a NUL"):
            ras.write_event(text)


# ---- errors ----


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (5, winras.RasError, "^5 ERROR_ACCESS_DENIED"),
        (1460, winras.RasTimeoutError, "^1460"),
        (126, winras.RasUnavailableError, "wevtapi.dll"),
        (127, winras.RasUnavailableError, "wevtapi.dll"),
        (120, winras.RasUnavailableError, "^120"),
    ],
)
def test_errors_of_the_event_log(
    ras: Simulator, code: int, kind: type[winras.RasError], words: str
) -> None:
    ras.fail("EvtQuery", code)
    with pytest.raises(kind, match=words) as caught:
        winras.why("A")
    assert (caught.value.code, caught.value.function) == (code, "EvtQuery")


def test_the_log_is_no_ras_call_and_not_logged_as_one(ras: Simulator) -> None:
    winras.why("A")
    assert ras.calls("EvtQuery") == 1
    assert len(ras.calls) == 0


# ---- the last failures of all entries ----


def test_recent_failures_are_those_of_all_entries_newest_first(write: Callable[..., None]) -> None:
    ids = [f"{{{number:08X}-0B6F-4C59-9C7D-1F1B7B6C2A01}}" for number in range(4)]
    write(
        *dialling(ids[0]), failed("691", ids[0]),
        *connected(ids[1], "B"), ended("829", ids[1], "B"),
        *connected(ids[2], "C"), ended("631", ids[2], "C"),
        *connected(ids[3], "D"),
    )  # fmt: skip
    assert [(r.name, r.code) for r in _why.recent_failures()] == [("B", 829), ("Office VPN", 691)]
    assert [r.name for r in _why.recent_failures(1)] == ["B"]
    assert [r.name for r in _why.recent_failures(since=BEGIN + timedelta(minutes=1))] == ["B"]
    with pytest.raises(ValueError, match="limit"):
        _why.recent_failures(0)


def test_recent_failures_are_in_the_order_of_their_ends(write: Callable[..., None]) -> None:
    write(*connected(), *dialling(OTHER_ID, "B"), failed("809", OTHER_ID, "B"), ended("829"))
    assert [reason.code for reason in _why.recent_failures()] == [829, 809]


def test_recent_failures_reads_more_only_if_it_must(
    write: Callable[..., None], ras: Simulator
) -> None:
    for number in range(30):
        id_ = f"{{{number:08X}-0B6F-4C59-9C7D-1F1B7B6C2A01}}"
        write(*dialling(id_), failed("691", id_))
    assert len(_why.recent_failures(10)) == 10
    assert ras.calls("EvtQuery") == 1
    assert len(_why.recent_failures(28)) == 28
    assert ras.calls("EvtQuery") == 3


# ---- asyncio, threads ----


def test_the_twin_for_asyncio() -> None:
    async def ask() -> winras.Reason:
        return await aio.why("A", since=timedelta(days=1))

    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        ras.connect("A")
        ras.drop("A", error=829)
        ras.delay("EvtQuery", 2.0)
        assert asyncio.run(ask()).code == 829


def test_many_threads_read_while_the_service_writes() -> None:
    with ThreadPoolExecutor() as threads, Simulator() as ras:
        ras.add_entry("A")
        asked = [threads.submit(winras.why, "A") for _ in range(40)]
        for _ in range(40):
            ras.connect("A")
            ras.drop("A", error=829)
        for answer in asked:
            reason = answer.result()
            assert reason.kind not in (ReasonKind.failed, ReasonKind.ended)
            assert reason.code == (829 if reason.kind is ReasonKind.dropped else None)
        assert winras.why("A").code == 829


# ---- the command ----


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., tuple[int, str, str]]]:
    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["why", *arguments])
        except SystemExit as end:
            code = int(str(end.code))
        return code, *capsys.readouterr()

    return run


Told = Callable[..., tuple[int, str, str]]


def test_the_command_tells_people(write: Callable[..., None], told: Told) -> None:
    later = BEGIN + timedelta(days=1)
    write(*connected(), ended("829"), *dialling(OTHER_ID, at=later))
    code, out, _ = told("office vpn")
    assert code == 0
    first, *facts, last = out.splitlines()
    assert first.startswith("'Office VPN' is being dialled; its last event was at 2026-11-2")
    assert any(line.split("  ")[0] == "reached" and "established" in line for line in facts)
    assert any("how sure" in line and "documented: kind, stage, found by" in line for line in facts)
    assert last.startswith("before that: 'Office VPN' dropped at 2026-11-21 ")
    assert "829 ERROR_LINK_FAILURE: " in last


def test_the_command_gives_the_hint(write: Callable[..., None], told: Told) -> None:
    write(*dialling(), failed("691"))
    _, out, _ = told("Office VPN")
    assert "hint: " in out
    assert "691 ERROR_AUTHENTICATION_FAILURE: " in out


def test_the_commands_json(write: Callable[..., None], told: Told) -> None:
    later = BEGIN + timedelta(days=1)
    write(*dialling(), failed("691"), *connected(OTHER_ID, at=later))
    code, out, _ = told("Office VPN", "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["kind"] == "connected"
    assert answer["grade"] == "documented"
    assert answer["events"][0] == {"id": 20221, "at": "2026-11-22T08:00:00.000Z"}
    previous = answer.pop("previous")
    assert previous.pop("previous") is None
    assert (previous["kind"], previous["code"], previous["stage"]) == ("failed", 691, "established")
    assert previous["at"] == "2026-11-21T08:00:09.000Z"
    assert previous.keys() == answer.keys()
    assert previous["grades"] == dict.fromkeys(("kind", "code", "stage", "found_by"), "documented")
    assert answer["grades"]["code"] is None
    check("why", out)


def test_each_kind_of_answer_has_the_form_of_the_schema(write: Callable[..., None]) -> None:
    ids = {name: ID.replace("{6", f"{{{number}") for number, name in enumerate("ABCDE")}
    write(*dialling(ids["A"], "A"), failed("691", ids["A"], "A"))
    write(*connected(ids["B"], "B"), ended("", ids["B"], "B"))
    write(*connected(ids["C"], "C"), ended("829", ids["C"], "C"))
    write(*connected(ids["D"], "D"), *dialling(ids["E"], "E"))
    write(make_event(20227, "", "", "F", at=None))
    reasons = [winras.why(name) for name in "ABCDEFG"]
    for reason in reasons:
        check("why", json.dumps(reason.to_dict()))
    assert {reason.kind for reason in reasons} == {*ReasonKind}


@pytest.mark.usefixtures("ras")
def test_the_command_says_that_the_log_has_nothing(told: Told) -> None:
    code, out, err = told("Typo")
    assert (code, out) == (3, "")
    assert "1168 ERROR_NOT_FOUND: the Application log tells nothing about 'Typo'" in err
    assert "since then" in told("Typo", "--since", "2h")[2]


@pytest.mark.parametrize("when", ["90", "30m", "2h", "7d", "2000-01-01", "2026-11-21T08:00+01:00"])
@pytest.mark.usefixtures("ras")
def test_the_command_takes_times(told: Told, when: str) -> None:
    assert told("A", "--since", when)[0] == 3


@pytest.mark.parametrize("when", ["", "-5", "2 h", "soon", "1.5h", "5w", "2026-13-01", "٣h"])
@pytest.mark.usefixtures("ras")
def test_the_command_refuses_what_is_no_time(told: Told, when: str) -> None:
    code, _, err = told("A", "--since", when)
    assert code == 2
    assert "neither a time ago" in err or "expected one argument" in err


@pytest.mark.usefixtures("ras")
def test_the_command_wants_a_name(told: Told) -> None:
    assert told("")[0] == 2


def test_the_command_plays_a_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--simulate", OFFICE, "why", "Office VPN"]) == 0
    assert "'Office VPN' is up; it connected at " in capsys.readouterr().out


def test_the_times_of_a_scenario_that_drops_at_once_are_in_order(tmp_path: Path) -> None:
    scenario = tmp_path / "dropped.toml"
    scenario.write_text(
        '[[entry]]\nname = "Home"\nconnected = true\n\n[[at]]\nseconds = 0.0\ndrop = "Home"\n',
        encoding="utf-8",
    )
    with Simulator(scenario=scenario):
        ended = winras.why("Home")
    assert ended.began_at is not None
    assert ended.at is not None
    assert ended.began_at <= ended.at


# ---- what no log should have ----


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no TZ")
@pytest.mark.parametrize("zone", ["UTC+12", "UTC-14"])
@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_moment_that_is_in_no_local_time_ends_nothing(
    write: Callable[..., None],
    at: str,
    zone: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(make_event(20227, ID, "SYSTEM", "Office VPN", "691", at=at))
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        assert "failed to connect" in str(winras.why("Office VPN"))
        assert main(["why", "Office VPN"]) == 0
        assert "691 ERROR_AUTHENTICATION_FAILURE" in capsys.readouterr().out
    time.tzset()


def test_without_an_id_what_is_over_takes_no_later_event(write: Callable[..., None]) -> None:
    """Else the beginning of the first would be told as that of the second."""
    later = BEGIN + timedelta(days=1)
    write(*dialling(""), failed("829", ""), failed("691", "", at=later))
    reason = winras.why("Office VPN")
    assert (reason.code, reason.began_at, len(reason.events)) == (691, None, 1)
    write(make_event(20225, "", "SYSTEM", "Office VPN", at=later + timedelta(hours=1)))
    reason = winras.why("Office VPN")
    assert (reason.kind, reason.began_at) == (ReasonKind.connected, None)
    assert reason.previous is not None
    assert reason.previous.code == 691


def test_what_was_before_is_told_of_a_connection_too(ras: Simulator) -> None:
    """As of its name; but the time before has another id, so that is found by the name."""
    ras.add_entry("Office VPN")
    ras.connect("Office VPN")
    ras.drop("Office VPN", error=829)
    ras.connect("Office VPN")
    reason = winras.why(winras.get_connection("Office VPN"))
    assert (reason.kind, reason.found_by) == (ReasonKind.connected, "correlation id")
    assert reason.previous is not None
    assert (reason.previous.code, reason.previous.found_by) == (829, "entry name")
    assert reason.previous.grades["found_by"] is Grade.guess


def test_a_name_does_not_end_at_a_nul(ras: Simulator) -> None:
    ras.add_entry("A")
    ras.connect("A")
    assert winras.why("A\0B").kind is ReasonKind.unknown
    with pytest.raises(winras.ConnectionNotFoundError):
        winras.get_connection("A\0B")
