import json
import re

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from planted_card import SAMPLES, card
from small_shards import documents_of, write_shards

from haybale.cards.blocks import (
    Bar,
    Bars,
    Code,
    Curve,
    Excerpts,
    Funnel,
    FunnelStep,
    Grid,
    Histogram,
    Link,
    Number,
    Prose,
    Section,
    Table,
    Terms,
)
from haybale.cards.declaration import CardDeclaration
from haybale.cards.fact import Fact, not_measured
from haybale.cards.markdown_text import code, escape, fenced
from haybale.cards.readme.blocks import block_lines
from haybale.cards.readme.front_matter import front_matter, size_category
from haybale.cards.readme.inline import inline
from haybale.cards.readme.readme import render_readme
from haybale.cards.sections import sections
from haybale.corpus.storage import Folder

EVERYWHERE = CardDeclaration(samples="everywhere")
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "```\n# not a heading\n````` and <b>more</b>",
    "---\nlicense: mit\n---",
    "[click](javascript:alert(1)) ![x](http://evil.example/x.png)",
    "a | b | c\n|---|---|",
    "\u202eright to left\u202c \u200bhidden\x00nul",
    "x" * 1_000_000,
)


def head_of(planted):
    return yaml.safe_load("\n".join(front_matter(planted)[1:-1]))


def html_of(text):
    return MarkdownIt("gfm-like", {"linkify": False}).render(text)


def readme(planted):
    return render_readme(planted, sections(planted))


def test_the_front_matter_is_what_the_hub_reads():
    declared = CardDeclaration(title='Hay: "bales"', license="cc-by-4.0")
    head = head_of(card(declared=declared))
    assert head["pretty_name"] == 'Hay: "bales"'
    assert head["license"] == "cc-by-4.0"
    assert head["language"] == ["en", "fr"]
    assert head["size_categories"] == ["n<1K"]
    assert head["task_categories"] == ["text-generation"]
    files = head["configs"][0]["data_files"]
    assert files[0] == {"split": "train", "path": "shards/train/web/*.arrow"}
    train, validation = head["dataset_info"][0]["splits"]
    # 45 documents of 16 + 4 bytes beside 450 tokens of 2 bytes
    assert train == {"name": "train", "num_examples": 45, "num_bytes": 45 * 20 + 450 * 2}
    assert validation["num_examples"] == 5


def test_another_licence_is_named():
    declared = CardDeclaration(license="other", license_name="hay-1.0", license_link="LICENSE")
    head = head_of(card(declared=declared))
    assert (head["license"], head["license_name"]) == ("other", "hay-1.0")
    assert head["license_link"] == "LICENSE"
    assert "license_name" not in head_of(card(declared=CardDeclaration(license="mit")))


@pytest.mark.parametrize(
    ("documents", "category"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**12, "n>1T")],
)
def test_size_categories_count_documents(documents, category):
    planted = card()
    fact = planted.facts["corpus.documents.split=train"]
    more = documents - 5  # of the validation split
    planted.facts[fact.id] = Fact(fact.measure, more, "documents", "exact", fact.of)
    assert size_category(planted) == category


@given(st.text(max_size=60))
def test_no_title_breaks_the_front_matter(title):
    head = head_of(card(declared=CardDeclaration(title=f"a{title}")))
    assert head["pretty_name"].startswith("a")
    assert "\n" not in head["pretty_name"]


@given(st.text(max_size=80))
def test_escaped_text_is_text(text):
    shown = html_of(escape(f"x {text}"))
    assert shown.startswith("<p>x")
    assert shown.count("<") == 2, shown  # of the paragraph


@pytest.mark.parametrize("text", HOSTILE[:-1])
def test_hostile_text_is_shown_and_does_nothing(text):
    for shown in (html_of(escape(text)), html_of(fenced(text)), html_of(code(text))):
        assert not re.search(r"<(script|img|b|a|h\d|hr|table)\b", shown)
        assert not any(hidden in shown for hidden in "\u202e\u200b\x00")


