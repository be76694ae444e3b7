"""What a verification finds, and how it says how far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field

from haybale.corpus.manifest import MANIFEST_PATH, Manifest
from haybale.corpus.storage import Folder

Progress = Callable[[str, int], None]
"""Told what is being read, and how many bytes of it were read since it was last told."""

MAX_OF_A_KIND = 20
"""Problems of one kind that are listed one by one."""


@dataclass(frozen=True)
class Verification:
    """What was checked.

    Attributes:
        full: Whether everything was.
        num_files: Files whose size was compared.
        num_bytes: Their size.
        num_hashed: Files hashed again.
        hashed_bytes: Their size.
        documents: In shards.
        tokens: In shards.
        compared_documents: Documents whose tokens are those that their texts give again, or that
            are among the problems.
        decoded_documents: Documents that were decoded: a sample.
        exact_documents: Those of them that gave their very text: all, where the tokenizer loses
            nothing. That others did not is no problem.
        not_checked: One line for each thing that was left out, and why.
        problems: One line each; empty for a sound corpus.
    """

    full: bool
    num_files: int
    num_bytes: int
    num_hashed: int
    hashed_bytes: int
    documents: int
    tokens: int
    compared_documents: int
    decoded_documents: int
    exact_documents: int
    not_checked: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass
class Checking:
    """A verification under way.

    Attributes:
        folder: The corpus.
        manifest: What it should be.
        full: Whether everything is checked.
        progress: Told what is being read.
        damaged: Files that are not what the manifest says.
    """

    folder: Folder
    manifest: Manifest
    full: bool
    progress: Progress
    damaged: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    num_hashed: int = 0
    hashed_bytes: int = 0
    compared_documents: int = 0
    decoded_documents: int = 0
    exact_documents: int = 0
    _counts: dict[str, int] = field(default_factory=dict)

    def problem(self, path: str, what: str, kind: str = "", *, first: bool = False) -> None:
        """A file and what is wrong with it; of a kind only the first few are listed."""
        if kind:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            if self._counts[kind] > MAX_OF_A_KIND:
                return
        line = f"{self.folder.path(path)}: {what}"
        self.problems.insert(0 if first else len(self.problems), line)

    def has(self, prefix: str) -> bool:
        """Whether the manifest names any file that begins so."""
        return any(record.path.startswith(prefix) for record in self.manifest.files)

    def result(self) -> Verification:
        """What was found."""
        totals = self.manifest.totals.values()
        counts = [counts for subsets in totals for counts in subsets.values()]
        unlisted = [
            f"{self.folder.path(MANIFEST_PATH)}: {count - MAX_OF_A_KIND:,} more {kind}"
            for kind, count in self._counts.items()
            if count > MAX_OF_A_KIND
        ]
        return Verification(
            full=self.full,
            num_files=len(self.manifest.files),
            num_bytes=sum(record.num_bytes for record in self.manifest.files),
            num_hashed=self.num_hashed,
            hashed_bytes=self.hashed_bytes,
            documents=sum(count["documents"] for count in counts),
            tokens=sum(count["tokens"] for count in counts),
            compared_documents=self.compared_documents,
            decoded_documents=self.decoded_documents,
            exact_documents=self.exact_documents,
            not_checked=tuple(self.not_checked),
            problems=tuple(dict.fromkeys([*self.problems, *unlisted])),
        )
