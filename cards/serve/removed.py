"""What a rule removed, from the corpus itself: more than the card has samples of."""

from haybale.cards.page.element import element
from haybale.cards.serve.forms import choice, form, page_of, search_field
from haybale.cards.serve.frame import framed_page, not_found
from haybale.cards.serve.messages import Request, Response
from haybale.cards.serve.samples import sample_list
from haybale.cards.serve.site import Site
from haybale.corpus.decisions import dropped_by
from haybale.corpus.errors import RecipeError

MAX_DOCUMENTS = 200
"""Of a rule."""
_EXCERPT_CHARACTERS = 2000


def removed(site: Site, request: Request) -> Response:
    """The first documents of a rule's draw, by subset, language and words."""
    if site.manifest is None:
        return not_found(site, "There is no corpus beside this card, so there are no texts.")
    rules, rule = site.shown_rules, request.query.get("rule", "")
    ask = element(
        "p",
        f"At most {MAX_DOCUMENTS} documents of a rule, as they stand in the corpus folder: nothing "
        "is masked in them. Rules are those that the card has samples of: what was removed as "
        "personal or offensive is not shown.",
    )
    if not rule:
        return framed_page(
            site, "Removed documents", ask, form("/removed", choice(request, "rule", rules))
        )
    if rule not in rules:
        return not_found(site, f"The card has no samples of {rule}, so its removals are not shown.")
    try:
        found = list(dropped_by(site.folder, site.manifest, rule, MAX_DOCUMENTS))
    except RecipeError as error:
        return not_found(site, str(error))
    filters = ("subset", "language")
    fields = [choice(request, name, (str(row[name] or "") for row in found)) for name in filters]
    words = request.query.get("q", "").casefold()
    asked = {name: request.query[name] for name in filters if request.query.get(name)}
    chosen = [
        {
            **row,
            "doc_id": row["doc_id"].hex(),
            "survivor": (row.get("survivor") or b"").hex(),
            "text": row["text"][:_EXCERPT_CHARACTERS],
        }
        for row in found
        if all(row[name] == value for name, value in asked.items())
        and words in row["text"].casefold()
    ]
    shown, pages = page_of(request, len(chosen))
    search = search_field(request, "q", "words in the text")
    return framed_page(
        site,
        "Removed documents",
        ask,
        form("/removed", choice(request, "rule", rules), *fields, search),
        pages,
        sample_list(site, chosen[shown], "text"),
    )
