"""The Salt extension, as Salt's own loader has it, in this process and in a minion's.

Where Salt is not installed, each test is skipped; with ``WINRAS_SALT_TESTS=required`` it fails.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from minions import Minion, Served

WITHOUT_SALT = "Salt is not installed: pip install 'winras[salt]'"
REQUIRED = os.environ.get("WINRAS_SALT_TESTS") == "required"


class WithoutSalt(pytest.Module):
    """A file with tests, where Salt is not installed."""

    def collect(self) -> NoReturn:
        if REQUIRED:
            pytest.fail(WITHOUT_SALT)
        pytest.skip(WITHOUT_SALT, allow_module_level=True)


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module | None:
    """Import no test without Salt."""
    if is_installed():
        return None
    return WithoutSalt.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Salt warns of much that is its own affair."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore"))
            item.add_marker(pytest.mark.filterwarnings("error:::winras"))


def is_installed() -> bool:
    # Not by an import, which would find this folder.
    try:
        importlib.metadata.version("salt")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


@pytest.fixture(scope="session", autouse=True)
def salt() -> None:
    """Import Salt, and undo what that changes in this process besides."""
    hook = sys.excepthook
    with warnings.catch_warnings(action="ignore"):
        import salt.config  # noqa: PLC0415
        import salt.loader  # noqa: F401, PLC0415
    sys.excepthook = hook
    # It has one finder without find_spec(), of which each import behind would warn.
    sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]


@pytest.fixture
def minion(tmp_path: Path) -> Minion:
    """A minion that uses the Simulator of the test, if that has one, in this process."""
    return Minion(tmp_path, {})


@pytest.fixture
def served() -> Iterator[Served]:
    """A simulated service with the entry ``Office VPN``, which is up."""
    with Served() as service:
        service.do("add_entry", "Office VPN")
        service.do("connect", "Office VPN")
        yield service


@pytest.fixture
def without_ras() -> None:
    """The system has no RAS, and the test no Simulator."""
    if sys.platform == "win32":
        pytest.skip("this system has a RAS of its own")
