"""The tables of docs/reference/formats.md, as a reader in another language would take them."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "formats.md"


@dataclass
class Column:
    """A row of a table of columns."""

    name: str
    kind: str
    nullable: bool
    optional: bool

    @property
    def repeated(self):
        """Whether the name stands for any number of columns."""
        return self.name.isupper()


@dataclass
class Section:
    """What the page says of files whose paths match one of its patterns."""

    patterns: list[str]
    columns: list[Column] = field(default_factory=list)
    metadata: dict[str, bool] = field(default_factory=dict)
    """Key to whether it is optional."""

    def matches(self, path):
        """Whether a file is one of these."""
        return any(re.fullmatch(_expression(pattern), path) for pattern in self.patterns)

    def difference(self, schema):
        """What a schema has otherwise; None if nothing."""
        keys = {key.decode() for key in schema.metadata or {}}
        needed = {key for key, optional in self.metadata.items() if not optional}
        if not needed <= keys <= self.metadata.keys():
            return f"metadata {sorted(keys)}"
        left = list(schema)
        for column in self.columns:
            while left and _describes(column, left[0]):
                left.pop(0)
                if not column.repeated:
                    break
            else:
                if not (column.optional or column.repeated):
                    return f"{column.name}: {left[:1]}"
        return f"{left[0]}: not on the page" if left else None


def read_page():
    """All sections that have a table of columns."""
    sections = []
    for text in re.split(r"^(?=##+ )", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        heading, _, body = text.partition("\n")
        section = Section(re.findall(r"`([^`]+)`", heading))
        for cells in (_cells(line) for line in body.splitlines() if line.startswith("| `")):
            name, optional = cells[0].rstrip(" ?").strip("`"), cells[0].endswith("?")
            if len(cells) == 4:
                section.columns.append(Column(name, cells[1], cells[2] == "yes", optional))
            elif section.columns:
                section.metadata[name] = optional
        if section.columns:
            sections.append(section)
    return sections


def _cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _expression(pattern):
    """`<part>` is a subset and a number; other names in angle brackets are one folder or file."""
    pattern = pattern.replace("<part>", "<subset>/<number>")
    pieces = re.split(r"(<\w+>)", pattern)
    known = {"<number>": r"\d{5,}", "<split>": "(train|validation)", "<length>": r"\d+"}
    return "".join(
        known.get(piece, r"[\w-]+") if piece.startswith("<") else re.escape(piece)
        for piece in pieces
    )


def _describes(column, field):
    known = column.name == field.name or column.repeated
    return known and field.type in _types(column.kind) and column.nullable == field.nullable


def _types(words):
    """The Arrow types that the page's words mean."""
    known = {
        "string": pa.string(),
        "large_string": pa.large_string(),
        "bool": pa.bool_(),
        "float32": pa.float32(),
        "float64": pa.float64(),
        "fixed_size_binary(16)": pa.binary(16),
        **{str(kind): kind for kind in (pa.int32(), pa.int64(), pa.uint64())},
    }
    if words in known:
        return [known[words]]
    shape, _, values = words.partition(" of ")
    sizes = range(1, 65) if shape == "fixed_size_list" else [-1]
    return [
        pa.list_(pa.field("item", pa.type_for_alias(value), nullable=False), size)
        for value in values.split(" or ")
        for size in sizes
    ]
