"""What processes send each other, through tests/native/channel.c: a test for each of its cases.

In Windows, tests/windows runs all of them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import drop_in
from patience import HANG

if sys.platform == "win32":
    pytest.skip("tests/windows runs it", allow_module_level=True)

ROOT = Path(__file__).parents[1]
NATIVE = ROOT / "src" / "native"
PROGRAM = ROOT / "tests" / "native" / "channel.c"
OTHER_SYSTEM = re.compile(r"#ifdef _WIN32\n.*?#else\n", re.DOTALL)
CASES = re.findall(
    r"(?<!define )CASE\((\w+)\)", OTHER_SYSTEM.sub("", PROGRAM.read_text(encoding="utf-8"))
)
SKIPPED = 77


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("channel") / "channel"
    folders = [
        (NATIVE, "owner*.c"),
        (NATIVE / "simulator", "channel*.c"),
        (NATIVE / "posix", "*.c"),
    ]
    sources = [path for folder, pattern in folders for path in folder.glob(pattern)]
    flags = ("-std=c11", "-O1", "-Wall", "-Wextra", "-Werror")
    includes = (f"-I{NATIVE}", f"-I{NATIVE / 'posix'}")
    command = [*drop_in.find_compiler(), *flags, *includes, PROGRAM, *sources, "-lpthread"]
    done = subprocess.run(
        [*command, "-o", built], capture_output=True, text=True, timeout=HANG, check=False
    )
    assert done.returncode == 0, done.stderr
    return built


@pytest.mark.parametrize("case", CASES)
def test_channels_do_what_their_header_says(program: Path, case: str) -> None:
    done = subprocess.run(
        [program, case], capture_output=True, text=True, timeout=HANG, check=False
    )
    if done.returncode == SKIPPED:
        pytest.skip(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{case}: ")
