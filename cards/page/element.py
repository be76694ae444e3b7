"""Elements of the page: what is not markup yet is escaped and cut, so that nothing is forgotten."""

from haybale.cards.page.escape import Markup, attribute, cut, escape, join

Child = str
"""`Markup` as it is; any other string escaped, and cut."""

MAX_CHARACTERS = 1000
"""Of a caption, heading, note or attribute."""

_VOID = frozenset({"circle", "input", "line", "link", "meta", "path", "rect"})


def element(name: str, /, *children: Child, **attributes: str | float | None) -> Markup:
    """One element.

    Args:
        name: Its tag.
        children: Its content.
        attributes: Python's spelling of them: `class_`, `aria_label`; null: left out. Numbers are
            rounded to two decimals, so that no bytes hang on the last bit of a float.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{inside(*children)}</{name}>")


def inside(*children: Child) -> Markup:
    """Markup and text one after the other."""
    return join(
        child if isinstance(child, Markup) else escape(cut(child, MAX_CHARACTERS))
        for child in children
    )


def drawn(text: str) -> Markup:
    """Text as it stands in an attribute or a drawing, where no element can be within it."""
    return Markup(attribute(cut(text, MAX_CHARACTERS)))


def coordinate(value: float) -> str:
    """A number of a drawing: at most two decimals, no exponent, no negative zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def percent(fraction: float) -> str:
    """A length of a drawing as a share of its width."""
    return f"{coordinate(100 * fraction)}%"


def length(fraction: float) -> str:
    """As `percent`, but never nothing where there is something to see."""
    return percent(max(fraction, 0.0001) if fraction > 0 else 0.0)


def _value(value: str | float) -> str:
    if isinstance(value, Markup):
        return value
    return drawn(value) if isinstance(value, str) else coordinate(value)
