"""RasDial: its arguments, its answers, references and paused states; its notices are elsewhere."""

import ctypes
import math
import sys
import threading
from ctypes import byref, c_void_p

import pytest

from contract.client import (
    ALL_USERS_PHONEBOOK,
    ERROR_AUTHENTICATION_FAILURE,
    ERROR_BAD_CALLBACK_NUMBER,
    ERROR_CALL_NOT_IMPLEMENTED,
    ERROR_CANNOT_FIND_PHONEBOOK_ENTRY,
    ERROR_CANNOT_OPEN_PHONEBOOK,
    ERROR_DIAL_ALREADY_IN_PROGRESS,
    ERROR_INTERACTIVE_MODE,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_SIZE,
    ERROR_LINK_FAILURE,
    ERROR_NO_ANSWER,
    ERROR_NO_MORE_ITEMS,
    ERROR_PASSWD_EXPIRED,
    ERROR_PORT_ALREADY_OPEN,
    ERROR_PORT_NOT_AVAILABLE,
    ERROR_PORT_NOT_OPEN,
    ERROR_POSSIBLE_DEADLOCK,
    ERROR_RASMAN_CANNOT_INITIALIZE,
    ERROR_REMOTE_DISCONNECTION,
    ERROR_USER_DISCONNECTION,
    INVALID_HANDLE_VALUE,
    RASDIALEXTENSIONS_SIZES,
    RASDIALPARAMSW_SIZES,
    SUCCESS,
    USER_PHONEBOOK,
    BlockingNotifier,
    Dialled,
    Event,
    Notice,
    Notifier,
    Ras,
    RASCN_Connection,
    RASCS_Authenticate,
    RASCS_Authenticated,
    RASCS_CallbackSetByCaller,
    RASCS_ConnectDevice,
    RASCS_Connected,
    RASCS_Disconnected,
    RASCS_Interactive,
    RASCS_InvokeEapUI,
    RASCS_OpenPort,
    RASCS_PasswordExpired,
    RASCS_RetryAuthentication,
    RDEOPT_PausedStates,
    Simulator,
    dial_extensions,
    dial_params,
)
from patience import HANG, within

RIGHT, WRONG = "the right one", "a wrong one"
PAUSED_STATES = {
    RASCS_Interactive: "Interactive",
    RASCS_CallbackSetByCaller: "CallbackSetByCaller",
    RASCS_PasswordExpired: "PasswordExpired",
    RASCS_InvokeEapUI: "InvokeEapUI",
}
ANY_PAUSED_STATE = pytest.mark.parametrize(
    "paused", PAUSED_STATES.keys(), ids=PAUSED_STATES.values()
)


def state_and_error(ras: Ras, handle: int) -> tuple[int, int]:
    """What RasGetConnectStatus says of how dialling goes."""
    status = ras.status(handle)
    assert status.code == SUCCESS
    return status.state, status.error


def names(ras: Ras) -> list[str]:
    """What is connected."""
    return [connection.name for connection in ras.connections()]


# ---- structures ----


def test_the_sizes_of_a_rasdialparams() -> None:
    """RASDIALPARAMS structure, and pshpack4.h in ras.h: the sizes of each WINVER."""
    less = 8 - ctypes.sizeof(c_void_p)
    assert {
        0x0602: 2120 - 2 * less,
        0x0601: 2112 - less,
        0x0401: 2108 - less,
        0x0400: 2096,
    } == RASDIALPARAMSW_SIZES


def test_the_sizes_of_a_rasdialextensions() -> None:
    """RASDIALEXTENSIONS structure, and pshpack4.h in ras.h: the sizes of each WINVER."""
    less = 8 - ctypes.sizeof(c_void_p)
    assert {
        0x0601: 60 - 5 * less,
        0x0500: 44 - 4 * less,
        0x0400: 24 - 2 * less,
    } == RASDIALEXTENSIONS_SIZES


@pytest.mark.parametrize("size", RASDIALPARAMSW_SIZES.values())
def test_each_version_of_rasdialparams_is_known(ras: Ras, simulator: Simulator, size: int) -> None:
    """RasDial function.

    dwSize is "to identify the version of the structure being passed."
    """
    simulator.add_entry("Office", user="me", password=RIGHT)
    params = dial_params("Office", size=size, user="me", password=RIGHT)
    assert ras.dial(params).code == SUCCESS


@pytest.mark.parametrize("size", RASDIALEXTENSIONS_SIZES.values())
def test_each_version_of_rasdialextensions_is_known(
    ras: Ras, simulator: Simulator, size: int
) -> None:
    """RASDIALEXTENSIONS structure: dwSize "indicates the version of the structure."."""
    simulator.add_entry("Office")
    assert ras.dial("Office", extensions=dial_extensions(size=size)).code == SUCCESS


@pytest.mark.parametrize(
    "size", sorted({0, 4, *(size + 1 for size in RASDIALPARAMSW_SIZES.values()), 2**32 - 1})
)
def test_another_size_of_rasdialparams_is_invalid(
    ras: Ras, simulator: Simulator, size: int
) -> None:
    """RasDial function: the caller "must set" dwSize. Error codes: 632, an incorrect size."""
    simulator.add_entry("Office")
    assert ras.dial(dial_params("Office", size=size)) == (ERROR_INVALID_SIZE, 0)
    assert simulator.dial("Office")[0] == SUCCESS


@pytest.mark.parametrize(
    "size", sorted({0, 4, *(size + 1 for size in RASDIALEXTENSIONS_SIZES.values()), 2**32 - 1})
)
def test_another_size_of_rasdialextensions_is_invalid(
    ras: Ras, simulator: Simulator, size: int
) -> None:
    """RASDIALEXTENSIONS structure: dwSize indicates the version. Error codes: 632."""
    simulator.add_entry("Office")
    answer = ras.dial("Office", extensions=dial_extensions(size=size))
    assert answer == (ERROR_INVALID_SIZE, 0)


# ---- synchronously ----


