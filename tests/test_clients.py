"""Several clients of one simulated service dial, and end, through tests/native/clients.c."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import drop_in
from patience import HANG

if sys.platform == "win32":
    pytest.skip("a program of POSIX", allow_module_level=True)

ROOT = Path(__file__).parents[1]
NATIVE = ROOT / "src" / "native"
PROGRAM = ROOT / "tests" / "native" / "clients.c"
CASES = re.findall(r"^    X\((\w+)\)", PROGRAM.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("clients") / "clients"
    folders = (NATIVE, NATIVE / "shim", NATIVE / "simulator", NATIVE / "posix")
    sources = [source for folder in folders for source in sorted(folder.glob("*.c"))]
    includes = [f"-I{folder}" for folder in (NATIVE, NATIVE / "ras", NATIVE / "posix")]
    waits = ("-DMESSAGE_NEWS_MS=100", "-DMESSAGE_SILENT_MS=900")
    command = [*drop_in.find_compiler(), "-std=c11", "-O1", *waits, *includes, PROGRAM, *sources]
    done = subprocess.run(
        [*command, "-lpthread", "-o", built],
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return built


@pytest.mark.parametrize("case", CASES)
def test_each_client_is_told_and_forgotten(program: Path, case: str) -> None:
    done = subprocess.run(
        [program, case], capture_output=True, text=True, timeout=HANG, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "clients: 1 cases\n", "")
