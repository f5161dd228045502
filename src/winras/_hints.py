"""The likely cause of an error that users meet, and the next step."""

from __future__ import annotations

from dataclasses import dataclass

from ._enums import win32_code

__all__ = ["TRANSIENT", "Hint", "Page", "find_hint", "is_transient"]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of Microsoft's documentation."""

    title: str
    url: str


def _learn(title: str, path: str) -> Page:
    # Without a language in it, the address leads to the page in the reader's own.
    return Page(title, f"https://learn.microsoft.com/{path}")


def _system_codes(numbers: str) -> Page:
    return _learn(
        f"System Error Codes ({numbers})",
        f"windows/win32/debug/system-error-codes--{numbers}-",
    )


_RAS_CODES = _learn(
    "Routing and Remote Access Error Codes",
    "windows/win32/rras/routing-and-remote-access-error-codes",
)
_ALWAYS_ON_VPN = _learn(
    "Troubleshoot Always On VPN",
    "troubleshoot/windows-server/networking/troubleshoot-always-on-vpn",
)
_CERTIFICATE_CODES = _learn(
    "COM Error Codes (Security and Setup)", "windows/win32/com/com-error-codes-4"
)
_CERTIFICATES = _learn(
    "Certificate requirements when you use EAP-TLS",
    "troubleshoot/windows-server/networking/certificate-requirements-eap-tls-peap",
)
_EAP_CODES = _learn(
    "EAP Related Error and Information Constants",
    "windows/win32/eaphost/eap-related-error-and-information-constants",
)
_EAP_IDENTITY = _learn(
    "RasGetEapUserIdentityW function (ras.h)",
    "windows/win32/api/ras/nf-ras-rasgeteapuseridentityw",
)
_ENCRYPTION = _learn(
    "Remote Access Problems and Solutions",
    "previous-versions/windows/it-pro/windows-server-2008-R2-and-2008/dd469791(v=ws.10)",
)
_GRE = _learn(
    "Error when establishing a VPN connection",
    "troubleshoot/windows-client/networking/error-when-establishing-vpn-connection",
)
_HANG_UP = _learn("RasHangUpW function (ras.h)", "windows/win32/api/ras/nf-ras-rashangupw")
_IKE = _learn(
    "Troubleshoot Azure site-to-site VPN error codes",
    "troubleshoot/azure/vpn-gateway/vpn-gateway-troubleshoot-site-to-site-error-codes",
)
_IPSEC_SETTINGS = _learn(
    "Set-VpnConnectionIPsecConfiguration",
    "powershell/module/vpnclient/set-vpnconnectionipsecconfiguration",
)
_L2TP = _learn(
    "Troubleshoot L2TP/IPSec VPN client connection",
    "troubleshoot/windows-client/networking/l2tp-ipsec-vpn-client-connection-issue",
)
_LCP = _learn(
    "The PPP link control protocol was terminated error when you establish a dial-up connection",
    "troubleshoot/windows-client/networking/cannot-establish-dial-up-connection",
)
_POINT_TO_SITE = _learn(
    "Troubleshoot Azure point-to-site connection problems",
    "troubleshoot/azure/vpn-gateway/vpn-gateway-troubleshoot-vpn-point-to-site-connection-problems",
)
_PORT_IN_USE = _learn(
    "Error 633 the modem is already in use",
    "troubleshoot/windows-server/networking/error-633-the-modem-is-already-in-use-vpn",
)
_WAN_MINIPORT = _learn(
    "Error 720: Can't connect to a VPN Connection",
    "troubleshoot/windows-server/networking/"
    "troubleshoot-error-720-when-establishing-a-vpn-connection",
)
_SYSTEM_0 = _system_codes("0-499")
_SYSTEM_1000 = _system_codes("1000-1299")
_SYSTEM_1300 = _system_codes("1300-1699")
_SYSTEM_1700 = _system_codes("1700-3999")
_SYSTEM_12000 = _system_codes("12000-15999")


@dataclass(frozen=True, slots=True)
class Hint:
    """What probably causes an error and what to do next.

    Attributes:
        text: One or two sentences for people, in English.
        page: Where Microsoft documents the error, or what to do about it.
    """

    text: str
    page: Page = _RAS_CODES


