import json
import os
import shutil

import numpy as np
import pytest

from seismic_assets.segy import HeaderMap, LandingFolderError, StockEntry, digest_file, take_stock
from seismic_assets_tests.ordinary_user import open_folder, ordinary_user
from seismic_assets_tests.segy.building import patch, write_cube, write_line


def by_name(stock):
    return {entry.relative: entry for entry in stock.entries}


def test_an_empty_folder_is_an_empty_stock(tmp_path):
    stock = take_stock(tmp_path)
    assert (stock.entries, stock.survey_interval_us, stock.pending) == ((), 0, 0)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(LandingFolderError, match="does not exist"):
        take_stock(tmp_path / "missing")


def test_an_entry_holds_the_facts_of_its_file_and_survives_json(tmp_path):
    path = write_line(tmp_path / "a.sgy", count=8, num_samples=20, start_ms=12)
    (entry,) = take_stock(tmp_path).admitted
    assert (entry.traces, entry.samples, entry.sample_interval_us, entry.start_ms) == (8, 20, 4000, 12)
    assert (entry.inline_min, entry.inline_max, entry.crossline_min, entry.crossline_max) == (7, 7, 100, 107)
    assert (entry.digest, entry.format, entry.endian) == (digest_file(path), "4-byte IBM float", "big")
    assert StockEntry.from_dict(json.loads(json.dumps(entry.as_dict()))) == entry


def test_a_bad_file_is_quarantined_with_its_reason_and_does_not_block_the_others(tmp_path):
    write_line(tmp_path / "good.sgy")
    (tmp_path / "text.sgy").write_text("not seismic")
    cut = write_line(tmp_path / "cut.sgy")
    cut.write_bytes(cut.read_bytes()[:-1])
    stock = take_stock(tmp_path)
    assert [entry.relative for entry in stock.admitted] == ["good.sgy"]
    reasons = {entry.relative: entry.reason for entry in stock.quarantined}
    assert "is not SEG-Y" in reasons["text.sgy"]
    assert "ends 1 bytes before the end of trace 6" in reasons["cut.sgy"]
    assert all(entry.digest for entry in stock.entries)


def test_an_unchanged_file_is_not_opened_again(tmp_path):
    write_line(tmp_path / "a.sgy")
    (before,) = take_stock(tmp_path).entries
    marked = StockEntry.from_dict({**before.as_dict(), "digest": "kept", "traces": 99})
    (after,) = take_stock(tmp_path, previous=[marked]).entries
    assert after == marked


def test_a_changed_file_is_opened_again(tmp_path):
    write_line(tmp_path / "a.sgy", count=3)
    before = take_stock(tmp_path)
    write_line(tmp_path / "a.sgy", count=4)
    (entry,) = take_stock(tmp_path, previous=before.entries).entries
    assert entry.traces == 4
    assert entry.digest == digest_file(tmp_path / "a.sgy") != before.entries[0].digest


def test_a_vanished_file_leaves_the_stock(tmp_path):
    write_line(tmp_path / "a.sgy")
    write_line(tmp_path / "b.sgy")
    before = take_stock(tmp_path)
    (tmp_path / "a.sgy").unlink()
    assert list(by_name(take_stock(tmp_path, previous=before.entries))) == ["b.sgy"]


def test_the_commonest_interval_is_the_survey_s_and_the_others_are_quarantined(tmp_path):
    for name, interval in {"a.sgy": 2000, "b.sgy": 4000, "c.sgy": 4000}.items():
        write_line(tmp_path / name, sample_interval_us=interval)
    stock = take_stock(tmp_path)
    assert stock.survey_interval_us == 4000
    (refused,) = stock.quarantined
    assert refused.relative == "a.sgy"
    assert "2000 us where the survey has 4000 us; set SEISMIC_RESAMPLE=true" in refused.reason