def test_without_a_notifier_it_returns_when_it_has_connected(
    ras: Ras, simulator: Simulator
) -> None:
    """RasDial function.

    "If lpvNotifier is NULL ... RasDial does not return until the connection attempt has completed
    successfully or failed." "If the function succeeds, the return value is ERROR_SUCCESS and a
    handle to the RAS connection is returned in the variable pointed to by lphRasConn."
    """
    simulator.add_entry("Office", dial_time=5.0)
    code, handle = ras.dial("Office")
    assert code == SUCCESS
    assert simulator.now() == 5_000_000
    assert ras.status(handle).state == RASCS_Connected
    assert [connection.handle for connection in ras.connections()] == [handle]


def test_without_a_notifier_it_returns_why_it_failed(ras: Ras, simulator: Simulator) -> None:
    """RasDial function.

    "If the function fails, the return value is from Routing and Remote Access Error Codes".
    """
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_OpenPort, 1.0), (RASCS_ConnectDevice, 2.0, ERROR_NO_ANSWER))
    assert ras.dial("Office").code == ERROR_NO_ANSWER
    assert simulator.now() == 3_000_000


def test_a_handle_that_comes_with_an_error_is_to_be_hung_up(ras: Ras, simulator: Simulator) -> None:
    """RasDial function.

    RasHangUp must be called "whenever a non-NULL connection handle is stored into *lphRasConn.
    This applies even if RasDial returns a nonzero (error) value."
    """
    simulator.add_entry("Office", hang_up_time=1.0)
    simulator.script("Office", (RASCS_OpenPort, 0.0, ERROR_NO_ANSWER))
    code, handle = ras.dial("Office")
    assert code == ERROR_NO_ANSWER
    assert handle
    simulator.advance(1e6)
    assert state_and_error(ras, handle) == (RASCS_Disconnected, ERROR_NO_ANSWER)
    assert ras.hang_up(handle) == SUCCESS
    simulator.advance(1.0)
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 7, 0xFFFFFFFF])
def test_without_a_notifier_its_type_is_ignored(ras: Ras, simulator: Simulator, kind: int) -> None:
    """RasDial function: "If lpvNotifier is NULL, dwNotifierType is ignored."."""
    simulator.add_entry("Office", dial_time=1.0)
    assert ras.dial("Office", kind=kind).code == SUCCESS
    assert simulator.now() == 1_000_000


class OtherThread:
    """A dialling without a notifier in a thread of its own, for which others move the time."""

    def __init__(self, ras: Ras, name: str) -> None:
        self.stored = c_void_p(None)
        self.answers: list[Dialled] = []
        self._thread = threading.Thread(target=self._dial, args=(ras, name), daemon=True)
        self._thread.start()
        within(lambda: self.stored.value)

    def _dial(self, ras: Ras, name: str) -> None:
        self.answers.append(ras.dial(name, stored=self.stored))

    def is_dialling(self) -> bool:
        """Whether it has not returned."""
        return self._thread.is_alive()

    def join(self) -> Dialled:
        """Wait for its answer."""
        self._thread.join(HANG)
        [answer] = self.answers
        return answer


def test_while_it_dials_another_thread_can_ask_how_far_it_is(
    ras: Ras, simulator: Simulator
) -> None:
    """Synchronous Operations.

    "a synchronous mode client can use a separate thread that calls RasGetConnectStatus to poll for
    and display the current state."
    """
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_OpenPort, 1.0), (RASCS_ConnectDevice, 1.0))
    other = OtherThread(ras, "Office")
    handle = other.stored.value or 0
    assert ras.status(handle).state == RASCS_OpenPort
    simulator.advance(1.5)
    assert ras.status(handle).state == RASCS_ConnectDevice
    assert other.is_dialling()
    simulator.advance(0.5)
    assert other.join() == (SUCCESS, handle)
    assert ras.status(handle).state == RASCS_Connected


def test_while_it_dials_another_thread_can_hang_up(ras: Ras, simulator: Simulator) -> None:
    """RasHangUp function.

    "The connection is terminated even if the RasDial call has not yet been completed."
    Undocumented is what that call then answers.
    """
    simulator.add_entry("Office", dial_time=math.inf)
    other = OtherThread(ras, "Office")
    assert ras.hang_up(other.stored.value or 0) == SUCCESS
    simulator.advance(1.0)
    assert other.join().code == ERROR_USER_DISCONNECTION
    assert simulator.dial("Office")[0] == SUCCESS


@pytest.mark.parametrize(
    ("error", "code"),
    [(ERROR_LINK_FAILURE, ERROR_LINK_FAILURE), (0, ERROR_REMOTE_DISCONNECTION)],
)
def test_what_the_other_side_disconnects_has_failed(
    ras: Ras, simulator: Simulator, error: int, code: int
) -> None:
    """RasDial function: it returns when the attempt has failed. Undocumented without an error."""
    simulator.add_entry("Office", dial_time=5.0)
    other = OtherThread(ras, "Office")
    simulator.drop("Office", error=error)
    simulator.advance(1.0)
    assert other.join().code == code


@pytest.mark.parametrize("seconds", [100.0, math.inf])
def test_it_returns_when_it_has_failed_and_not_when_it_would_have_connected(
    ras: Ras, simulator: Simulator, seconds: float
) -> None:
    """RasDial function: it does not return "until the connection attempt has ... failed"."""
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_OpenPort, seconds))
    simulator.drop_later(10.0, "Office", error=ERROR_LINK_FAILURE)
    assert ras.dial("Office").code == ERROR_LINK_FAILURE
    assert simulator.now() == 10_000_000


