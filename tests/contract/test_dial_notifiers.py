"""RASDIALFUNC, RASDIALFUNC1 and RASDIALFUNC2: what RasDial tells while it dials."""

import threading
from ctypes import byref, c_uint32, c_void_p

import pytest

from contract.client import (
    ERROR_AUTHENTICATION_FAILURE,
    ERROR_BUFFER_TOO_SMALL,
    ERROR_DIAL_ALREADY_IN_PROGRESS,
    ERROR_INVALID_HANDLE,
    ERROR_LINK_FAILURE,
    ERROR_NO_ANSWER,
    ERROR_PROJECTION_NOT_COMPLETE,
    SUCCESS,
    WM_RASDIALEVENT,
    BlockingNotifier,
    Notice,
    Notifier,
    Ras,
    RASCS_AllDevicesConnected,
    RASCS_Authenticate,
    RASCS_Authenticated,
    RASCS_AuthNotify,
    RASCS_AuthProject,
    RASCS_ConnectDevice,
    RASCS_Connected,
    RASCS_DeviceConnected,
    RASCS_Disconnected,
    RASCS_OpenPort,
    RASCS_PortOpened,
    RASCS_Projected,
    Simulator,
    dial_params,
    load,
)

KINDS = pytest.mark.parametrize("kind", [0, 1, 2])
# A dialling of four seconds.
STEPS = (
    (RASCS_OpenPort, 1.0),
    (RASCS_ConnectDevice, 1.0),
    (RASCS_Authenticate, 1.0),
    (RASCS_Projected, 1.0),
)
ENTRIES = [(state, 0) for state, _ in STEPS]


def add_scripted(simulator: Simulator, name: str = "Office", **members: float) -> None:
    """An entry whose dialling goes through STEPS."""
    simulator.add_entry(name, hang_up_time=members.get("hang_up_time", 0.0))
    simulator.script(name, *STEPS)


# ---- that it is called, and with what ----


@KINDS
def test_each_state_and_then_connected_is_told(ras: Ras, simulator: Simulator, kind: int) -> None:
    """RASDIALFUNC, RASDIALFUNC1, RASDIALFUNC2 callback function.

    Each "is called by the RasDial function when a change of state occurs".
    """
    add_scripted(simulator)
    notifier = Notifier(kind)
    assert ras.dial("Office", notifier).code == SUCCESS
    simulator.advance(4.0)
    assert notifier.told == [*ENTRIES, (RASCS_Connected, 0)]


@KINDS
def test_the_state_is_told_upon_entry(ras: Ras, simulator: Simulator, kind: int) -> None:
    """RASDIALFUNC, RASDIALFUNC1, RASDIALFUNC2 callback function.

    "calls RasDialFunc with dwError set to zero upon entry to each connection state."
    """
    add_scripted(simulator)
    moments: list[tuple[int, float]] = []
    notifier = Notifier(kind, lambda notice: moments.append((notice.state, simulator.now() / 1e6)))
    ras.dial("Office", notifier)
    simulator.advance(10.0)
    assert moments == [
        (RASCS_OpenPort, 0.0),
        (RASCS_ConnectDevice, 1.0),
        (RASCS_Authenticate, 2.0),
        (RASCS_Projected, 3.0),
        (RASCS_Connected, 4.0),
    ]


@KINDS
@pytest.mark.parametrize("failing", range(len(STEPS)))
def test_an_error_is_told_again_in_the_state_in_which_it_occurs(
    ras: Ras, simulator: Simulator, kind: int, failing: int
) -> None:
    """RASDIALFUNC, RASDIALFUNC1, RASDIALFUNC2 callback function.

    "If an error occurs within a state, RasDialFunc is called again with a nonzero dwError value."
    Handling RAS Errors: "The notification indicates the connection state when the error occurred,
    and a code that identifies the error."
    """
    simulator.add_entry("Office")
    state = STEPS[failing][0]
    simulator.script("Office", *STEPS[:failing], (state, 1.0, ERROR_NO_ANSWER), *STEPS[failing:])
    notifier = Notifier(kind)
    assert ras.dial("Office", notifier).code == SUCCESS
    simulator.advance(10.0)
    assert notifier.told == [*ENTRIES[: failing + 1], (state, ERROR_NO_ANSWER)]


