"""Projection: RasGetProjectionInfo and RasGetProjectionInfoEx."""

import ctypes
from ctypes import Structure, byref, c_uint32

import pytest

from contract.client import (
    ERROR_BUFFER_TOO_SMALL,
    ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER,
    ERROR_INVALID_SIZE,
    ERROR_LINK_FAILURE,
    ERROR_NO_CONNECTION,
    ERROR_PROJECTION_NOT_COMPLETE,
    ERROR_PROTOCOL_NOT_CONFIGURED,
    IPSEC_CIPHER_TYPE_3DES,
    IPSEC_CIPHER_TYPE_AES_256,
    PROJECTION_INFO_TYPE_PPP,
    PROTOCOLS,
    RAS_PROJECTION_INFO_SIZE,
    RASAPIVERSION_501,
    RASAPIVERSION_601,
    RASCCPCA_MPPC,
    RASCCPCA_STAC,
    RASLCPAD_CHAP_MD5,
    RASLCPAD_CHAP_MS,
    RASLCPAD_CHAP_MSV2,
    RASLCPAP_CHAP,
    RASLCPAP_EAP,
    RASLCPAP_PAP,
    RASLCPAP_SPAP,
    RASPPPCCP,
    RASPPPIPV6,
    RASPPPIPW,
    RASPPPIPW_SIZES,
    RASPPPLCPW,
    SUCCESS,
    Endpoint,
    Negotiated,
    PROJECTION_INFO_TYPE_IKEv2,
    Ras,
    RASCS_Projected,
    RASIKEv2_AUTH_EAP,
    RASIKEv2_AUTH_MACHINECERTIFICATES,
    RASP_Amb,
    RASP_PppIp,
    RASP_PppIpx,
    RASP_PppNbf,
    RASP_Slip,
    RASTUNNELENDPOINT_IPv4,
    RASTUNNELENDPOINT_IPv6,
    Simulator,
    to_text,
)

STRUCTURES = list(PROTOCOLS)


def ipv4(*parts: int) -> Endpoint:
    """An address of four bytes."""
    return Endpoint(RASTUNNELENDPOINT_IPv4, bytes(parts) + bytes(12))


def ipv6(text: str) -> Endpoint:
    """An address of 32 digits."""
    return Endpoint(RASTUNNELENDPOINT_IPv6, bytes.fromhex(text))


CLIENT, SERVER = ipv4(10, 0, 100, 255), ipv4(192, 0, 2, 1)
CLIENT6 = ipv6("20010db8000000000102030405060708")
SERVER6 = ipv6("20010db80000000011121314151617fe")
PPP = Negotiated(ipv4=CLIENT, ipv4_server=SERVER, ipv6=CLIENT6, ipv6_server=SERVER6)
IKEV2 = PPP._replace(ikev2=True, prefix_length=64)


def connected(
    simulator: Simulator, negotiated: Negotiated = PPP, links: int = 1, eap_user: str = ""
) -> int:
    """An entry "Office" that projects that, connected: its handle."""
    simulator.add_entry("Office", negotiated=negotiated, sub_entries=links, eap_user=eap_user)
    return simulator.connect("Office")


# ---- RasGetProjectionInfo: the call ----


def test_the_projection_of_a_dialled_handle_can_be_had(ras: Ras, simulator: Simulator) -> None:
    """RasGetProjectionInfo function: the handle is one from "the RasDial [...] function"."""
    assert ras.project_code(connected(simulator), RASPPPIPW) == SUCCESS


def test_the_projection_of_an_enumerated_handle_can_be_had(ras: Ras, simulator: Simulator) -> None:
    """RasGetProjectionInfo function: the handle is one from "RasEnumConnections"."""
    connected(simulator)
    [office] = ras.connections()
    assert ras.project_code(office.handle, RASPPPIPW) == SUCCESS


@pytest.mark.parametrize("structure", STRUCTURES)
def test_each_protocol_has_its_structure(
    ras: Ras, simulator: Simulator, structure: type[Structure]
) -> None:
    """RasGetProjectionInfo function.

    "The information is in a structure appropriate to the rasprojection value": RASPPPIP for
    RASP_PppIp, RASPPPIPV6 for RASP_PppIpv6, RASPPPLCP for RASP_PppLcp, RASPPPCCP for RASP_PppCcp.
    """
    size = ctypes.sizeof(structure)
    answer = ras.project(connected(simulator), PROTOCOLS[structure], size)
    assert answer.code == SUCCESS
    assert answer.data[:4] == size.to_bytes(4, "little")


