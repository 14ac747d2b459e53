"""Many counties in one run, on DuckDB one after another or on Spark all at once, with one result a county.

    <root>/county=149901/registry/{household,person,income,regions}.parquet
    <root>/county=149901/snapshots/<feed>/<YYYY-MM>/<delivery>/{data.parquet, manifest.json}
    <root>/county=149902/…

Each county's folder is what a county keeps by itself. A county is judged by its own registry and its own deliveries
only, and its result is the same whether it is screened alone or with others. Results are laid out alike:

    <out>/county=149901/{alerts,cannot_tell,…}.parquet, manifest.json, rules.json
    <out>/province.json

On Spark counties whose deliveries offer the same feeds and columns are screened together; a county that lacks a feed is
in another run than those that have it, since what it does not know is not the same.
"""

import json
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from doudi.feeds.snapshot import list_snapshots
from doudi.rulebook import Rulebook
from doudi.rulebook.sources import HOUSEHOLD, INCOME, PERSON
from doudi.screening.engines.duckdb import DuckDb, Progress
from doudi.screening.entitlement import apart
from doudi.screening.inputs import FeedRows, RegistryTables, Rows, columns_of, standing
from doudi.screening.results.keeping import ROWS_A_GROUP, manifest_of
from doudi.screening.run import ScreeningResult, screen

COUNTY_FOLDER: Final = "county="
SUMMARY: Final = "province.json"
TABLES: Final = ("alerts", "cannot_tell", "region_alerts", "region_cannot_tell")
"""What is always kept of a county, besides entitlements where policies are asked for; facts and outcomes of everybody
only when asked for too."""
Found = Mapping[str, Mapping[str, Any]]
"""County → summary of its result."""
Together = Callable[["list[CountyFolder]", Path], Found]
"""Screens counties in one go and leaves their results in a folder."""


@dataclass(frozen=True)
class CountyFolder:
    """One county's registry and the deliveries that stand on the day."""

    code: str
    registry: RegistryTables
    feeds: Mapping[str, FeedRows]

    def offers(self, rulebook: Rulebook) -> tuple[object, ...]:
        """What decides which facts can be known at all: feeds, the columns that facts read, income years."""
        facts = (*rulebook.facts.values(), *apart(rulebook.policies.values()))
        tables = {HOUSEHOLD: self.registry.household, PERSON: self.registry.person, INCOME: self.registry.income}
        there = {source: columns_of(rows) for source, rows in tables.items()}
        there |= {feed: columns_of(one.rows) - one.lacking for feed, one in self.feeds.items()}
        read = {source: frozenset[str]() for source in there}
        for fact in facts:
            if fact.source.id in there:
                read[fact.source.id] |= fact.columns & there[fact.source.id]
        return frozenset(read.items()), _years(self.registry.income)


def _years(rows: Rows) -> frozenset[int]:
    found: set[int] = set()
    assert isinstance(rows, tuple)  # noqa: S101 - a county's folder holds files
    for path in rows:
        column = pq.read_table(path, columns=["income_year"])["income_year"]
        found |= {int(year) for year in column.unique().to_pylist() if year is not None}
    return frozenset(found)


def county_folders(root: Path, rulebook: Rulebook, *, as_of: date) -> list[CountyFolder]:
    """The counties below a folder. Raises FileNotFoundError, saying what is expected, when there are none."""
    kinds = {source.id: source.kind for source in rulebook.sources.values() if source.is_feed}
    found: list[CountyFolder] = []
    for folder in sorted(root.glob(f"{COUNTY_FOLDER}*")):
        code = folder.name.removeprefix(COUNTY_FOLDER)
        if not re.fullmatch(r"[1-9][0-9]{5}", code):
            raise FileNotFoundError(f"{folder} 不是县的文件夹：名称应为 county= 加六位行政区划代码，例如 county=149901")
        there = standing(list_snapshots(folder / "snapshots"), kinds, as_of=as_of)
        found.append(CountyFolder(code, RegistryTables.from_folder(folder / "registry"), there))
    if not found:
        raise FileNotFoundError(
            f"{root} 里没有县的文件夹，应有 county=149901/registry 和 county=149901/snapshots 这样的文件夹"
        )
    return found


