"""The state module, as Salt's state engine runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

import pytest
from minions import Minion, Served

import winras
from winras import Entry, Phonebook
from winras._entry_file import KEYS
from winras.testing import DEFAULT_PHONEBOOK, DialStep, Simulator

WRITES = (
    "RasDial",
    "RasHangUp",
    "RasSetEntryProperties",
    "RasDeleteEntry",
    "RasRenameEntry",
    "RasSetCredentials",
)
SECRET = "s3cret-Grünkohl"

Changes = dict[str, dict[str, object]]


@pytest.fixture
def ras() -> Iterator[Simulator]:
    with Simulator(clock="auto") as simulator:
        simulator.ignore_leftovers()
        simulator.add_entry("Office VPN", phonebook=all_users())
        yield simulator


def all_users() -> str:
    return Phonebook.all_users().path


@dataclass(frozen=True)
class Ran:
    """What one state has answered."""

    result: bool | None
    changes: Changes
    comment: str


def run(
    minion: Minion,
    text: str,
    *,
    test: bool = False,
    pillar: Mapping[str, object] | None = None,
) -> list[Ran]:
    """Apply an .sls file with that text by Salt's state engine, in this process."""
    written(minion, text, pillar)
    answered = minion.functions()["state.apply"]("tried", test=test)
    assert isinstance(answered, dict), answered
    ran = sorted(answered.values(), key=lambda one: one["__run_num__"])
    return [Ran(one["result"], one["changes"], one["comment"]) for one in ran]


def written(minion: Minion, text: str, pillar: Mapping[str, object] | None = None) -> None:
    (minion.folder / "states" / "tried.sls").write_text(text, encoding="utf-8")
    for name, content in (("top", {"base": {"*": ["all"]}}), ("all", {"winras": pillar or {}})):
        path = minion.folder / "pillar" / f"{name}.sls"
        path.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML


def counted(ras: Simulator) -> list[int]:
    return [ras.calls(function) for function in WRITES]


UP = {"state": {"old": "Disconnected", "new": "Connected"}}
DOWN = {"state": {"old": "Connected", "new": "Disconnected"}}

BRANCH = """
branch:
  winras.entry_present:
    - name: Branch VPN
    - phone_number: vpn.example.com
    - strategy: Ikev2Only
"""
BRANCH_MADE: Changes = {
    "name": {"old": None, "new": "Branch VPN"},
    "phone_number": {"old": None, "new": "vpn.example.com"},
    "strategy": {"old": None, "new": "Ikev2Only"},
}
BRANCH_CHANGED: Changes = {
    "device_name": {"old": "WAN Miniport (SSTP)", "new": "WAN Miniport (IKEv2)"},
    "strategy": {"old": "SstpOnly", "new": "Ikev2Only"},
}
BRANCH_UP = """
up:
  winras.connected:
    - name: Branch VPN
    - require:
      - winras: branch
"""
ANN = {"user": "ann", "domain": "CORP", "password": SECRET}


def branch(ras: Simulator) -> None:
    """Have an entry that is to be another."""
    assert ras.now == 0
    Phonebook.all_users().create(Entry.sstp("Branch VPN", "vpn.example.com"))


def branch_up(ras: Simulator) -> None:
    branch(ras)
    ras.connect("Branch VPN")


def office_up(ras: Simulator) -> None:
    ras.connect("Office VPN")


def nothing(ras: Simulator) -> None:
    assert ras.now == 0


# What there is before, what a state is to be, the pillar, and the changes of each state.
Case = tuple[Callable[[Simulator], None], str, Mapping[str, object], list[Changes]]
CASES: dict[str, Case] = {
    "connected": (nothing, "Office VPN: winras.connected", {}, [UP]),
    "disconnected": (office_up, "Office VPN: winras.disconnected", {}, [DOWN]),
    "entry_present, new": (nothing, BRANCH, {}, [BRANCH_MADE]),
    "entry_present, changed": (branch, BRANCH, {}, [BRANCH_CHANGED]),
    "entry_present, up": (branch_up, BRANCH + "    - hang_up: True", {}, [BRANCH_CHANGED]),
    "entry_present, renamed": (
        branch,
        BRANCH.replace("Branch VPN", "branch vpn"),
        {},
        [{"name": {"old": "Branch VPN", "new": "branch vpn"}, **BRANCH_CHANGED}],
    ),
    "entry_present, saved": (
        branch,
        BRANCH + "    - save_credentials: True",
        {"credentials": {"Branch VPN": ANN}},
        [
            {
                **BRANCH_CHANGED,
                "user": {"old": None, "new": "ann"},
                "domain": {"old": None, "new": "CORP"},
                "password": {"old": None, "new": "saved"},
            }
        ],
    ),
    "entry_absent": (
        branch,
        "Branch VPN: winras.entry_absent",
        {},
        [
            {
                "name": {"old": "Branch VPN", "new": None},
                "phone_number": {"old": "vpn.example.com", "new": None},
                "strategy": {"old": "SstpOnly", "new": None},
                "device_name": {"old": "WAN Miniport (SSTP)", "new": None},
            }
        ],
    ),
    "made, then dialled": (nothing, BRANCH + BRANCH_UP, {}, [BRANCH_MADE, UP]),
    "hung up and changed, then dialled again": (
        branch_up,
        f"{BRANCH}    - hang_up: True{BRANCH_UP}",
        {},
        [BRANCH_CHANGED, UP],
    ),
    "hung up if it would change, then dialled again": (
        branch_up,
        f"""
down:
  winras.disconnected:
    - name: Branch VPN
    - prereq:
      - winras: branch
{BRANCH}{BRANCH_UP}
""",
        {},
        [DOWN, BRANCH_CHANGED, UP],
    ),
    "several names": (
        office_up,
        """
all:
  winras.disconnected:
    - names:
      - Office VPN
      - Plant VPN:
        - timeout: 5
""",
        {},
        [DOWN, {}],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_test_run_tells_what_a_run_does_and_a_second_run_does_nothing(
    ras: Simulator, minion: Minion, case: str
) -> None:
    prepare, text, pillar, changes = CASES[case]
    prepare(ras)
    before = counted(ras)
    foreseen = run(minion, text, pillar=pillar, test=True)
    assert [one.changes for one in foreseen] == changes
    assert [one.result for one in foreseen] == [None if one else True for one in changes]
    assert counted(ras) == before
    done = run(minion, text, pillar=pillar)
    assert [(one.result, one.changes) for one in done] == [(True, one) for one in changes]
    after = counted(ras)
    assert after != before
    for test in (True, False):
        again = run(minion, text, pillar=pillar, test=test)
        assert [(one.result, one.changes) for one in again] == [(True, {})] * len(changes)
    assert counted(ras) == after
    assert SECRET not in repr((foreseen, done, again))
