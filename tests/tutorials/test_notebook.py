"""The notebook runs from its first cell to its last, and is committed as it was written."""

import json
from pathlib import Path
from typing import Any

import pytest

from haybale.pipeline.build import build

ROOT = Path(__file__).parents[2]
CELLS = json.loads((ROOT / "docs" / "notebooks" / "corpus.ipynb").read_text())["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]

RECIPE = """
name = "own-pages"

[[subsets]]
name = "pages"
paths = ["pages/*.txt"]
weight = 0.6
quality = "gopher"

[[subsets]]
name = "code"
paths = ["code/*.txt"]
weight = 0.4

[dedup]
preset = "gopher"

[tokenizer]
train = { kind = "bpe", vocabulary_size = 1000, sample_bytes = 300_000 }
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus of this project's own pages and code; two files of each are there twice."""
    folder = tmp_path_factory.mktemp("corpus")
    for kind, pattern in (("pages", "docs/*.md"), ("code", "loaders/*.py")):
        (folder / kind).mkdir()
        files = sorted(ROOT.glob(pattern))
        for number, file in enumerate([*files, *files[:2]]):
            (folder / kind / f"{number:03}.txt").write_text(file.read_text())
    (folder / "recipe.toml").write_text(RECIPE)
    build(folder / "recipe.toml", str(folder / "out"))
    return folder / "out"


def test_it_is_committed_without_outputs() -> None:
    assert [cell["outputs"] for cell in CODE] == [[]] * len(CODE)
    assert [cell["execution_count"] for cell in CODE] == [None] * len(CODE)


@pytest.mark.slow
def test_its_cells_run_in_order(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    monkeypatch.setenv("HAYBALE_CORPUS", str(corpus))
    names: dict[str, Any] = {}
    with matplotlib.rc_context():
        for number, cell in enumerate(CODE):
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
        figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
        for figure in figures:
            figure.canvas.draw()
        titles = [figure.axes[0].get_title(loc="left") for figure in figures]
        pyplot.close("all")
    assert titles == [
        "Share of the training tokens: there (pale), and drawn by the weights (full)",
        "What removed documents",
        "Of the documents read in a language",
        "Documents by their length in bytes of text",
        "Tokens by how often they occur",
        "One batch: subsets, and where documents begin",
    ]
    assert names["of_subset"]["exact/text@1", "code"] == 2  # the copies; no rule drops code
    assert "en" in names["read"]
    printed = capsys.readouterr().out
    assert f"{names['tokens']['value']:,} tokens" in printed
    assert "24, 2048" in printed
