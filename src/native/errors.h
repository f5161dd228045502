/* Every error number that RAS documents, and those of others that dwError may be, with its native name
 * and a sentence of ours, which is shown when Windows has no text. RAS's names and numbers follow
 * Microsoft's raserror.h. HIDDEN are those that it has for a WINVER of 0x0600 or less only; RAS still
 * returns some of them. */
#ifndef WINRAS_ERRORS_H
#define WINRAS_ERRORS_H

#define WINRAS_FIRST_RAS_ERROR 600
#define WINRAS_LAST_RAS_ERROR 878

/* clang-format off */
#define RAS_ERRORS(X, HIDDEN) \
    X(PENDING, 600, "The operation is under way and not finished yet.") \
    X(ERROR_INVALID_PORT_HANDLE, 601, "The port handle passed to RAS does not refer to a port.") \
    X(ERROR_PORT_ALREADY_OPEN, 602, "Another program or call already holds this port open.") \
    X(ERROR_BUFFER_TOO_SMALL, 603, "The buffer passed in has no room for the result.") \
    X(ERROR_WRONG_INFO_SPECIFIED, 604, "The port settings supplied do not fit this port.") \
    HIDDEN(ERROR_CANNOT_SET_PORT_INFO, 605, "The port refuses the settings supplied for it.") \
    X(ERROR_PORT_NOT_CONNECTED, 606, "Nothing is connected on this port.") \
    HIDDEN(ERROR_EVENT_INVALID, 607, "RAS met an event it does not recognise.") \
    X(ERROR_DEVICE_DOES_NOT_EXIST, 608, "There is no device with the given name.") \
    X(ERROR_DEVICETYPE_DOES_NOT_EXIST, 609, "There is no device type with the given name.") \
    X(ERROR_BUFFER_INVALID, 610, "The buffer passed in is unusable.") \
    HIDDEN(ERROR_ROUTE_NOT_AVAILABLE, 611, "The route asked for is not free for use.") \
    X(ERROR_ROUTE_NOT_ALLOCATED, 612, "No route has been assigned to this port.") \
    HIDDEN(ERROR_INVALID_COMPRESSION_SPECIFIED, 613, "The compression setting asked for does not exist.") \
    HIDDEN(ERROR_OUT_OF_BUFFERS, 614, "RAS has run out of internal buffers.") \
    X(ERROR_PORT_NOT_FOUND, 615, "There is no port with the given name.") \
    X(ERROR_ASYNC_REQUEST_PENDING, 616, "An earlier asynchronous request on this port is still running.") \
    X(ERROR_ALREADY_DISCONNECTING, 617, "This port or device is already hanging up.") \
    X(ERROR_PORT_NOT_OPEN, 618, "The port or multilink subentry is not open, so it has no connection.") \
    X(ERROR_PORT_DISCONNECTED, 619, "The port is not connected, often because the link drops during connection setup.") \
    HIDDEN(ERROR_NO_ENDPOINTS, 620, "RAS found no network endpoints on this computer.") \
    X(ERROR_CANNOT_OPEN_PHONEBOOK, 621, "The phone book file does not open.") \
    X(ERROR_CANNOT_LOAD_PHONEBOOK, 622, "The phone book file opens but does not load.") \
    X(ERROR_CANNOT_FIND_PHONEBOOK_ENTRY, 623, "The phone book has no entry with this name.") \
    X(ERROR_CANNOT_WRITE_PHONEBOOK, 624, "The phone book file does not accept changes.") \
    X(ERROR_CORRUPT_PHONEBOOK, 625, "The phone book file holds damaged or malformed data.") \
    HIDDEN(ERROR_CANNOT_LOAD_STRING, 626, "RAS cannot load one of its text resources.") \
    X(ERROR_KEY_NOT_FOUND, 627, "The key looked for is not there.") \
    X(ERROR_DISCONNECTION, 628, "The connection is closed before it is complete.") \
    X(ERROR_REMOTE_DISCONNECTION, 629, "The remote computer has closed the connection.") \
    X(ERROR_HARDWARE_FAILURE, 630, "A hardware fault has closed the connection.") \
    X(ERROR_USER_DISCONNECTION, 631, "A user or program on this computer has closed the connection.") \
    X(ERROR_INVALID_SIZE, 632, "The dwSize of a structure does not match any size that this Windows accepts.") \
    X(ERROR_PORT_NOT_AVAILABLE, 633, "The port or device is in use by another connection or is not set up for remote access.") \
    HIDDEN(ERROR_CANNOT_PROJECT_CLIENT, 634, "The remote network does not accept this computer's registration.") \
    X(ERROR_UNKNOWN, 635, "RAS reports a failure that it has no code for.") \
    X(ERROR_WRONG_DEVICE_ATTACHED, 636, "The device on this port is not the configured one.") \
    HIDDEN(ERROR_BAD_STRING, 637, "RAS cannot convert one of its strings.") \
    X(ERROR_REQUEST_TIMEOUT, 638, "The request takes too long and is given up.") \
    HIDDEN(ERROR_CANNOT_GET_LANA, 639, "No asynchronous network adapter number (LANA) is free.") \
    HIDDEN(ERROR_NETBIOS_ERROR, 640, "NetBIOS reports an error.") \
    HIDDEN(ERROR_SERVER_OUT_OF_RESOURCES, 641, "The server is short of the NetBIOS resources that this client needs.") \
    HIDDEN(ERROR_NAME_EXISTS_ON_NET, 642, "A NetBIOS name of this computer is already in use on the remote network.") \
    HIDDEN(ERROR_SERVER_GENERAL_NET_FAILURE, 643, "A network adapter in the server has failed.") \
    HIDDEN(WARNING_MSG_ALIAS_NOT_ADDED, 644, "The message alias is not registered, so network pop-up messages do not arrive here.") \
    X(ERROR_AUTH_INTERNAL, 645, "Authentication fails for a reason internal to RAS.") \
    X(ERROR_RESTRICTED_LOGON_HOURS, 646, "Logon-hour restrictions do not let this account connect at the present time.") \
    X(ERROR_ACCT_DISABLED, 647, "Logging on with this user account is disabled.") \
    X(ERROR_PASSWD_EXPIRED, 648, "The password of this account is past its expiry date.") \
    X(ERROR_NO_DIALIN_PERMISSION, 649, "This account has no permission to connect by remote access.") \
    HIDDEN(ERROR_SERVER_NOT_RESPONDING, 650, "The remote access server gives no reply.") \
    X(ERROR_FROM_DEVICE, 651, "The modem or other connection device signals an error, as does a PPPoE adapter with no link.") \
    X(ERROR_UNRECOGNIZED_RESPONSE, 652, "The device gives an answer that RAS does not understand.") \
    X(ERROR_MACRO_NOT_FOUND, 653, "The device section of the .INF file lacks a macro that the device needs.") \
    X(ERROR_MACRO_NOT_DEFINED, 654, "A command or response in the device .INF file uses a macro that is defined nowhere.") \
    X(ERROR_MESSAGE_MACRO_NOT_FOUND, 655, "The device section of the .INF file has no message macro.") \
    X(ERROR_DEFAULTOFF_MACRO_NOT_FOUND, 656, "The defaultoff macro of the device .INF file refers to a macro that is not defined.") \
    X(ERROR_FILE_COULD_NOT_BE_OPENED, 657, "The .INF file of the device does not open.") \
    X(ERROR_DEVICENAME_TOO_LONG, 658, "A device name in the .INF or .INI file is longer than RAS allows.") \
    X(ERROR_DEVICENAME_NOT_FOUND, 659, "The media .INI file names a device that does not exist.") \
    X(ERROR_NO_RESPONSES, 660, "The device .INF file lists no response for this command.") \
    X(ERROR_NO_COMMAND_FOUND, 661, "The device .INF file lacks a command that is needed.") \
    X(ERROR_WRONG_KEY_SPECIFIED, 662, "The device section of the .INF file does not list the macro to be set.") \
    X(ERROR_UNKNOWN_DEVICE_TYPE, 663, "The media .INI file names a device type that does not exist.") \
    X(ERROR_ALLOCATING_MEMORY, 664, "RAS cannot get the memory it needs.") \
    X(ERROR_PORT_NOT_CONFIGURED, 665, "This port is not set up for use by remote access.") \
    X(ERROR_DEVICE_NOT_READY, 666, "The modem or other connection device is not working or not ready.") \
    X(ERROR_READING_INI_FILE, 667, "The media .INI file is unreadable.") \
    X(ERROR_NO_CONNECTION, 668, "There is no such connection any more: it has ended or its handle is closed.") \
    X(ERROR_BAD_USAGE_IN_INI_FILE, 669, "The media .INI file gives a device usage that does not exist.") \
    X(ERROR_READING_SECTIONNAME, 670, "A section name in the media .INI file is unreadable.") \
    X(ERROR_READING_DEVICETYPE, 671, "A device type in the media .INI file is unreadable.") \
    X(ERROR_READING_DEVICENAME, 672, "A device name in the media .INI file is unreadable.") \
    X(ERROR_READING_USAGE, 673, "A device usage in the media .INI file is unreadable.") \
    HIDDEN(ERROR_READING_MAXCONNECTBPS, 674, "The highest connection speed in the media .INI file is unreadable.") \
    HIDDEN(ERROR_READING_MAXCARRIERBPS, 675, "The highest carrier speed in the media .INI file is unreadable.") \
    X(ERROR_LINE_BUSY, 676, "The number dialed is engaged.") \
    X(ERROR_VOICE_ANSWER, 677, "A human voice, not a modem, takes the call.") \
    X(ERROR_NO_ANSWER, 678, "The remote end does not answer.") \
    X(ERROR_NO_CARRIER, 679, "The modem hears no carrier from the other end.") \
    X(ERROR_NO_DIALTONE, 680, "The telephone line gives no dial tone.") \
    HIDDEN(ERROR_IN_COMMAND, 681, "The modem or other device signals an unspecified error for a command.") \
    HIDDEN(ERROR_WRITING_SECTIONNAME, 682, "RAS cannot write a section name.") \
    HIDDEN(ERROR_WRITING_DEVICETYPE, 683, "RAS cannot write a device type.") \
    HIDDEN(ERROR_WRITING_DEVICENAME, 684, "RAS cannot write a device name.") \
    HIDDEN(ERROR_WRITING_MAXCONNECTBPS, 685, "RAS cannot write the highest connection speed.") \
    HIDDEN(ERROR_WRITING_MAXCARRIERBPS, 686, "RAS cannot write the highest carrier speed.") \
    HIDDEN(ERROR_WRITING_USAGE, 687, "RAS cannot write a device usage.") \
    HIDDEN(ERROR_WRITING_DEFAULTOFF, 688, "RAS cannot write the list of macros that are off by default.") \
    HIDDEN(ERROR_READING_DEFAULTOFF, 689, "RAS cannot read the list of macros that are off by default.") \
    HIDDEN(ERROR_EMPTY_INI_FILE, 690, "The media .INI file has nothing in it.") \
    X(ERROR_AUTHENTICATION_FAILURE, 691, "The user name or password is wrong, or the server does not permit this authentication protocol.") \
    X(ERROR_PORT_OR_DEVICE, 692, "The port, or the device attached to it, has a hardware fault.") \
    X(ERROR_NOT_BINARY_MACRO, 693, "A binary macro is needed here and this macro is not one.") \
    X(ERROR_DCB_NOT_FOUND, 694, "The device control block (DCB) for this port is missing.") \
    X(ERROR_STATE_MACHINES_NOT_STARTED, 695, "The RAS state machines are not running yet.") \
    X(ERROR_STATE_MACHINES_ALREADY_STARTED, 696, "The RAS state machines are running already.") \
    X(ERROR_PARTIAL_RESPONSE_LOOPING, 697, "Handling of a partial device response goes round in an endless loop.") \
    X(ERROR_UNKNOWN_RESPONSE_KEY, 698, "A response key in the device .INF file has the wrong format.") \
    X(ERROR_RECV_BUF_FULL, 699, "The answer of the device is larger than its receive buffer.") \
    X(ERROR_CMD_TOO_LONG, 700, "A command of the device .INF file is too long once its macros are filled in.") \
    X(ERROR_UNSUPPORTED_BPS, 701, "The device has switched to a line speed that the serial port driver does not support.") \
    X(ERROR_UNEXPECTED_RESPONSE, 702, "The device sends a response that nothing has asked for.") \
    X(ERROR_INTERACTIVE_MODE, 703, "The connection needs input from a user, which this program does not offer.") \
    X(ERROR_BAD_CALLBACK_NUMBER, 704, "The callback number is unusable.") \
    X(ERROR_INVALID_AUTH_STATE, 705, "The authentication is not in a state that allows this step.") \
    HIDDEN(ERROR_WRITING_INITBPS, 706, "RAS cannot write the initial line speed.") \
    X(ERROR_X25_DIAGNOSTIC, 707, "The X.25 network reports a diagnostic for this call.") \
    X(ERROR_ACCT_EXPIRED, 708, "This user account is past its expiry date.") \
    X(ERROR_CHANGING_PASSWORD, 709, "Changing the password on the domain fails.") \
    X(ERROR_OVERRUN, 710, "The serial port loses data from the modem through overruns.") \
    X(ERROR_RASMAN_CANNOT_INITIALIZE, 711, "The Remote Access Connection Manager service (RasMan) does not start; see the event log.") \
    HIDDEN(ERROR_BIPLEX_PORT_NOT_AVAILABLE, 712, "The two-way port is still being set up, so dialing has to wait a few seconds.") \
    X(ERROR_NO_ACTIVE_ISDN_LINES, 713, "This computer has no ISDN line in service.") \
    HIDDEN(ERROR_NO_ISDN_CHANNELS_AVAILABLE, 714, "All ISDN channels are taken, so no call is possible.") \
    HIDDEN(ERROR_TOO_MANY_LINE_ERRORS, 715, "The telephone line is so poor that there are too many transmission errors.") \
    X(ERROR_IP_CONFIGURATION, 716, "The IP settings for remote access do not work.") \
    X(ERROR_NO_IP_ADDRESSES, 717, "The server's static pool for remote access has no free IP address left.") \
    X(ERROR_PPP_TIMEOUT, 718, "The PPP negotiation stops because an answer does not arrive in time.") \
    HIDDEN(ERROR_PPP_REMOTE_TERMINATED, 719, "The remote computer has ended the PPP session.") \
    X(ERROR_PPP_NO_PROTOCOLS_CONFIGURED, 720, "PPP agrees on no network protocol, often because WAN Miniport bindings are damaged.") \
    X(ERROR_PPP_NO_RESPONSE, 721, "The PPP peer at the other end does not answer.") \
    X(ERROR_PPP_INVALID_PACKET, 722, "A PPP packet is malformed.") \
    X(ERROR_PHONE_NUMBER_TOO_LONG, 723, "The telephone number is too long with its prefix and suffix.") \
    HIDDEN(ERROR_IPXCP_NO_DIALOUT_CONFIGURED, 724, "This computer is an IPX router, so IPX cannot dial out from it.") \
    HIDDEN(ERROR_IPXCP_NO_DIALIN_CONFIGURED, 725, "The IPX router is not installed, so IPX cannot be used for incoming calls.") \
    X(ERROR_IPXCP_DIALOUT_ALREADY_ACTIVE, 726, "IPX is already in use on another outgoing port, and only one is allowed.") \
    HIDDEN(ERROR_ACCESSING_TCPCFGDLL, 727, "The library TCPCFG.DLL is inaccessible.") \
    X(ERROR_NO_IP_RAS_ADAPTER, 728, "No IP adapter is bound to remote access.") \
    X(ERROR_SLIP_REQUIRES_IP, 729, "SLIP needs the IP protocol, which is not installed.") \
    HIDDEN(ERROR_PROJECTION_NOT_COMPLETE, 730, "The network protocols of this connection are still being negotiated.") \
    X(ERROR_PROTOCOL_NOT_CONFIGURED, 731, "This network protocol is not negotiated for the connection.") \
    X(ERROR_PPP_NOT_CONVERGING, 732, "The two PPP peers do not come to agree on common settings.") \
    X(ERROR_PPP_CP_REJECTED, 733, "The server does not offer the PPP control protocol for this network protocol.") \
    X(ERROR_PPP_LCP_TERMINATED, 734, "The PPP link control protocol (LCP) has ended the link.") \
    X(ERROR_PPP_REQUIRED_ADDRESS_REJECTED, 735, "The server does not grant the network address that this computer asks for.") \
    X(ERROR_PPP_NCP_TERMINATED, 736, "The remote computer has ended the PPP network control protocol.") \
    X(ERROR_PPP_LOOPBACK_DETECTED, 737, "The link loops back, so this computer receives its own data.") \
    X(ERROR_PPP_NO_ADDRESS_ASSIGNED, 738, "The server gives this computer no network address.") \
    X(ERROR_CANNOT_USE_LOGON_CREDENTIALS, 739, "The server needs a protocol that cannot use the stored Windows logon password.") \
    X(ERROR_TAPI_CONFIGURATION, 740, "The TAPI devices for remote access are wrongly installed or do not start.") \
    X(ERROR_NO_LOCAL_ENCRYPTION, 741, "Encryption is required but this computer does not support it.") \
    X(ERROR_NO_REMOTE_ENCRYPTION, 742, "Encryption is required but the remote server does not support it.") \
    HIDDEN(ERROR_REMOTE_REQUIRES_ENCRYPTION, 743, "The remote server insists on encryption, which this connection does not use.") \
    HIDDEN(ERROR_IPXCP_NET_NUMBER_CONFLICT, 744, "The IPX network number from the remote computer conflicts here; see the event log.") \
    HIDDEN(ERROR_INVALID_SMM, 745, "The RAS session management module (SMM) is unusable.") \
    HIDDEN(ERROR_SMM_UNINITIALIZED, 746, "The RAS session management module (SMM) is not started yet.") \
    HIDDEN(ERROR_NO_MAC_FOR_PORT, 747, "This port has no media access control (MAC) driver.") \
    HIDDEN(ERROR_SMM_TIMEOUT, 748, "The RAS session management module (SMM) does not answer in time.") \
    X(ERROR_BAD_PHONE_NUMBER, 749, "The telephone number or address to dial is unusable.") \
    HIDDEN(ERROR_WRONG_MODULE, 750, "The session management module (SMM) named is the wrong one.") \
    HIDDEN(ERROR_INVALID_CALLBACK_NUMBER, 751, "The callback number has a character other than digits, T, P, W, @, hyphen, parentheses and space.") \
    X(ERROR_SCRIPT_SYNTAX, 752, "The logon script of the connection has a syntax error.") \
    X(ERROR_HANGUP_FAILED, 753, "The connection belongs to the routing service, so it cannot be hung up this way.") \
    X(ERROR_BUNDLE_NOT_FOUND, 754, "The multilink bundle does not exist.") \
    X(ERROR_CANNOT_DO_CUSTOMDIAL, 755, "The entry uses a custom dialer, so it cannot be dialed automatically.") \
    X(ERROR_DIAL_ALREADY_IN_PROGRESS, 756, "This connection is being dialed at this moment.") \
    X(ERROR_RASAUTO_CANNOT_INITIALIZE, 757, "The Remote Access Auto Connection Manager service (RasAuto) does not start; see the event log.") \
    HIDDEN(ERROR_CONNECTION_ALREADY_SHARED, 758, "Internet Connection Sharing is already on for this connection.") \
    HIDDEN(ERROR_SHARING_CHANGE_FAILED, 759, "Changing the Internet Connection Sharing settings fails.") \
    HIDDEN(ERROR_SHARING_ROUTER_INSTALL, 760, "Turning on routing for Internet Connection Sharing fails.") \
    HIDDEN(ERROR_SHARE_CONNECTION_FAILED, 761, "Turning on Internet Connection Sharing for this connection fails.") \
    HIDDEN(ERROR_SHARING_PRIVATE_INSTALL, 762, "Setting up the local network for Internet Connection Sharing fails.") \
    HIDDEN(ERROR_CANNOT_SHARE_CONNECTION, 763, "Sharing is impossible because there is more than one other LAN connection.") \
    X(ERROR_NO_SMART_CARD_READER, 764, "This computer has no smart card reader.") \
    X(ERROR_SHARING_ADDRESS_EXISTS, 765, "Sharing is impossible because a LAN adapter already has the IP address that sharing uses.") \
    X(ERROR_NO_CERTIFICATE, 766, "No suitable certificate is found; L2TP over IPsec needs one issued to this computer.") \
    X(ERROR_SHARING_MULTIPLE_ADDRESSES, 767, "Sharing is impossible because the private LAN adapter has several IP addresses.") \
    X(ERROR_FAILED_TO_ENCRYPT, 768, "Data encryption fails, so there is no connection.") \
    X(ERROR_BAD_ADDRESS_SPECIFIED, 769, "There is no way to reach the destination address.") \
    X(ERROR_CONNECTION_REJECT, 770, "The remote computer turns the call down.") \
    X(ERROR_CONGESTION, 771, "The network is too busy to carry the call.") \
    X(ERROR_INCOMPATIBLE, 772, "The remote network hardware does not support this kind of call.") \
    X(ERROR_NUMBERCHANGED, 773, "The number dialed has been replaced by another.") \
    X(ERROR_TEMPFAILURE, 774, "A passing fault prevents the connection, so another attempt may work.") \
    X(ERROR_BLOCKED, 775, "The remote computer blocks this call.") \
    X(ERROR_DONOTDISTURB, 776, "The remote computer has Do Not Disturb switched on.") \
    X(ERROR_OUTOFORDER, 777, "The modem or other device at the remote end is out of service.") \
    X(ERROR_UNABLE_TO_AUTHENTICATE_SERVER, 778, "The server does not prove its identity.") \
    HIDDEN(ERROR_SMART_CARD_REQUIRED, 779, "This connection needs a smart card to dial out.") \
    X(ERROR_INVALID_FUNCTION_FOR_ENTRY, 780, "This function does not apply to this kind of entry.") \
    HIDDEN(ERROR_CERT_FOR_ENCRYPTION_NOT_FOUND, 781, "No usable certificate for encryption is found.") \
    X(ERROR_SHARING_RRAS_CONFLICT, 782, "Routing and Remote Access already does NAT, so Internet Connection Sharing cannot be turned on.") \
    X(ERROR_SHARING_NO_PRIVATE_LAN, 783, "Sharing is impossible because the private LAN adapter is missing or unplugged.") \
    X(ERROR_NO_DIFF_USER_AT_LOGON, 784, "Before logon this connection must use the user name of the smart card, and it uses another.") \
    X(ERROR_NO_REG_CERT_AT_LOGON, 785, "Before logon this connection must use a smart card, and it is not set to.") \
    X(ERROR_OAKLEY_NO_CERT, 786, "L2TP fails because this computer has no valid machine certificate.") \
    X(ERROR_OAKLEY_AUTH_FAIL, 787, "L2TP fails because IPsec cannot authenticate the remote computer.") \
    X(ERROR_OAKLEY_ATTRIB_FAIL, 788, "L2TP fails because the two sides have no IPsec settings in common.") \
    X(ERROR_OAKLEY_GENERAL_PROCESSING, 789, "L2TP fails in the first IPsec exchange, often over a pre-shared key, a certificate or NAT.") \
    X(ERROR_OAKLEY_NO_PEER_CERT, 790, "L2TP fails because the certificate of the remote computer does not verify.") \
    X(ERROR_OAKLEY_NO_POLICY, 791, "L2TP fails because there is no IPsec policy for the connection.") \
    X(ERROR_OAKLEY_TIMED_OUT, 792, "L2TP fails because the IPsec negotiation takes too long.") \
    X(ERROR_OAKLEY_ERROR, 793, "L2TP fails because of an error in the IPsec negotiation.") \
    X(ERROR_UNKNOWN_FRAMED_PROTOCOL, 794, "RADIUS gives this user a Framed-Protocol other than PPP.") \
    X(ERROR_WRONG_TUNNEL_TYPE, 795, "RADIUS gives this user the wrong Tunnel-Type.") \
    X(ERROR_UNKNOWN_SERVICE_TYPE, 796, "RADIUS gives this user a Service-Type other than Framed or Callback Framed.") \
    X(ERROR_CONNECTING_DEVICE_NOT_FOUND, 797, "The modem or connecting device is missing or busy.") \
    X(ERROR_NO_EAPTLS_CERTIFICATE, 798, "There is no certificate that EAP authentication can use.") \
    X(ERROR_SHARING_HOST_ADDRESS_CONFLICT, 799, "Sharing is impossible because another host has the IP address that the sharing host needs.") \
    X(ERROR_AUTOMATIC_VPN_FAILED, 800, "No VPN protocol gets through: the server is unreachable or the security settings do not fit.") \
    X(ERROR_VALIDATING_SERVER_CERT, 801, "The certificate of the access server does not verify, and the entry demands that it does.") \
    X(ERROR_READING_SCARD, 802, "The smart card is not recognised or not properly inserted.") \
    X(ERROR_INVALID_PEAP_COOKIE_CONFIG, 803, "The PEAP settings in the session cookie differ from those of this session.") \
    X(ERROR_INVALID_PEAP_COOKIE_USER, 804, "The PEAP identity in the session cookie differs from the present user.") \
    X(ERROR_INVALID_MSCHAPV2_CONFIG, 805, "This connection uses the credentials of the logged-on user, so it cannot be dialed before logon.") \
    X(ERROR_VPN_GRE_BLOCKED, 806, "The VPN does not complete, most often because a firewall or router blocks GRE (IP protocol 47).") \
    X(ERROR_VPN_DISCONNECT, 807, "The path to the VPN server is broken, perhaps because of delay on the network or a full server.") \
    X(ERROR_VPN_REFUSED, 808, "The VPN server refuses the connection, usually because the settings of both sides differ.") \
    X(ERROR_VPN_TIMEOUT, 809, "The VPN server does not answer, perhaps because a firewall, NAT or router blocks the VPN.") \
    X(ERROR_VPN_BAD_CERT, 810, "The VPN does not complete, usually because a certificate is wrong or has expired.") \
    X(ERROR_VPN_BAD_PSK, 811, "The VPN server does not answer, usually because the pre-shared keys of both sides differ.") \
    X(ERROR_SERVER_POLICY, 812, "A policy on the server forbids the connection, often over the authentication method.") \
    X(ERROR_BROADBAND_ACTIVE, 813, "A broadband (PPPoE) connection is already up on the same device or port.") \
    X(ERROR_BROADBAND_NO_NIC, 814, "The Ethernet adapter that the broadband (PPPoE) connection needs is not there.") \
    X(ERROR_BROADBAND_TIMEOUT, 815, "The broadband (PPPoE) server does not answer, perhaps because the service name is wrong.") \
    X(ERROR_FEATURE_DEPRECATED, 816, "Remote access has dropped support for this feature or setting.") \
    X(ERROR_CANNOT_DELETE, 817, "A connection that is up cannot be deleted.") \
    HIDDEN(ERROR_RASQEC_RESOURCE_CREATION_FAILED, 818, "The Network Access Protection client cannot create the system resources it needs.") \
    HIDDEN(ERROR_RASQEC_NAPAGENT_NOT_ENABLED, 819, "The Network Access Protection Agent service is disabled or missing.") \
    HIDDEN(ERROR_RASQEC_NAPAGENT_NOT_CONNECTED, 820, "The Network Access Protection client cannot register with its agent service.") \
    HIDDEN(ERROR_RASQEC_CONN_DOESNOTEXIST, 821, "The Network Access Protection client knows no such remote access connection.") \
    HIDDEN(ERROR_RASQEC_TIMEOUT, 822, "The Network Access Protection client does not answer.") \
    X(ERROR_PEAP_CRYPTOBINDING_INVALID, 823, "The PEAP crypto-binding data from the other side is wrong.") \
    X(ERROR_PEAP_CRYPTOBINDING_NOTRECEIVED, 824, "The other side sends no PEAP crypto-binding data.") \
    X(ERROR_INVALID_VPNSTRATEGY, 825, "PPTP does not work over IPv6, so the entry needs another VPN type.") \
    X(ERROR_EAPTLS_CACHE_CREDENTIALS_INVALID, 826, "The cached EAP-TLS credentials no longer work and need to be discarded.") \
    X(ERROR_IPSEC_SERVICE_STOPPED, 827, "The IKE/AuthIP keying service or the Base Filtering Engine, which L2TP/IPsec needs, is not running.") \
    X(ERROR_IDLE_TIMEOUT, 828, "The connection has been idle for too long and is closed.") \
    X(ERROR_LINK_FAILURE, 829, "The link under the connection has failed, so the connection is gone.") \
    X(ERROR_USER_LOGOFF, 830, "The connection is closed because its user has logged off.") \
    X(ERROR_FAST_USER_SWITCH, 831, "The connection is closed because of a switch to another user.") \
    X(ERROR_HIBERNATION, 832, "The connection is closed because the computer goes into hibernation.") \
    X(ERROR_SYSTEM_SUSPENDED, 833, "The connection is closed because the computer goes to sleep.") \
    X(ERROR_RASMAN_SERVICE_STOPPED, 834, "The connection is closed because the Remote Access Connection Manager (RasMan) has stopped.") \
    X(ERROR_INVALID_SERVER_CERT, 835, "The L2TP server's certificate does not prove that it is the server that this connection names.") \
    X(ERROR_NOT_NAP_CAPABLE, 836, "This computer cannot take part in Network Access Protection.") \
    X(ERROR_INVALID_TUNNELID, 837, "The tunnel ID does not refer to a tunnel.") \
    X(ERROR_UPDATECONNECTION_REQUEST_IN_PROCESS, 838, "An update of the connection is already running, and only one is allowed at a time.") \
    X(ERROR_PROTOCOL_ENGINE_DISABLED, 839, "The VPN protocol set for this connection is disabled, so another has to be chosen.") \
    X(ERROR_INTERNAL_ADDRESS_FAILURE, 840, "The two sides do not agree on an internal IP address for this computer.") \
    X(ERROR_FAILED_CP_REQUIRED, 841, "The server demands that this computer request an internal IPv4 or IPv6 address.") \
    X(ERROR_TS_UNACCEPTABLE, 842, "The two sides do not agree on the traffic selectors of the tunnel.") \
    X(ERROR_MOBIKE_DISABLED, 843, "This connection does not allow mobility (MOBIKE).") \
    X(ERROR_CANNOT_INITIATE_MOBIKE_UPDATE, 844, "A mobility (MOBIKE) update is only possible while the connection is fully up.") \
    X(ERROR_PEAP_SERVER_REJECTED_CLIENT_TLV, 845, "The server turns down the PEAP login because of an unexpected or differing TLV.") \
    X(ERROR_INVALID_PREFERENCES, 846, "The preferred VPN destination is not chosen or no longer valid.") \
    X(ERROR_EAPTLS_SCARD_CACHE_CREDENTIALS_INVALID, 847, "The cached smart card credentials no longer work.") \
    X(ERROR_SSTP_COOKIE_SET_FAILURE, 848, "SSTP fails to store its cookies; see the System event log.") \
    X(ERROR_INVALID_PEAP_COOKIE_ATTRIBUTES, 849, "The attributes of the PEAP inner method in the session cookie are wrong.") \
    X(ERROR_EAP_METHOD_NOT_INSTALLED, 850, "The EAP method that this connection needs is not installed here.") \
    X(ERROR_EAP_METHOD_DOES_NOT_SUPPORT_SSO, 851, "The EAP method of this connection has no single sign-on.") \
    X(ERROR_EAP_METHOD_OPERATION_NOT_SUPPORTED, 852, "The EAP method of this connection does not offer this operation.") \
    X(ERROR_EAP_USER_CERT_INVALID, 853, "Authentication fails because the client certificate is not valid.") \
    X(ERROR_EAP_USER_CERT_EXPIRED, 854, "Authentication fails because the client certificate has expired.") \
    X(ERROR_EAP_USER_CERT_REVOKED, 855, "Authentication fails because the client certificate has been revoked.") \
    X(ERROR_EAP_USER_CERT_OTHER_ERROR, 856, "Authentication fails because of some other fault in the client certificate.") \
    X(ERROR_EAP_SERVER_CERT_INVALID, 857, "Authentication fails because the server certificate is not valid.") \
    X(ERROR_EAP_SERVER_CERT_EXPIRED, 858, "Authentication fails because the server certificate has expired.") \
    X(ERROR_EAP_SERVER_CERT_REVOKED, 859, "Authentication fails because the server certificate has been revoked.") \
    X(ERROR_EAP_SERVER_CERT_OTHER_ERROR, 860, "Authentication fails because of some other fault in the server certificate.") \
    X(ERROR_EAP_USER_ROOT_CERT_NOT_FOUND, 861, "Authentication fails because the root of the client certificate is not among the trusted roots.") \
    X(ERROR_EAP_USER_ROOT_CERT_INVALID, 862, "Authentication fails because the root of the client certificate is not valid.") \
    X(ERROR_EAP_USER_ROOT_CERT_EXPIRED, 863, "Authentication fails because the root of the client certificate has expired.") \
    X(ERROR_EAP_SERVER_ROOT_CERT_NOT_FOUND, 864, "Authentication fails because the root of the server certificate is not among the trusted roots.") \
    X(ERROR_EAP_SERVER_ROOT_CERT_INVALID, 865, "Authentication fails because the root of the server certificate is not valid.") \
    X(ERROR_EAP_SERVER_ROOT_CERT_NAME_REQUIRED, 866, "Authentication fails because the server certificate holds no server name.") \
    X(ERROR_PEAP_IDENTITY_MISMATCH, 867, "The outer and inner PEAP identities differ although identity privacy is off.") \
    X(ERROR_DNSNAME_NOT_RESOLVABLE, 868, "DNS does not resolve the name of the remote access server.") \
    X(ERROR_EAPTLS_PASSWD_INVALID, 869, "The password for the certificate is wrong.") \
    X(ERROR_IKEV2_PSK_INTERFACE_ALREADY_EXISTS, 870, "Another IKEv2 interface with a pre-shared key already uses the same destination.") \
    X(ERROR_INVALID_DESTINATION_IP, 871, "The destination IP address is not valid.") \
    X(ERROR_INVALID_INTERFACE_CONFIG, 872, "The configuration of the interface is not valid.") \
    X(ERROR_VPN_PLUGIN_GENERIC, 873, "The VPN plug-in reports an unspecified error.") \
    X(ERROR_SSO_CERT_MISSING, 874, "The certificate for single sign-on is missing.") \
    X(ERROR_DEVICE_COMPLIANCE, 875, "The device does not meet the compliance rules that this connection demands.") \
    X(ERROR_PLUGIN_NOT_INSTALLED, 876, "The VPN plug-in that this connection needs is not installed.") \
    X(ERROR_ACTION_REQUIRED, 877, "The connection waits for some action by the user.") \
    X(ERROR_WINHTTP_AUTO_PROXY_SERVICE, 878, "The WinHTTP Web Proxy Auto-Discovery service, which is needed here, is unavailable.")

