"""Rows are linked by id alone, and what is left over is counted."""

import pyarrow as pa

from doudi.matching.exact import link_exact

PERSONS = pa.table(
    {
        "person_key": [1, 2, 3, 3, 4, 4],
        "household_key": [10, 10, 20, 30, 50, 40],
        "status": ["active", "active", "moved_out", "active", "active", "active"],
    }
)


def test_links_and_counts() -> None:
    feed = pa.table(
        {"row": pa.array([2, 3, 4, 5, 6], pa.int32()), "person_key": pa.array([1, 3, 99, None, 1], pa.int64())}
    )
    links = link_exact(feed, PERSONS)
    assert links.rows.column("household_key").to_pylist() == [10, 30, None, None, 10]
    assert (links.linked, links.not_registered, links.without_id, links.in_several_households) == (3, 1, 1, 1)
    assert links.total == feed.num_rows
    assert links.sentence == "共5行：按证件号码对上3行，登记簿中查无此人1行，没有有效证件号码1行"


def test_nobody_to_link() -> None:
    empty = link_exact(pa.table({"row": pa.array([], pa.int32()), "person_key": pa.array([], pa.int64())}), PERSONS)
    assert empty.total == 0


def test_active_in_two_households_is_the_same_one_each_time() -> None:
    feed = pa.table({"row": pa.array([2], pa.int32()), "person_key": pa.array([4], pa.int64())})
    assert link_exact(feed, PERSONS).rows.column("household_key").to_pylist() == [40]
