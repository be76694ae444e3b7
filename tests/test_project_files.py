"""Files for people around the code say what the code says: citation, workflows, hooks, licences."""

import importlib.util
import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

import haybale

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHONS = ["3.11", "3.12", "3.13"]
GITHUB = ROOT / ".github"


def read(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_the_citation_has_what_its_format_requires_and_the_release():
    # Citation File Format 1.2.0: required keys; an author that is no person has a name.
    found = read("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= found.keys()
    assert found["cff-version"] == "1.2.0"
    assert found["type"] == "software"
    assert all(isinstance(author.get("name"), str) for author in found["authors"])
    assert found["version"] == haybale.__version__
    assert found["license"] == PROJECT["project"]["license"]


@pytest.mark.skipif(not GITHUB.exists(), reason="source distributions have no workflows")
def test_workflows_run_on_every_python_and_by_targets_of_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name, job in (("test", "test"), ("wheels", "try")):
        workflow = read(f".github/workflows/{name}.yml")
        matrix = workflow["jobs"][job]["strategy"]["matrix"]
        assert matrix["python-version"] == PYTHONS
        runs = [
            step["run"]
            for one in workflow["jobs"].values()
            for step in one["steps"]
            if "run" in step
        ]
        kinds = matrix.get("kind", [""])
        for command in (run.replace("${{ matrix.kind }}", kind) for run in runs for kind in kinds):
            make, *asked = command.split()
            assert (make, set(asked) - targets) == ("make", set())
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"


@pytest.mark.skipif(not GITHUB.exists(), reason="source distributions have no templates")
def test_issue_forms_have_what_github_requires():
    # GitHub's syntax for issue forms: name, description, body; inputs have an id and a label.
    forms = sorted(
        set(GITHUB.glob("ISSUE_TEMPLATE/*.yml")) - {GITHUB / "ISSUE_TEMPLATE/config.yml"}
    )
    assert forms
    for form in forms:
        found = read(form)
        assert {"name", "description", "body"} <= found.keys(), form
        for element in found["body"]:
            if element["type"] == "markdown":
                assert element["attributes"]["value"]
                continue
            assert element["type"] in {"input", "textarea", "dropdown", "checkboxes"}
            assert element["id"]
            assert element["attributes"]["label"]


@pytest.mark.skipif(not GITHUB.exists(), reason="source distributions have no hooks")
def test_hooks_run_what_make_installed():
    hooks = [hook for repo in read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert {hook["entry"].split()[0] for hook in hooks} == {
        f".venv/bin/{name}" for name in ("ruff", "mypy", "lint-imports", "python")
    }
    assert all(hook["language"] == "system" for hook in hooks)


def third_party():
    """The module that writes THIRD_PARTY.md."""
    path = ROOT / "docs" / "reference" / "generate" / "third_party.py"
    spec = importlib.util.spec_from_file_location("third_party", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_licences_are_those_of_the_packages_that_run_as_pinned():
    assert (ROOT / "THIRD_PARTY.md").read_text() == third_party().third_party(), "make licences"


def test_every_data_file_of_the_package_is_named_in_third_party():
    text = (ROOT / "THIRD_PARTY.md").read_text()
    named = re.findall(r"`([\w/.*]+)`", text.partition("## Installed beside it")[0])
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["haybale"]
    rooms = ROOT / "src" / "haybale"
    files = [
        path.relative_to(rooms).as_posix()
        for pattern in patterns
        for path in rooms.glob(pattern)
        if pattern != "py.typed"
    ]
    assert len(files) > 40  # of languages alone there are 37
    unnamed = [file for file in files if not any(fnmatch(file, one) for one in named)]
    assert unnamed == []
