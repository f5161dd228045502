"""A master and three minions of Salt, each minion with a simulated service of its own."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import winras
from fleet import MINIONS, Event, Fleet, Json, Supervised, within

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a POSIX shell")

SCENARIO = """
[[entry]]
name = "Office VPN"

[[entry]]
name = "Pulse"

[[entry]]
name = "Guarded VPN"
user = "ann"
password = "the right one"

[[entry]]
name = "Written VPN"
user = "ann"
password = "the right one"
"""

# What is looked for is the middle, which no quoting changes.
REFUSED = "wröng 'Zq7Kx9VbTm3s' \\"
WRITTEN = "wröng 'Hd5Lw2RcPn8e' \\"
SHARED = "Qf6Jt4YgBs1u"

FILES = {
    "pillar/top.sls": "base: {'*': [vpn]}",
    "pillar/vpn.sls": """
        winras:
          credentials:
            Guarded VPN: {user: ann, password: 'sdb://variables/REFUSED'}
            Another VPN: {user: ann, password: 'sdb://variables/REFUSED',
              pre_shared_key: 'sdb://variables/SHARED'}
            Written VPN: {user: ann, password: "wröng 'Hd5Lw2RcPn8e' \\\\"}
    """,
    "salt/top.sls": "base: {'*': [vpn]}",
    "salt/vpn.sls": """
        entry of the branch:
          winras.entry_present:
            - name: Branch VPN
            - phone_number: branch.example.com
            - ipv4_default_gateway: False

        connection to the branch:
          winras.connected:
            - name: Branch VPN
            - require:
              - winras: entry of the branch
    """,
    "salt/guarded.sls": """
        Guarded VPN:
          winras.connected: []

        Another VPN:
          winras.entry_present:
            - phone_number: another.example.com
            - use_pre_shared_key: True
            - strategy: L2tpOnly
            - save_credentials: True
    """,
    "reactor/redial.sls": """
        {% if data['name'] == 'Office VPN' %}
        redial:
          local.winras.dial:
            - tgt: {{ data['id'] | json }}
            - args:
              - name: {{ data['name'] | json }}
        {% endif %}
    """,
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    scenario = folder / "scenario.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    logs: dict[str, Json] = {"log_level_logfile": "trace"}
    srv = folder / "salt" / "master" / "srv"
    reactor: list[Json] = [{"salt/beacon/*/winras/disconnected": [str(srv / "reactor/redial.sls")]}]
    fleet = Fleet(
        folder / "salt",
        scenario,
        master={**logs, "reactor": reactor},
        minion={
            **logs,
            "variables": {"driver": "env"},
            "beacons": {"winras": [{"kinds": ["connected", "disconnected"]}]},
        },
        secrets={"REFUSED": REFUSED, "SHARED": SHARED},
    )
    for name, text in FILES.items():
        (srv / name).parent.mkdir(parents=True, exist_ok=True)
        (srv / name).write_text(text, encoding="utf-8")
    with fleet:
        yield fleet
    assert processes_of(folder) == []


def processes_of(folder: Path) -> list[bytes]:
    """The command lines that have a folder in them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if os.fsencode(folder) in line:
            found.append(line)
    return found


def until_told(fleet: Fleet, name: str) -> None:
    """Return when the beacon of a minion tells what happens; it takes some time to begin."""
    begin, tag = fleet.events.now(), f"salt/beacon/{name}/winras/*"
    with fleet.minions[name].ras() as ras:

        def told() -> Event | None:
            ras.connect("Pulse")
            ras.drop("Pulse")
            return fleet.events.find(tag, begin, lambda data: data["name"] == "Pulse", seconds=5)

        within(lambda: bool(told()), f"the beacon of {name}")


def has_up(fleet: Fleet, entry: str) -> list[str]:
    """The minions in whose RAS an entry is up."""
    up = []
    for name, minion in fleet.minions.items():
        with minion.ras():
            if entry in {connection.name for connection in winras.connections()}:
                up.append(name)
    return up


def names(rows: Json) -> list[Json]:
    assert isinstance(rows, list), rows
    return [row["name"] for row in rows if isinstance(row, dict)]