/* The Win32 codes that RAS functions also return. */
#define WIN32_ERRORS(X) \
    X(ERROR_INVALID_FUNCTION, 1, "The function is not valid here or not available.") \
    X(ERROR_FILE_NOT_FOUND, 2, "The file does not exist.") \
    X(ERROR_ACCESS_DENIED, 5, "The caller lacks the rights for this operation.") \
    X(ERROR_INVALID_HANDLE, 6, "The handle does not refer to anything that is open, for example to a live connection.") \
    X(ERROR_NOT_ENOUGH_MEMORY, 8, "There is too little memory for this call.") \
    X(ERROR_INVALID_DATA, 13, "The data is not what was expected.") \
    X(ERROR_OUTOFMEMORY, 14, "Windows has run out of memory for this operation.") \
    X(ERROR_NOT_SUPPORTED, 50, "This Windows does not support the request.") \
    X(ERROR_NETNAME_DELETED, 64, "The network connection is gone while it is in use.") \
    X(ERROR_INVALID_PARAMETER, 87, "One of the arguments of the call is wrong.") \
    X(ERROR_BROKEN_PIPE, 109, "The other side of the pipe has closed it.") \
    X(ERROR_CALL_NOT_IMPLEMENTED, 120, "This system does not implement the function.") \
    X(ERROR_INSUFFICIENT_BUFFER, 122, "The data does not fit into the buffer passed in.") \
    X(ERROR_INVALID_NAME, 123, "The name is not allowed, or nothing has it.") \
    X(ERROR_MOD_NOT_FOUND, 126, "A DLL, or one that it depends on, is missing.") \
    X(ERROR_PROC_NOT_FOUND, 127, "The DLL does not export the function.") \
    X(ERROR_BUSY, 170, "What is needed is in use.") \
    X(ERROR_ALREADY_EXISTS, 183, "There is something of that name already.") \
    X(ERROR_NO_MORE_ITEMS, 259, "The list has no entry beyond this point.") \
    X(ERROR_OPERATION_ABORTED, 995, "The operation is broken off because it was stopped.") \
    X(ERROR_SERVICE_REQUEST_TIMEOUT, 1053, "The Windows service does not start in time.") \
    X(ERROR_SERVICE_ALREADY_RUNNING, 1056, "The Windows service is running already.") \
    X(ERROR_SERVICE_DISABLED, 1058, "The Windows service that is needed is disabled.") \
    X(ERROR_SERVICE_NOT_ACTIVE, 1062, "The Windows service that is needed is not running.") \
    X(ERROR_POSSIBLE_DEADLOCK, 1131, "Waiting here might never end, so Windows refuses the call.") \
    X(ERROR_NOT_FOUND, 1168, "The item asked for does not exist.") \
    X(ERROR_CANCELLED, 1223, "The user has cancelled the operation.") \
    X(ERROR_CONNECTION_REFUSED, 1225, "The remote computer refuses the network connection.") \
    X(ERROR_NETWORK_UNREACHABLE, 1231, "There is no way to reach the network of the remote computer.") \
    X(ERROR_HOST_UNREACHABLE, 1232, "There is no way to reach the remote computer.") \
    X(ERROR_CONNECTION_ABORTED, 1236, "This computer has broken off the network connection.") \
    X(ERROR_REVISION_MISMATCH, 1306, "The two sides are of different versions.") \
    X(ERROR_NO_SYSTEM_RESOURCES, 1450, "Windows is short of system resources for this call.") \
    X(ERROR_TIMEOUT, 1460, "The operation does not end within its time limit.") \
    X(RPC_S_UNKNOWN_IF, 1717, "The service does not offer this RPC interface, perhaps because it is still starting.") \
    X(RPC_S_SERVER_UNAVAILABLE, 1722, "The service behind this call cannot be reached, perhaps because it is not running.") \
    X(RPC_S_CALL_FAILED, 1726, "The call to the service has broken off and may or may not have taken effect.") \
    X(RPC_S_CALL_FAILED_DNE, 1727, "The call to the service has failed and has not taken effect.") \
    X(ERROR_INVALID_USER_BUFFER, 1784, "The buffer passed in is not as the call needs it.")

