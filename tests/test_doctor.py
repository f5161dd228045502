"""``winras doctor``: what it tells, what it finds wrong, and what it keeps to itself."""

from __future__ import annotations

import json
import sys

import pytest

import winras
from json_forms import check
from winras import Credentials, _native
from winras._doctor import Diagnosis, examine
from winras.cli import main
from winras.testing import Simulator

SECRETS = {
    "name": "Ann's VPN",
    "user": "ann.smith",
    "password": "correct horse 4711",
    "server": "vpn.secret.example",
    "domain": "SECRETDOMAIN",
}


def add_office(ras: Simulator, **more: str) -> None:
    ras.add_entry(
        SECRETS["name"],
        phone_number=SECRETS["server"],
        user=SECRETS["user"],
        password=SECRETS["password"],
        domain=SECRETS["domain"],
        **more,  # type: ignore[arg-type]
    )


def wrong(diagnosis: Diagnosis) -> list[str]:
    return [finding.text for finding in diagnosis.findings]


def test_nothing_is_wrong_with_a_healthy_ras() -> None:
    with Simulator(clock="auto") as ras:
        add_office(ras)
        ras.add_entry("EAP", eap_user="ann")
        ras.connect("EAP")
        diagnosis = examine()
    assert wrong(diagnosis) == []
    assert (diagnosis.simulated, diagnosis.available, diagnosis.library) == (True, True, None)
    assert (diagnosis.rasman, diagnosis.rasman_start_type) == ("running", "manual")
    assert {step.what: step.found for step in diagnosis.steps} == {
        "connections": 1,
        "entries of the phone books in the profiles": 2,
        "phone book of this user": 2,
        "phone book of all users": 0,
        "registration for notifications": None,
        "entries that can be read": 2,
        "last failures in the Application log": 0,
    }
    assert not any(step.error for step in diagnosis.steps)


def test_which_entries_need_eap() -> None:
    with Simulator(clock="auto"):
        book = winras.Phonebook.user()
        book.create(winras.Entry.ikev2("IKEv2", "vpn.example.com"))
        book.create(winras.Entry.l2tp("L2TP", "vpn.example.com"))
        found = {entry.name: entry.needs_eap for entry in examine(names=True).entries}
    assert found == {"IKEv2": True, "L2TP": False}


def test_without_entries_nothing_is_wrong() -> None:
    with Simulator(clock="auto"):
        diagnosis = examine()
    assert (diagnosis.entries, diagnosis.findings) == ((), ())


