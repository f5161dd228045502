"""What is saved for an entry: RasGetCredentials and its kin, and RasDial with what they give."""

import ctypes
from ctypes import POINTER, Structure, byref, c_int32, c_uint16, c_uint32, c_void_p
from pathlib import Path
from typing import NamedTuple

import pytest

from contract.client import (
    ALL_USERS_FOLDER,
    ALL_USERS_PHONEBOOK,
    ERROR_AUTHENTICATION_FAILURE,
    ERROR_CANNOT_FIND_PHONEBOOK_ENTRY,
    ERROR_CANNOT_OPEN_PHONEBOOK,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_SIZE,
    RASDIALPARAMSW,
    RASDIALPARAMSW_SIZES,
    SUCCESS,
    USER_PHONEBOOK,
    Notifier,
    Ras,
    RASCS_Connected,
    Simulator,
    dial_params,
    fill_text,
    load,
    to_text,
    wide,
)

ERROR_ACCESS_DENIED = 5
ERROR_BUFFER_INVALID = 610
ERROR_DISCONNECTION = 628

RASCM_UserName, RASCM_Password, RASCM_Domain = 1, 2, 4
RASCM_DefaultCreds, RASCM_PreSharedKey = 8, 16
RASCM_ServerPreSharedKey, RASCM_DDMPreSharedKey = 32, 64
ALL = RASCM_UserName | RASCM_Password | RASCM_Domain
HANDLE = "*" * 16
RIGHT = "s\u00e9cret \U0001f511"


class RASCREDENTIALSW(Structure):
    """Packed as all are."""

    _layout_ = "ms"
    _pack_ = 4
    _fields_ = (
        ("dwSize", c_uint32),
        ("dwMask", c_uint32),
        ("szUserName", c_uint16 * 257),
        ("szPassword", c_uint16 * 257),
        ("szDomain", c_uint16 * 16),
    )


SIZE = ctypes.sizeof(RASCREDENTIALSW)


class Saved(NamedTuple):
    """An answer: its code, and what the structure has then."""

    code: int
    mask: int
    user: str = ""
    password: str = ""
    domain: str = ""


class Client:
    """The four functions."""

    def __init__(self, library: Path) -> None:
        loaded = load(str(library))
        self.RasGetCredentialsW = loaded.RasGetCredentialsW
        self.RasGetCredentialsW.argtypes = [c_void_p, c_void_p, c_void_p]
        self.RasSetCredentialsW = loaded.RasSetCredentialsW
        self.RasSetCredentialsW.argtypes = [c_void_p, c_void_p, c_void_p, c_int32]
        self.RasGetEntryDialParamsW = loaded.RasGetEntryDialParamsW
        self.RasGetEntryDialParamsW.argtypes = [c_void_p, c_void_p, POINTER(c_int32)]
        self.RasSetEntryDialParamsW = loaded.RasSetEntryDialParamsW
        self.RasSetEntryDialParamsW.argtypes = [c_void_p, c_void_p, c_int32]

    def get(
        self, name: str, mask: int = ALL, phonebook: str | None = None, size: int = SIZE
    ) -> Saved:
        native = RASCREDENTIALSW(dwSize=size, dwMask=mask)
        book = None if phonebook is None else wide(phonebook)
        code = int(self.RasGetCredentialsW(book, wide(name), byref(native)))
        return Saved(
            code,
            native.dwMask,
            to_text(native.szUserName),
            to_text(native.szPassword),
            to_text(native.szDomain),
        )

    def set(
        self,
        name: str,
        user: str = "",
        password: str = "",
        domain: str = "",
        *,
        mask: int = ALL,
        phonebook: str | None = None,
        clear: bool = False,
        size: int = SIZE,
    ) -> int:
        native = RASCREDENTIALSW(dwSize=size, dwMask=mask)
        fill_text(native.szUserName, user)
        fill_text(native.szPassword, password)
        fill_text(native.szDomain, domain)
        book = None if phonebook is None else wide(phonebook)
        return int(self.RasSetCredentialsW(book, wide(name), byref(native), clear))

    def get_params(self, params: RASDIALPARAMSW, phonebook: str | None = None) -> tuple[int, int]:
        """The code, and *lpfPassword."""
        has_password = c_int32(-1)
        book = None if phonebook is None else wide(phonebook)
        code = self.RasGetEntryDialParamsW(book, byref(params), byref(has_password))
        return int(code), has_password.value

    def set_params(
        self, params: RASDIALPARAMSW, *, remove: bool = False, phonebook: str | None = None
    ) -> int:
        book = None if phonebook is None else wide(phonebook)
        return int(self.RasSetEntryDialParamsW(book, byref(params), remove))


