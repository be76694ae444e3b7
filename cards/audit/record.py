"""From a sheet that was filled in to what the card says of it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from haybale.cards.audit.draw import choose
from haybale.cards.audit.question import VERDICTS, Question
from haybale.cards.audit.sheet import Sheet
from haybale.corpus.digests import digest
from haybale.corpus.errors import ManifestMismatchError, RecipeError
from haybale.corpus.manifest import Manifest
from haybale.corpus.recipe import parse_section
from haybale.corpus.storage import Folder

FORMAT = "haybale/audit@1"


def record(folder: Folder, manifest: Manifest, sheet: Sheet, where: str) -> dict[str, Any]:
    """Check a sheet against the draw and count its verdicts.

    Args:
        folder: The corpus.
        manifest: Its manifest.
        sheet: Filled in.
        where: What to call the sheet in errors.

    Returns:
        What `haybale card build --audit` takes: the question, `corpus`, `population`, `right`,
        `wrong`, `unsure`, and `sheet`, a digest of ids and verdicts.

    Raises:
        ManifestMismatchError: If the sheet is of another corpus.
        RecipeError: If documents are missing or were added, or verdicts are.
    """
    if sheet.corpus != manifest.digest:
        raise ManifestMismatchError(
            f"{where}: expected a sheet of the corpus {manifest.digest}, found one of "
            f"{sheet.corpus}; draw one of this corpus"
        )
    population, _, drawn = choose(folder, manifest, sheet.question)
    expected = [doc_id.hex() for doc_id in drawn.column("doc_id").to_pylist()]
    verdicts = _verdicts(sheet, where)
    _check_drawn(expected, verdicts, where)
    counts = Counter(verdicts.values())
    if not counts["right"] + counts["wrong"]:
        raise RecipeError(f"{where}: expected a verdict right or wrong, found only unsure ones")
    lines = "\n".join(f"{doc_id} {verdicts[doc_id]}" for doc_id in expected)
    return {
        "format": FORMAT,
        "corpus": manifest.digest,
        **asdict(sheet.question),
        "population": population,
        **{verdict: counts[verdict] for verdict in VERDICTS},
        "sheet": digest(lines.encode()),
    }


def read_audits(paths: Sequence[Path], corpus: str) -> tuple[Mapping[str, Any], ...]:
    """Read what `record` gave, sorted by stage and rule.

    Args:
        paths: Of JSON files.
        corpus: Digest of the corpus that they have to be of.

    Raises:
        RecipeError: If one cannot be read, or two are of one stage and rule.
        ManifestMismatchError: If one is of another format or corpus.
    """
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for path in paths:
        audit = _read(path)
        if audit.get("corpus") != corpus:
            raise ManifestMismatchError(
                f"{path}: expected an audit of the corpus {corpus}, found one of "
                f"{audit.get('corpus')}; record a sheet of this corpus"
            )
        key = audit["stage"], audit["rule"]
        if key in found:
            of = " ".join(filter(None, key))
            raise RecipeError(f"{path}: a second audit of {of}; give one of each stage and rule")
        found[key] = audit
    return tuple(found[key] for key in sorted(found))


def _read(path: Path) -> dict[str, Any]:
    try:
        audit = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise RecipeError(f"{path}: expected JSON: {error}") from None
    if not isinstance(audit, dict) or audit.get("format") != FORMAT:
        found = audit.get("format") if isinstance(audit, dict) else None
        raise ManifestMismatchError(
            f"{path}: expected format {FORMAT}, found {found}; name a file that "
            "`haybale card audit record` wrote"
        )
    _check_values(audit, path)
    return audit


def _check_values(audit: Mapping[str, Any], path: Path) -> None:
    """Refuse counts that no draw can have."""
    asked = {name: audit.get(name) for name in Question.__dataclass_fields__}
    parse_section(Question, asked, str(path))
    for name in ("population", *VERDICTS):
        value = audit.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise RecipeError(
                f"{path}: expected a whole number as {name}, found {value!r}; record the sheet "
                "again"
            )
    population, right, wrong, unsure = (audit[name] for name in ("population", *VERDICTS))
    if not 0 < right + wrong <= population - unsure:
        raise RecipeError(
            f"{path}: expected verdicts right or wrong on at most {population} documents, found "
            f"{right} right, {wrong} wrong and {unsure} unsure; record the sheet again"
        )


def _verdicts(sheet: Sheet, where: str) -> dict[str, str]:
    """Verdict of each document."""
    verdicts: dict[str, str] = {}
    open_ = []
    for line, row in enumerate(sheet.documents, 2):
        doc_id, verdict = str(row.get("doc_id")), row.get("verdict", "")
        if doc_id in verdicts:
            raise RecipeError(f"{where}, line {line}: document {doc_id} stands twice; delete one")
        if not verdict:
            open_.append(line)
        elif verdict not in VERDICTS:
            raise RecipeError(
                f"{where}, line {line}: expected a verdict {', '.join(VERDICTS[:-1])} or "
                f"{VERDICTS[-1]}, found {verdict!r}"
            )
        verdicts[doc_id] = verdict
    if open_:
        raise RecipeError(
            f"{where}: {len(open_)} of {len(verdicts)} documents have no verdict, the first in "
            f"line {open_[0]}; judge them all"
        )
    return verdicts


def _check_drawn(expected: Sequence[str], found: Mapping[str, str], where: str) -> None:
    missing = [doc_id for doc_id in expected if doc_id not in found]
    added = sorted(found.keys() - set(expected))
    for names, what in ((missing, "are missing"), (added, "were not drawn")):
        if names:
            raise RecipeError(
                f"{where}: {len(names)} documents {what}, such as {names[0]}; a verdict on some "
                f"of the {len(expected)} that were drawn says nothing of the others, so draw again"
            )
