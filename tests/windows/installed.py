"""A Windows CPython in which winras is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from windows_python import WindowsPython

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Installed:
    """A Windows CPython in which winras is installed, and what its system32 can be given."""

    python: WindowsPython
    drop_in: Path

    def run(
        self, *arguments: str | Path, rasapi32: str = "builtin", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it in the repository.

        Args:
            arguments: Of python.exe.
            rasapi32: Which one there is: Wine's own (builtin), the drop-in, or none.
            environment: Besides.
        """
        return self.python.run(
            *arguments, cwd=ROOT, environment=self.environment(rasapi32, environment)
        )

    def environment(self, rasapi32: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What `run` has in its environment, once system32 is as it must be."""
        place = self.python.system32 / "rasapi32.dll"
        if rasapi32 == "drop-in":
            # A file of its own: a running program may have the one that is there in its memory, and
            # would lose what the loader has written into that if it were overwritten.
            new = place.with_suffix(".new")
            shutil.copy(self.drop_in, new)
            new.replace(place)
        elif rasapi32 == "none":
            place.unlink(missing_ok=True)
        return {
            # Of both, a test may have left another in system32.
            "WINEDLLOVERRIDES": f"rasapi32={'b' if rasapi32 == 'builtin' else 'n'};wevtapi=b",
            "WINRAS_RASAPI32": rasapi32,
            # Its .pyc files have the names of Linux'.
            "PYTHONDONTWRITEBYTECODE": "1",
            **(more or {}),
        }
