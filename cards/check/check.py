"""`haybale card check`: everything that can be checked about a card without its text."""

from collections.abc import Iterator
from typing import Any

from haybale.cards.card import FORMAT, Card
from haybale.cards.check.conservation import conservation, domains, histograms
from haybale.cards.check.digests import check_corpus, check_inputs, check_shards, read_rows
from haybale.cards.check.finding import EDITED, REBUILD, REPORT, RESTORE, Finding
from haybale.cards.check.forms import check_croissant, check_forms
from haybale.cards.check.page import check_page
from haybale.cards.check.remade import check_remade
from haybale.cards.check.structure import check_facts, check_structure
from haybale.cards.check.totals import totals
from haybale.cards.forms import FACTS_PATH, FILES_PATH, INPUTS_PATH, PAGE_PATH, card_forms
from haybale.cards.inputs import CardInputs
from haybale.cards.language_codes import hub_languages
from haybale.cards.licenses import check_license
from haybale.corpus.errors import HaybaleError, RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder, parsed
from haybale.corpus.takedowns import FINISH, SWITCH_PATH, unfinished_takedown


def check_card(folder: Folder, card_only: bool) -> list[Finding]:
    """Check a card's facts, its forms, and its list of files.

    Args:
        folder: That holds README.md and `card/`.
        card_only: There is no corpus beside the card.

    Returns:
        What is wrong; empty if nothing is.

    Raises:
        ManifestMismatchError: If a corpus was expected and there is none.
        CorruptShardError: If its `corpus.json` is damaged.
    """
    manifest = None if card_only else read_manifest(folder)
    try:
        raw = parsed(folder.read(FACTS_PATH), folder.path(FACTS_PATH))
    except HaybaleError as error:
        return [Finding(FACTS_PATH, "the card's facts", str(error), RESTORE)]
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        found = raw.get("format") if isinstance(raw, dict) else type(raw).__name__
        return [Finding(FACTS_PATH, f"format {FORMAT}", str(found), REBUILD)]
    # What comes next trusts what was checked before, so the first broken thing ends the check.
    if findings := list(check_structure(raw, FACTS_PATH)):
        return findings
    if findings := list(check_facts(raw, FACTS_PATH)):
        return findings
    card = Card(raw)
    if findings := list(_names(card)):
        return findings
    sums = list(_sums(card))
    findings = [*sums, *_forms(folder, card, remake=not sums)]
    if not folder.exists(FILES_PATH):
        return findings  # a missing form was found already
    rows, broken = read_rows(folder)
    findings += [*broken, *check_inputs(rows, card.lineage), *check_shards(rows, card)]
    if manifest is not None:
        findings += check_corpus(rows, folder, manifest)
        if said := unfinished_takedown(folder):
            findings.append(Finding(SWITCH_PATH, "no unfinished takedown", said, FINISH))
    return findings


def _sums(card: Card) -> Iterator[Finding]:
    for law in (totals, conservation, histograms, domains):
        for left, expected, right, found in law(card):
            if expected != found:
                yield Finding(FACTS_PATH, f"{left} {expected:,}", f"{right} {found:,}", REPORT)


def _names(card: Card) -> Iterator[Finding]:
    """Names that others have lists of: the licence, and languages."""
    license = card.declared["license"]
    if license:
        try:
            check_license(license)
        except RecipeError as error:
            yield Finding(FACTS_PATH, "a licence of the hub", str(error), REBUILD)
    for (label,) in card.table("language.documents", "language"):
        if label != "unknown" and not hub_languages(label):
            yield Finding(FACTS_PATH, "languages by their codes in ISO 639", repr(label), EDITED)


def _forms(folder: Folder, card: Card, *, remake: bool) -> Iterator[Finding]:
    """Whether facts and forms are what this release makes of inputs and facts.

    Args:
        folder: Of the card.
        card: Its facts.
        remake: Whether to make the facts again too; sums that do not add up say more.
    """
    if folder.exists(PAGE_PATH):
        yield from check_page(folder.read(PAGE_PATH).decode(errors="replace"), PAGE_PATH)
    yield from check_croissant(folder)
    try:
        raw: Any = parsed(folder.read(INPUTS_PATH), folder.path(INPUTS_PATH))
        inputs = CardInputs.from_json(raw)
    except (HaybaleError, LookupError, TypeError, ValueError, AttributeError) as error:
        yield Finding(INPUTS_PATH, "what the card was made from", repr(error), RESTORE)
        return
    if remake:
        yield from check_remade(card, inputs)
    files = folder.read(FILES_PATH) if folder.exists(FILES_PATH) else b""
    try:
        forms = card_forms(card, inputs.measured.domains, files)
    except (HaybaleError, LookupError, TypeError, ValueError, AttributeError) as error:
        yield Finding(FACTS_PATH, "facts that every form can be made of", repr(error), EDITED)
        return
    yield from check_forms(folder, forms)
