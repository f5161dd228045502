"""The library that the tests are clients of, and a fresh simulator for each of them.

Each test runs twice: the simulated service is this process's own, or another's that it has joined.
"""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import drop_in
from contract.client import ERROR_BUFFER_TOO_SMALL, Ras, Simulator, load
from contract.service import JoinedSimulator, Service


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drop-in: the one that RAS_LIBRARY names, or one built here."""
    if given := os.environ.get("RAS_LIBRARY"):
        return Path(given)
    folder = tmp_path_factory.mktemp("drop_in")
    if sys.platform != "win32":
        return drop_in.build(folder)
    if not importlib.util.find_spec("ziglang"):
        pytest.skip("ziglang is missing; get it with: pip install ziglang")
    return drop_in.build_windows(folder)


def is_simulated(library: Path) -> bool:
    """Whether it is a drop-in, not the RAS of this machine."""
    return hasattr(load(str(library)), "sim_begin")


@pytest.fixture(params=["embedded", "joined"])
def place(request: pytest.FixtureRequest) -> str:
    """Whose service it is: this process's own, or that of another process."""
    return str(request.param)


@pytest.fixture(scope="session")
def service(library: Path) -> Iterator[Service]:
    """That other process."""
    with Service(library) as process:
        yield process


@pytest.fixture
def simulator(library: Path, place: str, request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A simulator without entries, whose clock moves only when a test says so."""
    if not is_simulated(library):
        pytest.skip("needs control over RAS, and this is the RAS of the machine")
    if place == "joined":
        controls = JoinedSimulator(library, request.getfixturevalue("service"))
    else:
        controls = Simulator(library)
    controls.begin()
    yield controls
    controls.end()


@pytest.fixture
def ras(library: Path, place: str, request: pytest.FixtureRequest) -> Ras:
    """A client of that simulator; without its control, of the RAS of this machine."""
    if is_simulated(library):
        request.getfixturevalue("simulator")
    elif place == "joined":
        pytest.skip("the RAS of the machine is a service of its own")
    elif "Undocumented" in (request.function.__doc__ or ""):
        pytest.skip("the simulator's choice, and this is the RAS of the machine")
    return Ras(library)


@pytest.fixture
def idle_ras(ras: Ras, library: Path, request: pytest.FixtureRequest) -> Ras:
    """The same without connections; on this machine, with RasMan running."""
    if not is_simulated(library):
        if told := request.getfixturevalue("_rasman"):
            pytest.skip(
                "RasMan does not run on this machine; let an administrator start it with: "
                f"sc config RasMan start= demand && net start RasMan. Here that said: {told}"
            )
        if ras.probe().code == ERROR_BUFFER_TOO_SMALL:
            pytest.skip(
                "needs a RAS without connections; hang up those of this machine with: "
                "rasdial /disconnect"
            )
    return ras


@pytest.fixture(scope="session")
def _rasman() -> str:
    """Start RasMan if it is stopped; what Windows says if it does not run then, else nothing.

    Without it a call of RAS may block for 20 s and more, and what it answers then is not
    documented.
    """

    def run(*command: str) -> str:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return " ".join(done.stdout.split())

    def is_running() -> bool:
        # SERVICE_RUNNING is 4; the words around it are in the language of the system.
        return bool(re.search(r": 4 ", run("sc", "query", "RasMan")))

    # Unlike sc, net waits until the service has started.
    told = "" if is_running() else run("net", "start", "RasMan")
    return "" if is_running() else told or "nothing"
