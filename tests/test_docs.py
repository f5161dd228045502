"""Every example in the README and the docs is run."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import winras
import winras.aio
from winras.cli import find_commands, main
from winras.testing import Simulator

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(language: str) -> list[tuple[str, str, str]]:
    """Where it is, the name of the file that it is, or "", and the block."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        fence = rf"(?:`(\w+\.py)`:\n\n)?^```{language}\n(.*?)^```$"
        for match in re.finditer(fence, text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, match.start(2))
            found.append((f"{page.name}:{line}", match[1] or "", match[2]))
    return found


PYTHON = [(where, block) for where, name, block in blocks("python") if not name]
FILES = {name: block for _, name, block in blocks("python") if name}
COMMANDS = [
    (f"{where}: {line}", line.removeprefix("$ "))
    for where, _, block in blocks("console")
    for line in block.splitlines()
    if line.startswith("$ winras ")
]


@pytest.mark.parametrize("code", [c for _, c in PYTHON], ids=[w for w, _ in PYTHON])
def test_python_examples_run(
    code: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    if "Simulator(" in code:  # it brings its own
        exec(compile(code, "example", "exec"), {})  # noqa: S102
        return
    if "def test_" in code:
        (tmp_path / "test_example.py").write_text(code, encoding="utf-8")
        assert "1 passed" in run_pytest(tmp_path)
        return
    with Simulator(clock="auto", scenario=ROOT / "examples/office.toml"):
        exec(compile(code, "example", "exec"), {})  # noqa: S102
    assert "not" not in capsys.readouterr().out


@pytest.mark.parametrize("command", [c for _, c in COMMANDS], ids=[w for w, _ in COMMANDS])
def test_commands_run(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for name in ("VPN_PASSWORD", "VPN_KEY"):  # of examples/vpn.toml
        monkeypatch.setenv(name, "secret")
    assert main(shlex.split(command)[1:]) == (6 if "--dry-run" in command else 0)


def run_pytest(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_examples_that_are_files_are_run_by_pytest(tmp_path: Path) -> None:
    for name, block in FILES.items():
        (tmp_path / name).write_text(block, encoding="utf-8")
    assert "2 passed" in run_pytest(tmp_path)


def test_the_sample_project_passes_where_its_user_has_only_winras(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "nightly", tmp_path / "nightly")
    assert "8 passed" in run_pytest(tmp_path / "nightly")


def test_the_sample_project_passes_in_this_repository_too() -> None:
    assert "8 passed" in run_pytest(ROOT, "examples")


ENTRY_FILE = (ROOT / "examples/vpn.toml").read_text("utf-8")
SCENARIOS = [one for one in blocks("toml") if one[2] != ENTRY_FILE]


@pytest.mark.parametrize("text", [t for *_, t in SCENARIOS], ids=[w for w, *_ in SCENARIOS])
def test_scenarios_are_played(text: str, tmp_path: Path) -> None:
    (tmp_path / "vpn.toml").write_text(ENTRY_FILE, "utf-8")
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    with Simulator(scenario=path) as ras:
        assert ras.now >= 0


def test_the_entry_file_is_applied_in_one_command_as_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(blocks("toml")) == len(SCENARIOS) + 1
    [(_, _, shown)] = blocks("diff")
    for name in ("VPN_PASSWORD", "VPN_KEY"):
        monkeypatch.setenv(name, "secret")
    command = ["entries", "apply", str(ROOT / "examples/vpn.toml"), "--prune"]
    with Simulator(clock="auto") as ras:
        ras.add_entry("Branch VPN")
        assert main([*command, "--dry-run"]) == 6
        assert capsys.readouterr().out == shown
        assert main(command) == 0
        assert capsys.readouterr().out == shown
        assert main([*command, "--dry-run"]) == 0


def test_there_are_examples() -> None:
    assert SCENARIOS
    assert len(PYTHON) >= 3
    assert len(COMMANDS) >= 3


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def functions_of(owner: object, names: Iterable[str]) -> list[str]:
    return [name for name in names if inspect.isroutine(getattr(owner, name))]


def test_each_public_function_has_its_grade_of_proof() -> None:
    verified = (ROOT / "docs/verified.md").read_text("utf-8")
    methods = functions_of(winras.Connection, vars(winras.Connection))
    names = [
        *(f"winras.{name}" for name in functions_of(winras, winras.__all__)),
        *(f"Connection.{name}" for name in methods if not name.startswith("_")),
        *(f"winras.aio.{name}" for name in functions_of(winras.aio, winras.aio.__all__)),
        *(f"winras {command}" for command in find_commands()),
    ]
    assert len(names) > 15
    for name in names:
        assert f"| `{name}`" in verified, f"docs/verified.md needs a row for {name}"


def test_the_readme_has_its_two_commands_each_on_one_line() -> None:
    lines = [line.strip() for line in (ROOT / "README.md").read_text("utf-8").splitlines()]
    start = "python3 -m venv .venv && .venv/bin/pip install "
    assert f'{start}".[cli]" && .venv/bin/winras demo' in lines
    assert f'{start}-e ".[cli,test]" && .venv/bin/python -m pytest' in lines


def test_each_promise_names_tests_that_exist() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs/reliability.md").read_text("utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| what ", "| --- "))
    ]
    assert len(rows) > 20
    for _, promise, tests in rows:
        named = re.findall(r"`(tests/\w+\.py)::(\w+)`", tests)
        assert named, promise
        assert len(named) == tests.count("`") / 2, promise
        for file, test in named:
            text = (ROOT / file).read_text("utf-8")
            assert f"\ndef {test}(" in text or f"\n{test} = " in text, f"{file}::{test}"
