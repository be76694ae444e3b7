"""Text that stands in several documents: found by what it hashes to, cut out, recorded as edits.

A *repeat* is a line, a paragraph or a run of words (a span) that occurs more than once. No text and
no suffix array crosses a shuffle; four looks at each batch of documents do:

    anchors      64-bit keys of lines and paragraphs, and of a sample of short runs of words
    occurrences  where a repeat may stand: its anchor occurs elsewhere too; with 128-bit keys
    verdicts     for each such key, where it first occurs in the corpus
    cuts         all other occurrences, as spans of bytes

First means: in the document of the smallest id, at the smallest position. Ids are digests, so this
follows from the documents alone, not from order, parts or workers.
"""
