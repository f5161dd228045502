"""Programs that know nothing of simulators join the one that WINRAS_SIMULATOR names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contract.client import ERROR_RASMAN_CANNOT_INITIALIZE
from contract.service import Service
from patience import HANG

CALL = """
import sys
from contract.client import Ras

print(Ras(sys.argv[1]).probe())
"""


def program(library: Path, name: str) -> subprocess.CompletedProcess[str]:
    """Run one that lists connections, in an environment with that name."""
    return subprocess.run(
        [sys.executable, "-c", CALL, str(library)],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "WINRAS_SIMULATOR": name},
        capture_output=True,
        text=True,
        timeout=HANG,
        check=True,
    )


def test_the_first_call_joins(library: Path, service: Service) -> None:
    """The drop-in's own promise, in docs/testing.md."""
    service.begin(1.0)
    try:
        done = program(library, service.name)
    finally:
        service.end()
    assert "code=0" in done.stdout
    assert not done.stderr


@pytest.mark.parametrize("name", ["nobody", "not a name"])
def test_who_cannot_join_is_told_so_once(library: Path, name: str) -> None:
    """The drop-in's own promise: what is wrong is told, and calls answer 711."""
    done = program(library, name)
    assert f"code={ERROR_RASMAN_CANNOT_INITIALIZE}" in done.stdout
    assert done.stderr.count("cannot join the simulated service") == 1
