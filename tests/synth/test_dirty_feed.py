"""The made-up dirty feed is what it says, and matching does on it what the county is promised."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from doudi.matching.matching import match
from doudi.matching.model import load_model
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.resident_id import birth_date, check, sex
from doudi.synth.county.whole import make_county
from doudi.synth.dirty_feed import DirtyFeed, make_dirty_feed
from doudi.synth.sheets import id_slips, name_slips

AS_OF = date(2023, 8, 1)
HIDDEN = Pseudonymiser.from_secret("a dirty feed of made-up persons")
ROWS = 3_000


@pytest.fixture(scope="module")
def feed() -> DirtyFeed:
    county = make_county(households=3_000, seed=5, as_of=AS_OF)
    return make_dirty_feed(county, rows=ROWS, seed=5, pseudonymiser=HIDDEN)


def test_the_truth_knows_every_row_and_only_registered_persons(feed: DirtyFeed) -> None:
    truth = feed.truth.to_pylist()
    assert [one["row"] for one in truth] == feed.rows["row"].to_pylist() == list(range(ROWS))
    registered = set(feed.persons["person_key"].to_pylist())
    for one in truth:
        known = one["kind"] in ("registered", "twin", "namesake")
        assert (one["person_key"] in registered) == known
        assert (one["person_key"] is None) != known
    kinds = Counter(one["kind"] for one in truth)
    assert {"twin", "namesake", "unregistered_twin", "unregistered_namesake", "stranger"} <= set(kinds)
    assert 0.09 * ROWS <= ROWS - kinds["registered"] - kinds["twin"] - kinds["namesake"] <= 0.11 * ROWS


def test_registered_ids_are_sound_and_tell_birth_and_sex(feed: DirtyFeed) -> None:
    ids = feed.resident_ids.to_pylist()
    assert len(set(ids)) == len(ids) == feed.persons.num_rows
    assert HIDDEN.person_keys(ids) == feed.persons["person_key"].to_pylist()
    for number, born, own_sex in zip(
        ids, feed.persons["birth_date"].to_pylist(), feed.persons["sex"].to_pylist(), strict=True
    ):
        assert check(number, on=AS_OF).ok
        assert (birth_date(number), sex(number).value) == (born, own_sex)


def test_every_kind_of_slip_happens_and_is_written_down(feed: DirtyFeed) -> None:
    truth = feed.truth
    assert set(truth["id_slip"].to_pylist()) == {None, "others_id", *id_slips.SLIPS}
    assert set(truth["name_slip"].to_pylist()) == {None, *name_slips.SLIPS}
    by_key = dict(zip(feed.persons["person_key"].to_pylist(), feed.resident_ids.to_pylist(), strict=True))
    for row, one in zip(feed.rows.to_pylist(), truth.to_pylist(), strict=True):
        if one["person_key"] is not None:
            assert (row["id_text"] == by_key[one["person_key"]]) == (one["id_slip"] is None)


def test_matching_keeps_its_promise(feed: DirtyFeed) -> None:
    model = load_model(Path(__file__).parents[2] / "rules")
    found = match(feed.rows, feed.persons, pseudonymiser=HIDDEN, model=model, on=AS_OF)
    meant = feed.truth["person_key"].to_pylist()
    links: list[dict[str, Any]] = found.links.to_pylist()
    sure = [(one["person_key"], key) for one, key in zip(links, meant, strict=True) if one["band"] == "sure"]
    assert [pair for pair in sure if pair[0] != pair[1]] == []
    assert len(sure) >= 0.97 * sum(key is not None for key in meant)
    assert found.counts["doubtful"] <= 0.02 * ROWS
    in_doubt = {one["row"] for one in links if one["band"] == "doubtful"}
    assert set(found.candidates["row"].to_pylist()) == in_doubt
    assert max(found.candidates["rank"].to_pylist()) <= model.persons.bands.candidates


def test_the_same_seed_gives_the_same_feed() -> None:
    county = make_county(households=60, seed=2, as_of=AS_OF)
    one, other = (make_dirty_feed(county, rows=50, seed=2, pseudonymiser=HIDDEN) for _ in range(2))
    assert one.rows.equals(other.rows)
    assert one.truth.equals(other.truth)
    assert not one.rows.equals(make_dirty_feed(county, rows=50, seed=3, pseudonymiser=HIDDEN).rows)
