"""The execution module, as Salt's loader has it."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from minions import Functions, Minion, Served

import json_forms
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
def test_values_and_retcodes_are_those_of_the_command_line(
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
