"""Parts of a line as Markdown: text, names, links, and numbers with how they are known."""

import posixpath
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from haybale.cards.blocks import Code, Inline, Link, Number
from haybale.cards.markdown_text import code, escape
from haybale.cards.page.numbers import evidence_text, value_text


def line(parts: Sequence[Inline]) -> str:
    """Parts of a paragraph one after the other."""
    return "".join(inline(part) for part in parts).strip()


def inline(part: Inline) -> str:
    """A part of a line: text, a name, a link, or a number with how it is known."""
    if isinstance(part, str):
        return _spaced(part)
    if isinstance(part, Code):
        return code(part.text)
    if isinstance(part, Link):
        target = _target(part.target)
        return f"[{escape(part.text)}]({target})" if target else escape(part.text)
    return _number(part)


def _spaced(text: str) -> str:
    """Escaped, with the spaces at its ends, which part it from its neighbours."""
    body = escape(text)
    before = " " if text[:1].isspace() else ""
    return f"{before}{body}{' ' if body and text[-1:].isspace() else ''}"


def _number(number: Number) -> str:
    fact = number.fact
    if fact.value is None:
        return "*not measured*"
    evidence = evidence_text(fact, number.style)
    between = f" {escape(evidence)}" if evidence else ""
    mark = "" if fact.how == "exact" else f"<sup>*{fact.how}*</sup>"
    return f"{escape(value_text(fact.value, number.style))}{mark}{between}"


def _target(target: str) -> str:
    """Where a link leads, seen from the corpus folder; empty where it must not."""
    if target.startswith("#"):
        return quote(target, safe="#-_.")
    try:
        scheme = urlsplit(target).scheme
    except ValueError:
        return ""
    if scheme in ("https", "http", "mailto"):
        return quote(target, safe=":/?#&=%@+,;.~_-")
    if scheme or target.startswith(("/", "\\")):
        return ""
    return quote(posixpath.normpath(posixpath.join("card", target)), safe="/#._-")
