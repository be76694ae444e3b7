"""Token files of other trainers to a corpus; the inverse of `haybale.loaders.export`.

It stands here and not in the pipeline because it needs no text, no tokenizer and no Beam: what the
peers' bytes mean is known to this room. Memory does not grow with the corpus.
"""

from haybale.loaders.importing.corpus import import_corpus
from haybale.loaders.importing.megatron import MegatronFile
from haybale.loaders.importing.olmo import OlmoArray
from haybale.loaders.importing.paths import find_files
from haybale.loaders.importing.settings import ImportSettings

__all__ = ["ImportSettings", "MegatronFile", "OlmoArray", "find_files", "import_corpus"]