def alike(counties: Iterable[CountyFolder], rulebook: Rulebook) -> list[list[CountyFolder]]:
    """Counties whose deliveries offer the rules the same, together."""
    groups: dict[tuple[object, ...], list[CountyFolder]] = {}
    for county in counties:
        groups.setdefault(county.offers(rulebook), []).append(county)
    return list(groups.values())


def screen_province(
    *,
    rulebook: Rulebook,
    root: Path,
    out: Path,
    as_of: date,
    together: Together | None = None,
    policies: Iterable[str] | None = (),
    facts: bool = False,
    threads: int | None = None,
    memory: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Screen every county below `root`, leave the results in `out`, and return what province.json says.

    `together` screens alike counties in one go (see `province_spark`); without it DuckDB takes one county after
    another, on `threads` threads in at most `memory` (such as `8GB`). `facts` keeps facts and outcomes of everybody.
    An earlier result in `out` is replaced when the new one is whole. Raises FileNotFoundError, MissingParameters,
    ValueError.
    """
    started = time.perf_counter()
    if out.exists() and any(out.iterdir()) and not (out / SUMMARY).is_file():
        raise FileNotFoundError(f"{out} 里有别的文件，请换一个空文件夹存放结果")
    counties = county_folders(root, rulebook, as_of=as_of)
    tell = progress or (lambda share, what: None)
    writing = out.with_name(f".writing-{out.name}-{secrets.token_hex(4)}")
    writing.mkdir(parents=True, mode=0o700)
    found: dict[str, Mapping[str, Any]] = {}
    try:
        groups = [[county] for county in counties] if together is None else alike(counties, rulebook)
        for number, group in enumerate(groups):
            tell(number / len(groups), f"{group[0].code} 等 {len(group)} 个县" if len(group) > 1 else group[0].code)
            if together is not None:
                found |= together(group, writing)
                continue
            (county,) = group
            result = screen(
                rulebook=rulebook,
                registry=county.registry,
                feeds=county.feeds.values(),
                as_of=as_of,
                policies=policies,
                engine=DuckDb(threads=threads, memory=memory, files=_files(county)),
            )
            found[county.code] = _keep(result, with_county(writing, county.code), facts=facts)
            result.close()
        told = {
            "as_of": as_of.isoformat(),
            "runs": len(groups),
            "counties": {code: found[code] for code in sorted(found)},
            **{name: sum(one[name] for one in found.values()) for name in ("households", "persons", "alerts")},
            "seconds": round(time.perf_counter() - started, 3),
        }
        (writing / SUMMARY).write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        writing.rename(out)
    finally:
        shutil.rmtree(writing, ignore_errors=True)
    tell(1.0, "完成")
    return told


def with_county(folder: Path, code: str) -> Path:
    """The folder of a county's result, made when it is not there."""
    path = folder / f"{COUNTY_FOLDER}{code}"
    path.mkdir(exist_ok=True)
    return path


def write_words(folder: Path, manifest: Mapping[str, Any], rulebook: Rulebook) -> None:
    """Write manifest.json and rules.json of a county's result."""
    content = json.dumps(manifest, ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(content + "\n", encoding="utf-8")
    (folder / "rules.json").write_text(json.dumps(dict(rulebook.texts), ensure_ascii=False), encoding="utf-8")


def _files(county: CountyFolder) -> list[Path]:
    rows = [county.registry.household, county.registry.person, county.registry.income]
    rows += [one.rows for one in county.feeds.values()]
    return [path for one in rows if isinstance(one, tuple) for path in one]


def _keep(result: ScreeningResult, folder: Path, *, facts: bool) -> Mapping[str, Any]:
    if facts:
        result.write(folder)
    else:
        for name in (*TABLES, *(["entitlements"] if result.plan.entitlement.policies else [])):
            table = getattr(result, name)
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd", row_group_size=ROWS_A_GROUP)
        write_words(folder, manifest_of(result), result.rulebook)
    return result.summary
