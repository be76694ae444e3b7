"""croissant.json: the corpus for machines."""