def test_what_never_ends_is_a_deadlock_on_a_clock_that_stands_still(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented; the simulator's choice, and its handle is to be hung up all the same."""
    simulator.add_entry("Office", dial_time=math.inf)
    code, handle = ras.dial("Office")
    assert code == ERROR_POSSIBLE_DEADLOCK
    assert ras.hang_up(handle) == SUCCESS


# ---- asynchronously ----


def test_with_a_notifier_it_returns_at_once(ras: Ras, simulator: Simulator) -> None:
    """RasDial function.

    "RasDial returns immediately, before the connection is established".
    """
    simulator.add_entry("Office", dial_time=5.0)
    code, handle = ras.dial("Office", Notifier())
    assert code == SUCCESS
    assert simulator.now() == 0
    assert ras.status(handle).state == RASCS_OpenPort
    assert names(ras) == []
    simulator.advance(5.0)
    assert ras.status(handle).state == RASCS_Connected
    assert names(ras) == ["Office"]


def test_a_connection_that_was_dialled_is_news_when_it_is_created(
    ras: Ras, simulator: Simulator
) -> None:
    """RasConnectionNotification function: "when any RAS connection is created"."""
    event = Event(simulator.path)
    assert ras.notify(INVALID_HANDLE_VALUE, event, RASCN_Connection) == SUCCESS
    simulator.add_entry("Office", dial_time=5.0)
    ras.dial("Office", Notifier())
    simulator.advance(4.5)
    assert not event.is_set()
    simulator.advance(0.5)
    assert event.is_set()
    event.close()


def test_errors_after_the_return_are_in_the_status_until_it_is_hung_up(
    ras: Ras, simulator: Simulator
) -> None:
    """RasDial function.

    "Errors that occur after the immediate return can be detected by RasGetConnectStatus. Data is
    available until an application calls RasHangUp to hang up the connection."
    """
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_OpenPort, 1.0), (RASCS_ConnectDevice, 1.0, ERROR_NO_ANSWER))
    code, handle = ras.dial("Office", Notifier())
    assert code == SUCCESS
    simulator.advance(1.5)
    assert state_and_error(ras, handle) == (RASCS_ConnectDevice, 0)
    for _ in range(3):
        simulator.advance(1e6)
        assert state_and_error(ras, handle) == (RASCS_Disconnected, ERROR_NO_ANSWER)
    assert ras.hang_up(handle) == SUCCESS
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


@pytest.mark.parametrize("state", [RASCS_OpenPort, RASCS_ConnectDevice, RASCS_Authenticated])
def test_dial_fails_at_once_answers_an_error_with_a_handle(
    ras: Ras, simulator: Simulator, state: int
) -> None:
    """RasDial function: to be hung up "even if RasDial returns a nonzero (error) value"."""
    simulator.set_quirk("dial-fails-at-once")
    simulator.add_entry("Office")
    simulator.script("Office", (state, 0.0, ERROR_NO_ANSWER))
    notifier = Notifier()
    code, handle = ras.dial("Office", notifier)
    assert code == ERROR_NO_ANSWER
    assert state_and_error(ras, handle) == (RASCS_Disconnected, ERROR_NO_ANSWER)
    assert simulator.dial("Office")[0] == ERROR_DIAL_ALREADY_IN_PROGRESS
    assert ras.hang_up(handle) == SUCCESS
    simulator.advance(1.0)
    assert notifier.told == []
    assert simulator.dial("Office")[0] == SUCCESS


def test_dial_fails_at_once_lets_later_errors_be_told(ras: Ras, simulator: Simulator) -> None:
    """The simulator's own: the quirk is about what fails before anything takes time."""
    simulator.set_quirk("dial-fails-at-once")
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_OpenPort, 1.0, ERROR_NO_ANSWER))
    notifier = Notifier()
    assert ras.dial("Office", notifier).code == SUCCESS
    simulator.advance(1.0)
    assert notifier.told[-1] == (RASCS_OpenPort, ERROR_NO_ANSWER)


def test_a_notifier_is_a_window_on_windows_only(ras: Ras, simulator: Simulator) -> None:
    """RasDial function: lpvNotifier may be a window. Undocumented: the dwNotifierType of that."""
    simulator.add_entry("Office")
    answer = ras.dial("Office", Notifier(), kind=0xFFFFFFFF)
    assert answer.code == (SUCCESS if sys.platform == "win32" else ERROR_CALL_NOT_IMPLEMENTED)


def test_a_notifier_is_of_one_of_three_types(ras: Ras, simulator: Simulator) -> None:
    """RasDial function: "set dwNotifierType to one of the following values", 0, 1 or 2."""
    simulator.add_entry("Office")
    assert ras.dial("Office", Notifier(), kind=3) == (ERROR_INVALID_PARAMETER, 0)
    assert simulator.dial("Office")[0] == SUCCESS


# ---- the entry ----


def test_an_unknown_entry_is_not_found(ras: Ras, simulator: Simulator) -> None:
    """RASDIALPARAMS structure: szEntryName is "the phone-book entry to use". Error codes: 623."""
    simulator.add_entry("Office")
    assert ras.dial("Home") == (ERROR_CANNOT_FIND_PHONEBOOK_ENTRY, 0)
    assert ras.dial("Home", Notifier()) == (ERROR_CANNOT_FIND_PHONEBOOK_ENTRY, 0)


def test_the_entry_is_that_of_the_phone_book(ras: Ras, simulator: Simulator) -> None:
    """RasDial function.

    lpszPhonebook is "the full path and file name of a phone-book (PBK) file."
    """
    simulator.add_entry("Office", phonebook=r"C:\a.pbk")
    simulator.add_entry("Office", phonebook=r"C:\b.pbk")
    assert ras.dial("Office", phonebook=r"C:\b.pbk").code == SUCCESS
    assert [connection.phonebook for connection in ras.connections()] == [r"C:\b.pbk"]


def test_an_unknown_phone_book_cannot_be_opened(ras: Ras, simulator: Simulator) -> None:
    """Routing and Remote Access Error Codes: 621, the phone book file cannot be opened."""
    simulator.add_entry("Office")
    answer = ras.dial("Office", phonebook=r"C:\other.pbk")
    assert answer == (ERROR_CANNOT_OPEN_PHONEBOOK, 0)


def test_without_a_phone_book_a_private_one_is_not_looked_into(
    ras: Ras, simulator: Simulator
) -> None:
    """RasDial function: with NULL it uses "the current default phone-book file"; no private one."""
    simulator.add_entry("Office", phonebook=r"C:\a.pbk")
    assert ras.dial("Office") == (ERROR_CANNOT_FIND_PHONEBOOK_ENTRY, 0)
    assert ras.dial("Office", phonebook=r"C:\a.pbk").code == SUCCESS


