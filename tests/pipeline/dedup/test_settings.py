from fractions import Fraction

import pytest

from haybale.corpus.errors import RecipeError
from haybale.pipeline.dedup.bands import candidate_probability
from haybale.pipeline.dedup.presets import PRESETS
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.dedup.shingles import Shingles


@pytest.mark.parametrize(
    ("num_bands", "rows", "similarity", "expected"),
    [
        # 1 - (1 - s^r)^b; published S-curves of FineWeb (14 x 8) and RefinedWeb (450 x 20), and
        # the banding that datasketch picks for 128 hashes at 0.8 (9 x 13), which misses most.
        (14, 8, 0.8, 0.924),
        (14, 8, 0.7, 0.564),
        (450, 20, 0.8, 0.995),
        (9, 13, 0.8, 0.399),
    ],
)
def test_the_s_curve_is_the_published_one(num_bands, rows, similarity, expected):
    assert candidate_probability(similarity, num_bands, rows) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("preset", "shingles", "banding"),
    [
        # 128 hashes at 0.8: 21 bands of 6 give 1 - (1 - 0.262144)^21 = 0.9983; 18 of 7 give
        # 1 - (1 - 0.2097152)^18 = 0.9855, which is below 0.99.
        ("gopher", Shingles("words", 13), (128, 21, 6)),
        ("slimpajama", Shingles("characters", 13), (128, 21, 6)),
        # As published.
        ("fineweb", Shingles("words", 5), (112, 14, 8)),
        ("refinedweb", Shingles("words", 5), (9000, 450, 20)),
    ],
)
def test_a_preset_is_what_was_published_or_reaches_its_recall(preset, shingles, banding):
    scheme = DedupSettings(preset=preset).scheme
    assert scheme.shingles == shingles
    assert (scheme.num_hashes, scheme.num_bands, scheme.band_rows) == banding


@pytest.mark.parametrize("preset", PRESETS)
def test_another_threshold_gets_bands_of_its_own(preset):
    scheme = DedupSettings(preset=preset, threshold=0.6).scheme
    assert scheme.threshold == 0.6
    assert candidate_probability(0.6, scheme.num_bands, scheme.band_rows) >= 0.99


def test_bands_as_given_are_taken():
    scheme = DedupSettings(num_bands=20, band_rows=5).scheme
    assert (scheme.num_hashes, scheme.num_bands, scheme.band_rows) == (100, 20, 5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": 0.0}, r"threshold: expected a number in \(0, 1\), found 0.0"),
        ({"threshold": 1.5}, r"threshold: expected a number in \(0, 1\), found 1.5"),
        ({"shingle_length": 0}, "shingle_length: expected 1 to 1000, found 0"),
        ({"num_hashes": 0}, "num_hashes: expected 1 to 20000, found 0"),
        ({"num_hashes": 1, "threshold": 0.5}, "cannot reach a recall"),
        ({"target_recall": 1.0}, "target_recall: expected a number"),
        ({"num_bands": 20, "num_hashes": 100}, "leave num_hashes and target_recall out"),
        ({"num_bands": 20}, "num_bands and band_rows belong together"),
        ({"preset": "refinedweb", "verify": "estimate"}, "signatures of 9,000 hashes"),
        ({"near": False, "threshold": 0.7}, "threshold has no effect with near = false"),
        ({"near": False, "split_margin": 0.2}, "split_margin has no effect with near = false"),
        ({"split_margin": -0.1}, r"split_margin: expected at least 0 .* 0\.8, found -0\.1$"),
        ({"split_margin": 0.8}, r"less than the threshold 0\.8, found 0\.8$"),
        ({"split_margin": float("nan")}, "found nan$"),
        ({"threshold": 0.1}, r"less than the threshold 0\.1, found 0\.1$"),
        ({"near": False, "preset": "fineweb"}, "preset has no effect with near = false"),
        ({"near": False, "exact": ()}, "expected exact duplicates, near-duplicates or both"),
        ({"exact": ("text", "text")}, "exact: expected each once"),
        ({"scope": "snapshot"}, "belong together"),
        ({"snapshot": "x"}, "belong together"),
        ({"scope": "snapshot", "snapshot": "("}, "expected a regular expression"),
        ({"keep": ("priority",)}, "keep with 'priority' and the setting priority"),
        ({"score": "quality"}, "keep with 'score' and the setting score"),
    ],
)
def test_what_cannot_be_is_refused(settings, message):
    with pytest.raises(RecipeError, match=message) as raised:
        DedupSettings(**settings)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("margin", "expected"), [(0.1, "0.7"), (0.0, "0.8"), (0.015, "0.785")])
def test_kin_begin_a_margin_below_the_threshold_to_the_digit(margin, expected):
    # In binary, 0.8 - 0.1 is 0.7000000000000001.
    assert DedupSettings(split_margin=margin).kin_threshold == Fraction(expected)


def test_the_preset_finds_most_kin_but_fewer_than_duplicates():
    # 1 - (1 - s^6)^21: at 0.75 of 1 - 0.822021^21, at 0.7 of 1 - 0.882351^21.
    scheme = DedupSettings().scheme
    assert scheme.recall(0.75) == pytest.approx(0.98369, abs=1e-5)
    assert scheme.recall(0.7) == pytest.approx(0.92781, abs=1e-5)


def test_the_standard_error_of_an_estimate():
    # sqrt(0.8 * 0.2 / 128) = 0.03536
    assert DedupSettings().scheme.standard_error == pytest.approx(0.03536, abs=1e-5)
