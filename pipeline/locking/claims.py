"""The lock of an output folder in an object store, which has no locks: claims that show life.

    run/locks/<token>.claim     who claims the folder; written once
    run/locks/<token>.beat      written anew every HEARTBEAT_SECONDS, as long as the build lives

The earliest claim that shows life holds the folder. All times are those that the store gives its
objects, so that clocks of computers need not agree. Both stores show what was written in every
later listing; who claims looks SETTLE_SECONDS later, by when an earlier claim is visible and a
later one has a later time even where times are whole seconds.
"""

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator

from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import HaybaleError, ManifestMismatchError
from haybale.corpus.storage import Folder
from haybale.pipeline.locking.owner import Owner

LOCKS_FOLDER = "run/locks"
HEARTBEAT_SECONDS = 20.0
STALE_SECONDS = 300.0
"""Without a sign of life. Longer than a heartbeat and all the patience with a store that fails."""
SETTLE_SECONDS = 2.0

AT_WORK = "another build or takedown is at work in this folder"
OR_ELSEWHERE = ", or choose another --output"

_CLAIM, _BEAT = ".claim", ".beat"


class Claim:
    """This build's claim, and the thread that shows its life.

    Args:
        folder: The output folder.
        advice: See `haybale.pipeline.locking.lock.locked`.
    """

    def __init__(self, folder: Folder, advice: str) -> None:
        self._folder, self._advice = folder, advice
        self._token = secrets.token_hex(8)  # reaches nothing outside run/locks
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._show_life, name="haybale-lock", daemon=True)

    def acquire(self, say: Callable[[str], None]) -> None:
        """Claim the folder.

        Raises:
            ManifestMismatchError: If another claim that shows life was earlier.
        """
        owner = canonical_json(vars(Owner.this_process()))
        self._folder.commit_bytes(self._path(self._token, _CLAIM), owner)
        written = time.monotonic()
        time.sleep(SETTLE_SECONDS)
        claims, signs = self._listed()
        mine = claims[self._token]
        now = mine + (time.monotonic() - written) * 1e9
        for token, claimed_at in claims.items():
            if token == self._token:
                continue
            age = (now - max(claimed_at, signs.get(token, 0))) / 1e9
            try:
                other = Owner.from_bytes(self._folder.read(self._path(token, _CLAIM)))
            except HaybaleError:
                continue  # withdrawn since it was listed
            if other.is_dead() or age > STALE_SECONDS:
                self._remove(token)
                say(f"taken over from {other}, which ended without a word {age:.0f} s ago")
            elif (claimed_at, token) < (mine, self._token):
                raise ManifestMismatchError(
                    f"{self._folder.uri}: {AT_WORK}, {other}, last heard of {max(age, 0):.0f} s "
                    f"ago; wait for it to end{self._advice} (silent for {STALE_SECONDS:.0f} s, it "
                    "would be taken for dead)"
                )
        self._thread.start()

    def check(self) -> None:
        """See `haybale.pipeline.locking.lock.BuildLock`."""
        if not self._folder.exists(self._path(self._token, _CLAIM)):
            raise ManifestMismatchError(
                f"{self._folder.uri}: another build took this folder over, as nothing was heard of "
                f"this one for {STALE_SECONDS:.0f} s (a computer asleep, or a store out of reach); "
                "let the other one end"
            )

    def release(self) -> None:
        """Withdraw the claim."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        with contextlib.suppress(HaybaleError):  # it goes stale by itself
            self._remove(self._token)

    def _show_life(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(Exception):  # whatever fails, the next beat may do
                self._folder.commit_bytes(self._path(self._token, _BEAT), b"")

    def _listed(self) -> tuple[dict[str, int], dict[str, int]]:
        """Times in nanoseconds, by token, of claims and of the last signs of life."""
        found: dict[str, dict[str, int]] = {_CLAIM: {}, _BEAT: {}}
        for file in self._folder.stored(LOCKS_FOLDER):
            token, dot, kind = file.path.rpartition("/")[2].partition(".")
            found.setdefault(dot + kind, {})[token] = file.modified
        return found[_CLAIM], found[_BEAT]

    def _remove(self, token: str) -> None:
        """The claim last: a beat alone claims nothing."""
        self._folder.remove(self._path(token, _BEAT))
        self._folder.remove(self._path(token, _CLAIM))

    def _path(self, token: str, kind: str) -> str:
        return f"{LOCKS_FOLDER}/{token}{kind}"


@contextlib.contextmanager
def claimed(
    folder: Folder, say: Callable[[str], None], *, advice: str = OR_ELSEWHERE
) -> Iterator[Claim]:
    """Hold a folder of an object store while the block lasts; see `locked`.

    Raises:
        ManifestMismatchError: If another build is at work there.
    """
    claim = Claim(folder, advice)
    try:
        claim.acquire(say)
        yield claim
    finally:
        claim.release()
