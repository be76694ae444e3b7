"""The checks of a finished corpus, one kind per file; `haybale.corpus.verify` runs them."""
