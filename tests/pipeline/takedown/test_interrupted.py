"""What a takedown that was stopped leaves, and what the next one, of any list, makes of it."""

import io
import shutil

import pytest
from taken_corpora import contents, id_of, ids_array, names_exactly

from haybale.cards.check.check import check_card
from haybale.cli import main
from haybale.corpus.errors import CorruptShardError, ManifestMismatchError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import takedowns_of
from haybale.corpus.verify import verify_corpus
from haybale.pipeline.progress import Progress
from haybale.pipeline.takedown.remove import preview, remove

A, B = ("zq0003qz", "zq0104qz"), ("zq0009qz",)
PENDING = "a takedown of 2026-02-03 (reason: asked for) was stopped"


class Killed(BaseException):
    """In place of a signal."""


class Said(Progress):
    """Keeps lines instead of showing them."""

    def __init__(self):
        super().__init__(quiet=True)
        self.lines = []

    def line(self, text):
        self.lines.append(text)


def take(corpus, words, **asked):
    """Returns what it told, and the lines that it said."""
    said = Said()
    asked = {"date": "2026-02-03", "reason": "asked for", **asked}
    source = asked.pop("of", corpus)
    ids = ids_array(id_of(source, word) for word in words)
    return remove(Folder(str(corpus)), ids, **asked, progress=said), said.lines


def stop(monkeypatch, corpus, words, method, where, **asked):
    """A takedown that ends when a method of the folder is called with arguments that fit."""
    found = getattr(Folder, method)

    def stopping(self, *args):
        if self.uri == str(corpus) and where(*args):
            raise Killed
        return found(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Folder, method, stopping)
        with pytest.raises(Killed):
            take(corpus, words, **asked)


def before_switch(monkeypatch, corpus, words, **asked):
    """Stopped when all is written, and nothing says so."""
    from haybale.pipeline.takedown import remove as module

    def stopping(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, "prepare_switch", stopping)
        with pytest.raises(Killed):
            take(corpus, words, **asked)


def before_stub(monkeypatch, corpus, words, **asked):
    """Stopped when it is written that all is written; no reader has noticed anything."""
    stop(monkeypatch, corpus, words, "move", lambda _, to: to == "corpus.json", **asked)
    assert (corpus / "run/takedown/switch.json").exists()
    read_manifest(Folder(str(corpus)))


def amid_exchange(monkeypatch, corpus, words, **asked):
    """Stopped when the first shard is to be exchanged."""
    stop(monkeypatch, corpus, words, "move", lambda _, to: to.startswith("shards/"), **asked)
    with pytest.raises(ManifestMismatchError, match="being taken down"):
        read_manifest(Folder(str(corpus)))


def before_deleting(monkeypatch, corpus, words, **asked):
    """Stopped right after the new manifest: run/ is yet to be cleared."""
    old = read_manifest(Folder(str(corpus))).digest

    def where(name):
        return name.startswith("run/ingest/")

    stop(monkeypatch, corpus, words, "remove", where, **asked)
    assert read_manifest(Folder(str(corpus))).digest != old


STOPS = (before_stub, amid_exchange, before_deleting)


@pytest.fixture(scope="module")
def without_a(asked, tmp_path_factory):
    """The files of the corpus without A."""
    corpus = shutil.copytree(asked, tmp_path_factory.mktemp("a") / "out")
    take(corpus, A)
    return contents(corpus)


def test_work_of_which_a_part_was_cleared_by_another_list_is_not_gone_on_with(
    corpus, asked, without_a, monkeypatch
):
    before_switch(monkeypatch, corpus, A)
    found = Folder.remove

    def half(self, name):
        if name == "run/takedown" or name.startswith("run/takedown/new"):
            for path in self.list("run/takedown/new")[::2]:
                found(self, path)
            raise Killed
        found(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "remove", half)
        with pytest.raises(Killed):
            take(corpus, B)
    take(corpus, A, of=asked)
    assert contents(corpus) == without_a


@pytest.mark.parametrize("changed", ["gone", "flipped", "no manifest"])
def test_nothing_is_exchanged_unless_all_of_it_is_there_and_right(
    changed, corpus, asked, without_a, monkeypatch
):
    before_stub(monkeypatch, corpus, A)
    new = corpus / "run/takedown/new"
    path = new / "corpus.json" if changed == "no manifest" else next(new.rglob("*.arrow"))
    if changed == "flipped":
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    else:
        path.unlink()
    _, lines = take(corpus, A, of=asked)
    assert any("written once more" in line for line in lines)
    assert contents(corpus) == without_a


def test_what_is_neither_exchanged_nor_there_to_be_is_told(corpus, asked, monkeypatch):
    amid_exchange(monkeypatch, corpus, A)
    path = sorted((corpus / "run/takedown/new/shards").rglob("0*.arrow"))[0]
    path.unlink()
    with pytest.raises(CorruptShardError, match=r"shards/.*neither .*restore the corpus"):
        take(corpus, A, of=asked)


@pytest.mark.parametrize("stopped", STOPS)
def test_a_takedown_that_was_stopped_is_a_problem_until_it_is_finished(
    stopped, corpus, asked, monkeypatch, capsys
):
    folder = Folder(str(corpus))
    stopped(monkeypatch, corpus, A)
    if stopped is not amid_exchange:
        (problem,) = verify_corpus(folder).problems
        assert PENDING in problem
        assert "finish it" in problem
        (finding,) = check_card(folder, card_only=False)
        assert "run/takedown/switch.json" in str(finding)
        assert "haybale remove" in str(finding)
    assert main(["status", str(corpus)]) == 0
    assert PENDING in capsys.readouterr().out
    take(corpus, A, of=asked)
    assert verify_corpus(folder).problems == ()
    assert check_card(folder, card_only=False) == []
    assert main(["status", str(corpus)]) == 0
    assert "a takedown of" not in capsys.readouterr().out