def states(answers: dict[str, Json]) -> dict[str, list[tuple[Json, Json]]]:
    """Of each minion, the result and the changes of each state."""
    told: dict[str, list[tuple[Json, Json]]] = {}
    for minion, run in answers.items():
        assert isinstance(run, dict), run
        mine = [one for one in run.values() if isinstance(one, dict)]
        mine.sort(key=lambda one: str(one["__run_num__"]))
        told[minion] = [(one["result"], one["changes"]) for one in mine]
    return told


def test_each_minion_answers_of_its_own_ras(fleet: Fleet) -> None:
    with fleet.minions["east"].ras() as ras:
        ras.connect("Guarded VPN")
    answers = fleet.salt("*", "winras.list_")
    assert sorted(answers) == sorted(MINIONS)
    assert [name for name in MINIONS if "Guarded VPN" in names(answers[name])] == ["east"]
    answers = fleet.salt("*", "winras.hang_up", "Guarded VPN")
    assert [row["error"] for row in answers.pop("east")] == [None]
    assert all("668 ERROR_NO_CONNECTION" in str(answer) for answer in answers.values()), answers


def test_a_highstate_makes_an_entry_and_brings_it_up_on_all(fleet: Fleet) -> None:
    foreseen = fleet.salt("*", "state.apply", "test=True")
    assert has_up(fleet, "Branch VPN") == []
    done = fleet.salt("*", "state.apply")
    assert sorted(done) == sorted(MINIONS)
    up = {"state": {"old": "Disconnected", "new": "Connected"}}
    for (made, dialled), (would_make, would_dial) in zip(
        states(done).values(), states(foreseen).values(), strict=True
    ):
        assert made[0] is True
        assert isinstance(made[1], dict)
        assert made[1]["phone_number"] == {"old": None, "new": "branch.example.com"}
        assert dialled == (True, up)
        assert (would_make, would_dial) == ((None, made[1]), (None, up))
    assert has_up(fleet, "Branch VPN") == [*MINIONS]
    again = fleet.salt("*", "state.apply")
    assert states(again) == dict.fromkeys(MINIONS, [(True, {})] * 2)


def test_a_drop_reaches_the_master_whose_reactor_redials(fleet: Fleet) -> None:
    until_told(fleet, "north")
    begin = fleet.events.now()
    with fleet.minions["north"].ras() as ras:
        first = ras.connect("Office VPN")
        is_office = {"name": "Office VPN", "id": "north"}.items().__le__
        connected = fleet.events.wait(
            "salt/beacon/north/winras/connected", begin, lambda data: is_office(data.items())
        )
        ras.drop("Office VPN", error=829)
    told = fleet.events.wait(
        "salt/beacon/north/winras/disconnected", begin, lambda data: is_office(data.items())
    )
    assert told.data["kind"] == "disconnected"
    assert told.data["handle"] == connected.data["handle"] == first
    dialled = fleet.events.wait(
        "salt/job/*/ret/north", begin, lambda data: data["fun"] == "winras.dial"
    )
    assert dialled.data["success"] is True
    assert dialled.data["return"]["state"] == "Connected"
    assert has_up(fleet, "Office VPN") == ["north"]
    told_of = [event for event in fleet.events.since(begin) if "/winras/" in event.tag]
    assert {one.data["id"] for one in told_of if one.data["name"] == "Office VPN"} == {"north"}


def test_a_minion_that_was_killed_comes_back(fleet: Fleet) -> None:
    minion = fleet.minions["south"]
    until_told(fleet, "south")
    with minion.ras() as ras:
        ras.connect("Office VPN")
    begin = fleet.events.now()
    minion.kill()
    assert processes_of(minion.config) == []
    minion.start()
    fleet.wait_for("south", begin=begin)
    assert "Office VPN" in names(fleet.salt("south", "winras.list_")["south"])
    until_told(fleet, "south")


def test_a_minion_that_is_told_to_ends_and_comes_back(fleet: Fleet) -> None:
    """The thread of the beacon holds up nothing."""
    minion = fleet.minions["east"]
    until_told(fleet, "east")
    begin = fleet.events.now()
    minion.terminate()
    minion.start()
    fleet.wait_for("east", begin=begin)


# ---- secrets ----


