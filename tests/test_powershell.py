"""What Get-VpnConnection | ConvertTo-Json prints, as entries.

The properties and their values are those of Microsoft's page *VpnConnection class*; the forms of
JSON are those of Windows PowerShell 5.1 and PowerShell 7.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winras import Authentication, Encryption, Entry, VpnStrategy
from winras._powershell import read_connections

EXAMPLE = Path(__file__).parents[1] / "examples/connections.json"
EAP = '<EapHostConfig xmlns="a">\n<EapMethod><Type xmlns="b">{}</Type></EapMethod></EapHostConfig>'

SSTP: dict[str, object] = {
    "Name": "Work",
    "ServerAddress": "vpn.example.com",
    "AllUserConnection": False,
    "Guid": "{4B308E9B-C225-42CB-8158-307193429591}",
    "TunnelType": "Sstp",
    "AuthenticationMethod": ["MsChapv2"],
    "EncryptionLevel": "Required",
    "L2tpIPsecAuth": None,
    "UseWinlogonCredential": False,
    "EapConfigXmlStream": None,
    "ConnectionStatus": "Disconnected",
    "RememberCredential": True,
    "SplitTunneling": False,
    "DnsSuffix": "",
    "IdleDisconnectSeconds": 0,
}


def read(**changes: object) -> tuple[Entry, list[str]]:
    [entry], warnings = read_connections(json.dumps({**SSTP, **changes}).encode())
    return entry, warnings


def test_several_connections_are_an_array() -> None:
    """As Windows PowerShell 5.1 indents it."""
    entries, warnings = read_connections(EXAMPLE.read_bytes())
    work = Entry.ikev2("Work VPN", "vpn.example.com", split_tunnel=True)
    plant = Entry.l2tp("Plant VPN", "plant.example.com", split_tunnel=True)
    assert entries == [
        replace(work, dns_suffix="corp.example.com"),
        replace(plant, cache_credentials=False, idle_disconnect=600),
    ]
    assert [re.sub(" .*", "", one.partition(": ")[2]) for one in warnings] == [
        "the",
        "Routes",
        "the",
    ]


def test_one_connection_is_an_object() -> None:
    assert read() == (Entry.sstp("Work", "vpn.example.com"), [])


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),  # of > in Windows PowerShell
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_encodings(bom: bytes, encoding: str) -> None:
    text = json.dumps({**SSTP, "Name": "Büro \U0001f680"}, ensure_ascii=False, indent=4)
    content = bom + text.replace("\n", "\r\n").encode(encoding)
    assert [one.name for one in read_connections(content)[0]] == ["Büro \U0001f680"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"TunnelType": "Ikev2"}, {"strategy": VpnStrategy.Ikev2Only}),
        ({"TunnelType": "L2TP"}, {"strategy": VpnStrategy.L2tpOnly}),
        ({"TunnelType": "Pptp"}, {"strategy": VpnStrategy.PptpOnly}),
        ({"TunnelType": "Automatic"}, {"strategy": VpnStrategy.Default}),
        ({"EncryptionLevel": "NoEncryption"}, {"encryption": Encryption.None_}),
        ({"EncryptionLevel": "Optional"}, {"encryption": Encryption.Optional}),
        ({"EncryptionLevel": "Maximum"}, {"encryption": Encryption.RequireMax}),
        (
            {"AuthenticationMethod": ["Chap", "MSChapv2"]},
            {
                "authentication": Authentication.EncryptedPw
                | Authentication.Chap
                | Authentication.MsChap2
            },
        ),
        (
            {"AuthenticationMethod": ["Pap", "Chap"]},
            {"authentication": Authentication.Pap | Authentication.Chap},
        ),
        ({"AuthenticationMethod": "Pap"}, {"authentication": Authentication.Pap}),
        (
            {"AuthenticationMethod": {"value": ["Pap"], "Count": 1}},
            {"authentication": Authentication.Pap},
        ),
        (
            {"AuthenticationMethod": ["MachineCertificate"]},
            {"authentication": Authentication(0), "require_machine_certificate": True},
        ),
        ({"UseWinlogonCredential": True}, {"use_logon_credentials": True}),
        ({"RememberCredential": False}, {"cache_credentials": False}),
        (
            {"SplitTunneling": True},
            {"ipv4_default_gateway": False, "ipv6_default_gateway": False},
        ),
        ({"DnsSuffix": "corp.example.com"}, {"dns_suffix": "corp.example.com"}),
        ({"DnsSuffix": None}, {}),
        ({"IdleDisconnectSeconds": 600}, {"idle_disconnect": 600}),
        ({"IdleDisconnectSeconds": None}, {}),
        ({"L2tpIPsecAuth": "Certificate"}, {"use_pre_shared_key": False}),
        ({"Routes": [], "ServerList": None, "Proxy": "", "IsAutoTriggerEnabled": False}, {}),
        ({"CimClass": {"a": ["b"]}, "VpnTrigger": {"a": None}, "NapState": "NotNapCapable"}, {}),
    ],
)
def test_properties(changes: dict[str, object], expected: dict[str, object]) -> None:
    entry, warnings = read(**changes)
    assert entry == replace(Entry.sstp("Work", "vpn.example.com"), **expected)  # type: ignore[arg-type]
    assert warnings == []


@pytest.mark.parametrize("number", [13, 25, 26])
def test_the_eap_method_is_in_its_xml(number: int) -> None:
    for xml in (EAP.format(number), {"OuterXml": EAP.format(number).replace("\n", "")}):
        entry, [warning] = read(AuthenticationMethod=["Eap"], EapConfigXmlStream=xml)
        assert (entry.authentication, entry.eap_type) == (Authentication.Eap, number)
        assert "the settings of its EAP method" in warning


@pytest.mark.parametrize("xml", [None, "", {"EapHostConfig": "System.Xml.XmlElement"}, [[[]]]])
def test_where_convertto_json_leaves_the_xml_out_nothing_is_guessed(xml: object) -> None:
    entry, [which, settings] = read(AuthenticationMethod=["Eap"], EapConfigXmlStream=xml)
    assert entry.eap_type == 0
    assert which.startswith("'Work': EapConfigXmlStream does not say which EAP method it is: set")
    assert "the settings of its EAP method" in settings


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"Routes": ["10.0.0.0/8"]}, "Routes has no counterpart; Add-VpnConnectionRoute sets it"),
        ({"Proxy": {"AutoDetect": True}}, "Proxy has no counterpart; Set-VpnConnectionProxy"),
        ({"IPSecCustomPolicy": [{}]}, "IPSecCustomPolicy has no counterpart; Set-VpnConnectionIP"),
        ({"ServerList": ["a"]}, "ServerList has no counterpart"),
        ({"IsAutoTriggerEnabled": True}, "IsAutoTriggerEnabled has no counterpart"),
        ({"MachineCertificateEKUFilter": ["1.2"]}, "MachineCertificateEKUFilter has no counter"),
        ({"MachineCertificateIssuerFilter": [1]}, "MachineCertificateIssuerFilter has no counter"),
        ({"EncryptionLevel": "Custom"}, "EncryptionLevel Custom has no counterpart"),
        ({"L2tpIPsecAuth": "Psk"}, "the pre-shared key is not in it: refer to one by pre_shared_"),
        ({"AllUserConnection": True}, "it is for all users: apply it with --all-users"),
    ],
)
def test_what_has_no_counterpart_is_told(changes: dict[str, object], warning: str) -> None:
    [told] = read(**changes)[1]
    assert told.startswith(f"'Work': {warning}")


def test_the_vpn_of_a_plug_in_is_left_out() -> None:
    document = [SSTP, {"Name": "Plug-in", "ProfileType": "ThirdParty"}]
    [entry], warnings = read_connections(json.dumps(document).encode())
    assert entry.name == "Work"
    assert warnings == ["'Plug-in': it is of a plug-in, not in a phone book; left out"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is empty, as where there is no connection; make it with: Get-VpnConnection |"),
        (b" \r\n", "it is empty"),
        (b"[]", "there is no connection in it"),
        (b"null", "there is no connection in it"),
        (b"B\xfcro", "it is neither UTF-8 nor UTF-16 with a byte order mark"),
        (codecs.BOM_UTF16_LE + b"[", "it is neither UTF-8 nor UTF-16"),
        (b"[\n{", "line 2 is not JSON: Expecting property name"),
        (b"Name : Work\n", "line 1 is not JSON"),
        (b"[" * 100_000, "it is not"),
        (b"9" * 10_000, "it is not the JSON of connections"),
        (b"[3]", "connection 1 is no object of JSON"),
        (b"[{}]", "connection 1: Name must be a text, not null"),
        (b'[{"Name": ""}]', 'connection 1: Name must be a text, not ""'),
    ],
)
def test_what_is_no_such_json(content: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        read_connections(content)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"ServerAddress": None}, "'Work': ServerAddress must be a text, not null"),
        ({"TunnelType": 3}, "'Work': TunnelType must be one of automatic, ikev2, l2tp, pptp, sstp"),
        ({"TunnelType": "GRE"}, "'Work': TunnelType must be one of automatic, ikev2, l2tp, pptp"),
        ({"AuthenticationMethod": ["x" * 999]}, "'Work': AuthenticationMethod must be one of pap"),
        ({"SplitTunneling": "no"}, "'Work': SplitTunneling must be true or false, not \"no\""),
        ({"IdleDisconnectSeconds": True}, "'Work': IdleDisconnectSeconds must be a whole number"),
        ({"IdleDisconnectSeconds": -1}, "'Work': idle_disconnect must be from 0"),
        ({"L2tpIPsecAuth": "Kerberos"}, "'Work': L2tpIPsecAuth must be one of psk, certificate"),
        ({"ServerAddress": "x" * 129}, "'Work': phone_number must have at most 128"),
        ({"ServerAddress": "vpn.example.com "}, "'Work': phone_number must be the host name or"),
        ({"DnsSuffix": "a\nb"}, "'Work': dns_suffix must not contain a line break"),
        ({"DnsSuffix": "\ud800"}, "'Work': dns_suffix cannot be written into a file: it has half"),
        ({"AuthenticationMethod": 2}, "'Work': AuthenticationMethod must be one of pap, chap"),
    ],
)
def test_what_no_entry_can_have(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)) as raised:
        read(**changes)
    assert str(raised.value).startswith(problem)
    assert str(raised.value).count("'Work'") == 1
    assert len(str(raised.value)) < 400


def test_half_of_a_surrogate_pair_is_told_with_the_name_that_has_it() -> None:
    problem = r"'A\ud800': name cannot be written into a file: it has half of a surrogate pair"
    with pytest.raises(ValueError, match=re.escape(problem)):
        read(Name="A\ud800")


def test_two_connections_of_one_name_are_refused_as_the_file_would_be() -> None:
    """As of this user and, behind it, of all users: they are in two phone books."""
    both = json.dumps([SSTP, {**SSTP, "Name": "WORK", "AllUserConnection": True}]).encode()
    with pytest.raises(ValueError, match=r"'(Work|WORK)' is there twice; those of all users"):
        read_connections(both)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
KNOWN = st.sampled_from(
    ["Work", "a/b", "Sstp", "Eap", "Psk", "Maximum", "Inbox", "ThirdParty", EAP.format(999)]
)
EAP_OF_MANY = {"AuthenticationMethod": ["Eap"], "EapConfigXmlStream": "<EapMethod " * 100_000}
PROPERTIES = sorted({*SSTP, "ProfileType", "Routes", "Proxy", "IsAutoTriggerEnabled"})


@given(
    changes=st.dictionaries(st.sampled_from(PROPERTIES), VALUES | KNOWN | st.lists(KNOWN)),
    absent=st.sets(st.sampled_from(PROPERTIES)),
    many=st.integers(0, 2),
)
@settings(deadline=None, max_examples=300)
def test_whatever_the_properties_are(
    changes: dict[str, object], absent: set[str], many: int
) -> None:
    connection = {key: one for key, one in {**SSTP, **changes}.items() if key not in absent}
    with contextlib.suppress(ValueError):
        entries, warnings = read_connections(json.dumps([connection] * many).encode())
        assert entries or warnings
        assert all(isinstance(entry, Entry) for entry in entries)


def test_reading_takes_time_in_proportion() -> None:
    began = time.process_time()
    [entry], _ = read_connections(json.dumps({**SSTP, **EAP_OF_MANY}).encode())
    assert entry.eap_type == 0
    assert time.process_time() - began < 10


@pytest.mark.parametrize("name", ["Name", "EapConfigXmlStream"])
def test_what_is_too_deep_is_no_such_json(name: str) -> None:
    """What can just be read cannot always be written into a message."""
    for depth in range(sys.getrecursionlimit() - 100, sys.getrecursionlimit() + 10):
        content = json.dumps({**SSTP, "AuthenticationMethod": ["Eap"], name: "@"})
        with contextlib.suppress(ValueError):
            read_connections(content.replace('"@"', "[" * depth + "]" * depth).encode())


@given(document=VALUES, junk=st.binary(max_size=20))
@settings(deadline=None)
def test_whatever_the_document_is(document: object, junk: bytes) -> None:
    """None of it is a whole connection."""
    for content in (json.dumps(document).encode(), junk, b'{"Name":' + junk):
        with pytest.raises(ValueError, match=r"\S") as refused:
            read_connections(content)
        assert type(refused.value) is ValueError
        assert len(str(refused.value)) < 1000
