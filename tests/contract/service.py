"""A process whose simulated service others join, and the controls of a simulator in it.

``python -m contract.service LIBRARY``, in the folder of tests, does what each line of its input
says, and answers each with a line.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from contract.client import Simulator

_DONE = "done"


class Service:
    """That process, as long as the block runs."""

    def __init__(self, library: Path) -> None:
        self.name = ""
        # Each has a name of its own: Windows knows that of a pipe as long as anybody has it open.
        self._names = (f"contract-{os.getpid()}-{number}" for number in itertools.count())
        self._process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", __name__, str(library)],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )

    def begin(self, factor: float) -> None:
        """Begin a simulator that can be joined."""
        self.name = next(self._names)
        self._ask(f"{factor} {self.name}")

    def end(self) -> None:
        """End it."""
        self._ask("end")

    def _ask(self, line: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        told = self._process.stdout.readline()
        # Whatever else it says, it says at its end.
        assert told == f"{_DONE}\n", told + self._process.stdout.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()
        assert self._process.returncode == 0


class JoinedSimulator(Simulator):
    """The controls from here of one that is there."""

    def __init__(self, path: Path, service: Service) -> None:
        super().__init__(path)
        self._service = service

    def begin(self, factor: float = 0.0) -> None:
        """Let one begin there, and join it."""
        self._service.begin(factor)
        self.join(self._service.name)

    def end(self) -> None:
        """Leave it, and let it end."""
        super().end()
        self._service.end()


def main() -> None:
    """Be that process, until the end of the input."""
    controls = Simulator(Path(sys.argv[1]))
    for line in sys.stdin:
        if line.strip() == "end":
            controls.end()
        else:
            factor, name = line.split()
            controls.begin(float(factor))
            controls.serve(name)
        print(_DONE, flush=True)


if __name__ == "__main__":
    main()
