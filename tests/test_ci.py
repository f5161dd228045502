"""How CI's script runs its lanes, what it says at its end, and that it leaves nothing."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")

#: Stands for every program: `venv` makes the folders of programs; `windows_python.py` and `pytest`
#: wait to be ended; once they do, `ruff` fails, or waits as they do. The others do nothing.
PROGRAM = """#!/bin/sh
wait_to_be_ended() {
    trap 'echo ended >>"$STATE/ended"; kill "$!"; exit 1' TERM
    grep SigIgn /proc/self/status
    echo "$1" >"$STATE/$1"
    sleep 1000 &
    wait
}
case "$*" in
*venv*)
    for folder; do :; done
    mkdir -p "$folder/bin"
    for name in clang-format pip python; do ln -sf "$0" "$folder/bin/$name"; done
    ;;
*tools/windows_python.py) wait_to_be_ended windows ;;
*pytest) wait_to_be_ended tests ;;
*ruff*)
    read -r line <"$STATE/windows"
    read -r line <"$STATE/tests"
    [ -z "${RUFF_WAITS-}" ] || wait_to_be_ended ruff
    echo "says that it fails"
    exit 9
    ;;
esac
"""

README = """
    python3 -m venv .venv && .venv/bin/python -m winras demo
    python3 -m venv .venv && .venv/bin/python -m pytest
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A copy of the script, and a folder for programs that it finds first."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def begin(programs: Path, **environment: str) -> subprocess.Popen[str]:
    """The script, which has nothing but these programs and what every Linux has."""
    return subprocess.Popen(
        ["bash", programs.parent / ".ci" / "run"],
        env={
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "TMPDIR": str(programs.parent),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def begin_lanes(programs: Path, **environment: str) -> subprocess.Popen[str]:
    """The script in a repository where all is there."""
    for name in ("python3", "gcc", "wine"):
        (programs / name).write_text(PROGRAM, encoding="ascii")
        (programs / name).chmod(0o755)
    (programs.parent / "README.md").write_text(README, encoding="ascii")
    state = programs / "state"
    state.mkdir()
    for name in ("windows", "tests", "ruff"):
        os.mkfifo(state / name)
    return begin(programs, STATE=str(state), **environment)


def test_a_part_that_fails_is_named_and_each_part_has_its_time(programs: Path) -> None:
    # What a new machine lacks cannot be got here, and no README is there.
    (programs / "apt-get").write_text("#!/bin/sh\nexit 7\n", encoding="ascii")
    (programs / "apt-get").chmod(0o755)
    script = begin(programs)
    said, _ = script.communicate()
    assert script.returncode in {2, 7}
    begun = re.findall(r"^== (.+)$", said, re.MULTILINE)
    assert begun[-1] == "times"
    times = said.partition("\n== times\n")[2].splitlines()
    assert [line[8:] for line in times[: len(begun) - 1]] == begun[:-1]
    assert all(re.match(r" *\d+s  ", line) for line in times[: len(begun)])
    assert times[-1] == f"failed ({script.returncode}) in: {begun[-2]}"
    assert {path.name for path in programs.parent.iterdir()} == {".ci", "programs"}


def test_a_part_that_fails_ends_the_other_lanes(programs: Path) -> None:
    script = begin_lanes(programs)
    said, _ = script.communicate()
    assert script.returncode == 9
    assert "== style and types\nsays that it fails\n" in said
    assert said.endswith("\nfailed (9) in: style and types\n")
    # Those that were ended say how far they were, and are not said to have failed.
    assert re.search(r"^-- \d+s: README: tests, for \d+ s\n", said, re.MULTILINE)
    assert re.search(r"^-- \d+s: Windows: a CPython under Wine, for \d+ s\n", said, re.MULTILINE)
    assert (programs / "state" / "ended").read_text("ascii").split() == ["ended"] * 2
    assert not list(programs.parent.glob("tmp.*"))


def test_ctrl_c_works_in_a_lane(programs: Path) -> None:
    """Background processes of a shell ignore it, and so would the programs of tests."""
    script = begin_lanes(programs)
    said, _ = script.communicate()
    ignored = [int(mask, 16) for mask in re.findall(r"^SigIgn:\s+(\w+)$", said, re.MULTILINE)]
    assert len(ignored) == 2
    assert not any(mask >> (signal.SIGINT - 1) & 1 for mask in ignored)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_lanes(programs: Path, number: signal.Signals, code: int) -> None:
    script = begin_lanes(programs, RUFF_WAITS="1")
    assert (programs / "state" / "ruff").read_text("ascii") == "ruff\n"  # all have begun
    script.send_signal(number)
    said, _ = script.communicate()
    assert script.returncode == code
    assert said.endswith(f"s  in all\nended ({code})\n")
    assert (programs / "state" / "ended").read_text("ascii").split() == ["ended"] * 3
    assert not list(programs.parent.glob("tmp.*"))
