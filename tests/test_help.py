"""The help of each command: as it was when somebody last read it, and with examples that run.

``python tests/test_help.py`` writes tests/help anew: read what `git diff` says of it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

import winras
import winras.testing
from winras.cli import _make_parser, _simulate, _story, find_commands, main
from winras.cli._act import _ACTIONS
from winras.cli._phonebook import _CREDENTIAL_ACTIONS, _ENTRY_ACTIONS
from winras.testing import Simulator

HELP = Path(__file__).parent / "help"
ROOT = Path(__file__).parents[1]
OFFICE = ROOT / "examples/office.toml"

ACTIONS = {"act": _ACTIONS, "credentials": _CREDENTIAL_ACTIONS, "entries": _ENTRY_ACTIONS}
#: Every command, by the words that it is called with.
CALLED = {
    **{(name,): command for name, command in find_commands().items()},
    **{(name, one.name): one for name, actions in ACTIONS.items() for one in actions},
}
PAGES = [(), *CALLED]


def page(words: tuple[str, ...]) -> Path:
    return HELP / f"{'-'.join(words) or 'winras'}.txt"


def help_of(*arguments: str) -> str:
    """What is shown, on a terminal of 80 columns."""
    with contextlib.redirect_stdout(io.StringIO()) as shown, pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    return shown.getvalue()


@pytest.fixture(autouse=True)
def _columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")  # Python 3.14 has coloured help


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_a_help_is_what_it_was(words: tuple[str, ...]) -> None:
    shown = help_of(*words, "--help")
    assert shown == page(words).read_text("utf-8"), f"if that is right: {__doc__}"
    assert help_of("help", *words) == shown


def test_there_is_no_help_of_what_there_is_not() -> None:
    assert {path.name for path in HELP.iterdir()} == {page(words).name for words in PAGES}


def test_no_help_is_too_wide_or_has_what_a_console_may_lack() -> None:
    for words in PAGES:
        text = page(words).read_text("utf-8")
        assert text.isascii()
        assert max(map(len, text.splitlines())) < 80


def test_every_command_is_in_the_help_and_says_what_it_does() -> None:
    shown = help_of("help")
    for (name, *_), command in CALLED.items():
        assert f"\n  {name} " in shown
        assert command.effect.endswith(".")
        assert len(command.examples) >= 2
        for example in command.examples:
            assert f"  {example}\n" in help_of(name, *_, "--help")


EXAMPLES = [
    pytest.param(example, id=example) for one in CALLED.values() for example in one.examples
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(example: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, _, line = example.partition("winras ")
    assert example in (f"winras {line}", f"python -m winras {line}")
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    monkeypatch.setattr(_story, "play", lambda: None)  # it has a test of its own, and takes long
    monkeypatch.setattr(_simulate, "_changes", lambda _ras: ())  # they have no end
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("VPN_PASSWORD", "VPN_KEY"):  # of examples/vpn.toml
        monkeypatch.setenv(name, "secret")
    monkeypatch.chdir(ROOT)
    if shlex.split(line)[0] == "simulate":
        assert main(shlex.split(line)) == 0
        return
    with Simulator(clock="auto", scenario=OFFICE) as ras:
        ras.ignore_leftovers()
        monkeypatch.setattr(winras.testing, "join", lambda _name: nullcontext(ras))
        with contextlib.suppress(winras.AuthenticationError):
            winras.dial("Old VPN")  # of which `winras why` tells
        if shlex.split(line)[0] == "help":
            help_of(*shlex.split(line))
        else:
            assert main(shlex.split(line)) == (6 if "--dry-run" in line else 0)


def options_of(parser: argparse.ArgumentParser) -> Iterator[set[str]]:
    """The options of a parser and of all below it."""
    yield {option for action in parser._actions for option in action.option_strings}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from options_of(below)


def test_what_can_stand_before_a_command_can_stand_after_it() -> None:
    everywhere, *of_commands = options_of(_make_parser())
    assert len(of_commands) == len(CALLED)
    for options in of_commands:
        assert everywhere - {"--version"} <= options


@pytest.mark.parametrize("words", [["lst"], ["entries", "lst"], ["list", "--jso"]])
def test_help_of_what_there_is_not_is_wrong_usage(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["help", *words])
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


if __name__ == "__main__":
    os.environ["COLUMNS"] = "80"
    HELP.mkdir(exist_ok=True)
    for old in HELP.iterdir():
        old.unlink()
    for words in PAGES:
        page(words).write_text(help_of(*words, "--help"), "utf-8", newline="\n")


@pytest.mark.parametrize("words", [("rasdial", "--"), ("hangup", "--", "A"), ("--", "list")])
def test_a_double_dash_hides_no_help(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["help", "--", *words])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("usage: winras ")
