"""The worker image: what its Dockerfile says agrees with the project; nothing is built here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
# x86-64-v3 in the System V ABI, under the names of LLVM; its OSXSAVE is the system's part of xsave.
LEVEL_3 = {"avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"}


def instructions():
    """Instruction and rest of each, lines joined, comments left out."""
    text = DOCKERFILE.read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def environment():
    """What ENV sets."""
    words = [word for name, rest in instructions() if name == "ENV" for word in rest.split()]
    return dict(word.split("=", 1) for word in words)


def pinned():
    """Version of every package of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return dict(line.split(" ")[0].split("==") for line in lines if "==" in line)


def test_the_image_is_of_the_beam_and_python_that_the_tests_ran_with():
    images = [rest.split()[0] for name, rest in instructions() if name == "FROM"]
    sdk = {image for image in images if image.startswith("apache/beam")}
    assert sdk == {f"apache/beam_python3.11_sdk:{pinned()['apache-beam']}"}
    assert re.search(r'requires-python = ">=3\.11"', (ROOT / "pyproject.toml").read_text())


def test_what_is_copied_exists_and_is_not_ignored():
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    kept = {line[1:] for line in ignored if line.startswith("!")}
    copied = [rest.split() for name, rest in instructions() if name == "COPY"]
    sources = {words[0] for words in copied if not words[0].startswith("--from")}
    assert sources == {".", "constraints.txt", "deploy/flex_template.py"}
    assert sources - {"."} <= kept
    for name in kept:
        assert (ROOT / name).exists(), name


def test_every_room_of_the_package_reaches_the_wheel():
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    for link in (ROOT / "src" / "haybale").iterdir():
        if link.is_symlink():
            assert f"!{link.name}" in ignored


def test_every_installation_is_pinned_and_none_brings_torch():
    runs = [rest for name, rest in instructions() if name == "RUN"]
    installs = [one for run in runs for one in run.split("&&") if "pip install" in one]
    assert len(installs) == 2
    for install in installs:
        assert "--constraint /opt/haybale/constraints.txt" in install
    extras = re.findall(r"\[(.+?)\]", installs[0])
    assert extras == ["pipeline"]


def test_beams_entrypoint_is_left_alone():
    assert {"ENTRYPOINT", "CMD", "USER"}.isdisjoint(name for name, _ in instructions())


def test_kernels_are_compiled_for_the_processors_that_the_image_says():
    features = environment()["NUMBA_CPU_FEATURES"].split(",")
    assert environment()["NUMBA_CPU_NAME"] == "x86-64-v3"
    assert {f"+{name}" for name in LEVEL_3} <= set(features)
    assert not any("avx512" in name for name in features)


BUILD = """
import sys
from pathlib import Path
from runpy import run_path
from dataflow_here import write_everything
from haybale.pipeline.build import build
from haybale.pipeline.progress import Progress

folder = Path(sys.argv[1])
recipe = write_everything(folder, run_path(sys.argv[2])["make_prose"])
build(recipe, str(folder / "out"), progress=Progress(quiet=True))
"""


@pytest.mark.slow
def test_no_kernel_is_compiled_after_the_image_is_warm(tmp_path):
    cache = tmp_path / "kernels"
    variables = {
        **{name: value for name, value in environment().items() if name.startswith("NUMBA")},
        "NUMBA_CACHE_DIR": str(cache),
        "PATH": str(Path(sys.executable).parent),
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT / "tests"),
    }

    def run(*command):
        command = [sys.executable, *command]
        subprocess.run(command, check=True, env=variables, cwd=tmp_path, capture_output=True)
        return {path: path.stat().st_mtime_ns for path in cache.rglob("*.nb[ic]")}

    warm = run("-m", "haybale.pipeline.engines.warm")
    assert len(warm) > 100
    prose = ROOT / "tests" / "pipeline" / "conftest.py"
    assert run("-c", BUILD, tmp_path / "input", prose) == warm