def test_lines_begin_no_list_and_names_stay_readable():
    assert escape("1. one") == "1\\. one"
    assert escape("- one") == "\\- one"
    assert escape("4.00") == "4.00"
    assert escape("byte-identical text_bytes (x)") == "byte-identical text_bytes (x)"
    assert escape("_under_") == "\\_under\\_"
    assert escape("\\(x\\)") == "&#92;(x&#92;)"  # what starts a formula on the hub
    assert escape("http://x.org www.x.org") == "http\\://x.org www\\.x.org"  # no links unasked


def test_numbers_say_how_they_are_known():
    assert inline(Number(Fact("m", 1234, "", "exact"))) == "1,234"
    assert inline(Number(Fact("m", 7, "", "derived"))) == "7<sup>*derived*</sup>"
    sampled = Fact("m", 0.5, "", "sample", interval=(0.25, 0.75), n=10)
    shown = inline(Number(sampled, "percent")).replace("\u00a0", " ")
    assert shown == "50.00 %<sup>*sample*</sup> (25.00 % to 75.00 %, n 10)"
    assert inline(Number(not_measured("m", "no detector"))) == "*not measured*"


def test_links_lead_to_the_web_or_into_the_corpus_folder():
    assert inline(Link("paper", "https://arxiv.org/abs/1")) == "[paper](https://arxiv.org/abs/1)"
    assert inline(Link("table", "domains.parquet")) == "[table](card/domains.parquet)"
    assert inline(Link("all", "../corpus.json")) == "[all](corpus.json)"
    assert inline(Link("below", "#languages")) == "[below](#languages)"
    assert inline(Link("run", "javascript:alert(1)")) == "run"
    assert inline(Link("root", "/etc/passwd")) == "root"


def test_every_block_becomes_markdown():
    bars = Bars("Bars", "tokens", (Bar(Code("web"), 4, "80 %"), Bar("b", 1)))
    dots = Bars("Ratios", "ratio", (Bar("en", 2.0, interval=(1.5, 2.5)),), baseline=1.0)
    funnel = Funnel("Left", "documents", 100, (FunnelStep(Code("r"), 75, 25),))
    histogram = Histogram("Lengths", "tokens", "documents", ((1, 2, 4), (2, 4, 2)))
    curve = Curve("Share", "domains", "text", ((0.0, 0.0), (1.0, 1.0)))
    blocks = (
        Prose(("Text ", Code("a|b"), ".")),
        Table("A table", ("name", "count"), ((Code("x"), "3"),)),
        Grid((bars, dots)),
        funnel,
        histogram,
        curve,
        Terms((("term", ("meaning",)),)),
        Excerpts(Code("rule"), ("web",), ("text",)),
    )
    text = "\n".join(line for block in blocks for line in block_lines(block, True))
    for expected in (
        "| name | count |",
        "|---|---:|",
        "| `web` | 4 | ████████████████████ | 80 % |",
        "| b | 1 | █████ |  |",  # a quarter of 20
        "| en | 2 | 1.50 to 2.50 |",
        "| `r` | 75 | 25 | █████ |",
        "| 2 to 3 | 2 | ██████████ |",
        "| 100.00\u00a0% | 100.00\u00a0% | ████████████████████ |",
        "- **term**: meaning",
        "```text\ntext\n```",
    ):
        assert expected in text, expected
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    assert sum(token.type == "table_open" for token in tokens) == 6


def test_long_tables_are_cut_with_a_word_on_the_rest():
    rows = tuple((str(row), "1") for row in range(250))
    lines = block_lines(Table("", ("a", "b"), rows), False)
    assert len(lines) == 2 + 100 + 3
    assert "150 more rows are in [card.json](card/card.json)." in lines


def test_of_many_charts_of_a_kind_a_few_are_shown_with_a_word_on_the_rest():
    charts = tuple(Bars(f"Chart {at}", "tokens", (Bar("a", 1),)) for at in range(11))
    lines = block_lines(Grid(charts), False)
    assert [line for line in lines if "Chart" in line] == ["*Chart 0*", "*Chart 1*", "*Chart 2*"]
    assert lines[-2] == "8 more charts like these are in [card/card.html](card/card.html)."