def test_without_a_phone_book_the_users_own_comes_first(ras: Ras, simulator: Simulator) -> None:
    """Undocumented: which is "the current default phone-book file" is a preference of the user.

    Windscribe's client gives NULL, and RasEnumEntries has NULL stand for both profiles.
    """
    simulator.add_entry("Office", phonebook=ALL_USERS_PHONEBOOK)
    assert ras.dial("Office").code == SUCCESS
    simulator.add_entry("Office", phonebook=USER_PHONEBOOK)
    assert ras.dial("Office").code == SUCCESS
    books = [connection.phonebook for connection in ras.connections()]
    assert books == [ALL_USERS_PHONEBOOK, USER_PHONEBOOK]


def test_the_name_of_an_entry_has_no_case(ras: Ras, simulator: Simulator) -> None:
    """Undocumented. A connection has the name as its phone book spells it."""
    simulator.add_entry("Büro")
    assert ras.dial("BÜRO").code == ras.dial("büro", phonebook=USER_PHONEBOOK).code == SUCCESS
    assert names(ras) == ["Büro"]


@pytest.mark.parametrize("name", ["Офис", "half \ud83d here", "x" * 256])
def test_the_name_is_any_text(ras: Ras, simulator: Simulator, name: str) -> None:
    """RASDIALPARAMS structure: szEntryName has room for 256 characters and its end."""
    simulator.add_entry(name)
    assert ras.dial(name).code == SUCCESS
    assert names(ras) == [name]


def test_without_an_entry_the_phone_number_is_dialled(ras: Ras, simulator: Simulator) -> None:
    """RASDIALPARAMS structure.

    "An empty string specifies a simple modem connection on the first available modem port, in
    which case a non-empty szPhoneNumber must be provided." RasEnumConnections function: its name
    is the phone number "preceded by a period".
    """
    simulator.add_entry("", phone_number="555 0100", device_type="modem")
    code, handle = ras.dial(dial_params(phone_number="555 0100"))
    assert code == SUCCESS
    assert names(ras) == [".555 0100"]
    assert ras.status(handle).phone_number == "555 0100"


def test_without_an_entry_there_must_be_a_phone_number(ras: Ras, simulator: Simulator) -> None:
    """RASDIALPARAMS structure: "If szEntryName is "", szPhoneNumber cannot be ""."."""
    simulator.add_entry("Office")
    assert ras.dial("") == (ERROR_INVALID_PARAMETER, 0)


def test_the_phone_number_overrides_that_of_the_entry(ras: Ras, simulator: Simulator) -> None:
    """RASDIALPARAMS structure: szPhoneNumber is "an overriding phone number"."""
    simulator.add_entry("Office", phone_number="555 0100")
    handle = ras.dial(dial_params("Office", phone_number="555 0199")).handle
    assert ras.status(handle).phone_number == "555 0199"
    assert names(ras) == ["Office"]


def test_an_overriding_phone_number_is_for_one_connection(ras: Ras, simulator: Simulator) -> None:
    """RASDIALPARAMS structure.

    "An empty string indicates that the phone-book entry's phone number should be used."
    """
    simulator.add_entry("Office", phone_number="555 0100")
    handle = ras.dial(dial_params("Office", phone_number="1" * 128)).handle
    assert ras.status(handle).phone_number == "1" * 128
    ras.hang_up(handle)
    handle = ras.dial("Office").handle
    assert ras.status(handle).phone_number == "555 0100"


def test_the_sub_entry_is_the_one_to_begin_with(ras: Ras, simulator: Simulator) -> None:
    """Subentries and Multilink Connections.

    "you can use the RASDIALPARAMS structure to specify the initial subentry to connect". "RasDial
    returns a handle to the combined multilink connection."
    """
    simulator.add_entry("Office", sub_entries=3)
    handle = ras.dial(dial_params("Office", sub_entry=2)).handle
    assert [ras.sub_entry(handle, number)[0] for number in (1, 2, 3, 4)] == [
        *(ERROR_PORT_NOT_OPEN, SUCCESS),
        *(ERROR_PORT_NOT_OPEN, ERROR_NO_MORE_ITEMS),
    ]
    [office] = ras.connections()
    assert (office.handle, office.sub_entry) == (handle, 2)


