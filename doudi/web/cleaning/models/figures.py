"""Counts kept after every run, so that trends need no walk over the issues."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition
from doudi.web.cleaning.models.issues import Severity


class CleanFigureQuerySet(models.QuerySet["CleanFigure"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLEANING_SEE) -> "CleanFigureQuerySet":
        return self.filter(region_condition(actor.reach(action)))


class CleanFigure(models.Model):
    """How clean a village was in one run: households without a standing error (`households_clean`), and how many."""

    run = models.ForeignKey("cleaning.CleaningRun", on_delete=models.CASCADE, related_name="figures", db_index=False)
    month = models.CharField(_("月份"), max_length=7)
    region_code = models.CharField(max_length=12)
    households = models.PositiveIntegerField(default=0)
    households_clean = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    doubts = models.PositiveIntegerField(default=0)

    objects = CleanFigureQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "region_code"], name="one_clean_figure_a_village")]
        indexes = [models.Index(fields=["month", "region_code"], name="clean_figure_month")]

    def __str__(self) -> str:
        return f"{self.region_code} {self.households_clean}/{self.households}"


class IssueTallyQuerySet(models.QuerySet["IssueTally"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLEANING_SEE) -> "IssueTallyQuerySet":
        return self.filter(
            region_condition(actor.reach(action), department=lambda department: models.Q(responsible=department))
        )


class IssueTally(models.Model):
    """How many issues of a check a village had after one run, exempted ones left out: the trend of a check."""

    run = models.ForeignKey("cleaning.CleaningRun", on_delete=models.CASCADE, related_name="tallies", db_index=False)
    region_code = models.CharField(max_length=12)
    check_id = models.CharField(max_length=96)
    severity = models.CharField(max_length=16, choices=Severity.choices)
    responsible = models.CharField(max_length=64)
    count = models.PositiveIntegerField(default=0)

    objects = IssueTallyQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["run", "check_id", "region_code"], name="issue_tally")]

    def __str__(self) -> str:
        return f"{self.check_id} {self.count}"
