import shutil

import pyarrow.parquet as pq
import pytest

from haybale.cards.serve.messages import Request
from haybale.cards.serve.routes import respond
from haybale.cards.serve.server import Server
from haybale.cards.serve.site import open_site
from haybale.corpus.storage import Folder


@pytest.fixture(autouse=True)
def interrupted(monkeypatch):
    """As if Ctrl-C were pressed at once."""

    def serve_forever(server):
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", serve_forever)


@pytest.fixture
def get(corpus):
    """Status and text of a page about the corpus."""
    site = open_site(Folder(str(corpus)), None)

    def get_page(path, **query):
        response = respond(site, Request(path, query))
        return response.status, response.body.decode("utf-8")

    return get_page


def removed_ids(corpus, stage):
    rows = pq.read_table(corpus / "card" / "ids" / "removed.parquet").to_pylist()
    return [row["doc_id"].hex() for row in rows if row["stage"] == stage]


def test_the_address_is_printed_and_ctrl_c_ends_without_an_error(corpus, later, run):
    status, out, err = run("card", "serve", later, "--port", "0", "--compare", corpus)
    assert (status, err) == (0, "")
    assert out.startswith("http://127.0.0.1:")


def test_what_a_rule_removed_is_read_from_the_corpus_and_stays_inert(get):
    status, text = get("/removed", rule="gopher/word_count@1")
    assert status == 200
    # The build keeps 64 of a rule and part.
    assert "1 to 50 of 64" in text
    assert "too short" in text
    _, text = get("/removed", rule="gopher/word_count@1", q="<script>")
    assert "<script>alert" not in text
    _, text = get("/removed", rule="exact/text@1")
    assert "1 to 12 of 12" in text
    assert "resembles" in text


def test_rules_that_the_card_has_no_samples_of_are_not_shown(get):
    status, text = get("/removed", rule="personal_data/email@1")
    assert status == 404
    assert "so its removals are not shown" in text


def test_a_document_says_what_happened_to_it(corpus, get):
    (duplicate, *_) = removed_ids(corpus, "deduplicate")
    status, text = get(f"/document/{duplicate}")
    assert status == 200
    assert "Stands for it: " in text
    assert "exact/text@1" in text
    (dropped, *_) = removed_ids(corpus, "ingest")
    assert "gopher/word_count@1" in get("/document", id=dropped)[1]
    assert get("/document/xyz")[0] == 404
    assert "expected 32 hex digits" in get("/document/xyz")[1]
    assert get(f"/document/{'0' * 32}")[0] == 404


def test_a_folder_without_a_card_is_one_line(tmp_path, fails):
    _, err = fails("card", "serve", tmp_path)
    assert "expected a card, found no file" in err


def test_a_card_that_is_not_its_corpuss_is_one_line(corpus, fails, tmp_path):
    shutil.copytree(corpus / "card", tmp_path / "card")
    shutil.copy(corpus / "corpus.json", tmp_path)
    page = tmp_path / "card" / "card.html"
    page.write_bytes(page.read_bytes().replace(b"cards", b"carts"))
    _, err = fails("card", "serve", tmp_path)
    assert "card/card.html: expected digest" in err


@pytest.mark.parametrize("port", ["-1", "70000"])
def test_a_port_that_is_none_is_one_line(corpus, fails, port):
    _, err = fails("card", "serve", corpus, "--port", port)
    assert "cannot listen there" in err


def test_a_host_that_others_reach_is_warned_of(corpus, run):
    status, _, err = run("card", "serve", corpus, "--port", "0", "--host", "0.0.0.0")
    assert status == 0
    assert err == "haybale: warning: --host 0.0.0.0 lets others read texts of the corpus\n"
