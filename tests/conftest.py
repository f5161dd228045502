"""Fixtures of the tests that go through winras itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from winras.testing import Simulator


@pytest.fixture
def ras() -> Iterator[Simulator]:
    """A simulated RAS whose clock only the test moves."""
    with Simulator(clock="manual") as simulator:
        yield simulator
