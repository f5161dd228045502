"""What CI's script says at its end."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")


def test_a_part_that_fails_is_named_and_each_part_has_its_time(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    script = shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    # What a new machine lacks cannot be got here, and no README is there.
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "apt-get").write_text("#!/bin/sh\nexit 7\n", encoding="ascii")
    (programs / "apt-get").chmod(0o755)
    done = subprocess.run(
        ["bash", script],
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {2, 7}
    begun = re.findall(r"^== (.+)$", done.stdout, re.MULTILINE)
    assert begun[-1] == "times"
    times = done.stdout.partition("\n== times\n")[2].splitlines()
    assert [line[8:] for line in times[: len(begun) - 1]] == begun[:-1]
    assert all(re.match(r" *\d+s  ", line) for line in times[: len(begun)])
    assert times[-1] == f"failed ({done.returncode}) in: {begun[-2]}"
    assert {path.name for path in tmp_path.iterdir()} == {".ci", "programs"}
