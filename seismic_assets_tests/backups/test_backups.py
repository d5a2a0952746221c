"""Backups of a small deployment: tables, a database, files, written to while they are copied."""

import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from seismic_assets.backups import (
    Area,
    BackupError,
    LeftOut,
    check_backup,
    found_backup,
    make_backup,
    restore_backup,
    tables,
)
from seismic_assets.backups.manifest import NAME, load_manifest, save_manifest
from seismic_assets.file_locks import held
from seismic_assets.lake import Lake
from seismic_assets.lake.tables import Table
from seismic_assets.objects.files import listed
from seismic_assets_tests.small_disk import small_disk

ROWS = Table("rows", pa.schema([("file_id", pa.string()), ("number", pa.int64())]), ("file_id", "number"), True)
ONE = Table("one", pa.schema([("number", pa.int64())]), ("number",), False)


def frame(numbers: range, file_id: str) -> pl.DataFrame:
    return pl.DataFrame({"file_id": [file_id] * len(numbers), "number": list(numbers)})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two tables, a database in WAL mode that is open elsewhere, and files."""
    root = tmp_path / "storage"
    lake = Lake(root / "lake")
    lake.replace_file(ROWS, "a.sgy", frame(range(5), "a.sgy"))
    lake.replace_file(ROWS, "a.sgy", frame(range(7), "a.sgy"))
    lake.replace_file(ROWS, "c.sgy", frame(range(3), "c.sgy"))
    lake.replace(ONE, pl.DataFrame({"number": [1, 2]}))
    (root / "kept.json").write_text("{}")
    (root / "kept.lock").write_text("")
    (root / "lake" / "_locks").mkdir()
    (root / "lake" / "_locks" / "x.lock").write_text("")
    with closing(sqlite3.connect(root / "numbers.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE numbers (number INTEGER)")
        database.execute("INSERT INTO numbers VALUES (1)")
        database.commit()
    return root


def areas(root: Path) -> list[Area]:
    return [Area("state", root, without=("lake/*",)), Area("lake", root / "lake")]


def backed_up(root: Path, destination: Path, **options: int) -> Path:
    folder, _ = make_backup(areas(root), [LeftOut("the sea", "too large")], destination, "1.2.3", **options)
    return folder


def later(folder: Path) -> None:
    """As if the backup had been made a day before: the next has another name."""
    folder.rename(folder.with_name("20010101T000000Z"))


def numbers(root: Path) -> list[int]:
    with closing(sqlite3.connect(root / "numbers.db")) as database:
        return [number for (number,) in database.execute("SELECT number FROM numbers ORDER BY number")]


def test_what_is_restored_elsewhere_is_what_was_there(root: Path, tmp_path: Path) -> None:
    folder = backed_up(root, tmp_path / "backups")
    manifest = restore_backup(found_backup(tmp_path / "backups"), areas(tmp_path / "new"), None)

    before, after = Lake(root / "lake"), Lake(tmp_path / "new" / "lake")
    assert after.read(ROWS).equals(before.read(ROWS)) and after.read(ROWS).height == 10
    assert (after.version(ROWS), after.read(ONE)["number"].to_list()) == (before.version(ROWS), [1, 2])
    assert numbers(tmp_path / "new") == [1]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["kept.json", "lake", "numbers.db"]
    assert manifest.tables == {"lake/one": before.version(ONE), "lake/rows": before.version(ROWS)}
    assert manifest.package == "1.2.3" and manifest.left_out[0].what == "the sea"
    assert folder.is_dir()


def test_replaced_parts_are_not_copied_and_the_restored_table_can_be_written(root: Path, tmp_path: Path) -> None:
    folder = backed_up(root, tmp_path / "backups")
    parts = {path.name for path in (root / "lake" / "rows").rglob("*.parquet")}
    copied = {path.name for path in (folder / "lake" / "rows").rglob("*.parquet")}
    assert copied < parts and len(parts - copied) == 1

    restore_backup(folder, areas(tmp_path / "new"), None)
    lake = Lake(tmp_path / "new" / "lake")
    lake.replace_file(ROWS, "c.sgy", frame(range(1), "c.sgy"))
    assert lake.row_counts(ROWS) == {"a.sgy": 7, "c.sgy": 1}
    lake.tidy(0)
    assert lake.read(ROWS).height == 8


def test_parts_are_shared_with_the_backup_before_and_outlive_it(root: Path, tmp_path: Path) -> None:
    first = backed_up(root, tmp_path / "backups")
    later(first)
    Lake(root / "lake").replace_file(ROWS, "c.sgy", frame(range(4), "c.sgy"))
    second = backed_up(root, tmp_path / "backups", keep=1)

    assert load_manifest(second).linked == 2
    assert found_backup(tmp_path / "backups") == second
    assert [path.name for path in (tmp_path / "backups").iterdir() if not path.name.startswith(".")] == [second.name]
    restore_backup(second, areas(tmp_path / "new"), None)
    assert Lake(tmp_path / "new" / "lake").row_counts(ROWS) == {"a.sgy": 7, "c.sgy": 4}


def test_a_table_is_of_one_version_while_writers_write_and_old_parts_go(root: Path, tmp_path: Path) -> None:
    """A version has `c.sgy` and `d.sgy` with equal numbers of rows; a mixture would not."""
    lake, stop = Lake(root / "lake"), threading.Event()

    def write() -> None:
        round_, writer = 1, Lake(root / "lake")
        while not stop.is_set():
            round_ += 1
            both = pl.concat([frame(range(round_), "c.sgy"), frame(range(round_), "d.sgy")])
            from seismic_assets.lake.parts import PartTask

            tasks = [
                PartTask(name, lambda part=part: [part])
                for (name,), part in both.group_by("file_id", maintain_order=True)
            ]
            writer.replace_files(ROWS, ["c.sgy", "d.sgy"], tasks)
            writer.tidy(0)
            DeltaTable(root / "lake" / "rows").create_checkpoint()
            with closing(sqlite3.connect(root / "numbers.db", timeout=30)) as database:
                database.executemany("INSERT INTO numbers VALUES (?)", [(2 * round_,), (2 * round_ + 1,)])
                database.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = lake.version(ROWS)
        while lake.version(ROWS) < seen + 2:
            time.sleep(0.01)
        for attempt in range(5):
            folder = backed_up(root, tmp_path / "backups" / str(attempt))
            check_backup(folder)
            copy = Lake(folder / "lake")
            counts = copy.row_counts(ROWS)
            assert counts["c.sgy"] == counts["d.sgy"]
            assert copy.read(ROWS).height == sum(counts.values())
            assert len(numbers(folder / "state")) % 2 == 1  # one at first, then two in each transaction
    finally:
        stop.set()
        writer.join()


def test_a_killed_backup_is_never_taken_for_one_and_the_next_clears_it(root: Path, tmp_path: Path) -> None:
    for number in range(40):
        Lake(root / "lake").replace_file(ROWS, f"{number}.sgy", frame(range(9), f"{number}.sgy"))
    destination = tmp_path / "backups"
    process = multiprocessing.get_context("spawn").Process(target=backed_up, args=(root, destination))
    process.start()
    while not any(destination.glob(".*.part/lake/*")):
        assert process.is_alive()
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    assert [path.name for path in destination.iterdir() if path.name.endswith(".part")] != []
    with pytest.raises(BackupError, match="holds no finished backup"):
        found_backup(destination)
    folder = backed_up(root, destination)
    assert sorted(path.name for path in destination.iterdir()) == [".backup.lock", folder.name]


def test_a_full_disk_leaves_no_backup_and_names_the_file(root: Path, tmp_path: Path) -> None:
    (root / "large").write_bytes(os.urandom(3 << 20))
    with small_disk(tmp_path / "disk", 2) as disk:
        with pytest.raises(OSError, match="No space left") as told:
            backed_up(root, disk / "backups")
        assert told.value.filename is not None and "large" in told.value.filename
        assert [path.name for path in (disk / "backups").iterdir()] == [".backup.lock"]


def test_a_full_disk_leaves_nothing_of_a_restore(root: Path, tmp_path: Path) -> None:
    (root / "large").write_bytes(os.urandom(3 << 20))
    folder = backed_up(root, tmp_path / "backups")
    with small_disk(tmp_path / "disk", 2) as disk:
        with pytest.raises(OSError, match="No space left"):
            restore_backup(folder, areas(disk / "storage"), None)
        assert list((disk / "storage").iterdir()) == []


@pytest.mark.parametrize("damage", ["cut", "changed", "missing"])
def test_a_damaged_backup_is_refused_by_name(root: Path, tmp_path: Path, damage: str) -> None:
    folder = backed_up(root, tmp_path / "backups")
    part = next((folder / "lake" / "rows").rglob("*.parquet"))
    content = part.read_bytes()
    part.unlink()
    if damage != "missing":
        part.write_bytes(content[:-1] if damage == "cut" else content[:-1] + b"!")

    with pytest.raises(BackupError, match=f"is damaged: lake/rows/.*{part.name} "):
        restore_backup(folder, areas(tmp_path / "new"), None)
    assert not (tmp_path / "new").exists()


def test_a_manifest_that_was_meddled_with_is_refused(root: Path, tmp_path: Path) -> None:
    folder = backed_up(root, tmp_path / "backups")
    text = (folder / NAME).read_text()
    (folder / NAME).write_text(text.replace("1.2.3", "1.2.4"))
    with pytest.raises(BackupError, match=f"{NAME} is damaged"):
        check_backup(folder)
    (folder / NAME).write_text(text[:100])
    with pytest.raises(BackupError, match=f"{NAME} is damaged"):
        check_backup(folder)


def test_a_backup_of_a_newer_format_is_refused_with_the_version_that_made_it(root: Path, tmp_path: Path) -> None:
    folder = backed_up(root, tmp_path / "backups")
    save_manifest(folder, load_manifest(folder).model_copy(update={"format": 99, "package": "9.9"}))
    with pytest.raises(BackupError, match=r"format 99, made by version 9\.9 .* restore it with that version"):
        restore_backup(folder, areas(tmp_path / "new"), None)


def test_a_place_that_is_not_empty_is_refused_and_stays(root: Path, tmp_path: Path) -> None:
    folder = backed_up(root, tmp_path / "backups")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine").write_text("mine")
    with pytest.raises(BackupError, match="mine is there already"):
        restore_backup(folder, areas(tmp_path / "new"), None)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mine"]


def test_a_restore_that_was_killed_is_begun_again(root: Path, tmp_path: Path) -> None:
    folder = backed_up(root, tmp_path / "backups")
    (tmp_path / "new" / ".restoring" / "lake").mkdir(parents=True)
    (tmp_path / "new" / ".restoring" / "lake" / "half").write_text("half")
    restore_backup(folder, areas(tmp_path / "new"), None)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["kept.json", "lake", "numbers.db"]
    assert not (tmp_path / "new" / "lake" / "half").exists()


def test_a_destination_in_what_is_backed_up_is_refused(root: Path) -> None:
    with pytest.raises(BackupError, match="name a folder outside"):
        backed_up(root, root / "backups")
    assert not (root / "backups").exists()


def test_a_table_without_a_part_that_it_names_is_no_backup(root: Path, tmp_path: Path) -> None:
    lake = Lake(root / "lake")
    lake.segments(ROWS, ["c.sgy"])[0].path.unlink()
    with pytest.raises(BackupError, match="names a file that is not there"):
        backed_up(root, tmp_path / "backups")
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".backup.lock"]


def test_a_log_that_begins_with_a_checkpoint_is_copied_with_it(root: Path, tmp_path: Path) -> None:
    log = root / "lake" / "rows" / "_delta_log"
    DeltaTable(log.parent).create_checkpoint()
    for version in (0, 1):
        (log / f"{version:020d}.json").unlink()
    folder = backed_up(root, tmp_path / "backups")
    assert Lake(folder / "lake").read(ROWS).height == 10


def test_a_checkpoint_that_is_made_while_the_log_is_copied_does_no_harm(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed_before(folder: Path) -> list[Any]:
        found = listed(folder)
        DeltaTable(folder.parent).create_checkpoint()
        return found

    monkeypatch.setattr(tables, "listed", listed_before)
    folder = backed_up(root, tmp_path / "backups")
    assert Lake(folder / "lake").read(ROWS).height == 10


def test_a_log_that_is_tidied_while_it_is_copied_is_copied_anew(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = iter([True])

    def without_its_first_entry(folder: Path) -> list[Any]:
        return sorted(listed(folder), key=lambda info: info.base_name)[next(first, False) :]

    monkeypatch.setattr(tables, "listed", without_its_first_entry)
    folder = backed_up(root, tmp_path / "backups")
    assert Lake(folder / "lake").read(ROWS).height == 10


def test_a_log_that_never_comes_whole_is_no_backup(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "listed", lambda folder: listed(folder)[:0])
    with pytest.raises(BackupError, match=r"one cannot be copied whole \(its log changed while it was copied: "):
        backed_up(root, tmp_path / "backups")
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [".backup.lock"]


def test_two_backups_to_one_place_exclude_each_other(root: Path, tmp_path: Path) -> None:
    with held(tmp_path / "backups" / ".backup.lock", seconds=0) as had:
        assert had
        with pytest.raises(BackupError, match="another backup is being made"):
            backed_up(root, tmp_path / "backups")


def test_a_file_is_no_folder_of_backups(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "afile"
    file.write_text("mine")

    with pytest.raises(BackupError, match="afile is a file; give a folder of backups"):
        backed_up(root, file)
    with pytest.raises(BackupError, match="afile is a file; give a folder of backups"):
        backed_up(root, file / "below")
    with pytest.raises(BackupError, match="afile is a file; give a folder of backups"):
        found_backup(file)
    assert file.read_text() == "mine"


@pytest.mark.parametrize("inside", ["", "x", "a/b"])
def test_nothing_is_restored_into_the_folder_of_backups(root: Path, tmp_path: Path, inside: str) -> None:
    folder = backed_up(root, tmp_path / "backups")
    before = sorted((tmp_path / "backups").rglob("*"))

    with pytest.raises(BackupError, match=r"lies in .*backups, where backups are; restore to a folder outside"):
        restore_backup(folder, areas(tmp_path / "backups" / inside), None, backups=tmp_path / "backups")
    with pytest.raises(BackupError, match="where backups are; restore to a folder outside"):
        restore_backup(folder, areas(folder / "x"), None)
    assert sorted((tmp_path / "backups").rglob("*")) == before


def test_a_backup_is_restored_beside_it_where_it_was_given_itself(root: Path, tmp_path: Path) -> None:
    folder = backed_up(root, tmp_path / "backups")
    alone = folder.rename(tmp_path / "alone")

    restore_backup(alone, areas(tmp_path / "new"), None, backups=alone)
    assert numbers(tmp_path / "new") == [1]
