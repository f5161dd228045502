"""Fixtures of the tests that go through winras itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from patience import HANG
from winras import _keeping
from winras.testing import Simulator

#: What ``--native`` leaves out: tests that would find the same in any build of the C and on any
#: system, because they read the files of this repository, or test what is Python alone: texts,
#: arithmetic, and how pytest uses the simulator. CI runs them once; with sanitizers, and in the
#: Windows CPython under Wine, where all is slow, it runs the others: what touches C, time, threads,
#: processes, files, encodings or the console.
SAME_EVERYWHERE = (
    "test_c_layers.py",
    "test_channel.py",
    "test_ci.py",
    "test_clients.py",
    "test_forms.py",
    "test_hints.py",
    "test_layers.py",
    "test_watching_signals.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--native``."""
    help_text = "leave out what cannot differ with the build or the system: tests/conftest.py"
    parser.addoption("--native", action="store_true", help=help_text)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what ``--native`` does."""
    return (config.option.native and collection_path.name in SAME_EVERYWHERE) or None


@pytest.fixture(scope="session", autouse=True)
def _patient_keepers() -> Iterator[None]:
    """A keeper asks the Application log in real time, in which a busy machine may be late."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_keeping, "_LOG_SECONDS", HANG)
        patched.setattr(_keeping, "_DECIDING_LOG_SECONDS", HANG)
        yield


@pytest.fixture
def ras() -> Iterator[Simulator]:
    """A simulated RAS whose clock only the test moves."""
    with Simulator(clock="manual") as simulator:
        yield simulator
