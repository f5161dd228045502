"""Every example in the README and the docs is run."""

from __future__ import annotations

import codecs
import inspect
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import winras
import winras.aio
from winras._native import error_name
from winras._policy import (
    _MOST_REFUSALS,
    Happened,
    KeepEventKind,
    KeepPolicy,
    KeepState,
    What,
    decide,
)
from winras.cli import _make_parser, find_commands, main
from winras.testing import Quirks, Simulator

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


def named_in_rows(page: str) -> set[str]:
    """What the first cells of its tables name."""
    lines = (ROOT / page).read_text("utf-8").splitlines()
    first_cells = [line.split("|")[1] for line in lines if line.startswith("|")]
    return {name for cell in first_cells for name in re.findall("`([^`]+)`", cell)}


def test_each_public_function_has_its_grade_of_proof() -> None:
    with_a_row = named_in_rows("docs/verified.md")
    methods = functions_of(winras.Connection, vars(winras.Connection))
    names = [
        *(f"winras.{name}" for name in functions_of(winras, winras.__all__)),
        *(f"Connection.{name}" for name in methods if not name.startswith("_")),
        *(f"winras.aio.{name}" for name in functions_of(winras.aio, winras.aio.__all__)),
        *(f"winras {command}" for command in find_commands()),
    ]
    assert len(names) > 15
    for name in names:
        assert name in with_a_row, f"docs/verified.md needs a row for {name}"


def test_each_quirk_has_its_source() -> None:
    assert set(Quirks.known) <= named_in_rows("docs/testing.md")


def test_the_readme_has_its_two_commands_each_on_one_line() -> None:
    lines = [line.strip() for line in (ROOT / "README.md").read_text("utf-8").splitlines()]
    start = "python3 -m venv .venv && .venv/bin/pip install "
    assert f'{start}".[cli]" && .venv/bin/winras demo' in lines
    assert f'{start}-e ".[cli,test]" && .venv/bin/python -m pytest' in lines


@pytest.mark.parametrize("page", ["README.md", "docs/keep.md"])
def test_the_wheel_that_is_installed_is_of_this_version(page: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wheel = f"winras-{project['version']}-cp311-abi3-win_amd64.whl"
    installed = re.findall(r"pip\"? install (\S+)\n", (ROOT / page).read_text("utf-8"))
    assert set(installed) == {wheel}


def test_each_promise_names_tests_that_exist() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs/reliability.md").read_text("utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| what ", "| --- "))
    ]
    assert len(rows) > 20
    for _, promise, tests in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", tests)
        assert named, promise
        assert len(named) == tests.count("`") / 2, promise
        for file, test in named:
            text = (ROOT / file).read_text("utf-8")
            assert f"\ndef {test}(" in text or f"\n{test} = " in text, f"{file}::{test}"


# ---- docs/keep.md: what is decided ----


def decided(
    policy: KeepPolicy, *steps: tuple[float, Happened], chance: float = 0.5
) -> Iterator[tuple[str, str]]:
    """The kind and the reason of each event of a story: what happens, and when."""
    state = KeepState()
    for now, happened in steps:
        state, decision = decide(policy, state, happened, now, chance)
        if decision.kind is not None:
            yield decision.kind.value, decision.reason


def of_code(what: What, code: int, *, has_network: bool = True) -> Happened:
    return Happened(what, code, error_name(code), has_network=has_network)


