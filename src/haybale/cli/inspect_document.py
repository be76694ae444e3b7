"""`haybale inspect --document` and `--token`: a document, and whose document a token is of."""

from typing import Any

from haybale.cli.rows import Marked, print_rows

_CONTEXT = 60
_RADIUS = 40


def print_document(folder: Any, manifest: Any, doc_id: str, *, as_json: bool) -> int:
    """Print all that is known of a document."""
    return print_rows([_known(folder, manifest, doc_id, as_json=as_json)], as_json=as_json)


def print_token(folder: Any, manifest: Any, place: str, *, as_json: bool) -> int:
    """Print a token, the text around it, and all that is known of its document.

    Args:
        folder: The corpus.
        manifest: Its manifest.
        place: SHARD:OFFSET.
        as_json: Print JSON.
    """
    from haybale.corpus.errors import RecipeError
    from haybale.corpus.token_places import token_at

    shard, colon, offset = place.rpartition(":")
    if not colon or not offset.isdecimal():
        raise RecipeError(f"--token {place}: expected SHARD:OFFSET")
    token = token_at(folder, shard, int(offset))
    shown = _with_text(folder, token, as_json=as_json)
    if any(record.path.startswith("measures/") for record in manifest.files):
        doc_id = token.doc_id.hex()
        shown.update(_known(folder, manifest, doc_id, as_json=as_json))
    else:
        shown["note"] = "the corpus was imported as tokens: nothing more is known of its documents"
    return print_rows([shown], as_json=as_json)


def _with_text(folder: Any, token: Any, *, as_json: bool) -> dict[str, Any]:
    """A token, its piece, and the text before and after it in its document."""
    from haybale.corpus.token_window import divide_text
    from haybale.corpus.tokenizer_file import tokenizer_path
    from haybale.tokenization.tokenizer import read_tokenizer

    before, number, after = token.window(_RADIUS)
    place = {
        "shard": token.shard,
        "offset": token.offset,
        "id": number,
        "within": token.within,
        "document_tokens": len(token.ids),
    }
    if not folder.exists(tokenizer_path(folder)):
        place["note"] = "the corpus has no tokenizer, so its ids cannot be decoded"
        return {"token": place, "doc_id": token.doc_id.hex()}
    tokenizer = read_tokenizer(folder)
    left, own, right = divide_text(tokenizer.decode, before, number, after)
    place["piece"] = tokenizer.piece(number)
    if as_json:
        place |= {"text_before": left, "text": own, "text_after": right}
        return {"token": place, "doc_id": token.doc_id.hex()}
    ends = token.within <= _RADIUS, token.within + _RADIUS + 1 >= len(token.ids)
    dots = ("" if whole else "..." for whole in ends)
    shown = f"{next(dots)}{left}[{own or tokenizer.piece(number)}]{right}{next(dots)}"
    return {"token": place, "text": Marked(shown), "doc_id": token.doc_id.hex()}


def _known(folder: Any, manifest: Any, doc_id: str, *, as_json: bool) -> dict[str, Any]:
    """What is known of a document; its difference to its survivor on one line for people."""
    from haybale.corpus.difference import marked
    from haybale.corpus.lookup import find_document

    found = find_document(folder, manifest, doc_id)
    shown = dict(vars(found))
    if as_json:
        shown["difference"] = [piece._asdict() for piece in found.difference]
        return shown
    shown["document"] = {key: item for key, item in found.document.items() if key != "doc_id"}
    shown["measures"] = {key: item for key, item in found.measures.items() if key != "doc_id"}
    shown["places"] = [
        f"{shard}, tokens {start} to {start + tokens} ({tokens})"
        for shard, start, tokens in found.places
    ]
    shown["removal"] = _removal(found.removal)
    if found.difference:
        shown["difference"] = Marked(marked(found.difference, _CONTEXT))
    if shown.pop("by_index"):
        return shown
    note = "found by reading files through: an earlier release made this corpus, without lookup/"
    return {**shown, "note": note}


def _removal(removal: dict[str, Any]) -> dict[str, Any]:
    """Why a document was removed; a survivor in an earlier corpus with the way to it.

    Its id alone would not do: in this corpus it may be another document's, or this document's own.
    """
    corpus = removal.get("corpus")
    if corpus is None:
        return removal
    doc_id = removal["survivor"].hex()
    there = f"haybale inspect DIR --document {doc_id}, DIR being the folder of {corpus}"
    named = {**removal, "survivor": f"{doc_id} of corpus {corpus}", "see": there}
    del named["corpus"]
    return named
