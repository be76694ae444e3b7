import pytest

from haybale.cards.license_classes import CLASSES, license_class


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("", "unknown"),
        ("  NOASSERTION ", "unknown"),
        ("CC0-1.0", "public domain"),
        ("http://creativecommons.org/publicdomain/mark/1.0/", "public domain"),
        ("Creative Commons Zero v1.0 Universal", "public domain"),
        ("Public Domain", "public domain"),
        ("MIT", "permissive"),
        ("The MIT License", "permissive"),
        ("Apache License, Version 2.0", "permissive"),
        ("BSL-1.0", "permissive"),
        ("Python-2.0", "permissive"),
        ("cc-by-4.0", "attribution"),
        ("Creative Commons Attribution 4.0 International", "attribution"),
        ("odc-by", "attribution"),
        ("CC BY-SA 3.0", "share-alike"),
        ("Creative Commons Attribution-ShareAlike 3.0 Unported", "share-alike"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "share-alike"),
        ("GNU Lesser General Public License v2.1", "share-alike"),
        ("gpl3", "share-alike"),
        ("CC-BY-ND-4.0", "no-derivatives"),
        ("https://creativecommons.org/licenses/by-nc-nd/3.0/de/", "non-commercial"),
        ("cc-by-nc-sa-4.0", "non-commercial"),
        ("Copyright 2019 J. Doe. All rights reserved.", "proprietary"),
        ("BUSL-1.1", "proprietary"),
        ("llama3.1", "proprietary"),
        ("my own", "other"),
        ("mitten", "other"),  # not MIT
        ("<script>", "other"),
    ],
)
def test_a_statement_has_its_class(statement, expected):
    assert license_class(statement) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("GPL-3.0-only OR MIT", "permissive"),  # the reader may choose the freer
        ("MIT AND CC-BY-SA-4.0", "share-alike"),  # both bind: the stricter
        ("CC0-1.0 OR MIT AND GPL-2.0-only", "public domain"),  # AND binds first
        ("MIT AND my-own", "other"),
        ("(MIT OR GPL-3.0-only) AND CC-BY-NC-4.0", "other"),  # brackets are not read
    ],
)
def test_an_expression_is_its_freest_choice_of_its_strictest_parts(expression, expected):
    assert license_class(expression) == expected


def test_every_class_is_explained():
    assert all(CLASSES.values())


def test_a_licence_of_a_compilation_is_not_one_of_its_texts():
    statement = "CC-BY-4.0 (benchmark compilation; page content remains with its publisher)"
    assert license_class(statement) == "other"
    assert license_class("CC-BY-4.0 (markup; text public domain)") == "attribution"