# What several hints of different pages say.
_CHECK_RASMAN = (
    "A Windows service behind the call is not running or not ready: "
    "check the Remote Access Connection Manager (RasMan) service, then try again."
)
_CHECK_REVOCATION = (
    "Whether a certificate has been revoked cannot be checked: ask the server's administrator "
    "to make its revocation list reachable from here, without the VPN."
)
_COMPARE_IPSEC = (
    "The two sides have no IPsec settings in common; Windows' own may be too weak for the server: "
    "set the server's in the entry, with Set-VpnConnectionIPsecConfiguration."
)
_IKE_TIMEOUT = (
    "The server does not answer IPsec in time: connect again and, if it recurs, check its address, "
    "and that every firewall and NAT on the way lets UDP ports 500 and 4500 through."
)
_INSTALL_METHOD = (
    "The EAP method of the entry is not installed here: install it, "
    "or set one that the server also accepts."
)
_NO_ADDRESS = (
    "The server has given this computer no IP address: ask its administrator "
    "to check the server's address pool or DHCP."
)
_NO_CARD_READER = "No smart card reader is found: connect one, or choose a method that needs none."
_NO_IPSEC_POLICY = (
    "Windows has no IPsec policy for this connection: check the IPsec settings "
    "of the entry, or ask the server's administrator for them."
)
_NO_SINGLE_SIGN_ON = (
    "The EAP method of the entry has no single sign-on: set another method, "
    "or connect without single sign-on."
)
_OPEN_GRE = "let IP protocol 47 (GRE) and TCP port 1723 through"
_REFUSED = (
    "The server refused the user name or the password: check both, and the domain; "
    "then check that the server permits the entry's authentication protocol."
)
_START_IPSEC = (
    "start Base Filtering Engine (BFE) and IKE and AuthIP IPsec Keying Modules (IKEEXT), "
    "then connect again."
)
_UNREACHABLE = (
    "The destination cannot be reached: check the address in the entry, "
    "and that the internet connection is up."
)
_WRONG_PURPOSE = (
    "The VPN server's certificate may lack the Server Authentication purpose: "
    "ask the server's administrator to check it."
)

# IKE's numbers, without those that winerror.h has for the bounds.
_IKE_CODES = (*range(13801, 13897), *range(13898, 13909))

