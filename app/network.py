"""Where a request came from, cut so short that it names a street and not a house."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

KEEP = {4: 24, 6: 48}


def network_of(address: str | None) -> str:
    """The /24 or /48 an address lies in; empty when it is none. IPv4 written as IPv6 counts as IPv4."""
    try:
        ip = ip_address((address or "").split("%")[0])
    except ValueError:
        return ""
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ip_network(f"{ip}/{KEEP[ip.version]}", strict=False))
