"""The likely cause of an error, and the next step."""

from __future__ import annotations

import pickle
import re

import pytest

import winras
from winras import _hints, _native

# What users of VPN, PPPoE and dial-up meet.
MET = [
    *(691, 703, 718, 720, 721, 732, 734, 736, 756, 778, 780, 789, 798, 800),
    *(806, 807, 809, 812, 813, *range(828, 836), 868, 13801, 13806, 13868),
]


@pytest.mark.parametrize("code", MET)
def test_what_users_meet_has_a_hint(code: int) -> None:
    error = _native.error(code, "RasDial")
    assert len(error.hint) > 40
    assert pickle.loads(pickle.dumps(error)).hint == error.hint  # noqa: S301  our own


def test_an_error_without_a_hint_has_an_empty_one() -> None:
    assert winras.RasError(4711, "", "nobody knows").hint == ""


@pytest.mark.parametrize("code", sorted(_hints._HINTS))
def test_each_is_a_short_text_with_a_page_of_a_number_that_has_a_name(code: int) -> None:
    hint = _hints.find_hint(code)
    assert hint is not None
    assert _native.error_name(code) or code > 0x7FFFFFFF
    assert 40 < len(hint.text) <= 200
    assert re.fullmatch(r"[A-Z].*[^.]\.", hint.text)
    assert re.fullmatch(r"https://learn\.microsoft\.com/[\w/().=-]+", hint.page.url)
    assert hint.page.title
