"""Reads what ``Get-VpnConnection | ConvertTo-Json`` of PowerShell prints, as entries.

The properties are those of Microsoft's pages *VpnConnection class* and *Get-VpnConnection*. What
they say of a connection that has no counterpart in `Entry` is told, not guessed.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from ._entries import Entry, check_differ, check_fit
from ._enums import Authentication, Encryption, VpnStrategy

__all__ = ["read_connections"]

_Value = object

# How much of a value a message repeats.
_SHOWN = 100

# As the class page spells them; PowerShell compares without case.
_TUNNEL_TYPES = {
    "automatic": VpnStrategy.Default,
    "ikev2": VpnStrategy.Ikev2Only,
    "l2tp": VpnStrategy.L2tpOnly,
    "pptp": VpnStrategy.PptpOnly,
    "sstp": VpnStrategy.SstpOnly,
}
_ENCRYPTION_LEVELS = {
    "noencryption": Encryption.None_,
    "optional": Encryption.Optional,
    "required": Encryption.Require,
    "maximum": Encryption.RequireMax,
    "custom": Encryption.Require,  # with Set-VpnConnectionIPsecConfiguration; not on that page
}
# MachineCertificate is an option of its own.
_METHODS = {
    "pap": Authentication.Pap,
    "chap": Authentication.Chap,
    "mschapv2": Authentication.MsChap2,
    "eap": Authentication.Eap,
    "machinecertificate": Authentication(0),
}
_IPSEC = {"psk": True, "certificate": False}
# What no entry has, and which cmdlet sets it.
_WITHOUT_COUNTERPART = {
    "IPSecCustomPolicy": "Set-VpnConnectionIPsecConfiguration",
    "IsAutoTriggerEnabled": "Add-VpnConnectionTriggerApplication and its like",
    "MachineCertificateEKUFilter": "Set-VpnConnection",
    "MachineCertificateIssuerFilter": "Set-VpnConnection",
    "Proxy": "Set-VpnConnectionProxy",
    "Routes": "Add-VpnConnectionRoute",
    "ServerList": "Set-VpnConnection",
}
_EAP_TYPE = re.compile(r"<EapMethod\b[^<>]*>\s*<Type\b[^<>]*>\s*(\d{1,3})\s*</Type>")

_HOW = "make it with: Get-VpnConnection | ConvertTo-Json | Out-File -Encoding utf8 connections.json"

_T = TypeVar("_T")


def read_connections(content: bytes) -> tuple[list[Entry], list[str]]:
    """Read the JSON of one connection or of several.

    Args:
        content: UTF-8 or, with a byte order mark, UTF-16, as Windows PowerShell's ``>`` writes it.

    Returns:
        The entries, and a sentence for each thing of a connection that its entry has not.

    Raises:
        ValueError: It is not such JSON, or has what no entry can have.
    """
    entries: list[Entry] = []
    warnings: list[str] = []
    try:
        for number, connection in enumerate(_items(_parse(content)), start=1):
            if not isinstance(connection, dict):
                raise ValueError(  # noqa: TRY004  of the file, not of an argument
                    f"connection {number} is no object of JSON; {_HOW}"
                )
            one = _Connection(connection, number)
            if one.is_of_plug_in():
                warnings.append(f"{one.who}: it is of a plug-in, not in a phone book; left out")
                continue
            entries.append(one.entry())
            warnings += one.lost()
    except RecursionError:  # what could just be read is too deep to be written into a message
        raise ValueError(f"it is not the JSON of connections; {_HOW}") from None
    if not entries and not warnings:
        raise ValueError(f"there is no connection in it; {_HOW}")
    try:
        check_differ(entry.name for entry in entries)
    except ValueError as problem:
        raise ValueError(f"{problem}; those of all users belong into another file") from None
    return entries, warnings


def _parse(content: bytes) -> _Value:
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"it is neither UTF-8 nor UTF-16 with a byte order mark; {_HOW}") from None
    if not text.strip():
        raise ValueError(f"it is empty, as where there is no connection; {_HOW}")
    try:
        document: _Value = json.loads(text)
    except json.JSONDecodeError as problem:
        raise ValueError(f"line {problem.lineno} is not JSON: {problem.msg}; {_HOW}") from None
    except (RecursionError, ValueError):  # it is too deep, or a number has too many digits
        raise ValueError(f"it is not the JSON of connections; {_HOW}") from None
    return document


def _items(value: _Value) -> Sequence[_Value]:
    """The items of an array; of one, PowerShell writes only that, and of none null."""
    if isinstance(value, dict) and isinstance(value.get("value"), list) and "Count" in value:
        return _items(value["value"])  # as Windows PowerShell writes some arrays
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


class _Connection:
    """The properties of one connection, validated as they are asked for."""

    def __init__(self, properties: Mapping[str, _Value], number: int) -> None:
        self._properties = properties
        try:
            self.who = repr(self._text("Name"))
        except ValueError as problem:
            raise ValueError(f"connection {number}: {problem}") from None

    def is_of_plug_in(self) -> bool:
        """Whether a plug-in dials it, and not Windows itself."""
        return self._properties.get("ProfileType") == "ThirdParty"

    def entry(self) -> Entry:
        """What of it an entry has; the rest is as `Entry` has it by default."""
        try:
            entry = self._entry()
            check_fit(entry)
            entry.to_toml()  # which has no half of a surrogate pair
        except ValueError as problem:
            raise ValueError(f"{self.who}: {problem}") from None
        return entry

    def _entry(self) -> Entry:
        methods = [self._known("AuthenticationMethod", one, _METHODS) for one in self._methods()]
        uses_eap = Authentication.Eap in methods
        split = self._flag("SplitTunneling")
        encryption = self._properties.get("EncryptionLevel", "Required")
        return Entry(
            self._text("Name"),
            self._text("ServerAddress"),
            strategy=self._known(
                "TunnelType", self._properties.get("TunnelType", "Automatic"), _TUNNEL_TYPES
            ),
            encryption=self._known("EncryptionLevel", encryption, _ENCRYPTION_LEVELS),
            authentication=_together(methods),
            eap_type=(self._eap_type() or 0) if uses_eap else 0,
            use_logon_credentials=self._flag("UseWinlogonCredential"),
            cache_credentials=self._flag("RememberCredential"),
            use_pre_shared_key=self._uses_key(),
            require_machine_certificate=Authentication(0) in methods,
            ipv4_default_gateway=not split,
            ipv6_default_gateway=not split,
            dns_suffix=self._text("DnsSuffix", or_empty=True),
            idle_disconnect=self._idle_disconnect(),
        )

    def lost(self) -> list[str]:
        """What of it the entry has not."""
        lost = [
            f"{name} has no counterpart; {cmdlet} sets it"
            for name, cmdlet in _WITHOUT_COUNTERPART.items()
            if _has_something(self._properties.get(name))
        ]
        if "eap" in map(str.lower, self._methods()):
            if self._eap_type() is None:
                lost.append(
                    "EapConfigXmlStream does not say which EAP method it is: set eap_type, to 13 "
                    "for TLS, 25 for PEAP or 26 for MSCHAPv2"
                )
            lost.append(
                "the settings of its EAP method, such as the servers that it trusts, have no "
                "counterpart; Set-VpnConnection -EapConfigXmlStream sets them"
            )
        if str(self._properties.get("EncryptionLevel")).lower() == "custom":
            lost.append("EncryptionLevel Custom has no counterpart; encryption is Require")
        if self._uses_key():
            lost.append("the pre-shared key is not in it: refer to one by pre_shared_key")
        if self._properties.get("AllUserConnection") is True:
            lost.append("it is for all users: apply it with --all-users")
        return [f"{self.who}: {one}" for one in lost]

    def _wrong(self, name: str, wanted: str, value: _Value) -> ValueError:
        told = json.dumps(value)[:_SHOWN]
        return ValueError(f"{name} must be {wanted}, not {told}; {_HOW}")

    def _text(self, name: str, *, or_empty: bool = False) -> str:
        value = self._properties.get(name)
        if or_empty and value is None:
            return ""
        if not isinstance(value, str) or not (value or or_empty):
            raise self._wrong(name, "a text", value)
        return value

    def _flag(self, name: str) -> bool:
        value = self._properties.get(name)
        if not isinstance(value, bool | None):
            raise self._wrong(name, "true or false", value)
        return value is True

    def _known(self, name: str, value: _Value, known: Mapping[str, _T]) -> _T:
        found = known.get(value.lower()) if isinstance(value, str) else None
        if found is None:
            raise self._wrong(name, f"one of {', '.join(known)}", value)
        return found

    def _methods(self) -> list[str]:
        return list(map(str, _items(self._properties.get("AuthenticationMethod"))))

    def _uses_key(self) -> bool:
        value = self._properties.get("L2tpIPsecAuth")
        return bool(value) and self._known("L2tpIPsecAuth", value, _IPSEC)

    def _idle_disconnect(self) -> int | None:
        """The class page says that 0 is for never."""
        value = self._properties.get("IdleDisconnectSeconds")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong("IdleDisconnectSeconds", "a whole number", value)
        return value or None

    def _eap_type(self) -> int | None:
        """The number of the EAP method, if the XML is there: ConvertTo-Json may leave it out."""
        stream = self._properties.get("EapConfigXmlStream")
        found = _EAP_TYPE.search(stream if isinstance(stream, str) else json.dumps(stream))
        return int(found[1]) if found else None


def _together(methods: Sequence[Authentication]) -> Authentication:
    """Methods that may go together; as `Entry.sstp` has it, no password goes in the clear."""
    together = Authentication(0)
    for one in methods:
        together |= one
    is_in_the_clear = Authentication.Pap in together
    is_eap_only = together in (Authentication.Eap, Authentication(0))
    return together if is_in_the_clear or is_eap_only else together | Authentication.EncryptedPw


def _has_something(value: _Value) -> bool:
    return bool(_items(value)) and value not in (False, "")
