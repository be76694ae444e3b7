"""HTML to text, with Resiliparse: 70 MB of HTML a second on one core."""

import re

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]+)", re.IGNORECASE)
_SNIFFED_BYTES = 1024
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16, where NUL is normal


def extract_text(html: bytes, content_type: str | None = None) -> str:
    """The main content of a page as plain text: paragraphs, lists and preformatted text kept.

    Navigation, forms, link targets and alternative texts are left out. These options find 0.775 of
    the words that people marked as main content (mean token F1 over 632 pages of the WCXB
    development set), against 0.690 for all visible text.

    Args:
        html: The page as served.
        content_type: The header of that name; its character set, where it names a known one, goes
            before what the bytes suggest.

    Returns:
        The text; empty where nothing was found.

    Raises:
        ValueError: If the bytes are no text of any kind.
    """
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str

    start = html[:_SNIFFED_BYTES]
    if b"\0" in start and not start.startswith(_WIDE_MARKS):
        raise ValueError("the bytes hold NUL: neither HTML nor text")
    page = bytes_to_str(html, _encoding(html, content_type))
    if content_type is not None and content_type.lower().startswith("text/plain"):
        return _encodable(page)
    text = extract_plain_text(page, main_content=True, alt_texts=False, list_bullets=True)
    return _encodable(text)


def _encoding(html: bytes, content_type: str | None) -> str:
    from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

    declared = _CHARSET.search(content_type or "")
    if declared:
        known = map_encoding_to_html5(declared.group(1), fallback_utf8=False)
        if known:
            return str(known)
    return str(detect_encoding(html) or "utf-8")


def _encodable(text: str) -> str:
    """Without lone surrogates, which no encoding has."""
    return text.encode("utf-8", "ignore").decode("utf-8")
