"""The pytest fixture ``ras``: a simulated RAS for each test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .testing import Simulator

__all__ = ["pytest_configure", "pytest_runtest_makereport", "ras"]

_FAILED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "ras(clock='auto', scenario=None, **allowed): what the fixture ras is made with: the "
        "arguments of winras.testing.Simulator. A scenario is looked for beside the test's file.",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remember that a test has failed: then it is not told what it has left behind."""
    report = yield
    if call.excinfo is not None:
        item.stash[_FAILED] = True
    return report


@pytest.fixture
def ras(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A simulated RAS, active for this test, on the automatic clock.

    ``@pytest.mark.ras(clock=..., scenario=...)`` gives it other arguments of
    `winras.testing.Simulator`. At the end of a test that has not failed, what it has left is an
    error unless it is allowed.
    """
    marker = request.node.get_closest_marker("ras")
    if marker is not None and marker.args:
        raise TypeError("the marker ras takes keyword arguments only, those of Simulator")
    arguments = {"clock": "auto", **(marker.kwargs if marker else {})}
    if arguments.get("scenario") is not None:
        arguments["scenario"] = Path(request.path).parent / arguments["scenario"]
    simulator = Simulator(**arguments)
    with simulator:
        yield simulator
        if request.node.stash.get(_FAILED, False):
            simulator.ignore_leftovers()
