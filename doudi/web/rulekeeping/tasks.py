"""The long work of counting what one rule would raise today, as it is or as a draft has it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext as _

from doudi.web.jobs.models import Job
from doudi.web.jobs.progress import Report
from doudi.web.jobs.work import long_work
from doudi.web.refusal import ActionRefused
from doudi.web.rulekeeping.models import RuleCount

if TYPE_CHECKING:
    from doudi.feeds.snapshot import Snapshot
    from doudi.rulebook import Rule, Rulebook
    from doudi.screening.inputs import RegistryTables

MOST_OF_A_PROBLEM = 2000


def _failed(job: Job, code: str, message: str) -> None:
    RuleCount.objects.filter(pk=job.arguments["count"]).update(problem=message[:MOST_OF_A_PROBLEM])


@long_work("rulekeeping.count", on_failure=_failed)
def count(job: Job, report: Report) -> dict[str, Any]:
    """Screen one rule over the standing data, and for a draft the rule in force beside it. Changes nothing else."""
    from doudi.rulebook import RulebookError, build_rulebook
    from doudi.screening.inputs import RegistryTables
    from doudi.screening.thresholds import MissingParameters
    from doudi.web.discovery.rulebook import current_rulebook
    from doudi.web.intake.snapshots import standing_snapshots
    from doudi.web.registry.screening_tables import screening_tables
    from doudi.web.rulekeeping.queries import head_rulebook

    counted = RuleCount.objects.select_related("change").get(pk=job.arguments["count"])
    report(_("读取户和人口"), 0, 0)
    registry = RegistryTables(**screening_tables())
    snapshots = standing_snapshots()
    try:
        book = current_rulebook(counted.as_of)
        report(_("计算现行的规则"), 1, 3)
        before = (
            households(book.rules[counted.rule_id], book, registry, snapshots, counted)
            if counted.change is not None and counted.rule_id in book.rules
            else {}
        )
        if counted.change is not None:
            book = build_rulebook({**head_rulebook().texts, counted.change.path: counted.change.text}, prefix="")
        report(_("计算这条规则"), 2, 3)
        now = households(book.rules[counted.rule_id], book, registry, snapshots, counted)
    except (RulebookError, MissingParameters) as problem:
        raise ActionRefused("rulebook", _("算不出来：%s") % str(problem)[:MOST_OF_A_PROBLEM]) from problem
    counted.result = {"villages": by_village(now, before), "compared": counted.change_id is not None}
    counted.digest, counted.problem = book.digest, ""
    counted.save(update_fields=["result", "digest", "problem"])
    totals: dict[str, int] = {}
    for village in counted.result["villages"].values():
        for name, number in village.items():
            totals[name] = totals.get(name, 0) + number
    return totals


def households(
    rule: "Rule",
    book: "Rulebook",
    registry: "RegistryTables",
    snapshots: "list[Snapshot]",
    counted: RuleCount,
) -> dict[int, tuple[str, str]]:
    """Household → its village and what the rule comes to there: raised or cannot_tell; others are left out."""
    from doudi.screening.run import screen
    from doudi.screening.sql.rules import CANNOT_TELL, ESCALATED, NO_DATA, RAISED, outcome_column
    from doudi.web.rulekeeping.trying import as_if_in_force

    if rule.subject not in ("person", "household"):
        raise ActionRefused("regional", _("这条规则判断的是村或乡镇，请看筛查结果。"))
    trial = as_if_in_force(book, rule, counted.as_of)
    result = screen(rulebook=trial, registry=registry, snapshots=snapshots, as_of=counted.as_of, rules=[rule.id])
    try:
        table = result.outcomes(result.plan.table_of(result.plan.rules[0]))
        places = result.household_facts.select(["household_key", "region_code"])
    finally:
        result.close()
    column = outcome_column(rule.id)
    wanted = pa.array([RAISED, ESCALATED, CANNOT_TELL, NO_DATA], pa.int8())
    met = table.filter(pc.is_in(table[column].cast(pa.int8()), wanted)).select(["household_key", column])
    joined = met.join(places, "household_key")
    found: dict[int, tuple[str, str]] = {}
    for row in joined.to_pylist():
        outcome = "raised" if row[column] in (RAISED, ESCALATED) else "cannot_tell"
        if outcome == "raised" or row["household_key"] not in found:
            found[row["household_key"]] = str(row["region_code"] or ""), outcome
    return found


def by_village(now: Mapping[int, tuple[str, str]], before: Mapping[int, tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Village → households raised now and before, new and gone ones, and those that can't be judged."""
    villages: dict[str, dict[str, int]] = {}

    def add(village: str, name: str) -> None:
        counts = villages.setdefault(village, dict.fromkeys(("now", "before", "fresh", "gone", "cannot_tell"), 0))
        counts[name] += 1

    for household, (village, outcome) in now.items():
        was = before.get(household, ("", ""))[1] == "raised"
        if outcome == "raised":
            add(village, "now")
            if not was:
                add(village, "fresh")
        else:
            add(village, "cannot_tell")
    for household, (village, outcome) in before.items():
        if outcome == "raised":
            add(village, "before")
            if now.get(household, ("", ""))[1] != "raised":
                add(village, "gone")
    return villages
