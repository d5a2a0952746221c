import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seismic_assets.feature_store.errors import FeatureStoreError
from seismic_assets.feature_store.keys import check_apart, file_number, parts_of, trace_ids


@given(st.text(min_size=1), st.integers(0, 2**32 - 1))
def test_a_trace_id_is_whole_not_negative_and_leads_back(file_id: str, place: int) -> None:
    (number,) = trace_ids(file_id, [place]).tolist()

    assert 0 <= number < 2**63
    assert parts_of(number) == (file_number(file_id), place)


def test_traces_of_all_files_have_ids_of_their_own() -> None:
    ids = np.concatenate([trace_ids(f"survey_{number}.sgy", np.arange(50)) for number in range(200)])

    assert len(np.unique(ids)) == len(ids)


def test_ids_are_the_same_on_every_machine() -> None:
    assert trace_ids("a.sgy", [0, 7]).tolist() == [(file_number("a.sgy") << 32), (file_number("a.sgy") << 32) + 7]
    assert file_number("a.sgy") == 1778106973


@pytest.mark.parametrize("place", [-1, 2**32])
def test_a_place_beyond_the_bits_is_refused(place: int) -> None:
    with pytest.raises(FeatureStoreError, match=r"a\.sgy has a trace"):
        trace_ids("a.sgy", [place])


def test_files_of_the_same_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check_apart(["a.sgy", "b.sgy", "a.sgy"])
    monkeypatch.setattr("seismic_assets.feature_store.keys.file_number", lambda _: 5)

    with pytest.raises(FeatureStoreError, match=r"b\.sgy and a\.sgy have the same number"):
        check_apart(["a.sgy", "b.sgy"])