def test_a_chart_without_bars_says_so():
    assert block_lines(Bars("Rules", "documents", ()), False) == ["*Rules*", "", "None.", ""]


def test_a_table_without_rows_says_so():
    assert block_lines(Table("Models", ("name",), ()), False) == ["*Models*", "", "None.", ""]


@pytest.mark.parametrize(
    ("samples", "shown"), [("everywhere", True), ("page", False), ("none", False)]
)
def test_excerpts_stand_in_the_readme_only_if_asked(samples, shown):
    text = readme(card(declared=CardDeclaration(samples=samples)))
    assert ("too short" in text) is shown
    assert ("card.html) alone" in text) is (samples == "page")


def test_hostile_samples_stay_inert_in_the_whole_readme():
    samples = [
        {**SAMPLES[0], "excerpt": text, "doc_id": f"{at:02x}"} for at, text in enumerate(HOSTILE)
    ]
    text = readme(card(declared=EVERYWHERE, samples=samples))
    assert len(text) < 100_000
    body = text.split("---\n", 2)[2]
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(body)
    for tag in ("<script", "<img", "onerror=alert(1)>", 'javascript:alert(1)"'):
        assert tag not in html
    assert yaml.safe_load(text.split("---\n", 2)[1])["license"] == "unknown"


def test_it_links_to_the_other_forms_and_is_the_same_each_time():
    planted = card()
    text = readme(planted)
    assert text == readme(card())
    for path in ("card/card.html", "card/card.json", "card/croissant.json", "card/eu-summary.md"):
        assert f"({path})" in text
    for section in sections(planted):
        assert f'<a id="{section.anchor}"></a>' in text


def write_corpus(path, documents):
    """A corpus folder with a shard of documents, and a card that says it has so many."""
    write_shards(Folder(str(path)), {"train/web/00000": documents_of(5, 7, 3)})
    planted = card()
    for unit, value in (("documents", documents), ("shards", 1), ("tokens", 15)):
        name = f"corpus.{unit}.split=train.subset=web"
        planted.facts[name] = Fact(f"corpus.{unit}", value, "", "exact", planted.facts[name].of)
    gone = "corpus.shards.split=validation.subset=web"
    planted.facts[gone] = Fact("corpus.shards", 0, "", "exact", planted.facts[gone].of)
    (path / "README.md").write_text(readme(planted), encoding="utf-8")


@pytest.fixture
def load_dataset(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    datasets.disable_progress_bars()
    return lambda path: datasets.load_dataset(str(path), "web", cache_dir=str(tmp_path / "cache"))


def test_datasets_loads_the_shards_as_the_card_describes_them(tmp_path, load_dataset):
    write_corpus(tmp_path / "corpus", 3)
    loaded = load_dataset(tmp_path / "corpus")
    assert set(loaded) == {"train"}
    assert [len(tokens) for tokens in loaded["train"]["tokens"]] == [5, 7, 3]
    first = np.array(loaded["train"][0]["tokens"])
    assert (first == documents_of(5, 7, 3)[0]).all()


def test_datasets_refuses_a_corpus_with_other_counts(tmp_path, load_dataset):
    from datasets.utils.info_utils import NonMatchingSplitsSizesError

    write_corpus(tmp_path / "corpus", 4)
    with pytest.raises(NonMatchingSplitsSizesError):
        load_dataset(tmp_path / "corpus")


def test_front_matter_survives_the_hubs_own_reader(tmp_path):
    from huggingface_hub import DatasetCard

    path = tmp_path / "README.md"
    path.write_text(readme(card()), encoding="utf-8")
    data = DatasetCard.load(path).data.to_dict()
    assert data["configs"][0]["config_name"] == "web"
    assert json.dumps(data["size_categories"]) == '["n<1K"]'


def test_a_section_keeps_its_parts_in_order():
    inner = Section("inner", "Inner", [Prose(("second text",))])
    outer = Section("outer", "Outer", [Prose(("first text",))], [inner])
    text = render_readme(card(), [outer])
    places = [text.index(each) for each in ("## Outer", "first text", "### Inner", "second text")]
    assert places == sorted(places)
