"""RasGetEapUserIdentity, RasFreeEapUserIdentity, and dialling with what they give."""

import ctypes

import pytest

from contract.client import (
    E_INVALIDARG,
    ERROR_AUTHENTICATION_FAILURE,
    ERROR_CANNOT_FIND_PHONEBOOK_ENTRY,
    ERROR_CANNOT_OPEN_PHONEBOOK,
    ERROR_INTERACTIVE_MODE,
    ERROR_INVALID_FUNCTION_FOR_ENTRY,
    ERROR_RASMAN_CANNOT_INITIALIZE,
    RASEAPUSERIDENTITYW,
    SUCCESS,
    Notifier,
    Ras,
    RASCS_Connected,
    RASCS_Disconnected,
    RASEAPF_NonInteractive,
    Simulator,
    dial_extensions,
    dial_params,
    wide,
)

USER = "domain\\üser"
RIGHT = "the right one"


def test_a_raseapuseridentity_ends_with_its_information() -> None:
    """RASEAPUSERIDENTITY structure: szUserName[UNLEN + 1], a size, and as many bytes."""
    assert RASEAPUSERIDENTITYW.dwSizeofEapInfo.offset == 514 + 2
    assert ctypes.sizeof(RASEAPUSERIDENTITYW) == 520


def test_the_identity_is_that_of_the_user_of_the_entry(ras: Ras, simulator: Simulator) -> None:
    """RasGetEapUserIdentity function: it "retrieves identity information for the current user"."""
    simulator.add_entry("Office", eap_user=USER)
    identity = ras.eap_identity("Office")
    assert identity.code == SUCCESS
    assert identity.user == USER
    assert identity.info


def test_each_call_allocates_memory_of_its_own(ras: Ras, simulator: Simulator) -> None:
    """RasGetEapUserIdentity function.

    It "allocates the memory buffer for the RASEAPUSERIDENTITY structure. Free this memory by
    calling RasFreeEapUserIdentity."
    """
    simulator.add_entry("Office", eap_user=USER)
    found = [ctypes.c_void_p(None) for _ in range(2)]
    for pointer in found:
        code = ras.RasGetEapUserIdentityW(None, wide("Office"), 0, None, ctypes.byref(pointer))
        assert code == SUCCESS
    assert len({pointer.value for pointer in found}) == 2
    assert None not in {pointer.value for pointer in found}
    for pointer in found:
        ras.RasFreeEapUserIdentityW(pointer)


def test_null_may_be_freed(ras: Ras) -> None:
    """RasFreeEapUserIdentity function.

    "RasFreeEapUserIdentity can be called with the pRasEapUserIdentity parameter equal to NULL."
    """
    ras.RasFreeEapUserIdentityW(None)


def test_an_entry_without_eap_needs_no_identity(ras: Ras, simulator: Simulator) -> None:
    """RasGetEapUserIdentity function.

    ERROR_INVALID_FUNCTION_FOR_ENTRY: "the authentication method for this phone-book entry is not
    EAP ... the caller does not need to pass EAP identity information to RasDial."
    """
    simulator.add_entry("Office", user="me", password=RIGHT)
    assert ras.eap_identity("Office").code == ERROR_INVALID_FUNCTION_FOR_ENTRY
    assert ras.dial(dial_params("Office", user="me", password=RIGHT)).code == SUCCESS


def test_without_a_place_for_the_answer_the_argument_is_invalid(
    ras: Ras, simulator: Simulator
) -> None:
    """RasGetEapUserIdentity function.

    E_INVALID_ARG: "The pcbEapUserIdentity parameter is NULL."
    """
    simulator.add_entry("Office", eap_user=USER)
    code = ras.RasGetEapUserIdentityW(None, wide("Office"), 0, None, None)
    assert code == E_INVALIDARG


def test_it_may_be_asked_not_to_show_anything(ras: Ras, simulator: Simulator) -> None:
    """RasGetEapUserIdentity function.

    RASEAPF_NonInteractive "Specifies that the authentication protocol should not bring up a
    graphical user-interface." The simulated one never does.
    """
    simulator.add_entry("Office", eap_user=USER)
    assert ras.eap_identity("Office", flags=RASEAPF_NonInteractive).user == USER


@pytest.mark.parametrize("code", [ERROR_INTERACTIVE_MODE, ERROR_RASMAN_CANNOT_INITIALIZE])
def test_on_failure_there_is_nothing_to_free(ras: Ras, simulator: Simulator, code: int) -> None:
    """RasGetEapUserIdentity function.

    "on successful return, receives the address of the RASEAPUSERIDENTITY structure". Of the codes
    on the page, two are those of a protocol that must ask, and of a service that is not there.
    """
    simulator.add_entry("Office", eap_user=USER)
    simulator.fail("RasGetEapUserIdentity", code)
    assert ras.eap_identity("Office") == (code, "", b"")


def test_the_entry_must_exist(ras: Ras, simulator: Simulator) -> None:
    """RasGetEapUserIdentity function: pszEntry "specifies an existing entry name"."""
    simulator.add_entry("Office", eap_user=USER)
    assert ras.eap_identity("Home").code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY
    assert ras.eap_identity("").code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY


def test_the_entry_is_that_of_the_phone_book(ras: Ras, simulator: Simulator) -> None:
    """RasGetEapUserIdentity function: pszPhonebook is "the full path of the phone-book file"."""
    simulator.add_entry("Office", phonebook=r"C:\a.pbk", eap_user="a")
    simulator.add_entry("Office", phonebook=r"C:\b.pbk", eap_user="b")
    assert ras.eap_identity("Office", r"C:\a.pbk").user == "a"
    assert ras.eap_identity("Office", r"C:\b.pbk").user == "b"
    assert ras.eap_identity("Office", r"C:\c.pbk").code == ERROR_CANNOT_OPEN_PHONEBOOK


# ---- dialling ----


def test_an_eap_entry_is_dialled_with_its_identity(ras: Ras, simulator: Simulator) -> None:
    """RasDial function.

    "the caller should copy the EAP identity information from RasGetEapUserIdentity into the
    RasEapInfo member of RASDIALEXTENSIONS, and the szUserName member of RASDIALPARAMS."
    """
    simulator.add_entry("Office", eap_user=USER)
    identity = ras.eap_identity("Office")
    params = dial_params("Office", user=identity.user)
    code, handle = ras.dial(params, eap_info=identity.info)
    assert code == SUCCESS
    assert ras.status(handle).state == RASCS_Connected


def test_the_information_is_read_in_the_call(ras: Ras, simulator: Simulator) -> None:
    """RASEAPINFO structure: a pointer "to binary EAP information", [in]; asynchronously too."""
    simulator.add_entry("Office", eap_user=USER, dial_time=5.0)
    identity = ras.eap_identity("Office")
    notifier = Notifier()
    code, handle = ras.dial("Office", notifier, eap_info=identity.info)
    assert code == SUCCESS
    simulator.advance(5.0)
    assert ras.status(handle).state == RASCS_Connected


def test_an_eap_entry_takes_a_plain_user_name_and_password(ras: Ras, simulator: Simulator) -> None:
    """RasDial function: "some phone-book entries require" an identity. Shipping clients give none.

    Windscribe and Brave dial entries with RASEO_RequireEAP by plain RASDIALPARAMS.
    """
    simulator.add_entry("Office", user="ann", password=RIGHT, eap_user=USER)
    wrong = ras.dial(dial_params("Office", user="ann", password="wrong"))
    assert wrong.code == ERROR_AUTHENTICATION_FAILURE
    assert ras.hang_up(wrong.handle) == SUCCESS
    assert ras.dial(dial_params("Office", user="ann", password=RIGHT)).code == SUCCESS


def test_an_identity_needs_no_password(ras: Ras, simulator: Simulator) -> None:
    """RasDial function: "the EAP identity information" is what the protocol authenticates."""
    simulator.add_entry("Office", user="ann", password=RIGHT, eap_user="ann")
    identity = ras.eap_identity("Office")
    params = dial_params("Office", user=identity.user)
    assert ras.dial(params, eap_info=identity.info).code == SUCCESS


def test_eap_needs_identity_refuses_a_plain_user_name_and_password(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented; on some machines IKEv2 with EAP-MSCHAPv2 is said to answer 703 to them."""
    simulator.set_quirk("eap-needs-identity")
    simulator.add_entry("Office", user="ann", password=RIGHT, eap_user=USER)
    code, handle = ras.dial(dial_params("Office", user="ann", password=RIGHT))
    assert code == ERROR_INTERACTIVE_MODE
    assert ras.hang_up(handle) == SUCCESS
    assert ras.dial("Office", eap_info=ras.eap_identity("Office").info).code == SUCCESS
    simulator.add_entry("Plain", user="ann", password=RIGHT)
    assert ras.dial(dial_params("Plain", user="ann", password=RIGHT)).code == SUCCESS


@pytest.mark.parametrize("info", [b"", b"something else", b"\0"])
def test_an_eap_entry_cannot_be_dialled_without_a_user_or_its_identity(
    ras: Ras, simulator: Simulator, info: bytes
) -> None:
    """RasDial function: "some phone-book entries require" EAP. Undocumented is with which code.

    703 is what clients meet that dial such an entry without its identity.
    """
    simulator.add_entry("Office", eap_user=USER)
    code, handle = ras.dial("Office", eap_info=info)
    assert code == ERROR_INTERACTIVE_MODE
    status = ras.status(handle)
    assert (status.state, status.error) == (RASCS_Disconnected, ERROR_INTERACTIVE_MODE)


def test_an_extension_too_old_for_eap_cannot_dial_an_eap_entry(
    ras: Ras, simulator: Simulator
) -> None:
    """RASDIALEXTENSIONS structure: RasEapInfo is one of its later members.

    What lies past the size that the client tells is not its business.
    """
    simulator.add_entry("Office", eap_user=USER)
    info = ras.eap_identity("Office").info
    old = dial_extensions(size=16 + ctypes.sizeof(ctypes.c_void_p))
    assert ras.dial("Office", extensions=old, eap_info=info).code == ERROR_INTERACTIVE_MODE


def test_an_entry_without_eap_ignores_an_identity(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; it "does not need" one."""
    simulator.add_entry("Office")
    assert ras.dial("Office", eap_info=b"anything").code == SUCCESS