def spellings(secret: str) -> Iterator[bytes]:
    """How its bytes may be in a file; msgpack and JSON have texts as UTF-8."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = secret.encode(encoding)
        yield raw
        yield from (raw.hex().encode(), raw.hex().upper().encode())
        for before in range(3):  # its place in groups of three bytes; the ends depend on neighbours
            coded = base64.b64encode(b"\0" * before + raw)
            yield coded[4 if before else 0 : -4]


def files_with(fleet: Fleet, secret: str) -> set[str]:
    sought = [*spellings(secret)]
    return {
        str(path.relative_to(fleet.folder))
        for path in fleet.files()
        if any(spelling in path.read_bytes() for spelling in sought)
    }


def test_a_secret_is_found_however_it_is_written(fleet: Fleet) -> None:
    path = fleet.folder / "found"
    for encoded in (SHARED.encode(), base64.b64encode(f"ab{SHARED}c".encode("utf-16-le"))):
        path.write_bytes(b"\xff" + encoded)
        assert files_with(fleet, SHARED) == {"found"}
    path.unlink()


def test_a_password_from_sdb_is_nowhere_in_files_caches_and_logs(fleet: Fleet) -> None:
    """The minion asks sdb for it when it dials. What pillar says is in the master's."""
    begin = fleet.events.now()
    said = [
        fleet.run("salt", "-v", "--out=raw", "*", *call, check=False)
        for call in (
            ("winras.dial", "Guarded VPN"),
            ("winras.dial", "Written VPN"),
            ("state.apply", "guarded"),
            ("winras.doctor,winras.entries,pillar.items,grains.items", ",,,"),
        )
    ]
    refused = [done.stdout.count("691 ERROR_AUTHENTICATION_FAILURE") for done in said]
    assert refused == [3, 3, 3, 0], said
    assert said[2].stdout.count("'pre_shared_key': {'old': None, 'new': 'saved'}") == 3, said
    assert said[3].stdout.count("Another VPN") >= 3, said
    texts = [done.stdout + done.stderr for done in said]
    texts += [repr(event) for event in fleet.events.since(begin)]
    for secret in ("Zq7Kx9VbTm3s", SHARED):
        assert files_with(fleet, secret) == set()
        assert not [text for text in texts if secret in text]
    assert files_with(fleet, "Hd5Lw2RcPn8e") == {
        "master/srv/pillar/vpn.sls",
        *(f"master/var/cache/salt/master/pillar/{name}.p" for name in MINIONS),
    }
    for log in ("master/var/log/salt/master", "north/var/log/salt/minion"):
        assert "[TRACE" in (fleet.folder / log).read_text("utf-8", errors="replace")


# ---- programs that leave nothing ----


@pytest.mark.parametrize("is_told", [True, False])
def test_a_supervised_program_leaves_nothing(tmp_path: Path, is_told: bool) -> None:
    """Nor a process of another session, or one whose parent has ended."""
    mark = str(tmp_path)
    other = f"import time; time.sleep(1e6)  # {mark}"
    program = f"""
import subprocess, sys, time
for new in (True, False):
    subprocess.Popen(["setsid", sys.executable, "-c", {other!r}], start_new_session=new)
print("begun", flush=True)
time.sleep(1e6)
"""
    output = tmp_path / "output"
    with Supervised([sys.executable, "-c", program], output, {}) as supervised:
        within(lambda: output.read_bytes() == b"begun\n", "the program")
        within(
            lambda: sum(other.encode() in line for line in processes_of(tmp_path)) >= 2, "others"
        )
        if is_told:
            supervised.terminate()
    assert processes_of(tmp_path) == []


def test_a_supervised_program_ends_with_who_supervises_it(tmp_path: Path) -> None:
    """However that ends."""
    holder = f"""
import os, sys
from pathlib import Path
sys.path[:0] = {sys.path!r}
from fleet import Supervised, within
output = Path({str(tmp_path / "output")!r})
program = "import time; print(1, flush=True); time.sleep(1e6)"
Supervised([sys.executable, "-c", program], output, {{}})
within(lambda: output.read_bytes() == b"1\\n", "the program")
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", holder], check=False)
    assert done.returncode == -9
    within(lambda: not processes_of(tmp_path), "its end")