@pytest.fixture
def client(library: Path, simulator: Simulator) -> Client:
    """The four functions, and an entry of this user's whose server lets in ann only."""
    simulator.add_entry("Office", user="ann", password=RIGHT, domain="CORP")
    return Client(library)


def test_a_rascredentials_is_packed_to_4_bytes() -> None:
    """RASCREDENTIALS structure: UNLEN, PWLEN and DNLEN, each with its end."""
    assert RASCREDENTIALSW.szPassword.offset == 522
    assert RASCREDENTIALSW.szDomain.offset == 1036
    assert SIZE == 1068


# ---- RasGetCredentials ----


def test_what_was_set_is_retrieved_but_for_the_password(client: Client) -> None:
    """RasGetCredentials function.

    It retrieves "the credentials subsequently specified in a call to the RasSetCredentials
    function for the phone-book entry", and "does not return the actual password. Instead, the
    szPassword member of the RASCREDENTIALS structure contains a handle to the saved password."
    """
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    assert client.get("Office") == (SUCCESS, ALL, "ann", HANDLE, "CORP")


def test_the_mask_says_what_to_retrieve(client: Client) -> None:
    """RasGetCredentials function.

    "set the dwMask member to indicate the credential information to retrieve. When the function
    returns, dwMask indicates the members that were successfully retrieved."
    """
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    assert client.get("Office", RASCM_UserName) == (SUCCESS, RASCM_UserName, "ann", "", "")
    assert client.get("Office", RASCM_Password) == (SUCCESS, RASCM_Password, "", HANDLE, "")
    assert client.get("Office", RASCM_Domain) == (SUCCESS, RASCM_Domain, "", "", "CORP")


def test_without_a_saved_password_the_mask_lacks_its_flag(client: Client) -> None:
    """RasGetCredentials function.

    "If the system has no password saved for this entry, dwMask does not contain RASCM_Password."
    """
    assert client.get("Office") == (SUCCESS, ALL & ~RASCM_Password, "", "", "")
    assert client.set("Office", "ann", mask=RASCM_UserName) == SUCCESS
    assert client.get("Office") == (SUCCESS, ALL & ~RASCM_Password, "ann", "", "")


def test_credentials_mask_tells_what_was_asked_for(client: Client, simulator: Simulator) -> None:
    """One report, of a Windows 11: dwMask echoes the request and 0x80000000, whatever is saved."""
    simulator.set_quirk("credentials-mask")
    assert client.get("Office") == (SUCCESS, ALL | 0x80000000, "", "", "")
    assert client.set("Office", "ann", RIGHT) == SUCCESS
    assert client.get("Office") == (SUCCESS, ALL | 0x80000000, "ann", HANDLE, "")


def test_credentials_mask_empties_everything_with_default_credentials(
    client: Client, simulator: Simulator
) -> None:
    """The same report: 0xF, which has RASCM_DefaultCreds, succeeds with every text empty."""
    simulator.set_quirk("credentials-mask")
    assert client.set("Office", "ann", RIGHT) == SUCCESS
    answer = client.get("Office", ALL | RASCM_DefaultCreds)
    assert answer == (SUCCESS, ALL | RASCM_DefaultCreds | 0x80000000, "", "", "")


