"""The wheel, away from the repository: it holds every room, and bare names stay the user's."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ["cards", "corpus", "loaders", "pipeline", "quality", "scaling", "tokenization", "training"]

IMPORT_EVERYTHING = """
import importlib, pathlib, pkgutil, sys
import haybale
assert pathlib.Path(haybale.__file__).is_relative_to(sys.argv[1]), haybale.__file__
names = [info.name for info in pkgutil.walk_packages(haybale.__path__, "haybale.")]
names = [name for name in names if not name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
import pipeline, training
assert pipeline.MINE and training.MINE
print(len(names))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.mark.slow
def test_the_wheel_holds_every_module_data_file_and_recipe_and_nothing_bare(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    compiled = {".pyc", ".nbi", ".nbc"}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and path.suffix not in compiled:
                assert f"haybale/{path.relative_to(ROOT)}" in names
    for path in (ROOT / "recipes").glob("*.toml"):
        assert f"haybale/recipes/{path.name}" in names
    assert "haybale/py.typed" in names
    tops = {name.partition("/")[0] for name in names}
    assert all(top == "haybale" or top.endswith(".dist-info") for top in tops)


@pytest.mark.slow
def test_the_wheel_works_beside_a_users_own_pipeline_and_training(wheel, tmp_path):
    site, work = tmp_path / "site", tmp_path / "work"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site]
    subprocess.run([*install, wheel], check=True)
    for name in ("pipeline", "training"):
        (work / name).mkdir(parents=True)
        (work / name / "__init__.py").write_text("MINE = True\n")
    ended = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERYTHING, str(site)],
        cwd=work,
        env={"PYTHONPATH": str(site), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > 60


@pytest.mark.slow
def test_the_base_needs_neither_beam_nor_torch(wheel, tmp_path):
    environment = tmp_path / "clean"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    install = [python, "-m", "pip", "install", "--quiet", "--constraint", constraints, wheel]
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(install, check=True, env=alone)
    code = "import haybale.corpus.verify, haybale.corpus.shards, haybale.cards.write"
    subprocess.run([python, "-c", code], check=True, cwd=tmp_path, env=alone)
    for missing in ("apache_beam", "torch", "sentencepiece", "numba"):
        gone = subprocess.run(
            [python, "-c", f"import {missing}"],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env=alone,
        )
        assert gone.returncode != 0, missing
    ended = subprocess.run(
        [environment / "bin" / "haybale", "build", "demo", "--output", "x"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=alone,
    )
    assert ended.returncode == 2
    assert "pip install 'haybale[pipeline]'" in ended.stderr