# Each rests on what its page tells of the error. Where that is no more than its message, the hint
# is what this means and the step that is left. The later one counts where a number has two.
_HINTS: dict[int, Hint] = {
    5: Hint(
        "This account lacks the rights: try as the user who made the connection, "
        "or with administrator rights.",
        _SYSTEM_0,
    ),
    6: Hint(
        "The handle belongs to no connection, most likely because that has ended: "
        "list the connections again.",
        _HANG_UP,
    ),
    87: Hint(
        "An argument does not fit: check the names and paths given and, if several phone books "
        "have an entry of that name, say which phone book is meant.",
        _SYSTEM_0,
    ),
    **dict.fromkeys(
        (120, 127),
        Hint(
            "This system's RAS lacks the function: use a Windows that has it, "
            "or do without what needs it.",
            _SYSTEM_0,
        ),
    ),
    126: Hint(
        "RAS, or a library that it needs, is missing on this system: "
        "run this on a Windows with remote access or, for a trial, with the simulator.",
        _SYSTEM_0,
    ),
    183: Hint(
        "There is already something of that name: choose another name, "
        "or change or delete what is there.",
        _SYSTEM_0,
    ),
    602: Hint(
        "A program, or a connection that has not quite ended, still holds the port: "
        "end it, wait some seconds, then connect again."
    ),
    608: Hint(
        "This computer has no such device: list the devices. If WAN miniports are missing, restart "
        "the RasMan service, then reinstall them in Device Manager, as other VPN clients do."
    ),
    617: Hint("The connection is being hung up already: wait until it has ended."),
    618: Hint("Nothing is connected on this port: connect first, or list the connections again."),
    # A refused password of EAP-MSCHAPv2 is reported as 628; so is one that is missing for L2TP.
    **dict.fromkeys(
        (619, 628),
        Hint(
            "Closed before it was complete, as may be after a refused password: check user name, "
            "password, certificates, the entry's custom dialer, RasClient's events, the network."
        ),
    ),
    621: Hint(
        "The phone book cannot be opened: check its path, and that this account may read the file."
    ),
    **dict.fromkeys(
        (622, 625),
        Hint(
            "The file may be damaged or not be a phone book: check its path, "
            "restore it from a copy, or create the entry anew."
        ),
    ),
    623: Hint(
        "That phone book has no entry of this name: check the spelling, and whether "
        "the entry is in the phone book of another user or of all users."
    ),
    624: Hint(
        "The phone book cannot be changed: check that the file is not read-only, "
        "and that this account may write to it."
    ),
    629: Hint(
        "The server has closed it: check user name, password, certificates and the entry's custom "
        "dialer, connect again and, if it recurs, ask the server's administrator why."
    ),
    719: Hint(
        "The other side has ended the connection: connect again and, if it recurs, "
        "ask the provider or the server's administrator why."
    ),
    **dict.fromkeys(
        (630, 692),
        Hint(
            "The modem, adapter or port seems to have a fault: check the device, its cables "
            "and its driver, or try another device."
        ),
    ),
    631: Hint(
        "A user or program on this computer has hung up: connect again if that was not meant."
    ),
    633: Hint(
        "Something already uses the device: hang that up. For PPTP, find the program that "
        "has TCP port 1723 (netstat -aon) and end it.",
        _PORT_IN_USE,
    ),
    638: Hint(
        "An answer did not come in time: check the line or network, then try again "
        "after a short wait."
    ),
    645: Hint(
        "The code does not tell why authentication failed: try again, then look for RasClient "
        "events in the Application event log."
    ),
    646: Hint(
        "The account may not log on at this hour: connect within its hours, "
        "or ask the administrator to change them."
    ),
    647: Hint("The account is disabled: ask the administrator to enable it, or use another."),
    648: Hint("The password has expired: change it, then connect with the new one."),
    649: Hint(
        "The account has no permission for remote access: ask the administrator to grant it, "
        "or use another account."
    ),
    **dict.fromkeys(
        (651, 666),
        Hint(
            "The modem or other device fails: check its power, cables and driver. "
            "For a VPN, check also that the internet connection is up."
        ),
    ),
    668: Hint(
        "No such connection is up: it dropped, was hung up or never was. List the connections, "
        "and connect if it is needed."
    ),
    676: Hint("The line is busy: wait, then dial again; if it stays so, check the number."),
    677: Hint("A person took the call, so the number is probably wrong: correct it."),
    678: Hint(
        "The other end does not answer: check the number or address, the cables "
        "and the modem, then connect again."
    ),
    679: Hint(
        "The modem hears no carrier from the other end: check the number and the telephone cable, "
        "then dial again."
    ),
    680: Hint(
        "The telephone line is dead to the modem: check that the cable is plugged in "
        "and that the line works."
    ),
    691: Hint(_REFUSED),
    703: Hint(
        "The authentication wants to ask the user, and the program that dials allows no dialog: "
        "connect in Windows' own network settings, or choose a method that asks nothing.",
        _EAP_IDENTITY,
    ),
    708: Hint("The account has expired: ask the administrator to extend it, or use another."),
    711: Hint(
        "The Remote Access Connection Manager (RasMan) service does not start: "
        "read the event log, then start the service or restart Windows."
    ),
    **dict.fromkeys(
        (717, 738),
        Hint(_NO_ADDRESS),
    ),
    718: Hint(
        "The other side was too slow to answer while the link was set up: connect again and, "
        "if it recurs, ask the provider or the server's administrator."
    ),
    720: Hint(
        "WAN Miniport (IP) is probably not bound properly: check Get-NetAdapterBinding, or "
        "uninstall the WAN Miniports in Device Manager and scan for hardware changes.",
        _WAN_MINIPORT,
    ),
    721: Hint(
        f"The other side does not answer. With PPTP, a firewall may block GRE: {_OPEN_GRE}.",
        _GRE,
    ),
    732: Hint(
        "This computer and the server reach no agreement on PPP settings: compare protocols, "
        "authentication and encryption of the entry with those of the server."
    ),
    733: Hint(
        "The server does not offer one of the entry's network protocols: "
        "turn off those that it lacks, such as IPv6."
    ),
    734: Hint(
        "Multi-link negotiation or the password security setting may be at fault: turn off the "
        "former for single links, then compare the latter with what the server accepts.",
        _LCP,
    ),
    735: Hint(
        "The server does not grant the IP address that the entry asks for: "
        "let the entry obtain its address automatically."
    ),
    736: Hint(
        "The server broke off the negotiation of a network protocol: compare the entry's "
        "network protocols and address settings with those of the server."
    ),
    737: Hint(
        "This computer receives what it sends itself: check the number, the cables and the modem."
    ),
    **dict.fromkeys(
        (741, 742),
        Hint(
            "The two sides do not agree on data encryption: compare the encryption setting "
            "of the entry with that of the server.",
            _ENCRYPTION,
        ),
    ),
    753: Hint(
        "This account has no right to disconnect it: let the user who connected it or an "
        "administrator do so or, if the routing service did, use Routing and Remote Access."
    ),
    755: Hint(
        "The entry has a custom dialer: connect with the program that made the entry, or take the "
        "dialer out of it; then check the user name, the password and the certificates."
    ),
    756: Hint(
        "Another program or user is dialing this connection: wait until that is over. If it never "
        'is, hang it up, as with rasdial "NAME" /disconnect, or restart RasMan.'
    ),
    764: Hint(_NO_CARD_READER),
    **dict.fromkeys(
        (766, 786),
        Hint(
            "L2TP finds no valid machine certificate here: have one installed on this computer "
            "or, if the server uses a pre-shared key, set that in the entry.",
            _L2TP,
        ),
    ),
    769: Hint(_UNREACHABLE),
    **dict.fromkeys(
        (771, 774),
        Hint("The trouble is probably temporary: wait a little, then connect again."),
    ),
    772: Hint(
        "The other end cannot take this type of call: check the number and the device "
        "of the entry, or ask the provider."
    ),
    778: Hint(
        "The server has not proved its identity: check the server's address and the "
        "authentication settings of the entry, and ask the server's administrator."
    ),
    780: Hint(
        "This function does not suit this entry. If it was asked for an EAP identity, "
        "the entry needs none: dial without it.",
        _EAP_IDENTITY,
    ),
    781: Hint(
        "Encryption needs a valid certificate and none was found: "
        "have the connection's certificate installed or renewed."
    ),
    783: Hint(
        "The private LAN adapter of Internet Connection Sharing is missing or unplugged: "
        "connect it, then enable sharing again."
    ),
    784: Hint(
        "The entry has another user name than the smart card: set the card's name in it, "
        "or connect after logging on."
    ),
    785: Hint(
        "Before logon this connection needs a smart card: set the entry to use one, "
        "or connect after logging on."
    ),
    **dict.fromkeys(
        (787, 790),
        Hint(
            "The two sides of L2TP fail to authenticate each other in IPsec: check the "
            "pre-shared key, or that each side has a valid certificate that the other trusts.",
            _L2TP,
        ),
    ),
    788: Hint(_COMPARE_IPSEC, _IPSEC_SETTINGS),
    **dict.fromkeys(
        (789, 793),
        Hint(
            "The pre-shared key or certificate of L2TP may be wrong or missing: check it. If a "
            "NAT is on the way, check that both sides support NAT-T.",
            _L2TP,
        ),
    ),
    791: Hint(_NO_IPSEC_POLICY),
    792: Hint(_IKE_TIMEOUT, _ALWAYS_ON_VPN),
    **dict.fromkeys(
        (794, 795, 796),
        Hint(
            "A RADIUS attribute of this user does not suit the connection: "
            "ask the administrator of the RADIUS server to correct it."
        ),
    ),
    797: Hint(
        "The modem is missing or busy: check that it is connected and switched on, "
        "and that nothing else uses it."
    ),
    **dict.fromkeys(
        (798, 0x80420100),
        Hint(
            "The client certificate for EAP is probably missing: install it under "
            "Current User, Personal, Certificates.",
            _POINT_TO_SITE,
        ),
    ),
    799: Hint(
        "Another host has the IP address that Internet Connection Sharing needs, since "
        "Windows 7 192.168.137.1: give that host another address."
    ),
    800: Hint(
        "No VPN type got through: check the server's address, set the VPN type it uses in the "
        "entry and, for IKEv2 or L2TP, check UDP ports 500 and 4500 and the certificates.",
        _ALWAYS_ON_VPN,
    ),
    801: Hint(
        "The server's certificate does not verify: check the server's name in the entry, "
        "and that the root of the certificate is trusted here.",
        _CERTIFICATES,
    ),
    802: Hint("The smart card is not recognized: take it out and insert it again firmly."),
    806: Hint(
        f"A firewall or router on the way probably blocks GRE: {_OPEN_GRE}, "
        "or use another VPN type.",
        _GRE,
    ),
    807: Hint(
        "The network may be slow or the VPN server full: check the internet connection, "
        "then connect again."
    ),
    808: Hint(
        "The settings of the entry and the server probably differ: compare the VPN type "
        "and the security settings with what the server expects."
    ),
    809: Hint(
        "A firewall, NAT or router probably blocks the VPN: connect again, then check the server's "
        "address and, for IKEv2 or L2TP, that UDP ports 500 and 4500 are open all the way.",
        _ALWAYS_ON_VPN,
    ),
    810: Hint(
        "A certificate is probably wrong or expired: check those of this computer "
        "and of the VPN server."
    ),
    811: Hint(
        "The pre-shared keys probably differ: set the server's key in the entry again, "
        "or ask the administrator for it."
    ),
    812: Hint(
        "The server's policy asks for what this client does not offer, such as another "
        "authentication method: set the entry to that method, or tell the administrator.",
        _ALWAYS_ON_VPN,
    ),
    813: Hint(
        "The device already carries a broadband (PPPoE) connection: "
        "hang that up, then connect again."
    ),
    814: Hint(
        "The PPPoE connection finds no Ethernet below it: plug in the cable, "
        "and check that the adapter is enabled."
    ),
    815: Hint(
        "The PPPoE server does not answer: check the service name in the entry, "
        "the cable and the modem."
    ),
    817: Hint(
        "The entry is up or being dialled: hang it up, or wait until the dial has ended, "
        "then try again."
    ),
    825: Hint("PPTP cannot carry IPv6: set another VPN type, such as L2TP, in the entry."),
    826: Hint(
        "The saved EAP-TLS credentials are no longer accepted: clear them, then enter them again."
    ),
    827: Hint(f"A service that L2TP needs has stopped: {_START_IPSEC}"),
    828: Hint(
        "The connection was idle too long: connect again and, if that should not happen, "
        "raise or turn off its idle time-out."
    ),
    829: Hint(
        "The line or network below the connection failed: check it and its device, "
        "then connect again."
    ),
    **dict.fromkeys(
        (830, 831),
        Hint("The user logged off or switched: log on again, then connect anew."),
    ),
    **dict.fromkeys(
        (832, 833),
        Hint("The computer went to sleep or into hibernation: connect again now that it is awake."),
    ),
    834: Hint(
        "The Remote Access Connection Manager (RasMan) service stopped: start it, "
        "connect again, and look in the event log for the reason."
    ),
    835: Hint(
        "The certificate may belong to another server than the entry names: "
        "compare the server's name in the two, or ask the server's administrator."
    ),
    838: Hint("Another update of the connection is under way: wait for it, then try again."),
    839: Hint("The VPN type of the entry is disabled: set another one in the entry."),
    850: Hint(_INSTALL_METHOD),
    851: Hint(_NO_SINGLE_SIGN_ON),
    **dict.fromkeys(
        (853, 854, 855, 856, *range(0x80420101, 0x80420106)),
        Hint(
            "The client certificate was not accepted: check its dates and that it has the "
            "Client Authentication purpose, or have a new one issued.",
            _CERTIFICATES,
        ),
    ),
    **dict.fromkeys(
        (
            *(857, 858, 859, 860, 864, 865, 866),
            *range(0x80420200, 0x80420205),
            *(0x80420400, 0x80420401, 0x80420406),
        ),
        Hint(
            "The server's certificate was not accepted: check that its root is trusted here; "
            "have the administrator check its dates, name and Server Authentication purpose.",
            _CERTIFICATES,
        ),
    ),
    **dict.fromkeys(
        (861, 862, 863, 0x80420300, 0x80420301, 0x80420302),
        Hint(
            "The root of the client certificate is missing, invalid or expired: have the "
            "administrator check it, or have a new certificate issued.",
            _CERTIFICATES,
        ),
    ),
    868: Hint(
        "The server's name does not resolve: check its spelling in the entry, the internet "
        "connection and the DNS settings."
    ),
    869: Hint("The password of the certificate is wrong: enter it again."),
    1053: Hint(_CHECK_RASMAN, _SYSTEM_1000),
    1058: Hint(
        "The Windows service is disabled: for RasMan, an administrator enables it with "
        "sc.exe config RasMan start= demand.",
        _SYSTEM_1000,
    ),
    1062: Hint(_CHECK_RASMAN, _SYSTEM_1000),
    1223: Hint("A user has cancelled it: start again if that was not meant.", _SYSTEM_1000),
    1225: Hint(
        "The server refuses the network connection: check its address in the entry, and ask the "
        "server's administrator whether its VPN service runs.",
        _SYSTEM_1000,
    ),
    **dict.fromkeys((1231, 1232), Hint(_UNREACHABLE, _SYSTEM_1000)),
    1460: Hint(
        "The time allowed is over: allow more time. winras.why() tells how far a dial came; "
        "a hang-up goes on.",
        _SYSTEM_1300,
    ),
    **dict.fromkeys((1717, 1722), Hint(_CHECK_RASMAN, _SYSTEM_1700)),
    **dict.fromkeys(
        _IKE_CODES,
        Hint(
            "The IPsec negotiation failed: connect again and, if it recurs, compare the IPsec "
            "settings of the two sides, and ask the server's administrator to look in its log.",
            _SYSTEM_12000,
        ),
    ),
    13801: Hint(
        "The server's certificate may be expired, untrusted here, for another name or without "
        "Server Authentication, or the pre-shared keys may differ: check these.",
        _ALWAYS_ON_VPN,
    ),
    13805: Hint(_IKE_TIMEOUT, _IKE),
    **dict.fromkeys((13813, 13886), Hint(_IKE_TIMEOUT, _SYSTEM_12000)),
    13806: Hint(
        "A machine certificate is missing: have valid ones, with their root, installed "
        "on this computer and on the VPN server.",
        _ALWAYS_ON_VPN,
    ),
    **dict.fromkeys(
        (13818, 13819, 13820, 13828, 13847, 13875, 13881, 13887),
        Hint(
            "A certificate does not suit IPsec: have that of the VPN server and, if the entry uses "
            "one, that of this computer checked for purposes, key and trusted root.",
            _SYSTEM_12000,
        ),
    ),
    **dict.fromkeys((13817, 13848), Hint(_CHECK_REVOCATION, _SYSTEM_12000)),
    **dict.fromkeys((13825, 13850), Hint(_NO_IPSEC_POLICY, _SYSTEM_12000)),
    13868: Hint(_COMPARE_IPSEC, _IKE),
    **dict.fromkeys(
        (13802, 13865, 13871, 13873, 13874),
        Hint(_COMPARE_IPSEC, _SYSTEM_12000),
    ),
    13891: Hint(f"The IPsec service stops: {_START_IPSEC}", _SYSTEM_12000),
    13899: Hint(_NO_ADDRESS, _SYSTEM_12000),
    **dict.fromkeys(
        (13905, 13906, 13907, 13908),
        Hint(
            "The server does not let this user or computer connect: use other credentials, such "
            "as a smart card, or ask the server's administrator.",
            _SYSTEM_12000,
        ),
    ),
    **dict.fromkeys((0x40420016, 0x80420011), Hint(_INSTALL_METHOD, _EAP_CODES)),
    **dict.fromkeys(
        (0x40420110, 0x80420014, 0x80420015),
        Hint(
            "The server refused the authentication: check the user name, the password or "
            "certificate, and that the account may connect; then ask the server's administrator.",
            _EAP_CODES,
        ),
    ),
    0x8042001A: Hint(_NO_SINGLE_SIGN_ON, _EAP_CODES),
    **dict.fromkeys((0x80420111, 0x80420112), Hint(_REFUSED, _EAP_CODES)),
    0x80420113: Hint(_NO_CARD_READER, _EAP_CODES),
    0x80070040: Hint(_WRONG_PURPOSE, _ALWAYS_ON_VPN),
    **dict.fromkeys(
        (0x80090349, 0x800B0106, 0x800B0110),
        Hint(_WRONG_PURPOSE, _CERTIFICATE_CODES),
    ),
    0x8009030C: Hint(_REFUSED, _CERTIFICATE_CODES),
    0x8009030E: Hint(
        "There are no credentials to log on with: give a user name and a password, "
        "or install the client certificate.",
        _CERTIFICATE_CODES,
    ),
    0x80090311: Hint(
        "No domain controller can be reached: check the domain, and that the server, or this "
        "computer if it logs on itself, reaches one.",
        _CERTIFICATE_CODES,
    ),
    0x80090324: Hint(
        "The clocks of this computer and the server differ too much: set the clock, date "
        "and time zone of both.",
        _CERTIFICATE_CODES,
    ),
    0x80090331: Hint(
        "The two sides have no TLS version or cipher in common: update Windows here, "
        "or ask the server's administrator which of them the server accepts.",
        _CERTIFICATE_CODES,
    ),
    **dict.fromkeys(
        (0x80090328, 0x800B0101),
        Hint(
            "The VPN server's certificate has probably expired: check the clock of this computer, "
            "then ask the server's administrator to renew the certificate.",
            _CERTIFICATE_CODES,
        ),
    ),
    **dict.fromkeys(
        (0x80092010, 0x800B010C),
        Hint(
            "The VPN server's certificate has been revoked, so it proves nothing any more: "
            "ask the server's administrator for a new one.",
            _CERTIFICATE_CODES,
        ),
    ),
    **dict.fromkeys(
        (0x80092012, 0x80092013, 0x800B010E),
        Hint(_CHECK_REVOCATION, _CERTIFICATE_CODES),
    ),
    **dict.fromkeys(
        (0x80090325, 0x800B0109, 0x800B0112),
        Hint(
            "The root of the VPN server's certificate is not trusted here: install it in "
            "Trusted Root Certification Authorities.",
            _ALWAYS_ON_VPN,
        ),
    ),
    0x800B010A: Hint(
        "A certificate between the VPN server's and a trusted root may be missing: ask the "
        "server's administrator to install it on the server, or install it here.",
        _CERTIFICATE_CODES,
    ),
    **dict.fromkeys(
        (0x80090322, 0x800B010F),
        Hint(
            "The VPN server's certificate is for another name than the entry has: "
            "set in the entry the server's name as its certificate has it.",
            _CERTIFICATE_CODES,
        ),
    ),
}


