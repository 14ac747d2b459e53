"""A screening reads the links: nobody is missed or suspected for a slip in an id, and a decision is seen at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from doudi.feeds.snapshot import Snapshot, list_snapshots
from doudi.matching.decisions import Decision, DecisionFile
from doudi.matching.links import candidates_of, linked_now, links_of
from doudi.screening import folders
from doudi.screening.commands import FolderScreening, screen_folders
from doudi.screening.results.names import household_names
from doudi.screening.results.reproduce import KeptAlerts
from doudi.synth.score import Score, score
from doudi.synth.write import write_county

RULES = Path(__file__).parents[2] / "rules"
AS_OF = date(2023, 8, 1)
WITHOUT_ROLL = "education.school_age_without_roll"


@dataclass(frozen=True)
class Sheets:
    folder: Path

    def screened(self, name: str, *, snapshots: str = "snapshots", previous: str | None = None) -> FolderScreening:
        return screen_folders(
            rules_root=RULES,
            registry=self.folder / "registry",
            feeds=self.folder / "feeds",
            as_of=AS_OF,
            snapshots=self.folder / snapshots,
            results=self.folder / name,
            previous=self.folder / previous if previous else None,
        )

    def scored(self, done: FolderScreening) -> Score:
        alerts = done.result.alerts.select(["household_key", "rule_id"]).to_pylist()
        names = household_names(done.registry, [one["household_key"] for one in alerts])
        pairs = [(names[one["household_key"]].household_no, one["rule_id"]) for one in alerts]
        return score(pairs, self.folder / "truth")

    def doubtful(self) -> Iterator[tuple[Snapshot, dict[str, Any], int]]:
        """Rows that wait for a decision: where, the link, the first candidate."""
        for snapshot in list_snapshots(self.folder / "snapshots"):
            links, candidates = links_of(snapshot.folder), candidates_of(snapshot.folder)
            if links is None or candidates is None or not candidates.num_rows:
                continue
            first = {one["row"]: one["person_key"] for one in candidates.to_pylist() if one["rank"] == 1}
            for link in links.filter(pc.equal(links["band"], "doubtful")).to_pylist():
                yield snapshot, link, first[link["row"]]


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: Any) -> Sheets:
    folder: Path = tmp_path_factory.mktemp("county")
    write_county(households=300, seed=7, out=folder, rules_root=RULES, as_of=AS_OF, dirt=0.3)
    return Sheets(folder)


@pytest.fixture(scope="module")
def matched(sheets: Sheets) -> FolderScreening:
    return sheets.screened("result")


def test_children_whose_roll_row_has_a_broken_id_are_not_taken_for_children_without_a_roll(
    sheets: Sheets, matched: FolderScreening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "model_in", lambda rules_root: None)
    by_id = sheets.scored(sheets.screened("by_id", snapshots="by-id"))
    by_links = sheets.scored(matched)
    before, after = by_id.kinds[WITHOUT_ROLL], by_links.kinds[WITHOUT_ROLL]
    assert len(before.false_alarms) >= 4, "the county is dirty enough for the question"
    assert len(after.false_alarms) <= len(before.false_alarms) // 2
    assert after.found == before.found == after.true, "and no child without a roll is lost"
    wrong = [len(one.mistakes) for one in (by_id, by_links)]
    assert wrong[1] < wrong[0], "over all kinds there are fewer misses and false alarms"


def test_the_list_of_files_says_what_was_matched_beyond_the_ids(sheets: Sheets, matched: FolderScreening) -> None:
    notes = "".join(one.note for one in matched.intake)
    assert "识别证件号码笔误对上" in notes
    assert "按姓名等信息对上" in notes
    by_feed = {(one.feed, one.month): one for one in matched.intake}
    settled = 0
    for snapshot in list_snapshots(sheets.folder / "snapshots"):
        one = by_feed[snapshot.feed, str(snapshot.month)]
        settled += (taken := int(snapshot.linked.get("settled", 0)))
        assert one.rows_rejected == snapshot.manifest["rows_rejected"] - taken, "what was found does not go back"
        assert one.rows_accepted == snapshot.manifest["rows_accepted"] + taken
    assert settled > 10


def test_an_unchanged_registry_is_not_matched_again(
    sheets: Sheets, matched: FolderScreening, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_given: Any, **_options: Any) -> None:
        raise AssertionError("matched again")

    monkeypatch.setattr("doudi.screening.matching.folder.match_deliveries", never)
    again = sheets.screened("again")
    assert again.intake == matched.intake


def test_a_decision_reaches_the_next_screening_and_can_be_taken_back(sheets: Sheets, matched: FolderScreening) -> None:
    before = _alerts(matched)
    snapshot, link, person = next(sheets.doubtful())
    data, counts = snapshot.data, linked_now(snapshot.folder)["counts"]
    file = DecisionFile.beside(sheets.folder / "snapshots")
    at = datetime(2023, 8, 2, tzinfo=UTC)
    file.add([Decision(link["written_key"], person, "county", at)])
    decided = sheets.screened("decided", previous="result")
    assert linked_now(snapshot.folder)["counts"]["decided"] == 1
    assert person in snapshot.table()["person_key"].to_pylist()
    assert decided.result.incremental
    assert decided.result.basis is not None
    assert decided.result.basis.households <= 2, "only the household that the row is about is worked out again"
    assert _alerts(decided) == _alerts(sheets.screened("decided_whole")), "and the whole screening says the same"
    file.add([Decision(link["written_key"], None, "county", at, taken_back=True)])
    undone = sheets.screened("undone", previous="decided")
    assert (linked_now(snapshot.folder)["counts"], snapshot.data) == (counts, data)
    assert _alerts(undone) == before
    for result in ("result", "decided"):
        again = list(KeptAlerts(sheets.folder / result).reproduce(rule_id=WITHOUT_ROLL))
        assert all(one.equal for one in again), "earlier results stay what they were"


def _alerts(done: FolderScreening) -> list[str]:
    rows: pa.Table = done.result.alerts.select(["rule_id", "household_key", "person_key", "sentence"])
    return sorted(map(str, rows.to_pylist()))
