"""Which addresses an upstream may have, and connecting to the first of several addresses that responds.

A host in Settings is trusted if it is an address or a private-use name (no dot, localhost, .local, .internal, ...).
This includes loopback and private networks. A public name that resolves to a private address is refused unless the
upstream sets ``allow_private``, because the owner of the name decides what it resolves to. Connections to link-local
and metadata addresses are never made, however the address is written.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from proxy.errors import ConnectFailed

T = TypeVar("T")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NEVER = [
    ipaddress.ip_network(text)
    for text in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "100.100.100.200/32", "0.0.0.0/32", "::/128")
]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp", ".svc", ".test")
#: Between two attempts (RFC 8305, "Connection Attempt Delay").
STAGGER_SECONDS = 0.25


def plain(text: str) -> Address:
    """The effective address: any form of IPv6 address that carries an IPv4 address becomes that IPv4 address."""
    address = ipaddress.ip_address(text.split("%", 1)[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if 1 < int(address) <= 0xFFFFFFFF:  # the compatible form, ::a.b.c.d
            return ipaddress.IPv4Address(int(address))
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_private_name(host: str) -> bool:
    """Whether a host in Settings is itself an address or a private-use name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        name = host.lower().rstrip(".")
        return "." not in name or name.endswith(_PRIVATE_SUFFIXES) or ".svc." in name
    return True


def check(host: str, text: str, allow_private: bool) -> None:
    """Raise ``ConnectFailed`` if connections to the address that ``host`` resolved to are not allowed."""
    address = plain(text)
    carried = address.teredo if isinstance(address, ipaddress.IPv6Address) else None
    if any(form in network for form in (address, *(carried or ())) for network in _NEVER):
        raise ConnectFailed("the upstream's address is link-local or a metadata service")
    if (address.is_private or address.is_loopback) and not allow_private and not is_private_name(host):
        raise ConnectFailed("the upstream's public name resolves to a private address (see allow_private)")


def interleaved(addresses: Sequence[str]) -> list[str]:
    """Address families in turn, so that a broken family costs only one attempt."""
    sixes = [address for address in addresses if ":" in address]
    fours = [address for address in addresses if ":" not in address]
    first, second = (sixes, fours) if addresses and ":" in addresses[0] else (fours, sixes)
    ordered = []
    for position in range(max(len(first), len(second))):
        ordered += first[position : position + 1] + second[position : position + 1]
    return ordered


async def race(attempts: Sequence[Callable[[], Awaitable[T]]], discard: Callable[[T], None]) -> T:
    """The first attempt that succeeds. The next attempt starts when the previous one failed or is slow to respond.

    Raises the last failure (``OSError``). Attempts that succeed too late are passed to ``discard``.
    """
    waiting = list(attempts)
    running: set[asyncio.Future[T]] = set()
    failure: OSError = OSError("no address")
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.ensure_future(waiting.pop(0)()))
            timeout = STAGGER_SECONDS if waiting else None
            done, running = await asyncio.wait(running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            for task in list(done):
                error = task.exception()
                if error is None:
                    done.remove(task)
                    running |= done
                    return task.result()
                if not isinstance(error, OSError):
                    raise error
                failure = error
        raise failure
    finally:
        for task in running:
            task.add_done_callback(
                lambda late: None if late.cancelled() or late.exception() else discard(late.result())
            )
            task.cancel()
