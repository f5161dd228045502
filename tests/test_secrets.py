"""No secret is shown: in no message, repr, dict, pickle, log record or variable of a traceback."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import copy
import dataclasses
import io
import json
import logging
import pickle
import pprint
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import winras
from winras import ConnectionState, Credentials, aio
from winras.cli import main
from winras.testing import DialStep, ScenarioError, Simulator

OFFICE = "Office VPN"
SECRET = "hunter2-and-more"  # noqa: S105
LONG = SECRET * 20
OURS = Path(winras.__file__).parent


def shown(error: BaseException, seen: set[int] | None = None) -> Iterator[str]:
    """What a tool may print of an exception and of those behind it, with winras' variables."""
    seen = set() if seen is None else seen
    seen.add(id(error))
    yield from (str(error), repr(error), repr(vars(error)), *getattr(error, "__notes__", ()))
    trace = error.__traceback__
    while trace is not None:
        if OURS in Path(trace.tb_frame.f_code.co_filename).parents:
            for name, value in trace.tb_frame.f_locals.items():
                yield f"{trace.tb_frame.f_code.co_name}: {name} = {value!r}"
        trace = trace.tb_next
    behind = [error.__cause__, error.__context__]
    behind += error.exceptions if isinstance(error, BaseExceptionGroup) else []
    for other in behind:
        if other is not None and id(other) not in seen:
            yield from shown(other, seen)


def assert_hidden(raised: pytest.ExceptionInfo[BaseException], secret: str = SECRET) -> None:
    told = list(shown(raised.value))
    assert len(told) > 3  # it came through a frame of winras
    assert [line for line in told if secret in line] == []


@pytest.fixture
def ras() -> Iterator[Simulator]:
    """A simulated RAS with one entry."""
    with Simulator(clock="auto") as simulator:
        simulator.add_entry(OFFICE, user="ann", password=SECRET)
        yield simulator


def test_what_is_looked_for_would_be_found() -> None:
    with pytest.raises(ValueError) as raised:
        winras.dial(OFFICE, phonebook=LONG)
    with pytest.raises(AssertionError):
        assert_hidden(raised)


# ---- credentials ----


@pytest.mark.parametrize(
    "refused",
    [
        lambda: Credentials("ann", LONG),
        lambda: Credentials("ann", SECRET + "\0"),
        lambda: Credentials("ann", SECRET.encode()),  # type: ignore[arg-type]
        lambda: Credentials("ann", [SECRET]),  # type: ignore[arg-type]
        lambda: Credentials("a" * 300, SECRET),
        lambda: Credentials("ann", SECRET, "D" * 16),
        lambda: Credentials("ann", SECRET, domain=None),  # type: ignore[arg-type]
    ],
)
def test_refused_credentials_show_no_password(refused: Callable[[], object]) -> None:
    with pytest.raises((ValueError, TypeError)) as raised:
        refused()
    assert_hidden(raised)


