"""The library that the tests are clients of, and a fresh simulator for each of them."""

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import drop_in
from contract.client import Ras, Simulator, load


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


@pytest.fixture
def simulator(library: Path) -> Iterator[Simulator]:
    """A simulator without entries, whose clock moves only when a test says so."""
    if not is_simulated(library):
        pytest.skip("needs control over RAS, and this is the RAS of the machine")
    controls = Simulator(library)
    controls.begin()
    yield controls
    controls.end()


@pytest.fixture
def ras(library: Path, request: pytest.FixtureRequest) -> Ras:
    """A client of that simulator; without its control, of the RAS of this machine."""
    if is_simulated(library):
        request.getfixturevalue("simulator")
    elif "Undocumented" in (request.function.__doc__ or ""):
        pytest.skip("the simulator's choice, and this is the RAS of the machine")
    return Ras(library)
