"""What is wrong with RAS on this machine: the facts of ``winras doctor``, for a bug report.

Without ``names`` nothing that is told belongs to a person: no name of an entry, path of a phone
book, user, phone number or host. A password is never read.
"""

from __future__ import annotations

import importlib.metadata
import os.path
import platform
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from . import _native
from ._connections import connections
from ._details import EntryName
from ._enums import Authentication
from ._hints import find_hint
from ._models import Json, to_dict
from ._phonebook import Phonebook, entries
from ._why import recent_failures
from .exceptions import RasError, RasUnavailableError

__all__ = ["Diagnosis", "EntryFact", "FailureFact", "Finding", "Step", "examine"]

_MOST_FAILURES = 5

# What takes longer, in seconds, is wrong.
_SLOW = 5.0

_ERROR_CANNOT_OPEN_PHONEBOOK = 621
_ERROR_SERVICE_DOES_NOT_EXIST = 1060
# While RasMan does not run: told once, as what is wrong with it.
_NO_RASMAN = (1058, 1062)


@dataclass(frozen=True, slots=True)
class Step:
    """What was asked of RAS, and what it answered.

    Attributes:
        what: In words.
        function: The RAS function.
        found: How many there are; None if that is not what was asked, or RAS answered an error.
        error: The number that RAS answered, or 0.
        error_name: Its native name; None if it has none.
        seconds: How long it took.
    """

    what: str
    function: str
    found: int | None
    error: int
    error_name: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class EntryFact:
    """An entry of a phone book.

    Attributes:
        name: None unless names are wanted.
        all_users: It is in the phone book of all users.
        device_type: What it dials with, such as ``vpn``; None if it could not be read.
        needs_eap: Whether it requires EAP (RASEO_RequireEAP); None if it could not be read.
        error: What RasGetEntryProperties answered, or 0.
    """

    name: str | None
    all_users: bool
    device_type: str | None
    needs_eap: bool | None
    error: int


@dataclass(frozen=True, slots=True)
class FailureFact:
    """A drop or a failed dial, as `winras.why` tells it.

    Attributes:
        name: The entry's; None unless names are wanted.
        entry: Which of the entries it is, from 1; None if none of them has that name any more.
        kind: ``dropped`` or ``failed``.
        at: When it was, in UTC.
        code: The error number.
        code_name: Its native name; None if it has none.
        hint: The likely cause and the next step; None if winras knows none.
    """

    name: str | None
    entry: int | None
    kind: str
    at: datetime | None
    code: int | None
    code_name: str | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, and the next step."""

    text: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What `examine` has found.

    Attributes:
        winras: Its version.
        python: The implementation, version and word size of Python.
        system: The system and the kind of machine.
        simulated: It is a simulated RAS that was asked.
        available: There is a RAS to ask.
        library: The path of rasapi32.dll; None for a simulated RAS, and where there is none.
        library_version: The version of that file; None if it tells none.
        missing_functions: The RAS functions that winras may call and this Windows lacks.
        rasman: ``running``, ``starting``, ``stopped`` or ``disabled``, before anything was asked;
            None if the service manager does not say.
        rasman_start_type: Such as ``manual``; None if the service manager does not say.
        rasman_error: What the service manager answered instead, or 0.
        steps: What was asked, in that order.
        entries: The entries of the phone books in the profiles.
        failures: The last drops and failed dials, newest first.
        findings: What is wrong; empty: nothing is.
    """

    winras: str
    python: str
    system: str
    simulated: bool
    available: bool
    library: str | None
    library_version: str | None
    missing_functions: tuple[str, ...]
    rasman: str | None
    rasman_start_type: str | None
    rasman_error: int
    steps: tuple[Step, ...]
    entries: tuple[EntryFact, ...]
    failures: tuple[FailureFact, ...]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Json]:
        """The same in plain values for JSON, with the keys of ``winras doctor --json``."""
        return to_dict(self)


