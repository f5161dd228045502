"""Dialling with the credentials that are saved for the entry, and with none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

import winras
from winras import ConnectionState, Credentials, aio
from winras.cli import main
from winras.testing import DEFAULT_PHONEBOOK, DialStep, Simulator

OFFICE = "Office VPN"
ALL_USERS = r"C:\ProgramData\Microsoft\Network\Connections\Pbk\rasphone.pbk"
PRIVATE = r"C:\office.pbk"
RASCM_USER_PASSWORD_DOMAIN = 0x7


@pytest.fixture
def ras() -> Iterator[Simulator]:
    """A simulated RAS with one entry, whose server lets in one user."""
    with Simulator(clock="auto") as simulator:
        simulator.add_entry(OFFICE, user="ann", password="secret", domain="CORP")
        yield simulator


def test_an_entry_is_dialled_with_what_is_saved_for_it(ras: Simulator) -> None:
    ras.save_credentials(OFFICE, "ann", "secret", "CORP")
    assert winras.dial(OFFICE).name == OFFICE
    ras.assert_connected(OFFICE)
    asked = [call for call in ras.calls if call.function == "RasGetCredentials"]
    assert [call.number for call in asked] == [RASCM_USER_PASSWORD_DOMAIN]


def test_with_asyncio_too(ras: Simulator) -> None:
    ras.save_credentials(OFFICE, "ann", "secret", "CORP")
    assert asyncio.run(aio.dial(OFFICE)).name == OFFICE
    assert winras.get_connection(OFFICE).hang_up()
    with pytest.raises(winras.AuthenticationError):
        asyncio.run(aio.dial(OFFICE, use_saved=False))


def test_the_command_too(ras: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    ras.save_credentials(OFFICE, "ann", "secret", "CORP")
    assert main(["dial", OFFICE, "--no-saved"]) == 1
    assert ras.calls("RasGetCredentials") == 0
    assert main(["dial", OFFICE]) == 0
    assert "connected" in capsys.readouterr().out


def test_where_no_domain_is_saved_the_entrys_own_is_meant(ras: Simulator) -> None:
    ras.add_entry("Home", user="ann", password="secret")
    ras.save_credentials("Home", "ann", "secret")
    assert winras.dial("Home")


def test_each_phone_book_has_its_own(ras: Simulator) -> None:
    for phonebook in (ALL_USERS, PRIVATE):
        ras.add_entry(OFFICE, phonebook=phonebook, user="bob", password="other")
        ras.save_credentials(OFFICE, "bob", "other", phonebook=phonebook)
    ras.save_credentials(OFFICE, "ann", "secret", "CORP", phonebook=DEFAULT_PHONEBOOK)
    for phonebook in (None, ALL_USERS, PRIVATE):
        connection = winras.dial(OFFICE, phonebook=phonebook)
        assert connection.phonebook == (phonebook or DEFAULT_PHONEBOOK)


def test_given_credentials_are_not_those_that_are_saved(ras: Simulator) -> None:
    ras.save_credentials(OFFICE, "ann", "wrong", "CORP")
    assert winras.dial(OFFICE, credentials=Credentials("ann", "secret", "CORP"))
    assert ras.calls("RasGetCredentials") == 0


def test_without_use_saved_ras_is_given_none(ras: Simulator) -> None:
    ras.save_credentials(OFFICE, "ann", "secret", "CORP")
    with pytest.raises(winras.AuthenticationError) as raised:
        winras.dial(OFFICE, use_saved=False)
    assert ras.calls("RasGetCredentials") == 0
    assert "saved" not in raised.value.message


@pytest.mark.usefixtures("ras")
def test_use_saved_is_a_flag() -> None:
    with pytest.raises(TypeError, match="use_saved must be a bool"):
        winras.dial(OFFICE, use_saved=1)  # type: ignore[arg-type]


def test_a_number_without_an_entry_has_nothing_saved(ras: Simulator) -> None:
    ras.add_entry(phone_number="0301234", device_type="modem")
    assert winras.dial("", phone_number="0301234")
    assert ras.calls("RasGetCredentials") == 0


# ---- whether any are saved ----


@pytest.mark.parametrize("echoes", [False, True])
@pytest.mark.parametrize(("user", "password"), [("", ""), ("ann", ""), ("", "secret")])
def test_the_texts_tell_that_none_are_saved(
    ras: Simulator, user: str, password: str, *, echoes: bool
) -> None:
    """With the quirk, dwMask says that there are."""
    if echoes:
        ras.quirks.add("credentials-mask")
    ras.add_entry("Open")
    if user:
        ras.save_credentials("Open", user, password)
    assert winras.dial("Open")  # whoever the logged-on user is
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, error=628)])
    with pytest.raises(winras.RasError, match="No user name and password are saved for this entry"):
        winras.dial(OFFICE)


def test_with_the_quirk_what_is_saved_is_used(ras: Simulator) -> None:
    ras.quirks.add("credentials-mask")
    ras.save_credentials(OFFICE, "ann", "secret", "CORP")
    assert winras.dial(OFFICE)


@pytest.mark.parametrize("code", [628, 691, 703])
def test_a_failure_says_that_nothing_was_saved_and_who_is_sent_then(
    ras: Simulator, code: int
) -> None:
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, error=code)])
    with pytest.raises(winras.RasError) as raised:
        winras.dial(OFFICE)
    assert raised.value.code == code
    assert "No user name and password are saved" in raised.value.message
    assert "logged-on user" in raised.value.message
    assert "service" in raised.value.message


@pytest.mark.parametrize("code", [0x800702B3, 0x80420112])
def test_so_does_a_refusal_that_comes_as_an_hresult(ras: Simulator, code: int) -> None:
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, error=code)])
    with pytest.raises(winras.AuthenticationError, match="No user name and password are saved"):
        winras.dial(OFFICE)


def test_a_file_that_is_not_found_has_nothing_saved(ras: Simulator) -> None:
    """DotRas 1 takes error 2 of RasGetCredentials for that."""
    ras.fail("RasGetCredentials", 2, times=None)
    with pytest.raises(winras.AuthenticationError, match="No user name and password are saved"):
        winras.dial(OFFICE)


def test_a_paused_state_says_so_too(ras: Simulator) -> None:
    with pytest.raises(winras.AuthenticationError, match=r"RetryAuthentication.* are saved"):
        winras.dial(OFFICE)
    ras.assert_gone(OFFICE)


@pytest.mark.parametrize("code", [619, 678, 809])
def test_other_failures_have_other_causes(ras: Simulator, code: int) -> None:
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, error=code)])
    with pytest.raises(winras.RasError) as raised:
        winras.dial(OFFICE)
    assert "saved" not in raised.value.message


def test_saved_credentials_may_be_refused(ras: Simulator) -> None:
    ras.save_credentials(OFFICE, "ann", "old", "CORP")
    with pytest.raises(
        winras.AuthenticationError, match="With the credentials that are saved for this entry"
    ):
        winras.dial(OFFICE)


def test_the_handle_may_be_refused(ras: Simulator) -> None:
    ras.save_credentials(OFFICE, "ann", "secret", "CORP")
    ras.quirks.add("saved-password-refused")
    with pytest.raises(
        winras.RasError, match="With the credentials that are saved for this entry"
    ) as raised:
        winras.dial(OFFICE)
    assert raised.value.code == 628
    ras.assert_gone(OFFICE)
    assert winras.dial(OFFICE, credentials=Credentials("ann", "secret", "CORP"))


@pytest.mark.parametrize("code", [5, 8, 127, 711])
def test_what_cannot_be_asked_is_no_reason_to_fail(ras: Simulator, code: int) -> None:
    ras.add_entry("Open")
    ras.fail("RasGetCredentials", code)
    assert winras.dial("Open")
    ras.fail("RasGetCredentials", code)
    with pytest.raises(winras.AuthenticationError) as raised:
        winras.dial(OFFICE)
    assert "saved" not in raised.value.message


def test_nothing_is_dialled_for_who_has_stopped_waiting(ras: Simulator) -> None:
    for function in ("RasEnumEntries", "RasGetCredentials"):
        ras.delay(function, 5.0)
        with pytest.raises(winras.RasTimeoutError):
            winras.dial(OFFICE, timeout=2.0)
        ras.delay(function, 0.0)
    assert ras.calls("RasDial") == 0


def test_after_the_timeout_ras_is_asked_nothing_more(ras: Simulator) -> None:
    asked = ("RasEnumEntries", "RasGetCredentials", "RasGetEapUserIdentity", "RasGetEapUserData")
    ras.fail("RasGetEapUserIdentity", 703, times=None)
    for function in asked:
        ras.delay(function, 5.0)
    # RasEnumEntries is called twice, the first time for the size.
    for late, timeout in enumerate((9.0, 14.0, 19.0, 24.0), start=1):
        before = [ras.calls(function) for function in asked]
        with pytest.raises(winras.RasTimeoutError):
            winras.dial(OFFICE, timeout=timeout)
        now = [ras.calls(function) for function in asked]
        assert [b - a > 0 for a, b in zip(before, now, strict=True)] == [
            number < late for number in range(len(asked))
        ]
    assert ras.calls("RasDial") == 0


def test_credentials_that_are_saved_can_be_replaced(ras: Simulator) -> None:
    ras.save_credentials(OFFICE, "bob", "other")
    ras.save_credentials(OFFICE, "ann", "secret", "CORP")
    assert winras.dial(OFFICE)
    for wrong in (
        lambda: ras.save_credentials(OFFICE, "x" * 257, ""),
        lambda: ras.save_credentials(OFFICE, "", "a\0b"),
        lambda: ras.save_credentials(OFFICE, "", "", "x" * 16),
    ):
        with pytest.raises(ValueError, match="must"):
            wrong()
    with pytest.raises(winras.EntryNotFoundError, match="did you mean 'Office VPN'"):
        ras.save_credentials("Ofice VPN", "ann", "secret")