def test_a_sub_entry_that_there_is_not_cannot_be_the_first(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice."""
    simulator.add_entry("Office", sub_entries=3)
    assert ras.dial(dial_params("Office", sub_entry=4)) == (ERROR_NO_MORE_ITEMS, 0)


# ---- who is let in ----


def test_the_user_is_authenticated(ras: Ras, simulator: Simulator) -> None:
    """RASDIALPARAMS structure.

    szUserName, szPassword: "used to authenticate the user's access to the remote access server."
    szDomain is "the domain on which authentication is to occur."
    """
    simulator.add_entry("Office", user="me", password=RIGHT, domain="HERE")
    params = dial_params("Office", user="me", password=RIGHT, domain="HERE")
    assert ras.dial(params).code == SUCCESS


@pytest.mark.parametrize(
    ("user", "password", "domain"),
    [("", "", ""), ("you", RIGHT, "HERE"), ("me", WRONG, "HERE"), ("me", RIGHT, "")],
)
def test_another_user_is_not_let_in(
    ras: Ras, simulator: Simulator, user: str, password: str, domain: str
) -> None:
    """Error codes: 691, access is denied because of the user name or the password."""
    simulator.add_entry("Office", user="me", password=RIGHT, domain="HERE")
    params = dial_params("Office", user=user, password=password, domain=domain)
    code, handle = ras.dial(params)
    assert code == ERROR_AUTHENTICATION_FAILURE
    assert state_and_error(ras, handle) == (RASCS_Disconnected, ERROR_AUTHENTICATION_FAILURE)


def test_an_unknown_user_fails_in_the_state_of_authentication(
    ras: Ras, simulator: Simulator
) -> None:
    """Handling RAS Errors.

    "The notification indicates the connection state when the error occurred".
    """
    simulator.add_entry("Office", user="me", password=RIGHT)
    notifier = Notifier()
    ras.dial(dial_params("Office", user="me", password=WRONG), notifier)
    simulator.wait_told()
    assert notifier.told[-2:] == [
        (RASCS_Authenticate, 0),
        (RASCS_Authenticate, ERROR_AUTHENTICATION_FAILURE),
    ]


# ---- callback ----


def test_an_asterisk_for_the_callback_number_is_a_bad_one(ras: Ras, simulator: Simulator) -> None:
    """RASDIALPARAMS structure.

    "Specifying an asterisk for szCallbackNumber causes RAS to return error 704". Callback
    Connections: without paused states it means the number in the phone book, where none is any
    more.
    """
    simulator.add_entry("Office")
    answer = ras.dial(dial_params("Office", callback_number="*"))
    assert answer == (ERROR_BAD_CALLBACK_NUMBER, 0)


@pytest.mark.parametrize("number", ["555 0100", "**", ""])
def test_another_callback_number_is_taken(ras: Ras, simulator: Simulator, number: str) -> None:
    """RASDIALPARAMS structure.

    "An empty string indicates that callback should not be used. This string is ignored unless the
    user has "Set By Caller" callback permission on the RAS server."
    """
    simulator.add_entry("Office")
    assert ras.dial(dial_params("Office", callback_number=number)).code == SUCCESS


def test_an_asterisk_asks_for_a_pause_in_which_to_give_the_number(
    ras: Ras, simulator: Simulator
) -> None:
    """RasDial function, Callback Connections.

    "To specify that RasDial should enter a RASCS_CallbackSetByCaller state, set szCallbackNumber
    to "*" on the initial call". "The client then resumes the connection operation by making a
    second RasDial call in which szCallbackNumber specifies the number supplied by the user."
    """
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_Authenticate, 1.0), (RASCS_CallbackSetByCaller, 0.0))
    notifier = Notifier()
    pausing = dial_extensions(RDEOPT_PausedStates)
    params = dial_params("Office", callback_number="*")
    code, handle = ras.dial(params, notifier, extensions=pausing)
    assert code == SUCCESS
    simulator.advance(1.0)
    assert ras.status(handle).state == RASCS_CallbackSetByCaller
    answer = ras.dial_on(handle, dial_params("Office", callback_number="555 0100"), notifier)
    assert answer == (SUCCESS, handle)
    simulator.wait_told()
    assert notifier.told[-2:] == [(RASCS_CallbackSetByCaller, 0), (RASCS_Connected, 0)]


def test_an_asterisk_is_ignored_for_who_may_not_set_the_number(
    ras: Ras, simulator: Simulator
) -> None:
    """RASDIALPARAMS structure: it "is ignored unless the user has" that permission."""
    simulator.add_entry("Office")
    params = dial_params("Office", callback_number="*")
    assert ras.dial(params, extensions=dial_extensions(RDEOPT_PausedStates)).code == SUCCESS


# ---- references ----


def test_what_is_connected_already_is_referenced(ras: Ras, simulator: Simulator) -> None:
    """RasDial function.

    "If the entry being dialed is already connected, RasDial returns SUCCESS and the connection is
    referenced. To disconnect the connection, each RasDial on the connection should be matched by a
    RasHangUp."
    """
    simulator.add_entry("Office", dial_time=1.0)
    code, handle = ras.dial("Office")
    assert code == SUCCESS
    assert ras.dial("Office") == (SUCCESS, handle)
    assert simulator.now() == 1_000_000
    assert names(ras) == ["Office"]
    assert ras.hang_up(handle) == SUCCESS
    assert ras.status(handle).state == RASCS_Connected
    assert ras.hang_up(handle) == SUCCESS
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


def test_what_another_program_has_connected_is_referenced(ras: Ras, simulator: Simulator) -> None:
    """RasDial function: "each RasDial on the connection should be matched by a RasHangUp."."""
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    assert ras.dial("Office") == (SUCCESS, handle)
    assert ras.hang_up(handle) == SUCCESS
    assert names(ras) == ["Office"]


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_of_what_is_connected_already_that_is_told(
    ras: Ras, simulator: Simulator, kind: int
) -> None:
    """Completion Notifications: it is complete when the handler receives RASCS_Connected."""
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    notifier = Notifier(kind)
    assert ras.dial("Office", notifier) == (SUCCESS, handle)
    simulator.wait_told()
    assert notifier.told == [(RASCS_Connected, 0)]
    simulator.drop("Office")
    simulator.wait_told()
    assert notifier.told == [(RASCS_Connected, 0)]


def test_dial_untold_tells_nothing_of_what_is_connected_already(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented: RasDial may have nothing to tell."""
    simulator.set_quirk("dial-untold")
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    notifier = Notifier()
    assert ras.dial("Office", notifier) == (SUCCESS, handle)
    simulator.wait_told()
    assert notifier.told == []


def test_what_is_being_dialled_cannot_be_dialled(ras: Ras, simulator: Simulator) -> None:
    """Error codes: 756, this connection is already being dialed."""
    simulator.add_entry("Office", dial_time=5.0)
    handle = ras.dial("Office", Notifier()).handle
    assert ras.dial("Office") == (ERROR_DIAL_ALREADY_IN_PROGRESS, 0)
    assert simulator.dial("Office")[0] == ERROR_DIAL_ALREADY_IN_PROGRESS
    simulator.advance(5.0)
    assert ras.dial("Office") == (SUCCESS, handle)


@pytest.mark.parametrize("hangs_up", [False, True])
def test_what_has_failed_keeps_its_port_until_it_is_hung_up(
    ras: Ras, simulator: Simulator, *, hangs_up: bool
) -> None:
    """Error codes: 633, the port is not available. RasHangUp function: it takes time.

    "an immediate attempt to use the same connection may fail". Undocumented: 756 for as long as
    nobody has hung up, which a shipping PPPoE client says of it.
    """
    simulator.add_entry("Office", hang_up_time=1.0)
    simulator.script("Office", (RASCS_OpenPort, 0.0, ERROR_NO_ANSWER))
    handle = ras.dial("Office").handle
    if hangs_up:
        assert ras.hang_up(handle) == SUCCESS
    simulator.script("Office", (RASCS_OpenPort, 0.0))
    code = ERROR_PORT_NOT_AVAILABLE if hangs_up else ERROR_DIAL_ALREADY_IN_PROGRESS
    assert ras.dial("Office") == (code, 0)
    simulator.advance(1.0)
    assert (ras.dial("Office").code == SUCCESS) is hangs_up


def test_what_has_failed_is_enumerated_until_it_is_hung_up(ras: Ras, simulator: Simulator) -> None:
    """Undocumented: a shipping PPPoE client finds a failed dial so, whose handle is lost."""
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_OpenPort, 0.0, ERROR_NO_ANSWER))
    handle = ras.dial("Office").handle
    [lost] = ras.connections()
    assert (lost.handle, ras.status(lost.handle).state) == (handle, RASCS_Disconnected)
    assert ras.hang_up(lost.handle) == SUCCESS
    assert ras.connections() == ()


