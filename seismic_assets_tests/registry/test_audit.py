"""The audit trail as tags."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.registry import AuditEntry, RegistryError
from seismic_assets.registry.audit import entries_of, new_entry, promotion_of


def trail(*moves: AuditEntry) -> dict[str, str]:
    return {move.id: move.value() for move in moves}


def finished(entry: AuditEntry) -> AuditEntry:
    return entry.model_copy(update={"took_effect": True})


@given(st.text(max_size=6000), st.text(max_size=3000))
def test_an_entry_comes_back_and_fits_into_a_tag(reason: str, by: str) -> None:
    entry = new_entry("promote", "2", "1", by, reason)

    (again,) = entries_of({entry.id: entry.value(), "other": "tag"}, "1")

    assert again == entry
    assert len(entry.value()) <= 5000
    assert len(entry.id) <= 250
    assert again.reason.isprintable()


def test_a_long_reason_is_cut_and_shows_it() -> None:
    entry = new_entry("reject", "2", None, "me", "because " * 1000)

    assert len(entry.reason) == 2000
    assert entry.reason.endswith("…")


def test_entries_come_in_the_order_of_their_times() -> None:
    moves = [finished(new_entry("stage", str(number), None, "me", "")) for number in range(20)]

    assert [entry.version for entry in entries_of(trail(*reversed(moves)), None)] == [str(n) for n in range(20)]


def test_the_time_of_an_entry_is_utc_and_in_its_name() -> None:
    entry = new_entry("stage", "1", None, "me", "")

    assert entry.time.tzinfo is UTC
    assert abs((datetime.now(UTC) - entry.time).total_seconds()) < 60
    assert entry.id.startswith(f"audit.{entry.time:%Y%m%dT%H%M%S}")


def test_a_promotion_cut_off_before_the_alias_moved_did_not_take_effect() -> None:
    first = finished(new_entry("promote", "1", None, "me", ""))
    cut_off = new_entry("promote", "2", "1", "me", "")
    third = finished(new_entry("promote", "3", "1", "me", ""))

    assert [e.took_effect for e in entries_of(trail(first, cut_off), "1")] == [True, False]
    assert [e.took_effect for e in entries_of(trail(first, cut_off, third), "3")] == [True, False, True]


def test_a_promotion_cut_off_after_the_alias_moved_took_effect() -> None:
    first = finished(new_entry("promote", "1", None, "me", ""))
    cut_off = new_entry("promote", "2", "1", "me", "")
    third = finished(new_entry("promote", "3", "2", "me", ""))

    assert [e.took_effect for e in entries_of(trail(first, cut_off), "2")] == [True, True]
    assert [e.took_effect for e in entries_of(trail(first, cut_off, third), "3")] == [True, True, True]


def test_a_promotion_that_was_undone_or_never_made_is_not_the_one_that_stands() -> None:
    first = finished(new_entry("promote", "1", None, "me", ""))
    second = finished(new_entry("promote", "2", "1", "me", ""))
    back = finished(new_entry("rollback", "1", "2", "me", "", undoes=second.id))
    never = new_entry("promote", "2", "1", "me", "")
    entries = entries_of(trail(first, second, back, never), "1")

    assert promotion_of(entries, "2") is None
    standing = promotion_of(entries, "1")
    assert standing is not None
    assert standing.id == first.id


@pytest.mark.parametrize("value", ["", "text", "{}", '{"action": "delete"}', "[1]"])
def test_a_tag_that_is_no_entry_is_named(value: str) -> None:
    with pytest.raises(RegistryError, match=r"the tag audit\.2025 of the registered model is not an entry"):
        entries_of({"audit.2025": value}, None)
