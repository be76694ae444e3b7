"""`haybale card audit`: a person judges a sample, and the card says what follows."""

import argparse
from typing import Any

_EPILOG = """\
examples:
  haybale card audit draw out --stage deduplicate --output sheet.jsonl
  haybale card audit draw out --stage ingest --rule gopher/word_count@1 --output sheet.jsonl
  haybale card audit judge sheet.jsonl               one document after the other: r, w or u
  haybale card audit record out sheet.jsonl --output audit.json
  haybale card build out --audit audit.json --output new-card
"""


def add_parser(subparsers: Any) -> None:
    """Add the verb and those below it."""
    parser = subparsers.add_parser(
        "audit",
        help="have a person judge a sample of what was removed or kept",
        description=(
            "Draw as many documents of a stage as a wanted error and confidence need, take a "
            "person's verdicts, and record what follows for the card. Sheets hold text of the "
            "corpus; the card gets counts only."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="what to do", metavar="draw|judge|record", required=True)
    _add_draw(verbs)
    judge = verbs.add_parser(
        "judge",
        help="show documents without a verdict and ask for one",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    judge.add_argument("sheet", metavar="SHEET", help="file that `draw` wrote")
    judge.set_defaults(run=_judge)
    record = verbs.add_parser(
        "record",
        help="check a sheet and count its verdicts, for `card build --audit`",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    record.add_argument("corpus", metavar="DIR", help="folder that haybale build wrote")
    record.add_argument("sheet", metavar="SHEET", help="filled in")
    record.add_argument("--output", required=True, metavar="FILE", help="audit.json")
    record.set_defaults(run=_record)


def _add_draw(verbs: Any) -> None:
    draw = verbs.add_parser(
        "draw",
        help="write a sheet of documents to judge",
        description=(
            "Write a sheet: a line of JSON per document, with an empty verdict to be made right, "
            "wrong or unsure. The same documents beside it, as text."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    draw.add_argument("corpus", metavar="DIR", help="folder that haybale build wrote")
    draw.add_argument(
        "--stage",
        required=True,
        metavar="STAGE",
        help="ingest, select, deduplicate, repeats, decontaminate; or kept: the corpus itself",
    )
    draw.add_argument("--rule", default="", metavar="RULE", help="only what this rule removed")
    draw.add_argument("--error", type=float, default=0.05, metavar="E", help="default 0.05")
    draw.add_argument("--confidence", type=float, default=0.95, metavar="C", help="default 0.95")
    draw.add_argument("--output", required=True, metavar="SHEET", help="sheet.jsonl")
    draw.set_defaults(run=_draw)


def _draw(args: argparse.Namespace) -> int:
    """Write the sheet, and the same as text; say how exact it is."""
    from pathlib import Path

    from haybale.cards.audit.bound import worst_error
    from haybale.cards.audit.draw import draw
    from haybale.cards.audit.question import Question
    from haybale.cards.audit.sheet import as_text
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.storage import Folder

    output = Path(args.output)
    text = output.with_suffix(".txt")
    if text == output:
        raise RecipeError(f"{output}: the same documents as text go there; name a file .jsonl")
    if not output.parent.is_dir():
        raise RecipeError(f"{output}: there is no folder {output.parent}; make it first")
    for path in (output, text):
        if path.exists():
            raise RecipeError(f"{path}: exists, maybe with verdicts in it; name another file")
    question = Question(args.stage, args.rule, args.error, args.confidence)
    folder = Folder(args.corpus)
    sheet, needed = draw(folder, read_manifest(folder), question)
    num = len(sheet.documents)
    if num < needed:
        error = worst_error(num, sheet.population, question.confidence)
        print(
            f"needed {needed:,} documents, but the build left texts of {num:,} that are drawn "
            f'uniformly; the error may be {error:.3f} with these. ingest.keep_dropped = "all" '
            "leaves all"
        )
    output.write_bytes(sheet.as_json_lines())
    pages = (as_text(row, at, num) for at, row in enumerate(sheet.documents, 1))
    text.write_text("\n".join(pages), encoding="utf-8")
    print(f"{output}: {num:,} of {sheet.population:,} documents to judge; to be read: {text}")
    return 0


def _judge(args: argparse.Namespace) -> int:
    """Ask until every document has a verdict or the person stops; each is saved at once."""
    from dataclasses import replace
    from pathlib import Path

    from haybale.cards.audit.sheet import as_text, read_sheet

    path = Path(args.sheet)
    sheet = read_sheet(path)
    rows = [dict(row) for row in sheet.documents]
    verdicts = {"r": "right", "w": "wrong", "u": "unsure"}
    asked = "to be in the corpus" if sheet.question.stage == "kept" else "to be removed"
    for at, row in enumerate(rows, 1):
        if row.get("verdict"):
            continue
        print(as_text(row, at, len(rows)))
        answer = ""
        while answer not in (*verdicts, "q"):
            try:
                answer = input(f"right {asked}? [r]ight, [w]rong, [u]nsure, [q]uit: ").strip()
            except EOFError:
                answer = "q"
        if answer == "q":
            break
        row["verdict"] = verdicts[answer]
        # An interruption must not cost the verdicts before.
        written = path.with_suffix(".new")
        written.write_bytes(replace(sheet, documents=rows).as_json_lines())
        written.replace(path)
    left = sum(not row.get("verdict") for row in rows)
    print(f"{path}: {len(rows) - left:,} of {len(rows):,} documents have a verdict")
    return 0


def _record(args: argparse.Namespace) -> int:
    """Write the audit; print what follows from it."""
    from pathlib import Path

    from haybale.cards.audit.bound import bounds
    from haybale.cards.audit.record import record
    from haybale.cards.audit.sheet import read_sheet
    from haybale.corpus.digests import canonical_json
    from haybale.corpus.manifest import read_manifest
    from haybale.corpus.storage import Folder

    folder = Folder(args.corpus)
    sheet = read_sheet(Path(args.sheet))
    audit = record(folder, read_manifest(folder), sheet, args.sheet)
    Path(args.output).write_bytes(canonical_json(audit))
    right, unsure = audit["right"], audit["unsure"]
    num, confidence = right + audit["wrong"] + unsure, audit["confidence"]
    low = bounds(right, num, audit["population"], confidence)[0]
    high = bounds(right + unsure, num, audit["population"], confidence)[1]
    print(
        f"{args.output}: of {num:,} documents {right:,} right, {audit['wrong']:,} wrong, "
        f"{unsure:,} unsure; of all {audit['population']:,}, {low:.1%} to {high:.1%} are right "
        f"(confidence {confidence:g})"
    )
    return 0
