"""The statement that puts the sources side by side, one row a person, and names what contradicts; and its sums."""
# ruff: noqa: S608 - the only texts put into these statements are checked facts, names and numbers made here

from collections.abc import Iterable
from datetime import date
from typing import Final, cast

import pyarrow as pa
from sqlglot import exp

from doudi.rulebook import Rulebook
from doudi.rulebook.facts import AS_OF
from doudi.screening.employment.limits import Limits
from doudi.screening.employment.sources import REGISTER
from doudi.standards.codes import PersonStatus, WorkArea, WorkConflict
from doudi.standards.gazetteer import MUNICIPALITIES

_TEXT, _NUMBER, _DAY, _FLAG = pa.string(), pa.float64(), pa.date32(), pa.bool_()
LINES: Final = pa.schema(
    [
        ("household_key", pa.int64()), ("person_key", pa.int64()), ("region_code", _TEXT),
        ("here", _FLAG), ("able", _FLAG), ("alleviated", _FLAG), ("monitored", _FLAG),
        ("registry_months", _NUMBER), ("registry_area", _TEXT), ("registry_employer", _TEXT),
        ("registry_wage", _NUMBER), ("registry_channel", _TEXT), ("registry_public_job", _TEXT),
        ("register_working", _FLAG), ("register_months", _NUMBER), ("register_area", _TEXT),
        ("register_place", _TEXT), ("register_place_code", _TEXT), ("register_place_area", _TEXT),
        ("register_employer", _TEXT), ("register_industry", _TEXT), ("register_wage", _NUMBER),
        ("register_channel", _TEXT), ("register_p2p", _FLAG), ("register_started_on", _DAY),
        ("register_ended_on", _DAY), ("register_updated_on", _DAY),
        ("insured_months", _NUMBER), ("insured_recent", _NUMBER), ("insured_last_on", _DAY),
        ("insured_employer", _TEXT), ("insured_base", _NUMBER),
        ("subsidy_months", _NUMBER), ("subsidy_area", _TEXT), ("subsidy_place", _TEXT), ("subsidy_place_code", _TEXT),
        ("subsidy_employer", _TEXT),
        ("subsidy_wage", _NUMBER), ("subsidy_posted_on", _DAY), ("subsidy_paid_on", _DAY), ("subsidy_paid", _NUMBER),
        ("visit_works", _FLAG), ("visit_months", _NUMBER), ("visit_area", _TEXT), ("visit_place", _TEXT),
        ("visit_place_code", _TEXT),
        ("visit_employer", _TEXT), ("visit_wage", _NUMBER), ("visit_channel", _TEXT), ("visit_on", _DAY),
        ("unemployed", _FLAG), ("before_working", _FLAG), ("before_months", _NUMBER), ("before_place", _TEXT),
        ("conflicts", pa.list_(_TEXT)), ("stopped", _FLAG),
    ]
)  # fmt: skip
"""Months, yuan a month, codes of the code lists; null: that source says nothing of it."""
FIGURES: Final = (
    "region_code", "able", "employed", "alleviated_able", "alleviated_employed", "monitored_able", "monitored_employed",
    "away", "away_before", "stopped", "conflicted", "able_households", "idle_households",
)  # fmt: skip
"""Of a village. `able`, `employed`: persons able to work, and of them those with months this year; `away`: working by
the register; `*_households`: lifted out or monitored, with somebody fully able, and those where nobody works."""