def test_an_unknown_phone_book_cannot_be_opened(client: Client) -> None:
    """RasGetCredentials, RasSetCredentials, RasGetEntryDialParams, RasSetEntryDialParams functions.

    ERROR_CANNOT_OPEN_PHONEBOOK: "The specified phone book cannot be found."
    """
    nowhere = r"C:\nowhere.pbk"
    params = dial_params("Office")
    assert client.get("Office", phonebook=nowhere).code == ERROR_CANNOT_OPEN_PHONEBOOK
    assert client.set("Office", phonebook=nowhere) == ERROR_CANNOT_OPEN_PHONEBOOK
    assert client.get_params(params, nowhere)[0] == ERROR_CANNOT_OPEN_PHONEBOOK
    assert client.set_params(params, phonebook=nowhere) == ERROR_CANNOT_OPEN_PHONEBOOK


def test_an_unknown_entry_is_not_found(client: Client) -> None:
    """RasGetCredentials, RasGetEntryDialParams and RasSetEntryDialParams functions.

    ERROR_CANNOT_FIND_PHONEBOOK_ENTRY: "The specified entry does not exist in the phone book."
    """
    for phonebook in (None, USER_PHONEBOOK):
        assert client.get("Home", phonebook=phonebook).code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY
    assert client.get_params(dial_params("Home"))[0] == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY
    assert client.set_params(dial_params("Home")) == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY


def test_without_a_structure_the_argument_is_invalid(client: Client) -> None:
    """RasGetCredentials and RasSetCredentials functions.

    ERROR_INVALID_PARAMETER: "The lpCredentials parameter was NULL."
    """
    assert client.RasGetCredentialsW(None, wide("Office"), None) == ERROR_INVALID_PARAMETER
    assert client.RasSetCredentialsW(None, wide("Office"), None, 0) == ERROR_INVALID_PARAMETER


@pytest.mark.parametrize("size", [0, 4, SIZE - 4, SIZE + 4])
def test_a_size_of_no_version_is_refused(client: Client, size: int) -> None:
    """RasGetCredentials function.

    ERROR_INVALID_SIZE: dwSize "is an unrecognized value". Undocumented for RasSetCredentials.
    """
    assert client.get("Office", size=size).code == ERROR_INVALID_SIZE
    assert client.set("Office", size=size) == ERROR_INVALID_SIZE


KEYS = [RASCM_PreSharedKey, RASCM_ServerPreSharedKey, RASCM_DDMPreSharedKey]


@pytest.mark.parametrize("key", KEYS)
def test_a_pre_shared_key_is_saved_beside_the_password(client: Client, key: int) -> None:
    """RASCREDENTIALS structure: "either set or retrieve a pre-shared key".

    Psiphon's client gives it in szPassword. Undocumented: that a handle stands for it, too.
    """
    assert client.set("Office", "ann", RIGHT) == SUCCESS
    assert client.get("Office", key) == Saved(SUCCESS, 0)
    assert client.set("Office", password="shared", mask=key) == SUCCESS
    assert client.get("Office", key) == Saved(SUCCESS, key, password=HANDLE)
    for other in set(KEYS) - {key}:
        assert client.get("Office", other) == Saved(SUCCESS, 0)
    assert client.get("Office") == Saved(SUCCESS, ALL, "ann", HANDLE)
    assert client.set("Office", mask=key, clear=True) == SUCCESS
    assert client.get("Office", key) == Saved(SUCCESS, 0)
    assert client.get("Office") == Saved(SUCCESS, ALL, "ann", HANDLE)


@pytest.mark.parametrize(
    "other", [RASCM_UserName, RASCM_Password, RASCM_DefaultCreds, RASCM_ServerPreSharedKey]
)
def test_a_pre_shared_key_comes_alone(client: Client, other: int) -> None:
    """RASCREDENTIALS structure.

    RASCM_PreSharedKey: "This flag cannot be used in combination with any other flag." Undocumented
    is the answer.
    """
    mask = RASCM_PreSharedKey | other
    assert client.get("Office", mask).code == ERROR_INVALID_PARAMETER
    assert client.set("Office", password="shared", mask=mask) == ERROR_INVALID_PARAMETER