@pytest.mark.parametrize("json_wanted", [False, True])
def test_nothing_of_a_person_is_told_without_names(
    json_wanted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """No name, user, password, server, domain or path; the names of entries only if asked for."""
    with Simulator(clock="auto") as ras:
        add_office(ras)
        winras.save_credentials(
            SECRETS["name"], Credentials(SECRETS["user"], SECRETS["password"], SECRETS["domain"])
        )
        ras.connect(SECRETS["name"])
        ras.fail("RasGetEntryProperties", 5, times=None)
        path = winras.entries()[0].phonebook
        flags = ["--json"] * json_wanted
        assert main(["doctor", *flags]) == 1
        hidden = capsys.readouterr().out
        assert main(["doctor", "--names", *flags]) == 1
        shown = capsys.readouterr().out
    for secret in (*SECRETS.values(), path):
        assert secret not in hidden
        assert (secret == SECRETS["name"]) == (secret in shown)


def test_the_last_failures(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator(clock="auto") as ras:
        ras.add_entry("A")
        add_office(ras)
        with pytest.raises(winras.AuthenticationError):
            winras.dial(SECRETS["name"], credentials=Credentials("eve", "x"))
        [failure] = examine().failures
        assert (failure.name, failure.kind, failure.code) == (None, "failed", 691)
        assert failure.entry == 2
        assert failure.code_name == "ERROR_AUTHENTICATION_FAILURE"
        assert failure.hint
        assert main(["doctor"]) == 0
        page = capsys.readouterr().out
        assert main(["doctor", "--json"]) == 0
        assert check("doctor", capsys.readouterr().out)
        assert main(["doctor", "--names"]) == 0
    assert "entry 2: failed" in page
    assert "691 ERROR_AUTHENTICATION_FAILURE" in page
    assert SECRETS["name"] not in page
    assert f"{SECRETS['name']}: failed" in capsys.readouterr().out


# ---- what is wrong ----


def test_a_stopped_rasman_is_started_and_no_fault() -> None:
    with Simulator(clock="auto") as ras:
        add_office(ras)
        ras.set_service("stopped", start_seconds=2.0)
        diagnosis = examine()
    assert (diagnosis.rasman, wrong(diagnosis)) == ("stopped", [])
    [slow] = [step for step in diagnosis.steps if step.seconds > 1]
    assert (slow.what, slow.seconds) == ("entries of the phone books in the profiles", 2.0)


def test_a_rasman_that_cannot_be_started() -> None:
    with Simulator(clock="auto") as ras:
        ras.set_service("stopped", start_seconds=float("inf"))
        diagnosis = examine()
    assert wrong(diagnosis)[0] == (
        "RasMan (Remote Access Connection Manager) does not run, and was not started"
    )
    assert "sc.exe start RasMan" in diagnosis.findings[0].next_step
    registration = next(step for step in diagnosis.steps if "registration" in step.what)
    assert (registration.error, registration.error_name) == (1062, "ERROR_SERVICE_NOT_ACTIVE")


def test_a_disabled_rasman_is_told_once() -> None:
    with Simulator(clock="auto") as ras:
        ras.set_service("disabled")
        diagnosis = examine()
    assert (diagnosis.rasman, diagnosis.rasman_start_type) == ("disabled", "disabled")
    assert wrong(diagnosis) == [
        "the Windows service RasMan (Remote Access Connection Manager) is disabled"
    ]
    assert "sc.exe config RasMan start= demand" in diagnosis.findings[0].next_step


def test_a_ras_that_says_so_of_a_rasman_that_runs() -> None:
    with Simulator(clock="auto") as ras:
        ras.stop_service(1062)
        texts = wrong(examine())
    assert "connections: RasEnumConnections answered 1062 ERROR_SERVICE_NOT_ACTIVE" in texts


def test_a_service_manager_that_does_not_answer() -> None:
    with Simulator(clock="auto") as ras:
        ras.fail("QueryServiceStatusEx", 5, times=None)
        diagnosis = examine()
    assert (diagnosis.rasman, diagnosis.rasman_error) == (None, 5)
    assert wrong(diagnosis) == [
        "the service manager does not say whether RasMan runs: 5 ERROR_ACCESS_DENIED"
    ]


def test_a_ras_that_blocks() -> None:
    with Simulator(clock="auto") as ras:
        ras.delay("RasEnumConnections", 25.0)
        diagnosis = examine()
    assert "connections: RasEnumConnections took 25.0 s" in wrong(diagnosis)
    assert diagnosis.steps[0].seconds == 25.0


def test_a_ras_that_does_not_answer() -> None:
    with Simulator(clock="auto") as ras:
        ras.stop_service(1722, blocks=1.0)
        texts = wrong(examine())
    assert len(texts) == 5
    assert "RasEnumConnections answered 1722 RPC_S_SERVER_UNAVAILABLE" in texts[0]


def test_a_registration_that_is_refused() -> None:
    with Simulator(clock="auto") as ras:
        ras.fail("RasConnectionNotification", 5, times=None)
        diagnosis = examine()
    assert wrong(diagnosis) == [
        "registration for notifications: RasConnectionNotification answered 5 ERROR_ACCESS_DENIED"
    ]
    with Simulator(clock="auto"):
        assert wrong(examine()) == []


def test_a_phone_book_that_cannot_be_opened() -> None:
    with Simulator(clock="auto") as ras:
        ras.fail("RasEnumEntries", 621, times=None)
        diagnosis = examine()
    text = "phone book of this user: RasEnumEntries answered 621 ERROR_CANNOT_OPEN_PHONEBOOK"
    assert text in wrong(diagnosis)
    assert all(finding.next_step for finding in diagnosis.findings)


def test_an_entry_that_cannot_be_read() -> None:
    with Simulator(clock="auto") as ras:
        add_office(ras)
        ras.add_entry("B")
        ras.fail("RasGetEntryProperties", 5, times=1)
        diagnosis = examine()
    assert [(entry.needs_eap, entry.error) for entry in diagnosis.entries] == [
        (None, 5),
        (False, 0),
    ]
    assert wrong(diagnosis) == ["entries that cannot be read: 1 (5 ERROR_ACCESS_DENIED)"]


def test_functions_that_this_windows_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_native, "missing_functions", lambda _service: ["RasGetCredentials"])
    with Simulator(clock="auto"):
        diagnosis = examine()
    assert diagnosis.missing_functions == ("RasGetCredentials",)
    assert wrong(diagnosis) == ["functions that rasapi32.dll lacks: 1"]


# ---- the command ----


@pytest.mark.skipif(sys.platform == "win32", reason="this system has a RAS of its own")
def test_without_a_ras_it_says_so_and_exits_5(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 5
    told = json.loads(text := capsys.readouterr().out)
    assert check("doctor", text)
    assert (told["available"], told["simulated"], told["steps"]) == (False, False, [])
    [finding] = told["findings"]
    assert "rasapi32.dll cannot be loaded" in finding["text"]
    assert "Windows" in finding["next_step"]
    assert main(["doctor"]) == 5
    assert "RAS     none" in capsys.readouterr().out


def test_the_page_of_a_healthy_ras(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator(clock="auto") as ras:
        add_office(ras)
        assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert "RAS                a simulated RAS\n" in told
    assert "RasMan             running; start type: manual\n" in told
    assert told.endswith("no fault was found\n")
    assert "entry 1  this user" in told


def test_the_page_of_a_ras_with_which_something_is_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Simulator(clock="auto") as ras:
        ras.set_service("disabled")
        assert main(["doctor"]) == 5  # as any other command
    told = capsys.readouterr().out
    assert "1. the Windows service RasMan (Remote Access Connection Manager) is disabled\n" in told
    assert "   next: as an administrator: sc.exe config RasMan start= demand\n" in told