@KINDS
def test_the_event_is_the_only_one_defined(ras: Ras, simulator: Simulator, kind: int) -> None:
    """RASDIALFUNC, RASDIALFUNC1, RASDIALFUNC2 callback function.

    unMsg: "Currently, the only event defined is WM_RASDIALEVENT."
    """
    add_scripted(simulator)
    notifier = Notifier(kind)
    ras.dial("Office", notifier)
    simulator.advance(4.0)
    assert {notice.message for notice in notifier.notices} == {WM_RASDIALEVENT}


@pytest.mark.parametrize("kind", [1, 2])
def test_the_handle_is_the_one_that_rasdial_returns(
    ras: Ras, simulator: Simulator, kind: int
) -> None:
    """RASDIALFUNC1, RASDIALFUNC2 callback function.

    hrasconn: "Handle to the RAS connection, as returned by RasDial."
    """
    add_scripted(simulator)
    notifier = Notifier(kind)
    handle = ras.dial("Office", notifier).handle
    simulator.advance(4.0)
    assert {notice.handle for notice in notifier.notices} == {handle}


def test_one_function_tells_which_of_two_connections_changes(
    ras: Ras, simulator: Simulator
) -> None:
    """Notification Handlers.

    The handle "allows the client to specify the same callback function for all operations, and
    enables the callback function to determine which connection is changing states."
    """
    add_scripted(simulator, "Office")
    add_scripted(simulator, "Home")
    notifier = Notifier(1)
    office = ras.dial("Office", notifier).handle
    simulator.advance(0.5)
    home = ras.dial("Home", notifier).handle
    simulator.advance(5.0)
    for handle in (office, home):
        states = [notice.state for notice in notifier.notices if notice.handle == handle]
        assert states == [state for state, _ in (*ENTRIES, (RASCS_Connected, 0))]


@pytest.mark.parametrize("kind", [1, 2])
def test_there_is_no_extended_error_of_other_errors(
    ras: Ras, simulator: Simulator, kind: int
) -> None:
    """RASDIALFUNC1, RASDIALFUNC2 callback function.

    dwExtendedError is "for certain nonzero values of dwError. For all other values of dwError,
    dwExtendedError is zero."
    """
    simulator.add_entry("Office")
    simulator.script("Office", *STEPS[:2], (RASCS_Authenticate, 1.0, ERROR_AUTHENTICATION_FAILURE))
    notifier = Notifier(kind)
    ras.dial("Office", notifier)
    simulator.advance(4.0)
    assert notifier.told[-1] == (RASCS_Authenticate, ERROR_AUTHENTICATION_FAILURE)
    assert {notice.extended_error for notice in notifier.notices} == {0}


@pytest.mark.parametrize("value", [0, 1, 2 ** (8 * 4) - 1, 2 ** (8 * 4 - 1)])
def test_the_callback_id_comes_back(ras: Ras, simulator: Simulator, value: int) -> None:
    """RASDIALFUNC2 callback function.

    dwCallbackId is "an application-defined value that was specified in the dwCallbackId member of
    the RASDIALPARAMS structure passed to RasDial."
    """
    add_scripted(simulator)
    notifier = Notifier(2)
    ras.dial(dial_params("Office", callback_id=value), notifier)
    simulator.advance(4.0)
    assert {notice.callback_id for notice in notifier.notices} == {value}


def test_a_callback_id_is_as_large_as_a_pointer(ras: Ras, simulator: Simulator) -> None:
    """RASDIALPARAMS structure: dwCallbackId is a ULONG_PTR."""
    value = c_void_p(-2).value or 0
    add_scripted(simulator)
    notifier = Notifier(2)
    ras.dial(dial_params("Office", callback_id=value), notifier)
    simulator.advance(4.0)
    assert {notice.callback_id for notice in notifier.notices} == {value}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_sub_entry_is_the_one_that_generates_the_call(
    ras: Ras, simulator: Simulator, number: int
) -> None:
    """RASDIALFUNC2 callback function.

    dwSubEntry "indicates the subentry that generated this call".
    """
    simulator.add_entry("Office", sub_entries=3)
    notifier = Notifier(2)
    assert ras.dial(dial_params("Office", sub_entry=number), notifier).code == SUCCESS
    simulator.advance(0.0)
    assert notifier.told[-1] == (RASCS_Connected, 0)
    assert {notice.sub_entry for notice in notifier.notices} == {number}


