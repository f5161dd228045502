"""docs/fleet.md is followed: its commands, in its order, with its files.

Salt's programs run in a Python that looks to Salt like its onedir, in which winras is not installed
at first.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

import fleet as fleets
import winras
from fleet import Fleet, within
from patience import HANG
from winras.cli import _make_parser

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a POSIX shell")

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/fleet.md").read_text("utf-8")
MINION = "pc-1"
DROP = '.venv/bin/winras --join pc-1 act drop "Work VPN"'


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


COMMANDS = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
SHELL = [line for block in blocks("sh") for line in block.splitlines()]
HOOK = "https://chat.example.com/hooks/vpn"

# The lines of a shell that the tests do not run, and why.
NOT_RUN = {
    "systemctl restart salt-master": "there may be no systemd; the master begins after the copies",
    "python3 -m venv /opt/salt && /opt/salt/bin/pip install salt==3008.3": "it needs a network",
    "export PATH=/opt/salt/bin:$PATH": "each command gets its own PATH",
    next(line for line in SHELL if line.startswith("printf 'master: ")): (
        "this minion's master has another address"
    ),
    ".venv/bin/pip wheel --no-deps --wheel-dir dist .": "it needs a compiler; there is a wheel",
    ".venv/bin/winras simulate examples/office.toml --name pc-1": "run, with a name of its own",
    "salt-master": "run, with a folder of its own",
    "salt-minion": "run, with a folder of its own",
    DROP: "run, while the master waits for the event",
}


# ---- what is installed ----


def make_wheel(folder: Path) -> Path:
    """Winras as it is installed here, as a wheel."""
    about = importlib.metadata.distribution("winras")
    info = f"winras-{about.version}.dist-info"
    platform = re.sub("[-.]", "_", sysconfig.get_platform())
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}-abi3-{platform}"
    folder.mkdir(parents=True)
    wheel = folder / f"winras-{about.version}-{tag}.whl"
    package = Path(winras.__file__).parent
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in package.rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                archive.write(path, Path("winras", path.relative_to(package)))
        for name in ("METADATA", "entry_points.txt"):
            archive.writestr(f"{info}/{name}", about.read_text(name) or "")
        archive.writestr(
            f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n"
        )
        names = [*archive.namelist(), f"{info}/RECORD"]
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    return wheel


def make_onedir(folder: Path) -> Path:
    """Make a Python with Salt and pip that looks to Salt like a onedir; winras is not in it.

    Of a onedir, Salt 3008.3 knows ``sys.RELENV``, the program ``salt-pip`` there, and the folder
    ``extras-3.11`` beside it, which comes first in ``sys.path``. Returns where its programs are.
    """
    venv.create(folder, with_pip=True, symlinks=True)
    here = Path(sysconfig.get_path("purelib"))
    there = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    for path in here.iterdir():
        target = there / path.name
        if not re.search(r"winras|^_*pip\b|\.pth$", path.name) and not target.exists():
            target.symlink_to(path)
    extras = folder / "extras-{}.{}".format(*sys.version_info)
    extras.mkdir()
    (there / "onedir.pth").write_text(
        "import pathlib, sys; "
        f"sys.RELENV = pathlib.Path({str(folder)!r}); sys.path.insert(0, {str(extras)!r})\n",
        encoding="utf-8",
    )
    programs = folder / "bin"
    commands = ("salt", "salt-call", "salt-key", "salt-master", "salt-minion", "salt-run")
    for name in (*commands, "salt-pip"):
        where = folder if name == "salt-pip" else programs
        program = where / name
        function = f"salt_{name.removeprefix('salt-')}" if name != "salt" else "salt_main"
        program.write_text(
            f"#!{programs / 'python'}\nfrom salt.scripts import {function}\n"
            f"if __name__ == '__main__':\n    {function}()\n",
            encoding="utf-8",
        )
        program.chmod(0o755)
    # The simulated service of the minion; not for Salt.
    (programs / "winras").symlink_to(Path(sys.executable).parent / "winras")
    return programs


# ---- the walk ----


class Walk:
    """A shell in a clone of the repository on the master's machine, with the page's paths."""

    def __init__(self, clone: Path, fleet: Fleet) -> None:
        self.fleet = fleet
        self.minion = fleet.minions[MINION]
        self._clone = clone
        self._told: list[str] = []
        self.posted: list[object] = []
        config = self.minion.config
        self._places = {
            "/srv/": f"{fleet.states.parent}/",
            "/etc/salt/master.d": f"{fleet.config}/master.d",
            "/etc/salt/minion.d": f"{config}/minion.d",
            "/etc/salt/secrets.yaml": f"{config}/secrets.yaml",
            ".venv/bin/": f"{Path(sys.executable).parent}/",
            f"--join {MINION}": f"--join {self.minion.service}",
        }

    def begin(self, line: str) -> subprocess.Popen[str]:
        for words, ours in self._places.items():
            line = line.replace(words, ours)
        return subprocess.Popen(
            ["bash", "-c", line],
            cwd=self._clone,
            env={**os.environ, **self.fleet.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __call__(self, line: str) -> str:
        begin = time.monotonic()
        with self.begin(line) as process:
            told, _ = process.communicate(timeout=2 * HANG)
        print(f"{time.monotonic() - begin:5.1f} s  {line}", flush=True)
        assert process.returncode == 0, f"{line}\n{told}"
        return told

    def told(self, number: int) -> str:
        """What a command of the page has said; those before it have been run."""
        while len(self._told) <= number:
            command = COMMANDS[len(self._told)]
            is_event = command.startswith("salt-run state.event")
            self._told.append(self._follow_a_drop(command) if is_event else self(command))
        return self._told[number]

    def _follow_a_drop(self, command: str) -> str:
        """The event comes while another terminal is the other side."""
        process = self.begin(command)
        try:
            within(lambda: self._drop(process), "the event of a drop")
            within(self.is_up, "the reactor dials what has dropped")
            told, _ = process.communicate()
        finally:
            process.kill()
        assert process.returncode == 0, told
        return told

    def _drop(self, process: subprocess.Popen[str]) -> bool:
        """Whether the event came; the beacon and who waits for it need time to begin."""
        if not self.is_up():
            with self.minion.ras():
                winras.dial("Work VPN")
        self(DROP)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            return False
        return True

    def is_up(self) -> bool:
        with self.minion.ras():
            return any(one.name == "Work VPN" for one in winras.connections())


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder = tmp_path_factory.mktemp("walk")
    clone = folder / "clone"
    make_wheel(clone / "dist")
    (clone / "examples").symlink_to(ROOT / "examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fleets, "BIN", make_onedir(folder / "onedir"))
        fleet = Fleet(folder / "salt", ROOT / "examples/office.toml", [MINION])
        walk = Walk(clone, fleet)
        # Who follows the page on one machine begins at its end, where the folders are made.
        for line in sorted(SHELL, key=lambda line: not line.startswith("mkdir ")):
            if line not in NOT_RUN:
                walk(line)
        with posted() as (address, walk.posted):
            told = fleet.config / "master.d" / "winras.conf"
            assert HOOK in told.read_text("utf-8")
            told.write_text(told.read_text("utf-8").replace(HOOK, address), "utf-8")
            with fleet:
                yield walk


@contextmanager
def posted() -> Iterator[tuple[str, list[object]]]:
    """A web hook: its address, and what it was told."""
    told: list[object] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            told.append((self.headers["Content-Type"], json.loads(content)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", told
        server.shutdown()


# What each command must say, in the order of the page.
TOLD = [
    ("salt '*' grains.item saltversion pythonversion", "saltversion"),
    ("salt '*' state.apply winras", r"winras==[\d.]+:\n +Installed"),
    ("salt '*' saltutil.refresh_grains", "True"),
    ("salt -G 'winras:available:True' grains.item winras", r"available:\n +True"),
    ("salt '*' winras.list_", "Office VPN"),
    ("salt '*' winras.entries", "Home VPN"),
    ("salt --timeout 120 '*' winras.doctor", "RasConnectionNotification"),
    ("salt '*' saltutil.refresh_pillar", "True"),
    ("salt '*' state.apply vpn test=True", r"Succeeded: 2 \(unchanged=2, changed=2\)"),
    ("salt '*' state.apply vpn", r"Succeeded: 2 \(changed=2\)"),
    ("salt '*' state.apply vpn test=True", r"Succeeded: 2\n"),
    ("salt '*' winras.status 'Work VPN'", r"state:\n +Connected"),
    ("salt '*' winras.statistics 'Work VPN'", "bytes"),
    (
        "salt-run state.event 'salt/beacon/*/winras/disconnected' count=1 pretty=True",
        r'^salt/beacon/pc-1/winras/disconnected\t.*"name": "Work VPN"',
    ),
    (next(command for command in COMMANDS if "event.send" in command), "True"),
    ("salt '*' winras.hang_up 'Work VPN'", r"gone:\n +True"),
]


def test_each_command_of_the_page_is_followed() -> None:
    assert [command for command, _ in TOLD] == COMMANDS


def test_each_line_of_a_shell_is_run_or_could_be() -> None:
    assert NOT_RUN.keys() <= {*SHELL}
    assert importlib.metadata.version("salt") in " ".join(NOT_RUN)
    for line in NOT_RUN:
        words = [Path(word).name for word in line.split()]
        if words[0] == "winras":
            words = shlex.split(line)[1:]
            _make_parser(words).parse_args(words)
        if words[0] == "pip":
            command = [sys.executable, "-m", "pip", words[1], "--help"]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            assert all(word in told for word in words if word.startswith("--"))
        if words[0].startswith("salt-"):
            assert (Path(sys.executable).parent / words[0]).exists()


@pytest.mark.parametrize("number", range(len(TOLD)))
def test_the_page_is_followed(walk: Walk, number: int) -> None:
    command, wanted = TOLD[number]
    told = walk.told(number)
    assert re.search(wanted, told, re.DOTALL | re.MULTILINE), f"{command}\n{told}"


def test_a_lost_service_and_suppressed_events_are_an_alarm(walk: Walk) -> None:
    walk.told(len(TOLD) - 1)

    def is_told(text: str) -> bool:
        return ("application/json", {"text": text}) in walk.posted

    within(lambda: is_told("pc-1: suppressed, 3 events"), "the alarm of suppressed events")
    # A reactor that dials while the service is stopped fails, and no event has it dial again.
    within(walk.is_up, "the reactor dials what was hung up")
    with walk.minion.ras() as ras:
        ras.stop_service(1722)
        within(lambda: is_told("pc-1: service_lost, error 1722"), "the alarm of a lost service")
        ras.start_service()


def test_what_the_page_says_besides_is_so(walk: Walk) -> None:
    walk.told(len(TOLD) - 1)
    within(walk.is_up, "the reactor dials what was hung up")
    assert "winras was already installed" in walk("salt '*' state.apply")
    assert "Succeeded: 2\n" in walk("salt --batch-size 50 '*' state.apply vpn")
    assert "winras.hang_up" in walk("salt '*' sys.doc winras")
    assert "winras.entry_absent" in walk("salt '*' sys.state_doc winras")
