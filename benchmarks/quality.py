"""Quality rules in megabytes of text per core-second, beside datatrove's and dolma's.

    python benchmarks/quality.py [--megabytes 20]

All get the same documents in memory and one core; reading, start-up and compilation are left out.
CPU seconds: the median of five runs for us, one run for each peer in its own environment. We
measure every number of every document; datatrove's filters stop at a document's first failure.
Without HAYBALE_DATA the sources of Python's standard library stand in for real text.
"""

import argparse
import json
import os
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
from peers import DATATROVE, DOLMA, peer_python
from samples import batches, cpu_seconds, library_text, real_text, spread_sample

from haybale.quality.profiles import load_profile, profiles
from haybale.quality.text import TextBatch
from haybale.quality.verdicts import judge

PEER_SCRIPT = Path(__file__).with_name("quality_peer.py")


def keeps(profile: str, arrays: list[pa.Array]) -> list[bool]:
    kept: list[bool] = []
    for array in arrays:
        reasons = judge(load_profile(profile), array, english(array)).first_reason
        kept += reasons.is_null().to_pylist()
    return kept


def english(array: pa.Array) -> pa.Array:
    return pa.repeat(pa.scalar("en"), len(array))


def ask(peer: str, name: str, requirements: tuple[str, ...], path: Path) -> dict[str, object]:
    python = peer_python(name, *requirements)
    found = subprocess.run(
        [python, PEER_SCRIPT, peer, path],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    answer: dict[str, object] = json.loads(found.stdout.splitlines()[-1])
    return answer


def agreement(left: list[bool], right: object) -> float:
    assert isinstance(right, list)
    return sum(a == b for a, b in zip(left, right, strict=True)) / len(left)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=float, default=20.0, help="size of the sample")
    args = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    texts = real_text() if os.environ.get("HAYBALE_DATA") else library_text()
    texts = spread_sample(texts, int(args.megabytes * 1e6))
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    arrays = batches(texts)
    print(f"{len(texts)} documents, {megabytes:.1f} MB, one core\n")

    rates = {"splitting into words, lines and paragraphs": cpu_seconds(TextBatch.split, arrays)}
    kept = {}
    for name in profiles():
        profile = load_profile(name)
        what = f"profile {name}: {len(profile.rules)} rules, {len(profile.edits)} edits"
        rates[what] = cpu_seconds(lambda array, p=profile: judge(p, array, english(array)), arrays)
        kept[name] = keeps(name, arrays)
        if name == "gopher":
            gopher = rates[what]
        if name == "signals":
            every = rates[what]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.json"
        path.write_text(json.dumps(texts))
        datatrove = ask("datatrove", "datatrove", DATATROVE, path)
        whitespace = ask("datatrove-whitespace", "datatrove", DATATROVE, path)
        dolma = ask("dolma", "dolma", DOLMA, path)
    rates["datatrove 0.10.1: both Gopher filters"] = float(str(datatrove["seconds"]))
    rates["datatrove 0.10.1: the same, words split at white space"] = float(
        str(whitespace["seconds"])
    )
    rates["dolma 1.2.1: tagger gopher_v2"] = float(str(dolma["seconds"]))
    for what, seconds in rates.items():
        print(f"{what:66} {megabytes / seconds:8.2f} MB per core-second")
    print(f"\nratio to datatrove               {float(str(datatrove['seconds'])) / gopher:8.1f}")
    print(f"ratio with white-space words     {float(str(whitespace['seconds'])) / gopher:8.1f}")
    print(f"ratio to dolma                   {float(str(dolma['seconds'])) / gopher:8.1f}")
    print(f"every rule of every family       {megabytes / every:8.2f} MB per core-second")
    print("\nshare of documents kept, and decided as datatrove's two filters decide")
    print(f"  {'datatrove 0.10.1':20} {sum(datatrove['kept']) / len(texts):6.3f}")  # type: ignore
    for name in ("gopher", "datatrove", "dolma", "dclm", "fineweb", "refinedweb"):
        share = sum(kept[name]) / len(texts)
        print(f"  {name:20} {share:6.3f} {agreement(kept[name], datatrove['kept']):8.3f}")
    print()
    print(
        json.dumps(
            {
                "name": "quality",
                "ours": round(megabytes / gopher, 2),
                "peer": round(megabytes / float(str(datatrove["seconds"])), 3),
                "unit": "MB of text per core-second, Gopher's 21 rules",
                "ratio": round(float(str(datatrove["seconds"])) / gopher, 1),
                "peer_version": "datatrove 0.10.1",
                "haybale": version("haybale"),
            }
        )
    )


if __name__ == "__main__":
    main()