@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_size_of_what_was_written_comes_back(
    ras: Ras, simulator: Simulator, structure: type[Structure]
) -> None:
    """RasGetProjectionInfo function.

    *lpcb "on input, specifies the size, in bytes, of the buffer"; "On output, this variable
    receives the size, in bytes, of the lpprojection buffer." What is behind it stays as it was.
    """
    size = ctypes.sizeof(structure)
    answer = ras.project(connected(simulator), PROTOCOLS[structure], size + 100, size)
    assert (answer.code, answer.needed) == (SUCCESS, size)
    assert set(answer.data[size:]) == {0xAA}


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("missing", [1, 4, 12])
def test_a_buffer_that_is_too_small_is_told(
    ras: Ras, simulator: Simulator, structure: type[Structure], missing: int
) -> None:
    """RasGetProjectionInfo function.

    ERROR_BUFFER_TOO_SMALL: "The buffer pointed to by lpprojection is not large enough to contain
    the requested information."
    """
    size = ctypes.sizeof(structure)
    answer = ras.project(connected(simulator), PROTOCOLS[structure], size - missing, size)
    assert (answer.code, answer.needed) == (ERROR_BUFFER_TOO_SMALL, size)


@pytest.mark.parametrize("room", [0, 3])
def test_a_buffer_without_room_for_a_dwsize_is_too_small(
    ras: Ras, simulator: Simulator, room: int
) -> None:
    """RasGetProjectionInfo function: ERROR_BUFFER_TOO_SMALL."""
    answer = ras.project(connected(simulator), RASP_PppIp, room)
    assert (answer.code, answer.needed) == (ERROR_BUFFER_TOO_SMALL, ctypes.sizeof(RASPPPIPW))


