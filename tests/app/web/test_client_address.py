"""Whose request it is: one spelling for every client, and the connection's where a header is invalid."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.client_address import name_client, name_clients, read_address


@pytest.mark.parametrize(
    ("text", "address"),
    (
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:5000", "203.0.113.9"),
        (" 203.0.113.9\t", "203.0.113.9"),
        ('"203.0.113.9:80"', "203.0.113.9"),
        ("203.000.113.009", "203.0.113.9"),
        ("0.0.0.0", "0.0.0.0"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::FFFF:203.0.113.009", "203.0.113.9"),
        ("::ffff:cb00:7109", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:80", "203.0.113.9"),
        ("2001:DB8:0:0::0001", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:443", "fe80::1"),
        ("2001:db8::100", "2001:db8::100"),
        ("", None),
        ("unknown", None),
        ("_hidden", None),
        ("1.2.3", None),
        ("1.2.3.4.5", None),
        ("1.2.3.256", None),
        ("1.2.3.4:http", None),
        ("[2001:db8::1", None),
        ("2001:db8::1::2", None),
        ("203.0.113.9, 203.0.113.10", None),
        ("203.0.113.9\x9b2J", None),
        ("\u0663.1.1.1", None),
        ("0" * 1000 + "1.1.1.1", None),
    ),
)
def test_an_address_has_one_spelling(text: str, address: str | None) -> None:
    assert read_address(text) == address


@given(
    st.one_of(st.ip_addresses().map(str), st.text(max_size=120), st.from_regex(r"\[?[0-9a-f:.%]{1,60}\]?(:[0-9]+)?"))
)
def test_what_was_read_reads_the_same_and_can_be_printed(text: str) -> None:
    address = read_address(text)
    if address is not None:
        assert read_address(address) == address
        assert address.isascii()
        assert address.isprintable()
        assert name_client(address)


@pytest.mark.parametrize(
    ("address", "name"),
    (
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("", ""),
    ),
)
def test_an_ipv6_site_is_one_client(address: str, name: str) -> None:
    assert name_client(address) == name


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    (
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (0, "::ffff:192.0.2.1", None, "192.0.2.1"),
        (0, "fe80::1%eth0", None, "fe80::1"),
        (0, "", None, ""),  # a Unix socket
        (1, "192.0.2.1", None, "192.0.2.1"),
        (1, "192.0.2.1", "203.0.113.9", "203.0.113.9"),
        (1, "192.0.2.1", "198.51.100.7, [2001:db8::1]:443", "2001:db8::1"),
        (1, "192.0.2.1", "203.0.113.9, unknown", "192.0.2.1"),
        (1, "::ffff:192.0.2.1", "\x9b", "192.0.2.1"),
        (1, "192.0.2.1", "", "192.0.2.1"),
        (1, "", "unknown", ""),
        (2, "192.0.2.1", "198.51.100.7, 203.0.113.9, 192.0.2.2", "203.0.113.9"),
        (2, "192.0.2.1", "203.0.113.9", "192.0.2.1"),  # fewer than the proxies that are believed
    ),
)
def test_the_application_sees_the_client_s_one_address(
    proxies: int, peer: str, forwarded: str | None, address: str
) -> None:
    seen = []

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        seen.append(environ["REMOTE_ADDR"])
        return []

    environ: dict[str, Any] = {"REMOTE_ADDR": peer}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    name_clients(application, proxies)(environ, lambda *_: lambda _: None)
    assert seen == [address]