def lines_sql(rulebook: Rulebook, feeds: frozenset[str], *, region: str, as_of: date, limits: Limits) -> str:
    """One row a person of whom any source says something, or who is able to work. `feeds`: those that there are."""
    fact = _Facts(rulebook, region, as_of)
    conflicts = ", ".join(
        f"CASE WHEN {' OR '.join(f'({one})' for one in conditions)} THEN '{kind.value}' END"
        for kind, conditions in _conflicts(feeds, as_of, limits).items()
    )
    return f"""
        WITH persons AS (
            SELECT p.*, h.region_code, {fact.sql("registered_here", "p")} AS here,
                {fact.sql("able_to_work", "p")} AND NOT ({fact.sql("is_student", "p")}) AS able,
                {fact.sql("is_alleviated", "h")} AS alleviated, {fact.sql("is_monitored", "h")} AS monitored,
                {fact.sql("fully_able_to_work", "p")} AND NOT ({fact.sql("is_student", "p")}) AS fully_able
            FROM registry_person p JOIN registry_household h USING (household_key)
        ), wide AS (
            SELECT p.household_key, p.person_key, p.region_code, COALESCE(p.here, FALSE) AS here,
                COALESCE(p.able AND p.here, FALSE) AS able, COALESCE(p.fully_able AND p.here, FALSE) AS fully_able,
                COALESCE(p.alleviated, FALSE) AS alleviated, COALESCE(p.monitored, FALSE) AS monitored,
                p.status, p.status_on, COALESCE(p.work_months, 0) AS registry_months, p.work_area AS registry_area,
                p.employer AS registry_employer, p.wage_month AS registry_wage, p.job_channel AS registry_channel,
                p.public_job AS registry_public_job,
                g.working AS register_working, g.work_months AS register_months, g.work_area AS register_area,
                g.place AS register_place, g.place_code AS register_place_code, g.place_area AS register_place_area,
                g.employer AS register_employer, g.industry AS register_industry, g.wage_month AS register_wage,
                g.job_channel AS register_channel, g.p2p AS register_p2p, g.started_on AS register_started_on,
                g.ended_on AS register_ended_on, g.updated_on AS register_updated_on,
                g.area_contradicts, g.dates_reversed, g.spells,
                i.months AS insured_months, i.recent AS insured_recent, i.last_on AS insured_last_on,
                i.employer AS insured_employer, i.base AS insured_base,
                s.work_months AS subsidy_months, s.area AS subsidy_area, s.place AS subsidy_place,
                s.place_code AS subsidy_place_code,
                s.employer AS subsidy_employer, s.wage_month AS subsidy_wage, s.posted_on AS subsidy_posted_on,
                y.paid_on AS subsidy_paid_on, y.paid AS subsidy_paid,
                v.works AS visit_works, v.work_months AS visit_months, v.area AS visit_area, v.place AS visit_place,
                v.place_code AS visit_place_code,
                v.employer AS visit_employer, v.wage_month AS visit_wage, v.job_channel AS visit_channel,
                v.visited_on AS visit_on, j.unemployed,
                b.working AS before_working, b.work_months AS before_months, b.place AS before_place
            FROM persons p
            LEFT JOIN work_register g USING (person_key) LEFT JOIN social_insurance i USING (person_key)
            LEFT JOIN job_subsidy s USING (person_key) LEFT JOIN work_visit v USING (person_key)
            LEFT JOIN employment j USING (person_key) LEFT JOIN assistance_payment y USING (person_key)
            LEFT JOIN work_register_before b USING (person_key)
        ), named AS (
            SELECT *, {", ".join(f"{_short(f'{name}_employer')} AS {name}_short" for name in _NAMING)} FROM wide
        )
        SELECT {", ".join(name for name in (*LINES.names[:-2], "fully_able"))},
            LIST_FILTER([{conflicts}], lambda x: x IS NOT NULL) AS conflicts,
            here AND COALESCE(before_working, FALSE) AND registry_months = 0 AND NOT COALESCE(register_working, FALSE)
                AND COALESCE(insured_recent, 0) = 0 AND NOT COALESCE(visit_works, FALSE) AS stopped
        FROM named
        WHERE able OR registry_months > 0 OR register_working IS NOT NULL OR insured_months IS NOT NULL
            OR subsidy_posted_on IS NOT NULL OR visit_works IS NOT NULL OR before_working IS NOT NULL
    """


def lines_columns() -> str:
    """The columns of `LINES`, in order."""
    return ", ".join(LINES.names)


def figures_sql() -> str:
    """One row a village, `FIGURES`."""
    counted = {
        "able": "able",
        "employed": "able AND registry_months > 0",
        "alleviated_able": "able AND alleviated",
        "alleviated_employed": "able AND alleviated AND registry_months > 0",
        "monitored_able": "able AND monitored",
        "monitored_employed": "able AND monitored AND registry_months > 0",
        "away": "here AND register_working",
        "away_before": "here AND before_working",
        "stopped": "stopped",
        "conflicted": "LEN(conflicts) > 0",
    }
    people = ", ".join(f"COUNT(*) FILTER (WHERE {condition}) AS {name}" for name, condition in counted.items())
    return f"""
        WITH homes AS (
            SELECT region_code, household_key, BOOL_OR(registry_months > 0) AS works
            FROM lines WHERE here AND (alleviated OR monitored) GROUP BY ALL HAVING BOOL_OR(fully_able)
        ), idle AS (
            SELECT region_code, COUNT(*) AS able_households, COUNT(*) FILTER (WHERE NOT works) AS idle_households
            FROM homes GROUP BY region_code
        ), people AS (SELECT region_code, {people} FROM lines GROUP BY region_code)
        SELECT people.*, COALESCE(able_households, 0) AS able_households,
            COALESCE(idle_households, 0) AS idle_households
        FROM people LEFT JOIN idle USING (region_code) ORDER BY region_code
    """