def test_null_for_the_buffer_asks_for_its_size(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice, whatever size the buffer is said to have."""
    handle = connected(simulator)
    for said in (0, 1000):
        needed = c_uint32(said)
        code = ras.RasGetProjectionInfoW(handle, RASP_PppIp, None, byref(needed))
        assert (code, needed.value) == (ERROR_BUFFER_TOO_SMALL, ctypes.sizeof(RASPPPIPW))


@pytest.mark.parametrize("structure", STRUCTURES)
def test_an_unknown_dwsize_is_an_invalid_size(
    ras: Ras, simulator: Simulator, structure: type[Structure]
) -> None:
    """RasGetProjectionInfo function.

    ERROR_INVALID_SIZE: "The dwSize member of the structure pointed to by lpprojection specifies an
    invalid size."
    """
    handle = connected(simulator)
    size = ctypes.sizeof(structure)
    for wrong in (0, 1, 7, size - 1, size + 1, size + 4, 0xFFFFFFFF):
        answer = ras.project(handle, PROTOCOLS[structure], size + 4, wrong)
        assert (wrong, answer.code) == (wrong, ERROR_INVALID_SIZE)


@pytest.mark.parametrize("size", RASPPPIPW_SIZES.values(), ids=map(hex, RASPPPIPW_SIZES))
def test_an_older_rasppip_is_filled_as_far_as_it_goes(
    ras: Ras, simulator: Simulator, size: int
) -> None:
    """RASPPPIP structure.

    dwSize is "the size, in bytes, of the structure", of which szServerIpAddress is no part with
    WINNT35COMPATIBLE, and dwOptions and dwServerOptions are with WINVER 0x500 or later only.
    """
    answer = ras.project(connected(simulator), RASP_PppIp, size)
    assert (answer.code, answer.needed) == (SUCCESS, size)
    native = RASPPPIPW.from_buffer_copy(answer.data.ljust(ctypes.sizeof(RASPPPIPW), b"\0"))
    assert to_text(native.szIpAddress) == "10.0.100.255"
    older = size == RASPPPIPW_SIZES[0x0351]
    assert to_text(native.szServerIpAddress) == ("" if older else "192.0.2.1")


@pytest.mark.parametrize("handle", [0, 4, 0x7FFFFFF0])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_projection_of_no_connection_is_an_invalid_handle(
    ras: Ras, simulator: Simulator, handle: int, structure: type[Structure]
) -> None:
    """RasGetProjectionInfo function.

    ERROR_INVALID_HANDLE: "The hrasconn parameter is not a valid handle."
    """
    connected(simulator)
    assert ras.project_code(handle, structure) == ERROR_INVALID_HANDLE


def test_the_projection_of_an_ended_connection_is_an_invalid_handle(
    ras: Ras, simulator: Simulator
) -> None:
    """RasGetProjectionInfo function: ERROR_INVALID_HANDLE."""
    handle = connected(simulator)
    assert ras.hang_up(handle) == SUCCESS
    assert ras.project_code(handle, RASPPPIPW) == ERROR_INVALID_HANDLE


def test_null_for_the_size_is_an_invalid_parameter(ras: Ras, simulator: Simulator) -> None:
    """RasGetProjectionInfo function.

    ERROR_INVALID_PARAMETER: "One of the parameters is invalid."
    """
    buffer = ctypes.create_string_buffer(ctypes.sizeof(RASPPPIPW))
    code = ras.RasGetProjectionInfoW(connected(simulator), RASP_PppIp, buffer, None)
    assert code == ERROR_INVALID_PARAMETER


@pytest.mark.parametrize("protocol", [0, 1, RASP_PppIp + 1, RASP_Slip, 0xFFFFFFFF])
def test_an_unknown_protocol_is_an_invalid_parameter(
    ras: Ras, simulator: Simulator, protocol: int
) -> None:
    """RasGetProjectionInfo function.

    ERROR_INVALID_PARAMETER: "One of the parameters is invalid." RASP_Slip is "Supported on Windows
    Server 2003 or earlier".
    """
    answer = ras.project(connected(simulator), protocol, 100)
    assert answer.code == ERROR_INVALID_PARAMETER


@pytest.mark.parametrize("protocol", [RASP_Amb, RASP_PppNbf, RASP_PppIpx])
def test_protocols_of_the_past_are_not_negotiated(
    ras: Ras, simulator: Simulator, protocol: int
) -> None:
    """RasGetProjectionInfo function.

    "The NetBEUI protocol and authentication message blocks (AMB) are only supported on Windows 2000
    and earlier versions of Windows", IPX is "Not supported on 64-bit Microsoft Windows". What they
    answer since is undocumented.
    """
    answer = ras.project(connected(simulator), protocol, 1000)
    assert answer.code == ERROR_PROTOCOL_NOT_CONFIGURED


def test_a_protocol_that_the_entry_does_not_ask_for_is_not_configured(
    ras: Ras, simulator: Simulator
) -> None:
    """RasGetProjectionInfo function.

    ERROR_PROTOCOL_NOT_CONFIGURED: "The control protocol for which information was requested neither
    succeeded nor failed, because the connection's phone-book entry did not require that an attempt
    to negotiate the protocol be made."
    """
    simulator.add_entry("IPv4", negotiated=Negotiated(ipv4=CLIENT))
    simulator.add_entry("IPv6", negotiated=Negotiated(ipv6=CLIENT6))
    only_ipv4, only_ipv6 = simulator.connect("IPv4"), simulator.connect("IPv6")
    assert ras.project_code(only_ipv4, RASPPPIPW) == SUCCESS
    assert ras.project_code(only_ipv4, RASPPPIPV6) == ERROR_PROTOCOL_NOT_CONFIGURED
    assert ras.project_code(only_ipv6, RASPPPIPW) == ERROR_PROTOCOL_NOT_CONFIGURED
    assert ras.project_code(only_ipv6, RASPPPIPV6) == SUCCESS


@pytest.mark.parametrize("structure", STRUCTURES)
def test_ikev2_has_none_of_the_protocols_of_ppp(
    ras: Ras, simulator: Simulator, structure: type[Structure]
) -> None:
    """Undocumented; the simulator's choice: IKE negotiates instead of them."""
    handle = connected(simulator, IKEV2)
    assert ras.project_code(handle, structure) == ERROR_PROTOCOL_NOT_CONFIGURED


@pytest.mark.parametrize("structure", STRUCTURES)
def test_projection_is_not_complete_before_projected(
    ras: Ras, simulator: Simulator, structure: type[Structure]
) -> None:
    """RasGetProjectionInfo function.

    "Remote access projection information is not available until the operating system has executed
    the RasDial RASCS_Projected state on the remote access connection. If RasGetProjectionInfo is
    called prior to the RASCS_Projected state, it returns ERROR_PROJECTION_NOT_COMPLETE."
    """
    simulator.add_entry("Office", dial_time=10.0, negotiated=PPP)
    handle = simulator.connect("Office")
    answers = []
    for _ in range(25):
        before = ras.status(handle).state < RASCS_Projected
        answers.append(ras.project_code(handle, structure))
        assert answers[-1] == (ERROR_PROJECTION_NOT_COMPLETE if before else SUCCESS)
        simulator.advance(0.5)
    assert set(answers) == {ERROR_PROJECTION_NOT_COMPLETE, SUCCESS}
    assert ras.status(handle).state != RASCS_Projected


def test_projection_is_available_in_projected(ras: Ras, simulator: Simulator) -> None:
    """RasGetProjectionInfo function: it is not before "RASCS_Projected", and is in it."""
    simulator.add_entry("Office", dial_time=10.0, negotiated=PPP)
    handle = simulator.connect("Office")
    while ras.status(handle).state < RASCS_Projected:
        simulator.advance(0.1)
    assert ras.status(handle).state == RASCS_Projected
    assert to_text(ras.projected(handle, RASPPPIPW).szIpAddress) == "10.0.100.255"
    assert ras.projected_ex(handle).info.type == PROJECTION_INFO_TYPE_PPP


def test_a_connection_that_failed_projects_no_more(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice."""
    handle = connected(simulator)
    simulator.drop("Office", error=ERROR_LINK_FAILURE, linger=1.0)
    assert ras.project_code(handle, RASPPPIPW) == ERROR_NO_CONNECTION
    assert ras.project_ex(handle, RAS_PROJECTION_INFO_SIZE).code == ERROR_NO_CONNECTION


def test_the_projection_is_that_of_the_connection_asked_for(ras: Ras, simulator: Simulator) -> None:
    """RasGetProjectionInfo function: the handle is that of "the connection of interest"."""
    office = connected(simulator)
    simulator.add_entry("Home", negotiated=Negotiated(ipv4=ipv4(172, 16, 0, 1)))
    home = simulator.connect("Home")
    assert to_text(ras.projected(office, RASPPPIPW).szIpAddress) == "10.0.100.255"
    assert to_text(ras.projected(home, RASPPPIPW).szIpAddress) == "172.16.0.1"
    assert bytes(ras.projected_ex(home).info.union.ppp.ipv4Address) == bytes([172, 16, 0, 1])


@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_projection_of_each_sub_entry_is_that_of_its_connection(
    ras: Ras, simulator: Simulator, structure: type[Structure]
) -> None:
    """RasGetSubEntryHandle function.

    "The projection information returned by RasGetProjectionInfo for a multilink entry is the same
    for each of the subentry connection handles as it is for the main connection handle."
    """
    handle = connected(simulator, links=2)
    simulator.add_link("Office")
    size, protocol = ctypes.sizeof(structure), PROTOCOLS[structure]
    handles = (handle, ras.link(handle, 1), ras.link(handle, 2))
    answers = {ras.project(each, protocol, size) for each in handles}
    assert {answer.code for answer in answers} == {SUCCESS}
    assert len(answers) == 1


# ---- RASPPPIP ----


def test_ip_addresses_are_text(ras: Ras, simulator: Simulator) -> None:
    """RASPPPIP structure.

    szIpAddress is "a null-terminated string that is the client's IP address on the RAS connection.
    This address string has the form a.b.c.d"; szServerIpAddress is the server's. dwError: "A value
    of zero indicates success."
    """
    native = ras.projected(connected(simulator), RASPPPIPW)
    assert to_text(native.szIpAddress) == "10.0.100.255"
    assert to_text(native.szServerIpAddress) == "192.0.2.1"
    assert native.dwError == SUCCESS


@pytest.mark.parametrize(
    "parts", [(0, 0, 0, 0), (1, 10, 100, 101), (9, 99, 199, 200), (255, 255, 255, 255)]
)
def test_each_address_has_room(
    ras: Ras, simulator: Simulator, parts: tuple[int, int, int, int]
) -> None:
    """RASPPPIP structure: RAS_MaxIpAddress (15) characters and their end."""
    address = ipv4(*parts)
    native = ras.projected(
        connected(simulator, Negotiated(ipv4=address, ipv4_server=address)), RASPPPIPW
    )
    text = ".".join(map(str, parts))
    assert (to_text(native.szIpAddress), to_text(native.szServerIpAddress)) == (text, text)


def test_a_server_that_does_not_tell_its_address_has_an_empty_one(
    ras: Ras, simulator: Simulator
) -> None:
    """RASPPPIP structure.

    "PPP does not require that servers provide this address [...]. If the address is not available,
    this member returns an empty string".
    """
    native = ras.projected(connected(simulator, Negotiated(ipv4=CLIENT)), RASPPPIPW)
    assert to_text(native.szIpAddress) == "10.0.100.255"
    assert bytes(native.szServerIpAddress) == bytes(32)


# ---- RASPPPIPV6 ----


def test_interface_identifiers_are_the_last_64_bits(ras: Ras, simulator: Simulator) -> None:
    """RASPPPIPV6 structure.

    bLocalInterfaceIdentifier is "the local 64-bit IPv6 interface identifier", and
    bPeerInterfaceIdentifier "the peer" one. "The last 64 bits of a 128-bit IPv6 internet address
    are considered the interface identifier".
    dwError: "A value of zero indicates success."
    """
    native = ras.projected(connected(simulator), RASPPPIPV6)
    assert bytes(native.bLocalInterfaceIdentifier) == CLIENT6.address[8:]
    assert bytes(native.bPeerInterfaceIdentifier) == SERVER6.address[8:]
    assert native.dwError == SUCCESS


def test_headers_of_ipv6_are_not_compressed(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice: neither compression protocol is in use."""
    native = ras.projected(connected(simulator), RASPPPIPV6)
    assert bytes(native.bLocalCompressionProtocol) == bytes(2)
    assert bytes(native.bPeerCompressionProtocol) == bytes(2)


# ---- RASPPPLCP ----


def flags(ras: Ras, handle: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Supports multiple links, and is composed of them: as both functions tell it."""
    lcp, ppp = ras.projected(handle, RASPPPLCPW), ras.projected_ex(handle).info.union.ppp
    return (lcp.fMultilink, lcp.fBundled), (ppp.fMultilink, ppp.fBundled)


def test_an_entry_of_one_link_supports_no_more(ras: Ras, simulator: Simulator) -> None:
    """RASPPPLCP structure, RASPPP_PROJECTION_INFO structure.

    fMultilink is "TRUE if the connection supports multiple links and FALSE otherwise".
    """
    assert flags(ras, connected(simulator)) == ((0, 0), (0, 0))


def test_a_multilink_connection_is_bundled_while_it_has_several_links(
    ras: Ras, simulator: Simulator
) -> None:
    """RASPPPLCP structure, RASPPP_PROJECTION_INFO structure.

    fBundled is "TRUE if the connection is composed of multiple links and FALSE otherwise",
    fMultilink if it "supports" them.
    """
    handle = connected(simulator, links=2)
    assert flags(ras, handle) == ((1, 0), (1, 0))
    simulator.add_link("Office")
    assert flags(ras, handle) == ((1, 1), (1, 1))
    simulator.remove_link("Office", 1)
    assert flags(ras, handle) == ((1, 0), (1, 0))


@pytest.mark.parametrize("eap_user", ["", "somebody@example.com"])
def test_lcp_tells_how_the_client_was_authenticated(
    ras: Ras, simulator: Simulator, eap_user: str
) -> None:
    """RASPPPLCP structure, RASPPP_PROJECTION_INFO structure.

    dwAuthenticationProtocol is "the authentication protocol used to authenticate the local client",
    "one of the following values": PAP, SPAP, CHAP, EAP; dwAuthenticationData "additional
    information" on it, of MD5, Microsoft's and its version 2. dwEapTypeId "is valid only if
    dwAuthenticationProtocol is" EAP. The same of the server.
    """
    handle = connected(simulator, eap_user=eap_user)
    protocols = {RASLCPAP_PAP, RASLCPAP_SPAP, RASLCPAP_CHAP, RASLCPAP_EAP}
    kinds = {RASLCPAD_CHAP_MD5, RASLCPAD_CHAP_MS, RASLCPAD_CHAP_MSV2}
    lcp, ppp = ras.projected(handle, RASPPPLCPW), ras.projected_ex(handle).info.union.ppp
    for native in (lcp, ppp):
        for protocol, data, eap_type in (
            (native.dwAuthenticationProtocol, native.dwAuthenticationData, native.dwEapTypeId),
            (
                native.dwServerAuthenticationProtocol,
                native.dwServerAuthenticationData,
                native.dwServerEapTypeId,
            ),
        ):
            assert protocol in protocols
            assert (protocol == RASLCPAP_EAP) == bool(eap_user)
            assert (data in kinds) == (protocol == RASLCPAP_CHAP)
            assert (eap_type != 0) == (protocol == RASLCPAP_EAP)


def test_lcp_that_succeeded_has_no_error(ras: Ras, simulator: Simulator) -> None:
    """RASPPPLCP structure.

    "If the negotiation was unsuccessful, dwError contains the error that occurred." Here it was
    not, and nothing has terminated; the server's message is the simulator's choice.
    """
    native = ras.projected(connected(simulator), RASPPPLCPW)
    assert native.dwError == SUCCESS
    assert (native.dwTerminateReason, native.dwServerTerminateReason) == (SUCCESS, SUCCESS)
    assert to_text(native.szReplyMessage) == ""


# ---- RASPPPCCP ----


def test_ccp_tells_the_algorithms(ras: Ras, simulator: Simulator) -> None:
    """RASPPPCCP structure, RASPPP_PROJECTION_INFO structure.

    dwCompressionAlgorithm is "The compression algorithm in use by the client", dwServer... by the
    server; "the possible values for this member" are MPPC and STAC. dwError: "A value of zero
    indicates success."
    """
    handle = connected(simulator)
    algorithms = {RASCCPCA_MPPC, RASCCPCA_STAC}
    ccp, ppp = ras.projected(handle, RASPPPCCP), ras.projected_ex(handle).info.union.ppp
    assert {ccp.dwCompressionAlgorithm, ccp.dwServerCompressionAlgorithm} <= algorithms
    assert (ccp.dwError, ppp.dwCcpError) == (SUCCESS, SUCCESS)
    assert ppp.dwCcpCompressionAlgorithm == ccp.dwCompressionAlgorithm
    assert ppp.dwCcpServerCompressionAlgorithm == ccp.dwServerCompressionAlgorithm
    assert (ppp.dwCcpOptions, ppp.dwCcpServerOptions) == (ccp.dwOptions, ccp.dwServerOptions)


# ---- RasGetProjectionInfoEx: the call ----


def test_the_projection_of_either_handle_can_be_had(ras: Ras, simulator: Simulator) -> None:
    """RasGetProjectionInfoEx function.

    The handle can be one "returned by the RasDial or RasEnumConnections function".
    """
    handle = connected(simulator)
    [office] = ras.connections()
    for each in (handle, office.handle):
        assert ras.project_ex(each, RAS_PROJECTION_INFO_SIZE).code == SUCCESS


def test_the_structure_of_ex_keeps_its_version(ras: Ras, simulator: Simulator) -> None:
    """RAS_PROJECTION_INFO structure: version "specifies the structure version"."""
    assert ras.projected_ex(connected(simulator)).info.version == RASAPIVERSION_601


@pytest.mark.parametrize("negotiated", [PPP, IKEV2], ids=["PPP", "IKEv2"])
def test_the_size_of_what_ex_wrote_comes_back(
    ras: Ras, simulator: Simulator, negotiated: Negotiated
) -> None:
    """RasGetProjectionInfoEx function.

    *lpdwSize "specifies the size, in bytes, of the buffer pointed to by pRasProjection. On output,
    this variable receives the size, in bytes, of the buffer needed".
    """
    handle = connected(simulator, negotiated)
    for room in (RAS_PROJECTION_INFO_SIZE, RAS_PROJECTION_INFO_SIZE + 1000):
        answer = ras.project_ex(handle, room)
        assert (answer.code, answer.needed) == (SUCCESS, RAS_PROJECTION_INFO_SIZE)


@pytest.mark.parametrize("room", [0, 3, 8, RAS_PROJECTION_INFO_SIZE - 1])
@pytest.mark.parametrize("negotiated", [PPP, IKEV2], ids=["PPP", "IKEv2"])
def test_a_buffer_of_ex_that_is_too_small_is_told(
    ras: Ras, simulator: Simulator, negotiated: Negotiated, room: int
) -> None:
    """RasGetProjectionInfoEx function.

    ERROR_BUFFER_TOO_SMALL: "The buffer pointed to by pRasProjection is not large enough to contain
    the requested information."
    """
    answer = ras.project_ex(connected(simulator, negotiated), room)
    assert (answer.code, answer.needed) == (ERROR_BUFFER_TOO_SMALL, RAS_PROJECTION_INFO_SIZE)


def test_null_for_the_buffer_of_ex_asks_for_its_size(ras: Ras, simulator: Simulator) -> None:
    """Undocumented; the simulator's choice, whatever size the buffer is said to have."""
    handle = connected(simulator)
    for said in (0, 1000):
        needed = c_uint32(said)
        assert ras.RasGetProjectionInfoEx(handle, None, byref(needed)) == ERROR_BUFFER_TOO_SMALL
        assert needed.value == RAS_PROJECTION_INFO_SIZE


@pytest.mark.parametrize("version", [0, RASAPIVERSION_501, RASAPIVERSION_601 + 1])
def test_an_unknown_version_is_an_invalid_size(
    ras: Ras, simulator: Simulator, version: int
) -> None:
    """Undocumented; the simulator's choice, as the structure has no dwSize of its own."""
    answer = ras.project_ex(connected(simulator), RAS_PROJECTION_INFO_SIZE, version)
    assert answer.code == ERROR_INVALID_SIZE


@pytest.mark.parametrize("handle", [0, 4, 0x7FFFFFF0])
def test_ex_of_no_connection_is_an_invalid_handle(
    ras: Ras, simulator: Simulator, handle: int
) -> None:
    """RasGetProjectionInfoEx function.

    ERROR_INVALID_HANDLE: "The hrasconn parameter is not a valid handle."
    """
    connected(simulator)
    assert ras.project_ex(handle, RAS_PROJECTION_INFO_SIZE).code == ERROR_INVALID_HANDLE


def test_null_for_the_size_of_ex_is_an_invalid_parameter(ras: Ras, simulator: Simulator) -> None:
    """RasGetProjectionInfoEx function.

    ERROR_INVALID_PARAMETER: "The function was called with an invalid parameter."
    """
    buffer = ctypes.create_string_buffer(RAS_PROJECTION_INFO_SIZE)
    code = ras.RasGetProjectionInfoEx(connected(simulator), buffer, None)
    assert code == ERROR_INVALID_PARAMETER


@pytest.mark.parametrize("negotiated", [PPP, IKEV2], ids=["PPP", "IKEv2"])
def test_ex_is_not_complete_before_projected(
    ras: Ras, simulator: Simulator, negotiated: Negotiated
) -> None:
    """RasGetProjectionInfoEx function.

    "Remote access projection information is not available until the operating system has executed
    the RASCS_Projected state on the remote access connection. If RasGetProjectionInfoEx is called
    prior to the RASCS_Projected state, it returns ERROR_PROJECTION_NOT_COMPLETE."
    """
    simulator.add_entry("Office", dial_time=10.0, negotiated=negotiated)
    handle = simulator.connect("Office")
    answers = []
    for _ in range(25):
        before = ras.status(handle).state < RASCS_Projected
        answer = ras.project_ex(handle, RAS_PROJECTION_INFO_SIZE)
        answers.append(answer.code)
        assert answer.code == (ERROR_PROJECTION_NOT_COMPLETE if before else SUCCESS)
        assert answer.needed == RAS_PROJECTION_INFO_SIZE
        simulator.advance(0.5)
    assert set(answers) == {ERROR_PROJECTION_NOT_COMPLETE, SUCCESS}


def test_ex_of_each_sub_entry_is_that_of_its_connection(ras: Ras, simulator: Simulator) -> None:
    """RasGetSubEntryHandle function.

    "The projection information [...] is the same for each of the subentry connection handles as it
    is for the main connection handle."
    """
    handle = connected(simulator, links=2)
    simulator.add_link("Office")
    handles = (handle, ras.link(handle, 1), ras.link(handle, 2))
    assert len({bytes(ras.projected_ex(each).info) for each in handles}) == 1


# ---- RASPPP_PROJECTION_INFO ----


def test_ppp_projects_as_ppp(ras: Ras, simulator: Simulator) -> None:
    """RAS_PROJECTION_INFO structure; RASPROJECTION_INFO_TYPE enumeration.

    type "specifies the connection type in union": PROJECTION_INFO_TYPE_PPP "Represents a
    RASPPP_PROJECTION_INFO structure".
    """
    assert ras.projected_ex(connected(simulator)).info.type == PROJECTION_INFO_TYPE_PPP


def test_ppp_has_the_addresses_of_both_sides(ras: Ras, simulator: Simulator) -> None:
    """RASPPP_PROJECTION_INFO structure.

    ipv4Address is "the IPv4 address of the local client", ipv4ServerAddress that "of the remote
    server". They are RASIPV4ADDR, which is in_addr, and so no strings as the page says. Of IPv6
    there are "The last 64 bits". A negotiation error of zero "indicates" that each "has been
    negotiated successfully".
    """
    ppp = ras.projected_ex(connected(simulator)).info.union.ppp
    assert (ppp.dwIPv4NegotiationError, ppp.dwIPv6NegotiationError) == (SUCCESS, SUCCESS)
    assert bytes(ppp.ipv4Address) == CLIENT.address[:4]
    assert bytes(ppp.ipv4ServerAddress) == SERVER.address[:4]
    assert bytes(ppp.bInterfaceIdentifier) == CLIENT6.address[8:]
    assert bytes(ppp.bServerInterfaceIdentifier) == SERVER6.address[8:]


def test_ppp_has_no_address_for_a_server_that_does_not_tell_it(
    ras: Ras, simulator: Simulator
) -> None:
    """RASPPP_PROJECTION_INFO structure.

    "If the address is not available, this member is an empty string."
    """
    ppp = ras.projected_ex(connected(simulator, Negotiated(ipv4=CLIENT))).info.union.ppp
    assert bytes(ppp.ipv4Address) == CLIENT.address[:4]
    assert bytes(ppp.ipv4ServerAddress) == bytes(4)


@pytest.mark.parametrize("ikev2", [False, True], ids=["PPP", "IKEv2"])
def test_what_was_not_negotiated_has_an_error(
    ras: Ras, simulator: Simulator, *, ikev2: bool
) -> None:
    """RASPPP_PROJECTION_INFO structure, RASIKEV2_PROJECTION_INFO structure.

    Of dwIPv4NegotiationError and dwIPv6NegotiationError "A nonzero value indicates failure, and is
    the fatal error that occurred". Which it is without an attempt is undocumented.
    """
    simulator.add_entry("IPv4", negotiated=Negotiated(ikev2=ikev2, ipv4=CLIENT))
    simulator.add_entry("IPv6", negotiated=Negotiated(ikev2=ikev2, ipv6=CLIENT6))
    errors = []
    for name in ("IPv4", "IPv6"):
        union = ras.projected_ex(simulator.connect(name)).info.union
        native = union.ikev2 if ikev2 else union.ppp
        errors.append((native.dwIPv4NegotiationError, native.dwIPv6NegotiationError))
    nothing = ERROR_PROTOCOL_NOT_CONFIGURED
    assert errors == [(SUCCESS, nothing), (nothing, SUCCESS)]


# ---- RASIKEV2_PROJECTION_INFO ----


def test_ikev2_projects_as_ikev2(ras: Ras, simulator: Simulator) -> None:
    """RAS_PROJECTION_INFO structure; RASPROJECTION_INFO_TYPE enumeration.

    PROJECTION_INFO_TYPE_IKEv2 "Represents a RASIKEV2_PROJECTION_INFO structure".
    """
    info = ras.projected_ex(connected(simulator, IKEV2)).info
    assert info.type == PROJECTION_INFO_TYPE_IKEv2
    assert info.version == RASAPIVERSION_601


def test_ikev2_has_the_addresses_of_both_sides(ras: Ras, simulator: Simulator) -> None:
    """RASIKEV2_PROJECTION_INFO structure.

    ipv4Address and ipv6Address are "of the local client", ipv4ServerAddress and ipv6ServerAddress
    "of the remote server", dwPrefixLength "the length, in bits, of the IPv6 address prefix". A
    negotiation error of zero "indicates" that each address "has been assigned successfully".
    """
    ikev2 = ras.projected_ex(connected(simulator, IKEV2)).info.union.ikev2
    assert (ikev2.dwIPv4NegotiationError, ikev2.dwIPv6NegotiationError) == (SUCCESS, SUCCESS)
    assert bytes(ikev2.ipv4Address) == CLIENT.address[:4]
    assert bytes(ikev2.ipv4ServerAddress) == SERVER.address[:4]
    assert bytes(ikev2.ipv6Address) == CLIENT6.address
    assert bytes(ikev2.ipv6ServerAddress) == SERVER6.address
    assert ikev2.dwPrefixLength == 64


def test_ikev2_has_no_address_for_a_server_that_does_not_tell_it(
    ras: Ras, simulator: Simulator
) -> None:
    """RASIKEV2_PROJECTION_INFO structure.

    "If the address is not available, this member is an empty string."
    """
    negotiated = Negotiated(ikev2=True, ipv4=CLIENT, ipv6=CLIENT6)
    ikev2 = ras.projected_ex(connected(simulator, negotiated)).info.union.ikev2
    assert bytes(ikev2.ipv4ServerAddress) == bytes(4)
    assert bytes(ikev2.ipv6ServerAddress) == bytes(16)


def test_ikev2_tells_how_the_server_was_authenticated(ras: Ras, simulator: Simulator) -> None:
    """RASIKEV2_PROJECTION_INFO structure.

    dwAuthenticationProtocol is one of the "supported" RASIKEv2_AUTH_MACHINECERTIFICATES and
    RASIKEv2_AUTH_EAP; dwEapTypeId "is valid only if dwAuthenticationProtocol is RASIKEv2_AUTH_EAP".
    """
    ikev2 = ras.projected_ex(connected(simulator, IKEV2)).info.union.ikev2
    known = {RASIKEv2_AUTH_MACHINECERTIFICATES, RASIKEv2_AUTH_EAP}
    assert ikev2.dwAuthenticationProtocol in known
    assert (ikev2.dwEapTypeId != 0) == (ikev2.dwAuthenticationProtocol == RASIKEv2_AUTH_EAP)


def test_ikev2_tells_its_encryption(ras: Ras, simulator: Simulator) -> None:
    """RASIKEV2_PROJECTION_INFO structure.

    dwEncryptionMethod is one of the "supported" ones from IPSEC_CIPHER_TYPE_3DES to
    IPSEC_CIPHER_TYPE_AES_256.
    """
    ikev2 = ras.projected_ex(connected(simulator, IKEV2)).info.union.ikev2
    assert IPSEC_CIPHER_TYPE_3DES <= ikev2.dwEncryptionMethod <= IPSEC_CIPHER_TYPE_AES_256


@pytest.mark.parametrize(
    "more",
    [
        (),
        (ipv4(198, 51, 100, 1),),
        (ipv6("20010db8" + "00" * 11 + "01"),),
        (ipv4(198, 51, 100, 1), SERVER6, ipv4(198, 51, 100, 2), CLIENT6),
        tuple(ipv4(198, 51, 100, last) for last in range(1, 5)),
    ],
    ids=["none", "IPv4", "IPv6", "both", "four"],
)
def test_ikev2_lists_the_addresses_that_its_server_can_switch_to(
    ras: Ras, simulator: Simulator, more: tuple[Endpoint, ...]
) -> None:
    """RASIKEV2_PROJECTION_INFO structure.

    numIPv4ServerAddresses is "The number of available IPv4 addresses the server can switch to on
    the IKEv2 connection", and ipv4ServerAddresses "A pointer to a RASIPV4ADDR structure that
    contains" them; the same of IPv6. That they lie in the buffer, behind the structure, is
    undocumented: *lpdwSize is what is "needed to store" all.
    """
    answer = ras.projected_ex(connected(simulator, IKEV2._replace(more_servers=more)))
    four = tuple(each.address[:4] for each in more if each.type == RASTUNNELENDPOINT_IPv4)
    six = tuple(each.address for each in more if each.type == RASTUNNELENDPOINT_IPv6)
    assert (answer.ipv4_servers, answer.ipv6_servers) == (four, six)
    assert answer.needed == RAS_PROJECTION_INFO_SIZE + 4 * len(four) + 16 * len(six)


def test_a_buffer_without_room_for_the_lists_is_too_small(ras: Ras, simulator: Simulator) -> None:
    """RasGetProjectionInfoEx function.

    ERROR_BUFFER_TOO_SMALL: "The buffer pointed to by pRasProjection is not large enough to contain
    the requested information."
    """
    more = (ipv4(198, 51, 100, 1), SERVER6)
    handle = connected(simulator, IKEV2._replace(more_servers=more))
    needed = RAS_PROJECTION_INFO_SIZE + 4 + 16
    for room in (RAS_PROJECTION_INFO_SIZE, RAS_PROJECTION_INFO_SIZE + 4, needed - 1):
        answer = ras.project_ex(handle, room)
        assert (answer.code, answer.needed) == (ERROR_BUFFER_TOO_SMALL, needed)
    for room in (needed, needed + 100):
        answer = ras.project_ex(handle, room)
        assert (answer.code, answer.needed) == (SUCCESS, needed)
        assert answer.ipv6_servers == (SERVER6.address,)
