"""What four offices have written down about the same work: the monthly register, insurance, subsidy lists, visits.

Most of it agrees with the registry; some of it does not, on purpose, and who that is `Slips` knows. Places of work in
other cities are real cities, since text of a place is what is to be understood; everything else is made up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from doudi.synth.county import names
from doudi.synth.county.arrays import Ints, chance, coded, dates, day_number, numbers
from doudi.synth.county.people import ACTIVE, AREAS, CHANNELS
from doudi.synth.county.whole import County
from doudi.synth.tables.registry import person_table
from doudi.synth.tables.work_slips import NEVER, Slips, Workers

INDUSTRIES = ("制造业", "建筑业", "住宿和餐饮业", "批发和零售业", "居民服务业", "交通运输业", "农业", "采矿业")
_TOWN, _COUNTY, _CITY, _PROVINCE, _FAR, _ABROAD = range(6)
"""Distances by their number in the code list."""
_TEXTS: Mapping[int, tuple[str, ...]] = {
    _COUNTY: ("县城", "兜底示例县县城"),
    _CITY: ("演示市城区", "演示市"),
    _PROVINCE: ("山西省太原市小店区", "太原市", "晋中市榆次区", "山西大同", "长治市潞州区"),
    _FAR: (
        "广东省深圳市龙岗区", "深圳宝安区", "广东东莞长安镇", "浙江义乌", "江苏昆山", "苏州市吴江区", "北京朝阳",
        "北京市海淀区", "天津滨海新区", "上海浦东", "河北保定", "内蒙古鄂尔多斯", "陕西西安", "四川成都郫都区",
        "湖北省武汉市东西湖区", "福建晋江", "山东青岛", "河南省郑州市航空港区",
    ),
    _ABROAD: ("新加坡", "日本"),
}  # fmt: skip
_MONTH = 30.5


@dataclass(frozen=True)
class WorkRecords:
    """The tables, and whom each slip is about."""

    county: County
    slips: Slips
    workers: Workers

    @classmethod
    def of(cls, county: County, tables: Mapping[str, pa.Table]) -> "WorkRecords":
        """`tables`: the other departments' true tables, the employment office's among them."""
        persons = person_table(county).select(["employer", "job_channel"])
        jobs = tables["employment"].filter(pc.equal(tables["employment"]["employment_status"], "unemployed"))
        lost = np.full(county.persons, NEVER)
        lost[jobs["person_row"].to_numpy()] = jobs["unemployed_since"].cast(pa.int32()).to_numpy()
        workers = Workers(
            months=county.economy.work_months.astype(np.float64),
            wage=county.economy.wage_month,
            area=np.where(county.economy.work_months > 0, county.people.work_area, -1),
            employer=np.array([_EMPLOYER.get(one, -1) for one in persons["employer"].to_pylist()]),
            channel=np.where(county.economy.work_months > 0, county.people.channel, -1),
            lost_on=lost,
        )
        return cls(county, Slips.draw(county, workers), workers)

    def tables(self) -> dict[str, pa.Table]:
        """The feeds by id."""
        return {
            "work_register": self.register,
            "social_insurance": self.insurance,
            "job_subsidy": self.subsidies,
            "work_visit": self.visits,
        }

    @cached_property
    def register(self) -> pa.Table:
        """One row a person who works beyond the township, and those whom only the register has."""
        county, workers, slip = self.county, self.workers, self.slips
        rng, today, count = chance(county.seed, "work register"), day_number(county.as_of), county.persons
        listed = (
            (slip.away & ~slip["not_in_register"])
            | slip["only_in_register"]
            | slip["pupil_in_register"]
            | slip["child_in_register"]
        )
        listed |= slip["post_elsewhere"] | slip["child_in_register"]
        only = slip["only_in_register"] | slip["pupil_in_register"] | slip["child_in_register"]
        months = np.where(only, 5.0, workers.months)
        months = np.where(slip["months"], np.where(months <= 8, months + 4, months - 4), months)
        wage = np.where(only, 3600.0, np.round(workers.wage * rng.uniform(0.94, 1.06, count)))
        wage = np.where(slip["wage"], np.round(workers.wage * 1.9), wage)
        wage = np.where(slip["wage_of_year"], 45_000.0, wage)
        far = only | slip["area"] | slip["post_elsewhere"]
        area = np.where(far, _FAR, workers.area)
        written = np.where(slip["place_text"], _FAR, area)
        channel = np.where(only, 0, workers.channel)
        channel = np.where(slip["channel"], (channel + 1) % len(CHANNELS), channel)
        employer = np.where(only, 0, workers.employer)
        gone = (workers.lost_on != NEVER) & ~slip["unemployed_in_register"] & ~only
        end = np.where(gone, workers.lost_on, today)
        started = end - np.ceil((months + rng.integers(1, 15, count)) * _MONTH).astype(np.int64) - 5
        started = np.where(slip["months_beyond_dates"], today - 65, started)
        back = gone | slip["returned_without_end"]
        ended = np.where(slip["end_before_start"], started - 40, end)
        updated = today - rng.integers(1, 60, count)
        updated = np.where(slip["stale"], today - 800, updated)
        started = np.where(slip["stale"], today - 1000, started)
        bare = slip["incomplete"]
        rows = np.flatnonzero(listed)
        again = np.flatnonzero(slip["overlapping"] & listed)
        both = np.concatenate((rows, again))
        second = np.arange(len(both)) >= len(rows)
        industry = rng.integers(0, len(INDUSTRIES), count)
        p2p = rng.random(count) < 0.06
        no_end = ~(gone | slip["end_before_start"])
        return county.about(
            both,
            {
                "work_status": coded(np.where(back[both], 1, 0), ("working", "returned")),
                "place": self._texts(written).take(pa.array(both)),
                "work_area": coded(area[both], AREAS),
                "employer": coded(np.where(bare[both], -1, employer[both]), names.EMPLOYERS),
                "industry": coded(np.where(bare[both], -1, industry[both]), INDUSTRIES),
                "job_channel": coded(channel[both], CHANNELS),
                "p2p": numbers(p2p[both]),
                "wage_month": numbers(wage[both]),
                "work_months": numbers(months[both]),
                "started_on": dates(started[both] - np.where(second, 150, 0)),
                "ended_on": dates(ended[both], null=no_end[both]),
                "updated_on": dates(updated[both]),
            },
        )

    @property
    def register_a_year_ago(self) -> pa.Table:
        """The register of the same month last year: most of those in it still work, some have stopped."""
        county, slip = self.county, self.slips
        rng, before = chance(county.seed, "work register before"), day_number(county.as_of) - 365
        steady = slip.away & (rng.random(county.persons) < 0.95)
        rows = np.flatnonzero(steady | slip["stopped"])
        months = np.where(slip["stopped"], 9.0, self.workers.months)[rows]
        area = np.where(slip["stopped"], _FAR, self.workers.area)
        return county.about(
            rows,
            {
                "work_status": coded(np.zeros(len(rows), np.int64), ("working", "returned")),
                "place": self._texts(area).take(pa.array(rows)),
                "work_area": coded(area[rows], AREAS),
                "employer": coded(np.maximum(self.workers.employer[rows], 0), names.EMPLOYERS),
                "industry": coded(rng.integers(0, len(INDUSTRIES), len(rows)), INDUSTRIES),
                "job_channel": coded(np.maximum(self.workers.channel[rows], 0), CHANNELS),
                "p2p": numbers(np.zeros(len(rows), np.bool_)),
                "wage_month": numbers(
                    np.where(slip["stopped"][rows], 3500.0, np.round(self.workers.wage[rows] * 0.95))
                ),
                "work_months": numbers(months),
                "started_on": dates((before - np.ceil(months * _MONTH) - 40).astype(np.int64)),
                "ended_on": dates(np.zeros(len(rows), np.int64), null=np.ones(len(rows), np.bool_)),
                "updated_on": dates(before - rng.integers(1, 60, len(rows))),
            },
        )

    @cached_property
    def insurance(self) -> pa.Table:
        """A row a month in which a person was paid for; workers' insurance of some workers, residents' of others."""
        county, workers, slip = self.county, self.workers, self.slips
        rng = chance(county.seed, "social insurance")
        insured = slip.insured | slip["insured_not_working"] | slip["insured_after_leaving"]
        months = np.where(slip.insured, np.minimum(workers.months, 9), 4).astype(np.int64)
        months = np.where(slip["insured_after_leaving"], 1, months)
        rows = np.repeat(np.flatnonzero(insured), months[insured])
        first = np.repeat(np.cumsum(months[insured]) - months[insured], months[insured])
        back = np.arange(len(rows)) - first + 1
        people = county.people
        resident = np.flatnonzero((people.status == ACTIVE) & ~insured & (people.age >= 25) & (people.age < 60))
        resident = resident[rng.random(len(resident)) < 0.3]
        employer = np.maximum(workers.employer, 0)
        employer = np.where(slip["other_employer"], (employer + 3) % len(names.EMPLOYERS), employer)
        month = np.datetime64(county.as_of, "M") - np.concatenate((back, np.full(len(resident), 6)))
        both = np.concatenate((rows, resident))
        kind = np.where(np.arange(len(both)) < len(rows), 0, 1)
        base = np.where(kind == 0, np.maximum(np.round(workers.wage[both] / 100) * 100, 3400), 200.0)
        return county.about(
            both,
            {
                "insurance": coded(kind, ("worker_pension", "resident_pension")),
                "employer": coded(np.where(kind == 0, employer[both], -1), names.EMPLOYERS),
                "paid_for": dates(month.astype("datetime64[D]").astype(np.int64)),
                "base": numbers(base),
            },
        )

    @cached_property
    def subsidies(self) -> pa.Table:
        """Those posted for the job-retention subsidy: workers of households in scope, and a few who fall short."""
        county, workers, slip = self.county, self.workers, self.slips
        rows = np.flatnonzero(slip.posted | slip["subsidy_too_early"])
        months = np.where(slip["subsidy_too_early"], 7.0, workers.months)
        months = np.where(slip["subsidy_months"], 6.0, months)
        return county.about(
            rows,
            {
                "subsidy": coded(np.zeros(len(rows), np.int64), ("job_retention", "transport")),
                "work_months": numbers(months[rows]),
                "place": self._texts(workers.area).take(pa.array(rows)),
                "employer": coded(workers.employer[rows], names.EMPLOYERS),
                "wage_month": numbers(np.round(workers.wage[rows])),
                "amount": numbers(np.full(len(rows), 1200.0)),
                "posted_on": dates(
                    day_number(county.as_of) - chance(county.seed, "posted").integers(20, 90, len(rows))
                ),
            },
        )

    @cached_property
    def visits(self) -> pa.Table:
        """What people themselves said at the door, of an eighth of the grown ones."""
        county, workers, slip = self.county, self.workers, self.slips
        rng, today = chance(county.seed, "work visits"), day_number(county.as_of)
        people = county.people
        grown = (people.status == ACTIVE) & (people.age >= 18) & (people.age < 60) & (people.student < 0)
        asked = (grown & slip.plain & (rng.random(county.persons) < 0.125)) | slip["visit_not_working"]
        asked |= slip["visit_months"] | slip["visit_working"]
        rows = np.flatnonzero(asked)
        works = ((workers.months > 0) & ~slip["visit_not_working"]) | slip["visit_working"]
        months = np.where(slip["visit_working"], 5.0, workers.months)
        months = np.where(slip["visit_months"], np.where(months <= 7, months + 5, months - 5), months)
        area = np.where(slip["visit_working"], _FAR, workers.area)
        idle = ~works[rows]
        return county.about(
            rows,
            {
                "visited_on": dates(today - rng.integers(3, 60, len(rows))),
                "visitor": coded(rng.integers(0, 8, len(rows)), [f"示例网格员{number}" for number in range(1, 9)]),
                "works": numbers(works[rows]),
                "place": self._texts(np.where(works, area, -1)).take(pa.array(rows)),
                "employer": coded(np.where(idle, -1, np.maximum(workers.employer[rows], 0)), names.EMPLOYERS),
                "job_channel": coded(np.where(idle, -1, np.maximum(workers.channel[rows], 0)), CHANNELS),
                "wage_month": numbers(np.round(np.where(workers.wage > 0, workers.wage, 3000.0))[rows], null=idle),
                "work_months": numbers(months[rows], null=idle),
            },
        )

    def _texts(self, area: Ints) -> pa.Array:
        """A text of a place at that distance for every person, the same in every source; null without work."""
        county = self.county
        draw = chance(county.seed, "places of work").integers(0, 1_000, county.persons)
        townships = [name for _code, name in county.places.townships]
        home = county.places.township_of_village[county.places.village_of_household[county.members.household]]
        choices = [*townships]
        starts = {}
        for distance, texts in _TEXTS.items():
            starts[distance] = len(choices)
            choices += texts
        index = np.where(area == _TOWN, home, -1)
        for distance, texts in _TEXTS.items():
            index = np.where(area == distance, starts[distance] + draw % len(texts), index)
        return coded(index, choices)


_EMPLOYER = {name: number for number, name in enumerate(names.EMPLOYERS)}
