import html.parser
from dataclasses import replace

import pytest

from haybale.cards.compare.changes import compare
from haybale.cards.serve.messages import Request
from haybale.cards.serve.routes import respond

PATHS = ("/", "/samples", "/facts", "/document", "/nowhere")


class Reader(html.parser.HTMLParser):
    """Checks that elements close as they opened, and collects ids, links and labels."""

    VOID = frozenset({"input", "meta", "wbr", "br", "link"})

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.labelled, self.fields = [], [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert tag != "script"
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        self.labelled += [attributes["for"]] if tag == "label" else []
        self.fields += [attributes["id"]] if tag in ("input", "select") else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", PATHS)
def test_pages_are_sound_without_script_and_every_field_has_a_label(get, path):
    _, text = get(path)
    read = Reader(text)
    assert read.fields == read.labelled
    assert len(read.ids) == len(set(read.ids))
    for link in read.links:
        assert link.startswith(("/", "#", "?", "card.json", "https://"))


def test_the_card_is_served_as_it_was_rendered(site):
    assert respond(site, Request("/card.html", {})).body == site.page
    assert respond(site, Request("/card.json", {})).body == site.facts


def test_what_there_is_not_is_not_found(get):
    for path in ("/nowhere", "/../card.json", "/card/card.json", "//", "/samples/"):
        assert get(path)[0] == 404


def test_samples_are_filtered_by_rule_subset_language_state_and_words(get):
    def shown(**query):
        _, text = get("/samples", **query)
        texts = {"short": "too short", "french": "Bonjour", "kept": "long enough"}
        return {name for name, words in texts.items() if words in text}

    assert shown() == {"short", "french", "kept"}
    assert shown(rule="other/rule@1") == {"french"}
    assert shown(subset="web") == {"short", "kept"}
    assert shown(language="fr") == {"french"}
    assert shown(state="kept") == {"kept"}
    assert shown(q="TOO SH") == {"short"}
    assert shown(q="nothing like it") == set()
    assert shown(rule="unheard of") == set()


def test_a_form_shows_what_was_asked_for(get):
    _, text = get("/samples", subset="books", q="bonjour")
    assert '<option value="">all</option><option value="books" selected="selected">' in text
    assert 'name="q" value="bonjour"' in text


def test_text_by_strangers_and_by_whoever_asks_stays_inert(get):
    _, text = get("/samples", q="<script>", rule="<b>")
    Reader(text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "U+202E" in text
    assert "U+0000" in text
    assert "\u202e" not in text
    for path in ("/facts", "/document", "/samples", "/removed"):
        for name in ("q", "id", "rule", "page", "how"):
            _, text = get(path, **{name: '"><script>alert(2)</script>'})
            Reader(text)
            assert "<script>" not in text


def test_facts_are_searched_by_words_of_their_ids(get):
    _, text = get("/facts", q="dropped documents word_count")
    assert "word_count" in text
    assert "corpus.tokens" not in text
    _, text = get("/facts", how="not_measured")
    assert "energy was not metered" in text
    assert ">exact</td>" not in text


def test_facts_of_one_measure_come_with_what_it_counts(get):
    _, text = get("/facts", q="duplicates.clusters")
    assert "Groups of documents that are alike" in text


def test_pages_of_a_list_are_bounded_and_linked(get):
    _, first = get("/facts")
    assert "1 to 50 of" in first
    assert 'href="?page=2"' in first
    _, second = get("/facts", page="2")
    assert "51 to" in second
    for odd in ("0", "-1", "x", "99999", "²", "9" * 5000):
        assert get("/facts", page=odd)[0] == 200


def test_without_a_corpus_there_are_no_links_to_its_texts(get):
    _, text = get("/samples")
    assert "/document/" not in text
    assert "/removed" not in text
    assert get("/document/" + "0" * 32)[0] == 404
    assert get("/removed")[0] == 404


def test_two_versions_are_compared_where_an_earlier_one_was_given(site, get):
    assert get("/compare")[0] == 404
    changes = compare(site.card, site.card, site.folder, site.folder)
    response = respond(replace(site, changes=changes), Request("/compare", {}))
    assert response.status == 200
    assert b"Compared with the card of" in response.body
