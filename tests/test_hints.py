"""The likely cause of an error, and the next step."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

import winras
from winras import _hints, _native
from winras.exceptions import class_for

# What users of VPN, PPPoE, dial-up and phone books meet.
MET = [
    *(183, 608, 817),
    *(691, 703, 718, 720, 721, 732, 734, 736, 756, 778, 780, 789, 798, 800),
    *(806, 807, 809, 812, 813, *range(828, 836), 868, 13801, 13806, 13868),
    *(13805, 13813, 0x80420111, 0x80420112, 0x800B0101, 0x800B0109, 0x800B010F, 0x80092013),
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
    assert _native.error_name(code)
    assert 40 < len(hint.text) <= 200
    assert re.fullmatch(r"[A-Z].*[^.]\.", hint.text)
    assert re.fullmatch(r"https://learn\.microsoft\.com/[\w/().=-]+", hint.page.url)
    assert hint.page.title


@pytest.mark.parametrize("code", [619, 628, 629, 755])
def test_what_a_refused_password_may_show_as_names_credentials_first(code: int) -> None:
    text = winras.RasError(code, "", "").hint
    for cause in ("user name", "password", "certificate", "dialer"):
        assert cause in text


def test_753_is_a_missing_right() -> None:
    assert "no right to disconnect" in winras.RasError(753, "", "").hint


@pytest.mark.parametrize("code", [c for c in range(13801, 13909) if c != 13897])
def test_every_error_of_ike_has_a_hint(code: int) -> None:
    assert winras.RasError(code, "", "").hint


@pytest.mark.parametrize("code", [13800, 13897, 13909])
def test_the_bounds_of_ikes_numbers_have_none(code: int) -> None:
    assert winras.RasError(code, "", "").hint == ""


def test_an_hresult_has_its_own_hint_before_that_of_its_low_word() -> None:
    assert "Server Authentication" in winras.RasError(0x80070040, "", "").hint
    assert winras.RasError(0x80070005, "", "").hint == winras.RasError(5, "", "").hint != ""


# ---- what may pass by itself ----

DOCS = Path(__file__).parents[1] / "docs/windows.md"


@pytest.mark.parametrize("code", [676, 829, 633, 756, 1062, 1722, 678, 0x80070000 | 1231])
def test_a_line_that_is_disturbed_or_busy_and_a_service_that_starts_may_pass(code: int) -> None:
    assert _native.error(code, "RasDial").is_transient


@pytest.mark.parametrize(
    "code", [5, 6, 87, 126, 127, 621, 623, 648, 691, 703, 720, 778, 789, 812, 1058, 1223]
)
def test_what_somebody_must_change_does_not_pass(code: int) -> None:
    assert not _native.error(code, "RasDial").is_transient


def test_nothing_about_credentials_or_certificates_passes() -> None:
    words = re.compile("password|credential|certificate|smart card|account|logon")
    for codes in _hints.TRANSIENT.values():
        for code in codes:
            assert not issubclass(class_for(code), winras.AuthenticationError)
            own = _native.ffi.string(_native.lib.winras_error_text(code)).decode()
            assert not words.search(own), own


def test_a_number_of_which_nothing_is_known_does_not_pass() -> None:
    assert not winras.RasError(4711, "", "nobody knows").is_transient
    assert not winras.RasError(0x80420112, "", "").is_transient


def test_each_transient_number_is_one_of_errors_h_and_has_one_reason() -> None:
    codes = [code for codes in _hints.TRANSIENT.values() for code in codes]
    assert len(codes) == len(set(codes))
    assert all(map(_native.error_name, codes))


def test_the_docs_have_the_table_of_what_may_pass() -> None:
    text = DOCS.read_text("utf-8")
    for reason, codes in _hints.TRANSIENT.items():
        numbers = ", ".join(str(c) if c < 0x80000000 else f"0x{c:08X}" for c in sorted(codes))
        assert f"| {reason} | {numbers} |" in text