def test_a_build_into_it_refuses(asked, corpus, monkeypatch):
    from haybale.pipeline.build import build

    before_deleting(monkeypatch, corpus, A)
    recipe = asked.parent / "recipe.toml"
    with pytest.raises(ManifestMismatchError, match="was stopped"):
        build(recipe, str(corpus), progress=Progress(quiet=True))


def test_another_list_discards_what_no_reader_has_noticed_and_says_so(
    corpus, asked, tmp_path, monkeypatch
):
    before_stub(monkeypatch, corpus, A)
    found = preview(Folder(str(corpus)), ids_array([id_of(asked, B[0])]))
    assert found["pending"]["begun"] is False
    assert found["pending"]["documents"] == 2
    told, lines = take(corpus, B, of=asked)
    assert told["documents"] == 1
    (line,) = lines
    assert line == (
        "discarded: a takedown of 2026-02-03, 2 documents from shards (reason: asked for), which "
        "was written and not begun; ask for it again if it is still wanted"
    )
    assert len(takedowns_of(read_manifest(Folder(str(corpus))))) == 1
    alone = shutil.copytree(asked, tmp_path / "alone")
    take(alone, B)
    assert contents(corpus) == contents(alone)


@pytest.mark.parametrize("stopped", [amid_exchange, before_deleting])
def test_another_list_finishes_what_was_begun_and_says_so(stopped, corpus, asked, monkeypatch):
    stopped(monkeypatch, corpus, A)
    told, lines = take(corpus, B, of=asked)
    assert told["documents"] == 1
    assert told["pending"]["begun"]
    assert lines == [
        "finished first: a takedown of 2026-02-03, 2 documents from shards (reason: asked for)"
    ]
    assert len(takedowns_of(read_manifest(Folder(str(corpus))))) == 2
    assert names_exactly(corpus)


def test_the_same_list_with_another_reason_keeps_the_one_of_what_was_begun_and_says_so(
    corpus, asked, monkeypatch
):
    amid_exchange(monkeypatch, corpus, A)
    told, lines = take(corpus, A, of=asked, reason="another")
    assert told["takedown"]["reason"] == "asked for"
    assert lines[-1] == (
        "the takedown was begun with reason: asked for; date: 2026-02-03; that is what is recorded"
    )


def test_work_of_another_list_that_was_not_whole_is_discarded_and_that_is_said(
    corpus, asked, monkeypatch
):
    before_switch(monkeypatch, corpus, A)
    _, lines = take(corpus, B, of=asked)
    assert lines == [
        "discarded: a takedown of 2026-02-03 (reason: asked for), which was not written whole"
    ]


def test_work_of_another_release_is_not_gone_on_with(corpus, without_a, monkeypatch):
    from haybale.pipeline.takedown import shards

    before_switch(monkeypatch, corpus, A)
    monkeypatch.setattr("haybale.__version__", "0.0.1")
    done = []
    found = shards._rewrite
    monkeypatch.setattr(shards, "_rewrite", lambda *args: done.append(1) or found(*args))
    take(corpus, A)
    assert done


def test_new_files_outlive_a_power_failure_before_anything_says_that_they_are_there(
    corpus, monkeypatch
):
    events = []
    found_sync, found_move = Folder.sync, Folder.move

    def sync(self, *names):
        events.extend(("sync", name) for name in names)
        found_sync(self, *names)

    def move(self, name, to):
        events.append(("move", to))
        found_move(self, name, to)

    monkeypatch.setattr(Folder, "sync", sync)
    monkeypatch.setattr(Folder, "move", move)
    told, _ = take(corpus, A)
    switch = events.index(("move", "run/takedown/switch.json"))
    stub, manifest = (at for at, event in enumerate(events) if event == ("move", "corpus.json"))
    new = [f"run/takedown/new/{path}" for path in [*told["rewritten"], "corpus.json"]]
    assert {("sync", path) for path in new} <= set(events[:switch])
    assert ("sync", "run/takedown/switch.json") in events[switch:stub]
    assert ("sync", "corpus.json") in events[stub : stub + 2]
    assert {("sync", path) for path in told["rewritten"]} <= set(events[stub:manifest])
    assert ("sync", "corpus.json") in events[manifest:]


def test_nobody_else_may_be_at_work_there(corpus):
    from haybale.pipeline.locking.lock import locked

    with (
        locked(Folder(str(corpus))),
        pytest.raises(ManifestMismatchError, match="another build or takedown is at work") as error,
    ):
        take(corpus, A)
    assert "--output" not in str(error.value)


def test_ids_come_from_standard_input_too(corpus, capsys, monkeypatch):
    text = f"{id_of(corpus, A[0]).hex()}\n"
    stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    assert main(["remove", str(corpus), "--ids", "-", "--dry-run"]) == 0
    assert "1 document with" in capsys.readouterr().out


def test_a_reason_for_what_was_taken_down_before_is_told_not_to_be_recorded(corpus, capsys):
    ids = corpus / "ids.txt"
    ids.write_text(f"{id_of(corpus, A[0]).hex()}\n")
    take(corpus, A)
    assert main(["remove", str(corpus), "--ids", str(ids), "--reason", "another"]) == 0
    assert "stays as it is; --reason is not recorded" in capsys.readouterr().out
