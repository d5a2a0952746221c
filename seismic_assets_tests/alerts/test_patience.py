"""A channel that stays down is tried less and less often, and at once when it has answered."""

from datetime import timedelta

from seismic_assets.alerts.patience import Patience
from seismic_assets_tests.alerts.building import NOON


def tries(minutes: float) -> list[float]:
    """Minutes at which a channel that is down is tried, when somebody reports every half minute."""
    patience, found = Patience(), []
    for half in range(int(2 * minutes)):
        now = NOON + half * timedelta(seconds=30)
        if not patience.rests("a", now):
            found.append(half / 2)
            patience.note("a", taken=False, now=now)
    return found


def test_it_rests_for_as_long_as_it_has_been_down_and_ten_minutes_at_most() -> None:
    assert tries(50) == [0, 0.5, 1, 2, 4, 8, 16, 26, 36, 46]


def test_others_do_not_rest_and_one_that_answers_is_tried_at_once() -> None:
    patience = Patience()
    for minute in range(5):
        patience.note("a", taken=False, now=NOON + timedelta(minutes=minute))
    later = NOON + timedelta(minutes=5)
    assert patience.rests("a", later)
    assert not patience.rests("b", later)

    patience.note("a", taken=True, now=later)

    assert not patience.rests("a", later)


def test_a_clock_that_was_far_ahead_keeps_no_channel_silent() -> None:
    patience = Patience()
    for day in range(3):
        patience.note("a", taken=False, now=NOON + timedelta(days=day))

    assert not patience.rests("a", NOON)
