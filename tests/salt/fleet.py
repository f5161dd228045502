"""A master of Salt and its minions on this machine, each minion with a simulated service.

Salt itself is not imported here: its programs run, as users run them.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Condition, Thread
from typing import Self, cast

from patience import HANG, within
from winras.testing import Simulator, join

__all__ = ["BIN", "MINIONS", "Event", "Events", "Fleet", "Json", "Minion", "Supervised", "within"]

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

#: Where Salt's programs are, and winras'.
BIN = Path(sys.executable).parent
MINIONS = ("north", "east", "south")
_HERE = Path(__file__).parent
_counter = itertools.count()


# ---- programs that leave nothing ----


class Supervised:
    """A program that runs in the background, and ends with the block together with all it started.

    Its output is appended to a file. SIGTERM of `terminate` goes to the program alone.
    """

    def __init__(
        self, command: Sequence[str | Path], output: Path, environment: Mapping[str, str]
    ) -> None:
        self.output = output
        with output.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, _HERE / "supervise.py", *command],
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=True,  # Ctrl+C is for pytest
            )

    @property
    def pid(self) -> int:
        """Of the supervisor, of which all are descendants."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def terminate(self) -> None:
        """Ask the program to end, as a service manager does; it is waited for."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(HANG)

    def kill(self) -> None:
        """End all its processes, at once and unasked."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(HANG)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


# ---- the event bus ----


class Event(dict[str, Json]):
    """What the bus has carried: `tag`, `data`, and `at`, when it came, in seconds since 1970."""

    @property
    def tag(self) -> str:
        return cast(str, self["tag"])

    @property
    def data(self) -> dict[str, Json]:
        return cast(dict[str, Json], self["data"])

    @property
    def at(self) -> float:
        return cast(float, self["at"])