#: Which errors may pass although nobody changes anything, by the reason. An error that is not here
#: does not: it is about credentials, certificates, settings or rights, or nothing is known of it.
#: 619, 628 and 629 may hide a refused password, and 800 and 868 a wrong address; they are here
#: because a disturbed line gives them too, and because Windscribe's client tries again after 628
#: and 629, as after 809, 1231, 1232, 13805 and 13813.
TRANSIENT: dict[str, tuple[int, ...]] = {
    "the line or the network is disturbed": (
        *(64, 619, 628, 629, 651, 679, 680, 710, 715, 719, 769, 771, 774, 800, 807, 829),
        *(832, 833, 868, 1231, 1232, 1236, 13885),
    ),
    "the other end does not answer": (
        *(638, 650, 678, 718, 721, 792, 809, 815, 1460, 13805, *range(13809, 13816), 13886),
    ),
    "it is busy, or not done with the last one": (
        *(602, 616, 617, 633, 666, 676, 712, 714, 717, 756, 838),
        *(13803, 13821, 13878, 13882, 13884, 13890, 13901, 13903),
    ),
    "a service is starting, or starts again": (
        *(695, 746, 748, 834, 1053, 1062, 1717, 1722, 1726, 1727, 0x80420012),
    ),
    "this computer is short of memory": (8, 14, 614, 664, 1450, 13859, 0x80090300),
}

_TRANSIENT = frozenset(code for codes in TRANSIENT.values() for code in codes)


def find_hint(code: int) -> Hint | None:
    """The likely cause of an error number and the next step; None if there is none here."""
    return _HINTS.get(code) or _HINTS.get(win32_code(code))


def is_transient(code: int) -> bool:
    """Whether the cause of an error number may pass although nobody changes anything."""
    return code in _TRANSIENT or win32_code(code) in _TRANSIENT