def test_credentials_show_no_password() -> None:
    ann = Credentials("ann", SECRET, "CORP")
    holder = dataclasses.make_dataclass("Holder", [("who", Credentials)])(ann)
    for told in (
        *(repr(ann), str(ann), f"{ann}", pprint.pformat(ann), repr(copy.deepcopy([ann]))),
        *(repr(dataclasses.asdict(ann)), repr(dataclasses.astuple(ann))),
        *(repr(dataclasses.asdict(holder)), repr(dataclasses.fields(ann))),
    ):
        assert SECRET not in told
    assert dataclasses.asdict(ann) == {"user": "ann", "domain": "CORP"}
    assert not hasattr(ann, "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_credentials_cannot_be_pickled(protocol: int) -> None:
    with pytest.raises(
        TypeError, match="Credentials cannot be pickled: the pickle would"
    ) as raised:
        pickle.dumps(Credentials("ann", SECRET), protocol)
    assert_hidden(raised)


def test_credentials_are_a_value_all_the_same() -> None:
    ann = Credentials("ann", SECRET, "CORP")
    assert ann.password == SECRET
    assert ann == Credentials("ann", SECRET, "CORP") == copy.copy(ann) == copy.deepcopy(ann)
    assert len({ann, Credentials("ann", SECRET, "CORP")}) == 1
    assert ann not in (Credentials("ann", "other", "CORP"), "ann")
    assert dataclasses.replace(ann, password="other") == Credentials("ann", "other", "CORP")
    with pytest.raises(TypeError, match="password"):
        dataclasses.replace(ann, domain="")
    for name in ("user", "password", "domain"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(ann, name, "x")
    match ann:
        case Credentials(user, password, domain):
            assert (user, password, domain) == ("ann", SECRET, "CORP")
        case _:
            pytest.fail("no match")


CALLS: dict[str, Callable[[], object]] = {
    "dial with a text": lambda: winras.dial(OFFICE, credentials=SECRET),  # type: ignore[arg-type]
    "dial with a tuple": lambda: winras.dial(OFFICE, credentials=("ann", SECRET)),  # type: ignore[arg-type]
    "dial with another number": lambda: winras.dial(
        OFFICE, phonebook="x" * 300, credentials=Credentials("ann", SECRET)
    ),
    "aio.dial with a text": lambda: asyncio.run(aio.dial(OFFICE, credentials=SECRET)),  # type: ignore[arg-type]
    "keep with a text": lambda: winras.keep_connected(OFFICE, credentials=SECRET),  # type: ignore[arg-type]
    "aio keep with a text": lambda: asyncio.run(aio.keep_connected(OFFICE, credentials=SECRET)),  # type: ignore[arg-type]
    "keep asks for a text": lambda: winras.keep_connected(OFFICE, credentials=lambda: SECRET),  # type: ignore[arg-type, return-value]
    "keep with what is refused": lambda: winras.keep_connected(
        OFFICE, credentials=Credentials("bob", SECRET)
    ),
    "keep with what is refused later": lambda: winras.keep_connected(
        OFFICE, credentials=lambda: Credentials("bob", SECRET)
    ),
    "save a text": lambda: winras.save_credentials(OFFICE, SECRET),  # type: ignore[arg-type]
    "aio save a text": lambda: asyncio.run(aio.save_credentials(OFFICE, SECRET)),  # type: ignore[arg-type]
    "save for nobody": lambda: winras.save_credentials(OFFICE, Credentials("", SECRET)),
    "save for no entry": lambda: winras.save_credentials("Of", Credentials("ann", SECRET)),
    "aio save for no entry": lambda: asyncio.run(
        aio.save_credentials("Of", Credentials("ann", SECRET))
    ),
    "key too long": lambda: winras.save_pre_shared_key(OFFICE, LONG),
    "key with a NUL": lambda: winras.save_pre_shared_key(OFFICE, SECRET + "\0"),
    "key that is no text": lambda: winras.save_pre_shared_key(OFFICE, [SECRET]),  # type: ignore[arg-type]
    "key of no kind": lambda: winras.save_pre_shared_key(OFFICE, SECRET, kind=16),  # type: ignore[arg-type]
    "key for no entry": lambda: winras.save_pre_shared_key("Of", SECRET),
    "aio key too long": lambda: asyncio.run(aio.save_pre_shared_key(OFFICE, LONG)),
    "aio key for no entry": lambda: asyncio.run(aio.save_pre_shared_key("Of", SECRET)),
}


@pytest.mark.usefixtures("ras")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_call_that_fails_shows_no_password(
    call: Callable[[], object], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "winras")
    with pytest.raises((winras.RasError, ValueError, TypeError)) as raised:
        call()
    assert_hidden(raised)
    assert all(SECRET not in f"{record.__dict__}" for record in caplog.records)


@pytest.mark.parametrize("function", ["RasSetCredentials", "RasDial", "RasHangUp"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_ras_that_fails_shows_no_password(
    ras: Simulator, function: str, caplog: pytest.LogCaptureFixture, *, asynchronous: bool
) -> None:
    caplog.set_level(logging.DEBUG, "winras")
    ann = Credentials("ann", SECRET)
    ras.set_dial_script(OFFICE, [DialStep(ConnectionState.Authenticate, 1.0, 691)])
    calls: list[Callable[[], object]] = [
        lambda: winras.save_credentials(OFFICE, ann),
        lambda: winras.save_pre_shared_key(OFFICE, SECRET),
        lambda: winras.dial(OFFICE, credentials=ann),
    ]
    if asynchronous:
        calls = [
            lambda: asyncio.run(aio.save_credentials(OFFICE, ann)),
            lambda: asyncio.run(aio.save_pre_shared_key(OFFICE, SECRET)),
            lambda: asyncio.run(aio.dial(OFFICE, credentials=ann)),
        ]
    told: list[str] = []
    for call in calls:
        ras.fail(function, 711)
        try:
            call()
        except winras.RasError as error:
            told += shown(error)
    ras.ignore_leftovers()
    assert told
    assert [line for line in told if SECRET in line] == []
    assert caplog.records
    assert all(SECRET not in f"{record.__dict__}" for record in caplog.records)


# ---- what entry files refer to ----


def written(secret: str, code: int = 0) -> winras.SecretReference:
    program = f"print({secret[::-1]!r}[::-1]); raise SystemExit({code})"
    return winras.SecretReference(command=(sys.executable, "-c", program))


REFERENCES = {
    "env": (winras.SecretReference(env="WINRAS_SECRET"), ""),
    "env, too long": (winras.SecretReference(env="WINRAS_LONG"), ""),
    "command": (written(SECRET), ""),
    "command, too long": (written(LONG), ""),
    "command that fails": (written(SECRET, 1), ""),
    "command with a NUL": (written(SECRET + "\0"), ""),
    "function": (winras.SecretReference(function=lambda: SECRET), ""),
    "function, too long": (winras.SecretReference(function=lambda: LONG), ""),
    "RAS fails": (winras.SecretReference(env="WINRAS_SECRET"), "RasSetCredentials"),
    "RAS fails after a command": (written(SECRET), "RasSetEntryProperties"),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_what_ensure_reads_is_not_shown(  # noqa: PLR0917
    ras: Simulator,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG, "winras")
    monkeypatch.setenv("WINRAS_SECRET", SECRET)
    monkeypatch.setenv("WINRAS_LONG", LONG)
    reference, function = REFERENCES[name]
    entry = winras.Entry.l2tp("New", "vpn.example.com")
    told: list[str] = []
    for wanted in (
        winras.WantedEntry(entry, user="ann", password=reference),
        winras.WantedEntry(entry, pre_shared_key=reference),
    ):
        if function:
            ras.fail(function, 711)
        try:
            changes = winras.ensure([wanted])
            told += [f"{one!r} {one} {one.to_dict()}" for one in changes]
        except (winras.RasError, ValueError) as error:
            told += shown(error)
        with contextlib.suppress(winras.EntryNotFoundError):
            winras.Phonebook.user().delete("New")
    assert told
    ras.clear_faults()
    assert [line for line in told if SECRET in line] == []
    assert all(SECRET not in f"{record.__dict__}" for record in caplog.records)
    path = tmp_path / "vpn.toml"
    parts = json.dumps(list(reference.command)) if reference.command else f'"{reference.env}"'
    kind = "command" if reference.command else "env"
    path.write_text(
        f'{entry.to_toml()}user = "ann"\npassword = {{ {kind} = {parts} }}\n', encoding="utf-8"
    )
    for more in ((), ("--json",)):
        with contextlib.suppress(SystemExit):
            main(["--log-level", "debug", "entries", "apply", str(path), *more])
    assert SECRET not in "".join(capfd.readouterr())


# ---- scenario files ----


@pytest.mark.parametrize("key", ["password", "saved_password", "passwd", "dial_seconds"])
@pytest.mark.parametrize(
    "value", [f'"{LONG}"', f'"{SECRET}\\u0000"', f'["{SECRET}"]', f'{{ x = "{SECRET}" }}', "7 7"]
)
def test_a_scenario_that_is_refused_shows_no_password(
    tmp_path: Path, key: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "scenario.toml"
    other = f'[[entry]]\nname = "B"\nuser = "ann"\npassword = "{SECRET}"\n'
    path.write_text(f'{other}[[entry]]\nname = "A"\n{key} = {value}\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="line 7") as raised:
        Simulator(scenario=path)
    told = [line for line in shown(raised.value) if SECRET in line]
    # A text where no password belongs is repeated, so that it can be found.
    assert (told == []) == (key != "dial_seconds" or not value.startswith('"')), told
    with pytest.raises(SystemExit):
        main(["--simulate", str(path), "list"])
    assert key == "dial_seconds" or SECRET not in capsys.readouterr().err


def test_a_scenario_that_is_no_text_shows_no_password(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes(
        f'[[entry]]\nname = "A"\nuser = "ann"\npassword = "{SECRET}\xff"'.encode("latin-1")
    )
    with pytest.raises(ScenarioError, match="line 4: not UTF-8") as raised:
        Simulator(scenario=path)
    assert_hidden(raised)


# ---- the command ----


@pytest.mark.usefixtures("ras")
@pytest.mark.parametrize(
    "arguments",
    [
        ("dial", OFFICE, "--user", "ann", f"--password={SECRET}"),
        ("dial", OFFICE, "--user", "ann", "--password", SECRET),
        ("dial", OFFICE, "--user", "ann", f"--passwor={SECRET}"),
        ("dial", OFFICE, "--user", "ann", f"--pasword={SECRET}"),
        ("dial", OFFICE, "--user", "ann", "--pasword", SECRET),
        ("dial", OFFICE, "--user", "ann", f"--passwordstdin={SECRET}"),
        ("dial", OFFICE, "--user", "ann", f"--password-stdin={SECRET}"),
        ("dial", OFFICE, "--user", "ann", "--password-stdin", SECRET),
        ("dial", OFFICE, "--user", "ann", f"-p{SECRET}"),
        ("dial", OFFICE, "--user", "ann", f"-h{SECRET}"),
        ("dial", OFFICE, "--user", "ann", f"--{SECRET}"),
        ("dial", OFFICE, SECRET),
        ("dial", OFFICE, "--", SECRET),
        (f"--password={SECRET}", "dial", OFFICE),
        ("credentials", "save", OFFICE, SECRET),
        ("credentials", "save", OFFICE, f"--pre-shared-key={SECRET}"),
        ("credentials", "save", OFFICE, "--pre-shared-key", SECRET),
        ("credentials", "save", OFFICE, f"--preshared-key={SECRET}"),
        ("credentials", SECRET),
        ("entries", "add", OFFICE, "--type", SECRET),
        ("entries", "add", OFFICE, "--type", "l2tp", f"--key={SECRET}"),
        (SECRET,),
    ],
    ids=lambda arguments: " ".join(arguments).replace(SECRET, "X"),
)
def test_no_argument_that_may_be_a_password_is_repeated(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    told = capsys.readouterr()
    assert SECRET[1:] not in told.out + told.err
    if arguments[-1].startswith("-h") and sys.version_info >= (3, 13):
        assert (ended.value.code, told.err) == (0, "")  # argparse takes it as -h
    else:
        assert (ended.value.code, told.out) == (2, "")
        assert "error: " in told.err


def test_the_option_that_was_meant_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    for given, told in {
        f"--pasword={SECRET}": "--pasword (did you mean --password-stdin?)",
        "--tiemout=3": "--tiemout (did you mean --timeout?)",
        "--xyzzy": "1 word, not repeated here in case one is a password",
        "--count=3": "--count, which belongs to another command",
    }.items():
        with pytest.raises(SystemExit):
            main(["dial", OFFICE, given])
        assert f"unrecognized arguments: {told}" in capsys.readouterr().err


COMMANDS = {
    "dial": ("dial", OFFICE, "--user", "ann", "--password-stdin"),
    "keep": ("keep", OFFICE, "--user", "ann", "--password-stdin", "--timeout", "1"),
    "save": ("credentials", "save", OFFICE, "--user", "ann", "--password-stdin"),
    "key": ("credentials", "save", OFFICE, "--pre-shared-key", "--password-stdin"),
}


@pytest.mark.usefixtures("ras")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
@pytest.mark.parametrize(
    "given",
    [SECRET.encode(), LONG.encode(), SECRET.encode() + b"\0\n", SECRET.encode() + b"\xff\n"],
    ids=["no newline", "too long", "NUL", "no UTF-8"],
)
@pytest.mark.parametrize("service", ["", "RasSetCredentials", "RasDial"])
def test_a_password_on_standard_input_is_not_shown(  # noqa: PLR0917
    ras: Simulator,
    command: tuple[str, ...],
    given: bytes,
    service: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if service:
        ras.fail(service, 711)
        ras.ignore_leftovers()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
    told: list[str] = []
    try:
        main(command)
    except SystemExit as ended:
        told += shown(ended)
    told += capsys.readouterr()
    assert [line for line in told if SECRET in line] == []


def test_what_is_saved_is_shown_without_the_password(
    ras: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    ras.save_credentials(OFFICE, "ann", SECRET)
    assert main(["credentials", "show", OFFICE, "--json"]) == 0
    told = capsys.readouterr().out
    assert json.loads(told)["has_password"] is True
    assert SECRET not in told + repr(ras) + repr(ras.calls) + repr(ras.history)


# ---- what comes from outside ----


def test_nothing_that_winras_reads_is_run() -> None:
    """No pickle, and no evaluated text: what is read is TOML, XML, or RAS's own structures.

    Only ensure() runs a program: the command that an entry file names for a secret.
    """
    runs = {"eval", "exec", "compile", "__import__"}
    modules = {"pickle", "marshal", "shelve", "yaml", "subprocess", "copyreg"}
    for path in sorted(OURS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in runs, f"{path}:{node.lineno}"
            if isinstance(node, ast.Import):
                allowed = {"subprocess"} if path.name == "_ensuring.py" else set()
                assert not (modules - allowed) & {alias.name for alias in node.names}, path
            if isinstance(node, ast.ImportFrom):
                assert node.module not in modules, path


def test_no_password_is_written_to_a_file(ras: Simulator, tmp_path: Path) -> None:
    book = winras.Phonebook.create_file(str(tmp_path / "private.pbk"))
    ras.add_entry("Private", phonebook=book.path)
    winras.save_credentials("Private", Credentials("ann", SECRET), phonebook=book.path)
    winras.dial("Private", phonebook=book.path, credentials=Credentials("ann", SECRET))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"private.pbk": b""}