def test_of_two_equally_common_intervals_the_shorter_wins(tmp_path):
    write_line(tmp_path / "a.sgy", sample_interval_us=4000)
    write_line(tmp_path / "b.sgy", sample_interval_us=2000)
    assert take_stock(tmp_path).survey_interval_us == 2000


def test_the_interval_sticks_when_more_files_of_another_arrive(tmp_path):
    write_line(tmp_path / "a.sgy", sample_interval_us=4000)
    stock = take_stock(tmp_path)
    for name in ("b.sgy", "c.sgy"):
        write_line(tmp_path / name, sample_interval_us=2000)
    for _ in range(2):
        stock = take_stock(tmp_path, previous=stock.entries)
        assert stock.survey_interval_us == 4000
        assert [entry.relative for entry in stock.admitted] == ["a.sgy"]


def test_the_interval_follows_when_every_admitted_file_was_replaced(tmp_path):
    write_line(tmp_path / "old.sgy", sample_interval_us=4000)
    stock = take_stock(tmp_path)
    (tmp_path / "old.sgy").unlink()
    write_line(tmp_path / "new.sgy", sample_interval_us=2000)
    for _ in range(2):
        stock = take_stock(tmp_path, previous=stock.entries)
        assert (stock.survey_interval_us, len(stock.admitted)) == (2000, 1)


def test_quarantined_files_make_the_survey_when_the_admitted_ones_leave(tmp_path):
    write_line(tmp_path / "a.sgy", sample_interval_us=2000)
    write_line(tmp_path / "b.sgy", sample_interval_us=4000)
    stock = take_stock(tmp_path)
    (tmp_path / "a.sgy").unlink()
    stock = take_stock(tmp_path, previous=stock.entries)
    assert (stock.survey_interval_us, [entry.relative for entry in stock.admitted]) == (4000, ["b.sgy"])


def test_the_setting_decides_and_unchanged_files_are_judged_anew(tmp_path):
    write_line(tmp_path / "a.sgy", sample_interval_us=4000)
    write_line(tmp_path / "b.sgy", sample_interval_us=2000)
    stock = take_stock(tmp_path, survey_interval_us=4000)
    assert [entry.relative for entry in stock.admitted] == ["a.sgy"]
    stock = take_stock(tmp_path, previous=stock.entries, survey_interval_us=2000)
    assert [(entry.relative, entry.reason) for entry in stock.admitted] == [("b.sgy", "")]


def test_files_beyond_the_most_new_are_pending_until_the_next_look(tmp_path):
    for index in range(5):
        write_line(tmp_path / f"{index}.sgy")
    stock = take_stock(tmp_path, most_new=2)
    assert (len(stock.entries), stock.pending) == (2, 3)
    stock = take_stock(tmp_path, previous=stock.entries, most_new=2)
    assert (len(stock.entries), stock.pending) == (4, 1)
    stock = take_stock(tmp_path, previous=stock.entries, most_new=2)
    assert (len(stock.entries), stock.pending) == (5, 0)


def test_files_beyond_the_most_bytes_are_pending_and_one_that_is_larger_is_opened_all_the_same(tmp_path):
    for name in ("a", "b", "c"):
        write_line(tmp_path / f"{name}.sgy")
    first = take_stock(tmp_path, most_bytes=1)
    assert ([entry.file_id for entry in first.entries], first.pending) == (["a.sgy"], 2)
    second = take_stock(tmp_path, previous=first.entries, most_bytes=(tmp_path / "b.sgy").stat().st_size + 1)
    assert (len(second.entries), second.pending) == (3, 0)


def test_a_file_that_may_still_be_written_is_pending_and_its_old_entry_stays(tmp_path):
    path = write_line(tmp_path / "a.sgy", count=3)
    before = take_stock(tmp_path)
    write_line(path, count=4)
    os.utime(path, ns=(2_000, 2_000))
    stock = take_stock(tmp_path, previous=before.entries, settled_before_ns=1_999)
    assert (stock.entries, stock.pending) == (before.entries, 1)
    stock = take_stock(tmp_path, previous=before.entries, settled_before_ns=2_000)
    assert (stock.entries[0].traces, stock.pending) == (4, 0)


