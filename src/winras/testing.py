"""A Windows RAS service that is simulated: for tests and demonstrations, on any system."""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import os
import time
import uuid
from collections.abc import Awaitable, Iterable, Iterator, MutableSet, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from types import FunctionType, TracebackType
from typing import Self, TypeVar, cast

from . import _autojump, _native, _scenario
from ._enums import ConnectionState, ConnectionSubstate
from ._history import (
    FUNCTIONS,
    Call,
    Calls,
    Change,
    History,
    SimulatedConnection,
    function_index,
    read_connections,
    read_entries,
    read_impossible,
)
from ._native import ffi, lib
from ._scenario import DEFAULT_PHONEBOOK, MOST_SERVERS, MOST_SUB_ENTRIES, ROOM, ScenarioError, fits
from .aio import in_thread
from .exceptions import AmbiguousNameError

__all__ = [
    "DEFAULT_PHONEBOOK",
    "Call",
    "Calls",
    "Change",
    "DialStep",
    "History",
    "Quirks",
    "ScenarioError",
    "SimulatedConnection",
    "SimulationError",
    "Simulator",
]

_T = TypeVar("_T")
_Function = TypeVar("_Function", bound=FunctionType)

_MOST_NUMBER = 0xFFFFFFFF
_OWN_CODES = range(0x20000000, 0x20000010)
_FASTEST = 1e6

# Real seconds after which a test that waits for its other threads has gone wrong.
_PATIENCE = 10.0

_ERROR_INVALID_PARAMETER = 87
_ERROR_CANNOT_FIND_PHONEBOOK_ENTRY = 623

# How much of a story, or of the calls, a message tells.
_SHOWN = 20

_DONE = (ConnectionState.Connected, ConnectionState.Disconnected)

_REASONS = {
    87: "several phone books have an entry of that name; choose one with phonebook=",
    259: "it has no link of that number",
    602: "its port is stuck, because a client left before its hang-up was over",
    618: "that link is not connected",
    623: "no phone book has such an entry; make it with add_entry()",
    633: "its last connection is not quite gone, so its port is in use",
    668: "it is not connected",
    756: "it is being dialled already",
}


def _check_text(field: str, text: str) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{field} must be str, not {type(text).__name__}")
    if not fits(field, text):
        raise ValueError(f"{field} must have at most {ROOM[field]} characters and no NUL")
    return text


def _check_seconds(field: str, seconds: float, *, finite: bool = False) -> int:
    """Microseconds, SIM_NEVER for inf."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"{field} must be a number of seconds, not {type(seconds).__name__}")
    if not seconds >= 0 or (finite and seconds == math.inf):
        raise ValueError(f"{field} must be 0 or more seconds, not {seconds!r}")
    if seconds == math.inf:
        return lib.SIM_NEVER
    # An int may be too large for a float; more than this makes no difference.
    return _native.to_microseconds(float(min(seconds, 1e12)))


def _check_number(field: str, number: int, least: int = 0) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{field} must be a whole number, not {type(number).__name__}")
    if not least <= number <= _MOST_NUMBER:
        raise ValueError(f"{field} must be from {least} to {_MOST_NUMBER}, not {number}")
    return number


def _check_bytes(field: str, number: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{field} must be a whole number of bytes, not {type(number).__name__}")
    if not 0 <= number < 2**63:
        raise ValueError(f"{field} must be 0 or more bytes and less than 2**63, not {number}")
    return number


def _check_code(code: int) -> int:
    if _check_number("code", code, 1) in _OWN_CODES:
        raise ValueError(f"code must not be {code:#x}, which stands for no error of RAS here")
    return code


def _to_endpoint(text: str | None, version: int | None = None) -> dict[str, int | bytes]:
    if text is None:
        return {}
    if not isinstance(text, str):
        raise TypeError(f"an endpoint must be the text of an IP address, not {type(text).__name__}")
    address = ip_address(text)
    if version not in (None, address.version):
        raise ValueError(f"{text!r} is no address of IPv{version}")
    return {"type": 1 if address.version == 4 else 2, "address": address.packed.ljust(16, b"\0")}


class SimulationError(AssertionError):
    """What a test has left behind, or has claimed and is not so; its message says what was."""


class Quirks(MutableSet[str]):
    """The quirks that are on: a set of names, of which `known` is the list.

    ``enumerates-dialling``: a connection is enumerated while it is still dialling.
    ``handle-reuse``: a new connection gets the handle of the last dead one.
    ``second-hang-up-668``: hanging up what is being hung up answers 668, not 617.
    ``notify-once``: a registration of RasConnectionNotification signals once and never again.
    ``notify-late``: a signal comes 0.25 s before its change can be seen in an enumeration.
    ``notify-lost``: nothing is signalled.
    ``notify-coalesced``: signals come 0.1 s late, those of that time folded into one.
    ``bandwidth-on-all``: a registration for all connections gets bandwidth signals too.
    ``dial-fails-at-once``: a RasDial with a notifier answers what its first state fails with, if
    that takes no time, and gives a handle all the same.
    ``dial-told-first``: the notifier is called before RasDial has given the handle.
    ``dial-untold``: the notifier of RasDial is never called.
    ``correlation-changes``: a connection is enumerated with a zero correlation id while it dials
    and for its first second, then with its own.

    Raises:
        ValueError: A name that is no quirk.
        RuntimeError: The simulator that they are of is not active.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    known = tuple(_native.to_names(lib.sim_quirk_name))

    @classmethod
    def _from_iterable(cls, it: Iterable[_T]) -> set[_T]:
        """What set operations such as ``|`` give: a set, of no simulator."""
        return set(it)

    def _index(self, name: str) -> int:
        self._simulator.check_active()
        if name not in self.known:
            raise ValueError(f"{name!r} is no quirk; there are {', '.join(self.known)}")
        return self.known.index(name)

    def add(self, value: str) -> None:
        """Switch a quirk on; ValueError if there is none of that name."""
        lib.sim_set_quirk(self._index(value), 1)

    def discard(self, value: str) -> None:
        """Switch a quirk off; ValueError if there is none of that name."""
        lib.sim_set_quirk(self._index(value), 0)

    def __contains__(self, value: object) -> bool:
        self._simulator.check_active()
        return value in self.known and bool(lib.sim_has_quirk(self.known.index(str(value))))

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.known if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Quirks({sorted(self)!r})"


