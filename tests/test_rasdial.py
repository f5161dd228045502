"""winras rasdial: the arguments of Windows' rasdial, as its page and scripts have them."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest

import winras
import winras.cli
from winras import ConnectionState
from winras.cli import main
from winras.testing import DialStep, Simulator

PRIVATE = r"C:\private.pbk"
SECRET = "s3cret"  # noqa: S105  of a simulated server


@pytest.fixture
def ras(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """Two entries that are down, and exit codes as on Linux."""
    monkeypatch.setattr(winras.cli, "_ANY_EXIT_CODE", False)
    with Simulator(clock="auto") as simulator:
        simulator.ignore_leftovers()
        simulator.add_entry("Office VPN", user="ann", password=SECRET, domain="CORP")
        simulator.add_entry("Home", phonebook=PRIVATE, user="ann", password=SECRET)
        yield simulator


def rasdial(*words: str) -> int:
    try:
        return main(["rasdial", *words])
    except SystemExit as end:
        return int(str(end.code))


def on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(winras.cli, "_ANY_EXIT_CODE", True)


def test_without_arguments_it_lists_what_is_up(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rasdial() == 0
    assert capsys.readouterr().out == "No RAS connection is up.\n"
    ras.connect("Office VPN")
    ras.connect("Home")
    assert rasdial() == 0
    assert capsys.readouterr().out == "Office VPN\nHome\n"


@pytest.mark.parametrize("option", ["/domain:CORP", "/DOMAIN:CORP", "/Domain:CORP"])
def test_a_password_as_an_argument_is_taken_with_a_warning_and_never_shown(
    ras: Simulator, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert rasdial("office vpn", "ann", SECRET, option) == 0
    ras.assert_connected("Office VPN")
    told = capsys.readouterr()
    assert told.out.endswith("\nOffice VPN: connected\n")
    assert "can see a password on a command line" in told.err
    assert SECRET not in told.out + told.err


def test_options_may_come_anywhere(ras: Simulator) -> None:
    assert rasdial("/domain:CORP", "Office VPN", "ann", SECRET) == 0
    ras.assert_connected("Office VPN")


def test_without_a_domain_that_of_the_entry_is_meant(ras: Simulator) -> None:
    assert rasdial("Home", "ann", SECRET, f"/phonebook:{PRIVATE}") == 0
    ras.assert_connected("Home")


@pytest.mark.parametrize("is_terminal", [True, False])
def test_an_asterisk_asks_for_the_password(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return is_terminal

    monkeypatch.setattr(sys, "stdin", Terminal("" if is_terminal else f"{SECRET}\n"))
    monkeypatch.setattr("getpass.getpass", lambda _: SECRET)
    assert rasdial("Office VPN", "ann", "*", "/domain:CORP") == 0
    ras.assert_connected("Office VPN")


def test_without_a_user_what_is_saved_is_sent(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.save_credentials("Office VPN", "ann", SECRET, "CORP")
    assert rasdial("Office VPN") == 0
    told = capsys.readouterr().out
    assert told.startswith("Office VPN: with the saved credentials of CORP\\ann\n")
    assert SECRET not in told


def test_without_a_password_an_empty_one_is_sent(ras: Simulator) -> None:
    ras.add_entry("Guest", user="ann")
    assert rasdial("Guest", "ann") == 0
    assert rasdial("Office VPN", "ann", "/domain:CORP") == 1


@pytest.mark.usefixtures("ras")
def test_another_number_is_dialled() -> None:
    assert rasdial("Office VPN", "ann", SECRET, "/domain:CORP", "/phone:vpn.example.com") == 0
    assert winras.get_connection("Office VPN").status().phone_number == "vpn.example.com"


@pytest.mark.parametrize("option", ["/disconnect", "/DISCONNECT", "/d", "/D", "/disc"])
def test_disconnect_hangs_up_one_or_all(
    ras: Simulator, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    ras.connect("Office VPN")
    ras.connect("Home")
    assert rasdial("home", option) == 0
    assert rasdial(option) == 0
    assert rasdial(option) == 0
    told = capsys.readouterr().out
    assert told == "Home: gone\nOffice VPN: gone\nNo RAS connection is up.\n"


def test_the_exit_code_on_windows_is_the_number_of_ras(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_windows(monkeypatch)
    assert rasdial("Office VPN", "ann", "wrong") == 691
    assert rasdial("No VPN") == 623
    assert rasdial("No VPN", "/disconnect") == 668
    ras.set_dial_script("Home", [DialStep(ConnectionState.ConnectDevice, 0.1, 0x80420112)])
    code = rasdial("Home", f"/phonebook:{PRIVATE}")
    assert code + 2**32 == 0x80420112  # sys.exit() takes it as signed
    assert rasdial("/callback:5550100", "Home") == 2
    ras.connect("Office VPN")
    assert rasdial("Office VPN", "/disconnect") == 0


def test_the_exit_code_elsewhere_is_that_of_winras(ras: Simulator) -> None:
    assert rasdial("Office VPN", "ann", "wrong") == 1
    assert rasdial("No VPN") == 3
    assert rasdial("No VPN", "/disconnect") == 3
    ras.set_dial_script("Home", [DialStep(ConnectionState.ConnectDevice, 1e6)])
    assert rasdial("Home", f"/phonebook:{PRIVATE}") == 4


def test_a_refusal_says_what_to_write_instead(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ras.now == 0
    assert rasdial("Office VPN") == 1
    assert "give USER and *, or have Windows remember" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Office VPN", "/callback:5550100"), "/callback is not supported"),
        (("Office VPN", "/CallBack"), "/callback is not supported"),
        (("Office VPN", "/PREFIXSUFFIX"), "/prefixsuffix is not supported"),
        (("Office VPN", f"/{SECRET}"), "an option is unknown; known are /domain:D"),
        (("Office VPN", "ann", "/"), "an option is unknown"),
        (("Office VPN", "ann", f"-{SECRET}"), "1 word, not repeated here"),
        (("Office VPN", "ann", SECRET, SECRET), "and no more"),
        (("", "ann", SECRET), "none of them empty"),
        (("Office VPN", "", SECRET), "none of them empty"),
        (("Office VPN", "/domain:"), "/domain is empty: write /domain: and"),
        (("Office VPN", "/phonebook"), "/phonebook is empty"),
        (("Office VPN", "/domain:CORP"), "/domain needs a USER"),
        (("/phone:5550100",), "/phone needs an ENTRY"),
        (("Office VPN", "ann", SECRET, "/disconnect"), "/disconnect goes with an ENTRY only"),
        (("Office VPN", "/disconnect", "/phone:1"), "/disconnect goes with an ENTRY only"),
        (("Office VPN", "ann", "x" * 257), "the password must have at most 256"),
        (("Office VPN", "x" * 257, SECRET), "USER must have at most 256"),
        (("Office VPN", "ann", SECRET, "/domain:" + "x" * 16), "/domain must have at most 15"),
        (("Office VPN", "/phone:" + "5" * 129), "/phone must have at most 128"),
        (("x" * 257,), "ENTRY must have at most 256"),
    ],
)
def test_wrong_usage_is_2_and_repeats_no_password(
    ras: Simulator, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert rasdial(*words) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert SECRET not in told.out + told.err
    assert not ras.calls("RasDial")


def test_a_password_that_cannot_be_read_is_wrong_usage(
    ras: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert rasdial("Office VPN", "ann", "*") == 2
    assert "no line with the password" in capsys.readouterr().err
    assert not ras.calls("RasDial")


def test_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert rasdial("/?") == 0
    shown = capsys.readouterr().out
    assert rasdial("--help") == 0
    assert capsys.readouterr().out == shown
