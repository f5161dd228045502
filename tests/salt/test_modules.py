"""The execution module, as Salt's loader has it."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import json_forms
from minions import Minion, Served
from patience import HANG
from winras.cli import main
from winras.testing import Simulator

OFFICE = "Office VPN"
SECRET = "hunter2-and-more"  # noqa: S105

SCENARIO = """
[[entry]]
name = "Office VPN"
phone_number = "vpn.example.com"
ipv4_address = "10.8.0.17"
remote_endpoint = "203.0.113.7"
connected = true

[[entry]]
name = "Branch VPN"
device_name = "WAN Miniport (SSTP)"
connected = true

[[entry]]
name = "Home VPN"
user = "ann"
password = "hunter2-and-more"
"""


@pytest.fixture
def auto() -> Iterator[Simulator]:
    """A simulated RAS whose waits take no time, with an entry that needs a password."""
    with Simulator(clock="auto") as simulator:
        simulator.add_entry(OFFICE, user="ann", password=SECRET)
        yield simulator


def refused(call: Callable[..., object], *arguments: object, **keywords: object) -> str:
    """What the error of Salt says with which it ends."""
    from salt.exceptions import CommandExecutionError  # noqa: PLC0415

    with pytest.raises(CommandExecutionError) as raised:
        call(*arguments, **keywords)
    return str(raised.value)


def misused(call: Callable[..., object], *arguments: object, **keywords: object) -> str:
    from salt.exceptions import SaltInvocationError  # noqa: PLC0415

    with pytest.raises(SaltInvocationError) as raised:
        call(*arguments, **keywords)
    return str(raised.value)


# ---- values ----

# What two questions, or two services that play the same scenario, may answer differently.
UNLIKE = {"correlation_id", "entry_id", "luid"}


def assert_same(one: Any, other: Any, at: str = "$") -> None:  # noqa: ANN401
    """Both are the same but for what is measured."""
    if isinstance(one, dict):
        assert list(one) == list(other), at
        for key, value in one.items():
            if key == "since" and value is not None:
                moments = [datetime.fromisoformat(text) for text in (value, other[key])]
                assert abs(moments[0] - moments[1]) < timedelta(seconds=HANG), at
            elif key in ("seconds", "connected_seconds"):
                assert value >= 0, at
                assert other[key] >= 0, at
            elif key not in UNLIKE:
                assert_same(value, other[key], f"{at}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), at
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{at}[{number}]")
    else:
        assert type(one) is type(other), at
        assert one == other, at


@pytest.mark.parametrize(
    ("form", "command", "function", "arguments", "keywords"),
    [
        ("list", "list", "list_", [], {}),
        ("status", "status", "status", [OFFICE], {}),
        ("status", "status", "status", ["home vpn"], {}),  # down
        ("stats", "stats", "statistics", ["Branch VPN"], {}),
        ("entries", "entries", "entries", [], {}),
        ("doctor", "doctor", "doctor", [], {}),
        ("doctor", "doctor --names", "doctor", [], {"names": True}),
        ("hangup", "hangup", "hang_up", [OFFICE, "Branch VPN"], {}),
        ("hangup", "hangup", "hang_up", ["Nobody", OFFICE, "Home VPN"], {}),
        ("hangup", "hangup --timeout 0", "hang_up", [OFFICE], {"timeout": 0}),
        ("hangup", "hangup --one-reference", "hang_up", [OFFICE], {"one_reference": True}),
        ("dial", "dial", "dial", ["Home VPN"], {}),
        ("dial", "dial", "dial", [OFFICE], {}),  # up already
    ],
)
def test_values_and_retcodes_are_those_of_the_command_line(  # noqa: PLR0917  the parameters
    tmp_path: Path,
    minion: Minion,
    capsys: pytest.CaptureFixture[str],
    form: str,
    command: str,
    function: str,
    arguments: list[str],
    keywords: dict[str, Any],
) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(SCENARIO, encoding="utf-8")
    with Served(scenario=file) as here, Served(scenario=file) as there:
        for service in (here, there):
            service.do("save_credentials", "Home VPN", "ann", SECRET)
        code = main(["--join", here.name, *command.split(), *arguments, "--json"])
        [printed] = json_forms.check(form, capsys.readouterr().out)
        functions = minion.functions(**{"winras.simulator": there.name})
        answer = functions[f"winras.{function}"](*arguments, **keywords)
        retcode = functions.pack["__context__"].get("retcode", 0)
    assert json.loads(json.dumps(answer)) == answer  # plain values, for any returner of Salt
    assert_same(answer, printed)
    # That an entry is down is what was asked, and no failed job.
    assert retcode == (0 if function == "status" else code)


def test_a_mistyped_name_is_told_as_anywhere(auto: Simulator, minion: Minion) -> None:
    auto.connect(OFFICE)
    functions = minion.functions()
    for name in ("status", "hang_up", "statistics"):
        told = refused(functions[f"winras.{name}"], "Ofice VPN")
        assert told.startswith("668 ERROR_NO_CONNECTION:")
        assert "did you mean 'Office VPN'?" in told
    assert "did you mean 'Office VPN'?" in refused(functions["winras.dial"], "Ofice VPN")


def test_a_doctor_who_finds_something_fails_the_job(auto: Simulator, minion: Minion) -> None:
    functions = minion.functions()
    assert functions["winras.doctor"]()["findings"] == []
    assert functions.pack["__context__"].get("retcode", 0) == 0
    auto.fail("RasEnumConnections", 5)
    assert functions["winras.doctor"]()["findings"]
    assert functions.pack["__context__"]["retcode"] == 1


def test_the_phone_book_can_be_said(auto: Simulator, minion: Minion) -> None:
    book = r"C:\more.pbk"
    for phonebook in (None, book):
        auto.add_entry("Two", **({"phonebook": phonebook} if phonebook else {}))
        auto.connect("Two", **({"phonebook": phonebook} if phonebook else {}))
    functions = minion.functions()
    assert book in refused(functions["winras.status"], "Two")
    assert functions["winras.status"]("Two", phonebook=book)["phonebook"] == book
    assert functions["winras.statistics"]("Two", book)["name"] == "Two"
    assert functions["winras.entries"](book) == [
        {"name": "Two", "phonebook": book, "all_users": False}
    ]
    [row] = functions["winras.hang_up"]("Two", phonebook=book)
    assert row["gone"] is True
    assert functions["winras.status"]("Two", phonebook=book)["state"] == "Disconnected"
    assert functions["winras.dial"]("Two", phonebook=book)["phonebook"] == book
    assert len(functions["winras.list_"]()) == 2


def test_what_is_up_is_dialled_once_more(auto: Simulator, minion: Minion) -> None:
    """As by ``winras dial``: RAS counts references."""
    functions = minion.functions()
    auto.connect(OFFICE)
    handle = functions["winras.dial"](OFFICE)["handle"]
    assert functions["winras.hang_up"](OFFICE, one_reference=True)[0]["gone"] is False
    assert functions["winras.status"](OFFICE)["handle"] == handle
    assert functions["winras.hang_up"](OFFICE)[0]["gone"] is True


def test_a_number_is_dialled(auto: Simulator, minion: Minion) -> None:
    functions = minion.functions()
    auto.add_entry(phone_number="0301234", device_type="modem")
    assert functions["winras.dial"]("", phone_number="0301234")["name"] == ".0301234"


# ---- arguments ----


@pytest.mark.parametrize(
    ("function", "arguments", "keywords", "told"),
    [
        ("status", [123], {}, "name must be text, and YAML has made a number of it: quote it"),
        ("status", [True], {}, "name must be text, and YAML has made a truth value of it"),
        ("status", [None], {}, "name must be text, and YAML has made nothing of it"),
        ("status", [[OFFICE]], {}, "name must be text, and YAML has made a list of it"),
        ("status", [{"a": 1}], {}, "name must be text, and YAML has made a mapping of it"),
        ("status", [""], {}, "name is empty; is a variable not set?"),
        ("status", [OFFICE, 5], {}, "phonebook must be text"),
        ("statistics", [" "], {}, "name is empty"),
        ("entries", [""], {}, "phonebook is empty"),
        ("hang_up", [], {}, "give the name of one connection or more"),
        ("hang_up", [OFFICE, 7], {}, "name must be text"),
        ("hang_up", [OFFICE], {"timeout": "soon"}, "timeout must be a number of seconds"),
        ("hang_up", [OFFICE], {"timeout": -1}, "timeout must be a number of seconds, 0 or more"),
        ("hang_up", [OFFICE], {"timeout": True}, "timeout must be a number of seconds"),
        ("hang_up", [OFFICE], {"timeout": "inf"}, "timeout must be a number of seconds"),
        ("hang_up", [OFFICE], {"timeout": 10**400}, "timeout must be a number of seconds"),
        ("hang_up", [OFFICE], {"one_reference": "no"}, "one_reference must be True or False"),
        (
            "hang_up",
            [OFFICE],
            {"password": SECRET},
            "password is no argument, because the job cache keeps what a function is given",
        ),
        ("dial", [""], {}, "name is empty"),
        ("dial", [OFFICE], {"phone_number": 5550100}, "phone_number must be text"),
        ("dial", [OFFICE], {"use_saved": "no"}, "use_saved must be True or False"),
        ("dial", [OFFICE], {"credentials": 5}, "credentials must be text"),
        ("dial", [OFFICE], {"credentials": {"password": SECRET}}, "credentials must be text"),
        ("dial", ["x" * 257], {}, "entry must have at most 256 characters of UTF-16"),
        ("doctor", ["yes"], {}, "names must be True or False"),
    ],
)
def test_wrong_arguments_say_what_to_do(  # noqa: PLR0917  the parameters
    auto: Simulator,
    minion: Minion,
    function: str,
    arguments: list[Any],
    keywords: dict[str, Any],
    told: str,
) -> None:
    problem = misused(minion.functions()[f"winras.{function}"], *arguments, **keywords)
    assert problem.startswith(told)
    assert SECRET not in problem
    assert not auto.calls("RasDial")
    assert not auto.calls("RasHangUp")


def test_seconds_may_be_in_quotes(auto: Simulator, minion: Minion) -> None:
    functions = minion.functions()
    auto.connect(OFFICE)
    assert functions["winras.hang_up"](OFFICE, timeout="30")[0]["gone"] is True


# ---- credentials ----


def pillar(**record: object) -> dict[str, object]:
    return {"winras": {"credentials": {OFFICE: record}}}


@pytest.mark.usefixtures("auto")
def test_pillar_says_who_dials(minion: Minion) -> None:
    functions = minion.functions(pillar(user="ann", password=SECRET))
    assert functions["winras.dial"](OFFICE)["state"] == "Connected"


@pytest.mark.parametrize("spelled", ["OFFICE vpn", 'Office "VPN": A'])
def test_pillar_names_entries_as_ras_does(auto: Simulator, minion: Minion, spelled: str) -> None:
    auto.add_entry('Office "VPN": A', user="ann", password=SECRET)
    records = {spelled: {"user": "ann", "password": SECRET}}
    functions = minion.functions({"winras": {"credentials": records}})
    name = OFFICE if spelled.startswith("OFFICE") else spelled
    assert functions["winras.dial"](name)["state"] == "Connected"


@pytest.mark.usefixtures("auto")
def test_of_two_spellings_the_exact_one_counts(minion: Minion) -> None:
    records = {
        "OFFICE VPN": {"user": "ann", "password": "wrong"},
        OFFICE: {"user": "ann", "password": SECRET},
    }
    functions = minion.functions({"winras": {"credentials": records}})
    assert functions["winras.dial"](OFFICE)["state"] == "Connected"


def test_an_entry_whose_name_is_a_number_in_yaml_is_found(auto: Simulator, minion: Minion) -> None:
    auto.add_entry("123", user="ann", password=SECRET)
    records = {123: {"user": "ann", "password": SECRET}}
    functions = minion.functions({"winras": {"credentials": records}})
    assert functions["winras.dial"]("123")["state"] == "Connected"


def test_other_credentials_can_be_named(auto: Simulator, minion: Minion) -> None:
    records = {
        OFFICE: {"user": "ann", "password": "wrong"},
        "for tests": {"user": "ann", "password": SECRET, "domain": "CORP"},
    }
    auto.add_entry("Branch VPN", user="ann", password=SECRET, domain="CORP")
    functions = minion.functions({"winras": {"credentials": records}})
    assert "691" in refused(functions["winras.dial"], OFFICE)
    assert functions["winras.dial"]("Branch VPN", credentials="for tests")["state"] == "Connected"
    told = refused(functions["winras.dial"], OFFICE, credentials="for test")
    assert told == (
        "pillar winras:credentials has no such key as credentials says; there are Office VPN, "
        "for tests; never give a password instead: what a function is given stays in the job cache"
    )


def test_a_password_as_an_argument_is_refused_and_not_repeated(
    auto: Simulator, minion: Minion
) -> None:
    dial = minion.functions()["winras.dial"]
    for how, arguments, named, says in (
        (refused, (OFFICE, None, SECRET), {}, "never give a password"),
        (misused, (OFFICE,), {"user": "ann", "password": SECRET}, "put it into pillar"),
        (misused, (OFFICE,), {"passwort": SECRET}, "there is no argument passwort"),
    ):
        told = how(dial, *arguments, **named)
        assert says in told
        assert SECRET not in told
    assert auto.calls("RasDial") == 0


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"winras": None},
        {"winras": {}},
        {"winras": {"credentials": None}},
        {"winras": {"credentials": {"Other": {"user": "bob"}}}},
        {"winras": {"credentials": {OFFICE: {"pre_shared_key": "sdb://nowhere/key"}}}},
    ],
)
def test_without_pillar_the_saved_ones_dial(
    auto: Simulator, minion: Minion, given: dict[str, object]
) -> None:
    functions = minion.functions(given)
    assert "No user name and password are saved" in refused(functions["winras.dial"], OFFICE)
    auto.save_credentials(OFFICE, "ann", SECRET)
    assert functions["winras.dial"](OFFICE)["state"] == "Connected"
    functions["winras.hang_up"](OFFICE)
    assert "691" in refused(functions["winras.dial"], OFFICE, use_saved=False)


VAULT = {"vault": {"driver": "env"}}


@pytest.mark.usefixtures("auto")
def test_sdb_gives_what_pillar_names(minion: Minion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("office_user", "ann")
    monkeypatch.setenv("office_password", SECRET)
    given = pillar(user="sdb://vault/office_user", password="sdb://vault/office_password")
    # The profile may be in the minion's file or in pillar.
    for functions in (minion.functions(given, **VAULT), minion.functions({**given, **VAULT})):
        assert functions["winras.dial"](OFFICE)["state"] == "Connected"


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ("ann", "pillar winras:credentials:Office VPN must be a mapping with user, domain"),
        ({"user": "ann"}, "pillar winras:credentials:Office VPN has no password"),
        ({"password": SECRET}, "pillar winras:credentials:Office VPN has no user"),
        ({"domain": "CORP"}, "pillar winras:credentials:Office VPN has no user"),
        (
            {"user": "ann", "passwort": SECRET},
            "pillar winras:credentials:Office VPN has a key that is none of user, domain, password",
        ),
        (
            {"user": "ann", f"password:{SECRET}": None},
            "pillar winras:credentials:Office VPN has a key that is none of user, domain, password",
        ),
        (
            {"user": "ann", "password": 12345678},
            "pillar winras:credentials:Office VPN:password is no text, but a number: put it in",
        ),
        (
            {"user": "ann", "password": None},
            "pillar winras:credentials:Office VPN:password is no text, but nothing",
        ),
        (
            {"user": "ann", "password": ""},
            "pillar winras:credentials:Office VPN:password is empty",
        ),
        (
            {"user": "ann", "password": f"{SECRET}\n"},
            "pillar winras:credentials:Office VPN:password has a line break",
        ),
        (
            {"user": "ann", "password": "sdb://vault/with_line_break"},
            "sdb profile 'vault' (pillar winras:credentials:Office VPN:password) has a line break",
        ),
        (
            {"user": "ann", "password": "**********"},
            "pillar winras:credentials:Office VPN:password is masked",
        ),
        (
            {"user": "ann", "password": SECRET * 20},
            "pillar winras:credentials:Office VPN: password must have at most 256 characters",
        ),
        (
            {"user": "ann", "password": "sdb://nowhere/office"},
            "sdb profile 'nowhere' (pillar winras:credentials:Office VPN:password) does not give",
        ),
        (
            {"user": "ann", "password": "sdb://vault/not_there"},
            "sdb profile 'vault' (pillar winras:credentials:Office VPN:password) does not give",
        ),
        (
            {"user": "ann", "password": "sdb://vault"},
            "sdb profile 'vault' (pillar winras:credentials:Office VPN:password) does not give",
        ),
        (
            {"user": "ann", "password": " SDB://vault/office_password"},
            "sdb profile 'vault' (pillar winras:credentials:Office VPN:password) does not give",
        ),
        (
            {"user": "ann", "password": "sdb://broken/office"},
            "sdb profile 'broken' (pillar winras:credentials:Office VPN:password) does not answer",
        ),
    ],
)
def test_credentials_that_cannot_be_had_dial_nothing(
    auto: Simulator,
    minion: Minion,
    monkeypatch: pytest.MonkeyPatch,
    record: object,
    told: str,
) -> None:
    monkeypatch.setenv("with_line_break", f"{SECRET}\r\n")
    auto.save_credentials(OFFICE, "ann", SECRET)  # which must not be used instead
    given = {"winras": {"credentials": {OFFICE: record}}}
    functions = minion.functions(given, **VAULT, broken={"driver": "no_such_driver"})
    problem = refused(functions["winras.dial"], OFFICE)
    assert problem.startswith(told)
    assert SECRET not in problem
    assert "12345678" not in problem
    assert not auto.calls("RasDial")


def test_a_pillar_with_errors_may_lack_who_dials_so_nothing_is_dialled(
    auto: Simulator, minion: Minion
) -> None:
    auto.save_credentials(OFFICE, "ann", SECRET)
    errors = {"_errors": [f"Rendering SLS 'vpn' failed: {SECRET}"]}
    problem = refused(minion.functions(errors)["winras.dial"], OFFICE)
    assert problem.startswith("pillar winras:credentials has nothing for 'Office VPN', but")
    assert SECRET not in problem
    assert not auto.calls("RasDial")
    given = {**pillar(user="ann", password=SECRET), **errors}
    assert minion.functions(given)["winras.dial"](OFFICE)["state"] == "Connected"


@pytest.mark.usefixtures("auto")
def test_a_key_that_yaml_made_a_number_is_found(minion: Minion) -> None:
    given = {"winras": {"credentials": {7: {"user": "ann", "password": SECRET}}}}
    dial = minion.functions(given)["winras.dial"]
    assert dial(OFFICE, credentials="7")["state"] == "Connected"


@pytest.mark.usefixtures("auto")
def test_credentials_that_are_no_mapping_are_refused(minion: Minion) -> None:
    functions = minion.functions({"winras": {"credentials": [OFFICE]}})
    told = "pillar winras:credentials must be a mapping of entries, and is a list"
    assert refused(functions["winras.dial"], OFFICE) == told


def test_what_a_driver_of_sdb_says_when_it_fails_is_not_told() -> None:
    """It may have the secret in it."""
    from winras.salt import _credentials  # noqa: PLC0415

    def fail(*_arguments: object) -> object:
        raise ValueError(f"cannot decode {SECRET}")

    given = pillar(user="ann", password="sdb://vault/office")["winras"]
    functions = {"pillar.raw": {"winras": given}.get, "sdb.get": fail}
    told = refused(_credentials.credentials_of, functions, OFFICE, None)
    assert told.endswith("does not answer: ValueError")


def test_a_key_and_no_password_is_nothing_to_dial_with(minion: Minion) -> None:
    from winras.salt import _credentials  # noqa: PLC0415

    functions = minion.functions(pillar(pre_shared_key="sdb://nowhere/key"))
    assert _credentials.credentials_of(functions, OFFICE, None) is None
    assert "has no user" in refused(_credentials.credentials_of, functions, OFFICE, OFFICE)


# ---- which RAS ----


@pytest.mark.usefixtures("without_ras")
def test_without_ras_there_are_no_functions_and_salt_says_why(minion: Minion) -> None:
    functions = minion.functions()
    with pytest.raises(KeyError):
        functions["winras.list_"]
    why = functions.missing_fun_string("winras.list_")
    assert "this system has no Windows Remote Access Service" in why
    assert "winras.simulator: NAME" in why
    assert "winras simulate SCENARIO.toml --name NAME" in why


def test_whether_there_is_ras_is_found_without_asking_it(auto: Simulator, minion: Minion) -> None:
    auto.set_service("stopped")
    assert "winras.list_" in minion.functions()
    assert len(auto.calls) == 0


def test_a_simulated_service_may_begin_later_end_and_come_again(minion: Minion) -> None:
    name = f"salt-later-{os.getpid()}"
    functions = minion.functions(**{"winras.simulator": name})
    for _ in range(2):
        told = refused(functions["winras.list_"])
        assert told.startswith(f"the minion option winras.simulator is '{name}': no simulated")
        assert "winras simulate SCENARIO.toml --name NAME" in told
        with Served(name) as service:
            assert functions["winras.list_"]() == []
            service.do("add_entry", OFFICE)
            service.do("connect", OFFICE)
            assert len(functions["winras.list_"]()) == 1


def test_a_hang_up_that_is_not_over_yet_is_finished_before_the_minion_leaves(
    minion: Minion, served: Served
) -> None:
    """As by the command line: a client that leaves too soon leaves the port stuck."""
    served.do("add_entry", "Slow VPN", hang_up_seconds=0.3)
    served.do("connect", "Slow VPN")
    functions = minion.functions(**{"winras.simulator": served.name})
    [row] = functions["winras.hang_up"]("Slow VPN", timeout=0)
    assert row["error"]["code"] == 1460
    assert functions["winras.status"]("Slow VPN")["state"] == "Disconnected"
    assert functions["winras.dial"]("Slow VPN")["state"] == "Connected"


@pytest.mark.parametrize("name", ["a/b", 5, "", ["x"], "x" * 65])
def test_a_name_that_cannot_be_served_is_told(minion: Minion, name: object) -> None:
    functions = minion.functions(**{"winras.simulator": name})
    assert "winras.simulator" in refused(functions["winras.list_"])


def test_a_service_that_comes_again_is_joined_although_others_use_the_old_one(
    minion: Minion,
) -> None:
    """As the beacon's watch does, which waits all the time."""
    from winras import watch  # noqa: PLC0415
    from winras.salt import _minion  # noqa: PLC0415

    name = f"salt-again-{os.getpid()}"
    functions = minion.functions(**{"winras.simulator": name})
    options = {"winras.simulator": name}
    watching, may_end = threading.Event(), threading.Event()

    def keep_watching() -> None:
        with _minion.ras(options), watch() as events:
            watching.set()
            may_end.wait(HANG)
            for _ in events:
                pass

    with ThreadPoolExecutor(1) as threads:
        with Served(name):
            watcher = threads.submit(keep_watching)
            assert watching.wait(HANG)
            assert functions["winras.list_"]() == []
        assert "no simulated service" in refused(functions["winras.list_"])
        with Served(name) as service:
            service.do("add_entry", OFFICE)
            service.do("connect", OFFICE)
            assert len(functions["winras.list_"]()) == 1
            may_end.set()
            assert refused(watcher.result, HANG) == f"the simulated service '{name}' has ended"
            assert len(functions["winras.list_"]()) == 1


