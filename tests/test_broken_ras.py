"""Above a rasapi32.dll that answers anything: a typed error or a sane value, whatever it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NATIVE = ROOT / "src" / "native"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="made on Linux")
def test_inputs_that_once_broke_the_shim_do_so_no_more(tmp_path: Path) -> None:
    if not shutil.which("gcc"):
        pytest.skip("needs gcc")
    program = tmp_path / "fuzz"
    # What is preloaded does not go with the sanitizers of this program.
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    sources = [path for folder in ("", "shim", "posix") for path in (NATIVE / folder).glob("*.c")]
    sanitized = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    headers = [f"-I{NATIVE / folder}" for folder in ("", "ras", "posix")]
    subprocess.run(
        [
            *("gcc", "-std=c11", "-O1", "-g", *sanitized, *headers, "-o", program),
            *(*sources, ROOT / "tests/native/fuzz.c", "-lpthread"),
        ],
        check=True,
        env=environment,
    )
    corpus = sorted((ROOT / "tests/native/corpus").iterdir())
    assert corpus
    done = subprocess.run(
        [program, *corpus], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout[-200:] + done.stderr[:2000]
    assert done.stdout.endswith(f"fuzz: {len(corpus)} files\n")