def _conflicts(feeds: frozenset[str], as_of: date, limits: Limits) -> dict[WorkConflict, list[str]]:
    """What makes each kind of conflict; a source that is missing makes none."""
    gap = limits.months_gap
    days = f"DATE '{as_of.isoformat()}'"
    beyond = f"registry_months > 0 AND registry_area <> '{WorkArea.TOWNSHIP.value}' AND registry_public_job IS NULL"
    gone = f"status IN ('{PersonStatus.DEAD.value}', '{PersonStatus.IN_PRISON.value}') AND status_on IS NOT NULL"
    works = [
        "registry_months = 0 AND register_working",
        "registry_months = 0 AND insured_recent > 0",
        "registry_months = 0 AND visit_works",
        "registry_months > 0 AND NOT visit_works",
        "register_working AND unemployed",
        "register_working AND NOT visit_works",
    ]
    if REGISTER in feeds:
        works.append(f"{beyond} AND register_working IS NULL")
    sides = ("register", "subsidy", "visit")
    areas = [f"registry_months > 0 AND registry_area <> {one}_area" for one in sides]
    areas += [_other_city(one, other) for one, other in _pairs(sides)]
    wages = ("registry", "register", "visit")
    return {
        WorkConflict.WORKS: works,
        WorkConflict.MONTHS: [
            *(f"registry_months > 0 AND ABS(registry_months - {one}_months) > {gap}" for one in sides),
            f"registry_months > 0 AND insured_months > registry_months + {gap}",
        ],
        WorkConflict.PLACE: [*areas, "area_contradicts"],
        WorkConflict.EMPLOYER: [_other_employer(one, other) for one, other in _pairs(_NAMING)],
        WorkConflict.WAGE: [
            f"ABS({one}_wage - {other}_wage) > LEAST({one}_wage, {other}_wage) * {limits.wage_gap}"
            for one, other in _pairs(wages)
        ],
        WorkConflict.CHANNEL: [
            f"registry_months > 0 AND registry_channel <> {one}_channel" for one in ("register", "visit")
        ],
        WorkConflict.IMPOSSIBLE_MONTHS: [
            "registry_months > 12",
            "dates_reversed",
            "spells > 1 AND register_working",
            "COALESCE(register_ended_on, " + days + ") >= register_started_on AND register_months > "
            "DATE_SUB('month', register_started_on, COALESCE(register_ended_on, " + days + ")) + 1",
        ],
        WorkConflict.IMPOSSIBLE_WAGE: [
            f"{one}_wage NOT BETWEEN {limits.wage_least} AND {limits.wage_most}" for one in wages
        ],
        WorkConflict.AFTER_LEAVING: [
            f"{gone} AND (insured_last_on > status_on OR register_working OR register_ended_on > status_on)"
        ],
    }


_NAMING: Final = ("registry", "register", "insured", "visit")
"""Sources that name the employer."""


def _pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    given = list(names)
    return [(one, other) for at, one in enumerate(given) for other in given[at + 1 :]]


def _other_city(one: str, other: str) -> str:
    """Both name a place, in different provinces, or in different cities of one that is not a city itself."""
    first, second = f"{one}_place_code", f"{other}_place_code"
    named = f"SUBSTR({first}, 3, 2) <> '00' AND SUBSTR({second}, 3, 2) <> '00'"
    cities = ", ".join(f"'{code}'" for code in sorted(MUNICIPALITIES))
    return (
        f"LEFT({first}, 2) <> LEFT({second}, 2) OR "
        f"({named} AND LEFT({first}, 4) <> LEFT({second}, 4) AND LEFT({first}, 2) NOT IN ({cities}))"
    )


def _other_employer(one: str, other: str) -> str:
    """Both are named, and neither name, without 公司 and the like, is in the other."""
    return (
        f"registry_months > 0 AND {one}_employer <> {other}_employer AND NOT CONTAINS({one}_short, {other}_short) "
        f"AND NOT CONTAINS({other}_short, {one}_short)"
    )


def _short(name: str) -> str:
    return f"REGEXP_REPLACE({name}, '有限责任公司|股份有限公司|有限公司|公司|集团|[[:space:]()（）·,，.]', '', 'g')"


class _Facts:
    """Facts of the rulebook about one row as SQL, with the values of their parameters put in."""

    def __init__(self, rulebook: Rulebook, region: str, as_of: date) -> None:
        self._book, self._region, self._as_of = rulebook, region, as_of

    def sql(self, name: str, table: str) -> str:
        fact = self._book.facts[name]
        bindings: dict[str, exp.Expression] = {column: exp.column(column, table=table) for column in fact.columns}
        bindings[AS_OF] = exp.cast(exp.Literal.string(self._as_of.isoformat()), "DATE")
        for parameter in fact.parameters:
            value = self._book.parameters[parameter].value(region=self._region, on=self._as_of).value
            given = list(value) if isinstance(value, (tuple, frozenset)) else value
            bindings[parameter] = cast(exp.Expression, exp.convert(given))
        return f"({fact.expression.sql('duckdb', bindings)})"