def test_only_an_administrator_saves_pre_shared_keys(client: Client, simulator: Simulator) -> None:
    """RasSetCredentials function.

    ERROR_ACCESS_DENIED: "The user does not have the correct privileges to set pre-shared keys or
    credentials for all users [...] Only administrators can complete these tasks."
    """
    simulator.set_quirk("plain-user")
    for mask in KEYS:
        assert client.set("Office", password="shared", mask=mask) == ERROR_ACCESS_DENIED
        assert client.get("Office", mask) == Saved(SUCCESS, 0)
    assert client.set("Office", "ann", RIGHT) == SUCCESS


def test_each_phone_book_has_its_own(client: Client, simulator: Simulator) -> None:
    """RasGetCredentials function: lpszPhonebook is the "full path and file name"."""
    simulator.add_entry("Office", phonebook=ALL_USERS_PHONEBOOK)
    assert client.set("Office", "bob", RIGHT, phonebook=ALL_USERS_PHONEBOOK) == SUCCESS
    assert client.get("Office", phonebook=ALL_USERS_PHONEBOOK).user == "bob"
    assert client.get("Office", phonebook=USER_PHONEBOOK).user == ""


def test_without_a_phone_book_it_is_the_users_first(client: Client, simulator: Simulator) -> None:
    """Undocumented: NULL is "the current default phone-book file", which one is a preference.

    Windscribe's client gives NULL for all that it does with its entry.
    """
    assert client.set("Office", "ann", RIGHT) == SUCCESS
    simulator.add_entry("Office", phonebook=ALL_USERS_PHONEBOOK)
    simulator.add_entry("Branch", phonebook=ALL_USERS_FOLDER + r"\other.pbk")
    assert client.get("Office").user == client.get("Office", phonebook=USER_PHONEBOOK).user == "ann"
    assert client.get("Branch").code == SUCCESS