NO_ANSWER = Happened(What.probed, text="no answer")
STORIES = (
    decided(
        KeepPolicy(wait_for_credentials=True),
        (0, Happened(What.claimed_by_another)),
        (100, Happened(What.began)),
        (101, Happened(What.time)),
        (102, Happened(What.connected)),
        (200, of_code(What.dropped, 829)),
        (201, Happened(What.time)),
        (202, of_code(What.failed, 678)),
        (203, Happened(What.time)),
        (204, of_code(What.failed, 691)),
    ),
    decided(
        KeepPolicy(),
        (0, Happened(What.began)),
        (1, of_code(What.failed, 678)),
        (2, Happened(What.resumed, seconds=3600.0)),
        (5, Happened(What.time)),
        (6, of_code(What.failed, 868, has_network=False)),
        (7, Happened(What.network_back)),
        (10, Happened(What.time)),
        (11, Happened(What.connected)),
        (12, of_code(What.service_lost, 1062)),
        (13, Happened(What.service_back)),
        (14, Happened(What.stop)),
    ),
    decided(
        KeepPolicy(respect_hang_up=True, probe="intranet:443"),
        (0, Happened(What.began, is_up=True)),
        *((5 * time, one) for time in (1, 2, 3) for one in (Happened(What.time), NO_ANSWER)),
        (16, Happened(What.hung_up)),
        (30, Happened(What.connected)),
        (80, of_code(What.dropped, 631)),
    ),
)


def test_docs_keep_has_what_is_decided() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (.+) \| (.+) \|$", (ROOT / "docs/keep.md").read_text("utf-8"), re.MULTILINE
    )
    rows = rows[: len(KeepEventKind)]
    assert [kind for kind, *_ in rows] == [kind.value for kind in KeepEventKind]
    told = [event for story in STORIES for event in story]
    wrong = [f"{kind}: {such}" for kind, _, such in rows if (kind, such) not in told]
    assert not wrong, f"no longer said: {wrong}; now it is: {told}"
    follows, policy = {kind: text for kind, text, _ in rows}, KeepPolicy()
    assert policy.least_spacing == 1.0
    assert "a second at least" in follows["dialling"]
    assert f"up for {policy.stable_after:g} s" in follows["dropped"]
    page = " ".join((ROOT / "docs/keep.md").read_text("utf-8").split())
    assert f"after {policy.suspicious_tries} of them in a row" in page
    assert f"after {_MOST_REFUSALS} refusals without a success" in page
    assert f"1 s, 2 s, 4 s and so on, up to {policy.longest_delay:g} s" in page
    assert (policy.first_delay, policy.growth) == (1.0, 2.0)


# ---- scheduled tasks ----

TASKS = sorted((ROOT / "examples").glob("*.xml"))

# Of Microsoft's pages "Task Scheduler Schema Complex Types": what may be in an element, each once
# at most, and what must be. All of these but the triggers are xs:all, in any order. Of what all
# triggers have, the page "triggerBaseType" begins with Enabled, the page "LogonTrigger" with
# StartBoundary: so only one of the two can be right in a file with both.
SCHEMA = {
    "Task": (
        {"RegistrationInfo", "Triggers", "Settings", "Data", "Principals", "Actions"},
        {"Actions"},
    ),
    "RegistrationInfo": (
        {"Author", "Date", "Description", "Documentation", "Source", "URI"},
        set(),
    ),
    "Triggers": ({"BootTrigger", "LogonTrigger"}, set()),
    "BootTrigger": ({"Enabled"}, set()),
    "LogonTrigger": ({"Enabled"}, set()),
    "Principals": ({"Principal"}, {"Principal"}),
    "Principal": ({"UserId", "LogonType", "GroupId", "DisplayName", "RunLevel"}, set()),
    "Settings": (
        {
            *("AllowStartOnDemand", "DisallowStartIfOnBatteries", "ExecutionTimeLimit", "Priority"),
            *("MultipleInstancesPolicy", "RestartOnFailure", "StopIfGoingOnBatteries"),
        },
        set(),
    ),
    "RestartOnFailure": ({"Interval", "Count"}, {"Interval", "Count"}),
    "Actions": ({"Exec"}, {"Exec"}),
    "Exec": ({"Command", "Arguments", "WorkingDirectory"}, {"Command"}),
}
# The values of simple types, as those pages restrict them.
VALUES = {
    "Count": "[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5]",
    "DisallowStartIfOnBatteries": "true|false",
    "Enabled": "true|false",
    "ExecutionTimeLimit": "PT0S",
    "Interval": "PT[1-9][0-9]*M",
    "MultipleInstancesPolicy": "Parallel|Queue|IgnoreNew|StopExisting",
    "RunLevel": "LeastPrivilege|HighestAvailable",
    "StopIfGoingOnBatteries": "true|false",
}
NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def parsed(path: Path) -> ET.Element:
    return ET.parse(path).getroot()  # noqa: S314  our own file


