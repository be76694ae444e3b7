"""The nearest telling word before a number: "phone", "version", "order" say what a number is."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

NO_CONTEXT, PHONE, ADDRESS, VERSION, CARD, THING = range(6)
"""What a word says of the number behind it. THING: an order, a book or a part is numbered."""

WINDOW_BYTES = 32
"""How far before a number words are looked for."""
THING_BYTES, TEXT_BYTES = 10, 1
"""How far such words may end before their number, which are common: "order number 212...", and
"text 212..." where it is a verb."""

WORDS = {
    PHONE: (
        "tel telephone phone phones call dial dialled ring fax mobile cell "
        "text sms whatsapp hotline helpline ph mob landline switchboard "
        "telefon telefone teléfono telefono téléphone tél telefoon telefax handy mobil rufnummer "
        "anrufen anruf celular cellulare móvil portable appelez llame llamar ligue chiamare bel "
        "reach_us reach_me number_is "
        "тел телефон телефону звоните моб 电话 電話 手机 手機 携帯 传真 전화 điện_thoại đt sđt gọi"
    ),
    ADDRESS: (
        "ip ipv4 ipv6 address addresses addr host hosts hostname server servers dns gateway ping "
        "router nameserver client peer subnet visitor login logged connection connections adresse"
    ),
    VERSION: (
        "version versions ver v release releases released build builds rev revision section "
        "sections sec chapter clause paragraph figure table firmware driver drivers update "
        "updates upgrade upgraded patch ios android macos windows chrome firefox edition since oid "
        "changelog appendix rule article"
    ),
    CARD: "card cards visa mastercard amex discover credit debit payment cc tarjeta carte karte",
    THING: (
        "isbn issn doi order orders invoice ref reference item sku part model serial account case "
        "ticket id ids patent ssn number_plate tracking batch asin ean upc gtin pmid arxiv commit "
        "hash issue issues bug lot catalog catalogue product voucher population score "
        "timestamp"
    ),
}


class ContextWords(NamedTuple):
    """The words as arrays, sorted by first byte.

    Attributes:
        text: uint8[words, longest]: UTF-8, padded with zeros.
        lengths: int64[words].
        meanings: int64[words]: as above.
        reaches: int64[words]: how far before the number each may end, in bytes.
        first: int64[257]: which words begin with each byte.
    """

    text: npt.NDArray[np.uint8]
    lengths: npt.NDArray[np.int64]
    meanings: npt.NDArray[np.int64]
    reaches: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]


def context_words() -> ContextWords:
    """WORDS, folded; those of other scripts as written and with a capital."""
    found = {}
    for meaning, words in WORDS.items():
        for word in words.split():
            plain = word.replace("_", " ")
            for form in {plain, plain[0].upper() + plain[1:]} if not plain.isascii() else {plain}:
                found[form.encode()] = meaning
    ordered = sorted(found)
    text = np.zeros((len(ordered), max(map(len, ordered))), np.uint8)
    for row, encoded in enumerate(ordered):
        text[row, : len(encoded)] = np.frombuffer(encoded, np.uint8)
    lengths = np.array([len(word) for word in ordered])
    meanings = np.array([found[word] for word in ordered])
    reaches = np.where(meanings == THING, THING_BYTES, WINDOW_BYTES)
    reaches[ordered.index(b"text")] = TEXT_BYTES
    first = np.searchsorted(text[:, 0], np.arange(257)).astype(np.int64)
    return ContextWords(text, lengths, meanings, reaches, first)


@njit(nogil=True)  # type: ignore[untyped-decorator]
def is_alphanumeric(byte: int) -> bool:
    """Whether a byte is an ASCII letter or digit."""
    return (0x30 <= byte <= 0x39) or (0x41 <= byte <= 0x5A) or (0x61 <= byte <= 0x7A)


@njit(nogil=True)  # type: ignore[untyped-decorator]
def is_digit(byte: int) -> bool:
    """Whether a byte is an ASCII digit."""
    return 0x30 <= byte <= 0x39


@njit(nogil=True)  # type: ignore[untyped-decorator]
def nearest_context(data: Any, low: int, at: int, words: Any) -> int:
    """What the nearest word before a place says; NO_CONTEXT where none of the words is near.

    A word of ASCII is whole, of any case, and may be part of a name in code (`phoneNumber`); one
    of another script may go on, as inflected words do.

    Args:
        data: uint8[...]: UTF-8.
        low: First byte of the text.
        at: First byte of the number.
        words: ContextWords.
    """
    text, lengths, meanings, reaches, first = words
    for start in range(at - 1, max(low, at - WINDOW_BYTES) - 1, -1):
        lead = data[start]
        if lead < 0x80 and not is_alphanumeric(lead):
            continue
        if lead < 0x80 and start > low and is_alphanumeric(data[start - 1]):
            inner_capital = 0x41 <= lead <= 0x5A and 0x61 <= data[start - 1] <= 0x7A
            if not inner_capital or start - 2 < low or not is_alphanumeric(data[start - 2]):
                continue  # `iPhone` is no phone
        if 0x41 <= lead <= 0x5A:
            lead |= 0x20
        for word in range(first[lead], first[lead + 1]):
            length = lengths[word]
            if start + length > at:
                continue
            same, ascii_only = True, True
            for i in range(length):
                byte = data[start + i]
                if 0x41 <= byte <= 0x5A:
                    byte |= 0x20
                if byte != text[word, i]:
                    same = False
                    break
                ascii_only &= byte < 0x80
            if same and ascii_only and start + length < at:
                after = data[start + length]
                same = not is_alphanumeric(after) or after < 0x61
                same &= after < 0x80 or after >= 0xE0 or after == 0xC2
            if same and at - start - length <= reaches[word]:
                return int(meanings[word])
    return NO_CONTEXT
