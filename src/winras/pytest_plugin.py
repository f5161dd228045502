"""The pytest fixture ``ras``: a simulated RAS for each test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .testing import Simulator

__all__ = ["pytest_configure", "pytest_runtest_makereport", "pytest_runtest_setup", "ras"]

_FAILED = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "ras(clock='auto', scenario=None, **allowed): the arguments of winras.testing.Simulator "
        "for the fixture ras. The path of a scenario is relative to the test's file.",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remember that a test has failed: what it left unfinished is then not another error."""
    report = yield
    # Each run of a test starts with its setup, also when it is run again.
    failed_before = call.when != "setup" and item.stash.get(_FAILED, False)
    item.stash[_FAILED] = failed_before or call.excinfo is not None
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker without the fixture: the script under test would use the real RAS."""
    if item.get_closest_marker("ras") and "ras" not in getattr(item, "fixturenames", ()):
        pytest.fail(
            f"{item.nodeid} has the marker ras but not the fixture; give it the argument ras, or "
            'the marker usefixtures("ras")',
            pytrace=False,
        )


@pytest.fixture
def ras(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A simulated RAS, active for this test, on the automatic clock.

    ``@pytest.mark.ras(clock=..., scenario=...)`` gives it other arguments of
    `winras.testing.Simulator`. If a test passes but leaves something unfinished, that is an error
    unless the arguments allow it.

    On a clock that runs by itself, ``@pytest.mark.ras(clock=50)``, its `serve` and `environment`
    are for the processes that a test starts.
    """
    from .testing import Simulator  # noqa: PLC0415  pytest loads this file in every session

    arguments: dict[str, object] = {"clock": "auto"}
    for marker in reversed(list(request.node.iter_markers("ras"))):
        if marker.args:
            raise TypeError("the marker ras takes keyword arguments only, those of Simulator")
        arguments |= marker.kwargs  # the nearest one counts
    if arguments.get("scenario") is not None:
        arguments["scenario"] = Path(request.path).parent / str(arguments["scenario"])
    simulator = Simulator(**arguments)  # type: ignore[arg-type]
    with simulator:
        yield simulator
        if request.node.stash.get(_FAILED, False):
            simulator.ignore_leftovers()