def examine(*, names: bool = False) -> Diagnosis:
    """Ask RAS and the service manager what works. RasMan is started if it is stopped.

    A RAS that does not work may take 30 seconds for each thing that it is asked.

    Args:
        names: Whether to tell the names of entries.
    """
    return _Examination(names=names).run()


class _Examination:
    """The work of `examine`."""

    def __init__(self, *, names: bool) -> None:
        self._names = names
        self._service = _native.service()
        self._available = True
        self._listed: list[EntryName] = []
        self._failures: list[FailureFact] = []
        self._steps: list[Step] = []
        self._findings: list[Finding] = []

    def run(self) -> Diagnosis:
        library, version = self._library()
        state, start_type, rasman_error = (
            _native.get_rasman(self._service) if self._available else (None, None, 0)
        )
        missing = _native.missing_functions(self._service)
        found = self._ask_ras() if self._available else []
        if self._available:
            self._judge_functions(missing)
            self._judge_rasman()
            self._judge_steps()
            self._judge_entries(found)
        return Diagnosis(
            winras=importlib.metadata.version("winras"),
            python=(
                f"{platform.python_implementation()} {platform.python_version()}, "
                f"{8 * struct.calcsize('P')} bits"
            ),
            system=f"{platform.platform()} on {platform.machine()}",
            simulated=self._service != 0,
            available=self._available,
            library=library or None,
            library_version=version or None,
            missing_functions=tuple(missing),
            rasman=state,
            rasman_start_type=start_type,
            rasman_error=rasman_error,
            steps=tuple(self._steps),
            entries=tuple(found),
            failures=tuple(self._failures),
            findings=tuple(self._findings),
        )

    def _library(self) -> tuple[str, str]:
        try:
            return _native.get_library(self._service)
        except RasUnavailableError:
            self._available = False
            self._findings.append(
                Finding(
                    "this system has no Windows Remote Access Service: rasapi32.dll cannot be "
                    "loaded",
                    "run this on Windows, and on a Windows Server install its role service "
                    "DirectAccess and VPN (RAS); here, try winras --simulate SCENARIO.toml",
                )
            )
        return "", ""

    # ---- what is asked ----

    def _ask_ras(self) -> list[EntryFact]:
        self._ask("connections", "RasEnumConnections", lambda: len(connections()))

        def list_entries() -> int:
            self._listed = entries()
            return len(self._listed)

        self._ask("entries of the phone books in the profiles", "RasEnumEntries", list_entries)
        self._ask_phonebook("phone book of this user", Phonebook.user)
        self._ask_phonebook("phone book of all users", Phonebook.all_users)
        self._ask_registration()
        facts: list[EntryFact] = []

        def read_all() -> int:
            facts.extend(map(self._read, self._listed))
            return sum(fact.device_type is not None for fact in facts)

        if self._listed:
            self._ask("entries that can be read", "RasGetEntryProperties", read_all)
        self._ask("last failures in the Application log", "EvtQuery", self._read_failures)
        return facts

    def _read_failures(self) -> int:
        self._failures = [
            FailureFact(
                reason.name if self._names else None,
                self._number_of(reason.name),
                reason.kind.name,
                reason.at,
                reason.code,
                reason.code_name or None,
                reason.hint or None,
            )
            for reason in recent_failures(_MOST_FAILURES)
        ]
        return len(self._failures)

    def _number_of(self, name: str) -> int | None:
        for number, entry in enumerate(self._listed, 1):
            if _native.is_same_text(entry.name, name):
                return number
        return None

    def _ask_phonebook(self, what: str, make: Callable[[], Phonebook]) -> None:
        def count() -> int:
            book = make()
            try:
                return len(book.entries())
            except RasError as error:
                # It needs no file, and no page says what RAS answers without one.
                has_file = self._service or os.path.exists(book.path)  # noqa: PTH110  raises nothing
                if error.code == _ERROR_CANNOT_OPEN_PHONEBOOK and not has_file:
                    return 0
                raise

        self._ask(what, "RasEnumEntries", count)

    def _ask(self, what: str, function: str, ask: Callable[[], int | None]) -> None:
        found, code = None, 0
        begun = _native.now(self._service)
        try:
            found = ask()
        except RasError as error:
            code = error.code
        seconds = round(_native.now(self._service) - begun, 6)
        name = _native.error_name(code) or None
        self._steps.append(Step(what, function, found, code, name, seconds))

    def _ask_registration(self) -> None:
        def register() -> None:
            _native.raise_for(_native.no_rasman(self._service), "RasConnectionNotification")
            _native.register(self._service)
            _native.raise_for(_native.refusal(self._service), "RasConnectionNotification")

        self._ask("registration for notifications", "RasConnectionNotification", register)

    def _read(self, entry: EntryName) -> EntryFact:
        name = entry.name if self._names else None
        try:
            read = Phonebook(entry.phonebook).entry(entry.name)
        except RasError as error:
            return EntryFact(name, entry.all_users, None, None, error.code)
        except ValueError:  # whatever is in it, it must not end the examination
            return EntryFact(name, entry.all_users, None, None, 0)
        needs_eap = Authentication.Eap in read.authentication
        return EntryFact(name, entry.all_users, read.device_type, needs_eap, 0)

    # ---- what is wrong ----

    def _judge_functions(self, missing: list[str]) -> None:
        if missing:
            self._findings.append(
                Finding(
                    f"functions that rasapi32.dll lacks: {len(missing)}",
                    "what needs them raises RasUnavailableError (127); Windows 10 and Windows "
                    "Server 2016 have them all, Wine has not",
                )
            )

    def _judge_rasman(self) -> None:
        """By its state now: what was asked has started it if it could be started."""
        state, _, error = _native.get_rasman(self._service)
        if error == _ERROR_SERVICE_DOES_NOT_EXIST:
            self._findings.append(
                Finding(
                    "there is no Windows service RasMan (Remote Access Connection Manager)",
                    "use a Windows that has one; Wine has none, and nothing connects there",
                )
            )
        elif state is None:
            self._findings.append(
                Finding(
                    f"the service manager does not say whether RasMan runs: {self._name(error)}",
                    "see what `sc.exe query RasMan` says; RAS is asked all the same, and may take "
                    "30 seconds if RasMan is stopped",
                )
            )
        elif state == "disabled":
            self._findings.append(
                Finding(
                    "the Windows service RasMan (Remote Access Connection Manager) is disabled",
                    "as an administrator: sc.exe config RasMan start= demand",
                )
            )
        elif state != "running":
            self._findings.append(
                Finding(
                    "RasMan (Remote Access Connection Manager) does not run, and was not started",
                    "as an administrator: sc.exe start RasMan, which says why it does not start",
                )
            )

    def _judge_steps(self) -> None:
        state, _, _ = _native.get_rasman(self._service)
        told = () if state in (None, "running") else _NO_RASMAN
        for step in self._steps:
            if step.error and step.error not in told:
                hint = find_hint(step.error)
                self._findings.append(
                    Finding(
                        f"{step.what}: {step.function} answered {self._name(step.error)}",
                        hint.text if hint else f"winras explain {step.error}",
                    )
                )
            if step.seconds >= _SLOW:
                self._findings.append(
                    Finding(
                        f"{step.what}: {step.function} took {step.seconds:.1f} s",
                        "find out which call takes so long: winras --log-level debug doctor; "
                        "security software and a RasMan that is just starting delay RAS",
                    )
                )

    def _judge_entries(self, facts: list[EntryFact]) -> None:
        if codes := [fact.error for fact in facts if fact.device_type is None]:
            named = ", ".join(map(self._name, sorted(set(codes))))
            self._findings.append(
                Finding(
                    f"entries that cannot be read: {len(codes)} ({named})",
                    "winras entries show NAME says more; an entry may be damaged",
                )
            )

    @staticmethod
    def _name(code: int) -> str:
        return f"{code} {_native.error_name(code)}".rstrip()
