"""RasGetErrorString."""

import pytest

from contract.client import (
    ERROR_INSUFFICIENT_BUFFER,
    ERROR_INVALID_PARAMETER,
    RASBASE,
    RASBASEEND,
    SUCCESS,
    Ras,
)

#: Errors that every Windows since 2000 has with a text of its own. Newer ones are not in each
#: Windows, and raserror.h gives no text to those that Windows Vista has made obsolete.
EVERYWHERE = [RASBASE, 623, 633, 678, 691, 703]


@pytest.mark.usefixtures("simulator")
def test_every_error_of_raserror_h_has_a_text_and_512_characters_are_enough(ras: Ras) -> None:
    """RasGetErrorString function.

    It takes "those listed in the RasError.h header file"; "a buffer size of 512 characters will
    always be adequate".
    """
    answers = {value: ras.error_string(value, 512) for value in range(RASBASE, RASBASEEND + 1)}
    assert {value: answer for value, answer in answers.items() if answer[0] or not answer[1]} == {}


@pytest.mark.parametrize("value", EVERYWHERE)
def test_an_error_of_every_windows_has_a_text(ras: Ras, value: int) -> None:
    """RasGetErrorString function: "a buffer size of 512 characters will always be adequate"."""
    code, text = ras.error_string(value, 512)
    assert code == SUCCESS
    assert text


def test_texts_of_different_errors_differ(ras: Ras) -> None:
    """RasGetErrorString function: it "obtains an error message string for a specified value"."""
    texts = {ras.error_string(value)[1] for value in EVERYWHERE}
    assert len(texts) == len(EVERYWHERE)


@pytest.mark.usefixtures("simulator")
def test_the_text_is_that_of_the_error(ras: Ras) -> None:
    """RasGetErrorString function: it "obtains an error message string for a specified value"."""
    texts = [ras.error_string(value)[1] for value in range(RASBASE, RASBASEEND + 1)]
    assert len(set(texts)) == len(texts)


@pytest.mark.usefixtures("simulator")
@pytest.mark.parametrize(
    "value", [0, 5, RASBASE - 1, RASBASEEND + 1, 13801, 0x80420112, 0x800702B3, 0xFFFFFFFF]
)
def test_a_number_that_is_no_ras_error_is_an_invalid_parameter(ras: Ras, value: int) -> None:
    """RasGetErrorString function.

    The values are "those listed in the RasError.h header file"; ERROR_INVALID_PARAMETER: "An
    invalid parameter was passed into the function".
    """
    assert ras.error_string(value)[0] == ERROR_INVALID_PARAMETER


@pytest.mark.usefixtures("simulator")
def test_a_null_buffer_is_an_invalid_parameter(ras: Ras) -> None:
    """RasGetErrorString function: lpszErrorString "must not be NULL"."""
    assert ras.RasGetErrorStringW(633, None, 512) == ERROR_INVALID_PARAMETER


def test_a_buffer_of_no_characters_is_an_invalid_parameter(ras: Ras) -> None:
    """Undocumented; the simulator's choice.

    The page would allow ERROR_INSUFFICIENT_BUFFER as well.
    """
    assert ras.error_string(633, 0)[0] == ERROR_INVALID_PARAMETER


@pytest.mark.parametrize("value", EVERYWHERE)
def test_a_buffer_that_is_too_small_is_insufficient(ras: Ras, value: int) -> None:
    """RasGetErrorString function.

    "A buffer of insufficient size causes the RasGetErrorString function to fail, returning
    ERROR_INSUFFICIENT_BUFFER". The text's end counts too.
    """
    length = len(ras.error_string(value)[1])
    assert ras.error_string(value, 1)[0] == ERROR_INSUFFICIENT_BUFFER
    assert ras.error_string(value, length)[0] == ERROR_INSUFFICIENT_BUFFER


@pytest.mark.parametrize("value", EVERYWHERE)
def test_the_size_of_the_buffer_counts_characters(ras: Ras, value: int) -> None:
    """RasGetErrorString function: "buffer sizes are specified in characters, not bytes"."""
    text = ras.error_string(value)[1]
    assert ras.error_string(value, len(text) + 1) == (SUCCESS, text)
