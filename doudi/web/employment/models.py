"""What the last comparison of employment data found: persons with conflicts, who stopped working, figures."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition

DEPARTMENT = "human_resources"
"""The department whose officers see employment data of the whole county."""


class RunState(models.TextChoices):
    QUEUED = "queued", _("等待")
    RUNNING = "running", _("进行中")
    DONE = "done", _("完成")
    FAILED = "failed", _("失败")


def _of_department(department: str) -> models.Q:
    return models.Q() if department == DEPARTMENT else models.Q(pk__in=[])


class EmploymentRun(models.Model):
    """One comparison as of a day. Lines and figures are those of the last one that was finished."""

    as_of = models.DateField(_("比对日"))
    state = models.CharField(_("状态"), max_length=16, choices=RunState.choices, default=RunState.QUEUED)
    counts = models.JSONField(default=dict)
    """Conflict → persons, and `stopped`."""
    months = models.JSONField(default=dict)
    """Feed → month of its newest delivery; `before`: month of last year's register."""
    problem = models.TextField(blank=True)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("发起人"), max_length=128)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("发起时间"), default=timezone.now)
    finished_at = models.DateTimeField(_("完成时间"), null=True)

    class Meta:
        verbose_name = _("就业数据比对")
        verbose_name_plural = _("就业数据比对")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.as_of} {self.state}"


class EmploymentLineQuerySet(models.QuerySet["EmploymentLine"]):
    def visible_to(self, actor: Officer, action: Action = Action.EMPLOYMENT_SEE) -> "EmploymentLineQuerySet":
        """Lines in the actor's regions; of the departments only human resources sees any."""
        return self.filter(region_condition(actor.reach(action), department=_of_department))


class EmploymentLine(models.Model):
    """One person with a conflict, or who stopped working. `sources`: what each source said when compared."""

    run = models.ForeignKey(EmploymentRun, on_delete=models.CASCADE, related_name="+", db_index=False)
    household = models.ForeignKey("registry.Household", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey("registry.Person", on_delete=models.CASCADE, related_name="+")
    region_code = models.CharField(max_length=12)
    kinds = models.CharField(_("矛盾"), max_length=160)
    """Codes of `work_conflict` between commas: `,works,months,`; empty when all are settled."""
    stopped = models.BooleanField(_("去年务工今年没有"), default=False)
    alleviated = models.BooleanField(_("脱贫户"), default=False)
    monitored = models.BooleanField(_("监测对象"), default=False)
    sources = models.JSONField(default=dict)
    settled_at = models.DateTimeField(_("处理时间"), null=True)

    objects = EmploymentLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("就业数据矛盾")
        verbose_name_plural = _("就业数据矛盾")
        indexes = [models.Index(fields=["run", "region_code", "id"], name="employment_line_region")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kinds}"

    @property
    def conflicts(self) -> list[str]:
        return [one for one in self.kinds.split(",") if one]


class EmploymentFigureQuerySet(models.QuerySet["EmploymentFigure"]):
    def visible_to(self, actor: Officer, action: Action = Action.EMPLOYMENT_SEE) -> "EmploymentFigureQuerySet":
        return self.filter(region_condition(actor.reach(action), department=_of_department))


class EmploymentFigure(models.Model):
    """Counts of one village; see `doudi.screening.employment.statements.FIGURES`."""

    run = models.ForeignKey(EmploymentRun, on_delete=models.CASCADE, related_name="+")
    region_code = models.CharField(max_length=12)
    able = models.PositiveIntegerField(default=0)
    employed = models.PositiveIntegerField(default=0)
    alleviated_able = models.PositiveIntegerField(default=0)
    alleviated_employed = models.PositiveIntegerField(default=0)
    monitored_able = models.PositiveIntegerField(default=0)
    monitored_employed = models.PositiveIntegerField(default=0)
    away = models.PositiveIntegerField(default=0)
    away_before = models.PositiveIntegerField(default=0)
    stopped = models.PositiveIntegerField(default=0)
    conflicted = models.PositiveIntegerField(default=0)
    able_households = models.PositiveIntegerField(default=0)
    idle_households = models.PositiveIntegerField(default=0)

    objects = EmploymentFigureQuerySet.as_manager()

    class Meta:
        verbose_name = _("就业数字")
        verbose_name_plural = _("就业数字")

    def __str__(self) -> str:
        return f"{self.region_code} {self.employed}/{self.able}"