def test_an_error_in_the_status_need_not_be_the_end(ras: Ras, simulator: Simulator) -> None:
    """Undocumented: with the tunnel type "automatic", Windows goes on to the next one."""
    simulator.add_entry("Office")
    simulator.script(
        "Office", (RASCS_ConnectDevice, 2.0, ERROR_NO_ANSWER, True), (RASCS_Authenticate, 1.0)
    )
    notifier = Notifier()
    handle = ras.dial("Office", notifier).handle
    simulator.advance(1.0)
    assert state_and_error(ras, handle) == (RASCS_ConnectDevice, ERROR_NO_ANSWER)
    simulator.advance(1.5)
    assert state_and_error(ras, handle) == (RASCS_Authenticate, 0)
    simulator.advance(0.5)
    assert state_and_error(ras, handle) == (RASCS_Connected, 0)
    assert [notice[:2] for notice in notifier.told] == [
        (RASCS_ConnectDevice, 0),
        (RASCS_Authenticate, 0),
        (RASCS_Connected, 0),
    ]


def test_a_port_that_was_left_open_cannot_be_dialled(ras: Ras, simulator: Simulator) -> None:
    """RasHangUp function.

    Who hangs up and exits "can fail to properly close a port, leaving the port in an inconsistent
    state." Error codes: 602, the port is already open.
    """
    simulator.add_entry("Office", hang_up_time=1.0)
    assert ras.hang_up(ras.dial("Office").handle) == SUCCESS
    simulator.client_leaves()
    simulator.advance(10.0)
    assert ras.dial("Office") == (ERROR_PORT_ALREADY_OPEN, 0)


# ---- the handle, and the service ----


def test_a_variable_that_is_not_null_is_no_new_connection(ras: Ras, simulator: Simulator) -> None:
    """RasDial function: "Set the HRASCONN variable to NULL before calling RasDial."."""
    simulator.add_entry("Office")
    assert ras.dial("Office", handle=0x7FFFFFF0) == (ERROR_INVALID_HANDLE, 0x7FFFFFF0)
    assert names(ras) == []


