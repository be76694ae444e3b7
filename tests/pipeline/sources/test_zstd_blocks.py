"""Frames of zstd files, whatever the number of their blocks and what ends them."""

import io
import os

import pytest
import zstandard

from haybale.pipeline.sources.compression import plain_blocks

BLOCK = 128 << 10  # RFC 8878, 3.1.1.2: the most that a block holds


@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("num_blocks", [0, 1, 7, 8, 9, 16, 24])
def test_a_frame_of_any_number_of_blocks_is_read_to_its_end(num_blocks, checksum):
    text = os.urandom(num_blocks * BLOCK)  # so that every block is full
    frame = zstandard.ZstdCompressor(level=1, write_checksum=checksum).compress(text)
    # Another one behind it is read too.
    assert b"".join(plain_blocks(io.BytesIO(frame * 2), "a.jsonl.zst")) == text * 2
