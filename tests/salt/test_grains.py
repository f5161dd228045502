"""The grains, as Salt's loader has them."""

from __future__ import annotations

import importlib.metadata
import threading
from typing import Any

import pytest

from background import Background
from minions import Minion, Served
from patience import HANG
from winras.testing import Simulator

VERSION = importlib.metadata.version("winras")


def load(minion: Minion, **options: object) -> Any:  # noqa: ANN401  a loader
    import salt.loader  # noqa: PLC0415

    return salt.loader.grain_funcs(minion.options(**options))


def grains(minion: Minion, **options: object) -> Any:  # noqa: ANN401
    return load(minion, **options)["winras.facts"]()["winras"]


def test_they_tell_how_many_connections_are_up(ras: Simulator, minion: Minion) -> None:
    for name in ("Office VPN", "Branch VPN", "Home VPN"):
        ras.add_entry(name)
    ras.connect("Office VPN")
    ras.connect("Branch VPN")
    assert grains(minion) == {
        "available": True,
        "connections": 2,
        "why": None,
        "version": VERSION,
    }


def test_rasman_is_not_started_for_them(ras: Simulator, minion: Minion) -> None:
    ras.set_service("stopped")
    assert grains(minion)["connections"] == 0
    assert not ras.calls("RasEnumConnections")


@pytest.mark.usefixtures("without_ras")
def test_without_ras_they_say_so(minion: Minion) -> None:
    told = grains(minion)
    assert (told["available"], told["connections"]) == (False, None)
    assert "no Windows Remote Access Service" in told["why"]


def test_they_join_the_simulated_service(minion: Minion, served: Served) -> None:
    assert grains(minion, **{"winras.simulator": served.name})["connections"] == 1


@pytest.mark.parametrize("name", ["nobody-serves-this", 5])
def test_without_its_simulated_service_there_is_no_ras(minion: Minion, name: object) -> None:
    told = grains(minion, **{"winras.simulator": name})
    assert (told["available"], told["connections"]) == (False, None)
    assert "winras.simulator" in told["why"]


def test_when_its_simulated_service_has_ended_there_is_no_ras(minion: Minion) -> None:
    with Served() as service:
        option = {"winras.simulator": service.name}
        assert grains(minion, **option)["available"] is True
    told = grains(minion, **option)
    assert (told["available"], told["connections"]) == (False, None)
    assert "winras simulate" in told["why"]


def test_what_ras_answers_is_told(ras: Simulator, minion: Minion) -> None:
    ras.fail("RasEnumConnections", 5)
    told = grains(minion)
    assert (told["available"], told["connections"]) == (True, None)
    assert told["why"].startswith("5 ERROR_ACCESS_DENIED")


def test_a_ras_that_does_not_answer_holds_up_no_start(minion: Minion) -> None:
    with Simulator(clock="manual") as ras:
        ras.delay("RasEnumConnections", 3600)
        loaded = load(minion)
        loaded["winras.facts"].func.__globals__["_MOST"] = 0.01
        told = Background(loaded["winras.facts"]).result()["winras"]
        ras.ignore_leftovers()
    assert (told["available"], told["connections"]) == (True, None)
    assert told["why"] == "RAS has not answered within 0.01 s"


def test_a_ras_that_does_not_answer_is_asked_by_one_thread_however_often(minion: Minion) -> None:
    with Simulator(clock="manual") as ras:
        ras.delay("RasEnumConnections", 3600)
        for _ in range(10):
            loaded = load(minion)  # anew, as with each refresh
            loaded["winras.facts"].func.__globals__["_MOST"] = 0.01
            told = Background(loaded["winras.facts"]).result()["winras"]
            assert told["why"] == "RAS has not answered within 0.01 s"
        asking = [one for one in threading.enumerate() if one.name == "winras grains"]
        ras.ignore_leftovers()
    assert len(asking) <= 1
    asking[0].join(HANG)


def test_salt_call_has_them(minion: Minion) -> None:
    code, told, _ = minion.call("grains.get", "winras")
    assert code == 0
    assert told["version"] == VERSION
