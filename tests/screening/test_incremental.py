"""An incremental screening gives, row by row, what a whole screening of the same data and day gives."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from doudi.feeds.snapshot import list_snapshots
from doudi.rulebook import Rulebook, build_rulebook
from doudi.screening.commands import screen_folders
from doudi.screening.inputs import FeedRows, RegistryTables, standing
from doudi.screening.results.earlier import alerts_before, news_since
from doudi.screening.results.explain import explain
from doudi.screening.results.kept import KeptResult
from doudi.screening.run import ScreeningResult, screen
from doudi.synth.snapshots import write_snapshots
from doudi.synth.write import write_county

AS_OF = date(2023, 8, 1)
RULES = Path(__file__).parents[2] / "rules"
TABLES = (
    "alerts",
    "cannot_tell",
    "household_facts",
    "person_facts",
    "region_alerts",
    "region_cannot_tell",
    "entitlements",
)


class County:
    """A small county whose tables can be changed; every change is a new file, as deliveries are."""

    def __init__(self, folder: Path, rulebook: Rulebook) -> None:
        self.folder, self.rulebook = folder, rulebook
        write_snapshots(households=240, seed=11, out=folder / "start", rules_root=RULES, as_of=AS_OF)
        kinds = {source.id: source.kind for source in rulebook.sources.values() if source.is_feed}
        found = standing(list_snapshots(folder / "start" / "snapshots"), kinds, as_of=AS_OF)
        registry = RegistryTables.from_folder(folder / "start" / "registry")
        self.files: dict[str, tuple[Path, ...]] = {
            "household": _paths(registry.household),
            "person": _paths(registry.person),
            "income": _paths(registry.income),
        }
        self.feeds: dict[str, FeedRows] = found
        self.number = 0

    def screen(self, as_of: date, previous: Path | None = None, *, policies: bool = False) -> ScreeningResult:
        tables = {name: self.files[name] for name in ("household", "person", "income")}
        return screen(
            rulebook=self.rulebook,
            registry=RegistryTables(**tables, distinct=False),
            feeds=self.feeds.values(),
            as_of=as_of,
            policies=None if policies else (),
            previous=previous,
            threads=1,
        )

    def change(self, rng: np.random.Generator, share: float = 0.01) -> None:
        """Other rows in every table: values lost or altered, rows gone, rows doubled."""
        for name in self.files:
            (path,) = self.files[name]
            self.files[name] = (self._changed(path, rng, share, lose=name == "person"),)
        for feed, rows in self.feeds.items():
            *older, newest = _paths(rows.rows)
            files = (*older, self._changed(newest, rng, share, lose=True, double=True))
            self.feeds[feed] = replace(rows, rows=files, deliveries=tuple(path.stem for path in files))

    def _changed(self, path: Path, rng: np.random.Generator, share: float, *, lose: bool, double: bool = False) -> Path:
        table = pq.read_table(path)
        chosen = rng.random(table.num_rows) < share
        columns: dict[str, Any] = {}
        for name in table.column_names:
            column = table[name].combine_chunks()
            if name.endswith("_key") or name in ("region_code", "income_year") or not table.num_rows:
                columns[name] = column
                continue
            other = column.take(pa.array(rng.permutation(table.num_rows)))
            mask = chosen & (rng.random(table.num_rows) < 0.3)
            columns[name] = pa.array(
                [b if hit else a for a, b, hit in zip(column.to_pylist(), other.to_pylist(), mask, strict=True)],
                column.type,
            )
        changed = pa.table(columns)
        if lose:
            changed = changed.filter(pa.array(rng.random(changed.num_rows) > share / 4))
        if double and changed.num_rows:
            again = rng.integers(0, changed.num_rows, max(1, int(changed.num_rows * share / 4)))
            changed = pa.concat_tables([changed, changed.take(pa.array(again))])
        self.number += 1
        written = self.folder / f"{self.number}-{path.parent.name}-{path.stem}.parquet"
        pq.write_table(changed, written)
        return written


def _paths(rows: Any) -> tuple[Path, ...]:
    assert isinstance(rows, tuple)
    return rows


def _counted(table: pa.Table) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True, default=str, ensure_ascii=False) for row in table.to_pylist())


def _tables(result: ScreeningResult, names: tuple[str, ...] = TABLES) -> Mapping[str, Counter[str]]:
    return {name: _counted(getattr(result, name)) for name in names if hasattr(result, name)}


@pytest.mark.parametrize(("seed", "days", "policies"), [(1, 0, True), (3, 2, False), (5, 29, True)])
def test_it_is_what_a_whole_screening_gives(
    tmp_path: Path, rulebook: Rulebook, seed: int, days: int, policies: bool
) -> None:
    county = County(tmp_path, rulebook)
    first = county.screen(AS_OF, policies=policies)
    last = first.write(tmp_path / "run-0")
    first.close()
    rng = np.random.default_rng(seed)
    for step in (1, 2):
        county.change(rng)
        day = AS_OF + timedelta(days=days * step // 2)
        whole = county.screen(day, policies=policies)
        again = county.screen(day, previous=last, policies=policies)
        try:
            assert again.basis is not None
            assert again.incremental, again.basis.refused
            (everybody,) = whole.engine.row("SELECT COUNT(*) FROM registry_household")
            assert 0 < again.basis.households < everybody
            wanted = _tables(whole)
            found = _tables(again)
            for name in wanted if not days else [one for one in wanted if not one.endswith("_facts")]:
                assert found[name] == wanted[name], name
            last = again.write(tmp_path / f"run-{step}")
        finally:
            whole.close()
            again.close()
    assert _counted(KeptResult(last).table("alerts")) == wanted["alerts"]


def test_nothing_changed_and_nothing_is_worked_out(tmp_path: Path, rulebook: Rulebook) -> None:
    county = County(tmp_path, rulebook)
    first = county.screen(AS_OF)
    folder = first.write(tmp_path / "run-1")
    again = county.screen(AS_OF, previous=folder)
    assert again.incremental
    assert again.engine.row("SELECT COUNT(*) FROM household_facts") == (0,)
    assert _tables(again) == _tables(first)


def test_households_that_stand_are_explained_from_the_earlier_result(tmp_path: Path, rulebook: Rulebook) -> None:
    county = County(tmp_path, rulebook)
    first = county.screen(AS_OF)
    folder = first.write(tmp_path / "run-1")
    keys = [row["household_key"] for row in first.alerts.to_pylist()]
    county.change(np.random.default_rng(1))
    again = county.screen(AS_OF, previous=folder)
    later = again.write(tmp_path / "run-2")
    standing_keys = [key for key in keys if again.stands(key)]
    assert standing_keys
    assert len(standing_keys) < len(keys)
    assert explain(later, standing_keys[0]) == explain(folder, standing_keys[0]) == explain(again, standing_keys[0])
    moved = next(key for key in keys if not again.stands(key))
    assert explain(later, moved) == explain(again, moved)


def test_other_parameter_values_need_a_whole_screening(tmp_path: Path, rulebook: Rulebook) -> None:
    county = County(tmp_path, rulebook)
    folder = county.screen(AS_OF).write(tmp_path / "run-1")
    texts = dict(rulebook.texts)
    path = "parameters/monitoring_line.yaml"
    texts[path] = texts[path].replace("7100", "7200")
    assert texts[path] != rulebook.texts[path]
    county.rulebook = build_rulebook(texts)
    again = county.screen(AS_OF, previous=folder)
    assert not again.incremental
    assert again.basis is not None
    assert again.basis.refused == "规则、政策或参数的数值与上次不同"


def test_a_lost_delivery_needs_a_whole_screening(tmp_path: Path, rulebook: Rulebook) -> None:
    county = County(tmp_path, rulebook)
    folder = county.screen(AS_OF).write(tmp_path / "run-1")
    lost = _paths(county.feeds["school_roll"].rows)[-1]
    county.change(np.random.default_rng(1))
    lost.unlink()
    again = county.screen(AS_OF, previous=folder)
    assert not again.incremental
    assert again.basis is not None
    assert again.basis.refused.startswith("上次用的数据已不在")


def test_a_result_whose_basis_is_gone_is_no_basis(tmp_path: Path, rulebook: Rulebook) -> None:
    county = County(tmp_path, rulebook)
    county.screen(AS_OF).write(tmp_path / "run-1")
    county.screen(AS_OF, previous=tmp_path / "run-1").write(tmp_path / "run-2")
    (tmp_path / "run-1").rename(tmp_path / "moved")
    again = county.screen(AS_OF, previous=tmp_path / "run-2")
    assert not again.incremental
    assert again.basis is not None
    assert "run-1" in again.basis.refused


def test_the_command_works_upon_the_result_before(tmp_path: Path) -> None:
    county = tmp_path / "county"
    write_county(households=60, seed=3, dirt=0, out=county, rules_root=RULES, as_of=AS_OF)
    given: dict[str, Any] = {"rules_root": RULES, "registry": county / "registry", "feeds": county / "feeds"}
    kept = tmp_path / "kept"
    first = screen_folders(**given, as_of=AS_OF, results=tmp_path / "run-1", snapshots=kept)
    book = tmp_path / "alerts.xlsx"
    later = screen_folders(
        **given, as_of=AS_OF + timedelta(days=20), out=book, previous=tmp_path / "run-1", snapshots=kept
    )
    assert later.result.incremental
    assert later.since is not None
    counts = later.since.counts
    assert counts["still"] + counts["gone"] == first.result.alerts.num_rows
    assert counts["still"] + counts["new"] == later.result.alerts.num_rows
    sheet = openpyxl.load_workbook(book)["与上次比较"]
    told = "预警：新出现 {new} 条，已消失 {gone} 条，仍存在 {still} 条"
    assert sheet.cell(2, 1).value == told.format(**counts)
    with pytest.raises(FileNotFoundError, match="没有筛查结果"):
        screen_folders(**given, as_of=AS_OF, previous=county, snapshots=kept)


def test_what_is_no_news_lies_as_many_months_back_as_the_parameter_says(tmp_path: Path, rulebook: Rulebook) -> None:
    county = County(tmp_path, rulebook)
    told = county.screen(AS_OF).write(tmp_path / "run-1")
    later = county.screen(AS_OF + timedelta(days=20), previous=told).write(tmp_path / "run-2")
    until = news_since(rulebook, region="149901101201", as_of=date(2023, 9, 5))
    assert until == date(2023, 8, 5), "one month"
    old = alerts_before(later, until=until)
    assert old is not None
    assert old.num_rows == pq.read_metadata(told / "alerts.parquet").num_rows, "of the first one, not of the younger"
    assert alerts_before(later, until=date(2023, 7, 5)) is None