def test_jobs_in_threads_share_what_is_joined(minion: Minion, served: Served) -> None:
    """As with the minion option ``multiprocessing: False``."""
    for number in range(4):
        served.do("add_entry", f"VPN {number}")
    options = {"winras.simulator": served.name, "multiprocessing": False}
    jobs = 8
    begin = threading.Barrier(jobs)

    def job(number: int) -> None:
        # Each job of a minion has its own loader.
        functions = minion.functions(**options)
        begin.wait(HANG)
        for _ in range(5):
            if number < 4:
                name = f"VPN {number}"
                assert functions["winras.dial"](name)["name"] == name
                assert functions["winras.hang_up"](name)[0]["gone"] is True
            else:
                assert OFFICE in [row["name"] for row in functions["winras.list_"]()]
                assert functions["winras.status"](OFFICE)["state"] == "Connected"

    with ThreadPoolExecutor(jobs) as threads:
        for done in [threads.submit(job, number) for number in range(jobs)]:
            done.result(HANG)
    from winras.salt import _minion  # noqa: PLC0415

    assert _minion._joining._joined is None


def test_a_process_joins_one_service_at_a_time(minion: Minion, served: Served) -> None:
    from winras.salt import _minion  # noqa: PLC0415

    functions = minion.functions(**{"winras.simulator": served.name})
    with Served() as other, _minion.ras({"winras.simulator": other.name}):
        told = refused(functions["winras.list_"])
    assert told.startswith(f"this process uses the simulated service '{other.name}' just now")
    assert len(functions["winras.list_"]()) == 1


