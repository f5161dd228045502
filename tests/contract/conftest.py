"""The library that the tests are clients of, and a fresh simulator for each of them."""

import os
from collections.abc import Iterator
from pathlib import Path

import drop_in
import pytest

from contract.client import Ras, Simulator

@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drop-in: the one that RAS_LIBRARY names, or one built here."""
    if given := os.environ.get("RAS_LIBRARY"):
        return Path(given)
    return drop_in.build(tmp_path_factory.mktemp("drop_in"))


@pytest.fixture
def simulator(library: Path) -> Iterator[Simulator]:
    """A simulator without entries, whose clock moves only when a test says so."""
    controls = Simulator(library)
    controls.begin()
    yield controls
    controls.end()


@pytest.fixture
def ras(simulator: Simulator) -> Ras:
    """A client of that simulator."""
    return Ras(simulator.path)
