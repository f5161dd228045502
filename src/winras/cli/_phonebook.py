"""The commands about phone books: their entries, what is saved for these, and devices.

``winras entries`` and ``winras credentials`` have actions, which are commands of their own kind.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from dataclasses import asdict, replace

from .._credentials import (
    delete_credentials,
    save_credentials,
    save_pre_shared_key,
    saved_credentials,
)
from .._entries import Entry
from .._facts import describe_entries
from .._phonebook import Phonebook, asking, devices, entries, find_entry
from ..exceptions import RasError
from ._arguments import (
    READS,
    Command,
    add_action_json,
    add_actions,
    add_credentials,
    add_entry,
    add_json,
    arguments_of,
    command,
    filled,
    read_credentials,
    read_secret,
)
from ._entry_files import FILE_ACTIONS, add_target, facts_of, target_of
from ._output import Value, print_entries, print_facts, print_json, print_line, print_table

_TYPES: dict[str, Callable[[argparse.Namespace], Entry]] = {
    "ikev2": lambda o: Entry.ikev2(o.entry, o.server, split_tunnel=o.split_tunnel),
    "sstp": lambda o: Entry.sstp(o.entry, o.server, split_tunnel=o.split_tunnel),
    "l2tp": lambda o: Entry.l2tp(o.entry, o.server, split_tunnel=o.split_tunnel),
    "pptp": lambda o: Entry.pptp(o.entry, o.server, split_tunnel=o.split_tunnel),
    "automatic": lambda o: Entry.automatic(o.entry, o.server, split_tunnel=o.split_tunnel),
    "pppoe": lambda o: Entry.pppoe(o.entry, o.server),
}


def _find(options: argparse.Namespace) -> tuple[Phonebook, str]:
    """The phone book that is meant, and the entry's name as that spells it."""
    with asking("RasEnumEntries") as service:
        path, name = find_entry(options.entry, options.phonebook, service)
    return Phonebook(path), name


# ---- entries ----


def _add_phonebook_to_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--phonebook",
        metavar="PATH",
        type=filled,
        help="only this one (default: those of this user and of all users)",
    )


def _add_phonebook(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--phonebook",
        metavar="PATH",
        type=filled,
        default=argparse.SUPPRESS,
        help="its phone book (default: this user's that has it, then that of all users)",
    )


def _show(options: argparse.Namespace) -> list[RasError]:
    """``winras entries show ENTRY``."""
    with arguments_of(options):
        book, name = _find(options)
        facts = _describe(book, book.entry(name))
    if options.json:
        print_json(facts)
    else:
        print_facts({key: _as_text(value) for key, value in facts.items()})
    return []


def _describe(book: Phonebook, entry: Entry) -> dict[str, Value]:
    """The facts of ``winras entries show --json``."""
    return {"name": entry.name, "phonebook": book.path, **facts_of(entry)}


def _as_text(value: Value) -> Value:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) or None if isinstance(value, list) else value


def _add_add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--type", choices=_TYPES, required=True, help="what it is")
    parser.add_argument(
        "--server",
        metavar="HOST",
        default="",
        help="the host name or address of the server; for pppoe the service name, if there is one",
    )
    parser.add_argument(
        "--split-tunnel", action="store_true", help="only some traffic goes through it"
    )
    parser.add_argument(
        "--device",
        metavar="D",
        default="",
        help="the name of the device, or a part of it (default: the one that fits --type)",
    )
    add_target(parser)
    parser.set_defaults(known_as={"phone_number": "--server"})


def _add(options: argparse.Namespace) -> list[RasError]:
    """``winras entries add ENTRY --type T --server HOST``."""
    with arguments_of(options), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # --type says pptp
        book = target_of(options)
        entry = replace(_TYPES[options.type](options), device_name=options.device)
        book.create(entry)
    return _tell(options, {"name": options.entry, "phonebook": book.path}, "added")


def _tell(options: argparse.Namespace, facts: dict[str, Value], done: str) -> list[RasError]:
    if options.json:
        print_json(facts)
    else:
        print_line(f"{options.entry}: {done}")
    return []


