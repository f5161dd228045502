"""Tell the master when RAS connections of a minion come and go.

Each event has what ``winras watch --json`` prints, and its tag ends with its kind, as in
``salt/beacon/minion-7/winras/disconnected``:

.. code-block:: yaml

    beacons:
      winras:
        - entries: [Office VPN]
        - kinds: [connected, disconnected]
        - check_every: 5
        - most_per_minute: 60

entries
    The names of entries, in upper or lower case; without it, all. What is not known to be of one
    entry is told too: ``service_lost``, ``service_back``, and what came and went unseen.
kinds
    The kinds of events, as of ``winras watch``; without it, all.
check_every
    Seconds, more than 0, after which a change is found even if RAS does not signal it.
most_per_minute
    How many events are told in any minute. What there is beyond that is counted, and told in one
    event of the kind ``suppressed`` with ``count`` as soon as there is room. ``service_lost`` and
    ``service_back`` have room of their own, 6 a minute: no connection that flaps hides them.

What comes and goes while the minion does not run is not told. What does so while Salt refreshes
its modules, or asks only every ``interval`` seconds, is told afterwards; but nothing of the time in
which the beacon is disabled, if that is longer than some 60 seconds. With
``disable_during_state_run`` nothing is told of what happens during a state run.

If RAS does not answer, ``service_lost`` is told once, with its ``error``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from salt.loader.dunder import __opts__

from winras._arguments import valid_check_every, valid_number, valid_text
from winras._enums import EventKind
from winras._models import Json
from winras._toml import did_you_mean
from winras.salt import _minion
from winras.salt._watching import Settings, beacons

__all__ = ["beacon", "close", "validate"]

__virtualname__ = _minion.VIRTUAL_NAME

_NAME = "_beacon_name"
_SKIPS_STATES = "disable_during_state_run"
_OURS = ("entries", "kinds", "check_every", "most_per_minute")
# What Salt does itself.
_SALTS = ("beacon_module", "enabled", "interval", "run_once", _SKIPS_STATES)

# As many events of the watch are queued at most.
_MOST_PER_MINUTE = 6000


def __virtual__() -> tuple[bool, str] | str:  # noqa: N807  Salt's name
    return _minion.virtual(__opts__)


def validate(config: object) -> tuple[bool, str]:
    """Tell whether that can be the configuration of this beacon, and if not, why."""
    try:
        settings = _settings_of(_merged(config))
    except (ValueError, TypeError) as problem:
        return False, f"Configuration for winras beacon: {problem}"
    beacons.validate(settings)
    return True, "Valid beacon configuration"


def beacon(config: Sequence[Mapping[str, object]]) -> list[dict[str, Json]]:
    """Return what has happened since the last call, at once; the first call begins."""
    merged = _merged(config)
    events = beacons.take(_key_of(merged), _settings_of(merged), __opts__.value())
    return [_minion.sendable({**event, "tag": event["kind"]}) for event in events]


def close(config: Sequence[Mapping[str, object]]) -> None:
    """Forget what has happened if Salt closes the beacon for a state run; a reload loses nothing.

    A beacon that has been deleted ends by itself, some 60 seconds later.
    """
    merged = _merged(config)
    beacons.close(_key_of(merged), _settings_of(merged))


def _key_of(merged: Mapping[str, object]) -> tuple[str, str]:
    return str(__opts__.get("id")), str(merged.get(_NAME, __virtualname__))


def _merged(config: object) -> dict[str, object]:
    """The list of mappings that Salt wants as one mapping."""
    wanted = "must be a list of keys with values, such as - check_every: 5"
    if not isinstance(config, list):
        raise TypeError(f"it {wanted}, and is {type(config).__name__}")
    merged: dict[str, object] = {}
    for item in config:
        if not isinstance(item, Mapping):
            raise TypeError(f"it {wanted}, and has {item!r} in it")
        merged.update(item)
    return merged


def _settings_of(merged: Mapping[str, object]) -> Settings:
    known = (*_OURS, *_SALTS)
    for key in merged:
        if key not in (*known, _NAME):
            raise ValueError(f"there is no {key!r}; {did_you_mean(str(key), known)}")
    settings = Settings(skips_states=bool(merged.get(_SKIPS_STATES)))
    if "entries" in merged:
        settings = replace(settings, entries=_entries_of(merged["entries"]))
    if "kinds" in merged:
        settings = replace(settings, kinds=_kinds_of(merged["kinds"]))
    if "check_every" in merged:
        seconds = valid_check_every(cast("float", merged["check_every"]))
        settings = replace(settings, check_every=seconds)
    if "most_per_minute" in merged:
        settings = replace(settings, most_per_minute=_most_of(merged["most_per_minute"]))
    return settings


def _entries_of(given: object) -> tuple[str, ...]:
    return tuple(
        valid_text("name", name, "a name in entries")
        for name in _texts("entries", given, "[Office VPN]")
    )


def _kinds_of(given: object) -> frozenset[EventKind]:
    known = tuple(kind.value for kind in EventKind)
    kinds = _texts("kinds", given, "[connected, disconnected]")
    for kind in kinds:
        if kind not in known:
            raise ValueError(f"there is no kind {kind!r}; {did_you_mean(kind, known)}")
    return frozenset(map(EventKind, kinds))


def _texts(key: str, given: object, example: str) -> list[str]:
    if not isinstance(given, list) or not given:
        raise ValueError(
            f"{key} must be a list with something in it, such as {example}, or be left out for all"
        )
    for one in given:
        if not isinstance(one, str) or not one:
            raise ValueError(
                f"{key} has {one!r} in it, as YAML reads it; a name must be text, in quotes if it "
                "looks like something else"
            )
    return given


def _most_of(given: object) -> int:
    most = valid_number("most_per_minute", cast("int", given), least=1)
    if most > _MOST_PER_MINUTE:
        raise ValueError(f"most_per_minute must be at most {_MOST_PER_MINUTE}, not {most}")
    return most
