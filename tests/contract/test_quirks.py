"""The simulator's quirks: what Windows may do where nothing documents it."""

from uuid import UUID

from contract.client import (
    ERROR_ALREADY_DISCONNECTING,
    ERROR_INSUFFICIENT_BUFFER,
    ERROR_INVALID_PARAMETER,
    SUCCESS,
    Ras,
    RASCS_Connected,
    Simulator,
)


def test_these_are_the_quirks(simulator: Simulator) -> None:
    """The simulator's own."""
    assert set(simulator.quirks()) == {
        "enumerates-dialling",
        "handle-reuse",
        "second-hang-up-617",
        "eap-needs-identity",
        "notify-once",
        "notify-late",
        "notify-lost",
        "notify-coalesced",
        "bandwidth-on-all",
        "dial-fails-at-once",
        "dial-told-first",
        "dial-untold",
        "correlation-changes",
        "saved-password-refused",
        "credentials-mask",
        "message-blank",
        "message-line-end",
        "plain-user",
        "in-use-hangs-up",
        "in-use-changes",
        "delete-unknown-623",
        "device-name-optional",
        "no-events",
        "events-without-reason",
        "event-ids-differ",
        "entry-sizes-6720",
        "entry-sizes-5680",
        "entry-sizes-5656",
        "entry-sizes-5616",
    }


def test_enumerates_dialling_lists_a_connection_from_the_start(
    ras: Ras, simulator: Simulator
) -> None:
    """RasEnumConnections function.

    "Windows Me/98/95: RasEnumConnections enumerates a connection as Active as soon as it starts
    dialing."
    """
    simulator.set_quirk("enumerates-dialling")
    simulator.add_entry("Office", dial_time=1.0)
    handle = simulator.connect("Office")
    [office] = ras.connections()
    assert office.handle == handle
    assert ras.status(handle).state != RASCS_Connected
    simulator.advance(1.0)
    assert [connection.handle for connection in ras.connections()] == [handle]


def test_enumerates_dialling_lists_none_that_failed(ras: Ras, simulator: Simulator) -> None:
    """The simulator's own: the quirk is about dialling alone."""
    simulator.set_quirk("enumerates-dialling")
    simulator.add_entry("Office", dial_time=1.0)
    simulator.connect("Office")
    simulator.drop("Office", error=691, linger=1.0)
    assert ras.connections() == ()


def test_second_hang_up_617_is_another_answer_to_hanging_up_twice(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented; by its text, "The port or device is already disconnecting", 617 would fit."""
    simulator.set_quirk("second-hang-up-617")
    simulator.add_entry("Office", hang_up_time=1.0)
    handle = simulator.connect("Office")
    link = ras.link(handle, 1)
    assert ras.hang_up(handle) == SUCCESS
    assert ras.hang_up(handle) == ERROR_ALREADY_DISCONNECTING
    assert ras.hang_up(link) == ERROR_ALREADY_DISCONNECTING


def test_handle_reuse_gives_the_dead_handle_to_the_next_connection(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented: nothing says that a handle's value is not used again."""
    simulator.set_quirk("handle-reuse")
    for name in ("Office", "Home"):
        simulator.add_entry(name)
    office = simulator.connect("Office")
    assert ras.hang_up(office) == SUCCESS
    assert simulator.connect("Home") == office
    assert [(found.handle, found.name) for found in ras.connections()] == [(office, "Home")]


def test_handle_reuse_gives_no_handle_to_two_connections(ras: Ras, simulator: Simulator) -> None:
    """RASCONN structure: a handle "defines the remote access connection"."""
    simulator.set_quirk("handle-reuse")
    for name in ("Office", "Home", "Lab"):
        simulator.add_entry(name)
    assert ras.hang_up(simulator.connect("Office")) == SUCCESS
    handles = {simulator.connect(name) for name in ("Office", "Home", "Lab")}
    assert len(handles) == 3


def test_correlation_changes_shows_the_correlation_id_after_a_second(
    ras: Ras, simulator: Simulator
) -> None:
    """Undocumented: nothing says from when on a connection has its guidCorrelationId."""
    simulator.set_quirk("correlation-changes")
    simulator.add_entry("Office")
    simulator.advance(5.0)
    simulator.connect("Office")
    [at_first] = ras.connections()
    simulator.advance(0.999)
    [still] = ras.connections()
    simulator.advance(0.001)
    [then] = ras.connections()
    assert at_first.correlation_id == still.correlation_id == UUID(int=0)
    assert then.correlation_id != UUID(int=0)
    assert (at_first.handle, at_first.entry_id) == (then.handle, then.entry_id)


def test_message_blank_is_a_success_without_words(ras: Ras, simulator: Simulator) -> None:
    """A report on Windows: 53 of RasGetErrorString's messages are blank; not which."""
    simulator.set_quirk("message-blank")
    assert ras.error_string(691, 1) == (SUCCESS, "")
    assert ras.error_string(13801)[0] == ERROR_INVALID_PARAMETER


def test_message_line_end_ends_each_message_with_a_line(ras: Ras, simulator: Simulator) -> None:
    """A report on Windows: the end of RasGetErrorString's messages differs by version."""
    text = ras.error_string(691)[1]
    simulator.set_quirk("message-line-end")
    assert ras.error_string(691, len(text) + 3) == (SUCCESS, f"{text}\r\n")
    assert ras.error_string(691, len(text) + 2)[0] == ERROR_INSUFFICIENT_BUFFER
