"""Which deliveries of a feed stand on a day."""

from datetime import date
from pathlib import Path

import pytest

from doudi.feeds.snapshot import Snapshot
from doudi.screening.inputs import standing
from doudi.standards.periods import Month

KINDS = {"bills": "events", "roll": "state"}


def delivery(feed: str, month: str, number: int, lacking: tuple[str, ...] = ()) -> Snapshot:
    manifest = {"received_at": f"2023-09-01T00:00:{number:02d}", "missing_columns": list(lacking)}
    return Snapshot(feed, Month(month), Path(f"/kept/{feed}/{month}/{number}"), manifest)


@pytest.mark.parametrize(
    ("as_of", "bills", "roll"),
    [
        (date(2023, 5, 31), ("2023-05",), ()),
        (date(2023, 6, 1), ("2023-05", "2023-06"), ("2023-06",)),
        (date(2023, 8, 1), ("2023-05", "2023-06", "2023-07"), ("2023-07",)),
    ],
)
def test_events_add_up_over_months_and_of_a_state_the_latest_counts(
    as_of: date, bills: tuple[str, ...], roll: tuple[str, ...]
) -> None:
    snapshots = [delivery("bills", f"2023-0{month}", month) for month in (5, 6, 7, 9)]
    snapshots += [delivery("roll", f"2023-0{month}", month) for month in (6, 7, 9)]
    found = standing(snapshots, KINDS, as_of=as_of)
    assert found["bills"].months == bills
    assert (found["roll"].months if roll else ()) == roll


def test_of_a_month_delivered_again_the_newest_delivery_counts() -> None:
    found = standing(
        [delivery("bills", "2023-07", 2), delivery("bills", "2023-07", 9), delivery("bills", "2023-07", 3)],
        KINDS,
        as_of=date(2023, 8, 1),
    )
    assert found["bills"].deliveries == ("9",)


def test_a_column_is_lacking_only_when_no_delivery_has_it() -> None:
    months = [delivery("bills", "2023-06", 1, ("paid", "day")), delivery("bills", "2023-07", 2, ("day",))]
    assert standing(months, KINDS, as_of=date(2023, 8, 1))["bills"].lacking == {"day"}


def test_feeds_that_no_rule_knows_are_left_out() -> None:
    assert standing([delivery("other", "2023-07", 1)], KINDS, as_of=date(2023, 8, 1)) == {}
