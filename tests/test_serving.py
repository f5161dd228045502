"""One simulated service for several processes: in Python, in pytest and on the command line."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import winras
import winras.testing
from json_forms import check
from patience import HANG
from winras import ConnectionSubstate
from winras.testing import DEFAULT_PHONEBOOK, DialStep, SimulationError, Simulator, join

ROOT = Path(__file__).parents[1]
OFFICE = str(ROOT / "examples/office.toml")
WINRAS = (sys.executable, "-m", "winras")


@pytest.fixture(autouse=True)
def _own_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that no other process of this user has; Windows has one place for all."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def run(*arguments: str, code: int = 0) -> str:
    """Run the command in a process of its own, and give what it prints."""
    done = subprocess.run(
        [*WINRAS, *arguments], capture_output=True, text=True, timeout=HANG, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def python(code: str, *arguments: str) -> str:
    """Run Python code in a process of its own, and give what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def held(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """``winras simulate`` in a process of its own, once others can join."""
    command = [*WINRAS, "simulate", *arguments, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert json.loads(process.stdout.readline())["what"] == "served"
            yield process
        finally:
            process.kill()


# ---- Python ----


def test_another_process_sees_and_changes_the_same_connections() -> None:
    with Simulator(clock=50) as ras:
        ras.add_entry("Office VPN", hang_up_seconds=2.0)
        ras.connect("Office VPN")
        ras.serve()
        told = python(
            "import sys, winras, winras.testing\n"
            "with winras.testing.join(sys.argv[1]) as ras:\n"
            "    [one] = winras.connections()\n"
            "    one.hang_up()\n"
            "    ras.assert_gone('Office VPN')\n"
            "    print(one.name, one.handle, ras.calls('RasHangUp'))\n",
            ras.name,
        )
        assert told == f"Office VPN {ras.history[0].handle} 1\n"
        ras.assert_gone("Office VPN")
        assert [change.what for change in ras.history][-2:] == ["disconnected", "gone"]
        assert ras.calls("RasHangUp") == 1


def test_a_block_serves_and_its_end_ends_that() -> None:
    with Simulator(scenario=OFFICE).serve("office") as ras:
        assert ras.name == "office"
        assert ras.environment() == {**os.environ, "WINRAS_SIMULATOR": "office"}
        assert "Office VPN" in run("--join", "office", "list")
    assert "'office'" in run("--join", "office", "list", code=5)
    with Simulator().serve("office") as ras:
        assert ras.connections == []


def test_serving_ends_with_its_own_block_too() -> None:
    with Simulator() as ras:
        with ras.serve("first"):
            run("--join", "first", "list")
        run("--join", "first", "list", code=5)
        with pytest.raises(RuntimeError, match=r"call serve\(\)"):
            ras.environment()
        ras.serve("second")
        run("--join", "second", "list")


def test_a_name_of_its_own_is_one_that_nobody_else_has() -> None:
    with Simulator() as ras:
        ras.serve()
        first = ras.name
    with Simulator() as ras, ras.serve():
        assert ras.name != first


@pytest.mark.parametrize("clock", ["manual", "auto"])
def test_a_clock_that_others_could_not_move_is_refused(clock: str) -> None:
    ras = Simulator(clock=clock)
    with pytest.raises(ValueError, match=rf'clock="{clock}" cannot be served.*clock=50'):
        ras.serve()
    with ras, pytest.raises(ValueError, match="choose a clock that runs by itself"):
        ras.serve()


@pytest.mark.parametrize("name", ["", "a b", "a/b", "..", "B\u00fcro", "a\0b", "a" * 65])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with Simulator() as ras, pytest.raises(ValueError, match="name must be 1 to 64"):
        ras.serve(name)
    with pytest.raises(ValueError, match="name must be 1 to 64"), join(name):
        pass


def test_a_name_must_be_a_text() -> None:
    with Simulator() as ras, pytest.raises(TypeError, match="name must be str, not int"):
        ras.serve(1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="name must be str, not int"):
        join(1)  # type: ignore[arg-type]


def test_a_name_is_served_once() -> None:
    with held(OFFICE, "--name", "office"):
        with Simulator() as ras:
            with pytest.raises(FileExistsError, match="choose another name"):
                ras.serve("office")
            ras.serve("another")
            with pytest.raises(RuntimeError, match="already served by the name 'another'"):
                ras.serve("third")
        with pytest.raises(FileExistsError), Simulator().serve("office"):
            pass
        with Simulator():
            pass  # that one has ended


@pytest.mark.skipif(sys.platform == "win32", reason="this system has a RAS of its own")
def test_nothing_joins_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(scenario=OFFICE).serve() as ras:
        monkeypatch.setenv("WINRAS_SIMULATOR", ras.name)
        assert "rasapi32.dll" in run("list", code=5)
        assert len(ras.calls) == 0


def test_nobody_can_join_what_nobody_serves() -> None:
    with pytest.raises(FileNotFoundError, match=r"winras simulate SCENARIO\.toml"), join("nobody"):
        pass


def test_a_process_has_one_service() -> None:
    with held(OFFICE, "--name", "office"):
        with Simulator(), pytest.raises(RuntimeError, match="already active"), join("office"):
            pass
        with join("office") as ras:
            with pytest.raises(RuntimeError, match="already active"), Simulator():
                pass
            with pytest.raises(RuntimeError, match="already active"), join("office"):
                pass
            with pytest.raises(RuntimeError, match="let others join 'office'"):
                ras.serve("another")
            assert ras.name == "office"
            assert winras.connections()[0].name == "Office VPN"
        with Simulator() as ras:
            assert ras.connections == []


def test_what_can_be_done_here_can_be_done_from_afar() -> None:
    progress: list[winras.DialProgress] = []
    with held(OFFICE, "--name", "office", "--speed", "100"), join("office") as ras:
        ras.add_entry("A", user="ann", password="secret", hang_up_seconds=1.0, sub_entries=2)
        ras.save_credentials("A", "ann", "secret")
        ras.set_dial_script("A", [DialStep(winras.ConnectionState.Authenticate, 0.5)])
        ras.set_devices([("vpn", "WAN Miniport (SSTP)")])
        handle = ras.connect("A", dial_seconds=0.0)
        assert handle
        assert winras.wait_for("A").handle == handle
        assert ras.add_link("A") == 2
        ras.remove_link("A", link=2)
        ras.set_substate("A", ConnectionSubstate.Dormant)
        ras.transfer("A", sent=5, received=7)
        ras.set_traffic("A", sent=1)
        assert winras.get_connection("A").statistics().bytes_received == 7
        ras.quirks.add("no-events")
        assert set(ras.quirks) == {"no-events"}
        ras.quirks.discard("no-events")
        ras.fail("RasHangUp", 753)
        with pytest.raises(winras.RasError, match="753"):
            winras.get_connection("A").hang_up()
        ras.delay("RasEnumConnections", 0.25)
        before = ras.now
        assert {one.name for one in winras.connections()} >= {"A", "Office VPN"}
        assert ras.now - before >= 0.25
        ras.write_event("<Event/>")
        assert winras.dial("Home VPN", on_progress=progress.append).name == "Home VPN"
        assert [str(one.state) for one in progress][-1] == "Connected"
        ras.set_service("stopped")
        assert [one.name for one in ras.connections] == []
        ras.set_service("running")
        ras.stop_service(711, at=ras.now + 1e6)
        ras.assert_gone("A")
        with pytest.raises(SimulationError, match="has no connection; this has happened"):
            ras.assert_connected("A")
        with pytest.raises(winras.NotConnectedError, match="it is not connected"):
            ras.drop("A")
        with pytest.raises(winras.EntryNotFoundError, match="did you mean 'Home VPN'"):
            ras.connect("Hme VPN")
        ras.assert_called("RasHangUp")
        assert ras.calls[-1].function != ""
        ras.fail("RasHangUp", 753)
        with pytest.raises(SimulationError, match="was to fail 1 more time"):
            ras.check_leftovers()


def test_a_served_clock_moves_by_itself() -> None:
    with held(OFFICE, "--name", "office", "--speed", "100"), join("office") as ras:
        with pytest.raises(RuntimeError, match="time moves by itself"):
            ras.advance(1.0)
        first = ras.now
        ras.sleep(5.0)
        assert ras.now >= first + 5.0
        with ThreadPoolExecutor() as threads:
            event = threads.submit(lambda: winras.wait_for("ISDN", timeout=1e6))
            ras.wait_blocked()
            ras.connect("ISDN")
            assert event.result().name == "ISDN"


def test_of_a_service_that_has_gone_nothing_can_be_told() -> None:
    with held(OFFICE, "--name", "office") as process, join("office") as ras:
        assert ras.connections[0].name == "Office VPN"
        process.kill()
        process.wait()
        for asked in (
            winras.connections,
            lambda: ras.connections,
            lambda: len(ras.history),
            lambda: ras.calls("RasHangUp"),
            lambda: list(ras.quirks),
            lambda: ras.quirks.add("no-events"),
            lambda: ras.drop("Office VPN"),
            lambda: ras.assert_gone("Office VPN"),
            lambda: ras.fail("RasHangUp", 753),
            ras.start_service,
            ras.check_leftovers,
        ):
            with pytest.raises(winras.RasError) as caught:
                asked()
            assert caught.value.code == 1722
    with Simulator() as ras:
        assert ras.connections == []


# ---- the command ----


def test_a_service_tells_what_happens_to_its_connections() -> None:
    with held(OFFICE, "--speed", "20") as process:
        run("--join", "winras", "hangup", "Office VPN")
        run("--join", "winras", "act", "connect", "ISDN")
        assert process.stdout
        lines = []
        while not lines or "ISDN" not in lines[-1] or '"connected"' not in lines[-1]:
            lines.append(process.stdout.readline())
        told = [(one["name"], one["what"]) for one in check("simulate", "".join(lines))]
        assert ("Office VPN", "disconnected") in told
        assert told[-1] == ("ISDN", "connected")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without a word")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_a_service_and_its_name_is_free(number: str) -> None:
    for _ in range(2):
        with held(OFFICE) as process:
            process.send_signal(getattr(signal, number))
            assert process.wait(HANG) == 130
    run("--join", "winras", "list", code=5)


def test_what_one_command_does_another_watches() -> None:
    with held(OFFICE, "--name", "office"):
        command = [*WINRAS, "--join", "office", "watch", "--json", "--initial"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
            assert watching.stdout
            try:
                # "Branch VPN" may have gone already: it does so after two seconds.
                assert json.loads(watching.stdout.readline())["name"] == "Office VPN"
                told = run("--join", "office", "act", "connect", "ISDN", "--json")
                [acted] = check("act-connect", told)
                found = False
                while not found:
                    event = json.loads(watching.stdout.readline())
                    found = event["handle"] == acted["handle"]
                assert (event["kind"], event["name"]) == ("connected", "ISDN")
            finally:
                watching.kill()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("drop", "Office VPN", "--error", "0x80420112"), "drop, Office VPN"),
        (("connect", "ISDN", "--in", "5"), "connect, ISDN, in 5 s"),
        (("connect", "ISDN"), "connect, ISDN, 0x"),
        (("add-link", "Office VPN"), "add-link, Office VPN, link 2"),
        (("fail", "RasHangUp", "753", "--times", "2"), "fail, RasHangUp, 753"),
        (("set-substate", "Office VPN", "Dormant"), "set-substate, Office VPN, Dormant"),
        (("set-substate", "Office VPN", "None"), "set-substate, Office VPN, None"),
        (("quirk", "notify-lost"), "quirk, notify-lost"),
    ],
)
def test_an_action_says_what_it_did(arguments: tuple[str, ...], told: str) -> None:
    with Simulator(scenario=OFFICE).serve("office") as ras:
        ras.ignore_leftovers()
        assert re.fullmatch(
            rf"\d+\.\d{{3}} s: {told}.*\n", run("--join", "office", "act", *arguments)
        )
        if arguments[0] == "quirk":
            off = run("--join", "office", "act", *arguments, "--off")
            assert off.endswith(" s: quirk, notify-lost, off\n")
            assert not ras.quirks
        if arguments[0] == "fail":
            assert "753" in run("--join", "office", "hangup", "Office VPN", code=1)


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("act", "drop", "Office VPN"), 2, "give --join NAME"),
        (("--join", "office", "act"), 2, "say one of connect, drop, "),
        (("--join", "office", "act", "drop", "Ofice VPN"), 3, "did you mean 'Office VPN'"),
        (("--join", "office", "act", "drop", "OFICE VPN"), 3, "did you mean 'Office VPN'"),
        (
            ("--join", "office", "act", "drop", "office vpn", "--phonebook", r"C:\other.pbk"),
            3,
            f"did you mean 'Office VPN' of \"{DEFAULT_PHONEBOOK}\"?",
        ),
        (("--join", "office", "act", "drop", "ISDN"), 3, "it is not connected"),
        (("--join", "office", "act", "fail", "RasFoo", "5"), 2, "'RasFoo' is not simulated"),
        (("--join", "office", "act", "fail", "RasHangUp", "0"), 2, "CODE must be from 1"),
        (("--join", "office", "act", "quirk", "foo"), 2, "there is no quirk 'foo'"),
        (("--join", "office", "--simulate", OFFICE, "list"), 2, "do not go together"),
        (("--join", "office", "simulate", OFFICE), 2, "it takes no --simulate and no --join"),
        (("--join", "office", "demo"), 2, "it takes no --simulate and no --join"),
        (("simulate", OFFICE, "--name", "office"), 2, "--name: a simulated service is served"),
        (("simulate", OFFICE, "--name", "a/b"), 2, "--name must be 1 to 64 letters"),
        (("simulate", OFFICE, "--speed", "0"), 2, "not a number above 0"),
        (("simulate", "none.toml"), 2, "cannot read the scenario 'none.toml'"),
        (("--join", "a/b", "list"), 2, "argument --join: name must be 1 to 64 letters"),
        (("--join", "nobody", "list"), 5, "with winras simulate SCENARIO.toml --name NAME\n"),
    ],
)
def test_what_is_wrong_is_told(arguments: tuple[str, ...], code: int, problem: str) -> None:
    with Simulator(scenario=OFFICE).serve("office"):
        assert problem in run(*arguments, code=code)


# ---- the documentation ----


def test_the_two_terminals_of_the_documentation() -> None:
    page = (ROOT / "docs/testing.md").read_text("utf-8")
    first, *others = re.findall(r"^[12]\$ winras (.*)$", page, re.MULTILINE)
    assert len(others) >= 4
    hold, scenario, *arguments = shlex.split(first)
    assert hold == "simulate"
    with held(str(ROOT / scenario), *arguments):
        for line in others:
            run(*shlex.split(line))
        with join(arguments[-1]) as ras:
            ras.assert_gone("Office VPN")
            ras.assert_gone("ISDN")
            ras.assert_connected("Home VPN")