def test_without_a_script_it_is_the_states_of_ppp_in_the_time_of_the_entry(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented: a client "should not depend on the order or occurrence" of states."""
    simulator.add_entry("Office", dial_time=10.0)
    moments: list[tuple[int, float]] = []
    notifier = Notifier(0, lambda notice: moments.append((notice.state, simulator.now() / 1e6)))
    ras.dial("Office", notifier)
    simulator.advance(10.0)
    assert moments == [
        (RASCS_OpenPort, 0.0),
        (RASCS_PortOpened, 1.0),
        (RASCS_ConnectDevice, 2.0),
        (RASCS_DeviceConnected, 3.0),
        (RASCS_AllDevicesConnected, 4.0),
        (RASCS_Authenticate, 5.0),
        (RASCS_AuthNotify, 6.0),
        (RASCS_AuthProject, 7.0),
        (RASCS_Authenticated, 8.0),
        (RASCS_Projected, 9.0),
        (RASCS_Connected, 10.0),
    ]


@KINDS
def test_a_dialling_that_takes_no_time_is_told_as_well(
    ras: Ras, simulator: Simulator, kind: int
) -> None:
    """RASDIALFUNC, RASDIALFUNC1, RASDIALFUNC2 callback function: "each connection state"."""
    simulator.add_entry("Office")
    simulator.script("Office", *((state, 0.0) for state, _ in STEPS))
    notifier = Notifier(kind)
    ras.dial("Office", notifier)
    simulator.wait_told()
    assert notifier.told == [*ENTRIES, (RASCS_Connected, 0)]
    assert simulator.now() == 0


@KINDS
def test_notices_come_in_one_thread(ras: Ras, simulator: Simulator, kind: int) -> None:
    """RasDial function.

    "The callback notifications are made in the context of a thread captured during the initial
    call to RasDial."
    """
    add_scripted(simulator)
    notifier = Notifier(kind)
    ras.dial("Office", notifier)
    simulator.advance(4.0)
    assert len(notifier.threads) == 1


# ---- when it ends ----


@KINDS
def test_notices_end_when_the_connection_is_established(
    ras: Ras, simulator: Simulator, kind: int
) -> None:
    """RasDial function.

    "Notifications end when ... The connection is established. In other words, the RAS connection
    state is RASCS_Connected." A later drop is not told.
    """
    add_scripted(simulator)
    notifier = Notifier(kind)
    ras.dial("Office", notifier)
    simulator.advance(4.0)
    simulator.drop("Office", error=ERROR_LINK_FAILURE)
    simulator.advance(10.0)
    assert notifier.told == [*ENTRIES, (RASCS_Connected, 0)]


@KINDS
def test_notices_end_when_the_connection_fails(ras: Ras, simulator: Simulator, kind: int) -> None:
    """RasDial function.

    "Notifications end when ... The connection fails. In other words, dwError is nonzero."
    """
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_OpenPort, 1.0, ERROR_NO_ANSWER), *STEPS)
    notifier = Notifier(kind)
    handle = ras.dial("Office", notifier).handle
    simulator.advance(10.0)
    assert ras.hang_up(handle) == SUCCESS
    simulator.advance(10.0)
    assert notifier.told == [(RASCS_OpenPort, 0), (RASCS_OpenPort, ERROR_NO_ANSWER)]


@KINDS
def test_notices_end_when_it_is_hung_up(ras: Ras, simulator: Simulator, kind: int) -> None:
    """RasDial function.

    "Notifications end when ... RasHangUp is called on the connection."
    """
    add_scripted(simulator, hang_up_time=1.0)
    notifier = Notifier(kind)
    handle = ras.dial("Office", notifier).handle
    simulator.advance(1.5)
    assert ras.hang_up(handle) == SUCCESS
    simulator.advance(10.0)
    assert notifier.told == ENTRIES[:2]
    assert ras.status(handle).code == ERROR_INVALID_HANDLE


@KINDS
@pytest.mark.parametrize("error", [0, ERROR_LINK_FAILURE])
def test_a_disconnection_while_dialling_is_told_as_that_state(
    ras: Ras, simulator: Simulator, kind: int, error: int
) -> None:
    """Completion Notifications.

    It is complete when "The handler receives a RASCS_Connected, or RASCS_Disconnected
    notification."
    """
    add_scripted(simulator)
    notifier = Notifier(kind)
    ras.dial("Office", notifier)
    simulator.advance(1.5)
    simulator.drop("Office", error=error)
    simulator.advance(10.0)
    assert notifier.told == [*ENTRIES[:2], (RASCS_Disconnected, error)]


def test_a_nonzero_answer_lets_notices_go_on(ras: Ras, simulator: Simulator) -> None:
    """RASDIALFUNC2 callback function.

    "If the RasDialFunc2 function returns a nonzero value, RasDial continues to send callback
    notifications."
    """
    add_scripted(simulator)
    notifier = Notifier(2, lambda _: 0x80000000)
    ras.dial("Office", notifier)
    simulator.advance(4.0)
    assert notifier.told == [*ENTRIES, (RASCS_Connected, 0)]


def test_an_answer_of_zero_ends_the_notices_and_not_the_dialling(
    ras: Ras, simulator: Simulator
) -> None:
    """RASDIALFUNC2 callback function.

    "If the RasDialFunc2 function returns zero, RasDial stops sending callback notifications for
    all subentries."
    """
    add_scripted(simulator)
    notifier = Notifier(2, lambda notice: notice.state != RASCS_ConnectDevice)
    handle = ras.dial("Office", notifier).handle
    simulator.advance(3.5)
    assert ras.status(handle).state == RASCS_Projected
    simulator.advance(0.5)
    assert ras.status(handle).state == RASCS_Connected
    assert notifier.told == ENTRIES[:2]


# ---- while it runs ----


@KINDS
def test_dialling_is_suspended_while_the_function_runs(
    ras: Ras, simulator: Simulator, kind: int
) -> None:
    """RASDIALFUNC, RASDIALFUNC1, RASDIALFUNC2 callback function.

    "A RasDial connection operation is suspended during a call to a RasDialFunc callback function."
    """
    add_scripted(simulator)
    notifier = BlockingNotifier(RASCS_ConnectDevice, kind)
    handle = ras.dial("Office", notifier).handle
    simulator.wait_told()
    simulator.try_to_advance(1.0)
    notifier.wait_entered()
    simulator.try_to_advance(100.0)
    assert ras.status(handle).state == RASCS_ConnectDevice
    notifier.let_go()
    simulator.wait_told()
    assert ras.status(handle).state == RASCS_ConnectDevice
    simulator.advance(3.0)
    assert ras.status(handle).state == RASCS_Connected
    assert notifier.told == [*ENTRIES, (RASCS_Connected, 0)]


def test_rasgetconnectstatus_may_be_called_from_within(ras: Ras, simulator: Simulator) -> None:
    """RASDIALFUNC callback function.

    "calling RasGetConnectStatus from within a callback function would be useful to determine the
    name and type of the connecting device."
    """
    simulator.add_entry("Office", device_type="modem", device_name="the modem")
    simulator.script("Office", *STEPS)
    found: list[tuple[int, int, str, str]] = []

    def ask(notice: Notice) -> None:
        status = ras.status(notice.handle or 0)
        found.append((status.code, status.state, status.device_type, status.device_name))

    notifier = Notifier(1, ask)
    ras.dial("Office", notifier)
    simulator.advance(4.0)
    assert found == [
        (SUCCESS, state, "modem", "the modem") for state, _ in (*ENTRIES, (RASCS_Connected, 0))
    ]


def test_the_status_from_within_the_notice_of_an_error_has_that_error(
    ras: Ras, simulator: Simulator
) -> None:
    """RasDial function: errors "can be detected by RasGetConnectStatus"."""
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_OpenPort, 1.0, ERROR_NO_ANSWER))
    found: list[tuple[int, int]] = []

    def ask(notice: Notice) -> None:
        status = ras.status(notice.handle or 0)
        found.append((status.state, status.error))

    ras.dial("Office", Notifier(1, ask))
    simulator.advance(4.0)
    assert found == [(RASCS_OpenPort, 0), (RASCS_Disconnected, ERROR_NO_ANSWER)]


def test_rasenumconnections_may_be_called_from_within(ras: Ras, simulator: Simulator) -> None:
    """RASDIALFUNC callback function: "Call the ... RasEnumConnections" function from within it.

    RasEnumConnections function: it cannot enumerate a connection as active "until RAS has
    successfully connected".
    """
    add_scripted(simulator)
    found: list[int] = []
    ras.dial("Office", Notifier(0, lambda _: found.append(len(ras.connections()))))
    simulator.advance(4.0)
    assert found == [0, 0, 0, 0, 1]


def test_rasgeterrorstring_may_be_called_from_within(ras: Ras, simulator: Simulator) -> None:
    """RASDIALFUNC callback function: "Call the ... RasGetErrorString" function from within it."""
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_OpenPort, 1.0, ERROR_NO_ANSWER))
    found: list[tuple[int, str]] = []
    ras.dial("Office", Notifier(0, lambda notice: found.append(ras.error_string(notice.error))))
    simulator.advance(1.0)
    assert found[-1] == ras.error_string(ERROR_NO_ANSWER)
    assert found[-1][0] == SUCCESS


def test_the_projection_can_be_asked_for_when_it_is_complete(
    ras: Ras, simulator: Simulator
) -> None:
    """Informational Notifications.

    "when the client receives a RASCS_Projected notification ... The client can call the
    RasGetProjectionInfo function". Before, it answers ERROR_PROJECTION_NOT_COMPLETE.
    """
    add_scripted(simulator)
    library = load(str(simulator.path))
    library.RasGetProjectionInfoEx.argtypes = [c_void_p, c_void_p, c_void_p]
    found: list[int] = []

    def ask(notice: Notice) -> None:
        needed = c_uint32(0)
        found.append(library.RasGetProjectionInfoEx(notice.handle, None, byref(needed)))

    handle = ras.dial("Office", Notifier(1, ask)).handle
    simulator.advance(4.0)
    early, there = ERROR_PROJECTION_NOT_COMPLETE, ERROR_BUFFER_TOO_SMALL
    assert found == [early, early, early, there, there]
    assert ras.hang_up(handle) == SUCCESS


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize("state", [RASCS_OpenPort, RASCS_Authenticate, RASCS_Connected])
def test_a_hang_up_from_within_occurs_when_the_function_returns(
    ras: Ras, simulator: Simulator, kind: int, state: int
) -> None:
    """RasDial function.

    "An application can safely call RasHangUp from a RasDial notifier callback function. If this is
    done, however, the hang-up does not occur until the routine returns."
    """
    add_scripted(simulator, hang_up_time=1.0)
    found: list[tuple[int, int]] = []

    def leave(notice: Notice) -> None:
        if notice.state == state:
            code = ras.hang_up(notice.handle or 0)
            found.append((code, ras.status(notice.handle or 0).state))

    notifier = Notifier(kind, leave)
    handle = ras.dial("Office", notifier).handle
    simulator.wait_told()
    while not found:
        simulator.advance(1.0)
    assert found == [(SUCCESS, state)]
    assert ras.status(handle).state == RASCS_Disconnected
    assert ras.connections() == ()
    simulator.advance(1.0)
    assert ras.status(handle).code == ERROR_INVALID_HANDLE
    simulator.advance(10.0)
    assert notifier.told[-1] == (state, 0)


def test_the_function_hangs_up_when_it_is_told_of_an_error(ras: Ras, simulator: Simulator) -> None:
    """Handling RAS Errors.

    "In these cases, the notification handler should call RasHangUp to end the RAS connection."
    """
    simulator.add_entry("Office")
    simulator.script("Office", (RASCS_OpenPort, 1.0, ERROR_NO_ANSWER))
    codes: list[int] = []

    def leave(notice: Notice) -> None:
        if notice.error:
            codes.append(ras.hang_up(notice.handle or 0))

    handle = ras.dial("Office", Notifier(1, leave)).handle
    simulator.advance(1.0)
    assert codes == [SUCCESS]
    assert ras.status(handle).code == ERROR_INVALID_HANDLE
    assert simulator.dial("Office")[0] == SUCCESS


def test_a_hang_up_of_what_was_up_already_waits_for_the_function_too(
    ras: Ras, simulator: Simulator
) -> None:
    """RasDial function: "the hang-up does not occur until the routine returns".

    Here the other reference is given up while the function runs.
    """
    simulator.add_entry("Office", hang_up_time=1.0)
    handle = simulator.connect("Office")
    found: list[tuple[int, int]] = []

    def leave(notice: Notice) -> None:
        assert notice.handle == handle
        codes = ras.hang_up(handle), ras.hang_up(handle)
        assert codes == (SUCCESS, SUCCESS)
        found.append((notice.state, ras.status(handle).state))

    assert ras.dial("Office", Notifier(1, leave)) == (SUCCESS, handle)
    simulator.wait_told()
    assert found == [(RASCS_Connected, RASCS_Connected)]
    assert ras.status(handle).state == RASCS_Disconnected


@KINDS
def test_rasdial_cannot_be_called_from_within(ras: Ras, simulator: Simulator, kind: int) -> None:
    """RASDIALFUNC, RASDIALFUNC1, RASDIALFUNC2 callback function.

    "Do not call the RasDial function from within a RasDialFunc callback function." Undocumented is
    what it answers; here ERROR_DIAL_ALREADY_IN_PROGRESS.
    """
    add_scripted(simulator)
    simulator.add_entry("Home")
    answers: set[tuple[int, int]] = set()
    ras.dial("Office", Notifier(kind, lambda _: answers.add(ras.dial("Home"))))
    simulator.advance(4.0)
    assert answers == {(ERROR_DIAL_ALREADY_IN_PROGRESS, 0)}
    assert [connection.name for connection in ras.connections()] == ["Office"]


def test_another_thread_may_dial_while_a_function_runs(ras: Ras, simulator: Simulator) -> None:
    """RASDIALFUNC callback function: it is "from within" it that RasDial is not to be called."""
    add_scripted(simulator)
    simulator.add_entry("Home")
    notifier = BlockingNotifier(RASCS_OpenPort)
    ras.dial("Office", notifier)
    notifier.wait_entered()
    other = Notifier()
    assert ras.dial("Home", other).code == SUCCESS
    notifier.let_go()
    simulator.advance(4.0)
    assert len(ras.connections()) == 2


# ---- quirks ----


def test_dial_told_first_tells_before_rasdial_has_stored_the_handle(
    ras: Ras, simulator: Simulator
) -> None:
    """RasDial function: notifications "can occur at any time after the initial call to RasDial"."""
    simulator.set_quirk("dial-told-first")
    add_scripted(simulator)
    stored = c_void_p(None)
    seen: list[int | None] = []
    notifier = Notifier(1, lambda _: seen.append(stored.value))
    code, handle = ras.dial("Office", notifier, stored=stored)
    assert code == SUCCESS
    assert seen == [None]
    assert notifier.notices[0].handle == handle
    simulator.advance(4.0)
    assert set(seen[1:]) == {handle}


def test_dial_told_first_tells_of_what_is_up_already_before_too(
    ras: Ras, simulator: Simulator
) -> None:
    """RasDial function: notifications "can occur at any time after the initial call to RasDial"."""
    simulator.set_quirk("dial-told-first")
    simulator.add_entry("Office")
    handle = simulator.connect("Office")
    stored = c_void_p(None)
    seen: list[int | None] = []
    notifier = Notifier(1, lambda _: seen.append(stored.value))
    assert ras.dial("Office", notifier, stored=stored) == (SUCCESS, handle)
    assert seen == [None]


def test_dial_told_first_stores_even_what_was_hung_up_meanwhile(
    ras: Ras, simulator: Simulator
) -> None:
    """The simulator's own: two things that are documented, at once."""
    simulator.set_quirk("dial-told-first")
    add_scripted(simulator)
    notifier = Notifier(1, lambda notice: ras.hang_up(notice.handle or 0) and None)
    code, handle = ras.dial("Office", notifier)
    assert code == SUCCESS
    assert ras.status(handle).code == ERROR_INVALID_HANDLE
    assert notifier.told == ENTRIES[:1]


def test_dial_untold_never_calls_the_function(ras: Ras, simulator: Simulator) -> None:
    """Undocumented: that notices come is; but clients have met a RasDial that sends none."""
    simulator.set_quirk("dial-untold")
    add_scripted(simulator)
    notifier = Notifier()
    code, handle = ras.dial("Office", notifier)
    assert code == SUCCESS
    assert ras.status(handle).state == RASCS_OpenPort
    simulator.advance(4.0)
    assert ras.status(handle).state == RASCS_Connected
    assert notifier.told == []


def test_the_end_of_the_simulation_ends_the_notices(ras: Ras, simulator: Simulator) -> None:
    """The simulator's own: nobody is called any more."""
    add_scripted(simulator)
    notifier = Notifier()
    ras.dial("Office", notifier)
    simulator.advance(1.0)
    simulator.clear()
    simulator.add_entry("Office")
    simulator.advance(10.0)
    assert notifier.told == ENTRIES[:2]
    assert threading.get_ident() not in notifier.threads
