"""The state module, as Salt's state engine runs it."""

from __future__ import annotations

import base64
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address

import pytest

from minions import Minion, Served
from winras import Entry, Phonebook
from winras._entry_file import KEYS
from winras._native import Claim
from winras.exceptions import RasError
from winras.testing import DEFAULT_PHONEBOOK, Simulator, join

WRITES = (
    "RasDial",
    "RasHangUp",
    "RasSetEntryProperties",
    "RasDeleteEntry",
    "RasRenameEntry",
    "RasSetCredentials",
)
SECRET = "s3cret-Grünkohl"  # noqa: S105

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


# ---- what a test run foresees ----


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (  # what the second state changes, the first has hung up
            f"down:\n  winras.disconnected:\n    - name: branch vpn\n{BRANCH}{BRANCH_UP}",
            [DOWN, BRANCH_CHANGED, UP],
        ),
        (
            """
down:
  winras.disconnected:
    - names:
      - Branch VPN
      - branch vpn
up:
  winras.connected:
    - names:
      - Branch VPN
      - branch vpn
""",
            [DOWN, {}, UP, {}],
        ),
        (  # what is saved has nothing to do with a connection
            BRANCH.replace("Ikev2Only", "SstpOnly") + "    - save_credentials: True\n" + BRANCH_UP,
            [
                {
                    "user": {"old": None, "new": "ann"},
                    "domain": {"old": None, "new": "CORP"},
                    "password": {"old": None, "new": "saved"},
                },
                {},
            ],
        ),
    ],
)
def test_a_test_run_foresees_what_the_states_before_would_do(
    ras: Simulator, minion: Minion, text: str, changes: list[Changes]
) -> None:
    branch_up(ras)
    pillar = {"credentials": {"Branch VPN": ANN}}
    before = counted(ras)
    assert [one.changes for one in run(minion, text, pillar=pillar, test=True)] == changes
    assert counted(ras) == before
    assert [one.changes for one in run(minion, text, pillar=pillar)] == changes


def test_a_test_run_does_not_know_of_an_entry_that_something_else_would_make(
    ras: Simulator, minion: Minion
) -> None:
    [told] = run(minion, "Ofice VPN: winras.connected", test=True)
    assert (told.result, told.changes) == (None, UP)
    assert told.comment == (
        "'Ofice VPN' would be dialled if a state before this one makes it: no phone book of this "
        "user or all users has an entry 'Ofice VPN'; did you mean 'Office VPN'?"
    )
    assert ras.calls("RasDial") == 0


# ---- what fails ----


def failed(ran: Ran) -> str:
    assert (ran.result, ran.changes) == (False, {})
    return ran.comment


