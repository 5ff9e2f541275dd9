"""Whose request it is: one spelling for every client, from what its connection or a proxy says.

    REMOTE_ADDR, X-Forwarded-For -> one address, as the log writes it -> one client, as the rate limit counts it

An invalid address is replaced by that of the connection, so that no client escapes its count by inventing
one. Knows nothing of what is asked or of how often.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REMEMBERED = 4096  # addresses whose spelling is cached
MAX_LENGTH = 100  # characters of an address with its zone, port and brackets
IPV6_SITE = 64  # bits of an IPv6 address that one client has
PORT = r"(?::[0-9]{1,5})?"
IPV4 = re.compile(rf"([0-9]+(?:\.[0-9]+){{3}}){PORT}")  # 203.0.113.9 or 203.0.113.9:5000
LEADING_ZEROS = re.compile(r"(?<![0-9a-fA-F])0+(?=[0-9])(?![0-9a-fA-F]*:)")  # of the parts of IPv4
BRACKETS = re.compile(rf"\[([^\[\]]+)\]{PORT}")  # [2001:db8::1] or [2001:db8::1]:5000


@lru_cache(REMEMBERED)
def read_address(text: str) -> str | None:
    """Return the one spelling of an address: no port, zone, brackets, quotes or leading zeros; IPv4 in IPv6 as IPv4.

    Returns:
        e.g. "203.0.113.9" or "2001:db8::1"; None where it is not an address.
    """
    if len(text) > MAX_LENGTH:
        return None
    text = text.strip(" \t\"'")
    match = IPV4.fullmatch(text) or BRACKETS.fullmatch(text)
    text = (match[1] if match else text).partition("%")[0]
    try:
        address = ipaddress.ip_address(LEADING_ZEROS.sub("", text) if "." in text else text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)


def name_client(address: str) -> str:
    """Return what one client has in common: its IPv4 address, or the first half of its IPv6 one.

    Args:
        address: as read_address spells it; "" for a Unix socket, which has none.
    """
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/{IPV6_SITE}", strict=False))


def name_clients(application: WSGIApplication, proxies: int) -> WSGIApplication:
    """Return an application that sees one spelling of the client's address in REMOTE_ADDR.

    Args:
        application: the WSGI application.
        proxies: the number of trusted proxies in front of the server; headers of others are ignored.
    """

    def named(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        said = environ.get("REMOTE_ADDR", "")
        peer = environ.get("werkzeug.proxy_fix.orig", {}).get("REMOTE_ADDR") or said
        environ["REMOTE_ADDR"] = read_address(said) or read_address(peer) or ""
        return application(environ, start_response)

    return ProxyFix(named, x_for=proxies, x_proto=proxies, x_host=proxies) if proxies else named
