"""What is to outlive a power failure."""

import os

from haybale.corpus.storage import Folder


def test_a_file_is_synced_with_all_folders_that_lead_to_it(tmp_path, monkeypatch):
    folder, synced = Folder(str(tmp_path)), []
    folder.commit_bytes("a/b/c.json", b"{}")
    paths = {(tmp_path / name).stat().st_ino: name for name in ("", "a", "a/b", "a/b/c.json")}
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(paths[os.fstat(fd).st_ino]))
    folder.sync("a/b/c.json", "a/gone/d.json")
    assert synced[0] == "a/b/c.json"
    assert sorted(synced[1:]) == ["", "a", "a/b"]