def _add_hang_up(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hang-up", action="store_true", help="if it is up, hang it up first")


def _remove(options: argparse.Namespace) -> list[RasError]:
    """``winras entries remove ENTRY``."""
    with arguments_of(options):
        book, name = _find(options)
        book.delete(name, hang_up=options.hang_up)
    return _tell(options, {"name": name, "phonebook": book.path}, "removed")


def _add_new_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("new_name", metavar="NEW", type=filled, help="its new name")


def _rename(options: argparse.Namespace) -> list[RasError]:
    """``winras entries rename ENTRY NEW``."""
    with arguments_of(options):
        book, name = _find(options)
        book.rename(name, options.new_name, hang_up=options.hang_up)
    done = f"renamed to {options.new_name}"
    return _tell(options, {"name": options.new_name, "phonebook": book.path}, done)


_ENTRY_ACTIONS = (
    Command(
        "show",
        "show an entry",
        (add_action_json, _add_phonebook, add_entry),
        _show,
        READS,
        (
            'winras entries show "Office VPN"',
            'winras entries show "Office VPN" --json',
        ),
    ),
    Command(
        "add",
        "add an entry",
        (add_action_json, add_entry, _add_add),
        _add,
        "It writes a new entry into a phone book, and dials nothing.",
        (
            'winras entries add "Work" --type ikev2 --server vpn.example.com',
            'winras entries add "Work" --type sstp --server vpn.example.com --split-tunnel',
        ),
    ),
    Command(
        "remove",
        "remove an entry",
        (add_action_json, _add_phonebook, add_entry, _add_hang_up),
        _remove,
        "It takes the entry, and what is saved for it, out of its phone book.",
        (
            'winras entries remove "Home VPN"',
            'winras entries remove "Office VPN" --hang-up',
        ),
    ),
    Command(
        "rename",
        "rename an entry",
        (add_action_json, _add_phonebook, add_entry, _add_new_name, _add_hang_up),
        _rename,
        "It changes the name in the phone book, and nothing else of the entry.",
        (
            'winras entries rename "Home VPN" "Home"',
            'winras entries rename "Office VPN" "Office" --hang-up',
        ),
    ),
    *FILE_ACTIONS,
)


def _add_entry_actions(parser: argparse.ArgumentParser) -> None:
    add_actions(parser, _ENTRY_ACTIONS)


@command(
    "entries",
    "list the entries of phone books, change them, or apply a file",
    add_json,
    _add_phonebook_to_list,
    _add_entry_actions,
    effect=f"Without an action: {READS[0].lower()}{READS[1:]}",
    examples=(
        "winras entries",
        'winras entries show "Office VPN"',
    ),
)
def _entries(options: argparse.Namespace) -> list[RasError]:
    """``winras entries``."""
    with arguments_of(options):
        found = entries(phonebook=options.phonebook)
    if options.json:
        print_json(describe_entries(found))
    elif found:
        print_entries(found)
    else:
        print_line("There is no phone-book entry.")
    return []


# ---- credentials ----


def _show_credentials(options: argparse.Namespace) -> list[RasError]:
    """``winras credentials show ENTRY``."""
    with arguments_of(options):
        saved = saved_credentials(options.entry, phonebook=options.phonebook)
    facts: dict[str, Value] = {
        "name": options.entry,
        "user": saved.user or None if saved else None,
        "domain": saved.domain or None if saved else None,
        "has_password": saved is not None and saved.has_password,
    }
    if options.json:
        print_json(facts)
    else:
        print_facts({key: _as_text(value) for key, value in facts.items()})
    return []


def _add_secrets(parser: argparse.ArgumentParser) -> None:
    add_credentials(parser, "whose password is saved")
    parser.add_argument(
        "--pre-shared-key",
        action="store_true",
        help="save a pre-shared key of IPsec, which is read as a password is; only for "
        "administrators",
    )


def _save_credentials(options: argparse.Namespace) -> list[RasError]:
    """``winras credentials save ENTRY --user U``."""
    if options.pre_shared_key == (options.user is not None):
        options.usage_error("give either --user or --pre-shared-key")
    if options.pre_shared_key and options.domain is not None:
        options.usage_error("--domain needs --user")
    with arguments_of(options):
        if options.pre_shared_key:
            save_pre_shared_key(
                options.entry,
                read_secret(options, "pre-shared key", "ENTRY"),
                phonebook=options.phonebook,
            )
        else:
            credentials = read_credentials(options)
            assert credentials is not None
            if not credentials.password:
                options.usage_error("the password is empty, and would count as none")
            save_credentials(options.entry, credentials, phonebook=options.phonebook)
    return _tell(options, {"name": options.entry}, "saved")


def _delete_credentials(options: argparse.Namespace) -> list[RasError]:
    """``winras credentials delete ENTRY``."""
    with arguments_of(options):
        delete_credentials(options.entry, phonebook=options.phonebook)
    return _tell(options, {"name": options.entry}, "deleted")


_CREDENTIAL_ACTIONS = (
    Command(
        "show",
        "show whose password is saved, and never the password",
        (add_action_json, _add_phonebook, add_entry),
        _show_credentials,
        READS,
        (
            'winras credentials show "Home VPN"',
            'winras credentials show "Home VPN" --json',
        ),
    ),
    Command(
        "save",
        "save user name and password, or a pre-shared key",
        (add_action_json, _add_phonebook, add_entry, _add_secrets),
        _save_credentials,
        "It has Windows store them, in place of what is stored for that entry.",
        (
            'winras credentials save "Home VPN" --user ann --password-stdin',
            'winras credentials save "Home VPN" --pre-shared-key --password-stdin',
        ),
    ),
    Command(
        "delete",
        "delete user name, password and domain",
        (add_action_json, _add_phonebook, add_entry),
        _delete_credentials,
        "It has Windows forget what is stored for that entry.",
        (
            'winras credentials delete "Home VPN"',
            'winras credentials delete "Home VPN" --json',
        ),
    ),
)


def _add_credential_actions(parser: argparse.ArgumentParser) -> None:
    add_actions(parser, _CREDENTIAL_ACTIONS)


@command(
    "credentials",
    "show, save or delete what is saved for an entry",
    _add_credential_actions,
    effect="Each action says what it changes.",
    examples=(
        'winras credentials show "Home VPN"',
        'winras credentials save "Home VPN" --user ann --password-stdin',
    ),
)
def _credentials(options: argparse.Namespace) -> list[RasError]:
    """``winras credentials``."""
    options.usage_error("say show, save or delete")
    return []


# ---- devices ----


@command(
    "devices",
    "list the devices that an entry can dial with",
    add_json,
    effect=READS,
    examples=("winras devices", "winras devices --json"),
)
def _devices(options: argparse.Namespace) -> list[RasError]:
    """``winras devices``."""
    found = devices()
    if options.json:
        print_json([asdict(device) for device in found])
    elif found:
        print_table(("TYPE", "NAME"), [(device.type, device.name) for device in found])
    else:
        print_line(
            "There is no device: the WAN miniports of this Windows may be broken. Restart the "
            "RasMan service; if that does not help, reinstall them in Device Manager."
        )
    return []
