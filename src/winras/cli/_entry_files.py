"""The actions of ``winras entries`` about files: what a phone book has, and what it is to have."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from .. import _native
from .._entries import Entry
from .._models import to_json
from .._phonebook import Phonebook, names_in
from ..exceptions import RasError
from ._arguments import (
    CHANGES_NOTHING,
    READS,
    Command,
    add_action_json,
    arguments_of,
    filled,
    in_options,
)
from ._output import Value, print_error, print_json, print_line, print_toml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._ensuring import Change
    from .._entry_file import WantedEntry

__all__ = ["FILE_ACTIONS", "add_target", "facts_of", "target_of"]

_EXIT_LEFT_OUT = 1
# --dry-run has found changes.
_EXIT_WOULD_CHANGE = 6


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add what names one phone book, which `target_of` gives."""
    parser.add_argument("--all-users", action="store_true", help="in the phone book of all users")
    parser.add_argument(
        "--phonebook",
        metavar="PATH",
        type=filled,
        default=argparse.SUPPRESS,
        help="in this one (default: that of this user)",
    )


def target_of(options: argparse.Namespace) -> Phonebook:
    """The phone book that is meant."""
    if options.all_users and options.phonebook is not None:
        options.usage_error("--all-users and --phonebook exclude each other")
    if options.phonebook is not None:
        return Phonebook(options.phonebook)
    return Phonebook.all_users() if options.all_users else Phonebook.user()


def facts_of(entry: Entry) -> dict[str, Value]:
    """The fields of an entry, as JSON has them."""
    public = [field.name for field in fields(entry) if not field.name.startswith("_")]
    return {name: to_json(getattr(entry, name)) for name in public}


# ---- export ----


def _add_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", metavar="NAME", nargs="*", type=filled, help="these entries (default: all)"
    )


def _export(options: argparse.Namespace) -> list[RasError]:
    """``winras entries export [NAME...]``."""
    with arguments_of(options):
        book = target_of(options)
        there = names_in(book)
        names = dict.fromkeys(_spelled(name, there) for name in options.names or there)
        found = [book.entry(name) for name in names]
    if options.json:
        print_json([{"name": one.name, "phonebook": book.path, **facts_of(one)} for one in found])
        return []
    texts = []
    for one in found:
        try:
            texts.append(one.to_toml())
        except ValueError as problem:
            print_error(f"{one.name!r} is left out, because no entry file can have it: {problem}")
            options.exit_code = _EXIT_LEFT_OUT
    if texts:
        print_toml("\n".join(texts))
    if not found:
        print_error(f'There is no entry in the phone book "{book.path}".')
    return []


def _spelled(name: str, there: Sequence[str]) -> str:
    return next((one for one in there if _native.is_same_text(one, name)), name)


# ---- apply ----


def _add_apply(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", type=filled, help="the entry file: docs/phonebook.md"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="only show what would change; the exit code is 6 if anything would",
    )
    parser.add_argument(
        "--prune",
        action="store_true",
        help="remove the entries of the phone book that FILE does not have",
    )
    parser.add_argument(
        "--hang-up", action="store_true", help="hang up those first that are up and would change"
    )
    parser.add_argument(
        "--save-secrets",
        action="store_true",
        help="save all secrets to which FILE refers, also for entries that are as they are to be: "
        "one that has changed cannot be seen",
    )
    parser.set_defaults(hints=True)


def _apply(options: argparse.Namespace) -> list[RasError]:
    """``winras entries apply FILE``."""
    from .._ensuring import ensure  # noqa: PLC0415  only on demand

    failures: list[RasError] = []
    with arguments_of(options):
        book = target_of(options)
        wanted = _load(options)
        changes: Sequence[Change]
        try:
            changes = ensure(
                wanted,
                phonebook=book.path,
                prune=options.prune,
                dry_run=options.dry_run,
                hang_up=options.hang_up,
                save_secrets=options.save_secrets,
            )
        except RasError as error:
            changes = error.changes
            failures.append(error)
    if options.json:
        told = [in_options(error, options).to_dict() for error in failures]
        print_json(
            {
                "phonebook": book.path,
                "changes": [change.to_dict() for change in changes],
                "error": told[0] if told else None,
            }
        )
    else:
        for change in changes:
            for line in str(change).splitlines():
                print_line(line)
        if not changes and not failures:
            print_line("Nothing is to be changed.")
    if options.dry_run and changes:
        options.exit_code = _EXIT_WOULD_CHANGE
    return failures


def _load(options: argparse.Namespace) -> list[WantedEntry]:
    from .._entry_file import load_entries  # noqa: PLC0415  only on demand

    try:
        return load_entries(options.file)
    except OSError as problem:
        options.usage_error(f"FILE {options.file} cannot be read: {problem.strerror}")
        raise  # not reached


# ---- import ----


def _add_json_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        type=filled,
        default="-",
        help="what Get-VpnConnection | ConvertTo-Json has printed (default: -, standard input)",
    )


def _import(options: argparse.Namespace) -> list[RasError]:
    """``winras entries import-powershell [FILE]``."""
    from .._powershell import read_connections  # noqa: PLC0415  only on demand

    try:
        found, warnings = read_connections(_read(options))
        texts = [entry.to_toml() for entry in found]
    except OSError as problem:
        options.usage_error(f"FILE {options.file} cannot be read: {problem.strerror}")
        raise  # not reached
    except ValueError as problem:
        options.usage_error(f"FILE {options.file}: {problem}")
        raise  # not reached
    for warning in warnings:
        print_error(f"warning: {warning}")
    if options.json:
        print_json({"entries": [facts_of(one) for one in found], "warnings": warnings})
    else:
        print_toml("\n".join(texts))
    return []


def _read(options: argparse.Namespace) -> bytes:
    if options.file != "-":
        return Path(options.file).read_bytes()
    if not sys.stdin or sys.stdin.isatty():
        options.usage_error("FILE is missing, and nothing is piped in")
    return sys.stdin.buffer.read()


FILE_ACTIONS = (
    Command(
        "export",
        "write entries as an entry file, to standard output",
        (add_action_json, add_target, _add_names),
        _export,
        "No secret is in it. An entry that no such file can have, such as one without a server, is "
        f"left out and named, and the exit code is then 1. {READS}",
        (
            "winras entries export",
            'winras entries export "Office VPN" "Home VPN"',
        ),
    ),
    Command(
        "apply",
        "make a phone book agree with an entry file",
        (add_action_json, add_target, _add_apply),
        _apply,
        "It adds and changes entries until they are as FILE has them, saves the credentials to "
        "which FILE refers, and shows what it has changed: + an entry that is new, ~ one that is "
        "changed, - one that is removed.",
        (
            "winras entries apply examples/vpn.toml --dry-run",
            "winras entries apply examples/vpn.toml --prune --hang-up",
            "winras entries apply examples/vpn.toml --save-secrets",
        ),
    ),
    Command(
        "import-powershell",
        "write VPN connections of PowerShell as an entry file",
        (add_action_json, _add_json_file),
        _import,
        "It reads the JSON of PowerShell's cmdlet, and warns of what no entry can have. "
        f"{CHANGES_NOTHING}",
        (
            "winras entries import-powershell examples/connections.json",
            "winras entries import-powershell examples/connections.json --json",
        ),
    ),
)
