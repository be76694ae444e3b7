"""Other packages' modules are loaded, named and told by version; a broken one says what to do."""

import re

import pytest
from planted_extension import install

from haybale.corpus.errors import RecipeError, StorageError
from haybale.corpus.extensions import calling, check_name, load_extensions, packages_of


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_modules_are_loaded_in_the_order_of_their_packages(site):
    install(site, "straw_b", "haybale.rules", "WHAT = 2\n")
    install(site, "straw_a", "haybale.rules", "WHAT = 1\n")
    install(site, "straw_c", "haybale.sources", "WHAT = 3\n")
    assert [loaded.WHAT for _, loaded in load_extensions("haybale.rules")] == [1, 2]


def test_a_package_is_told_by_any_of_its_modules_and_haybale_by_none(site):
    install(site, "straw_v", "haybale.dedup", "", version="4.5")
    found = packages_of(["straw_v.deeper", "haybale.quality.rules.c4", "json", "straw_v"])
    assert found == {"straw_v": "4.5"}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import not_there", "ModuleNotFoundError: No module named 'not_there'; mend that package"),
        ("1 / 0", "ZeroDivisionError: division by zero; mend that package, or uninstall it"),
    ],
)
def test_a_package_that_cannot_be_loaded_is_named(site, source, said):
    install(site, "straw_broken", "haybale.rules", source)
    entry = "straw_broken: entry point straw_broken = 'straw_broken' of haybale.rules"
    with pytest.raises(RecipeError, match=re.escape(f"{entry} cannot be loaded: {said}")):
        list(load_extensions("haybale.rules"))


KNOWN = {"gopher/word_count@1": "haybale.quality.rules.gopher_quality"}


@pytest.mark.parametrize(
    ("name", "about", "said"),
    [
        ("word_count", "Words.", "expected a name like family/what@1"),
        ("straw/words", "Words.", "expected a name like family/what@1"),
        ("gopher/word_count@1", "Words.", "has one of that name; choose another, or the next"),
        ("gopher/words@1", "Words.", "the family gopher/ is of haybale.*such as straw/"),
        ("straw/words@1", None, "expected a docstring"),
    ],
)
def test_a_name_that_cannot_be_says_why_and_what_to_do(name, about, said):
    with pytest.raises(RecipeError, match=rf"{name}.* in straw\.rules: .*{said}"):
        check_name(name, about, "straw.rules", KNOWN)


def test_a_package_may_add_to_a_family_of_its_own():
    check_name("straw/words@2", "Words.", "straw.more", KNOWN | {"straw/words@1": "straw.rules"})


def test_what_another_packages_function_raises_is_said_to_be_its():
    said = pytest.raises(RecipeError, match=r"x@1: straw\.rules raised KeyError: 1; try it")
    with said, calling("x@1", "straw.rules", "try it"):
        raise KeyError(1)


@pytest.mark.parametrize("error", [StorageError("full"), OSError("gone"), MemoryError()])
def test_what_is_nobodys_fault_is_left_as_it_is(error):
    with pytest.raises(type(error)), calling("x@1", "straw.rules", "try it"):
        raise error


def test_what_haybale_itself_raises_is_left_as_it_is():
    with pytest.raises(KeyError), calling("x@1", "haybale.quality", "try it"):
        raise KeyError(1)
