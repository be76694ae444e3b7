"""Builds a corpus again and again, with faults at random moments, and compares the bytes.

python torture_build.py [--faults N] [--seed S] [--first-build B] [--kinds KIND …]

Every build is one of a small made-up corpus with all stages on, and with four documents at which
planted code crashes: two raise, two kill the process. Faults are injected one after the other, at
random moments (`torture_build_faults.py`); after each the same build is begun again, until it is
done. Everything that it leaves outside of `run/` must then be byte for byte what an undisturbed
build leaves, and a fault may not end it with anything but an error that says what is wrong. A
failure prints seed and build; `--first-build` begins with it. The moments follow from the time that
the undisturbed build takes, so on a busy machine they come out a little different.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HOOKS = Path(__file__).parent / "torture_build_hooks"
sys.path.insert(0, str(HOOKS))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HOOKS), os.environ.get("PYTHONPATH")]))

import planted_crashes  # noqa: E402, on the path from here on

if not any(type(finder).__name__ == "_Planter" for finder in sys.meta_path):
    planted_crashes.install()

from torture_build_corpus import write_input  # noqa: E402
from torture_build_faults import KINDS, Fault  # noqa: E402
from torture_build_lives import DONE, UNCLEAR, TorturedBuild  # noqa: E402

MAX_FAULTS = 8
"""Of one build."""


def digests(output: Path) -> dict[str, str]:
    """Of every file of a corpus but those of its run."""
    return {
        str(path.relative_to(output)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(output.rglob("*"))
        if path.is_file() and path.relative_to(output).parts[0] != "run"
    }


def build_to_the_end(made: TorturedBuild, faults: Iterator[Fault], rng: random.Random) -> None:
    """Live again and again, with faults while there are any, until the corpus is there."""
    useless = 0
    while True:
        fault = next(faults, None)
        before = len(made.fired)
        code = made.live(fault, rng)
        if code == DONE:
            return
        assert code != UNCLEAR, f"after {fault}: {(made.folder / 'stderr').read_text()[-2000:]}"
        useless = useless + 1 if len(made.fired) == before else 0
        if useless >= 3:
            log = (made.folder / "stderr").read_text()[-2000:]
            raise AssertionError(f"the build ends without a fault, with {code}: {log}")


def plan_faults(
    rng: random.Random, kinds: tuple[str, ...], events: int, seconds: float
) -> Iterator[Fault]:
    """The faults of one build, over all of its stages."""
    num_faults = rng.randint(3, MAX_FAULTS)
    for _ in range(num_faults):
        share = rng.random() * 2 / num_faults
        yield Fault(rng.choice(kinds), 1 + int(events * share), seconds * share)


def torture(
    num_faults: int, seed: int, kinds: tuple[str, ...] = KINDS, first_build: int = 0
) -> tuple[Counter[tuple[str, str]], list[str], int]:
    """Inject so many faults; returns how many by kind and stage, what failed, and the builds."""
    fired: Counter[tuple[str, str]] = Counter()
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        recipe = write_input(Path(name, "input"))
        calm = TorturedBuild(recipe, Path(name, "calm"))
        calm.folder.mkdir()
        started = time.monotonic()
        build_to_the_end(calm, iter(()), random.Random(0))
        seconds = time.monotonic() - started
        expected = digests(calm.output)
        events = int(calm.folder.joinpath("events").read_text()) * 4
        number = first_build
        while fired.total() < num_faults:
            rng = random.Random(f"{seed}/{number}")
            made = TorturedBuild(recipe, Path(name, "made"))
            made.folder.mkdir()
            try:
                build_to_the_end(made, plan_faults(rng, kinds, events, seconds), rng)
                found = digests(made.output)
                wrong = sorted(
                    path
                    for path in expected.keys() | found.keys()
                    if expected.get(path) != found.get(path)
                )
                assert not wrong, f"{len(wrong)} files differ: {', '.join(wrong[:5])}"
            except AssertionError as error:
                failed.append(f"build {number} of --seed {seed}, after {made.fired}: {error}")
                print(failed[-1], flush=True)
            fired.update(made.fired)
            number += 1
            print(f"build {number}: {len(made.fired)} faults", file=sys.stderr, flush=True)
            shutil.rmtree(made.folder)
    return fired, failed, number - first_build


def table(fired: Counter[tuple[str, str]]) -> str:
    """Faults by kind and stage."""
    stages = list(dict.fromkeys(stage for _, stage in sorted(fired)))
    lines = [f"{'':16}" + "".join(f"{stage[:14]:>15}" for stage in stages)]
    for kind in sorted({kind for kind, _ in fired}):
        counts = "".join(f"{fired[kind, stage] or '':>15}" for stage in stages)
        lines.append(f"{kind:16}{counts}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first-build", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    wanted = parser.parse_args()
    started = time.monotonic()
    fired, failed, num_builds = torture(
        wanted.faults, wanted.seed, tuple(wanted.kinds), wanted.first_build
    )
    print(table(fired))
    print(
        f"{fired.total()} faults in {num_builds} builds, {len(failed)} failed, "
        f"{time.monotonic() - started:.0f} s"
    )
    print(
        json.dumps(
            {
                "name": "torture_build",
                "ours": num_builds - len(failed),
                "peer": num_builds,
                "unit": "builds whose bytes are those of an undisturbed one; peer is all of them",
                "ratio": (num_builds - len(failed)) / num_builds,
                "peer_version": f"{fired.total()} faults",
            }
        )
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
