"""The sheet that a person fills in: a line per document, as JSON, and the same to be read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from haybale.cards.audit.question import Question
from haybale.cards.page.escape import code_points
from haybale.corpus.errors import ManifestMismatchError, RecipeError
from haybale.corpus.recipe import parse_section

FORMAT = "haybale/audit-sheet@1"


@dataclass(frozen=True)
class Sheet:
    """See the module.

    Attributes:
        corpus: Digest of the corpus whose documents these are.
        question: What was asked.
        population: Documents that were drawn from.
        documents: In the order of the draw: `doc_id` (hex), `rule`, `value`, `subset`, `language`,
            `text`, `verdict` (empty until somebody gives one), and for duplicates `survivor` (hex)
            and `survivor_text`.
    """

    corpus: str
    question: Question
    population: int
    documents: Sequence[Mapping[str, Any]]

    def as_json_lines(self) -> bytes:
        """A first line that says what is asked, then a document a line."""
        first = {
            "format": FORMAT,
            "corpus": self.corpus,
            **asdict(self.question),
            "population": self.population,
            "documents": len(self.documents),
        }
        lines = (json.dumps(row, ensure_ascii=False) for row in (first, *self.documents))
        return ("\n".join(lines) + "\n").encode("utf-8")


def read_sheet(path: Path) -> Sheet:
    """Read a sheet, filled in or not.

    Raises:
        RecipeError: If it is missing or a line is no JSON object.
        ManifestMismatchError: If it is of another format.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path}: expected UTF-8: {error}") from None
    rows = [_row(path, at, line) for at, line in enumerate(lines, 1) if line.strip()]
    found = rows[0].get("format") if rows else None
    if found != FORMAT:
        raise ManifestMismatchError(
            f"{path}: expected format {FORMAT} in the first line, found {found}; name a sheet that "
            "`haybale card audit draw` wrote"
        )
    first, documents = rows[0], rows[1:]
    _check_types(f"{path}, line 1", first, {"corpus": str, "population": int})
    for at, row in enumerate(documents, 2):
        _check_types(f"{path}, line {at}", row, {"doc_id": str, "text": str})
    asked = {name: first[name] for name in Question.__dataclass_fields__ if name in first}
    question = parse_section(Question, asked, f"{path}, line 1")
    return Sheet(first["corpus"], question, first["population"], documents)


def _check_types(where: str, row: Mapping[str, Any], expected: Mapping[str, type]) -> None:
    for name, type_ in expected.items():
        if not isinstance(row.get(name), type_):
            raise RecipeError(
                f"{where}: expected {name} as `haybale card audit draw` wrote it, found "
                f"{row.get(name)!r}; change nothing but verdicts, or draw again"
            )


def as_text(row: Mapping[str, Any], number: int, of: int) -> str:
    """A document to be read; characters that steer or hide are written as code points."""
    about = [row.get("rule") or "", row.get("subset") or "", row.get("language") or ""]
    if row.get("value") is not None:
        about.append(f"measured {row['value']}")
    lines = [f"--- {number} of {of}: {row['doc_id']}", ", ".join(filter(None, about)), row["text"]]
    if "survivor" in row:
        lines += [f"--- stands for it: {row['survivor']}", row["survivor_text"]]
    return code_points("\n".join(lines)) + "\n"


def _row(path: Path, at: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise RecipeError(f"{path}, line {at}: expected JSON: {error}") from None
    if not isinstance(row, dict):
        raise RecipeError(f"{path}, line {at}: expected an object, found {type(row).__name__}")
    return row