def test_a_file_without_read_permission_is_quarantined_with_the_remedy_until_it_is_granted():
    with open_folder() as folder:
        write_line(folder / "open.sgy")
        write_line(folder / "closed.sgy").chmod(0)
        with ordinary_user():
            stock = take_stock(folder)
        assert [entry.relative for entry in stock.admitted] == ["open.sgy"]
        (closed,) = stock.quarantined
        assert (closed.reason, closed.digest) == ("no permission to read it; grant read access to this user", "")
        (folder / "closed.sgy").chmod(0o644)
        assert len(take_stock(folder, previous=stock.entries).admitted) == 2


def test_a_folder_that_may_be_listed_but_not_entered_quarantines_its_files():
    with open_folder() as folder:
        write_line(folder / "open.sgy")
        (folder / "sub").mkdir()
        write_line(folder / "sub" / "closed.sgy")
        (folder / "sub").chmod(0o744 if os.geteuid() == 0 else 0o600)
        with ordinary_user():
            stock = take_stock(folder)
        assert [entry.relative for entry in stock.admitted] == ["open.sgy"]
        assert "no permission to read it" in by_name(stock)["sub/closed.sgy"].reason
        (folder / "sub").chmod(0o755)
        assert len(take_stock(folder, previous=stock.entries).admitted) == 2


def test_a_name_that_is_not_utf8_is_admitted_and_survives_json(tmp_path):
    write_line(tmp_path / "a.sgy")
    try:
        shutil.copy(tmp_path / "a.sgy", tmp_path / os.fsdecode(b"b\xff.sgy"))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    stock = take_stock(tmp_path)
    assert [entry.relative for entry in stock.admitted] == ["a.sgy", "b\ufffd.sgy"]
    assert json.dumps([entry.as_dict() for entry in stock.entries]).isascii()
    assert all(entry.relative.encode() for entry in stock.entries)


def test_files_of_another_interval_are_admitted_where_they_will_be_resampled(tmp_path):
    for name, interval in {"a.sgy": 2000, "b.sgy": 4000, "c.sgy": 4000}.items():
        write_line(tmp_path / name, sample_interval_us=interval)
    stock = take_stock(tmp_path)
    stock = take_stock(tmp_path, previous=stock.entries, resample=True)
    assert (len(stock.admitted), stock.survey_interval_us) == (3, 4000)
    assert by_name(stock)["a.sgy"].sample_interval_us == 2000


def test_whole_trace_windows_count_the_samples_after_resampling(tmp_path):
    for name, interval, samples in (("a.sgy", 4000, 50), ("b.sgy", 4000, 50), ("c.sgy", 2000, 100)):
        write_line(tmp_path / name, sample_interval_us=interval, num_samples=samples)
    write_line(tmp_path / "d.sgy", sample_interval_us=2000, num_samples=50)
    stock = take_stock(tmp_path, equal_lengths=True, resample=True, survey_interval_us=4000)
    (refused,) = stock.quarantined
    assert refused.relative == "d.sgy"
    assert "has 25 samples a trace where the others have 50" in refused.reason


def test_a_verdict_keeps_its_time_until_the_file_or_the_verdict_changes(tmp_path):
    write_line(tmp_path / "a.sgy")
    (tmp_path / "b.sgy").write_text("no seismic")
    first = take_stock(tmp_path)
    aged = [
        StockEntry.from_dict(entry.as_dict() | {"judged_at": "2001-01-01T00:00:00+00:00"}) for entry in first.entries
    ]
    assert all(entry.judged_at.endswith("+00:00") for entry in first.entries)
    assert [entry.judged_at for entry in take_stock(tmp_path, previous=aged).entries] == [aged[0].judged_at] * 2

    write_line(tmp_path / "b.sgy", count=9)
    stock = by_name(take_stock(tmp_path, previous=aged))
    assert stock["a.sgy"].judged_at == aged[0].judged_at
    assert (stock["b.sgy"].admitted, stock["b.sgy"].judged_at > "2002") == (True, True)


