"""The five stages, one per file: ingest, deduplicate, tokenizer, tokenize, document."""