class Events:
    """All that the event bus of a master has carried since the beginning of the block."""

    def __init__(self, config: Path, output: Path, environment: Mapping[str, str]) -> None:
        self._all: list[Event] = []
        self._more = Condition()
        self._ended = False
        with output.open("ab") as file:
            self._listener = subprocess.Popen(
                [sys.executable, _HERE / "listen.py", config / "master"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        self._reader = Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        assert self._listener.stdout is not None
        for line in self._listener.stdout:
            with self._more:
                self._all.append(Event(json.loads(line)))
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    def now(self) -> int:
        """How many have come."""
        with self._more:
            return len(self._all)

    def since(self, begin: int) -> list[Event]:
        """Those that have come after so many."""
        with self._more:
            return self._all[begin:]

    def find(
        self,
        tag: str,
        begin: int = 0,
        is_it: Callable[[dict[str, Json]], object] = lambda _: True,
        seconds: float = HANG,
    ) -> Event | None:
        """Wait for the first, after so many, whose tag matches and that is the right one."""

        def found() -> Event | None:
            return next(
                (
                    event
                    for event in self._all[begin:]
                    if fnmatchcase(event.tag, tag) and is_it(event.data)
                ),
                None,
            )

        with self._more:
            self._more.wait_for(lambda: found() or self._ended, seconds)
            return found()

    def wait(
        self,
        tag: str,
        begin: int = 0,
        is_it: Callable[[dict[str, Json]], object] = lambda _: True,
    ) -> Event:
        """Wait for what must come."""
        event = self.find(tag, begin, is_it)
        assert event, f"no event {tag}; there were {[one.tag for one in self.since(begin)]}"
        return event

    def __enter__(self) -> Self:
        self._reader.start()
        self.wait("fleet/listening")
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.kill()
        self._reader.join(HANG)
        self._listener.communicate()


# ---- the fleet ----


class Minion:
    """One minion, and its simulated service."""

    def __init__(self, fleet: Fleet, name: str, scenario: Path) -> None:
        self.name = name
        self.service = f"{name}-{os.getpid()}-{next(_counter)}"
        self.folder = fleet.folder / name
        self.config = self.folder / "etc"
        self._fleet = fleet
        self._scenario = scenario
        self.daemon: Supervised | None = None
        self._stack = ExitStack()

    @contextmanager
    def ras(self) -> Iterator[Simulator]:
        """Join its service: what the block asks winras, it asks this minion's RAS."""
        with join(self.service) as ras:
            yield ras

    def serve(self) -> None:
        """Hold the simulated service, by the program that users have for that."""
        command = [BIN / "winras", "simulate", self._scenario, "--json", "--name", self.service]
        output = self.folder / "service.out"
        service = Supervised(command, output, self._fleet.environment)
        self._stack.enter_context(service)
        within(lambda: b'"served"' in output.read_bytes() or not service.is_running, str(output))
        assert service.is_running, output.read_text("utf-8")

    def start(self) -> None:
        """Start the daemon; `Fleet.wait_for` waits until it takes part."""
        assert self.daemon is None
        command = [BIN / "salt-minion", "-c", self.config]
        environment = {**self._fleet.environment, **self._fleet.secrets}
        self.daemon = Supervised(command, self.folder / "daemon.out", environment)

    def terminate(self) -> None:
        """Let the daemon end, as its service manager does."""
        assert self.daemon is not None
        self.daemon.terminate()
        self.daemon = None

    def kill(self) -> None:
        """End all processes of the daemon with SIGKILL."""
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon = None

    def end(self) -> None:
        """End the daemon and the service."""
        self.kill()
        self._stack.close()


class Fleet:
    """A master and minions that begin with the block, and end with it however it stands.

    Args:
        folder: Where all their files are: *master* and one folder for each minion, with *etc*,
            *srv/salt* and *srv/pillar* of the master.
        scenario: What the simulated service of each minion plays.
        minions: Their names.
        master: More of the master's configuration.
        minion: More of each minion's configuration.
        secrets: Variables in the environment of the minions alone.
    """

    def __init__(
        self,
        folder: Path,
        scenario: Path,
        minions: Sequence[str] = MINIONS,
        *,
        master: Mapping[str, Json] | None = None,
        minion: Mapping[str, Json] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.config = folder / "master" / "etc"
        self.states = folder / "master" / "srv" / "salt"
        self.pillar = folder / "master" / "srv" / "pillar"
        #: What a command needs to find this master by itself, and Salt's programs.
        self.environment = {
            "SALT_CONFIG_DIR": str(self.config),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
        }
        self.minions = {name: Minion(self, name, scenario) for name in minions}
        self.secrets = dict(secrets or {})
        self._more = {"master": dict(master or {}), "minion": dict(minion or {})}
        self._stack = ExitStack()
        self.daemon: Supervised
        self.events: Events

    def _configure(self, sockets: Path) -> None:
        # Another fleet on this machine has another address.
        address = socket.inet_ntoa((0x7F000000 + os.getpid() % 0xFFFFFE + 1).to_bytes(4, "big"))
        ports = []
        with ExitStack() as held:
            for _ in range(2):
                one = held.enter_context(socket.socket())
                one.bind((address, 0))
                ports.append(one.getsockname()[1])
        publish, answers = ports
        common: dict[str, Json] = {
            "log_level": "quiet",
            "log_level_logfile": "info",
            "enable_fqdns_grains": False,
            "enable_gpu_grains": False,
        }
        _write_config(
            self.config / "master",
            common
            | {
                "interface": address,
                "publish_port": publish,
                "ret_port": answers,
                "root_dir": str(self.folder / "master"),
                "sock_dir": str(sockets / "master"),
                "file_roots": {"base": [str(self.states)]},
                "pillar_roots": {"base": [str(self.pillar)]},
                "auto_accept": True,
                "worker_threads": 3,
                "timeout": int(HANG),
            }
            | self._more["master"],
        )
        for name, minion in self.minions.items():
            _write_config(
                minion.config / "minion",
                common
                | {
                    "id": name,
                    "master": address,
                    "master_port": answers,
                    "publish_port": publish,
                    "root_dir": str(minion.folder),
                    "sock_dir": str(sockets / name),
                    "winras.simulator": minion.service,
                    "acceptance_wait_time": 1,
                }
                | self._more["minion"],
            )
        self.states.mkdir(parents=True, exist_ok=True)
        self.pillar.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # The path of a socket has 107 bytes at most, whatever the folder's is.
            sockets = Path(stack.enter_context(TemporaryDirectory(prefix="fleet")))
            self._configure(sockets)
            command = [BIN / "salt-master", "-c", self.config]
            output = self.folder / "master" / "daemon.out"
            self.daemon = stack.enter_context(Supervised(command, output, self.environment))
            self.events = stack.enter_context(Events(self.config, output, self.environment))
            for minion in self.minions.values():
                stack.callback(minion.end)
                minion.serve()
                minion.start()
            self.wait_for(*self.minions)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def wait_for(self, *names: str, begin: int = 0) -> None:
        """Wait until minions have started, since so many events, and answer."""
        for name in names:
            self.events.wait(f"salt/minion/{name}/start", begin)
        # The bus tells of a minion a little before it hears what is published.
        missing = list(names)
        end = time.monotonic() + HANG
        while missing:
            assert time.monotonic() < end, f"{missing} do not answer"
            # A master with much to do may not answer in these five seconds either.
            with suppress(AssertionError):
                answers = self.salt("-t", "5", "-L", ",".join(missing), "test.ping")
                missing = [name for name in missing if answers.get(name) is not True]

    def run(
        self, program: str, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run one of Salt's programs with this master, or any other that its PATH has."""
        done = subprocess.run(
            [program, *arguments],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2 * HANG,
            check=False,
        )
        assert done.returncode == 0 or not check, f"{arguments}: {done.stdout}{done.stderr}"
        return done

    def salt(self, *arguments: str) -> dict[str, Json]:
        """Call a function of minions by ``salt``; return what each has answered."""
        done = self.run("salt", "--static", "--out=json", *arguments, check=False)
        try:
            answers = json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"salt {arguments}: {done.stdout}{done.stderr}") from None
        assert isinstance(answers, dict)
        return answers

    def files(self) -> Iterator[Path]:
        """All files of the master and its minions."""
        return (path for path in self.folder.rglob("*") if path.is_file())


def _write_config(path: Path, options: Mapping[str, Json]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(options, indent=1), "ascii")  # which is YAML too