def test_a_wrong_password_is_691_and_shows_nowhere(
    ras: Simulator,
    minion: Minion,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(1)
    monkeypatch.setenv("WINRAS_TEST_SECRET", SECRET)
    minion.configure({"system": {"driver": "env"}})
    ras.add_entry("Home VPN", user="ann", password="another", phonebook=all_users())
    ras.add_entry("Lab VPN", user="ann", password=SECRET, phonebook=all_users())
    credentials = {"user": "ann", "password": "sdb://system/WINRAS_TEST_SECRET"}
    pillar = {
        "credentials": {"Home VPN": credentials, "Branch VPN": credentials, "lab": credentials}
    }
    refused, made, let_in = run(
        minion,
        f"Home VPN: winras.connected\n{BRANCH}    - save_credentials: True\n"
        "Lab VPN:\n  winras.connected:\n    - credentials: lab\n",
        pillar=pillar,
    )
    assert failed(refused).startswith("691 ERROR_AUTHENTICATION_FAILURE: 'Home VPN' stopped in ")
    assert refused.comment.splitlines()[1:] != []  # what to do
    assert made.changes == {
        **BRANCH_MADE,
        "user": {"old": None, "new": "ann"},
        "password": {"old": None, "new": "saved"},
    }
    assert let_in.changes == UP
    ras.assert_connected("Lab VPN")
    files = [path.read_bytes() for path in minion.folder.rglob("*") if path.is_file()]
    told = [
        repr((refused, made, let_in)),
        caplog.text,
        *(f"{one.__dict__}" for one in caplog.records),
    ]
    assert len(files) > 3
    assert len(caplog.records) > 10
    for secret in (
        SECRET,
        SECRET.encode().decode("latin-1"),
        base64.b64encode(SECRET.encode()).decode(),
    ):
        assert all(secret not in one for one in told)
    for encoding in ("utf-8", "utf-16-le"):
        assert all(SECRET.encode(encoding) not in one for one in files)


def test_an_entry_that_nobody_has_is_623_and_similar_names_are_told(
    ras: Simulator, minion: Minion
) -> None:
    [told] = run(minion, "Ofice VPN: winras.connected")
    assert failed(told).startswith("623 ERROR_CANNOT_FIND_PHONEBOOK_ENTRY: ")
    assert "did you mean 'Office VPN'?" in told.comment
    assert ras.connections == []


def test_a_busy_device_is_633(ras: Simulator, minion: Minion) -> None:
    ras.fail("RasDial", 633, times=None)
    [told] = run(minion, "Office VPN: winras.connected")
    assert failed(told).startswith("633 ERROR_PORT_NOT_AVAILABLE: ")


def test_a_dial_of_another_program_is_waited_for(ras: Simulator, minion: Minion) -> None:
    ras.connect("Office VPN", at=5.0)
    ras.fail("RasDial", 756, times=None)
    [connected] = run(minion, "Office VPN: winras.connected")
    assert (connected.result, connected.changes) == (True, {})
    assert connected.comment == "another program has dialled 'Office VPN', and it is connected"


def test_a_dial_of_another_program_that_leads_to_nothing_is_756(
    ras: Simulator, minion: Minion
) -> None:
    ras.fail("RasDial", 756, times=None)
    [connected] = run(minion, "Office VPN: {winras.connected: [timeout: 5]}")
    assert failed(connected).startswith("756 ERROR_DIAL_ALREADY_IN_PROGRESS")


def test_two_jobs_at_once_dial_once(minion: Minion, served: Served) -> None:
    served.do("add_entry", "Slow VPN")
    minion.configure({"winras.simulator": served.name})
    connected = minion.states()["winras.connected"]
    with ThreadPoolExecutor(8) as threads:
        ran = [*threads.map(lambda _: connected("Slow VPN"), range(8))]
    assert all(one["result"] is True for one in ran), ran
    assert [one["changes"] for one in ran if one["changes"]] == [UP]
    with join(served.name) as ras:
        assert ras.calls("RasDial") == 1


@pytest.mark.usefixtures("ras")
def test_who_takes_the_place_of_turns_does_not_hinder_a_dial(
    minion: Minion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_claim: Claim) -> bool:
        raise RasError(5, "ERROR_ACCESS_DENIED", "")

    monkeypatch.setattr(Claim, "take", refuse)
    [connected] = run(minion, "Office VPN: winras.connected")
    assert (connected.result, connected.changes) == (True, UP)


@pytest.mark.parametrize("test", [True, False])
def test_an_entry_that_is_up_is_neither_changed_nor_deleted(
    ras: Simulator, minion: Minion, test: bool
) -> None:
    branch_up(ras)
    before = counted(ras)
    told = run(
        minion, BRANCH + "gone:\n  winras.entry_absent:\n    - name: Branch VPN\n", test=test
    )
    for one, done in zip(told, ("changed (device_name, strategy)", "deleted"), strict=True):
        assert failed(one) == (
            f"'Branch VPN' of \"{all_users()}\" is up or being dialled, so it is not {done}: give "
            "hang_up: True, or have winras.disconnected before this state"
        )
    assert counted(ras) == before


def test_a_hang_up_that_does_not_end_is_told(ras: Simulator, minion: Minion) -> None:
    ras.add_entry("Stuck VPN", hang_up_seconds=3600, phonebook=all_users())
    ras.connect("Stuck VPN")
    [told] = run(minion, "Stuck VPN:\n  winras.disconnected:\n    - timeout: 2\n")
    assert re.match("1460 .*'Stuck VPN' .*2 s", failed(told))


def test_which_of_two_is_meant_says_the_phone_book(ras: Simulator, minion: Minion) -> None:
    ras.add_entry("Office VPN", phonebook=DEFAULT_PHONEBOOK)
    for book in (DEFAULT_PHONEBOOK, all_users()):
        ras.connect("Office VPN", phonebook=book)
    [told] = run(minion, "Office VPN: winras.disconnected")
    assert failed(told).startswith("87 ERROR_INVALID_PARAMETER: 2 connections have the name")
    text = "Office VPN:\n  winras.{}:\n    - phonebook: '{}'\n"
    [told] = run(minion, text.format("disconnected", DEFAULT_PHONEBOOK))
    assert told.changes == DOWN
    ras.assert_gone("Office VPN", phonebook=DEFAULT_PHONEBOOK)
    ras.assert_connected("Office VPN", phonebook=all_users())
    [told] = run(minion, text.format("connected", DEFAULT_PHONEBOOK))
    assert told.changes == UP
    [told] = run(minion, text.format("entry_absent", DEFAULT_PHONEBOOK) + "    - hang_up: True\n")
    assert told.changes["name"] == {"old": "Office VPN", "new": None}
    ras.assert_connected("Office VPN", phonebook=all_users())


def test_who_may_not_write_is_told_so(ras: Simulator, minion: Minion) -> None:
    ras.fail("RasSetEntryProperties", 5)
    [told] = run(minion, BRANCH)
    assert failed(told).startswith("5 ERROR_ACCESS_DENIED: ")
    assert "only an administrator may change it" in told.comment


def test_an_entry_is_not_left_without_what_is_to_be_saved_for_it(
    ras: Simulator, minion: Minion
) -> None:
    ras.fail("RasSetCredentials", 5)
    pillar = {"credentials": {"Branch VPN": ANN}}
    [told] = run(minion, BRANCH + "    - save_credentials: True\n", pillar=pillar)
    assert failed(told).startswith("5 ERROR_ACCESS_DENIED: ")
    assert "Branch VPN" not in Phonebook.all_users()


@pytest.mark.parametrize(
    ("credentials", "problem"),
    [
        ({}, "pillar winras:credentials has nothing to save for 'Branch VPN'"),
        ({"Branch VPN": {"user": "ann"}}, "pillar winras:credentials:Branch VPN has no password"),
        (
            {"Branch VPN": {"user": "ann", "password": "sdb://none/x"}},
            "sdb profile 'none' (pillar winras:credentials:Branch VPN:password) does not give it",
        ),
        (
            {"Branch VPN": {"pre_shared_key": SECRET}},
            "pillar winras:credentials:Branch VPN: pre_shared_key needs use_pre_shared_key",
        ),
        (
            {"Branch VPN": {"user": "ann", "password": SECRET * 99}},
            "the password of 'ann' for 'Branch VPN' cannot be used: must have at most 256",
        ),
    ],
)
def test_what_cannot_be_saved_is_told_and_nothing_is_made(
    ras: Simulator, minion: Minion, credentials: Mapping[str, object], problem: str
) -> None:
    text = BRANCH + "    - save_credentials: True\n"
    [told] = run(minion, text, pillar={"credentials": credentials})
    assert failed(told).startswith(problem)
    assert SECRET not in told.comment
    assert counted(ras) == [0] * len(WRITES)


def test_a_secret_is_read_only_to_be_saved(ras: Simulator, minion: Minion) -> None:
    text = BRANCH + "    - save_credentials: True\n"
    run(minion, text, pillar={"credentials": {"Branch VPN": ANN}})
    gone = {"credentials": {"Branch VPN": {**ANN, "password": "sdb://none/x"}}}
    [told] = run(minion, text, pillar=gone)
    assert (told.result, told.changes) == (True, {})
    [told] = run(minion, text.replace("Ikev2Only", "SstpOnly"), pillar=gone, test=True)
    assert told.changes["password"] == {"old": None, "new": "saved"}
    assert ras.calls("RasSetCredentials") == 1


def test_a_password_that_has_changed_is_saved_anew_when_asked_for(
    ras: Simulator, minion: Minion
) -> None:
    ras.add_entry("Lab VPN", user="ann", password=SECRET, domain="CORP", phonebook=all_users())
    text = "Lab VPN:\n  winras.entry_present:\n    - phone_number: x\n    - save_credentials: "
    old, new = ({"credentials": {"Lab VPN": {**ANN, "password": one}}} for one in ("old", SECRET))
    run(minion, text + "True", pillar=old)
    [told] = run(minion, text + "True", pillar=new)
    assert told.changes == {}
    for test in (True, False):
        [told] = run(minion, text + "always", pillar=new, test=test)
        assert told.changes == {"password": {"old": None, "new": "saved"}}
    [up] = run(minion, "Lab VPN: winras.connected")
    assert up.changes == UP


def test_without_its_simulated_service_a_state_says_so(minion: Minion) -> None:
    minion.configure({"winras.simulator": "winras-test-none"})
    [told] = run(minion, "Office VPN: winras.connected", test=True)
    assert "winras-test-none" in failed(told)


# ---- what YAML gives ----


# What an entry_present says besides its phone number, and what is told.
BAD_FIELDS = [
    ("redial_count: 3", "the key 'phone_number' is missing; it must be a text of at most 128"),
    (
        "phone_number: 5551234",
        "phone_number must be a text of .*, not 5551234: put it in quotes",
    ),
    ("phone_number: yes", "phone_number must be a text of .*, not True: put it in quotes"),
    ("phone_number: [a]", "phone_number must be a text of .*, not an array$"),
    ("phone_number: {a: b}", "phone_number must be a text of .*, not a table$"),
    ("alternate_numbers: [0123]", "alternate_numbers must be .* texts .*: put it in quotes"),
    ("strategy: L2TP", "strategy must be one of Default, .*, not 'L2TP'"),
    ("authentication: Eap", "authentication must be an array of any of .*, not 'Eap'"),
    ("authentication: [Eap, 5]", "authentication must be an array of any of .*, but has 5"),
    ("mobike: 'yes'", "mobike must be true or false, not 'yes'"),
    ("redial_count: '3'", "redial_count must be a whole number .*, not '3'"),
    ("redial_count: 1.5", "redial_count must be a whole number .*, not 1.5"),
    ("ipv4_dns: 192.0.2.53", "ipv4_dns must be an array .*, not '192.0.2.53'"),
    ("ipv4_address: 192.0.2.256", "ipv4_address must be an address of IPv4, not"),
    ("hang_up: 'no'", "hang_up must be True or False, and YAML has made a text of it"),
    ("hang_up: 1", "hang_up must be True or False, and YAML has made a number of it"),
    ("save_credentials: 'no'", "save_credentials must be True or False, without quotes, or always"),
    (
        "save_credentials: allways",
        "save_credentials must be True or False, without quotes, or always",
    ),
    ("phonebook: 5", "phonebook must be text, and YAML has made a number of it"),
    ("phonebook: work.pbk", r"phonebook must be the full path of a phone book, such as C:\\VPN\\w"),
    ("hangup: True", "there is no argument 'hangup'; did you mean 'hang_up'?"),
    ("phonebook: user", "phonebook must be the full path of a phone book, such as .*; it may be"),
    ("strategy: SstpOnyl", "strategy must be one of .*, not 'SstpOnyl'; did you mean 'SstpOnly'?"),
    ("authentication: [Eep]", "authentication must be .*, but has 'Eep'; did you mean 'Eap'?"),
    ("strategi: Default", "there is no argument 'strategi'; did you mean 'strategy'?"),
    ("xyz: 1", "there is no argument 'xyz'; known are name, phone_number, "),
    ("entry_id: 1", "there is no argument 'entry_id'"),
    ("pre_shared_key: s3cret", "pre_shared_key is no .* winras:credentials:Office VPN:pre_shared_"),
    ("password: {env: VPN}", "password is no argument"),
    ("pasword: s3cret", "there is no argument 'pasword'"),
    ("device_name: WAN", "'Office VPN': device_name 'WAN' is part of several names"),
    ("device_name: None", "608 ERROR_DEVICE_DOES_NOT_EXIST: there is no device 'None'"),
]
# A state, what it says, and what is told.
BAD_ARGUMENTS = [
    ("connected", "tiemout: 5", "there is no argument 'tiemout'; did you mean 'timeout'?"),
    ("connected", "timeout: soon", "timeout must be a number of seconds, 0 or more"),
    ("connected", "timeout: -1", "timeout must be a number of seconds, 0 or more"),
    ("connected", "timeout: .inf", "timeout must be a number of seconds, 0 or more"),
    ("connected", "timeout: True", "timeout must be a number of seconds, 0 or more"),
    ("connected", "use_saved: 'no'", "use_saved must be True or False"),
    ("connected", "credentials: [a]", "credentials must be text, and YAML has made a list"),
    ("connected", "credentials: none", "pillar winras:credentials has no such key"),
    ("connected", "user: ann", "user is no argument"),
    ("connected", "password: s3cret", "password is no argument"),
    ("connected", "phonebook: 'C:\\none.pbk'", "621 ERROR_CANNOT_OPEN_PHONEBOOK: .*none.pbk"),
    ("connected", "phonebook: user", "phonebook must be the full path of a phone book"),
    ("disconnected", "phonebook: user", "phonebook must be the full path of a phone book"),
    ("disconnected", "timout: 5", "there is no argument 'timout'; did you mean 'timeout'?"),
    ("disconnected", "timeout: {a: 1}", "timeout must be a number of seconds, 0 or more"),
    ("disconnected", "name: ''", "name is empty; is a variable not set?"),
    ("entry_absent", "hangup: True", "there is no argument 'hangup'; did you mean 'hang_up'?"),
    ("entry_absent", "hang_up: 'no'", "hang_up must be True or False"),
    (
        "entry_present",
        "name: a/b\n    - phone_number: x",
        "'a/b' cannot be the name of an entry",
    ),
]


@pytest.mark.parametrize("test", [True, False])
def test_what_cannot_be_is_told_and_other_states_run(
    ras: Simulator, minion: Minion, test: bool
) -> None:
    has_own = ("phone_number", "redial_count: 3")
    cases = [
        *(
            (
                "entry_present",
                line if line.startswith(has_own) else f"phone_number: x\n    - {line}",
                told,
            )
            for line, told in BAD_FIELDS
        ),
        *BAD_ARGUMENTS,
    ]
    text = "".join(
        f"state {number}:\n  winras.{state}:\n    - {line}\n"
        + ("" if "name:" in line.split() else "    - name: Office VPN\n")
        for number, (state, line, _) in enumerate(cases)
    )
    *told, last = run(minion, text + "last: test.nop\n", test=test)
    for one, (_, line, problem) in zip(told, cases, strict=True):
        assert re.match(problem, failed(one)), (line, one)
        assert "s3cret" not in one.comment
    assert last.result is True
    assert counted(ras)[1:] == [0] * len(WRITES[1:])  # RasDial finds that a phone book is not there


def test_what_yaml_makes_of_good_fields_is_taken(ras: Simulator, minion: Minion) -> None:
    text = """
Branch VPN:
  winras.entry_present:
    - phone_number: vpn.example.com
    - strategy: Ikev2Only
    - authentication: [Eap]
    - eap_type: 26
    - ipv4_dns:
      - 192.0.2.53
    - alternate_numbers:
      - backup.example.com
    - idle_disconnect: 600
    - ipv4_metric:
    - ipv6_metric: automatic
    - mobike: no
    - hang_up: False
    - phonebook:
"""
    [told] = run(minion, text)
    assert told.changes["ipv4_dns"] == {"old": None, "new": ["192.0.2.53"]}
    entry = Phonebook.all_users().entry("Branch VPN")
    assert (entry.eap_type, entry.mobike, entry.idle_disconnect) == (26, False, 600)
    assert entry.ipv4_dns == (IPv4Address("192.0.2.53"),)
    assert ras.calls("RasSetEntryProperties") == 1
    [told] = run(minion, text)
    assert told.changes == {}


def test_no_field_is_a_word_that_salt_keeps_for_itself() -> None:
    from salt.state import STATE_INTERNAL_KEYWORDS  # noqa: PLC0415

    own = {"phonebook", "credentials", "use_saved", "timeout", "hang_up", "save_credentials"}
    assert not STATE_INTERNAL_KEYWORDS & {*KEYS, *own}


# ---- requisites ----


def test_what_requires_a_state_that_failed_is_not_run(ras: Simulator, minion: Minion) -> None:
    ras.fail("RasSetEntryProperties", 5)
    made, up = run(minion, BRANCH + BRANCH_UP)
    assert failed(made)
    assert failed(up).startswith("One or more requisite failed: tried.branch")
    assert ras.calls("RasDial") == 0


def test_what_is_watched_redials_nothing(ras: Simulator, minion: Minion) -> None:
    assert "mod_watch" not in minion.states()["winras.connected"].__globals__
    office_up(ras)
    text = """
changed: test.succeed_with_changes
Office VPN:
  winras.connected:
    - watch:
      - test: changed
"""
    _, up = run(minion, text)
    assert (up.result, up.changes) == (True, {})
    assert (ras.calls("RasDial"), ras.calls("RasHangUp")) == (0, 0)


# ---- a minion without a master ----


def test_salt_call(minion: Minion, served: Served) -> None:
    minion.configure({"winras.simulator": served.name, "system": {"driver": "env"}})
    credentials = {"user": "ann", "password": "sdb://system/WINRAS_TEST_SECRET"}
    written(
        minion,
        f"{BRANCH}    - save_credentials: True\n{BRANCH_UP}"
        "Office VPN:\n  winras.connected:\n    - parallel: True\n"
        "Home VPN:\n  winras.connected:\n    - parallel: True\n",
        {"credentials": {"Branch VPN": credentials, "Home VPN": credentials}},
    )
    served.do("add_entry", "Home VPN", user="ann", password="another")

    def call(*arguments: str) -> dict[str, tuple[object, object]]:
        told = minion.call(
            "state.apply", "tried", *arguments, environment={"WINRAS_TEST_SECRET": SECRET}
        )
        answered = told[1]
        assert isinstance(answered, dict), told
        assert SECRET not in repr(told)
        assert "691 ERROR_AUTHENTICATION_FAILURE" in repr(answered) or arguments
        return {
            tag.split("_|-")[1]: (one["result"], sorted(one["changes"]))
            for tag, one in answered.items()
        }

    made = sorted([*BRANCH_MADE, "user", "password"])
    foreseen = {
        "branch": (None, made),
        "up": (None, ["state"]),
        "Office VPN": (True, []),
        "Home VPN": (None, ["state"]),
    }
    assert call("test=True") == foreseen
    done = {key: (True, changes) for key, (_, changes) in foreseen.items()}
    assert call() == {**done, "Home VPN": (False, [])}


# ---- the docstrings ----


def examples(text: str) -> list[str]:
    """The YAML of a docstring."""
    found = re.findall(r"\.\. code-block:: yaml\n\n((?:\n| +.*\n)+)", inspect.cleandoc(text) + "\n")
    return [textwrap.dedent(block) for block in found]


def test_each_example_of_the_docstrings_is_run(ras: Simulator, minion: Minion) -> None:
    module = minion.states()["winras.connected"].__globals__
    told = {name: module[name].__doc__ for name in module["__all__"]} | {"": module["__doc__"]}
    ras.add_entry("Home VPN", user="ann", password=SECRET)
    plant = {**ANN, "pre_shared_key": SECRET}
    pillar = {"credentials": {"office": {"user": "ann", "password": SECRET}, "Plant VPN": plant}}
    for name, text in sorted(told.items()):  # entry_absent deletes what disconnected hangs up
        [example] = examples(text)
        assert f"winras.{name}" in example
        if name in ("disconnected", "entry_absent"):
            ras.connect("Office VPN")
        done = run(minion, example, pillar=pillar)
        assert all(one.result and one.changes for one in done), (name, done)
        again = run(minion, example, pillar=pillar)
        assert all(one.result and not one.changes for one in again), (name, again)