def test_names_of_entries_have_no_case(client: Client, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice, and RasDial's with it."""
    simulator.add_entry("Büro Ж")
    assert client.set("büro ж", "ann", RIGHT) == SUCCESS
    assert client.get("BÜRO Ж", phonebook=USER_PHONEBOOK.upper()).user == "ann"
    simulator.add_entry("straße")
    assert client.get("STRASSE").code == ERROR_CANNOT_FIND_PHONEBOOK_ENTRY


# ---- RasSetCredentials ----


def test_the_mask_says_what_to_set(client: Client) -> None:
    """RasSetCredentials function.

    "set the dwMask member to indicate the credential information to be set."
    """
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    assert client.set("Office", "bob", "other", "HOME", mask=RASCM_Domain) == SUCCESS
    assert client.get("Office") == (SUCCESS, ALL, "ann", HANDLE, "HOME")


def test_credentials_are_cleared_by_the_mask(client: Client) -> None:
    """RasSetCredentials function.

    "If this flag is TRUE, the dwMask member ... indicates which credentials that the function sets
    to the empty string."
    """
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    assert client.set("Office", "x", "x", "x", mask=RASCM_Password, clear=True) == SUCCESS
    assert client.get("Office") == (SUCCESS, ALL & ~RASCM_Password, "ann", "", "CORP")
    assert client.set("Office", mask=ALL, clear=True) == SUCCESS
    assert client.get("Office") == (SUCCESS, ALL & ~RASCM_Password, "", "", "")


def test_the_handle_does_not_change_the_password(client: Client, ras: Ras) -> None:
    """RasSetCredentials function.

    "A password handle is "****************" (16 asterisks)." With it in szPassword, "the next call
    to RasSetCredentials will not change the saved password."
    """
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    assert client.set("Office", "ann", HANDLE, "CORP") == SUCCESS
    assert ras.dial(dial_params("Office", user="ann", password=HANDLE, domain="CORP")).code == 0


def test_setting_for_an_unknown_entry_is_invalid(client: Client) -> None:
    """RasSetCredentials function.

    ERROR_INVALID_PARAMETER: "the specified entry does not exist in the phone book."
    """
    assert client.set("Home", "ann", RIGHT) == ERROR_INVALID_PARAMETER


def test_default_credentials_are_for_all_users_only(client: Client, simulator: Simulator) -> None:
    """RasSetCredentials function.

    "If you attempt to set default credentials for a per-user connection, RasSetCredentials returns
    ERROR_ACCESS_DENIED." RasGetCredentials: with RASCM_DefaultCreds in dwMask "the credentials
    returned are the default credentials for an all-user connection."
    """
    both = ALL | RASCM_DefaultCreds
    assert client.set("Office", "ann", RIGHT, mask=both) == ERROR_ACCESS_DENIED
    assert client.get("Office", both).mask == ALL & ~RASCM_Password
    simulator.add_entry("Branch", phonebook=ALL_USERS_PHONEBOOK)
    assert client.set("Branch", "ann", RIGHT, mask=both) == SUCCESS
    assert client.get("Branch", both) == (SUCCESS, both, "ann", HANDLE, "")


# ---- RasGetEntryDialParams, RasSetEntryDialParams ----


def test_the_dial_parameters_have_what_is_saved(client: Client) -> None:
    """RasGetEntryDialParams function.

    "On output, the structure receives the connection parameters associated with the specified
    phone-book entry." "The lpfPassword parameter is TRUE if the system has saved a password for
    the specified entry." "szPassword contains a handle to the saved password."
    """
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    params = dial_params("Office", phone_number="x", user="x" * 256, password="x" * 256)
    assert client.get_params(params) == (SUCCESS, 1)
    assert to_text(params.szEntryName) == "Office"
    assert to_text(params.szUserName) == "ann"
    assert to_text(params.szPassword) == HANDLE
    assert to_text(params.szDomain) == "CORP"


def test_the_dial_parameters_lack_the_phone_number(client: Client) -> None:
    """RasGetEntryDialParams function.

    "the szPhoneNumber member of the structure does not receive the phone number associated with
    the phone-book entry."
    """
    params = dial_params("Office")
    assert client.get_params(params) == (SUCCESS, 0)
    assert to_text(params.szPhoneNumber) == ""
    assert to_text(params.szPassword) == ""


@pytest.mark.parametrize("size", RASDIALPARAMSW_SIZES.values())
def test_the_dial_parameters_are_of_the_clients_version(client: Client, size: int) -> None:
    """RasGetEntryDialParams function: dwSize "specifies the size of the RASDIALPARAMS"."""
    assert client.set("Office", "ann", RIGHT) == SUCCESS
    params = dial_params("Office", size=size)
    params.szEncPassword = 0x5A5A5A5A
    assert client.get_params(params) == (SUCCESS, 1)
    assert params.dwSize == size
    assert to_text(params.szUserName) == "ann"
    assert bool(params.szEncPassword) is (size < ctypes.sizeof(RASDIALPARAMSW))


def test_a_buffer_that_is_none_is_invalid(client: Client) -> None:
    """RasGetEntryDialParams and RasSetEntryDialParams functions.

    ERROR_BUFFER_INVALID: "The lprasdialparams or lpfPassword pointer is invalid".
    """
    flag = c_int32(0)
    assert client.RasGetEntryDialParamsW(None, None, byref(flag)) == ERROR_BUFFER_INVALID
    params = dial_params("Office")
    assert client.RasGetEntryDialParamsW(None, byref(params), None) == ERROR_BUFFER_INVALID
    assert client.RasSetEntryDialParamsW(None, None, 0) == ERROR_BUFFER_INVALID


def test_dial_parameters_of_no_version_are_refused(client: Client) -> None:
    """Undocumented on these pages; RasDial's answer to the same structure."""
    params = dial_params("Office", size=2100)
    assert client.get_params(params)[0] == ERROR_INVALID_SIZE
    assert client.set_params(params) == ERROR_INVALID_SIZE


def test_dial_parameters_that_are_empty_change_nothing(client: Client) -> None:
    """RasSetEntryDialParams function.

    "If szUserName is an empty string, the user name is not changed." "... the password is not
    changed." "If szDomain is an empty string, the domain name is not changed."
    """
    params = dial_params("Office", user="ann", password=RIGHT, domain="CORP")
    assert client.set_params(params) == SUCCESS
    assert client.set_params(dial_params("Office", password="other")) == SUCCESS
    assert client.get("Office") == (SUCCESS, ALL, "ann", HANDLE, "CORP")


def test_an_empty_password_is_one(client: Client) -> None:
    """RasSetEntryDialParams function.

    "If szPassword is an empty string and fRemovePassword is FALSE, the password is set to the empty
    string."
    """
    assert client.set_params(dial_params("Office", user="ann")) == SUCCESS
    assert client.get_params(dial_params("Office")) == (SUCCESS, 1)


def test_a_password_is_removed_regardless_of_what_is_given(client: Client) -> None:
    """RasSetEntryDialParams function.

    "If fRemovePassword is TRUE, the password stored in this phone-book entry for the user specified
    by szUserName is removed regardless of the contents of the szPassword string."
    """
    params = dial_params("Office", user="ann", password=RIGHT)
    assert client.set_params(params) == SUCCESS
    assert client.set_params(params, remove=True) == SUCCESS
    assert client.get_params(dial_params("Office")) == (SUCCESS, 0)


def test_the_handle_of_dial_parameters_changes_no_password(client: Client, ras: Ras) -> None:
    """RasSetEntryDialParams function.

    With the password handle it "returns successfully without changing any currently saved
    password."
    """
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    assert client.set_params(dial_params("Office", user="ann", password=HANDLE)) == SUCCESS
    assert ras.dial(dial_params("Office", user="ann", password=HANDLE, domain="CORP")).code == 0


# ---- RasDial ----


def test_rasdial_takes_the_handle_for_the_password(client: Client, ras: Ras) -> None:
    """RasGetCredentials function.

    "When presented with this handle, RasDial retrieves and uses the saved password."
    """
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    saved = client.get("Office")
    params = dial_params("Office", user=saved.user, password=saved.password, domain=saved.domain)
    code, handle = ras.dial(params)
    assert code == SUCCESS
    assert ras.status(handle).state == RASCS_Connected


def test_the_dial_parameters_of_an_entry_dial_it(client: Client, ras: Ras) -> None:
    """RasDial function: RasGetEntryDialParams gives "a copy of this structure" for an entry."""
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    params = dial_params("Office")
    assert client.get_params(params) == (SUCCESS, 1)
    assert ras.dial(params).code == SUCCESS


def test_an_asterisk_is_the_domain_of_the_entry(client: Client, ras: Ras) -> None:
    """RASDIALPARAMS structure: "An asterisk specifies the domain stored in the phone book"."""
    params = dial_params("Office", user="ann", password=HANDLE, domain="*")
    assert client.set("Office", "ann", RIGHT) == SUCCESS
    assert ras.dial(params).code == ERROR_AUTHENTICATION_FAILURE
    [left] = ras.connections()
    ras.hang_up(left.handle)
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    assert ras.dial(params).code == SUCCESS


@pytest.mark.usefixtures("client")
def test_where_no_password_is_saved_the_handle_is_a_password(ras: Ras) -> None:
    """Undocumented; there is nothing that it could stand for."""
    params = dial_params("Office", user="ann", password=HANDLE, domain="CORP")
    assert ras.dial(params).code == ERROR_AUTHENTICATION_FAILURE


def test_empty_credentials_are_not_those_that_are_saved(client: Client, ras: Ras) -> None:
    """RASDIALPARAMS structure.

    With both empty "RAS uses the user name and password of the current logon context", whom the
    simulated server does not know.
    """
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    assert ras.dial("Office").code == ERROR_AUTHENTICATION_FAILURE


def test_saved_password_refused_ends_in_628(client: Client, ras: Ras, simulator: Simulator) -> None:
    r"""One report, of a Windows 11: the handle was dialled as the user ``*\\``: 628."""
    simulator.set_quirk("saved-password-refused")
    assert client.set("Office", "ann", RIGHT, "CORP") == SUCCESS
    notifier = Notifier()
    params = dial_params("Office", user="ann", password=HANDLE, domain="CORP")
    assert ras.dial(params, notifier).code == SUCCESS
    simulator.wait_told()
    assert notifier.told[-1][1] == ERROR_DISCONNECTION
