import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from haybale.cli import estimate, main


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    folder = tmp_path_factory.mktemp("estimate")
    rng = random.Random(0)
    words = ["the", "and", "that", *("".join(rng.choices("abcdefgh", k=5)) for _ in range(90))]
    rows = [{"text": " ".join(rng.choices(words, k=60))} for _ in range(200)]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "recipe.toml").write_text(
        """
name = "verb"
[[subsets]]
name = "web"
paths = ["a.jsonl"]
[ingest]
identify_language = false
[tokenizer]
train = { vocabulary_size = 300 }
"""
    )
    (folder / "prices.toml").write_text('currency = "EUR"\nmachine_hour = 1.0\n')
    return folder / "recipe.toml"


@pytest.mark.slow
def test_json_names_sample_and_sections(recipe, capsys):
    arguments = ["estimate", str(recipe), "--json", "--quiet", "--tokens", "1e9"]
    assert main([*arguments, "--prices", str(recipe.with_name("prices.toml"))]) == 0
    raw = json.loads(capsys.readouterr().out)
    assert raw["whole"]["documents"]["read"]["value"] == 200
    assert raw["scaled"]["tokens"]["in all"]["value"] == pytest.approx(1e9)
    hours = raw["whole"]["this computer"]["wall time"]["value"] / 3600
    assert raw["whole"]["money, this computer"]["in all"]["value"] == pytest.approx(hours)


@pytest.mark.slow
def test_people_get_a_table_in_which_every_number_has_an_origin(recipe, capsys):
    assert main(["estimate", str(recipe), "--quiet"]) == 0
    printed = capsys.readouterr().out
    rows = [line for line in printed.splitlines() if line.startswith("  ")]
    named = [line for line in rows if line.split()[0] in ("read", "left", "shards", "workers")]
    assert len(named) >= 4
    assert all(line.rstrip().endswith(("measured", "computed", "given")) for line in named)
    assert "200" in next(line for line in rows if line.split()[0] == "read")
    assert "money" not in printed


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--vcpus", "0"], "--vcpus: expected at least 1, found 0"),
        (["--core-speed", "0"], "--core-speed: expected a positive number"),
        (["--prices", "none.toml"], "--prices: none.toml does not exist"),
        (["--workers", "0"], "--workers: expected at least 1"),
    ],
)
def test_what_cannot_be_is_said_before_any_work(recipe, flags, said, capsys):
    assert main(["estimate", str(recipe), *flags]) == 2
    assert said in capsys.readouterr().err


def test_tokens_must_be_a_number(recipe, capsys):
    with pytest.raises(SystemExit):
        main(["estimate", str(recipe), "--tokens", "many"])
    assert "expected a number such as 1.4e12" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
def test_kill_leaves_no_sample_behind(recipe, tmp_path, sent):
    folder = tmp_path / "temporary"
    folder.mkdir()
    words = [sys.executable, "-m", "haybale.cli", "estimate", str(recipe), "--quiet"]
    process = subprocess.Popen(
        words,
        env={**os.environ, "TMPDIR": str(folder)},
        preexec_fn=lambda: signal.signal(sent, signal.SIG_DFL),  # not as under nohup
    )
    deadline = time.monotonic() + 60
    while not any(folder.glob("haybale-estimate-*/first/run")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(sent)
    assert process.wait(60) == 128 + sent
    assert not list(folder.glob("haybale-estimate-*"))


def test_the_sample_is_built_in_any_thread_and_ignored_signals_stay_ignored():
    entered = []

    def enter():
        with estimate._ended_in_order():
            entered.append(True)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [True]
    usual = signal.getsignal(signal.SIGTERM)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with estimate._ended_in_order():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) != usual
    finally:
        signal.signal(signal.SIGHUP, before)
    assert signal.getsignal(signal.SIGTERM) == usual


@pytest.mark.slow
def test_what_a_build_would_end_at_is_said_first(recipe, capsys):
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefgh", k=5)) for _ in range(3000)]
    rows = [json.dumps({"text": " ".join(rng.choices(words, k=60))}) for _ in range(200)]
    rows[7], rows[9], rows[11] = '{"body": "a"}', '{"body": "b"}', '{"body": "c"}'
    recipe.with_name("b.jsonl").write_text("\n".join(rows) + "\n")
    changed = ["--set", 'subsets.web.paths=["b.jsonl"]']
    changed += ["--set", "tokenizer.train.vocabulary_size=64000"]
    assert main(["estimate", str(recipe), "--quiet", *changed]) == 0
    unreadable, vocabulary, *_ = capsys.readouterr().out.splitlines()
    assert unreadable == (
        "warning: a build would end in error after reading: 3 of 200 records cannot be read (web 3 "
        "of 200), more than ingest.max_unreadable_fraction = 0.01 allows; the first, in b.jsonl, "
        "is no_text: no field 'text' among body"
    )
    said = "warning: a build would end at the tokenizer: tokenizer.train.vocabulary_size = 64000: "
    assert vocabulary.startswith(said)
    assert "pieces at most" in vocabulary
    assert main(["estimate", str(recipe), "--quiet", "--json", *changed]) == 0
    warnings = json.loads(capsys.readouterr().out)["warnings"]
    assert [f"warning: {each}" for each in warnings] == [unreadable, vocabulary]


@pytest.mark.slow
def test_where_nothing_can_be_read_the_reason_is_the_error(recipe, capsys):
    changed = ["--set", 'subsets.web.fields={text="content"}']
    assert main(["estimate", str(recipe), "--quiet", *changed]) == 2
    said = capsys.readouterr().err
    assert "200 of 200 records cannot be read" in said
    assert "no field 'content' among text" in said


@pytest.mark.slow
def test_what_is_sound_has_no_warning_and_what_is_elsewhere_is_shown_when_asked_for(recipe, capsys):
    assert main(["estimate", str(recipe), "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "warning" not in printed
    assert "edits/" not in printed  # without a byte that a reader would miss
    assert "finished corpus" in printed
    assert "vCPU" not in printed
    assert "\nshuffles\n" not in printed
    assert "--vcpus N adds" in printed
    assert main(["estimate", str(recipe), "--quiet", "--vcpus", "8"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert {"Dataflow", "shuffles"} <= set(printed)
    assert not any("--vcpus N adds" in line for line in printed)
