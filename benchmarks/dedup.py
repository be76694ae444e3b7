"""All that is measured of deduplication and decontamination, one script after the other.

    HAYBALE_DATA=... python benchmarks/dedup.py [--quick]

--quick leaves out the peers, ten million documents and the suffix array.
"""

import argparse
import subprocess
import sys
from pathlib import Path

SCRIPTS = (
    ("dedup_recall.py", "--preset", "gopher"),
    ("dedup_recall.py", "--preset", "fineweb"),
    ("dedup_passes.py",),
    ("dedup_scale.py",),
    ("decontamination.py",),
    ("dedup_signatures.py",),
    ("repeats.py",),
)
QUICK = (
    ("dedup_recall.py", "--documents", "5000"),
    ("dedup_passes.py", "--documents", "1e5", "1e6"),
    ("dedup_scale.py", "--documents", "1e5", "1e6"),
    ("decontamination.py", "--megabytes", "5"),
)


def main() -> int:
    """Run them; the first that fails ends it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    for script, *arguments in QUICK if args.quick else SCRIPTS:
        print(f"\n== {script} {' '.join(arguments)}", flush=True)
        path = Path(__file__).with_name(script)
        ended = subprocess.run([sys.executable, str(path), *arguments], check=False)
        if ended.returncode:
            return ended.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
