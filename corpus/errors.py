"""Everything Haybale raises on purpose.

    HaybaleError
    ├── RecipeError               a recipe, a flag or an environment that cannot be right
    ├── SchemaError               a file whose columns or metadata are not what they should be
    ├── CorruptInputError         input that cannot be read; carries path, position and reason
    ├── CorruptShardError         a finished file that no longer matches its digest
    ├── ManifestMismatchError     an output folder that belongs to another run
    ├── CheckpointMismatchError   a saved position that belongs to another corpus or order
    ├── StorageError              a disk or object store that is full, or fails again and again
    ├── RemoteError               a server that refuses or does not answer (haybale.loaders.remote)
    └── TrainingStopped           a run that was asked to end (haybale.training.stopping)

Messages say what was expected, what was found and where, and what to do.
"""


class HaybaleError(Exception):
    """Base of every error that a user can meet and mend."""


class RecipeError(HaybaleError):
    """A setting that cannot be right: the user's to change."""


class SchemaError(HaybaleError):
    """A file whose schema or metadata is not the expected one."""


class CorruptInputError(HaybaleError):
    """Input that cannot be read.

    Attributes:
        path: The file, as the recipe names it.
        position: Decompressed byte offset, row or WARC offset at which reading failed.
        reason: What is wrong, without path and position.
    """

    def __init__(self, path: str, position: int, reason: str) -> None:
        super().__init__(f"{path}: {reason} (at {position})")
        self.path = path
        self.position = position
        self.reason = reason

    def __reduce__(self) -> tuple[type, tuple[str, int, str]]:
        return type(self), (self.path, self.position, self.reason)


class CorruptShardError(HaybaleError):
    """A finished file that no longer is what its manifest says."""


class ManifestMismatchError(HaybaleError):
    """An output folder that belongs to another recipe, input or version."""


class StorageError(HaybaleError):
    """A disk or an object store that is full, or that fails at every try."""


class CheckpointMismatchError(HaybaleError):
    """A saved position that does not fit the corpus or order it is loaded into."""