def test_the_handle_of_what_is_not_paused_is_no_new_connection(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented; the simulator's choice."""
    simulator.add_entry("Office", dial_time=5.0)
    notifier = Notifier()
    handle = ras.dial("Office", notifier).handle
    for _ in range(2):
        assert ras.dial_on(handle, "Office", notifier) == (ERROR_INVALID_PARAMETER, handle)
        simulator.advance(5.0)
    assert ras.status(handle).state == RASCS_Connected


@pytest.mark.parametrize("missing", ["params", "handle"])
def test_two_arguments_are_not_optional(ras: Ras, simulator: Simulator, missing: str) -> None:
    """Undocumented: lpRasDialParams [in] and lphRasConn [out] are pointers to something."""
    simulator.add_entry("Office")
    params, stored = dial_params("Office"), c_void_p(None)
    code = ras.RasDialW(
        None,
        None,
        None if missing == "params" else byref(params),
        0,
        None,
        None if missing == "handle" else byref(stored),
    )
    assert code == ERROR_INVALID_PARAMETER
    assert stored.value is None


def test_a_service_that_is_not_there_dials_nothing(ras: Ras, simulator: Simulator) -> None:
    """Error codes: 711, the Remote Access Connection Manager could not start."""
    simulator.add_entry("Office")
    simulator.fail("RasDial", ERROR_RASMAN_CANNOT_INITIALIZE)
    notifier = Notifier()
    assert ras.dial("Office", notifier) == (ERROR_RASMAN_CANNOT_INITIALIZE, 0)
    simulator.advance(1.0)
    assert notifier.told == []
    assert ras.dial("Office").code == SUCCESS


# ---- paused states ----


def pause(
    ras: Ras,
    simulator: Simulator,
    paused: int,
    notifier: Notifier | None,
    *,
    error: int = 0,
) -> int:
    """Dial Office until it pauses in that state, a second from now: its handle."""
    simulator.add_entry("Office", hang_up_time=1.0)
    simulator.script(
        "Office", (RASCS_Authenticate, 1.0), (paused, 0.0, error), (RASCS_Authenticated, 1.0)
    )
    extensions = dial_extensions(RDEOPT_PausedStates)
    code, handle = ras.dial(
        dial_params("Office", callback_number="*"), notifier, extensions=extensions
    )
    assert code == SUCCESS
    simulator.advance(1.0)
    assert state_and_error(ras, handle) == (paused, 0)
    return handle


@ANY_PAUSED_STATE
def test_a_paused_state_waits_for_the_client(ras: Ras, simulator: Simulator, paused: int) -> None:
    """RasDial function.

    With RDEOPT_PausedStates it "pauses whenever it enters a state in which the RASCS_PAUSED bit is
    set to one."
    """
    notifier = Notifier()
    handle = pause(ras, simulator, paused, notifier)
    simulator.advance(1e6)
    assert ras.status(handle).state == paused
    assert notifier.told == [(RASCS_Authenticate, 0), (paused, 0)]
    assert names(ras) == []


@ANY_PAUSED_STATE
@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("error", [0, ERROR_PASSWD_EXPIRED])
def test_a_second_rasdial_goes_on(
    ras: Ras, simulator: Simulator, paused: int, kind: int, error: int
) -> None:
    """RasDial function.

    "To restart RasDial from such a paused state, call RasDial again, passing the connection handle
    returned from the original RasDial call in *lphRasConn." The error of a paused state is for
    clients that do not support them.
    """
    notifier = Notifier(kind)
    handle = pause(ras, simulator, paused, notifier, error=error)
    assert ras.dial_on(handle, "Office", notifier) == (SUCCESS, handle)
    assert ras.status(handle).state == RASCS_Authenticated
    simulator.advance(1.0)
    assert ras.status(handle).state == RASCS_Connected
    assert notifier.told == [
        *((RASCS_Authenticate, 0), (paused, 0)),
        *((RASCS_Authenticated, 0), (RASCS_Connected, 0)),
    ]
    assert ras.hang_up(handle) == SUCCESS
    assert names(ras) == []


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_another_notifier_cannot_go_on(ras: Ras, simulator: Simulator, kind: int) -> None:
    """RasDial function.

    "The same notifier used in the original RasDial call must be used when restarting from a paused
    state." Undocumented is the answer, here ERROR_INVALID_PARAMETER.
    """
    notifier = Notifier(1)
    handle = pause(ras, simulator, RASCS_PasswordExpired, notifier)
    for other in (Notifier(kind), None):
        answer = ras.dial_on(handle, "Office", other)
        assert answer == (ERROR_INVALID_PARAMETER, handle)
    assert ras.status(handle).state == RASCS_PasswordExpired
    assert ras.dial_on(handle, "Office", notifier).code == SUCCESS


def test_a_pause_is_ended_by_hanging_up(ras: Ras, simulator: Simulator) -> None:
    """Paused States.

    The client can "resume the connection operation by a second RasDial call, or terminate it by
    calling the RasHangUp function."
    """
    notifier = Notifier()
    handle = pause(ras, simulator, RASCS_PasswordExpired, notifier)
    assert ras.hang_up(handle) == SUCCESS
    assert ras.status(handle).state == RASCS_Disconnected
    assert ras.dial_on(handle, "Office", notifier) == (ERROR_INVALID_PARAMETER, handle)
    simulator.advance(1.0)
    assert ras.status(handle).code == ERROR_INVALID_HANDLE
    assert ras.dial_on(handle, "Office", notifier) == (ERROR_INVALID_HANDLE, handle)
    assert notifier.told[-1] == (RASCS_PasswordExpired, 0)


@pytest.mark.parametrize("number", ["", "555 0100"])
@pytest.mark.parametrize("options", [0, RDEOPT_PausedStates])
def test_who_does_not_ask_to_set_the_number_is_not_paused_for_it(
    ras: Ras, simulator: Simulator, number: str, options: int
) -> None:
    """Callback Connections.

    szCallbackNumber "can simply specify the callback number; or, to establish the connection
    without a callback, szCallbackNumber can point to an empty string". "In either of these cases,
    the Remote Access Connection Manager handles the connection operation automatically."
    """
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_Authenticate, 0.0), (RASCS_CallbackSetByCaller, 0.0, 704))
    notifier = Notifier()
    params = dial_params("Office", callback_number=number)
    ras.dial(params, notifier, extensions=dial_extensions(options))
    simulator.wait_told()
    assert notifier.told == [(RASCS_Authenticate, 0), (RASCS_Connected, 0)]


@pytest.mark.parametrize("paused", [RASCS_Interactive, RASCS_PasswordExpired, RASCS_InvokeEapUI])
@pytest.mark.parametrize("options", [None, 0, 0xFFFFFFFF & ~RDEOPT_PausedStates])
def test_by_default_a_paused_state_is_an_error(
    ras: Ras, simulator: Simulator, paused: int, options: int | None
) -> None:
    """Paused States.

    "By default, paused state support is disabled." "If paused state support is disabled, the
    notification message indicates an error, and the connection operation fails."
    """
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_Authenticate, 1.0), (paused, 0.0, ERROR_PASSWD_EXPIRED))
    notifier = Notifier()
    extensions = None if options is None else dial_extensions(options)
    handle = ras.dial("Office", notifier, extensions=extensions).handle
    simulator.advance(1.0)
    assert notifier.told == [(RASCS_Authenticate, 0), (paused, ERROR_PASSWD_EXPIRED)]
    assert state_and_error(ras, handle) == (RASCS_Disconnected, ERROR_PASSWD_EXPIRED)


def test_a_paused_state_without_an_error_of_its_own_fails_all_the_same(
    ras: Ras, simulator: Simulator
) -> None:
    """Paused States: "the connection operation fails". Undocumented is with which code."""
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_Interactive, 0.0))
    assert ras.dial("Office").code == ERROR_INTERACTIVE_MODE


def test_it_goes_on_while_the_notice_of_the_pause_is_still_on_its_way(
    ras: Ras, simulator: Simulator
) -> None:
    """Paused States.

    "The second RasDial call cannot be made from within the notification handler": the handler asks
    another thread for it, which may be faster than its return.
    """
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_Interactive, 0.0), (RASCS_Authenticated, 1.0))
    notifier = BlockingNotifier(RASCS_Interactive)
    extensions = dial_extensions(RDEOPT_PausedStates)
    handle = ras.dial("Office", notifier, extensions=extensions).handle
    notifier.wait_entered()
    timer = threading.Timer(0.05, notifier.let_go)
    timer.start()
    assert ras.dial_on(handle, "Office", notifier) == (SUCCESS, handle)
    timer.join()
    simulator.advance(1.0)
    assert notifier.told == [
        *((RASCS_Interactive, 0), (RASCS_Authenticated, 0)),
        (RASCS_Connected, 0),
    ]


