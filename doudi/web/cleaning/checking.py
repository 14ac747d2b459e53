"""Holding the registry against the checks: all of it for a run, or the households that a correction touched."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
from django.db.models import Q
from django.utils.translation import gettext as _

from doudi.web.discovery.keys import register_keys
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.intake.snapshots import standing_snapshots
from doudi.web.jobs.progress import Report, ignore
from doudi.web.refusal import ActionRefused
from doudi.web.registry.models import Household, Person
from doudi.web.registry.screening_tables import screening_tables, tables_of_households

if TYPE_CHECKING:
    from doudi.screening.cleaning.run import CleaningResult

MOST_OF_A_PROBLEM = 2000
MOST_WITH_NEIGHBOURS = 200
"""Households judged again at once for which their villages are read too; checks that compare more wait for the run."""
WIDE_SOURCES = frozenset({"income_twins", "helper_load"})
"""Shared tables over a whole village or township; the others only join rows of the same person or phone."""


@dataclass(frozen=True)
class Checked:
    """What was found, as rows with `household_id` and `person_id`, and which checks nothing is known of."""

    found: list[dict[str, Any]]
    judged: frozenset[str]
    unjudged: frozenset[str]
    cannot_tell: int
    digest: str
    households: int
    persons: int


def check_everybody(as_of: date, *, report: Report = ignore) -> Checked:
    """The whole registry with the standing snapshots. Raises `ActionRefused` (`rulebook`, `registry`)."""
    from doudi.screening.inputs import RegistryTables

    report(_("读取户和人口"), 0, 0)
    tables = screening_tables()
    result = _checked(
        RegistryTables(**tables),
        as_of=as_of,
        progress=lambda share, doing: report(doing, round(share * 100), 100),
    )
    try:
        engine = duckdb.connect()
        engine.register("issue", result.issues)
        register_keys(engine, "issue")
        rows = engine.sql(
            "SELECT i.*, h.household_id, p.person_id FROM issue i JOIN household h USING (household_key) "
            "LEFT JOIN (SELECT person_key, household_id, min(person_id) AS person_id FROM person GROUP BY ALL) p "
            "ON p.person_key = i.person_key AND p.household_id = h.household_id "
            "WHERE i.person_key IS NULL OR p.person_id IS NOT NULL"
        ).to_arrow_table()
        return _of(result, rows.to_pylist(), tables["household"].num_rows, tables["person"].num_rows)
    finally:
        result.close()


def check_households(keys: Collection[int], *, checks: Collection[str], as_of: date) -> Checked:
    """Some households by primary key, as the present transaction sees them, against some checks.

    Rows are compared within what is read with them: who shares a person or phone, and up to
    `MOST_WITH_NEIGHBOURS` households also their villages and whoever has the same helper. Raises like the whole.
    """
    from doudi.screening.inputs import RegistryTables

    few = len(keys) <= MOST_WITH_NEIGHBOURS
    around = neighbours(keys, wide=few)
    chosen = set(checks) if few else set(checks) - _wide_checks(as_of, checks)
    tables = tables_of_households(around)
    judged = dict(Household.objects.filter(pk__in=list(keys)).values_list("household_key", "pk"))
    result = _checked(RegistryTables(**tables), as_of=as_of, checks=chosen, households=list(judged))
    try:
        members = {
            (key, household): pk
            for key, household, pk in Person.objects.filter(household_id__in=list(keys))
            .order_by("-pk")
            .values_list("person_key", "household_id", "pk")
        }
        rows = []
        for row in result.issues.to_pylist():
            household = judged.get(row["household_key"])
            if household is None:
                continue
            person = members.get((row["person_key"], household))
            if row["person_key"] is None or person is not None:
                rows.append({**row, "household_id": household, "person_id": person})
        return _of(result, rows, len(judged), len(members))
    finally:
        result.close()


def neighbours(keys: Collection[int], *, wide: bool) -> set[int]:
    """The households, and those that share a person or phone with them; `wide`: their villages and helpers too."""
    ids = list(keys)
    households = Household.objects.filter(pk__in=ids)
    persons = Person.objects.filter(household_id__in=ids)
    same = Q(person_key__in=persons.values("person_key"))
    found = set(ids) | set(Person.objects.filter(same).values_list("household_id", flat=True))
    phones = [phone for phone in households.values_list("phone_key", flat=True) if phone is not None]
    found |= set(Household.objects.filter(phone_key__in=phones).values_list("pk", flat=True))
    if wide:
        villages = set(households.values_list("region_code", flat=True))
        found |= set(Household.objects.filter(region_code__in=villages).values_list("pk", flat=True))
        helpers = households.exclude(helper_name=None).values_list("helper_name", "region_code")
        for name, code in set(helpers):
            township = Household.objects.filter(helper_name=name, region_code__startswith=code[:9])
            found |= set(township.values_list("pk", flat=True))
    return found


def checks_concerned(columns: Iterable[str], as_of: date) -> set[str]:
    """The checks in force that name one of the cells, which are written as `person.labour`."""
    cells = set(columns)
    return {check.id for check in current_rulebook(as_of).checks_on(as_of) if cells & set(check.columns)}


def _wide_checks(as_of: date, checks: Collection[str]) -> set[str]:
    book = current_rulebook(as_of)
    wide = set()
    for name in checks:
        if (check := book.checks.get(name)) is not None:
            sources = {fact.source.id for fact in book.facts_of(check.facts).values()}
            if sources & WIDE_SOURCES:
                wide.add(name)
    return wide


def _checked(registry: Any, *, as_of: date, **given: Any) -> "CleaningResult":
    from doudi.rulebook import RulebookError
    from doudi.screening.cleaning.run import check_data
    from doudi.screening.thresholds import MissingParameters

    try:
        rulebook = current_rulebook(as_of)
        return check_data(rulebook=rulebook, registry=registry, snapshots=standing_snapshots(), as_of=as_of, **given)
    except (RulebookError, MissingParameters) as problem:
        message = _("规则或参数有问题，没有检查：%s") % str(problem)[:MOST_OF_A_PROBLEM]
        raise ActionRefused("rulebook", message) from problem
    except ValueError as problem:
        message = _("登记簿的数据不能检查：%s") % str(problem)[:MOST_OF_A_PROBLEM]
        raise ActionRefused("registry", message) from problem


def _of(result: "CleaningResult", found: list[dict[str, Any]], households: int, persons: int) -> Checked:
    return Checked(
        found=found,
        judged=frozenset(result.judged),
        unjudged=frozenset(result.plan.left_out),
        cannot_tell=sum(result.cannot_tell.values()),
        digest=result.rulebook.digest,
        households=households,
        persons=persons,
    )
