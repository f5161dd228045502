"""For tests in a Windows CPython whose rasapi32.dll is known."""

import os
from collections.abc import Iterator

import pytest

from windows.inside.system import FACTOR, RASAPI32, System


@pytest.fixture(autouse=True)
def _which(request: pytest.FixtureRequest) -> None:
    here = os.environ.get("WINRAS_RASAPI32")
    wanted = request.node.get_closest_marker("rasapi32").args[0]
    if here != wanted:
        pytest.skip(f"the rasapi32.dll of this process must be the {wanted}: tests/windows runs it")


@pytest.fixture(scope="session")
def _running() -> Iterator[System]:
    controls = System(RASAPI32)
    controls.begin(FACTOR)
    yield controls
    controls.end()


@pytest.fixture
def system(_running: System) -> Iterator[System]:
    """The drop-in in system32, empty, on a clock that runs.

    It is the same one in all tests, as Windows' own RAS is in all of a process.
    """
    yield _running
    _running.clear()
