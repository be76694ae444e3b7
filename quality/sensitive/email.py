"""E-mail addresses: a local part, `@` and a domain name (RFC 5321, RFC 6531)."""

from typing import Any

import numpy as np
from numba import njit

from haybale.quality.characters import ALPHABETIC, class_of, decode
from haybale.quality.sensitive.context import is_alphanumeric, is_digit

MAX_LOCAL_BYTES, MAX_LABEL_BYTES, MAX_DOMAIN_BYTES = 64, 63, 255
"""RFC 5321, section 4.5.3.1, and RFC 1035, section 2.3.4."""

LOCAL_SIGNS = "._%+-'&~"
"""Signs within a local part. RFC 5321 allows more, which in texts stand around addresses rather
than in them: `/` and `=` of URLs, `*` and backticks of Markdown."""

_LAST_WORD_LETTER = 0x590
"""Letters below (Latin, Greek, Cyrillic, Armenian) may be part of an address. Above lie scripts
some of which set no space between an address and the word before it."""

RESERVED = ("example", "test", "invalid", "localhost", "local")
"""Top-level names that nobody owns (RFC 2606, RFC 6761, RFC 6762)."""
NOT_DOMAINS = (
    "png jpg jpeg gif svg webp bmp ico tif tiff avif heic pdf doc docx xls xlsx ppt pptx odt txt "
    "csv tsv json jsonl xml yaml yml toml ini conf cfg lock log html htm xhtml css scss sass less "
    "js jsx ts tsx mjs cjs vue php asp aspx jsp java kt scala cpp hpp cc hh cs fs vb swift lua exe "
    "dll so dylib bin dat db sql bak tmp gz bz2 xz tar tgz rar jar war deb rpm dmg iso apk ipa wav "
    "mp3 mp4 avi mkv webm ttf otf woff woff2 eot service socket target timer"
)
"""What stands behind the last full stop of file names and units, and is no top-level domain; some
are (`md`, `py`, `rs`, `zip`) and are left to be domains."""
_CODE_ACCOUNTS = ("git", "hg", "svn", "this", "super")
"""Local parts of nobody: of repositories (git@host.org:path), in Kotlin (this@Outer.name)."""