def named(element: ET.Element) -> str:
    assert element.tag.startswith(NAMESPACE)
    return element.tag.removeprefix(NAMESPACE)


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_a_scheduled_task_keeps_to_the_schema(path: Path) -> None:
    """Microsoft's pages *Task Scheduler Schema Complex Types* and *... Simple Types*."""
    task = parsed(path)
    assert named(task) == "Task"
    assert task.attrib == {"version": "1.2"}
    for element in task.iter():
        name, children = named(element), [named(child) for child in element]
        if name in SCHEMA:
            may, must = SCHEMA[name]
            assert must <= set(children) <= may, name
            assert len(set(children)) == len(children), name
        else:
            assert not children, name
            assert re.fullmatch(VALUES.get(name, ".+"), element.text or ""), name
    principal = task.find(f"{NAMESPACE}Principals/{NAMESPACE}Principal")
    actions = task.find(f"{NAMESPACE}Actions")
    assert principal is not None
    assert actions is not None
    assert principal.attrib.keys() == {"id"}
    assert actions.attrib == {"Context": principal.attrib["id"]}


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_a_scheduled_task_is_in_the_encoding_that_schtasks_reads(path: Path) -> None:
    """Reported of several projects: of other encodings it says that the XML is malformed."""
    assert path.read_bytes().startswith(codecs.BOM_UTF16_LE)
    assert path.read_text("utf-16").startswith('<?xml version="1.0" encoding="UTF-16"?>')


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_a_scheduled_task_runs_a_command_that_there_is(path: Path) -> None:
    """It does not end when credentials are refused: what restarts it would try them again."""
    texts = {named(element): element.text or "" for element in parsed(path).iter()}
    words = [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', texts["Arguments"])]
    if texts["Command"].endswith("pythonw.exe"):
        assert words[:2] == ["-m", "winras"]
        del words[:2]
    else:
        assert texts["Command"].endswith("winras.exe")
    options = _make_parser(words).parse_args(words)
    assert words[0] == "keep"
    assert options.entry == "Office VPN"
    assert options.wait_for_credentials
    assert options.spread > 0
    assert f'--log "{options.log}"' in (ROOT / "docs/keep.md").read_text("utf-8")


def test_each_line_of_docs_keep_about_a_task_is_in_one() -> None:
    page = (ROOT / "docs/keep.md").read_text("utf-8")
    assert len(TASKS) == 2
    for path in TASKS:
        assert path.name in page
        for element in parsed(path).iter():
            if named(element).endswith(("Trigger", "Batteries", "Limit", "Policy", "Failure")):
                assert f"`{named(element)}`" in page


# ---- docs/fleet.md, whose commands tests/salt runs ----

FLEET = (ROOT / "docs/fleet.md").read_text("utf-8")
FLEET_FILES = [path for path in (ROOT / "examples/fleet").rglob("*") if path.is_file()]


def test_docs_fleet_shows_the_files_as_they_are() -> None:
    shown = re.findall(r"^```yaml\n(.*?)^```$", FLEET, re.DOTALL | re.MULTILINE)
    texts = [path.read_text("utf-8") for path in FLEET_FILES]
    assert [one for one in shown if not any(one in text for text in texts)] == [
        one for one in shown if "ansible" in one
    ]
    for path in FLEET_FILES:
        assert path.name in FLEET


def test_docs_fleet_has_command_lines_that_winras_takes() -> None:
    winras_exe = r"'C:\\Program Files\\winras\\Scripts\\winras.exe'"
    lists = re.findall(rf"argv: \[{winras_exe}, (.*)\]", FLEET)
    lines = [[word.strip(" '") for word in one.split(",")] for one in lists]
    lines += [shlex.split(one) for one in re.findall(rf"& {winras_exe} ([^|]*)", FLEET)]
    assert [words[0] for words in lines] == ["entries", "list", "credentials", "list"]
    for words in lines:
        _make_parser(words).parse_args(words)
