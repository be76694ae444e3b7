"""Whether card.html asks for nothing: no script, and nothing loaded from anywhere."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from haybale.cards.check.finding import EDITED, Finding

_LOADING_TAGS = frozenset(
    {
        *("applet", "audio", "base", "embed", "frame", "iframe", "image", "img", "input", "link"),
        *("object", "portal", "script", "source", "track", "use", "video", "feimage"),
    }
)
"""Elements that can run or fetch something; the page needs none of them."""
_LOADING_ATTRIBUTES = frozenset(
    {"action", "background", "data", "formaction", "ping", "poster", "src", "srcdoc", "srcset"}
)
_STYLE_LOADS = re.compile(r"@import|url\s*\(", re.IGNORECASE)


def check_page(page: str, file: str) -> Iterator[Finding]:
    """Findings on the text of `card.html`."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    if "default-src 'none'" not in reader.policy:
        yield Finding(file, "a Content-Security-Policy with default-src 'none'", "none", EDITED)
    for found in dict.fromkeys(reader.found):
        yield Finding(file, "a page that runs and loads nothing", found, EDITED)


class _Reader(HTMLParser):
    """Collects what runs or loads something, and the page's policy."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.policy = ""
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        if tag in _LOADING_TAGS:
            self.found.append(f"<{tag}> at line {self.getpos()[0]}")
        values = {name: value or "" for name, value in attrs}
        if values.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = values.get("content", "")
        elif "http-equiv" in values:
            self.found.append(f"http-equiv={values['http-equiv']} at line {self.getpos()[0]}")
        for name, value in values.items():
            self._attribute(tag, name, value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._in_style = False

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._in_style and _STYLE_LOADS.search(data):
            self.found.append(f"a style that loads something at line {self.getpos()[0]}")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        loads = name in _LOADING_ATTRIBUTES and not (tag == "data" or name == "data")
        runs = name.startswith("on") or value.strip().lower().startswith("javascript:")
        styled = name == "style" and _STYLE_LOADS.search(value)
        far = tag != "a" and name in ("href", "xlink:href") and not value.startswith("#")
        if loads or runs or styled or far:
            self.found.append(f"{name}= of <{tag}> at line {self.getpos()[0]}")