def _folded_hash(word: str) -> int:
    state = 0xCBF29CE484222325
    for byte in word.encode():
        state = ((state ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return state


def _hashes(words: Any) -> Any:
    return np.array([_folded_hash(word) for word in words], np.uint64)


_LOCAL = np.zeros(256, np.bool_)
_LABEL = np.zeros(256, np.bool_)
for _byte in range(0x80):
    _LOCAL[_byte] = chr(_byte).isalnum() or chr(_byte) in LOCAL_SIGNS
    _LABEL[_byte] = chr(_byte).isalnum() or chr(_byte) == "-"
_RESERVED, _NOT_DOMAINS = _hashes(RESERVED), _hashes(NOT_DOMAINS.split())
_GIT, _EXAMPLE = _hashes(_CODE_ACCOUNTS), _hashes(("example",))
_EXAMPLE_TOPS = _hashes(("com", "net", "org"))


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _is_one_of(data: Any, start: int, stop: int, hashes: Any) -> bool:
    state = np.uint64(0xCBF29CE484222325)
    for at in range(start, stop):
        byte = data[at]
        if 0x41 <= byte <= 0x5A:
            byte |= 0x20
        state = (state ^ np.uint64(byte)) * np.uint64(0x100000001B3)
    return bool(np.any(hashes == state))


@njit(nogil=True)  # type: ignore[untyped-decorator]
def match_email(data: Any, low: int, high: int, at: int, classes: Any) -> tuple[int, int]:
    """The address around an `@`.

    Args:
        data: uint8[...]: UTF-8.
        low: First byte of the text.
        high: Byte behind it.
        at: Where the `@` stands.
        classes: Of code points.

    Returns:
        First byte and the one behind the last; -1, -1 where there is no address.
    """
    start = _local_start(data, low, at, classes)
    if start < 0:
        return -1, -1
    stop = _domain_stop(data, high, at + 1, classes)
    return (start, stop) if stop >= 0 else (-1, -1)


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _local_start(data: Any, low: int, at: int, classes: Any) -> int:
    start = at
    while start > low and at - start <= MAX_LOCAL_BYTES:
        before = start - 1
        if data[before] < 0x80:
            if not _LOCAL[data[before]]:
                break
            if data[before] == 0x2E and (start == at or data[start] == 0x2E):
                break  # no full stop at the end, nor two in a row
        else:
            while before > low and data[before] & 0xC0 == 0x80:
                before -= 1
            point, _ = decode(data, before)
            if point >= _LAST_WORD_LETTER or not class_of(classes, point) & ALPHABETIC:
                break
        start = before
    if at - start > MAX_LOCAL_BYTES:
        return -1
    if start > low and (data[start - 1] == 0x40 or data[at - 1] == 0x2E):
        return -1  # @name@host is no address of mail
    while start < at and data[start] < 0x80 and not is_alphanumeric(data[start]):
        if data[start] == 0x5F:
            break
        start += 1
    if start == at or _is_one_of(data, start, at, _GIT):
        return -1
    return start


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _domain_stop(data: Any, high: int, first: int, classes: Any) -> int:
    start = at = first
    num_labels, num_numbered, before_last = 0, 0, first
    while True:
        at = _label_stop(data, high, start, classes)
        length = at - start
        if length == 0 or length > MAX_LABEL_BYTES or data[start] == 0x2D:
            return -1
        if num_labels < 2 and is_digit(data[start]):
            num_numbered += 1
        num_labels += 1
        goes_on = at + 1 < high and data[at] == 0x2E
        if not goes_on or _label_stop(data, high, at + 1, classes) == at + 1:
            break
        before_last, start = start, at + 1
        if start - first > MAX_DOMAIN_BYTES:
            return -1
    if num_labels < 2 or num_numbered == 2:  # 1.3.0 and the like is a version
        return -1
    stop = start
    international = at - start > 4 and _starts_international(data, start)
    while stop < at and (international or not (is_digit(data[stop]) or data[stop] == 0x2D)):
        stop += 1
    if stop - start < 2 or (stop < at and data[stop] != 0x2D) or _is_camel(data, start, stop):
        return -1
    if stop < high and (data[stop] == 0x28 or data[stop] == 0x5B):
        return -1  # a call or an index in code
    if _is_one_of(data, start, stop, _RESERVED) or _is_one_of(data, start, stop, _NOT_DOMAINS):
        return -1
    is_example = _is_one_of(data, before_last, start - 1, _EXAMPLE)
    if is_example and _is_one_of(data, start, stop, _EXAMPLE_TOPS):
        return -1
    return stop


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _label_stop(data: Any, high: int, at: int, classes: Any) -> int:
    first = at
    while at < high and at - first <= MAX_LABEL_BYTES:
        if data[at] < 0x80:
            if not _LABEL[data[at]]:
                break
            at += 1
            continue
        point, width = decode(data, at)
        if point >= _LAST_WORD_LETTER or not class_of(classes, point) & ALPHABETIC:
            break
        at += width
    return at


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _is_camel(data: Any, start: int, stop: int) -> bool:
    """Whether a capital follows a small letter, as in names of code."""
    found = False
    for at in range(start + 1, stop):
        found |= 0x41 <= data[at] <= 0x5A and 0x61 <= data[at - 1] <= 0x7A
    return found


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _starts_international(data: Any, start: int) -> Any:
    """Whether a label is in Punycode: xn--."""
    lead, second = data[start] | 0x20, data[start + 1] | 0x20
    return lead == 0x78 and second == 0x6E and data[start + 2] == 0x2D and data[start + 3] == 0x2D
