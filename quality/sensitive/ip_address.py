"""Public IP addresses of hosts, told apart from version numbers, sections and reserved ranges."""

import ipaddress
from typing import Any

import numpy as np
from numba import njit

from haybale.quality.sensitive.context import (
    ADDRESS,
    THING,
    VERSION,
    is_alphanumeric,
    is_digit,
    nearest_context,
)

SPECIAL_V4 = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
    "192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3"
)
"""Not of a public host: IANA IPv4 Special-Purpose Address Registry (RFC 6890), and multicast."""
SPECIAL_V6 = "2001::/23 2001:db8::/32 2002::/16 3fff::/20"
"""Within 2000::/3, all that is allocated to public hosts (RFC 4291): IANA IPv6 Special-Purpose
Address Registry."""

SMALL_OCTET = 32
"""Four numbers below are a version, a section or an object identifier, unless a word such as
"address" says otherwise. Of all IPv4 addresses (32/256)^4 = 0.024 % are such."""


def _ranges(networks: str) -> Any:
    """uint64[networks, 2]: first and last address, of IPv6 their upper halves."""
    parsed = [ipaddress.ip_network(network) for network in networks.split()]
    shift = 64 if parsed[0].version == 6 else 0
    rows = [(int(network[0]) >> shift, int(network[-1]) >> shift) for network in parsed]
    return np.array(rows, np.uint64)


_V4, _V6 = _ranges(SPECIAL_V4), _ranges(SPECIAL_V6)
_PUBLIC_V6 = _ranges("2000::/3")


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _within(address: Any, ranges: Any) -> bool:
    return bool(np.any((ranges[:, 0] <= address) & (address <= ranges[:, 1])))


@njit(nogil=True)  # type: ignore[untyped-decorator]
def match_ipv4(data: Any, low: int, high: int, at: int, words: Any) -> int:
    """The byte behind an IPv4 address that begins at a digit; -1 where there is none.

    Four decimal numbers up to 255 without leading zeros, of a public host. It is taken for a
    version where the nearest telling word before it says so, where it stands behind a comparison
    (`==1.2.3.4`) or a product (`Chrome/99.1.2.3`), where all numbers are small, or where the last
    two are zero.

    Args:
        data: uint8[...]: UTF-8.
        low: First byte of the text.
        high: Byte behind it.
        at: A digit with no digit before it.
        words: ContextWords.
    """
    stop, address, largest = at, np.uint64(0), 0
    for octet in range(4):
        if octet:
            if stop >= high or data[stop] != 0x2E:
                return -1
            stop += 1
        first, value = stop, 0
        while stop < high and is_digit(data[stop]) and stop - first < 4:
            value = value * 10 + (data[stop] - 0x30)
            stop += 1
        length = stop - first
        if length == 0 or value > 255 or (length > 1 and data[first] == 0x30):
            return -1
        address = address * np.uint64(256) + np.uint64(value)
        largest = max(largest, value)
    if not _ends_address(data, high, stop) or not _may_precede(data, low, at):
        return -1
    if _within(address, _V4) or address & np.uint64(0xFFFF) == 0:
        return -1
    context = nearest_context(data, low, at, words)
    if largest < SMALL_OCTET and context != ADDRESS:
        return -1
    return -1 if context in (VERSION, THING) else stop


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _ends_address(data: Any, high: int, stop: int) -> bool:
    if stop >= high:
        return True
    byte = data[stop]
    if is_alphanumeric(byte) or byte == 0x5F:
        return False
    if (byte == 0x2E or byte == 0x2D) and stop + 1 < high:
        after = data[stop + 1]
        if byte == 0x2D and is_digit(after):
            return True  # a range
        return not is_alphanumeric(after)
    return True


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _may_precede(data: Any, low: int, at: int) -> Any:
    """Whether an address may begin behind what stands before it."""
    if at == low:
        return True
    byte = data[at - 1]
    before = data[at - 2] if at - 2 >= low else np.uint8(0x20)
    if is_alphanumeric(byte) or byte == 0x2E or byte == 0x5F:
        return False
    if byte == 0x2D or byte == 0x2F:  # - of a range, // of a URL, / of a list
        return bool(is_digit(before) or before == 0x2F or before == 0x20)
    if byte == 0x3D:  # == >= <= ~= !=
        return before not in (0x3D, 0x3E, 0x3C, 0x7E, 0x21)
    return byte != 0x5E and byte != 0x7E  # ^ ~


@njit(nogil=True)  # type: ignore[untyped-decorator]
def match_ipv6(data: Any, low: int, high: int, at: int) -> int:
    """The byte behind an IPv6 address of a public host that begins at a digit; -1: there is none.

    Eight groups of up to four hexadecimal digits, or fewer and one `::` (RFC 4291, section 2.2;
    the form with an IPv4 address at its end is not taken).
    """
    if at > low:
        byte = data[at - 1]
        if is_alphanumeric(byte) or byte == 0x3A or byte == 0x2E or byte == 0x5F or byte == 0x2D:
            return -1
    stop, upper, num_groups, gap = at, np.uint64(0), 0, -1
    while True:
        first, value = stop, 0
        while stop < high and stop - first < 5 and _hex(data[stop]) >= 0:
            value = value * 16 + _hex(data[stop])
            stop += 1
        if stop == first or stop - first > 4 or num_groups == 8:
            return -1
        if num_groups == 0 and stop - first < 4:
            return -1  # 2000::/3 has four digits in the first group
        if num_groups < 4 and gap < 0:
            upper |= np.uint64(value) << np.uint64(16 * (3 - num_groups))
        num_groups += 1
        if stop + 1 >= high or data[stop] != 0x3A:
            break
        if data[stop + 1] == 0x3A:
            if gap >= 0:
                return -1
            gap = num_groups
            stop += 2
            if stop >= high or _hex(data[stop]) < 0:
                break
        elif _hex(data[stop + 1]) >= 0:
            stop += 1
        else:
            break
    if (num_groups != 8 and gap < 0) or (num_groups == 8 and gap >= 0):
        return -1
    if stop < high:
        byte = data[stop]
        if is_alphanumeric(byte) or byte == 0x5F:
            return -1
        follows = stop + 1 < high and (_hex(data[stop + 1]) >= 0 or data[stop + 1] == 0x3A)
        if (byte == 0x3A or byte == 0x2E) and follows:
            return -1
    return stop if _within(upper, _PUBLIC_V6) and not _within(upper, _V6) else -1


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _hex(byte: int) -> int:
    """The value of a hexadecimal digit; -1 for any other byte."""
    if is_digit(byte):
        return int(byte) - 0x30
    byte |= 0x20
    return int(byte) - 0x57 if 0x61 <= byte <= 0x66 else -1
