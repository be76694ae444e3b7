"""The source distribution: all that a checkout has of the package and its tests, and no more."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOR_DEVELOPMENT = (".ci/", ".github/", ".gitattributes", ".gitignore", ".pre-commit-config.yaml")
"""What only a checkout needs; MANIFEST.in is there, but is nobody's business."""
GENERATED = ("PKG-INFO", "setup.cfg", "src/haybale.egg-info/")
LINKS = {link.name for link in (ROOT / "src" / "haybale").iterdir() if link.is_symlink()}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a checkout"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)  # the wheel is built from the sdist
    return folder


def test_it_holds_what_a_checkout_has_and_nothing_else(built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as packed:
        members = [member for member in packed.getmembers() if member.isfile()]
    names = {member.name.partition("/")[2] for member in members}
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    expected = {_in_sdist(name) for name in files if not name.startswith(FOR_DEVELOPMENT)}
    # Recipes stand in it twice: in the package, and where tests and people look for them.
    expected |= {name for name in files if name.startswith("recipes/")}
    assert names - expected - {one for one in names if one.startswith(GENERATED)} == set()
    assert expected - names == set()


def _in_sdist(name):
    """Where a file of the checkout stands: rooms are below the package."""
    return f"src/haybale/{name}" if name.partition("/")[0] in LINKS else name


def test_the_wheel_made_of_it_is_the_wheel_of_a_checkout(built, tmp_path):
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    ours, theirs = (zipfile.ZipFile(next(folder.glob("*.whl"))) for folder in (tmp_path, built))
    assert set(ours.namelist()) == set(theirs.namelist())
    for name in ours.namelist():
        if not name.endswith("RECORD"):
            assert ours.read(name) == theirs.read(name), name
