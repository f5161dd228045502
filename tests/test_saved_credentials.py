"""Dialling with the credentials that are saved for the entry, and with none."""

from __future__ import annotations

import asyncio
import io
import json
import traceback
from collections.abc import Iterator

import pytest

import winras
from winras import ConnectionState, Credentials, KeyKind, SavedCredentials, aio
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


# ---- saving and deleting them ----


def test_credentials_are_saved_and_used(ras: Simulator) -> None:
    assert winras.saved_credentials(OFFICE) is None
    winras.save_credentials("office vpn", Credentials("ann", "secret", "CORP"))
    assert winras.saved_credentials(OFFICE) == SavedCredentials("ann", "CORP", has_password=True)
    assert winras.dial(OFFICE).name == OFFICE
    ras.assert_connected(OFFICE)


def test_credentials_are_replaced_and_deleted(ras: Simulator) -> None:
    ras.save_credentials(OFFICE, "ann", "secret", "CORP")
    winras.save_credentials(OFFICE, Credentials("bob", "other"))
    assert winras.saved_credentials(OFFICE) == SavedCredentials("bob", "", has_password=True)
    winras.delete_credentials(OFFICE)
    assert winras.saved_credentials(OFFICE) is None
    winras.delete_credentials(OFFICE)


def test_credentials_belong_to_an_entry_of_a_phone_book(ras: Simulator) -> None:
    ras.add_entry(OFFICE, phonebook=ALL_USERS)
    winras.save_credentials(OFFICE, Credentials("bob", "x"), phonebook=ALL_USERS)
    assert winras.saved_credentials(OFFICE) is None
    saved = winras.saved_credentials(OFFICE, phonebook=ALL_USERS)
    assert saved is not None
    assert saved.user == "bob"


@pytest.mark.parametrize("phonebook", [None, DEFAULT_PHONEBOOK])
@pytest.mark.usefixtures("ras")
def test_of_an_entry_that_is_not_there_nothing_is_saved(phonebook: str | None) -> None:
    for call in (
        lambda: winras.save_credentials("Ofice VPN", Credentials("a", "b"), phonebook=phonebook),
        lambda: winras.saved_credentials("Ofice VPN", phonebook=phonebook),
        lambda: winras.delete_credentials("Ofice VPN", phonebook=phonebook),
        lambda: winras.save_pre_shared_key("Ofice VPN", "key", phonebook=phonebook),
    ):
        with pytest.raises(winras.EntryNotFoundError, match="did you mean 'Office VPN'") as raised:
            call()
        assert raised.value.code == 623
        assert raised.value.name == "ERROR_CANNOT_FIND_PHONEBOOK_ENTRY"


def test_that_nothing_is_saved_may_be_an_error_of_windows(ras: Simulator) -> None:
    """DotRas 1 takes 2, ERROR_FILE_NOT_FOUND, for none."""
    ras.fail("RasGetCredentials", 2)
    assert winras.saved_credentials(OFFICE) is None
    ras.fail("RasGetCredentials", 8)
    with pytest.raises(winras.RasError, match="8"):
        winras.saved_credentials(OFFICE)


def test_no_password_is_read(ras: Simulator) -> None:
    ras.save_credentials(OFFICE, "ann", "secret", "CORP")
    assert "secret" not in repr(winras.saved_credentials(OFFICE))


@pytest.mark.parametrize("kind", KeyKind)
def test_a_pre_shared_key_is_saved(ras: Simulator, kind: KeyKind) -> None:
    winras.save_pre_shared_key(OFFICE, "key", kind=kind)
    [call] = [call for call in ras.calls if call.function == "RasSetCredentials"]
    assert call.number == kind
    assert winras.saved_credentials(OFFICE) is None


def test_only_administrators_save_pre_shared_keys_and_for_all_users(ras: Simulator) -> None:
    ras.add_entry("All", phonebook=ALL_USERS)
    ras.quirks.add("plain-user")
    with pytest.raises(winras.RasError, match="administrator may save a pre-shared key") as raised:
        winras.save_pre_shared_key(OFFICE, "top secret")
    assert raised.value.code == 5
    assert "top secret" not in str(raised.value)
    winras.save_credentials(OFFICE, Credentials("ann", "secret"))
    ras.fail("RasSetCredentials", 5, times=2)
    for call in (
        lambda: winras.save_credentials("All", Credentials("ann", "secret")),
        lambda: winras.delete_credentials("All"),
    ):
        with pytest.raises(winras.RasError, match="only an administrator may change it"):
            call()


@pytest.mark.parametrize("code", [5, 87, 623])
def test_no_variable_of_a_traceback_has_a_secret(ras: Simulator, code: int) -> None:
    """Some tools print a traceback with the variables of each frame."""
    for secret, call in {
        "the key": lambda: winras.save_pre_shared_key(OFFICE, "the key"),
        "the password": lambda: winras.save_credentials(OFFICE, Credentials("ann", "the password")),
    }.items():
        ras.fail("RasSetCredentials", code)
        with pytest.raises(winras.RasError) as raised:
            call()
        told = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
        ours = [frame.locals for frame in told.stack if frame.filename != __file__]
        assert ours
        assert secret not in str(ours)


