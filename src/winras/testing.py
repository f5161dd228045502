"""A simulated Windows RAS service, for tests and demonstrations on any system.

Inside its ``with`` block, a `Simulator` is the active service: all of winras in this process calls
the simulated RAS functions, through the same shim that calls rasapi32.dll on Windows. Both the shim
and the simulator are C. The methods here control the simulator: they do what other programs and the
other side would do, make calls fail, move the clock, and report what happened.

`Simulator.serve` makes it the service of other processes too, which `join` it.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import os
import secrets
import time
import uuid
from collections.abc import Awaitable, Iterable, Iterator, MutableSet, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import FunctionType, TracebackType
from typing import Self, TypeVar, cast

from . import _autojump, _native, _scenario
from ._arguments import (
    valid_address,
    valid_bytes,
    valid_clock,
    valid_code,
    valid_flag,
    valid_number,
    valid_seconds,
    valid_simulated,
    valid_text,
)
from ._connections import suggest
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
from ._native import ffi, is_same_text, lib
from ._operations import Sleep
from ._scenario import DEFAULT_PHONEBOOK, MOST_SERVERS, MOST_SUB_ENTRIES, ScenarioError
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
    "join",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._ras import _Pointer, _SimAction

_T = TypeVar("_T")
_Function = TypeVar("_Function", bound=FunctionType)

# Real seconds after which a wait for the other threads of a test is given up.
_PATIENCE = 10.0

_ERROR_INVALID_PARAMETER = 87
_ERROR_CANNOT_FIND_PHONEBOOK_ENTRY = 623
_ERROR_SYSTEM_SUSPENDED = 833

# RASCM_UserName, RASCM_Password and RASCM_Domain.
_USER_PASSWORD_DOMAIN = 0x7

_RASMAN = {
    "running": lib.SIM_SET_RASMAN_RUNNING,
    "stopped": lib.SIM_SET_RASMAN_STOPPED,
    "disabled": lib.SIM_SET_RASMAN_DISABLED,
}

# How many changes or calls a message lists.
_SHOWN = 20

_DONE = (ConnectionState.Connected, ConnectionState.Disconnected)

_REASONS = {
    87: "several phone books have an entry with that name; choose one with phonebook=",
    259: "it has no link of that number",
    602: "its port is stuck, because a client ended before its hang-up was over",
    618: "that link is not connected",
    623: "no phone book has this entry; make it with add_entry()",
    633: "its last connection is not gone yet, so its port is in use",
    668: "it is not connected",
    711: "RasMan does not run; start it with set_service()",
    756: "it is already being dialled",
}

_ACTIVE = "a Simulator is already active in this process; end it first"

_SILENT = (ConnectionError, "the process that serves {!r} does not answer")

# What is wrong with serving or joining a service by a name.
_UNSERVED: dict[int, tuple[type[Exception], str]] = {
    2: (
        FileNotFoundError,
        (
            "no simulated service is served by the name {!r}; let another process hold it, with "
            "winras simulate SCENARIO.toml --name NAME or with Simulator.serve()"
        ),
    ),
    5: (
        PermissionError,
        (
            "the name {!r} is another user's, or the folder of the names is not this user's alone; "
            "choose another name, or mend that folder: on Linux it is winras in XDG_RUNTIME_DIR, "
            "or winras-UID in /tmp, and must be of this user, no link, and of mode 0700"
        ),
    ),
    87: (
        ValueError,
        "name must be 1 to 64 letters of ASCII, digits, '.', '_' and '-', not {!r}",
    ),
    170: (RuntimeError, _ACTIVE),
    183: (
        FileExistsError,
        "a simulated service is served by the name {!r}; choose another name, or end that one",
    ),
    1306: (
        ConnectionError,
        "{!r} is served by another version of winras; use the same one in both processes",
    ),
    1460: _SILENT,
    1722: _SILENT,
}


def _native_name(name: str) -> _Pointer[bytes]:
    """The name for C, which takes none with a "?"."""
    if not isinstance(name, str):
        raise TypeError(f"name must be str, not {type(name).__name__}")
    return ffi.new("char[]", name.encode("ascii", "replace").replace(b"\0", b"?"))


def _raise_unserved(code: int, name: str, function: str) -> None:
    if code in _UNSERVED:
        kind, problem = _UNSERVED[code]
        raise kind(problem.format(name))
    _native.raise_for(code, function)


def _to_microseconds(argument: str, seconds: float, *, finite: bool = False) -> int:
    seconds = valid_simulated(argument, seconds) if finite else valid_seconds(argument, seconds)
    return lib.SIM_NEVER if seconds == math.inf else _native.to_microseconds(seconds)


def _past_the_end() -> str:
    return (
        "seconds must not move the clock past the end of its range, which is "
        f"{lib.SIM_LATEST / 1e6:.3g} s: begin a new Simulator"
    )


def _to_endpoint(text: str | None, version: int | None = None) -> dict[str, int | bytes]:
    if text is None:
        return {}
    address = valid_address(text, version)
    return {"type": 1 if address.version == 4 else 2, "address": address.packed.ljust(16, b"\0")}


class SimulationError(AssertionError):
    """A test left something unfinished, or an assertion does not hold.

    The message tells what happened.
    """


class Quirks(MutableSet[str]):
    """The quirks that are on: a set of names. `known` lists all there are.

    ``enumerates-dialling``: a connection is enumerated while it is still dialling.
    ``handle-reuse``: a new connection gets the handle of the last dead one.
    ``second-hang-up-617``: hanging up a connection that is being hung up answers 617, not 668.
    ``notify-once``: a registration of RasConnectionNotification signals once and never again.
    ``notify-late``: a signal comes 0.25 s before its change can be seen in an enumeration.
    ``notify-lost``: nothing is signalled.
    ``notify-coalesced``: signals come 0.1 s late, and all in that time become one.
    ``bandwidth-on-all``: a registration for all connections gets bandwidth signals too.
    ``dial-fails-at-once``: if the first state fails at once, RasDial with a notifier returns that
    error, and gives a handle all the same.
    ``dial-told-first``: the notifier is called before RasDial has given the handle.
    ``dial-untold``: the notifier of RasDial is never called.
    ``eap-needs-identity``: an EAP entry does not take a plain user name and password: 703.
    ``correlation-changes``: while a connection dials and for its first second, it is enumerated
    with a zero correlation id.
    ``message-blank``: RasGetErrorString gives an empty message.
    ``message-line-end``: its messages end with CR and LF.
    ``saved-password-refused``: dialling with the handle of a saved password ends in 628.
    ``credentials-mask``: RasGetCredentials tells that it gives what it was asked for, whatever is
    saved, and gives nothing at all if it was asked for default credentials too.
    ``plain-user``: the client is no administrator: to change a phone book of all users, and to save
    pre-shared or default credentials, answers 5.
    ``in-use-hangs-up``: to change or delete an entry that is up or being dialled hangs it up, and
    does not answer 817.
    ``in-use-changes``: it changes or deletes the entry, and the connection stays up.
    ``delete-unknown-623``: RasDeleteEntry answers 623, not 123, if there is no such entry.
    ``device-name-optional``: RasSetEntryProperties takes an entry without a szDeviceName.
    ``no-events``: RasClient writes nothing into the Application log.
    ``events-without-reason``: its event 20226, of the end of a connection, has no reason.
    ``event-ids-differ``: the correlation id in its events is not that of the connection.
    ``entry-sizes-6720``, ``entry-sizes-5680``, ``entry-sizes-5656``, ``entry-sizes-5616``: no
    RASENTRY larger than that is known.

    Raises:
        ValueError: There is no quirk of that name.
        RuntimeError: Their simulator is not active.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    known = tuple(_native.to_names(lib.sim_quirk_name))

    @classmethod
    def _from_iterable(cls, it: Iterable[_T]) -> set[_T]:
        """Give a plain set as the result of set operations such as ``|``."""
        return set(it)

    def _index(self, name: str) -> int:
        self._simulator.check_active()
        if name not in self.known:
            raise ValueError(f"there is no quirk {name!r}; there are {', '.join(self.known)}")
        return self.known.index(name)

    def add(self, value: str) -> None:
        """Switch a quirk on; ValueError if there is none of that name."""
        _native.raise_for(lib.sim_set_quirk(self._index(value), 1), "Quirks.add")

    def discard(self, value: str) -> None:
        """Switch a quirk off; ValueError if there is none of that name."""
        _native.raise_for(lib.sim_set_quirk(self._index(value), 0), "Quirks.discard")

    def __contains__(self, value: object) -> bool:
        self._simulator.check_active()
        if value not in self.known:
            return False
        on = ffi.new("uint32_t *")
        code = lib.sim_has_quirk(self.known.index(str(value)), on)
        _native.raise_for(code, "Simulator.quirks")
        return on[0] != 0

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
        state: Such as ``ConnectionState.Authenticate``. A paused state, from 0x1000 on, lasts until
            the dialling program resumes or hangs up.
        seconds: How long it lasts.
        error: If not 0, dialling fails with it at the end of this state; in a paused state, only
            for programs that do not support paused states.
        goes_on: The error does not end the dialling: only the status shows it, while the state
            lasts, as when Windows goes on to the next tunnel type.
    """

    state: ConnectionState
    seconds: float = 0.0
    error: int = 0
    goes_on: bool = False


def _no_state(value: object) -> str:
    """Say that it is not a ConnectionState, and which one may be meant."""
    states = ConnectionState.__members__
    near = difflib.get_close_matches(str(value), states, n=1)
    hint = f"; did you mean ConnectionState.{near[0]}?" if near else ""
    return f"the state of a DialStep must be a ConnectionState, not {value!r}{hint}"


class Simulator:
    """A simulated RAS service, active between the start and the end of a ``with`` block.

    While it is active, all of winras in this process uses it, and cannot reach the RAS of Windows.
    Only one can be active in a process at a time. In a child made by ``fork()`` none is: there the
    parent's raises RuntimeError, and so do its connections.

    `serve` makes it that of other processes too.

    It can be used as a context manager (``with`` and ``async with``), as a decorator of functions
    and coroutines, which get it as their argument ``ras`` if they have one, and as the pytest
    fixture ``ras``.

    Args:
        clock: How simulated time passes. ``"real"``: as real time does. A number: so many times as
            fast, up to 1e6. ``"manual"``: only by `advance`. ``"auto"``: it stands still while the
            thread that entered the block runs Python. When that thread waits in winras, or in an
            asyncio event loop with nothing else to do, and every other wait of winras is parked,
            time jumps to the next moment at which something is due. asyncio's own timers stay in
            real time; `sleep` and ``aio.sleep`` do not.
        scenario: The path of a scenario file, played from the start of the block.
        allow_unmet: Whether an error set with `fail` may be left that no call has answered.
        allow_dialling: Whether a connection may be left dialling.
        allow_impossible: Whether planned actions of the scenario may turn out impossible.

    On the manual clock, wait (as ``hang_up()`` does) in other threads than the one that entered the
    block. In that one, a wait raises RuntimeError at once if no other thread could call `advance`.

    Create waiting threads outside the block and collect their results inside; otherwise a failing
    test waits for them forever::

        with ThreadPoolExecutor() as threads, Simulator(clock="manual") as ras:
            ras.add_entry("Office VPN", hang_up_seconds=0.8)
            ras.connect("Office VPN")
            gone = threads.submit(winras.get_connection("Office VPN").hang_up)
            ras.wait_blocked()
            ras.advance(0.8)
            assert gone.result() is True

    Outside the ``with`` block every method raises RuntimeError. Inside, any thread may call them.

    Raises:
        ValueError: *clock* is none of these.
        ScenarioError: The file is not a valid scenario.
        OSError: The file cannot be read.
        RuntimeError: On entering the block: another Simulator is active in this process.
        SimulationError: On leaving the block without another exception: something is left that the
            arguments do not allow.
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
        self._factor = valid_clock(clock)
        self._scenario = None if scenario is None else _scenario.read(scenario)
        self._allow_unmet = allow_unmet
        self._allow_dialling = allow_dialling
        self._allow_impossible = allow_impossible
        # C sets and clears the number of what runs. What an exception leaves running, between any
        # two steps of Python, ends with this object.
        self._begun = ffi.new("uint32_t *")
        self._ending = ffi.gc(self._begun, lib.sim_end)
        self._quiet = False
        self._name: str | None = None

    def __enter__(self) -> Self:
        if not self._is_active:
            self._quiet = False
            self._name = None
            try:
                if self._begin():
                    lib.winras_forget_room()
                    self._play()
                    return self
            except BaseException:
                lib.sim_end(self._begun)
                raise
        raise RuntimeError(_ACTIVE)

    def _begin(self) -> bool:
        return lib.sim_begin(self._factor, self._automatic, self._begun) != 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None and not self._quiet and self._is_active:
                self.check_leftovers()
        finally:
            lib.sim_end(self._begun)
            _autojump.release()

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
        """Decorate a function or coroutine, so that it runs inside the block.

        It gets the Simulator as its argument ``ras``, if it has one of that name.

        Raises:
            TypeError: It is a class, or a generator, whose body would run outside the block.
        """
        if not inspect.isroutine(function):
            raise TypeError(f"a Simulator decorates functions and coroutines, not {function!r}")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"a Simulator cannot decorate the generator {function.__qualname__}(), which would "
                "run outside the block; use a with statement in the generator"
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
        # pytest reads the fixtures that a test wants from this.
        decorated.__signature__ = rest  # type: ignore[attr-defined]
        return decorated

    def _play(self) -> None:
        if self._scenario is None:
            return
        for entry in self._scenario.entries:
            self._add(entry)
        for entry in self._scenario.entries:
            if entry.connected:
                name, phonebook = entry.key
                self.connect(name, phonebook=phonebook, dial_seconds=0.0)
        for entry in self._scenario.entries:
            # After connecting: what is up at the start must not go through the script.
            if entry.dial:
                name, phonebook = entry.key
                steps = [DialStep(*step) for step in entry.dial]
                self.set_dial_script(name, steps, phonebook=phonebook)
            if entry.saved:
                name, phonebook = entry.key
                self.save_credentials(name, *entry.saved, phonebook=phonebook)
        for planned in self._scenario.actions:
            if planned.action in ("set_service", "suspend"):
                act = getattr(self, planned.action)
                act(planned.first, at=planned.seconds, **planned.arguments)
            else:
                self._act(planned.action, planned.first, at=planned.seconds, **planned.arguments)  # type: ignore[arg-type]

    def _add(self, entry: _scenario.ScenarioEntry) -> None:
        self.add_entry(**entry.arguments)  # type: ignore[arg-type]
        if entry.properties is not None:
            code = lib.sim_set_entry(*entry.key, entry.properties, len(entry.properties))
            _native.raise_for(code, "add_entry")

    @property
    def _is_active(self) -> bool:
        return self._begun[0] != 0 and self._begun[0] == _native.service()

    def check_active(self) -> None:
        """Raise RuntimeError if this is not the active Simulator."""
        if not self._is_active:
            raise RuntimeError("this Simulator is not active; use it inside its with block")

    def ignore_leftovers(self) -> None:
        """Allow this block to leave anything behind: for a test that has already failed."""
        self.check_active()
        self._quiet = True

    def check_leftovers(self) -> None:
        """Raise if something is left that this Simulator does not allow, as its block does.

        Raises:
            SimulationError: No call has answered an error set with `fail`, a connection is still
                dialling, or a planned action of the scenario could not happen.
        """
        self.check_active()
        problems = []
        unmet = ffi.new("uint32_t *")
        if not self._allow_unmet:
            for index, function in enumerate(FUNCTIONS):
                _native.raise_for(lib.sim_unmet(index, unmet), "Simulator.check_leftovers")
                if left := unmet[0]:
                    problems.append(
                        f"{function} was to fail {left} more time{'s' * (left > 1)}, but was not "
                        "called that often (allow_unmet=True allows it)"
                    )
            _native.raise_for(lib.sim_ungrown(unmet), "Simulator.check_leftovers")
            if unmet[0]:
                problems.append(
                    f"grow_list was to bring up {unmet[0]} more connections, but "
                    "RasEnumConnections did not answer 603 that often (allow_unmet=True allows it)"
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

    # ---- other processes ----

    def serve(self, name: str | None = None) -> AbstractContextManager[Simulator]:
        """Make it the service of other processes too, which `join` it by that name.

        On an active Simulator it is served at once, up to the end of its block or that of the
        context manager which is returned. Before, that context manager is the block::

            with Simulator(scenario="office.toml").serve("office") as ras:
                ...

        Only processes of the same user can join. They see and change the same connections, and
        their RAS calls are in `calls` too. If one of them dies, what it was dialling is hung up.

        Args:
            name: 1 to 64 letters, digits and ``._-``; None for one that nobody else has.

        Raises:
            ValueError: It is no such name; or the clock is ``"manual"`` or ``"auto"``, which other
                processes could not move.
            FileExistsError: That name is served already.
            PermissionError: Another user serves that name.
            RuntimeError: It is served already, or was joined and not begun here.
        """
        if not self._factor:
            kind = "auto" if self._automatic else "manual"
            raise ValueError(
                f'clock="{kind}" cannot be served to other processes, which could not move it; '
                'choose a clock that runs by itself: clock="real", or a factor such as clock=50 '
                "(with pytest: @pytest.mark.ras(clock=50))"
            )
        return _Serving(self, secrets.token_hex(8) if name is None else name)

    def _serve(self, name: str) -> None:
        if self._name is not None:
            raise RuntimeError(f"this Simulator is already served by the name {self._name!r}")
        _raise_unserved(lib.sim_serve(self._begun[0], _native_name(name)), name, "Simulator.serve")
        self._name = _native.served_names[self._begun[0]] = name

    def _stop_serving(self) -> None:
        lib.sim_stop_serving(self._begun[0])
        self._name = None

    @property
    def name(self) -> str:
        """The name by which it is served, or was joined.

        Raises:
            RuntimeError: It is not served, or not active.
        """
        self.check_active()
        if self._name is None:
            raise RuntimeError("this Simulator is not served to other processes; call serve()")
        return self._name

    def environment(self) -> dict[str, str]:
        """Return the environment of this process, with the name as ``WINRAS_SIMULATOR``.

        With it, as in ``subprocess.run(command, env=ras.environment())``, the drop-in
        ``rasapi32.dll`` joins by itself. Nothing else does: a script calls `join` with that name,
        and the command needs ``--join``.

        Raises:
            RuntimeError: It is not served, or not active.
        """
        return {**os.environ, "WINRAS_SIMULATOR": self.name}

    # ---- phone books ----

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
            name: At most 256 characters. Without a name it is a direct dial of *phone_number*,
                which RAS calls by that number after a ".".
            device_type: At most 16 characters. For ``vpn``, in whatever case, connections report
                ``VPN``, as on Windows.
            device_name: At most 128 characters.
            phonebook: The path of the phone book, at most 259 characters.
            phone_number: What is dialled, or the server of a VPN; at most 128 characters.
            dial_seconds: How long dialling takes; ``math.inf`` forever.
            hang_up_seconds: How long the handle outlives a hang-up; ``math.inf`` forever.
            sub_entries: How many sub-entries (for multilink) the phone book has for it. With 1,
                there is no multilink unless `add_link` adds a link.
            local_endpoint: The IP address of the client's end of the tunnel.
            remote_endpoint: The IP address of the server's end of the tunnel.
            entry_id: The GUID of the entry; by default made from phone book and name. A direct
                dial has none.
            user: The only user that the server lets in; for others, dialling fails with 691 in
                Authenticate. ``""`` lets everybody in.
            password: The password of that user.
            domain: The domain of that user.
            eap_user: Makes it an EAP entry: RasGetEapUserIdentity gives this identity, with which
                it is let in, whatever *user* and *password* say. Dialled without it, *user* and
                *password* count as for any entry; with no user name and no EAP user data either, it
                fails with 703 in Authenticate.
            ipv4_address: The client's address on the remote network; None if the entry does not
                ask for IPv4.
            ipv4_server: The server's address there.
            ipv6_address: The client's IPv6 address. Unless the name of the device contains
                ``IKEv2``, it is negotiated by PPP, and only its last 64 bits count.
            ipv6_server: The server's IPv6 address.
            ipv6_prefix_length: In bits; only for IKEv2.
            more_servers: At most four addresses to which an IKEv2 server can switch.
            bits_per_second: The speed of each link, as its statistics report it.

        Raises:
            ValueError: A text is too long, a time is negative, an address or GUID is malformed,
                *password* or *domain* is given without *user*, or the phone book already has an
                entry with that name.
            TypeError: A text is not a str, or a time is not a number.
        """
        if not user and (password or domain):
            raise ValueError("password and domain are those of a user: give user too")
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
            valid_text(field, text)
        if valid_number("sub_entries", sub_entries, 1) > MOST_SUB_ENTRIES:
            raise ValueError(f"sub_entries must be from 1 to {MOST_SUB_ENTRIES}")
        if len(more_servers) > MOST_SERVERS:
            raise ValueError(f"more_servers must have at most {MOST_SERVERS} addresses")
        if not name and not phone_number:
            raise ValueError("an entry needs a name or, for a direct dial, a phone_number")
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
                "prefix_length": valid_number("ipv6_prefix_length", ipv6_prefix_length),
                "more_servers": [_to_endpoint(server) for server in more_servers],
                "bps": valid_number("bits_per_second", bits_per_second),
                "dial_time": _to_microseconds("dial_seconds", dial_seconds),
                "hang_up_time": _to_microseconds("hang_up_seconds", hang_up_seconds),
                "sub_entries": sub_entries,
            },
        )
        code = lib.sim_add_entry(entry)
        if code == 87:
            raise ValueError(f"the phone book {phonebook!r} already has an entry {name!r}")
        _native.raise_for(code, "add_entry")

    def set_devices(self, devices: Iterable[tuple[str, str]]) -> None:
        """Say which RAS-capable devices the machine has.

        Until then they are Windows' miniports for SSTP, IKEv2, L2TP, PPTP and PPPoE, with their
        English names, and those of the entries that were added.

        Args:
            devices: The type, such as ``vpn``, and the name of each, at most 16 and 128 characters.
                Without any, RasEnumDevices succeeds and lists nothing, as on a broken installation.

        Raises:
            ValueError, TypeError: A text is too long, or not a str.
        """
        self.check_active()
        natives = [
            {"type": valid_text("device_type", kind), "name": valid_text("device_name", name)}
            for kind, name in devices
        ]
        code = lib.sim_set_devices(ffi.new("sim_device[]", natives), len(natives))
        _native.raise_for(code, "set_devices")

    def save_credentials(
        self,
        entry: str,
        user: str,
        password: str,
        domain: str = "",
        *,
        phonebook: str | None = None,
    ) -> None:
        """Save credentials for an entry, as its user does in Windows' settings.

        Args:
            entry: The entry.
            user: At most 256 characters.
            password: At most 256 characters. No RAS function gives it back.
            domain: At most 15 characters.
            phonebook: The phone book, if several have the entry.

        Raises:
            winras.AmbiguousNameError: Several phone books have the entry (87).
            winras.EntryNotFoundError: No such entry (623).
            ValueError, TypeError: A text is too long, or not a str.
        """
        self.check_active()
        saved = ffi.new(
            "sim_credentials *",
            {
                "mask": _USER_PASSWORD_DOMAIN,
                "user": valid_text("user", user),
                "password": valid_text("password", password),
                "domain": valid_text("domain", domain),
            },
        )
        texts = valid_text("name", entry, "entry"), valid_text("phonebook", phonebook or "")
        self._raise_failed(lib.sim_save_credentials(*texts, saved), "save_credentials", entry)

    # ---- what other programs and the other side do ----

    def connect(
        self,
        name: str,
        *,
        phonebook: str | None = None,
        dial_seconds: float | None = None,
        at: float | None = None,
    ) -> int:
        """Dial an entry as another program would; if it is connected, take one more reference.

        Args:
            name: The entry; a direct dial is called ``"."`` and its number.
            phonebook: The phone book, if several have the entry.
            dial_seconds: How long dialling takes, by default as the entry says. With 0, it is
                connected when this returns.
            at: When, in simulated seconds since the block began; None for now.

        Returns:
            The handle of the connection; 0 if this is planned for later.

        Raises:
            winras.RasError: 602: a client has left its port stuck; 633: the last connection is
                not gone yet; 756: it is being dialled.
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
        """Let the other side end a connection, or the dialling of one.

        Args:
            name: The entry.
            phonebook: The phone book, if several have the entry.
            error: The error that its status shows from now on, such as 829.
            linger: Seconds for which the handle stays valid, Disconnected, before it is dead.
            at: When, in simulated seconds since the block began; None for now.

        Raises:
            winras.NotConnectedError: It is not connected (668).
            winras.EntryNotFoundError: No such entry (623).
        """
        self._act("drop", name, at=at, phonebook=phonebook, error=error, linger=linger)

    def add_link(self, name: str, *, phonebook: str | None = None) -> int:
        """Connect one more link of a connection, and return its sub-entry number.

        It is the lowest sub-entry that is not connected. A connection starts with link 1.

        Raises:
            winras.NotConnectedError: The entry is not connected (668).
            winras.EntryNotFoundError: No such entry (623).
        """
        return self._act("add_link", name, phonebook=phonebook)

    def remove_link(self, name: str, *, phonebook: str | None = None, link: int = 0) -> None:
        """Let the other side disconnect a link; with its last link, a connection ends.

        Args:
            name: The entry.
            phonebook: The phone book, if several have the entry.
            link: The sub-entry number; 0 for the highest that is connected.

        Raises:
            winras.NotConnectedError: The entry is not connected (668).
            winras.RasError: 618: that link is not connected; 259: there is no such link.
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
        """Give a connection a substate, as IKEv2 does when its network goes away.

        Args:
            name: The entry.
            substate: Such as ``ConnectionSubstate.Dormant``.
            phonebook: The phone book, if several have the entry.
            at: When, in simulated seconds since the block began; None for now.

        Raises:
            winras.NotConnectedError: It is not connected (668).
            winras.EntryNotFoundError: No such entry (623).
        """
        self._act("set_substate", name, at=at, phonebook=phonebook, substate=substate)

    def set_dial_script(
        self, name: str, steps: Iterable[DialStep], *, phonebook: str | None = None
    ) -> None:
        """Set the states that dialling an entry goes through from now on.

        Unless one of them fails, it is connected after the last one.

        Args:
            name: The entry.
            steps: The states in their order, without Connected. No steps at all: the states of PPP
                again, in the entry's ``dial_seconds``.
            phonebook: The phone book, if several have the entry.

        Raises:
            winras.RasError: 756: it is being dialled.
            winras.EntryNotFoundError: No such entry (623).
            ValueError: A time is negative, or a state is Connected.
            TypeError: A step is not a DialStep, or its state is not a ConnectionState.
        """
        self.check_active()
        steps = list(steps)
        if not all(isinstance(step, DialStep) for step in steps):
            raise TypeError("steps must be DialStep objects")
        for step in steps:
            if not isinstance(step.state, ConnectionState):
                raise TypeError(_no_state(step.state))
        script = [
            {
                "state": int(step.state),
                "error": valid_number("error", step.error),
                "duration": _to_microseconds("seconds", step.seconds),
                "goes_on": valid_flag(step.goes_on, "goes_on"),
            }
            for step in steps
        ]
        if any(step["state"] == ConnectionState.Connected for step in script):
            raise ValueError(
                "a dial script must not contain Connected, which follows its last state"
            )
        native = ffi.new("sim_dial_step[]", script)
        texts = valid_text("name", name), valid_text("phonebook", phonebook or "")
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
        """Send and receive bytes through a connection, now or at a moment.

        Args:
            name: The entry.
            sent: Bytes that this computer sends.
            received: Bytes that it receives.
            link: The sub-entry number; 0 for the first that is connected.
            phonebook: The phone book, if several have the entry.
            at: When, in simulated seconds since the block began; None for now.

        Raises:
            winras.NotConnectedError: It is not connected (668).
            winras.RasError: 618: that link is not connected; 259: there is no such link.
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
        """Send and receive bytes through a connection every second, until it ends.

        Args:
            name: The entry.
            sent: Bytes a second that this computer sends.
            received: Bytes a second that it receives.
            link: The sub-entry number; 0 for the first that is connected.
            phonebook: The phone book, if several have the entry.
            at: When, in simulated seconds since the block began; None for now.

        Raises:
            winras.NotConnectedError: It is not connected (668).
            winras.RasError: 618: that link is not connected; 259: there is no such link.
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
            duration = (
                -1 if dial_seconds is None else _to_microseconds("dial_seconds", dial_seconds)
            )
        else:
            duration = _to_microseconds("linger", linger)
        native = ffi.new(
            "sim_action *",
            {
                "action": _ACTIONS[action],
                "name": valid_text("name", name),
                "phonebook": valid_text("phonebook", phonebook or ""),
                "duration": duration,
                "error": valid_number("error", error),
                "link": valid_number("link", link),
                "substate": valid_number("substate", substate),
                "sent": valid_bytes("sent", sent),
                "received": valid_bytes("received", received),
            },
        )
        code, result = self._perform(native, at)
        self._raise_failed(code, action, name)
        return result

    def _perform(self, action: _SimAction, at: float | None) -> tuple[int, int]:
        """Do it now, or plan it; its code, and what it gives."""
        result = ffi.new("uint64_t *")
        if at is None:
            code = lib.sim_act(action, result)
            self._wait_woken()
        else:
            code = lib.sim_schedule(_to_microseconds("at", at, finite=True), action)
        return code, result[0]

    def _raise_failed(self, code: int, action: str, name: str) -> None:
        """Raise the exception for a code of the simulator's controls; do nothing for 0."""
        if not code:
            return
        message = f"{action} {name!r}: {_REASONS.get(code, _native.error_message(code))}"
        if code == _ERROR_CANNOT_FIND_PHONEBOOK_ENTRY:
            message += suggest(name, read_entries())
        failed = _native.error(code, f"Simulator.{action}", message)
        if code == _ERROR_INVALID_PARAMETER:
            raise AmbiguousNameError(*failed.__reduce__()[1])
        raise failed

    def client_leaves(self) -> None:
        """Simulate the end of this process, as RAS sees it.

        A connection that it has hung up but that is not gone yet leaves its port stuck: the next
        dial of that entry answers 602.

        Raises:
            RuntimeError: The Simulator is not active.
        """
        self.check_active()
        _native.raise_for(lib.sim_client_leaves(), "Simulator.client_leaves")

    # ---- the event log ----

    def write_event(self, xml: str) -> None:
        """Write an event into the simulated Application log, as it is, for `winras.why` to read.

        The simulated RasClient writes its own: 20221 to 20225 while an entry is dialled, 20226 when
        a connection ends and 20227 when dialling fails. The log keeps the last 1024 events.

        Args:
            xml: The event as EvtRender gives it, of whatever provider and however malformed.

        Raises:
            ValueError, TypeError: *xml* is empty, too long, contains a NUL, or is not a str.
        """
        self.check_active()
        if not isinstance(xml, str):
            raise TypeError(f"xml must be str, not {type(xml).__name__}")
        if not xml or "\0" in xml:
            raise ValueError("xml must be the text of an event, without a NUL")
        code = lib.sim_write_event(xml)
        if code == _ERROR_INVALID_PARAMETER:
            raise ValueError(f"xml must have at most {lib.SIM_EVENT_UNITS} units of UTF-16")
        _native.raise_for(code, "Simulator.write_event")

    # ---- faults ----

    @property
    def quirks(self) -> Quirks:
        """The quirks that are on: add and discard names."""
        self.check_active()
        return Quirks(self)

    def fail(self, function: str, code: int, *, times: int | None = 1) -> None:
        """Let the next calls of a RAS function do nothing but answer an error.

        Args:
            function: Such as ``RasHangUp``.
            code: The error number, not 0.
            times: How many calls; None for all until `clear_faults`. Errors set earlier are
                answered first.

        Raises:
            ValueError: The function is not simulated, or a number is out of range.
            TypeError: *code* or *times* is not a whole number.
        """
        self.check_active()
        index = function_index(function)
        count = lib.SIM_ALWAYS if times is None else valid_number("times", times, 1)
        _native.raise_for(lib.sim_fail(index, valid_code(code), count), "Simulator.fail")

    def clear_faults(self) -> None:
        """Forget everything that was set with `fail`."""
        self.check_active()
        _native.raise_for(lib.sim_clear_faults(), "Simulator.clear_faults")

    def grow_list(self, *, times: int = 1) -> None:
        """Let another connection come up between two calls of RasEnumConnections.

        It comes right after a call that answered 603, so that the buffer size which that call asked
        for is too small for the next.

        Args:
            times: How many connections, one after each answer of 603. They are named ``Grown N``.

        Raises:
            ValueError, TypeError: *times* is not a whole number above 0.
        """
        self.check_active()
        _native.raise_for(lib.sim_grow(valid_number("times", times, 1)), "Simulator.grow_list")

    def delay(self, function: str, seconds: float) -> None:
        """Let each call of a RAS function take time from now on.

        On the manual and automatic clocks, a call in the thread that entered the block moves the
        clock by that time; a call in another thread waits until the clock has moved.

        Args:
            function: Such as ``RasEnumConnections``.
            seconds: 0 or more, of simulated time.

        Raises:
            ValueError: The function is not simulated, or *seconds* is out of range.
            TypeError: *seconds* is not a number.
        """
        self.check_active()
        index = function_index(function)
        microseconds = _to_microseconds("seconds", seconds, finite=True)
        _native.raise_for(lib.sim_delay(index, microseconds), "Simulator.delay")

    def stop_service(
        self, code: int = 1722, *, blocks: float = 0.0, at: float | None = None
    ) -> None:
        """Let RAS answer nothing but an error, until `start_service`.

        Every RAS function but RasGetErrorString answers *code*, and all registrations of
        RasConnectionNotification are lost. Connections stay as they are; `drop` ends them. The
        service manager still says what `set_service` told it, at first that RasMan runs.

        Args:
            code: Such as 1722 (RPC_S_SERVER_UNAVAILABLE) or 711 (ERROR_RASMAN_CANNOT_INITIALIZE).
            blocks: How long each call takes until it answers, in simulated seconds. Clients report
                20 to 30 s while RasMan is stopped.
            at: When, in simulated seconds since the block began; None for now.

        Raises:
            ValueError, TypeError: *code* is not an error number, or a time is not one.
        """
        blocking = _to_microseconds("blocks", blocks, finite=True)
        self._set_service(lib.SIM_SET_SERVICE, at, code=valid_code(code), duration=blocking)

    def start_service(self, *, at: float | None = None) -> None:
        """Let RAS answer again.

        Args:
            at: When, in simulated seconds since the block began; None for now.

        Raises:
            ValueError, TypeError: *at* is not a time.
        """
        self._set_service(lib.SIM_SET_SERVICE, at)

    def set_service(
        self, state: str, *, start_seconds: float = 0.0, at: float | None = None
    ) -> None:
        """Change what the service manager says of the Windows service RasMan.

        If it does not run, every connection has ended (834), all registrations of
        RasConnectionNotification are lost, and a RAS call that is made all the same answers what
        `stop_service` told it, or 711. ``fail("QueryServiceStatusEx", 5)`` keeps the service
        manager from answering at all.

        Args:
            state: ``"running"``; ``"stopped"``, as on a machine that has never dialled; or
                ``"disabled"``.
            start_seconds: How long it takes to start when it is stopped; ``math.inf`` refuses to
                start it (5), as Windows may do with a user who is no administrator.
            at: When, in simulated seconds since the block began; None for now.

        Raises:
            ValueError, TypeError: *state* is not one of them, *start_seconds* is for another than
                ``"stopped"``, or a time is not one.
        """
        if state not in _RASMAN:
            raise ValueError(f"state must be one of {', '.join(_RASMAN)}, not {state!r}")
        if start_seconds and state != "stopped":
            raise ValueError(f"start_seconds is for 'stopped', not for {state!r}: leave it out")
        self._set_service(
            _RASMAN[state], at, duration=_to_microseconds("start_seconds", start_seconds)
        )

    def _set_service(
        self, action_number: int, at: float | None, *, code: int = 0, duration: int = 0
    ) -> None:
        self.check_active()
        action = ffi.new(
            "sim_action *", {"action": action_number, "error": code, "duration": duration}
        )
        code, _ = self._perform(action, at)
        _native.raise_for(code, "Simulator.set_service")

    def suspend(self, seconds: float, *, drops: bool = True, at: float | None = None) -> None:
        """Let the machine sleep, and wake.

        The clock leaps by that time in one step, and so does the date. Nobody is woken in between:
        what is due meanwhile happens at the end, in its order. `winras` sees it as on Windows,
        where one clock counts the time of a sleep and another does not.

        Args:
            seconds: How long it sleeps, 0 or more.
            drops: Every connection that is up or being dialled drops as it goes to sleep, with
                833 (ERROR_SYSTEM_SUSPENDED) as its error and in the Application log. False: they
                are still there afterwards, but no bytes have gone through them.
            at: When, in simulated seconds since the block began; None for now.

        Raises:
            ValueError, TypeError: A time is not one, or the clock cannot show its end; or *drops*
                is no bool.
        """
        self.check_active()
        dropped = _ERROR_SYSTEM_SUSPENDED if valid_flag(drops, "drops") else 0
        duration = _to_microseconds("seconds", seconds, finite=True)
        action = ffi.new(
            "sim_action *", {"action": lib.SIM_SUSPEND, "error": dropped, "duration": duration}
        )
        code, _ = self._perform(action, at)
        if code == _ERROR_INVALID_PARAMETER:
            raise ValueError(_past_the_end())
        _native.raise_for(code, "Simulator.suspend")

    # ---- what happened ----

    @property
    def calls(self) -> Calls:
        """The calls of RAS functions so far, oldest first; ``calls("RasHangUp")`` counts those."""
        self.check_active()
        return Calls(self)

    @property
    def history(self) -> History:
        """The changes of connections so far, oldest first."""
        self.check_active()
        return History(self)

    @property
    def connections(self) -> list[SimulatedConnection]:
        """All connections, whether RAS enumerates them or not."""
        self.check_active()
        return read_connections()

    def assert_connected(self, name: str, *, phonebook: str | None = None) -> None:
        """Assert that an entry is connected.

        Raises:
            SimulationError: It is not; the message says what happened instead.
            ValueError: There is no such entry.
        """
        found = self._connections_of(name, phonebook)
        if not any(connection.state is ConnectionState.Connected for connection in found):
            instead = (
                f"is not connected but {found[0].state.name}" if found else "has no connection"
            )
            raise SimulationError(f"{name!r} {instead}{self._story(name)}")

    def assert_gone(self, name: str, *, phonebook: str | None = None) -> None:
        """Assert that an entry has no connection, in whatever state.

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
        names = [one.name for one in read_entries()]
        meant = {name} if name in names else {one for one in names if is_same_text(one, name)}
        if not meant:
            raise ValueError(f"there is no entry {name!r}; there are {names!r}")
        return [
            connection
            for connection in self.connections
            if connection.name in meant
            and (phonebook is None or is_same_text(connection.phonebook, phonebook))
        ]

    def assert_called(self, function: str, *, times: int | None = None) -> None:
        """Assert that a RAS function was called.

        Args:
            function: Such as ``RasHangUp``.
            times: Exactly how often; None for at least once.

        Raises:
            SimulationError: It was called less or more often.
            ValueError: The function is not simulated.
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
        changes = [f"\n  {change}" for change in self.history if is_same_text(change.name, name)]
        return "; this has happened:" + "".join(changes[-_SHOWN:]) if changes else ""

    # ---- time ----

    @property
    def now(self) -> float:
        """Simulated time in seconds since the block began."""
        self.check_active()
        return lib.sim_now() / 1e6

    @property
    def aio(self) -> AioSimulator:
        """`sleep`, `advance` and `wait_blocked` for asyncio."""
        return AioSimulator(self, self._automatic)

    def clock(self) -> float:
        """Return the simulated seconds since the block began: for ``time.monotonic``."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Sleep in simulated time: for ``time.sleep``.

        On the automatic clock, sleeps overlap as real ones do, and time stops at every moment at
        which something is due, for whatever that wakes. The thread that entered the block, and
        asyncio tasks with ``await ras.aio.sleep(seconds)``, sleep exactly that long; other threads
        at least that long. The order within one moment is not determined. On the manual clock,
        this waits for `advance`.

        Args:
            seconds: 0 or more, of simulated time.

        Raises:
            RuntimeError: On the manual clock, nobody else could call `advance`; or the Simulator
                has ended.
            ValueError, TypeError: *seconds* is negative, not finite or not a number.
        """
        self._sleeping(seconds).run()

    def _sleeping(self, seconds: float) -> Sleep:
        """Begin a `sleep`."""
        self.check_active()
        self._moment_after(seconds)
        return Sleep(self._begun[0], seconds)

    def _moment_after(self, seconds: float) -> int:
        moment = lib.sim_now() + _to_microseconds("seconds", seconds, finite=True)
        if moment > lib.SIM_LATEST:
            raise ValueError(_past_the_end())
        return moment

    def advance(self, seconds: float) -> None:
        """Move the manual clock, and wait until every wait that this woke has left the native code.

        On the automatic clock, this is `sleep`.

        Args:
            seconds: 0 or more, of simulated time.

        Raises:
            RuntimeError: The clock moves by itself, or a woken thread is still busy after 10 s of
                real time.
            ValueError, TypeError: *seconds* is negative, not finite or not a number.
        """
        self.check_active()
        if self._factor:
            raise RuntimeError(
                'time moves by itself on this clock; advance() needs clock="manual" or "auto"'
            )
        if self._automatic:
            self.sleep(seconds)
            return
        moment = self._moment_after(seconds)
        while True:
            lib.sim_advance_to(moment)
            self._wait_woken()
            if lib.sim_now() >= moment or not self._is_active:
                return

    def _wait_woken(self) -> None:
        """Unless the clock moves by itself, wait until woken waits have left the native code."""
        if self._factor:
            return
        limit = time.monotonic() + _PATIENCE
        while lib.sim_wait_woken(lib.WINRAS_SLICE_MS):
            if time.monotonic() > limit:
                raise RuntimeError(
                    f"a thread that this woke is still in its wait after {_PATIENCE:g} s"
                )

    def wait_blocked(self, count: int = 1) -> None:
        """Wait until that many native waits, such as the one of ``hang_up()``, are parked.

        Args:
            count: How many waits, counting all threads.

        Raises:
            RuntimeError: They are not parked after 10 s of real time.
        """
        self.check_active()
        valid_number("count", count)
        limit = time.monotonic() + _PATIENCE
        while lib.sim_wait_blocked(count, lib.WINRAS_SLICE_MS):
            if time.monotonic() > limit:
                raise RuntimeError(
                    f"{lib.sim_blocked()} native waits are parked after {_PATIENCE:g} s, "
                    f"not {count}; has a thread failed, or not begun to wait?"
                )


class _Serving(AbstractContextManager[Simulator]):
    """Serves a Simulator, and is its block if it is not active yet."""

    def __init__(self, simulator: Simulator, name: str) -> None:
        self._simulator = simulator
        self._name = name
        self._is_block = not simulator._is_active
        if not self._is_block:
            simulator._serve(name)

    def __enter__(self) -> Simulator:
        if self._is_block:
            self._simulator.__enter__()
            try:
                self._simulator._serve(self._name)
            except BaseException:
                lib.sim_end(self._simulator._begun)
                raise
        return self._simulator

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._is_block:
            self._simulator.__exit__(kind, error, traceback)
        else:
            self._simulator._stop_serving()


class _Joined(Simulator):
    """A simulated RAS service that another process serves."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._joins = name

    def _begin(self) -> bool:
        code = lib.sim_join(_native_name(self._joins), self._begun)
        _raise_unserved(code, self._joins, "winras.testing.join")
        self._name = _native.served_names[self._begun[0]] = self._joins
        self._quiet = True  # what is left is the affair of who serves it
        return True

    def _serve(self, name: str) -> None:
        raise RuntimeError(
            f"cannot be served as {name!r}: it is served already; let others join {self._joins!r}"
        )


def join(name: str) -> Simulator:
    """Return the simulated RAS service that another process serves, for a ``with`` block.

    ::

        with winras.testing.join("office") as ras:
            ras.drop("Office VPN")

    Inside the block, all of winras in this process uses that service. `Simulator` has its methods;
    `advance` raises RuntimeError, because a served clock moves by itself, and `wait_blocked` waits
    for the native waits of this process. Whatever is left at the end of the block is the affair of
    who serves it. When that ends, RAS calls and methods answer 1722 (RPC_S_SERVER_UNAVAILABLE).

    Args:
        name: The name by which it is served. Nothing is ever joined unless it is asked for; a
            program that a test starts can take the name from ``WINRAS_SIMULATOR``.

    Raises:
        TypeError: *name* is not a str.
        RuntimeError: On entering the block: another Simulator is active in this process.
        FileNotFoundError: Nobody serves that name.
        PermissionError: Another user does.
        ConnectionError: Who serves it does not answer, or has another version of winras.
        ValueError: It cannot be such a name.
    """
    _native_name(name)
    return _Joined(name)


class AioSimulator:
    """The methods of a Simulator that take time, for asyncio: the same names, awaited."""

    def __init__(self, simulator: Simulator, automatic: bool) -> None:
        self._simulator = simulator
        self._automatic = automatic

    async def sleep(self, seconds: float) -> None:
        """Sleep in simulated time: `Simulator.sleep`, awaited; for ``asyncio.sleep``.

        Raises:
            RuntimeError, ValueError, TypeError: As there.
        """
        from .aio import in_thread  # noqa: PLC0415  only who awaits needs asyncio

        sleeping = self._simulator._sleeping(seconds)
        await in_thread(sleeping.run, sleeping.close)

    async def advance(self, seconds: float) -> None:
        """Move the manual clock: `Simulator.advance`, awaited; on the automatic clock, `sleep`.

        Raises:
            RuntimeError, ValueError, TypeError: As there.
        """
        from .aio import in_thread  # noqa: PLC0415

        if self._automatic:
            await self.sleep(seconds)
        else:
            await in_thread(lambda: self._simulator.advance(seconds))

    async def wait_blocked(self, count: int = 1) -> None:
        """Wait until waits are parked: `Simulator.wait_blocked`, awaited.

        Raises:
            RuntimeError, ValueError, TypeError: As there.
        """
        from .aio import in_thread  # noqa: PLC0415

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
