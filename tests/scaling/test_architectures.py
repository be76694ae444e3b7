import pytest

from haybale.scaling.architectures import (
    CHINCHILLA,
    GOPHER,
    TABLE_A9,
    Architecture,
    nearest_published,
)

# Hoffmann et al. 2022 (arXiv 2203.15556), table A9: millions of parameters, width, feed-forward
# width, key width, heads, layers.
ROWS = [
    (44, 512, 2048, 64, 8, 8),
    (74, 640, 2560, 64, 10, 10),
    (117, 768, 3072, 64, 12, 12),
    (175, 896, 3584, 64, 14, 14),
    (251, 1024, 4096, 64, 16, 16),
    (425, 1280, 5120, 128, 10, 18),
    (552, 1280, 5120, 128, 10, 24),
    (1018, 1792, 7168, 128, 14, 23),
    (1143, 1792, 7168, 128, 14, 26),
    (1593, 2048, 8192, 128, 16, 28),
    (2298, 2560, 10240, 128, 20, 26),
    (2980, 2560, 10240, 128, 20, 34),
    (4516, 3072, 12288, 128, 24, 36),
    (6796, 3584, 14336, 128, 28, 40),
    (9293, 4096, 16384, 128, 32, 42),
    (12295, 4608, 18432, 128, 36, 44),
    (16183, 5120, 20480, 128, 40, 47),
]
# The first column of all 50 rows, sorted by width and then depth.
COUNTS = (
    "44 57 74 90 106 117 140 163 175 196 217 251 278 306 425 489 552 509 587 664 632 724 816 893 "
    "1018 1143 1266 1429 1593 1424 1609 1794 1731 2007 2283 2298 2639 2980 3530 3802 4084 4516 "
    "6796 9293 11452 12295 12569 13735 14940 16183"
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}M")
def test_a_row_of_table_a9_is_in_the_family_and_counts_as_printed(row):
    millions, *shape = row
    architecture = Architecture(*shape)
    assert architecture in TABLE_A9
    assert architecture.parameters() == pytest.approx(millions * 1e6, rel=0.01)


def test_all_fifty_rows_count_as_printed_within_one_per_cent():
    printed = [int(count) * 1e6 for count in COUNTS.split()]
    assert len(printed) == 50
    assert [shape.parameters() for shape in TABLE_A9] == pytest.approx(printed, rel=0.01)


def test_chinchilla_and_gopher_count_as_they_are_called():
    assert CHINCHILLA.parameters() == pytest.approx(70e9, rel=0.01)
    assert GOPHER.parameters() == pytest.approx(280e9, rel=0.01)


def test_a_larger_vocabulary_adds_its_rows_of_the_embedding():
    # 1,000 pieces more, a row of 512 each.
    assert TABLE_A9[0].parameters(33_000) - TABLE_A9[0].parameters() == 512_000


def test_the_nearest_published_shape_is_nearest_by_ratio():
    # Between 4,516 and 6,796 million: the geometric mean is 5,540, the arithmetic one 5,656.
    assert nearest_published(5.4e9).depth == 36
    assert nearest_published(5.6e9).depth == 40
    assert nearest_published(70e9) is CHINCHILLA