def end_as_child(is_right: Callable[[], bool]) -> None:
    """End this process, with 0 if it is."""
    signal.alarm(int(HANG))
    code = 1
    try:
        code = 0 if is_right() else 2
    finally:
        os._exit(code)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork()")
def test_a_forked_job_joins_for_itself(minion: Minion, served: Served) -> None:
    """Also if the minion's process has joined, and another thread of it was about to."""
    from winras.salt import _minion  # noqa: PLC0415

    options = {"winras.simulator": served.name}
    functions = minion.functions(**options)
    with _minion.ras(options):
        before = functions["winras.list_"]()
        assert len(before) == 1
        with _minion._joining._lock:
            child = os.fork()
            if not child:
                end_as_child(lambda: functions["winras.list_"]() == before)
        assert os.waitpid(child, 0)[1] == 0
        assert functions["winras.list_"]() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork()")
def test_a_child_that_leaves_the_block_in_which_it_was_forked_changes_nothing(
    minion: Minion, served: Served
) -> None:
    from winras.salt import _minion  # noqa: PLC0415

    options = {"winras.simulator": served.name}
    functions = minion.functions(**options)
    with _minion.ras(options):
        child = os.fork()
    if not child:
        end_as_child(lambda: len(functions["winras.list_"]()) == 1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(functions["winras.list_"]()) == 1


# ---- salt-call ----


def test_salt_call_gives_names_and_keywords(tmp_path: Path, served: Served) -> None:
    caller = Minion(tmp_path, {"winras.simulator": served.name})
    keywords = ("timeout=10", "one_reference=True")
    code, told, _ = caller.call(
        "--retcode-passthrough", "winras.hang_up", OFFICE, "Nobody", *keywords
    )
    assert [row["error"] and row["error"]["code"] for row in told] == [None, 668]
    assert code == 3, "as that of winras hangup"
    code, _, logged = caller.call("winras.hang_up", "123")
    assert code != 0
    assert "name must be text, and YAML has made a number of it" in logged


def test_no_secret_is_in_an_answer_or_a_log(tmp_path: Path, served: Served) -> None:
    served.do("add_entry", "Home VPN", user="ann", password="another")
    served.do("add_entry", "Good VPN", user="ann", password=SECRET)
    caller = Minion(tmp_path, {"winras.simulator": served.name, **VAULT})
    (tmp_path / "pillar" / "top.sls").write_text("base: {'*': [secrets]}")
    secrets = {
        "winras": {
            "credentials": {
                "Good VPN": {"user": "ann", "password": "sdb://vault/office_password"},
                "Home VPN": {"user": "ann", "password": "sdb://vault/office_password"},
            }
        }
    }
    (tmp_path / "pillar" / "secrets.sls").write_text(json.dumps(secrets))
    environment = {"office_password": SECRET}
    for name, wanted in (("Good VPN", 0), ("Home VPN", 1)):
        code, told, logged = caller.call("-l", "all", "winras.dial", name, environment=environment)
        assert (code != 0) == bool(wanted), told
        assert len(logged) > 1000
        assert SECRET not in json.dumps(told)
        assert SECRET not in logged
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes(), file


def test_a_name_that_salt_could_not_send_is_escaped(minion: Minion, auto: Simulator) -> None:
    import salt.payload  # noqa: PLC0415

    odd = "Odd \ud800 VPN"
    auto.add_entry(odd)
    auto.connect(odd)
    functions = minion.functions()
    answers = [
        functions["winras.list_"](),
        functions["winras.status"](odd),
        functions["winras.entries"](),
        functions["winras.statistics"](odd),
        functions["winras.doctor"](names=True),
        minion.states()["winras.connected"](odd),
        functions["winras.hang_up"](odd),
        functions["winras.dial"](odd),
        minion.states()["winras.disconnected"](odd),
    ]
    for answer in answers:
        assert salt.payload.loads(salt.payload.dumps(answer)) == answer
    assert {row["name"] for row in answers[0]} == {r"Odd \ud800 VPN"}