def test_another_invalid_parameter_is_told_as_it_is(ras: Simulator) -> None:
    ras.fail("RasSetCredentials", 87)
    with pytest.raises(winras.RasError, match="87") as raised:
        winras.delete_credentials(OFFICE)
    assert not isinstance(raised.value, winras.EntryNotFoundError)


@pytest.mark.usefixtures("ras")
def test_what_is_saved_is_validated() -> None:
    with pytest.raises(TypeError, match="credentials must be Credentials, not str"):
        winras.save_credentials(OFFICE, "ann")  # type: ignore[arg-type]
    for user, password in (("ann", ""), ("", "x"), ("", "")):
        with pytest.raises(ValueError, match="credentials must have a user and a password"):
            winras.save_credentials(OFFICE, Credentials(user, password))
    with pytest.raises(ValueError, match="key must not be empty"):
        winras.save_pre_shared_key(OFFICE, "")
    with pytest.raises(ValueError, match="key must have at most 256"):
        winras.save_pre_shared_key(OFFICE, "x" * 257)
    with pytest.raises(TypeError, match="kind must be a KeyKind, not int"):
        winras.save_pre_shared_key(OFFICE, "key", kind=16)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="entry must be the name of an entry"):
        winras.saved_credentials("")


# ---- winras credentials ----


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["credentials", *arguments]) == code
    told = capsys.readouterr()
    assert "secret" not in told.out + told.err
    return told.err if code else told.out


def say(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(line))


@pytest.mark.usefixtures("ras")
def test_the_command_saves_shows_and_deletes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = {"name": OFFICE, "user": None, "domain": None, "has_password": False}
    assert json.loads(run(capsys, "show", OFFICE, "--json")) == nothing
    say(monkeypatch, "secret\n")
    save = ("save", OFFICE, "--user", "ann", "--domain", "CORP", "--password-stdin")
    assert run(capsys, *save) == "Office VPN: saved\n"
    assert json.loads(run(capsys, "show", "--json", OFFICE)) == {
        "name": OFFICE,
        "user": "ann",
        "domain": "CORP",
        "has_password": True,
    }
    assert "has password  yes" in run(capsys, "show", OFFICE)
    assert winras.dial(OFFICE)
    assert json.loads(run(capsys, "delete", OFFICE, "--json")) == {"name": OFFICE}
    assert json.loads(run(capsys, "show", OFFICE, "--json")) == nothing


def test_the_command_saves_a_pre_shared_key(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(monkeypatch, "secret\n")
    assert run(capsys, "save", OFFICE, "--pre-shared-key", "--password-stdin") == (
        "Office VPN: saved\n"
    )
    ras.quirks.add("plain-user")
    say(monkeypatch, "secret\n")
    told = run(capsys, "save", OFFICE, "--pre-shared-key", "--password-stdin", code=1)
    assert told.startswith("5 ERROR_ACCESS_DENIED: ")
    assert "only an administrator" in told


@pytest.mark.usefixtures("ras")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "say show, save or delete"),
        (["save", OFFICE], "give either --user or --pre-shared-key"),
        (["save", OFFICE, "--user", "ann", "--pre-shared-key"], "give either --user"),
        (["save", OFFICE, "--pre-shared-key"], "no terminal to ask for the pre-shared key of"),
        (["save", OFFICE, "--user", "ann", "--password", "x"], "do not give a password as an"),
        (["save", OFFICE, "--pre-shared-key", "--domain", "D"], "--domain needs --user"),
        (["show", ""], "error: argument ENTRY: it is empty"),
    ],
)
def test_the_command_tells_wrong_usage(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    problem: str,
) -> None:
    say(monkeypatch, "")
    with pytest.raises(SystemExit) as ended:
        main(["credentials", *arguments])
    assert ended.value.code == 2
    assert problem in capsys.readouterr().err


@pytest.mark.usefixtures("ras")
@pytest.mark.parametrize(("user", "line"), [("ann", "\n"), ("", "secret\n")])
def test_the_command_saves_no_empty_credentials(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], user: str, line: str
) -> None:
    say(monkeypatch, line)
    with pytest.raises(SystemExit) as ended:
        main(["credentials", "save", OFFICE, "--user", user, "--password-stdin"])
    assert ended.value.code == 2
    assert "empty" in capsys.readouterr().err
    assert winras.saved_credentials(OFFICE) is None


@pytest.mark.usefixtures("ras")
def test_the_command_finds_no_such_entry(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean 'Office VPN'" in run(capsys, "show", "Ofice VPN", code=3)
