"""Writes the pages of the reference whose source is the code, or says which are stale.

python docs/reference/generate            write them; `make reference`
python docs/reference/generate --check    name those that are not as the code has them
"""

import argparse
import sys
from pathlib import Path

from command_line import command_line
from recipe_fields import recipe_fields

from haybale.quality.specification import specification

DOCS = Path(__file__).parents[2]
PAGES = {
    "reference/command-line.md": command_line,
    "reference/recipe.md": recipe_fields,
    "rules.md": specification,
}
"""Below `docs/`."""


def main() -> int:
    """Write, or compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, name stale pages")
    check = parser.parse_args().check
    stale = [name for name, made in PAGES.items() if _text(DOCS / name) != made()]
    for name in stale:
        if check:
            print(f"docs/{name}: not what the code says; run make reference")
        else:
            (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
            print(f"docs/{name}")
    return 1 if check and stale else 0


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
