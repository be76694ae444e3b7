"""What becomes of a takedown that was written whole and not finished, when the next one comes."""

from collections.abc import Mapping
from typing import Any

import haybale
from haybale.corpus.errors import CorruptShardError
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import SWITCH_PATH, name_takedown
from haybale.pipeline.progress import Progress
from haybale.pipeline.takedown.ids import digest_of
from haybale.pipeline.takedown.switch import Switch, check_new, find_switch, finish_switch
from haybale.pipeline.takedown.work import Asked, clear


def pending(folder: Folder) -> dict[str, Any] | None:
    """The unfinished takedown: its date, reason, documents, and whether readers noticed (JSON)."""
    switch = find_switch(folder)
    if switch is None:
        return None
    entry = switch.told["takedown"]
    facts = {name: entry[name] for name in ("date", "reason", "documents")}
    return {**facts, "begun": switch.begun}


def settle(folder: Folder, asked: Asked, progress: Progress) -> dict[str, Any] | None:
    """Finish what was begun, or what is asked for again; discard what nobody has noticed.

    Returns:
        What was told of the takedown, if it is the one that is asked for; None if that is yet to
        be done.
    """
    switch = find_switch(folder)
    if switch is None:
        if folder.exists(SWITCH_PATH):  # of another corpus, which was here before
            clear(folder)
        return None
    entry, same = switch.told["takedown"], _is_same_list(switch, asked)
    if not switch.begun:
        if not (same and _is_same_record(entry, asked)) or entry["haybale"] != haybale.__version__:
            progress.line(
                f"discarded: {name_takedown(entry)}, which was written and not begun; ask for it "
                "again if it is still wanted"
            )
            discard(folder)
            return None
        try:
            check_new(folder, switch)
        except CorruptShardError as error:
            progress.line(f"written once more, as what was written is not right: {error}")
            discard(folder)
            return None
    finish_switch(folder, switch, progress)
    if not same:
        progress.line(f"finished first: {name_takedown(entry)}")
        return None
    if not _is_same_record(entry, asked):
        progress.line(
            f"the takedown was begun with reason: {entry['reason'] or 'none given'}; date: "
            f"{entry['date']}; that is what is recorded"
        )
    return switch.told


def discard(folder: Folder) -> None:
    """Remove a takedown of which nothing was exchanged: the corpus stays as it is."""
    folder.remove(SWITCH_PATH)
    clear(folder)


def _is_same_list(switch: Switch, asked: Asked) -> bool:
    told = switch.told
    near = told["near_duplicates"] is not None
    return (told["takedown"]["ids"], near) == (digest_of(asked.ids), asked.near_duplicates)


def _is_same_record(entry: Mapping[str, Any], asked: Asked) -> bool:
    return entry["reason"] == asked.reason and asked.date in ("", entry["date"])
