"""Shards on S3, Google Cloud Storage or the web, read through a bounded cache on local disk."""
