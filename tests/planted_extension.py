"""Another package with an entry point, as pip leaves it in a folder."""

import sys
from pathlib import Path


def install(
    folder: Path, name: str, group: str, source: str, *, version: str = "1.2", module: str = ""
) -> None:
    """Leave a package of one module in a folder of the path."""
    (folder / f"{name}.py").write_text(source)
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (about / "entry_points.txt").write_text(f"[{group}]\n{name} = {module or name}\n")
    sys.modules.pop(name, None)
