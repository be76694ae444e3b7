"""For `--setup_file` while developing: what workers install, packed from this working tree.

    haybale build recipe.toml --output gs://... -- --setup_file=deploy/workers/setup.py ...

Beam packs the folder of this file and workers install that with pip, without extras; but what
workers need beside the base is an extra. So the package that is packed here is Haybale with the
extra `pipeline` among its dependencies.
"""

import re
import shutil
import tomllib
from pathlib import Path

from setuptools import setup
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parents[2]


def dependencies(project: dict) -> list[str]:
    """Those of the base and of the extra `pipeline`, with the extras that it names."""
    extras, found = project["optional-dependencies"], list(project["dependencies"])
    pending = ["pipeline"]
    while pending:
        for line in extras[pending.pop()]:
            own = re.fullmatch(r"haybale\[(.+)\]", line)
            if own:
                pending += own[1].split(",")
            else:
                found.append(line)
    return sorted(found)


class PackWorkers(sdist):
    """Packs the package's folders, links followed, and a project file of its own."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Lay out what is packed."""
        target = Path(base_dir)
        ignored = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
        shutil.copytree(ROOT / "src" / "haybale", target / "haybale", ignore=ignored)
        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        listed = "".join(f"  {line!r},\n" for line in dependencies(tomllib.loads(text)["project"]))
        text = re.sub(r"(?ms)^dependencies = \[.*?^\]", f"dependencies = [\n{listed}]", text)
        text = text.replace('where = ["src"]', 'where = ["."]\ninclude = ["haybale*"]')
        text = text.replace('package-dir = { "" = "src" }\n', "")
        (target / "pyproject.toml").write_text(text, encoding="utf-8")
        for name in ("README.md", "LICENSE"):
            shutil.copyfile(ROOT / name, target / name)


setup(
    name="haybale",
    version=re.search(r'__version__ = "(.+)"', (ROOT / "src/haybale/__init__.py").read_text())[1],
    packages=[],
    py_modules=[],
    cmdclass={"sdist": PackWorkers},
)