@dataclass(frozen=True, slots=True)
class DialStep:
    """A state that dialling goes through.

    Attributes:
        state: Such as ``ConnectionState.Authenticate``. A paused one, from 0x1000 on, lasts until
            the program that dials goes on or hangs up.
        seconds: How long it lasts.
        error: Fails the dialling at the end of this state; of a paused one, the dialling of a
            program that does not support paused states.
    """

    state: ConnectionState
    seconds: float = 0.0
    error: int = 0


class Simulator:
    """A simulated RAS service, active between the start and the end of a ``with`` block.

    While it is active, all of winras in this process works on it, and the RAS of this Windows
    cannot be reached. One can be active in a process at a time.

    It is a context manager, with ``async with`` too, a decorator of functions and coroutines, which
    get it as their argument ``ras`` if they have one, and the pytest fixture ``ras``.

    Args:
        clock: What time it is in the simulation. ``"real"``: it passes as it does; a number:
            so many times as fast, up to 1e6; ``"manual"``: it stands still but for `advance`;
            ``"auto"``: it stands still while the thread that entered the block runs Python, and
            while that thread waits in winras, or in its asyncio event loop with nothing else
            to do, and every other wait of winras is parked, it jumps to the next moment at which
            something is due. Timers of asyncio itself go on in real time.
        scenario: The path of a scenario file, played from the start of the block.
        allow_unmet: Let the block end though a code set with `fail` was not answered.
        allow_dialling: Let it end though a connection is still dialling.
        allow_impossible: Let it end though a planned action of the scenario could not happen.

    A wait such as ``hang_up()`` on the manual clock is for other threads than the one that entered
    it: there, and with no other thread that could call `advance`, it raises
    RuntimeError at once.

    Make the threads that wait outside of the block and end them inside, or a failing test waits
    for them for ever::

        with ThreadPoolExecutor() as threads, Simulator(clock="manual") as ras:
            ras.add_entry("Office VPN", hang_up_seconds=0.8)
            ras.connect("Office VPN")
            gone = threads.submit(winras.get_connection("Office VPN").hang_up)
            ras.wait_blocked()
            ras.advance(0.8)
            assert gone.result() is True

    Every method raises RuntimeError outside of the ``with`` block. Within it, all may be called
    from any thread.

    Raises:
        ValueError: *clock* is none of these.
        ScenarioError: The file is no scenario.
        OSError: The file cannot be read.
        RuntimeError: On entering the block: a Simulator is active in this process; they do not
            nest.
        SimulationError: On leaving the block without another error: something is left that is not
            allowed.
    """

    def __init__(
        self,
        *,
        clock: str | float = "real",
        scenario: str | os.PathLike[str] | None = None,
        allow_unmet: bool = False,
        allow_dialling: bool = False,
        allow_impossible: bool = False,
    ) -> None:
        self._automatic = clock == "auto"
        if clock in ("manual", "auto"):
            self._factor = 0.0
        elif clock == "real":
            self._factor = 1.0
        elif (
            isinstance(clock, int | float) and not isinstance(clock, bool) and 0 < clock <= _FASTEST
        ):
            self._factor = float(clock)
        else:
            raise ValueError(
                f'clock must be "real", "manual", "auto" or a number above 0 and up to 1e6, '
                f"not {clock!r}"
            )
        self._scenario = None if scenario is None else _scenario.read(scenario)
        self._allow_unmet = allow_unmet
        self._allow_dialling = allow_dialling
        self._allow_impossible = allow_impossible
        self._number = 0
        self._quiet = False
        self._quirks = Quirks(self)
        self._aio = AioSimulator(self)

    def __enter__(self) -> Self:
        number = lib.sim_begin(self._factor, self._automatic)
        if not number:
            raise RuntimeError("a Simulator is active in this process already; end it first")
        self._number = number
        self._quiet = False
        lib.winras_forget_room()
        if self._automatic:
            _autojump.enable()
        try:
            self._play()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None and not self._quiet and self._number == _native.service():
                self.check_leftovers()
        finally:
            self._end()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: _Function) -> _Function:
        """Decorate a function or coroutine: it runs inside the block.

        It gets the Simulator as its argument ``ras``, if it has one of that name.

        Raises:
            TypeError: A class or a generator, whose body would run outside of the block.
        """
        if not inspect.isroutine(function):
            raise TypeError(f"a Simulator decorates functions and coroutines, not {function!r}")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"a Simulator cannot decorate the generator {function.__qualname__}(), which would "
                "run outside of its block; use it in a with statement there"
            )
        signature = inspect.signature(function)
        rest = signature.replace(
            parameters=[p for name, p in signature.parameters.items() if name != "ras"]
        )

        def bind(*args: object, **kwargs: object) -> inspect.BoundArguments:
            bound = signature.bind_partial()
            bound.arguments = dict(rest.bind(*args, **kwargs).arguments)
            if "ras" in signature.parameters:
                bound.arguments["ras"] = self
            return bound

        @functools.wraps(function)
        def call(*args: object, **kwargs: object) -> object:
            bound = bind(*args, **kwargs)
            with self:
                return function(*bound.args, **bound.kwargs)

        @functools.wraps(function)
        async def await_call(*args: object, **kwargs: object) -> object:
            bound = bind(*args, **kwargs)
            async with self:
                return await cast("Awaitable[object]", function(*bound.args, **bound.kwargs))

        is_coroutine = inspect.iscoroutinefunction(function)
        decorated = cast("_Function", await_call if is_coroutine else call)
        # What pytest takes for the fixtures that a test wants.
        decorated.__signature__ = rest  # type: ignore[attr-defined]
        return decorated

    def _end(self) -> None:
        _autojump.release()
        if self._number and self._number == _native.service():
            lib.sim_end()
        self._number = 0

    def _play(self) -> None:
        if self._scenario is None:
            return
        for entry in self._scenario.entries:
            self.add_entry(**entry.arguments)  # type: ignore[arg-type]
        for entry in self._scenario.entries:
            if entry.connected:
                name, phonebook = entry.key
                self.connect(name, phonebook=phonebook, dial_seconds=0.0)
        for entry in self._scenario.entries:
            # Not before: what is up when the scenario starts was dialled some time ago.
            if entry.dial:
                name, phonebook = entry.key
                steps = [DialStep(*step) for step in entry.dial]
                self.set_dial_script(name, steps, phonebook=phonebook)
        for planned in self._scenario.actions:
            self._act(planned.action, planned.name, at=planned.seconds, **planned.arguments)  # type: ignore[arg-type]

    def check_active(self) -> None:
        """Raise RuntimeError if this is not the active Simulator."""
        if not self._number or self._number != _native.service():
            raise RuntimeError("this Simulator is not active; use it inside its with block")

    def ignore_leftovers(self) -> None:
        """Let this block end whatever is left: for a test that has failed already."""
        self.check_active()
        self._quiet = True

    def check_leftovers(self) -> None:
        """Raise if something is left that this Simulator does not allow; its block ends with this.

        Raises:
            SimulationError: A code that was set with `fail` was not answered, a connection is still
                dialling, or a planned action of the scenario could not happen.
        """
        self.check_active()
        problems = []
        if not self._allow_unmet:
            for index, function in enumerate(FUNCTIONS):
                if unmet := lib.sim_unmet(index):
                    problems.append(
                        f"{function} was to fail {unmet} more time{'s' * (unmet > 1)}, but was not "
                        "called so often (allow_unmet=True allows it)"
                    )
            if ungrown := lib.sim_ungrown():
                problems.append(
                    f"grow_list was to bring {ungrown} more, but RasEnumConnections did not answer "
                    "603 so often (allow_unmet=True allows it)"
                )
        if not self._allow_dialling:
            problems += [
                f"{connection.name!r} is still dialling (allow_dialling=True allows it)"
                for connection in self.connections
                if connection.state not in _DONE
            ]
        if not self._allow_impossible:
            problems += [
                f"the scenario could not go as planned: {change} "
                f"{_REASONS.get(change.error, '')} (allow_impossible=True allows it)"
                for change in read_impossible()
            ]
        if problems:
            raise SimulationError("\n".join(problems))

    # ---- what is there ----

    def add_entry(
        self,
        name: str = "",
        *,
        device_type: str = "vpn",
        device_name: str = "WAN Miniport (IKEv2)",
        phonebook: str = DEFAULT_PHONEBOOK,
        phone_number: str = "",
        dial_seconds: float = 0.0,
        hang_up_seconds: float = 0.0,
        sub_entries: int = 1,
        local_endpoint: str | None = None,
        remote_endpoint: str | None = None,
        entry_id: str | uuid.UUID | None = None,
        user: str = "",
        password: str = "",
        domain: str = "",
        eap_user: str = "",
        ipv4_address: str | None = None,
        ipv4_server: str | None = None,
        ipv6_address: str | None = None,
        ipv6_server: str | None = None,
        ipv6_prefix_length: int = 64,
        more_servers: Sequence[str] = (),
        bits_per_second: int = 100_000_000,
    ) -> None:
        """Add an entry to a phone book.

        Args:
            name: At most 256 characters. Without one it is a direct dial of *phone_number*,
                which RAS names by the number with a "." before it.
            device_type: At most 16 characters.
            device_name: At most 128 characters.
            phonebook: The path of the phone book, at most 259 characters.
            phone_number: What is dialled, or the server of a VPN; at most 128 characters.
            dial_seconds: How long dialling takes; ``math.inf``: it is never over.
            hang_up_seconds: How long the handle outlives a hang-up; ``math.inf``: for ever.
            sub_entries: How many sub-entries, of multilink, the phone book has for it; 1: none
                but what `add_link` brings.
            local_endpoint: The IP address of the client's end of the tunnel.
            remote_endpoint: The IP address of the server's end of the tunnel.
            entry_id: The entry's GUID; by default one made of phone book and name. A direct dial
                has none.
            user: Whom the server lets in; others fail with 691 in Authenticate. ``""``: everybody.
            password: That user's password.
            domain: That user's domain.
            eap_user: Makes it an EAP entry: RasGetEapUserIdentity gives this identity, and a dial
                without it fails with 703 in Authenticate.
            ipv4_address: The client's address on the network that it connects to; None: the entry
                does not ask for IPv4.
            ipv4_server: The server's address there.
            ipv6_address: The same of IPv6. A device whose name has no ``IKEv2`` in it negotiates
                by PPP, and so the last 64 bits only.
            ipv6_server: The same of IPv6.
            ipv6_prefix_length: In bits; of IKEv2.
            more_servers: At most four addresses to which an IKEv2 server can switch.
            bits_per_second: The speed of each link, as its statistics tell it.

        Raises:
            ValueError: A text is too long, a time negative, an address or GUID not one, or the
                phone book has an entry of that name.
            TypeError: A text is no str, or a time no number.
        """
        self.check_active()
        texts = {
            "name": name,
            "phonebook": phonebook if name else "",
            "device_type": device_type,
            "device_name": device_name,
            "phone_number": phone_number,
            "user": user,
            "password": password,
            "domain": domain,
            "eap_user": eap_user,
        }
        for field, text in texts.items():
            _check_text(field, text)
        if _check_number("sub_entries", sub_entries, 1) > MOST_SUB_ENTRIES:
            raise ValueError(f"sub_entries must be from 1 to {MOST_SUB_ENTRIES}")
        if len(more_servers) > MOST_SERVERS:
            raise ValueError(f"more_servers must have at most {MOST_SERVERS} addresses")
        if not name and not phone_number:
            raise ValueError("an entry needs a name, or a phone_number to be a direct dial")
        if entry_id is not None:
            guid = uuid.UUID(str(entry_id)).bytes_le
        elif name:
            made_of = f"{phonebook}\0{name}".encode("utf-8", "surrogatepass")
            guid = uuid.uuid5(uuid.NAMESPACE_OID, made_of.hex()).bytes_le
        else:
            guid = bytes(16)
        entry = ffi.new(
            "sim_entry *",
            {
                **texts,
                "entry_id": guid,
                "local": _to_endpoint(local_endpoint),
                "remote": _to_endpoint(remote_endpoint),
                "ikev2": "ikev2" in device_name.lower(),
                "ipv4": _to_endpoint(ipv4_address, 4),
                "ipv4_server": _to_endpoint(ipv4_server, 4),
                "ipv6": _to_endpoint(ipv6_address, 6),
                "ipv6_server": _to_endpoint(ipv6_server, 6),
                "prefix_length": _check_number("ipv6_prefix_length", ipv6_prefix_length),
                "more_servers": [_to_endpoint(server) for server in more_servers],
                "bps": _check_number("bits_per_second", bits_per_second),
                "dial_time": _check_seconds("dial_seconds", dial_seconds),
                "hang_up_time": _check_seconds("hang_up_seconds", hang_up_seconds),
                "sub_entries": sub_entries,
            },
        )
        code = lib.sim_add_entry(entry)
        if code == 87:
            raise ValueError(f"the phone book {phonebook!r} has an entry {name!r} already")
        _native.check(code, "add_entry")

    # ---- what other programs and the other side do ----

    def connect(
        self,
        name: str,
        *,
        phonebook: str | None = None,
        dial_seconds: float | None = None,
        at: float | None = None,
    ) -> int:
        """Dial an entry, as another program would; once more if it is connected.

        Args:
            name: The entry; a direct dial has the name ``"."`` and its number.
            phonebook: Which phone book, if several have the entry.
            dial_seconds: How long dialling takes; by default the entry's own. 0: it is connected
                when this returns.
            at: When, in simulated seconds since the block began; None: now.

        Returns:
            The handle of the connection; 0 if it is planned. If it was connected, it is held once
            more.

        Raises:
            winras.RasError: 602: a client has left its port stuck; 633: the last connection is
                not quite gone; 756: it is being dialled.
            winras.AmbiguousNameError: Several phone books have the entry (87).
            winras.EntryNotFoundError: No such entry (623).
        """
        return self._act("connect", name, at=at, phonebook=phonebook, dial_seconds=dial_seconds)

    def drop(
        self,
        name: str,
        *,
        phonebook: str | None = None,
        error: int = 0,
        linger: float = 0.0,
        at: float | None = None,
    ) -> None:
        """Let a connection, or a dialling, fail from the other side.

        Args:
            name: The entry.
            phonebook: Which phone book, if several have the entry.
            error: The error that its status shows from now on, such as 829.
            linger: Seconds for which the handle stays good, Disconnected, before it is dead.
            at: When, in simulated seconds since the block began; None: now.

        Raises:
            winras.NotConnectedError: It is not connected (668).
            winras.EntryNotFoundError: No such entry (623).
        """
        self._act("drop", name, at=at, phonebook=phonebook, error=error, linger=linger)

    def add_link(self, name: str, *, phonebook: str | None = None) -> int:
        """Connect one more link of a connection, and return its sub-entry number.

        The lowest sub-entry that is not connected is taken; the link that a connection starts
        with is number 1.

        Raises:
            winras.NotConnectedError: The entry is not connected (668).
            winras.EntryNotFoundError: No such entry (623).
        """
        return self._act("add_link", name, phonebook=phonebook)

    def remove_link(self, name: str, *, phonebook: str | None = None, link: int = 0) -> None:
        """Disconnect a link from the other side; the last one takes the connection with it.

        Args:
            name: The entry.
            phonebook: Which phone book, if several have the entry.
            link: The sub-entry number; 0: the highest that is connected.

        Raises:
            winras.NotConnectedError: The entry is not connected (668).
            winras.RasError: 618: that link is not connected; 259: there is none of that number.
            winras.EntryNotFoundError: No such entry (623).
        """
        self._act("remove_link", name, phonebook=phonebook, link=link)

    def set_substate(
        self,
        name: str,
        substate: ConnectionSubstate,
        *,
        phonebook: str | None = None,
        at: float | None = None,
    ) -> None:
        """Let the status of a connection show a substate, as of IKEv2 whose network goes away.

        Args:
            name: The entry.
            substate: Such as ``ConnectionSubstate.Dormant``.
            phonebook: Which phone book, if several have the entry.
            at: When, in simulated seconds since the block began; None: now.

        Raises:
            winras.NotConnectedError: It is not connected (668).
            winras.EntryNotFoundError: No such entry (623).
        """
        self._act("set_substate", name, at=at, phonebook=phonebook, substate=int(substate))

    def set_dial_script(
        self, name: str, steps: Iterable[DialStep], *, phonebook: str | None = None
    ) -> None:
        """Say which states the dialling of an entry goes through from now on.

        If none of them fails it, it is connected after the last one.

        Args:
            name: The entry.
            steps: The states in their order, without Connected; none: those of PPP again, in
                the entry's ``dial_seconds``.
            phonebook: Which phone book, if several have the entry.

        Raises:
            winras.RasError: 756: it is being dialled.
            winras.EntryNotFoundError: No such entry (623).
            ValueError: A time is negative, or a state is Connected.
            TypeError: A step is no DialStep, or its state no ConnectionState.
        """
        self.check_active()
        steps = list(steps)
        if not all(isinstance(step, DialStep) for step in steps):
            raise TypeError("steps must be of DialStep")
        if not all(isinstance(step.state, ConnectionState) for step in steps):
            raise TypeError("the state of a DialStep must be a ConnectionState")
        script = [
            {
                "state": int(step.state),
                "error": _check_number("error", step.error),
                "duration": _check_seconds("seconds", step.seconds),
            }
            for step in steps
        ]
        if any(step["state"] == ConnectionState.Connected for step in script):
            raise ValueError("a dial script is of the states before Connected")
        native = ffi.new("sim_dial_step[]", script)
        texts = _check_text("name", name), _check_text("phonebook", phonebook or "")
        self._raise_failed(
            lib.sim_set_dial_script(*texts, native, len(script)), "set_dial_script", name
        )

    def transfer(
        self,
        name: str,
        *,
        sent: int = 0,
        received: int = 0,
        link: int = 0,
        phonebook: str | None = None,
        at: float | None = None,
    ) -> None:
        """Let bytes go through a connection, at once.

        Args:
            name: The entry.
            sent: Bytes that this computer sends.
            received: Bytes that it receives.
            link: The sub-entry number; 0: the first that is connected.
            phonebook: Which phone book, if several have the entry.
            at: When, in simulated seconds since the block began; None: now.

        Raises:
            winras.NotConnectedError: It is not connected (668).
            winras.RasError: 618: that link is not connected; 259: there is none of that number.
            winras.EntryNotFoundError: No such entry (623).
        """
        self._act(
            "transfer", name, at=at, phonebook=phonebook, link=link, sent=sent, received=received
        )

    def set_traffic(
        self,
        name: str,
        *,
        sent: int = 0,
        received: int = 0,
        link: int = 0,
        phonebook: str | None = None,
        at: float | None = None,
    ) -> None:
        """Let bytes go through a connection from now on, until it ends.

        Args:
            name: The entry.
            sent: Bytes a second that this computer sends.
            received: Bytes a second that it receives.
            link: The sub-entry number; 0: the first that is connected.
            phonebook: Which phone book, if several have the entry.
            at: When, in simulated seconds since the block began; None: now.

        Raises:
            winras.NotConnectedError: It is not connected (668).
            winras.RasError: 618: that link is not connected; 259: there is none of that number.
            winras.EntryNotFoundError: No such entry (623).
        """
        self._act(
            "set_traffic", name, at=at, phonebook=phonebook, link=link, sent=sent, received=received
        )

    def _act(
        self,
        action: str,
        name: str,
        *,
        at: float | None = None,
        phonebook: str | None = None,
        dial_seconds: float | None = None,
        linger: float = 0.0,
        error: int = 0,
        link: int = 0,
        substate: int = 0,
        sent: int = 0,
        received: int = 0,
    ) -> int:
        """Do something now, or plan it for a moment of simulated time."""
        self.check_active()
        if action == "connect":
            duration = -1 if dial_seconds is None else _check_seconds("dial_seconds", dial_seconds)
        else:
            duration = _check_seconds("linger", linger)
        native = ffi.new(
            "sim_action *",
            {
                "action": _ACTIONS[action],
                "name": _check_text("name", name),
                "phonebook": _check_text("phonebook", phonebook or ""),
                "duration": duration,
                "error": _check_number("error", error),
                "link": _check_number("link", link),
                "substate": substate,
                "sent": _check_bytes("sent", sent),
                "received": _check_bytes("received", received),
            },
        )
        result = ffi.new("uint64_t *")
        if at is None:
            code = lib.sim_act(native, result)
            self._wait_woken()
        else:
            code = lib.sim_schedule(_check_seconds("at", at, finite=True), native)
        self._raise_failed(code, action, name)
        return result[0]

    def _raise_failed(self, code: int, action: str, name: str) -> None:
        """Raise what a code of the controls stands for, if it is not 0."""
        if not code:
            return
        message = f"{action} {name!r}: {_REASONS.get(code, _native.error_message(code))}"
        near = difflib.get_close_matches(name, read_entries(), n=1)
        if code == _ERROR_CANNOT_FIND_PHONEBOOK_ENTRY and near:
            message += f"; did you mean {near[0]!r}?"
        failed = _native.error(code, f"Simulator.{action}", message)
        if code == _ERROR_INVALID_PARAMETER:
            raise AmbiguousNameError(*failed.__reduce__()[1])
        raise failed

    def client_leaves(self) -> None:
        """Play the end of this client's process.

        What it has hung up, and whose end has not come yet, leaves its port stuck: the next dial
        of that entry answers 602.

        Raises:
            RuntimeError: The Simulator is not active.
        """
        self.check_active()
        lib.sim_client_leaves()

    # ---- faults ----

    @property
    def quirks(self) -> Quirks:
        """The quirks that are on: add and discard names."""
        self.check_active()
        return self._quirks

    def fail(self, function: str, code: int, *, times: int | None = 1) -> None:
        """Let the next calls of a RAS function do nothing and answer an error.

        Args:
            function: Such as ``RasHangUp``.
            code: The error number, not 0.
            times: How many calls. What was set first is met first. None: all, until
                `clear_faults`.

        Raises:
            ValueError: A function that is not simulated, or a number out of range.
            TypeError: *code* or *times* is no whole number.
        """
        self.check_active()
        index = function_index(function)
        count = lib.SIM_ALWAYS if times is None else _check_number("times", times, 1)
        _native.check(lib.sim_fail(index, _check_code(code), count), "Simulator.fail")

    def clear_faults(self) -> None:
        """Let no call fail any more that `fail` has let fail."""
        self.check_active()
        lib.sim_clear_faults()

    def grow_list(self, *, times: int = 1) -> None:
        """Let another connection come up between two calls of RasEnumConnections.

        It comes after a call that answered 603, so that the room which that call asked for is
        too small for the next.

        Args:
            times: After how many answers 603; each brings a connection named ``Grown N``.

        Raises:
            ValueError, TypeError: *times* is no whole number above 0.
        """
        self.check_active()
        lib.sim_grow(_check_number("times", times, 1))

    def delay(self, function: str, seconds: float) -> None:
        """Let each call of a RAS function take time from now on.

        On a clock that stands still, a call of the thread that entered the block moves it by that;
        one of another thread waits until it is moved.

        Args:
            function: Such as ``RasEnumConnections``.
            seconds: 0 or more, of simulated time.

        Raises:
            ValueError: A function that is not simulated, or RasConnectionNotification, for which
                other calls of winras wait; or a bad time.
            TypeError: *seconds* is no number.
        """
        self.check_active()
        index = function_index(function)
        if lib.sim_delay(index, _check_seconds("seconds", seconds, finite=True)):
            raise ValueError(f"{function} cannot be delayed: winras makes other calls wait for it")

    def stop_service(self, code: int = 1722, *, at: float | None = None) -> None:
        """Let the Remote Access Connection Manager be gone, until `start_service`.

        Every RAS function but RasGetErrorString answers *code*, and all registrations of
        RasConnectionNotification are lost. Connections stay as they are; `drop` ends them.

        Args:
            code: 1722 (RPC_S_SERVER_UNAVAILABLE) or 711 (ERROR_RASMAN_CANNOT_INITIALIZE), or
                what you have seen.
            at: When, in simulated seconds since the block began; None: now.

        Raises:
            ValueError, TypeError: *code* is no error number.
        """
        self._set_service(_check_code(code), at)

    def start_service(self, *, at: float | None = None) -> None:
        """Let the Remote Access Connection Manager be there again.

        Args:
            at: When, in simulated seconds since the block began; None: now.

        Raises:
            ValueError, TypeError: *at* is no time.
        """
        self._set_service(0, at)

    def _set_service(self, code: int, at: float | None) -> None:
        self.check_active()
        action = ffi.new("sim_action *", {"action": lib.SIM_SET_SERVICE, "error": code})
        if at is None:
            lib.sim_act(action, ffi.new("uint64_t *"))
            self._wait_woken()
        else:
            lib.sim_schedule(_check_seconds("at", at, finite=True), action)

    # ---- what was seen ----

    @property
    def calls(self) -> Calls:
        """The calls of RAS functions so far, oldest first; ``calls("RasHangUp")`` counts one."""
        self.check_active()
        return Calls(self)

    @property
    def history(self) -> History:
        """What happened to connections so far, oldest first."""
        self.check_active()
        return History(self)

    @property
    def connections(self) -> list[SimulatedConnection]:
        """The connections that there are, whether RAS enumerates them or not."""
        self.check_active()
        return read_connections()

    def assert_connected(self, name: str, *, phonebook: str | None = None) -> None:
        """Claim that an entry is connected.

        Raises:
            SimulationError: It is not; the message says what happened instead.
            ValueError: There is no such entry.
        """
        found = self._connections_of(name, phonebook)
        if not any(connection.state is ConnectionState.Connected for connection in found):
            state = found[0].state.name if found else "not there"
            raise SimulationError(f"{name!r} is not connected but {state}{self._story(name)}")

    def assert_gone(self, name: str, *, phonebook: str | None = None) -> None:
        """Claim that an entry has no connection, in whatever state.

        Raises:
            SimulationError: It has one; the message says what happened instead.
            ValueError: There is no such entry.
        """
        for connection in self._connections_of(name, phonebook):
            held = f", held {connection.references} times" * (connection.references > 1)
            raise SimulationError(
                f"{name!r} is not gone but {connection.state.name}{held}{self._story(name)}"
            )

    def _connections_of(self, name: str, phonebook: str | None) -> list[SimulatedConnection]:
        self.check_active()
        if name not in (names := read_entries()):
            raise ValueError(f"there is no entry {name!r}; there are {names!r}")
        return [
            connection
            for connection in self.connections
            if connection.name == name and phonebook in (None, connection.phonebook)
        ]

    def assert_called(self, function: str, *, times: int | None = None) -> None:
        """Raise SimulationError if a RAS function was not called, or not so many times.

        Args:
            function: Such as ``RasHangUp``.
            times: How often exactly; None: at least once.

        Raises:
            SimulationError: It was called less, or more, often.
            ValueError: A function that is not simulated.
        """
        count = self.calls(function)
        if count == times or (times is None and count):
            return
        calls = [f"\n  {call}" for call in self.calls if call.function == function]
        wanted = "at least once" if times is None else f"{times} times"
        raise SimulationError(
            f"{function} was called {count} times, not {wanted}{''.join(calls[-_SHOWN:])}"
        )

    def _story(self, name: str) -> str:
        changes = [f"\n  {change}" for change in self.history if change.name == name]
        return "; this has happened:" + "".join(changes[-_SHOWN:]) if changes else ""

    # ---- time ----

    @property
    def now(self) -> float:
        """Simulated time in seconds since the block began."""
        self.check_active()
        return lib.sim_now() / 1e6

    @property
    def aio(self) -> AioSimulator:
        """`advance` and `wait_blocked` for asyncio."""
        return self._aio

    def advance(self, seconds: float) -> None:
        """Move a clock that stands still, and wait until all that this woke has done its work.

        On the automatic clock it is a sleep in simulated time.

        Args:
            seconds: 0 or more, of simulated time.

        Raises:
            RuntimeError: The clock moves by itself, or a woken thread is not done in 10 s
                of real time.
            ValueError, TypeError: *seconds* is negative, not finite or not a number.
        """
        self.check_active()
        if self._factor:
            raise RuntimeError(
                'time moves by itself on this clock; advance() needs clock="manual" or "auto"'
            )
        duration = _check_seconds("seconds", seconds, finite=True)
        moment = lib.sim_now() + duration
        if moment > lib.SIM_NEVER:
            raise ValueError("seconds must not move the clock past what it can hold")
        while True:
            lib.sim_advance_to(moment)
            self._wait_woken()
            if lib.sim_now() >= moment or self._number != _native.service():
                return

    def _wait_woken(self) -> None:
        """On a clock that stands still: until every wait that was woken has done its work."""
        if self._factor:
            return
        limit = time.monotonic() + _PATIENCE
        while lib.sim_wait_woken(lib.WINRAS_SLICE_MS):
            if time.monotonic() > limit:
                raise RuntimeError(
                    f"a thread that this woke is not done with its wait after {_PATIENCE:g} s"
                )

    def wait_blocked(self, count: int = 1) -> None:
        """Wait until that many native waits, such as that of ``hang_up()``, are parked.

        Args:
            count: How many waits, in all threads.

        Raises:
            RuntimeError: They are not after 10 s of real time.
        """
        self.check_active()
        _check_number("count", count)
        limit = time.monotonic() + _PATIENCE
        while lib.sim_wait_blocked(count, lib.WINRAS_SLICE_MS):
            if time.monotonic() > limit:
                raise RuntimeError(
                    f"{lib.sim_blocked()} native waits are parked after {_PATIENCE:g} s, "
                    f"not {count}: has a thread failed, or none begun to wait?"
                )


class AioSimulator:
    """The methods of a Simulator that wait, for asyncio: the same names, awaited."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def advance(self, seconds: float) -> None:
        """Move the manual clock: `Simulator.advance`, awaited.

        Raises:
            RuntimeError, ValueError, TypeError: As there.
        """
        await in_thread(lambda: self._simulator.advance(seconds))

    async def wait_blocked(self, count: int = 1) -> None:
        """Wait until waits are parked: `Simulator.wait_blocked`, awaited.

        Raises:
            RuntimeError, ValueError, TypeError: As there.
        """
        await in_thread(lambda: self._simulator.wait_blocked(count))


_ACTIONS = {
    "connect": lib.SIM_CONNECT,
    "drop": lib.SIM_DROP,
    "add_link": lib.SIM_ADD_LINK,
    "remove_link": lib.SIM_REMOVE_LINK,
    "set_substate": lib.SIM_SET_SUBSTATE,
    "transfer": lib.SIM_TRANSFER,
    "set_traffic": lib.SIM_SET_TRAFFIC,
}