def test_it_goes_on_without_notices_where_the_client_wanted_no_more(
    ras: Ras, simulator: Simulator
) -> None:
    """RASDIALFUNC2 callback function: zero "stops sending callback notifications", no more."""
    notifier = Notifier(2, lambda notice: notice.state != RASCS_PasswordExpired)
    handle = pause(ras, simulator, RASCS_PasswordExpired, notifier)
    assert ras.dial_on(handle, "Office", Notifier(2)).code == ERROR_INVALID_PARAMETER
    assert ras.dial_on(handle, "Office", notifier) == (SUCCESS, handle)
    simulator.advance(1.0)
    assert ras.status(handle).state == RASCS_Connected
    assert notifier.told[-1] == (RASCS_PasswordExpired, 0)


def test_it_goes_on_where_nothing_is_told(ras: Ras, simulator: Simulator) -> None:
    """Undocumented: with dial-untold a client sees the pause by RasGetConnectStatus alone."""
    simulator.set_quirk("dial-untold")
    notifier = Notifier()
    handle = pause(ras, simulator, RASCS_PasswordExpired, notifier)
    assert ras.dial_on(handle, "Office", notifier) == (SUCCESS, handle)
    simulator.advance(1.0)
    assert ras.status(handle).state == RASCS_Connected


def test_it_goes_on_without_a_notifier(ras: Ras, simulator: Simulator) -> None:
    """RasDial function: "The same notifier", none here, "must be used when restarting".

    Undocumented is when such a RasDial returns that pauses; here it is a deadlock.
    """
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_Interactive, 0.0), (RASCS_Authenticated, 1.0))
    code, handle = ras.dial("Office", extensions=dial_extensions(RDEOPT_PausedStates))
    assert code == ERROR_POSSIBLE_DEADLOCK
    assert ras.status(handle).state == RASCS_Interactive
    assert ras.dial("Office", kind=2, handle=handle) == (SUCCESS, handle)
    assert ras.status(handle).state == RASCS_Connected


def test_who_is_not_let_in_may_try_again(ras: Ras, simulator: Simulator) -> None:
    """Paused States.

    "When the user authentication fails, the user can type in a different user name and password."
    They are "in the appropriate members of the RASDIALPARAMS structure" of the second call.
    """
    simulator.add_entry("Office", user="me", password=RIGHT)
    notifier = Notifier()
    extensions = dial_extensions(RDEOPT_PausedStates)
    handle = ras.dial("Office", notifier, extensions=extensions).handle
    for user, password in (("me", WRONG), ("you", RIGHT)):
        simulator.wait_told()
        assert notifier.told[-2:] == [(RASCS_Authenticate, 0), (RASCS_RetryAuthentication, 0)]
        assert state_and_error(ras, handle) == (RASCS_RetryAuthentication, 0)
        params = dial_params("Office", user=user, password=password)
        assert ras.dial_on(handle, params, notifier) == (SUCCESS, handle)
    simulator.wait_told()
    params = dial_params("Office", user="me", password=RIGHT)
    assert ras.dial_on(handle, params, notifier) == (SUCCESS, handle)
    simulator.wait_told()
    assert notifier.told[-1] == (RASCS_Connected, 0)
    assert notifier.told.count((RASCS_RetryAuthentication, 0)) == 3
    assert state_and_error(ras, handle) == (RASCS_Connected, 0)


def test_after_an_expired_password_there_is_a_new_one(ras: Ras, simulator: Simulator) -> None:
    """RASDIALPARAMS structure.

    "Use szPassword to send a new password to the remote server when you restart a RasDial
    connection from a RASCS_PasswordExpired paused state."
    """
    simulator.add_entry("Office", user="me", password=RIGHT)
    simulator.script(
        "Office", *((state, 0.0) for state in (RASCS_Authenticate, RASCS_PasswordExpired))
    )
    old, new = (dial_params("Office", user="me", password=word) for word in (RIGHT, "new"))
    notifier = Notifier()
    extensions = dial_extensions(RDEOPT_PausedStates)
    handle = ras.dial(old, notifier, extensions=extensions).handle
    simulator.wait_told()
    assert ras.dial_on(handle, new, notifier) == (SUCCESS, handle)
    simulator.wait_told()
    assert ras.status(handle).state == RASCS_Connected
    assert ras.hang_up(handle) == SUCCESS
    simulator.script("Office", (RASCS_Authenticate, 0.0))
    code, handle = ras.dial(old)
    assert code == ERROR_AUTHENTICATION_FAILURE
    assert ras.hang_up(handle) == SUCCESS
    assert ras.dial(new).code == SUCCESS


def test_the_second_rasdial_cannot_be_made_from_within_the_notifier(
    ras: Ras, simulator: Simulator
) -> None:
    """Paused States.

    "The second RasDial call cannot be made from within the notification handler." Undocumented is
    what it answers.
    """
    answers: list[Dialled] = []

    def go_on(notice: Notice) -> None:
        if notice.state == RASCS_PasswordExpired:
            answers.append(ras.dial_on(notice.handle or 0, "Office", notifier))

    notifier = Notifier(1, go_on)
    handle = pause(ras, simulator, RASCS_PasswordExpired, notifier)
    assert answers == [(ERROR_DIAL_ALREADY_IN_PROGRESS, handle)]
    assert ras.dial_on(handle, "Office", notifier) == (SUCCESS, handle)


def test_who_is_not_let_in_may_give_up(ras: Ras, simulator: Simulator) -> None:
    """Paused States: "or terminate it by calling the RasHangUp function."."""
    simulator.add_entry("Office", user="me", password=RIGHT)
    notifier = Notifier()
    extensions = dial_extensions(RDEOPT_PausedStates)
    handle = ras.dial("Office", notifier, extensions=extensions).handle
    simulator.wait_told()
    assert ras.hang_up(handle) == SUCCESS
    assert ras.status(handle).code == ERROR_INVALID_HANDLE
    assert simulator.dial("Office")[0] == SUCCESS
