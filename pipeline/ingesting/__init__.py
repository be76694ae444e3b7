"""What ingest does with a batch of documents, and what it measures of it."""
