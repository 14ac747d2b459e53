"""Figures kept with every run: how clean each village is, and how many issues of each check it has."""

from typing import Any

from django.db.models import Count, Q

from doudi.standards.periods import Month
from doudi.web.cleaning.models import STANDING, CleanFigure, CleaningRun, Issue, IssueTally, Severity
from doudi.web.registry.models import Household

ROWS_A_STEP = 2_000


def keep_figures(run: CleaningRun) -> dict[str, Any]:
    """Count the issues that stand after a run, by village; gives the totals. Four SQL statements."""
    standing = Issue.objects.filter(state__in=STANDING).order_by()
    households = dict(
        Household.objects.order_by()
        .values("region_code")
        .annotate(count=Count("pk"))
        .values_list("region_code", "count")
    )
    counted = {
        code: (errors, doubts, wrong)
        for code, errors, doubts, wrong in standing.values("region_code")
        .annotate(
            errors=Count("pk", filter=Q(severity=Severity.ERROR)),
            doubts=Count("pk", filter=Q(severity=Severity.DOUBT)),
            wrong=Count("household_id", filter=Q(severity=Severity.ERROR), distinct=True),
        )
        .values_list("region_code", "errors", "doubts", "wrong")
    }
    CleanFigure.objects.filter(run=run).delete()
    month = str(Month(run.as_of.replace(day=1)))
    CleanFigure.objects.bulk_create(
        [
            CleanFigure(
                run=run,
                month=month,
                region_code=code,
                households=count,
                households_clean=count - counted.get(code, (0, 0, 0))[2],
                errors=counted.get(code, (0, 0, 0))[0],
                doubts=counted.get(code, (0, 0, 0))[1],
            )
            for code, count in households.items()
        ],
        batch_size=ROWS_A_STEP,
    )
    IssueTally.objects.filter(run=run).delete()
    rows = standing.values("region_code", "check_id", "severity", "responsible").annotate(count=Count("pk"))
    IssueTally.objects.bulk_create([IssueTally(run=run, **row) for row in rows], batch_size=ROWS_A_STEP)
    errors = sum(one[0] for one in counted.values())
    doubts = sum(one[1] for one in counted.values())
    wrong = sum(one[2] for one in counted.values())
    whole = sum(households.values())
    return {"issues": errors + doubts, "errors": errors, "doubts": doubts, "clean": whole - wrong}
