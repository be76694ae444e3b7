"""croissant.json: the corpus as Croissant 1.1 describes data sets, for machines.

Format: http://mlcommons.org/croissant/1.1, with the responsible-AI properties of
http://mlcommons.org/croissant/RAI/1.0 and PROV-O (https://www.w3.org/TR/prov-o/). Shards are Arrow
IPC files, which no Croissant reader loads yet: they are named, not described column by column. The
counts are inline tables, which any reader loads without a network.
"""

from collections.abc import Mapping
from typing import Any

from haybale.cards.card import Card
from haybale.cards.croissant.context import CONTEXT
from haybale.cards.croissant.responsible_ai import responsible_ai
from haybale.cards.croissant.tables import record_sets
from haybale.cards.licenses import license_address
from haybale.cards.readme.front_matter import SPLITS, card_languages

CONFORMS_TO = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")


def croissant(card: Card, manifest_sha256: str) -> dict[str, Any]:
    """The content of `card/croissant.json`.

    What the author did not say is left out where Croissant has a field of its own for it (a
    validator then warns of it), and said to be missing in the responsible-AI properties.

    Args:
        card: Of the corpus.
        manifest_sha256: Of `card/manifest.jsonl`, as Croissant wants it, in hex.
    """
    declared = card.declared
    described = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": list(CONFORMS_TO),
        "name": declared["title"] or card.name,
        "description": declared["summary"] or "The author gave no summary.",
        "keywords": ["haybale", "language model", "pretraining", "tokens"],
        "inLanguage": card_languages(card),
        "license": _license(declared),
        "version": declared.get("version", ""),
        "datePublished": declared.get("published", ""),
        "citeAs": declared["citation"],
        "creator": _organization(declared["provider"]),
        "distribution": [*_shard_sets(card), _manifest(manifest_sha256)],
        "recordSet": record_sets(card),
        **responsible_ai(card),
        **_provenance(card),
    }
    return {key: value for key, value in described.items() if value}


def _license(declared: Mapping[str, Any]) -> str:
    license = declared["license"] or "unknown"
    if license == "other":
        return str(declared.get("license_link") or declared.get("license_name") or license)
    return license_address(license) or license


def _organization(name: str) -> dict[str, str] | None:
    return {"@type": "sc:Organization", "name": name} if name else None


def _shard_sets(card: Card) -> list[dict[str, Any]]:
    """The shards of each split and subset."""
    sets = []
    for subset in card.subsets:
        for split in SPLITS:
            if not card.value("corpus.shards", split=split, subset=subset):
                continue
            documents, tokens = (
                card.value(f"corpus.{unit}", split=split, subset=subset)
                for unit in ("documents", "tokens")
            )
            sets.append(
                {
                    "@type": "cr:FileSet",
                    "@id": f"shards/{split}/{subset}",
                    "name": f"shards/{split}/{subset}",
                    "description": (
                        f"{documents:,} documents of {tokens:,} tokens: doc_id of 16 bytes, and "
                        "tokens as ids of the vocabulary in tokenizer/, the last of them the end "
                        "of the document."
                    ),
                    "encodingFormat": "application/vnd.apache.arrow.file",
                    "includes": f"../shards/{split}/{subset}/*.arrow",
                }
            )
    return sets


def _manifest(sha256: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": "manifest",
        "name": "manifest.jsonl",
        "description": (
            "Every input file and every file of the corpus with bytes and xxh3-128 digest; shards "
            "with documents and tokens."
        ),
        "contentUrl": "manifest.jsonl",
        "encodingFormat": "application/jsonlines",
        "sha256": sha256,
    }


def _provenance(card: Card) -> dict[str, Any]:
    """What the corpus was derived from, and by what."""
    inputs = []
    for subset, files in sorted(card.lineage["inputs"].items()):
        num_bytes = sum(file["bytes"] for file in files)
        inputs.append(
            {
                "@type": "prov:Entity",
                "@id": f"inputs/{subset}",
                "prov:label": (
                    f"{len(files):,} input files of {num_bytes:,} bytes; manifest.jsonl names each "
                    "with its digest"
                ),
            }
        )
    versions = ", ".join(
        f"{name} {version}" for name, version in sorted(card.lineage["versions"].items())
    )
    build = {
        "@type": "prov:Activity",
        "@id": "build",
        "prov:label": f"haybale build of the recipe {card.name}",
        "prov:wasAssociatedWith": {
            "@type": "prov:SoftwareAgent",
            "@id": "software",
            "prov:label": versions,
        },
    }
    return {"prov:wasDerivedFrom": inputs, "prov:wasGeneratedBy": build}