def test_another_verdict_on_the_same_file_has_its_own_time(tmp_path):
    write_line(tmp_path / "a.sgy", sample_interval_us=4000)
    entries = take_stock(tmp_path).entries
    aged = [StockEntry.from_dict(entry.as_dict() | {"judged_at": "2001-01-01T00:00:00+00:00"}) for entry in entries]
    (refused,) = take_stock(tmp_path, previous=aged, survey_interval_us=2000).quarantined
    assert refused.judged_at > "2002"


def test_another_mapping_opens_the_files_again(tmp_path):
    write_cube(tmp_path / "a.sgy", cdp=np.repeat(np.arange(40, 45), 6), offset=np.tile(np.arange(6), 5))
    stock = take_stock(tmp_path)
    (entry,) = stock.entries
    assert (entry.header_bytes, entry.inline_min, entry.inline_max) == ("189,193,181,185", 11, 15)
    (entry,) = take_stock(tmp_path, previous=stock.entries, mapping=HeaderMap(inline=21, crossline=37)).entries
    assert (entry.header_bytes, entry.inline_min, entry.inline_max) == ("21,37,181,185", 40, 44)
    assert (entry.crossline_min, entry.crossline_max) == (0, 5)


def test_what_is_unusual_about_an_admitted_file_is_noted(tmp_path):
    write_cube(tmp_path / "plain.sgy")
    write_cube(tmp_path / "twice.sgy", inline=np.repeat([11, 12, 13, 14, 14], 6))
    patch(write_cube(tmp_path / "interval.sgy"), 3217, (2000).to_bytes(2, "big"))
    stock = by_name(take_stock(tmp_path, resample=True))
    assert stock["plain.sgy"].notes == ""
    assert "6 traces repeat the inline, crossline and offset of another" in stock["twice.sgy"].notes
    assert "the first trace says 4000 us" in stock["interval.sgy"].notes
    assert all(entry.admitted for entry in stock.values())


def test_the_digest_of_a_file_with_more_than_its_traces_is_that_of_all_its_bytes(tmp_path):
    path = write_cube(tmp_path / "a.sgy")
    content = path.read_bytes()
    path.write_bytes(content + bytes(3200))
    patch(path, 3501, b"\x02\x01")
    patch(path, 3529, (1).to_bytes(4, "big"))
    (entry,) = take_stock(tmp_path).entries
    assert (entry.admitted, entry.traces, entry.digest) == (True, 30, digest_file(path))


def test_whole_trace_windows_quarantine_traces_of_another_length(tmp_path):
    for name, samples in (("a.sgy", 40), ("b.sgy", 40), ("c.sgy", 50)):
        write_line(tmp_path / name, num_samples=samples)

    stock = by_name(take_stock(tmp_path, equal_lengths=True))

    assert stock["a.sgy"].admitted and stock["b.sgy"].admitted
    assert not stock["c.sgy"].admitted
    assert "50 samples a trace where the others have 40" in stock["c.sgy"].reason


def test_a_link_in_a_circle_is_quarantined_and_does_not_block_the_others(tmp_path):
    write_line(tmp_path / "a.sgy")
    (tmp_path / "loop.sgy").symlink_to(tmp_path / "loop.sgy")
    stock = take_stock(tmp_path, exclude={tmp_path / "labels.sgy"})
    assert [entry.file_id for entry in stock.admitted] == ["a.sgy"]
    assert [entry.file_id for entry in stock.quarantined] == ["loop.sgy"]
    assert "symbolic links" in stock.quarantined[0].reason
