"""Minions without a master, and the simulated services that they join."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from elsewhere import Elsewhere
from winras.testing import Simulator

__all__ = ["Minion", "Served"]

Functions = Mapping[str, Callable[..., Any]]


class Minion:
    """The configuration of a minion whose files are all below a folder.

    Args:
        folder: It has, or gets, the file ``minion``.
        options: What the minion's file says, besides its folders.
    """

    def __init__(self, folder: Path, options: Mapping[str, object]) -> None:
        self.folder = folder
        self.file = folder / "minion"
        self.configure(options)

    def configure(self, options: Mapping[str, object]) -> None:
        """Write the minion's file anew; what has been loaded before is as it was."""
        for name in ("states", "pillar"):
            (self.folder / name).mkdir(exist_ok=True)
        fixed = {
            "id": "minion",
            "root_dir": str(self.folder),
            "file_client": "local",
            "file_roots": {"base": [str(self.folder / "states")]},
            "pillar_roots": {"base": [str(self.folder / "pillar")]},
            "enable_fqdns_grains": False,
            "enable_gpu_grains": False,
        }
        # JSON is YAML.
        self.file.write_text(json.dumps({**fixed, **options}), encoding="utf-8")

    def options(
        self, pillar: Mapping[str, object] | None = None, **more: object
    ) -> dict[str, object]:
        """The options for Salt's loader, with that pillar."""
        import salt.config  # noqa: PLC0415

        read: dict[str, object] = salt.config.minion_config(str(self.file))
        return {**read, "grains": {}, "pillar": pillar or {}, **more}

    def functions(self, pillar: Mapping[str, object] | None = None, **more: object) -> Functions:
        """The execution functions, ``__salt__``: each ``winras.…`` is this package's."""
        import salt.loader  # noqa: PLC0415

        options = self.options(pillar, **more)
        utils = salt.loader.utils(options)
        loaded: Functions = salt.loader.minion_mods(options, utils=utils)
        return loaded

    def states(self, pillar: Mapping[str, object] | None = None, **more: object) -> Functions:
        """The state functions; ``test=True`` is an option of the minion."""
        import salt.loader  # noqa: PLC0415

        options = self.options(pillar, **more)
        utils = salt.loader.utils(options)
        functions = salt.loader.minion_mods(options, utils=utils)
        serializers = salt.loader.serializers(options)
        loaded: Functions = salt.loader.states(options, functions, utils, serializers)
        return loaded

    def call(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> tuple[int, object, str]:
        """Run ``salt-call --local``, as an administrator would.

        Returns:
            Its exit code, the value, and what it has logged.
        """
        command = Path(sys.executable).with_name("salt-call")
        done = subprocess.run(
            [command, "--local", "-c", self.folder, "--out", "json", *arguments],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        answer = json.loads(done.stdout)["local"] if done.stdout.startswith("{") else done.stdout
        return done.returncode, answer, done.stderr


class Served(Elsewhere):
    """A simulated service that another process serves by its `name`."""

    def __init__(self, name: str = "", scenario: Path | None = None) -> None:
        super().__init__(_serve, name or None, scenario)
        self.name = str(self.told())

    def do(self, method: str, *arguments: object, **keywords: object) -> None:
        """Call a method of its Simulator."""
        self.pipe.send((method, arguments, keywords))
        if problem := self.told():
            raise AssertionError(problem)


def _serve(pipe: Connection, name: str | None, scenario: Path | None) -> None:
    simulator = Simulator(
        scenario=scenario, allow_unmet=True, allow_dialling=True, allow_impossible=True
    )
    with simulator.serve(name) as ras:
        pipe.send(ras.name)
        while True:
            try:
                method, arguments, keywords = pipe.recv()
            except EOFError:
                return
            try:
                getattr(ras, method)(*arguments, **keywords)
            except Exception as error:  # noqa: BLE001  it is raised over there
                pipe.send(repr(error))
            else:
                pipe.send("")
