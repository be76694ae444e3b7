"""Builds `input/` and packs what comes out as a golden corpus: only for a new format version.

    python tests/golden/renew.py corpus-v2-whole

What is there is never overwritten: corpora of earlier versions have to stay readable.
"""

import argparse
import sys
import tarfile
import tempfile
from pathlib import Path

from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress

HERE = Path(__file__).parent
RECIPE = HERE / "input" / "recipe.toml"


def main() -> int:
    """Build and pack."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", help="of the archive, such as corpus-v2-whole")
    archive = HERE / f"{parser.parse_args().name}.tar.xz"
    if archive.exists():
        print(f"{archive}: is there already; choose the name of a new version", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        build(RECIPE, scratch, progress=Progress(quiet=True))
        pack(Path(scratch), archive)
    print(f"{archive}: {archive.stat().st_size:,} bytes")
    return 0


def pack(corpus: Path, archive: Path) -> None:
    """Pack a corpus without `run/`; the same files give the same archive."""
    files = sorted(path.relative_to(corpus) for path in corpus.rglob("*") if path.is_file())
    with tarfile.open(archive, "w:xz", format=tarfile.PAX_FORMAT) as packed:
        for path in files:
            if path.parts[0] == "run":
                continue
            member = tarfile.TarInfo(path.as_posix())
            member.size = (corpus / path).stat().st_size
            with (corpus / path).open("rb") as file:
                packed.addfile(member, file)


if __name__ == "__main__":
    raise SystemExit(main())