/* IKE's, with which a dial over IKEv2 or L2TP may end. */
#define IPSEC_ERRORS(X) \
    X(ERROR_IPSEC_IKE_NEG_STATUS_BEGIN, 13800, "The number before the first error of IKE, which is no error itself.") \
    X(ERROR_IPSEC_IKE_AUTH_FAIL, 13801, "IKE does not accept the authentication credentials, such as a certificate or its purposes.") \
    X(ERROR_IPSEC_IKE_ATTRIB_FAIL, 13802, "The attributes of the IKE security association are not acceptable.") \
    X(ERROR_IPSEC_IKE_NEGOTIATION_PENDING, 13803, "The IKE negotiation is still going on.") \
    X(ERROR_IPSEC_IKE_GENERAL_PROCESSING_ERROR, 13804, "IKE meets a general error in its processing.") \
    X(ERROR_IPSEC_IKE_TIMED_OUT, 13805, "IKE has had no answer from the server in time.") \
    X(ERROR_IPSEC_IKE_NO_CERT, 13806, "IKE finds no valid machine certificate on this computer.") \
    X(ERROR_IPSEC_IKE_SA_DELETED, 13807, "The other side has deleted the IKE security association before it was established.") \
    X(ERROR_IPSEC_IKE_SA_REAPED, 13808, "The IKE security association is cleared away before it was established.") \
    X(ERROR_IPSEC_IKE_MM_ACQUIRE_DROP, 13809, "A main mode negotiation has waited in the queue for too long.") \
    X(ERROR_IPSEC_IKE_QM_ACQUIRE_DROP, 13810, "A quick mode negotiation has waited in the queue for too long.") \
    X(ERROR_IPSEC_IKE_QUEUE_DROP_MM, 13811, "A queued negotiation with a main mode has waited for too long.") \
    X(ERROR_IPSEC_IKE_QUEUE_DROP_NO_MM, 13812, "A queued negotiation without a main mode has waited for too long.") \
    X(ERROR_IPSEC_IKE_DROP_NO_RESPONSE, 13813, "The server does not answer IKE.") \
    X(ERROR_IPSEC_IKE_MM_DELAY_DROP, 13814, "The main mode negotiation takes too long.") \
    X(ERROR_IPSEC_IKE_QM_DELAY_DROP, 13815, "The quick mode negotiation takes too long.") \
    X(ERROR_IPSEC_IKE_ERROR, 13816, "IKE reports a failure that it has no code for.") \
    X(ERROR_IPSEC_IKE_CRL_FAILED, 13817, "The check whether the certificate has been revoked fails.") \
    X(ERROR_IPSEC_IKE_INVALID_KEY_USAGE, 13818, "The key usage of the certificate does not permit IKE.") \
    X(ERROR_IPSEC_IKE_INVALID_CERT_TYPE, 13819, "The certificate is of a type that IKE cannot use.") \
    X(ERROR_IPSEC_IKE_NO_PRIVATE_KEY, 13820, "The machine certificate that IKE uses has no private key.") \
    X(ERROR_IPSEC_IKE_SIMULTANEOUS_REKEY, 13821, "Both sides renew the keys at the same time.") \
    X(ERROR_IPSEC_IKE_DH_FAIL, 13822, "The Diffie-Hellman computation fails.") \
    X(ERROR_IPSEC_IKE_CRITICAL_PAYLOAD_NOT_RECOGNIZED, 13823, "A message has a critical payload that IKE does not know.") \
    X(ERROR_IPSEC_IKE_INVALID_HEADER, 13824, "The header of an IKE message is wrong.") \
    X(ERROR_IPSEC_IKE_NO_POLICY, 13825, "No IPsec policy is configured.") \
    X(ERROR_IPSEC_IKE_INVALID_SIGNATURE, 13826, "A signature in the IKE exchange does not verify.") \
    X(ERROR_IPSEC_IKE_KERBEROS_ERROR, 13827, "Authentication by Kerberos fails.") \
    X(ERROR_IPSEC_IKE_NO_PUBLIC_KEY, 13828, "The certificate of the other side has no public key.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR, 13829, "IKE cannot process the error payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_SA, 13830, "IKE cannot process the security association payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_PROP, 13831, "IKE cannot process the proposal payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_TRANS, 13832, "IKE cannot process the transform payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_KE, 13833, "IKE cannot process the key exchange payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_ID, 13834, "IKE cannot process the identification payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_CERT, 13835, "IKE cannot process the certificate payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_CERT_REQ, 13836, "IKE cannot process the certificate request payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_HASH, 13837, "IKE cannot process the hash payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_SIG, 13838, "IKE cannot process the signature payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_NONCE, 13839, "IKE cannot process the nonce payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_NOTIFY, 13840, "IKE cannot process the notify payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_DELETE, 13841, "IKE cannot process the delete payload.") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_VENDOR, 13842, "IKE cannot process the vendor ID payload.") \
    X(ERROR_IPSEC_IKE_INVALID_PAYLOAD, 13843, "IKE receives a payload that is not valid.") \
    X(ERROR_IPSEC_IKE_LOAD_SOFT_SA, 13844, "A security association without protection (soft SA) is loaded.") \
    X(ERROR_IPSEC_IKE_SOFT_SA_TORN_DOWN, 13845, "A security association without protection (soft SA) is taken down.") \
    X(ERROR_IPSEC_IKE_INVALID_COOKIE, 13846, "IKE receives a cookie that is not valid.") \
    X(ERROR_IPSEC_IKE_NO_PEER_CERT, 13847, "The other side sends no valid machine certificate.") \
    X(ERROR_IPSEC_IKE_PEER_CRL_FAILED, 13848, "The check whether the other side's certificate has been revoked fails.") \
    X(ERROR_IPSEC_IKE_POLICY_CHANGE, 13849, "A new IPsec policy ends what was negotiated under the old one.") \
    X(ERROR_IPSEC_IKE_NO_MM_POLICY, 13850, "There is no main mode policy for IKE.") \
    X(ERROR_IPSEC_IKE_NOTCBPRIV, 13851, "IKE cannot enable the TCB privilege that it needs.") \
    X(ERROR_IPSEC_IKE_SECLOADFAIL, 13852, "SECURITY.DLL does not load.") \
    X(ERROR_IPSEC_IKE_FAILSSPINIT, 13853, "IKE cannot get the function table of SSPI.") \
    X(ERROR_IPSEC_IKE_FAILQUERYSSP, 13854, "The Kerberos package does not tell its largest token size.") \
    X(ERROR_IPSEC_IKE_SRVACQFAIL, 13855, "IKE cannot get Kerberos credentials, as on a computer that is in no domain.") \
    X(ERROR_IPSEC_IKE_SRVQUERYCRED, 13856, "IKE cannot find its own SSPI principal name.") \
    X(ERROR_IPSEC_IKE_GETSPIFAIL, 13857, "The IPsec driver gives no new SPI for incoming traffic, most often for want of the right filter.") \
    X(ERROR_IPSEC_IKE_INVALID_FILTER, 13858, "The IPsec filter is not valid.") \
    X(ERROR_IPSEC_IKE_OUT_OF_MEMORY, 13859, "IKE cannot get the memory it needs.") \
    X(ERROR_IPSEC_IKE_ADD_UPDATE_KEY_FAILED, 13860, "The IPsec driver does not take the security association, most often because the negotiation took too long.") \
    X(ERROR_IPSEC_IKE_INVALID_POLICY, 13861, "The IPsec policy is not valid.") \
    X(ERROR_IPSEC_IKE_UNKNOWN_DOI, 13862, "The domain of interpretation (DOI) in the message is not valid.") \
    X(ERROR_IPSEC_IKE_INVALID_SITUATION, 13863, "The situation field in the message is not valid.") \
    X(ERROR_IPSEC_IKE_DH_FAILURE, 13864, "The Diffie-Hellman exchange fails.") \
    X(ERROR_IPSEC_IKE_INVALID_GROUP, 13865, "The Diffie-Hellman group is not valid.") \
    X(ERROR_IPSEC_IKE_ENCRYPT, 13866, "IKE cannot encrypt a payload.") \
    X(ERROR_IPSEC_IKE_DECRYPT, 13867, "IKE cannot decrypt a payload.") \
    X(ERROR_IPSEC_IKE_POLICY_MATCH, 13868, "The server accepts none of the IKE encryption and key settings that this computer offers.") \
    X(ERROR_IPSEC_IKE_UNSUPPORTED_ID, 13869, "IKE does not support an identity of this kind.") \
    X(ERROR_IPSEC_IKE_INVALID_HASH, 13870, "A hash in the IKE exchange does not verify.") \
    X(ERROR_IPSEC_IKE_INVALID_HASH_ALG, 13871, "The hash algorithm is not valid.") \
    X(ERROR_IPSEC_IKE_INVALID_HASH_SIZE, 13872, "The size of a hash is not valid.") \
    X(ERROR_IPSEC_IKE_INVALID_ENCRYPT_ALG, 13873, "The encryption algorithm is not valid.") \
    X(ERROR_IPSEC_IKE_INVALID_AUTH_ALG, 13874, "IKE does not accept the authentication algorithm of the other side.") \
    X(ERROR_IPSEC_IKE_INVALID_SIG, 13875, "The signature of a certificate is not valid.") \
    X(ERROR_IPSEC_IKE_LOAD_FAILED, 13876, "Loading fails in IKE.") \
    X(ERROR_IPSEC_IKE_RPC_DELETE, 13877, "The security association is deleted by a remote procedure call.") \
    X(ERROR_IPSEC_IKE_BENIGN_REINIT, 13878, "IKE starts anew for a moment, which is no failure.") \
    X(ERROR_IPSEC_IKE_INVALID_RESPONDER_LIFETIME_NOTIFY, 13879, "The lifetime that the other side asks for is below the smallest that is configured here.") \
    X(ERROR_IPSEC_IKE_INVALID_MAJOR_VERSION, 13880, "The other side does not know the version of IKE in the header.") \
    X(ERROR_IPSEC_IKE_INVALID_CERT_KEYLEN, 13881, "The key in the certificate is shorter than the security settings demand.") \
    X(ERROR_IPSEC_IKE_MM_LIMIT, 13882, "There are too many main mode associations with the other side.") \
    X(ERROR_IPSEC_IKE_NEGOTIATION_DISABLED, 13883, "The IPsec policy forbids any negotiation.") \
    X(ERROR_IPSEC_IKE_QM_LIMIT, 13884, "The main mode has reached its limit of quick modes, so a new one begins.") \
    X(ERROR_IPSEC_IKE_MM_EXPIRED, 13885, "The main mode has reached its end, or the other side has deleted it.") \
    X(ERROR_IPSEC_IKE_PEER_MM_ASSUMED_INVALID, 13886, "The other side has stopped answering, so its main mode counts as ended.") \
    X(ERROR_IPSEC_IKE_CERT_CHAIN_POLICY_MISMATCH, 13887, "The certificate leads to no root that the IPsec policy trusts.") \
    X(ERROR_IPSEC_IKE_UNEXPECTED_MESSAGE_ID, 13888, "IKE receives a message ID that it does not expect.") \
    X(ERROR_IPSEC_IKE_INVALID_AUTH_PAYLOAD, 13889, "The authentication offers of the other side are not valid.") \
    X(ERROR_IPSEC_IKE_DOS_COOKIE_SENT, 13890, "IKE has sent a cookie to guard against a flood of requests.") \
    X(ERROR_IPSEC_IKE_SHUTTING_DOWN, 13891, "The IKE service is stopping.") \
    X(ERROR_IPSEC_IKE_CGA_AUTH_FAILED, 13892, "The certificate does not prove the cryptographically generated address (CGA).") \
    X(ERROR_IPSEC_IKE_PROCESS_ERR_NATOA, 13893, "IKE cannot process the payload with the original address behind NAT.") \
    X(ERROR_IPSEC_IKE_INVALID_MM_FOR_QM, 13894, "The main mode does not suit this quick mode.") \
    X(ERROR_IPSEC_IKE_QM_EXPIRED, 13895, "The IPsec driver has ended the quick mode, whose time is over.") \
    X(ERROR_IPSEC_IKE_TOO_MANY_FILTERS, 13896, "There are too many IKE filters that were added at run time.") \
    X(ERROR_IPSEC_IKE_NEG_STATUS_END, 13897, "The number that once ended IKE's errors, which is no error itself.") \
    X(ERROR_IPSEC_IKE_KILL_DUMMY_NAP_TUNNEL, 13898, "Network Access Protection has succeeded, so its provisional IKEv2 tunnel must go.") \
    X(ERROR_IPSEC_IKE_INNER_IP_ASSIGNMENT_FAILURE, 13899, "The server fails to assign this computer an inner IP address.") \
    X(ERROR_IPSEC_IKE_REQUIRE_CP_PAYLOAD_MISSING, 13900, "The configuration payload that is needed is missing.") \
    X(ERROR_IPSEC_KEY_MODULE_IMPERSONATION_NEGOTIATION_PENDING, 13901, "A negotiation on behalf of the connection's user is still going on.") \
    X(ERROR_IPSEC_IKE_COEXISTENCE_SUPPRESS, 13902, "The security association is deleted because IKEv1 and AuthIP would both serve the connection.") \
    X(ERROR_IPSEC_IKE_RATELIMIT_DROP, 13903, "A request is dropped because too many come from its IP address.") \
    X(ERROR_IPSEC_IKE_PEER_DOESNT_SUPPORT_MOBIKE, 13904, "The other side does not support mobility (MOBIKE).") \
    X(ERROR_IPSEC_IKE_AUTHORIZATION_FAILURE, 13905, "The security association is not authorized.") \
    X(ERROR_IPSEC_IKE_STRONG_CRED_AUTHORIZATION_FAILURE, 13906, "The security association is not authorized for want of a strong enough PKINIT credential.") \
    X(ERROR_IPSEC_IKE_AUTHORIZATION_FAILURE_WITH_OPTIONAL_RETRY, 13907, "The security association is not authorized, and other credentials, such as a smart card, may be needed.") \
    X(ERROR_IPSEC_IKE_STRONG_CRED_AUTHORIZATION_AND_CERTMAP_FAILURE, 13908, "The security association is not authorized: the PKINIT credential is too weak, or the certificate belongs to no account.") \
    X(ERROR_IPSEC_IKE_NEG_STATUS_EXTENDED_END, 13909, "The number after the last error of IKE, which is no error itself.")

/* HRESULTs of EAP, TLS and certificates. Their numbers are those of Microsoft's metadata for Windows: MinGW's
 * eaphosterror.h has some with another severity, and the page "EAP Related Error and Information Constants" has
 * 0x80420011 twice. */
#define HRESULTS(X) \
    X(EAP_I_EAPHOST_EAP_NEGOTIATION_FAILED, 0x40420016, "This computer and the server have no EAP method in common.") \
    X(EAP_I_USER_ACCOUNT_OTHER_ERROR, 0x40420110, "EAP fails after the identity was sent, so there is probably a problem with the user's account.") \
    X(E_FAIL, 0x80004005, "A Windows component reports a failure without a reason.") \
    X(SEC_E_INSUFFICIENT_MEMORY, 0x80090300, "There is too little memory for the security package.") \
    X(SEC_E_INVALID_HANDLE, 0x80090301, "The security handle does not refer to anything.") \
    X(SEC_E_UNSUPPORTED_FUNCTION, 0x80090302, "The security package does not offer the function.") \
    X(SEC_E_TARGET_UNKNOWN, 0x80090303, "The target of the authentication is unknown or cannot be reached.") \
    X(SEC_E_INTERNAL_ERROR, 0x80090304, "The Local Security Authority cannot be reached.") \
    X(SEC_E_SECPKG_NOT_FOUND, 0x80090305, "There is no security package of that name.") \
    X(SEC_E_NOT_OWNER, 0x80090306, "The caller does not own the credentials.") \
    X(SEC_E_CANNOT_INSTALL, 0x80090307, "The security package does not start, so it cannot be installed.") \
    X(SEC_E_INVALID_TOKEN, 0x80090308, "A message of the security exchange is malformed.") \
    X(SEC_E_CANNOT_PACK, 0x80090309, "The security package cannot put together the logon data.") \
    X(SEC_E_QOP_NOT_SUPPORTED, 0x8009030A, "The security package does not support this quality of protection.") \
    X(SEC_E_NO_IMPERSONATION, 0x8009030B, "The security context does not permit acting as the client.") \
    X(SEC_E_LOGON_DENIED, 0x8009030C, "The logon is refused.") \
    X(SEC_E_UNKNOWN_CREDENTIALS, 0x8009030D, "The security package does not recognise the credentials.") \
    X(SEC_E_NO_CREDENTIALS, 0x8009030E, "The security package has no credentials.") \
    X(SEC_E_MESSAGE_ALTERED, 0x8009030F, "A message has been altered on its way.") \
    X(SEC_E_OUT_OF_SEQUENCE, 0x80090310, "A message comes out of order.") \
    X(SEC_E_NO_AUTHENTICATING_AUTHORITY, 0x80090311, "No authority, such as a domain controller, can be reached to authenticate.") \
    X(SEC_E_BAD_PKGID, 0x80090316, "There is no security package of that number.") \
    X(SEC_E_CONTEXT_EXPIRED, 0x80090317, "The security context has expired.") \
    X(SEC_E_INCOMPLETE_MESSAGE, 0x80090318, "A message of the security exchange is incomplete.") \
    X(SEC_E_INCOMPLETE_CREDENTIALS, 0x80090320, "The credentials are incomplete, as when a client certificate is missing.") \
    X(SEC_E_BUFFER_TOO_SMALL, 0x80090321, "The buffer passed to the security function has no room for the result.") \
    X(SEC_E_WRONG_PRINCIPAL, 0x80090322, "The server is another than the one asked for.") \
    X(SEC_E_TIME_SKEW, 0x80090324, "The clocks of this computer and the server differ too much.") \
    X(SEC_E_UNTRUSTED_ROOT, 0x80090325, "The certificate leads to no trusted root.") \
    X(SEC_E_ILLEGAL_MESSAGE, 0x80090326, "The other side sends something unexpected or malformed.") \
    X(SEC_E_CERT_UNKNOWN, 0x80090327, "An unknown error occurs while the certificate is processed.") \
    X(SEC_E_CERT_EXPIRED, 0x80090328, "The certificate received has expired.") \
    X(SEC_E_ENCRYPT_FAILURE, 0x80090329, "The data cannot be encrypted.") \
    X(SEC_E_DECRYPT_FAILURE, 0x80090330, "The data cannot be decrypted.") \
    X(SEC_E_ALGORITHM_MISMATCH, 0x80090331, "The two sides have no encryption algorithm in common.") \
    X(SEC_E_SECURITY_QOS_FAILED, 0x80090332, "The security demanded, such as mutual authentication or delegation, is not reached.") \
    X(SEC_E_UNFINISHED_CONTEXT_DELETED, 0x80090333, "A security context is deleted before it is complete.") \
    X(SEC_E_NO_TGT_REPLY, 0x80090334, "The client needs a ticket-granting ticket and gets none.") \
    X(SEC_E_NO_IP_ADDRESSES, 0x80090335, "The Local Security Authority has no IP address that it needs.") \
    X(SEC_E_WRONG_CREDENTIAL_HANDLE, 0x80090336, "The credentials are others than those of the security context.") \
    X(SEC_E_CRYPTO_SYSTEM_INVALID, 0x80090337, "The cryptographic system or checksum function is not valid.") \
    X(SEC_E_MAX_REFERRALS_EXCEEDED, 0x80090338, "The logon is referred on too many times.") \
    X(SEC_E_MUST_BE_KDC, 0x80090339, "The computer must be a Kerberos domain controller and is not.") \
    X(SEC_E_STRONG_CRYPTO_NOT_SUPPORTED, 0x8009033A, "The other side does not support encryption of the strength demanded.") \
    X(SEC_E_TOO_MANY_PRINCIPALS, 0x8009033B, "The reply names too many principals.") \
    X(SEC_E_NO_PA_DATA, 0x8009033C, "Kerberos preauthentication data that was expected is missing.") \
    X(SEC_E_PKINIT_NAME_MISMATCH, 0x8009033D, "The client certificate does not hold a valid user name, or not the right one.") \
    X(SEC_E_SMARTCARD_LOGON_REQUIRED, 0x8009033E, "The logon needs a smart card.") \
    X(SEC_E_SHUTDOWN_IN_PROGRESS, 0x8009033F, "The system is shutting down.") \
    X(SEC_E_KDC_INVALID_REQUEST, 0x80090340, "The request to the Kerberos domain controller is not valid.") \
    X(SEC_E_KDC_UNABLE_TO_REFER, 0x80090341, "The Kerberos domain controller cannot refer the request on.") \
    X(SEC_E_KDC_UNKNOWN_ETYPE, 0x80090342, "The Kerberos domain controller does not support the encryption type.") \
    X(SEC_E_UNSUPPORTED_PREAUTH, 0x80090343, "Kerberos does not support this kind of preauthentication.") \
    X(SEC_E_DELEGATION_REQUIRED, 0x80090345, "The operation needs delegation, which the account does not allow.") \
    X(SEC_E_BAD_BINDINGS, 0x80090346, "The channel bindings of the client are wrong.") \
    X(SEC_E_MULTIPLE_ACCOUNTS, 0x80090347, "The certificate belongs to several accounts.") \
    X(SEC_E_NO_KERB_KEY, 0x80090348, "There is no Kerberos key for the logon.") \
    X(SEC_E_CERT_WRONG_USAGE, 0x80090349, "The certificate is not meant for this use.") \
    X(SEC_E_DOWNGRADE_DETECTED, 0x80090350, "The security might have been lowered on purpose, so the logon is refused.") \
    X(SEC_E_SMARTCARD_CERT_REVOKED, 0x80090351, "The certificate on the smart card has been revoked.") \
    X(SEC_E_ISSUING_CA_UNTRUSTED, 0x80090352, "The authority that issued the smart card's certificate is not trusted.") \
    X(SEC_E_REVOCATION_OFFLINE_C, 0x80090353, "Whether the smart card's certificate has been revoked cannot be checked.") \
    X(SEC_E_PKINIT_CLIENT_FAILURE, 0x80090354, "The certificate on the smart card is not trusted.") \
    X(SEC_E_SMARTCARD_CERT_EXPIRED, 0x80090355, "The certificate on the smart card has expired.") \
    X(SEC_E_NO_S4U_PROT_SUPPORT, 0x80090356, "The Kerberos domain controller does not support logons on behalf of a user.") \
    X(SEC_E_CROSSREALM_DELEGATION_FAILURE, 0x80090357, "Delegation across Kerberos realms fails.") \
    X(SEC_E_REVOCATION_OFFLINE_KDC, 0x80090358, "Whether the domain controller's certificate has been revoked cannot be checked.") \
    X(SEC_E_ISSUING_CA_UNTRUSTED_KDC, 0x80090359, "The authority that issued the domain controller's certificate is not trusted.") \
    X(SEC_E_KDC_CERT_EXPIRED, 0x8009035A, "The certificate of the domain controller has expired.") \
    X(SEC_E_KDC_CERT_REVOKED, 0x8009035B, "The certificate of the domain controller has been revoked.") \
    X(SEC_E_INVALID_PARAMETER, 0x8009035D, "One of the arguments of the security function is wrong.") \
    X(SEC_E_DELEGATION_POLICY, 0x8009035E, "A policy forbids passing the credentials to the server.") \
    X(SEC_E_POLICY_NLTM_ONLY, 0x8009035F, "A policy forbids passing the credentials to a server that offers only NTLM.") \
    X(SEC_E_NO_CONTEXT, 0x80090361, "There is no security context.") \
    X(SEC_E_PKU2U_CERT_FAILURE, 0x80090362, "The certificates do not work for PKU2U.") \
    X(SEC_E_MUTUAL_AUTH_FAILED, 0x80090363, "The server does not prove its identity to the security package.") \
    X(SEC_E_ONLY_HTTPS_ALLOWED, 0x80090365, "Only HTTPS is allowed here.") \
    X(SEC_E_APPLICATION_PROTOCOL_MISMATCH, 0x80090367, "The two sides have no application protocol in common.") \
    X(SEC_E_INVALID_UPN_NAME, 0x80090369, "The user principal name is not valid.") \
    X(SEC_E_EXT_BUFFER_TOO_SMALL, 0x8009036A, "The extended buffer of the security function has no room for the result.") \
    X(SEC_E_INSUFFICIENT_BUFFERS, 0x8009036B, "The security function is passed too few buffers.") \
    X(CRYPT_E_REVOKED, 0x80092010, "The certificate has been revoked by its issuer.") \
    X(CRYPT_E_NO_REVOCATION_DLL, 0x80092011, "No library is installed that could check whether the certificate has been revoked.") \
    X(CRYPT_E_NO_REVOCATION_CHECK, 0x80092012, "Whether the certificate has been revoked cannot be checked.") \
    X(CRYPT_E_REVOCATION_OFFLINE, 0x80092013, "The server that tells which certificates have been revoked cannot be reached.") \
    X(CRYPT_E_NOT_IN_REVOCATION_DATABASE, 0x80092014, "The list of revoked certificates does not know the certificate.") \
    X(TRUST_E_SYSTEM_ERROR, 0x80096001, "A system error occurs while trust is verified.") \
    X(TRUST_E_NO_SIGNER_CERT, 0x80096002, "The certificate of the signer is missing or not valid.") \
    X(TRUST_E_COUNTER_SIGNER, 0x80096003, "A countersignature is not valid.") \
    X(TRUST_E_CERT_SIGNATURE, 0x80096004, "The signature of the certificate does not verify.") \
    X(TRUST_E_TIME_STAMP, 0x80096005, "The time stamp of the signature or certificate is malformed or does not verify.") \
    X(TRUST_E_BAD_DIGEST, 0x80096010, "The digital signature does not match what is signed.") \
    X(TRUST_E_BASIC_CONSTRAINTS, 0x80096019, "A certificate is used in a way that its basic constraints forbid.") \
    X(TRUST_E_FINANCIAL_CRITERIA, 0x8009601E, "The certificate does not meet the financial criteria demanded.") \
    X(TRUST_E_PROVIDER_UNKNOWN, 0x800B0001, "The system does not know the trust provider.") \
    X(TRUST_E_ACTION_UNKNOWN, 0x800B0002, "The trust provider does not know the action asked for.") \
    X(TRUST_E_SUBJECT_FORM_UNKNOWN, 0x800B0003, "The trust provider does not know this form of subject.") \
    X(TRUST_E_SUBJECT_NOT_TRUSTED, 0x800B0004, "The subject is not trusted for the action.") \
    X(TRUST_E_NOSIGNATURE, 0x800B0100, "There is no signature.") \
    X(CERT_E_EXPIRED, 0x800B0101, "The certificate has expired or is not valid yet, by the clock of this computer.") \
    X(CERT_E_VALIDITYPERIODNESTING, 0x800B0102, "The validity periods of the certificates in the chain do not nest.") \
    X(CERT_E_ROLE, 0x800B0103, "A certificate that is only for an end entity is used as that of an authority, or the reverse.") \
    X(CERT_E_PATHLENCONST, 0x800B0104, "The chain of certificates is longer than one of them permits.") \
    X(CERT_E_CRITICAL, 0x800B0105, "The certificate has a critical extension that is not known here.") \
    X(CERT_E_PURPOSE, 0x800B0106, "The certificate is used for a purpose that its issuer does not permit.") \
    X(CERT_E_ISSUERCHAINING, 0x800B0107, "The parent of a certificate did not issue it.") \
    X(CERT_E_MALFORMED, 0x800B0108, "A certificate is malformed or lacks an important field.") \
    X(CERT_E_UNTRUSTEDROOT, 0x800B0109, "The chain of certificates ends at a root that is not trusted here.") \
    X(CERT_E_CHAINING, 0x800B010A, "The certificates cannot be chained up to a trusted root.") \
    X(TRUST_E_FAIL, 0x800B010B, "The certificate does not verify for a reason without a code.") \
    X(CERT_E_REVOKED, 0x800B010C, "The issuer has revoked the certificate.") \
    X(CERT_E_UNTRUSTEDTESTROOT, 0x800B010D, "The chain of certificates ends at the test root, which is not trusted here.") \
    X(CERT_E_REVOCATION_FAILURE, 0x800B010E, "The check whether a certificate has been revoked cannot go on.") \
    X(CERT_E_CN_NO_MATCH, 0x800B010F, "The name in the certificate is not the name of the server asked for.") \
    X(CERT_E_WRONG_USAGE, 0x800B0110, "The certificate lacks the purpose that is needed.") \
    X(TRUST_E_EXPLICIT_DISTRUST, 0x800B0111, "The user or administrator has marked the certificate as untrusted.") \
    X(CERT_E_UNTRUSTEDCA, 0x800B0112, "An authority in the chain of certificates is not trusted by the policy.") \
    X(CERT_E_INVALID_POLICY, 0x800B0113, "The certificate has a policy that is not valid.") \
    X(CERT_E_INVALID_NAME, 0x800B0114, "The certificate has a name that is not valid, excluded or not permitted.") \
    X(EAP_E_CERT_STORE_INACCESSIBLE, 0x80420010, "The certificate store cannot be reached.") \
    X(EAP_E_EAPHOST_METHOD_NOT_INSTALLED, 0x80420011, "The EAP method asked for is not installed.") \
    X(EAP_E_EAPHOST_THIRDPARTY_METHOD_HOST_RESET, 0x80420012, "The host of another maker's EAP method did not respond and has been restarted.") \
    X(EAP_E_EAPHOST_EAPQEC_INACCESSIBLE, 0x80420013, "EAPHost cannot reach the quarantine enforcement client of Network Access Protection.") \
    X(EAP_E_EAPHOST_IDENTITY_UNKNOWN, 0x80420014, "The server fails the authentication once it has the identity.") \
    X(EAP_E_AUTHENTICATION_FAILED, 0x80420015, "The EAP authentication fails.") \
    X(EAP_E_EAPHOST_METHOD_INVALID_PACKET, 0x80420017, "The EAP method receives a packet that it cannot process.") \
    X(EAP_E_EAPHOST_REMOTE_INVALID_PACKET, 0x80420018, "EAPHost receives a packet that it cannot process.") \
    X(EAP_E_EAPHOST_XML_MALFORMED, 0x80420019, "The EAP configuration does not match its XML schema.") \
    X(EAP_E_METHOD_CONFIG_DOES_NOT_SUPPORT_SSO, 0x8042001A, "The EAP method offers no single sign-on with this configuration.") \
    X(EAP_E_EAPHOST_METHOD_OPERATION_NOT_SUPPORTED, 0x80420020, "The EAP method does not offer the operation asked for.") \
    X(EAP_E_USER_CERT_NOT_FOUND, 0x80420100, "EAP finds no certificate of the user.") \
    X(EAP_E_USER_CERT_INVALID, 0x80420101, "The certificate of the user lacks the right purposes (extended key usage).") \
    X(EAP_E_USER_CERT_EXPIRED, 0x80420102, "The certificate of the user has expired.") \
    X(EAP_E_USER_CERT_REVOKED, 0x80420103, "The certificate of the user has been revoked.") \
    X(EAP_E_USER_CERT_OTHER_ERROR, 0x80420104, "Something else is wrong with the certificate of the user.") \
    X(EAP_E_USER_CERT_REJECTED, 0x80420105, "The server does not accept the certificate of the user.") \
    X(EAP_E_USER_CREDENTIALS_REJECTED, 0x80420111, "The server does not accept the credentials of the user.") \
    X(EAP_E_USER_NAME_PASSWORD_REJECTED, 0x80420112, "The server does not accept the user name and password.") \
    X(EAP_E_NO_SMART_CARD_READER, 0x80420113, "EAP finds no smart card reader.") \
    X(EAP_E_SERVER_CERT_NOT_FOUND, 0x80420200, "EAP finds no certificate of the server.") \
    X(EAP_E_SERVER_CERT_INVALID, 0x80420201, "The certificate of the server lacks the right purposes (extended key usage).") \
    X(EAP_E_SERVER_CERT_EXPIRED, 0x80420202, "The certificate of the server has expired.") \
    X(EAP_E_SERVER_CERT_REVOKED, 0x80420203, "The certificate of the server has been revoked.") \
    X(EAP_E_SERVER_CERT_OTHER_ERROR, 0x80420204, "Something else is wrong with the certificate of the server.") \
    X(EAP_E_USER_ROOT_CERT_NOT_FOUND, 0x80420300, "The root of the user's certificate is not among the trusted roots.") \
    X(EAP_E_USER_ROOT_CERT_INVALID, 0x80420301, "The root of the user's certificate is not valid.") \
    X(EAP_E_USER_ROOT_CERT_EXPIRED, 0x80420302, "The root of the user's certificate has expired.") \
    X(EAP_E_SERVER_ROOT_CERT_NOT_FOUND, 0x80420400, "The root of the server's certificate is not among the trusted roots.") \
    X(EAP_E_SERVER_ROOT_CERT_INVALID, 0x80420401, "The root of the server's certificate is not valid.") \
    X(EAP_E_SERVER_ROOT_CERT_NAME_REQUIRED, 0x80420406, "The certificate of the server holds no server name.") \
    X(EAP_E_SIM_NOT_VALID, 0x80420500, "The SIM card is not valid for this authentication.")
/* clang-format on */

/* The hidden numbers, for our own C: WINRAS_ERROR_PROJECTION_NOT_COMPLETE and so on. */
#define WINRAS_HIDDEN(name, code, text) WINRAS_##name = code,
#define WINRAS_NOTHING(name, code, text)
enum { RAS_ERRORS(WINRAS_NOTHING, WINRAS_HIDDEN) };
#undef WINRAS_HIDDEN

#endif
