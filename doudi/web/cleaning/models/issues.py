"""Runs of the checks, the issues they found, and what happened to each of them."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition


class RunState(models.TextChoices):
    QUEUED = "queued", _("等待")
    RUNNING = "running", _("进行中")
    DONE = "done", _("完成")
    FAILED = "failed", _("失败")


class CleaningRunQuerySet(models.QuerySet["CleaningRun"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLEANING_SEE) -> "CleaningRunQuerySet":
        """A run is of the whole installation; its figures are narrowed to the actor's regions where shown."""
        return self if actor.may(action) else self.none()

    def latest_done(self) -> "CleaningRun | None":
        return self.filter(state=RunState.DONE).order_by("-pk").first()


class CleaningRun(models.Model):
    """All checks over the registry and the standing snapshots as of a day."""

    as_of = models.DateField(_("检查日"))
    state = models.CharField(_("状态"), max_length=16, choices=RunState.choices, default=RunState.QUEUED)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("发起人"), max_length=128)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("发起时间"), default=timezone.now)
    finished_at = models.DateTimeField(_("完成时间"), null=True)
    registry_version = models.PositiveBigIntegerField(null=True)
    rulebook_digest = models.CharField(_("规则摘要"), max_length=64, blank=True)
    counts = models.JSONField(_("结果"), default=dict)
    problem = models.TextField(_("问题"), blank=True)

    objects = CleaningRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("数据检查")
        verbose_name_plural = _("数据检查")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.as_of} {self.get_state_display()}"

    @property
    def settled(self) -> int:
        """Issues of before that were not found again: mended, or gone."""
        return int(self.counts.get("gone", 0)) + int(self.counts.get("corrected", 0))


class Severity(models.TextChoices):
    ERROR = "error", _("错误")
    DOUBT = "doubt", _("疑点")


class IssueState(models.TextChoices):
    """Where an issue stands. The first three are still to be worked on."""

    OPEN = "open", _("待处理")
    SENT = "sent", _("已派村")
    ANSWERED = "answered", _("村已答复")
    CORRECTED = "corrected", _("已更正")
    EXEMPTED = "exempted", _("已豁免")
    GONE = "gone", _("已消失")


STANDING = (IssueState.OPEN, IssueState.SENT, IssueState.ANSWERED)
"""States in which somebody still has to do something."""


class IssueQuerySet(models.QuerySet["Issue"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLEANING_SEE) -> "IssueQuerySet":
        """Issues in the actor's regions; a department's officer sees those the department answers for."""
        return self.filter(
            region_condition(actor.reach(action), department=lambda department: models.Q(responsible=department))
        )

    def standing(self) -> "IssueQuerySet":
        return self.filter(state__in=STANDING)


class Issue(models.Model):
    """One check met by one household or person. The same row lives on from run to run, also after it was mended."""

    check_id = models.CharField(_("检查"), max_length=96)
    check_version = models.CharField(_("版本"), max_length=32)
    topic = models.CharField(_("类别"), max_length=32)
    severity = models.CharField(_("程度"), max_length=16, choices=Severity.choices)
    severity_order = models.PositiveSmallIntegerField(default=1, editable=False)
    responsible = models.CharField(_("责任单位"), max_length=64)
    household = models.ForeignKey(
        "registry.Household", on_delete=models.CASCADE, related_name="issues", verbose_name=_("户"), db_index=False
    )
    person = models.ForeignKey("registry.Person", on_delete=models.CASCADE, null=True, related_name="issues")
    region_code = models.CharField(max_length=12)
    columns = models.JSONField(_("相关单元格"), default=list)
    facts = models.JSONField(default=dict)
    legal_basis = models.JSONField(default=list)
    sentence = models.TextField(_("说明"))
    sentence_en = models.TextField(blank=True)
    repair_column = models.CharField(max_length=96, blank=True)
    repair_value = models.TextField(null=True)
    repair_before = models.TextField(null=True)
    """What stood in the cell when the repair was proposed, so that a cell changed since is not overwritten."""
    repair_because = models.TextField(_("建议的理由"), blank=True)
    state = models.CharField(_("状态"), max_length=16, choices=IssueState.choices, default=IssueState.OPEN)
    first_run = models.ForeignKey(CleaningRun, on_delete=models.SET_NULL, null=True, related_name="+")
    last_run = models.ForeignKey(CleaningRun, on_delete=models.SET_NULL, null=True, related_name="+")
    found_on = models.DateField(_("发现日期"))
    gone_on = models.DateField(_("消除日期"), null=True)
    exempt_until = models.DateField(_("豁免到"), null=True)
    task = models.ForeignKey("cleaning.Task", on_delete=models.SET_NULL, null=True, related_name="issues")
    answer = models.TextField(_("村答复"), blank=True)

    objects = IssueQuerySet.as_manager()

    class Meta:
        verbose_name = _("数据问题")
        verbose_name_plural = _("数据问题")
        constraints = [
            models.UniqueConstraint(
                fields=["household", "check_id", "person"],
                condition=models.Q(person__isnull=False),
                name="one_issue_a_check_and_person",
            ),
            models.UniqueConstraint(
                fields=["household", "check_id"],
                condition=models.Q(person__isnull=True),
                name="one_issue_a_check_and_household",
            ),
        ]
        indexes = [
            models.Index(fields=["household", "state"], name="issue_household"),
            models.Index(fields=["state", "severity_order", "region_code", "id"], name="issue_worklist"),
            models.Index(fields=["region_code", "state"], name="issue_region"),
            models.Index(fields=["check_id", "state", "region_code"], name="issue_check"),
            models.Index(fields=["responsible", "state", "region_code"], name="issue_responsible"),
        ]

    def __str__(self) -> str:
        return f"{self.check_id} {self.household_id} {self.state}"

    @property
    def is_standing(self) -> bool:
        return self.state in STANDING

    @property
    def has_repair(self) -> bool:
        return bool(self.repair_column)


class IssueStep(models.TextChoices):
    """What happened to an issue."""

    FOUND = "found", _("检查发现")
    AGAIN = "again", _("再次出现")
    SENT = "sent", _("派村核实")
    ANSWERED = "answered", _("村答复")
    BACK = "back", _("退回重新核实")
    CORRECTED = "corrected", _("更正")
    EXEMPTED = "exempted", _("豁免")
    EXPIRED = "expired", _("豁免到期")
    LIFTED = "lifted", _("取消豁免")
    GONE = "gone", _("不再出现")
    UNDONE = "undone", _("撤销更正")


class IssueEvent(models.Model):
    """A line of an issue's history: what, who, when."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="events")
    step = models.CharField(_("事项"), max_length=16, choices=IssueStep.choices)
    note = models.TextField(_("说明"), blank=True)
    file = models.ForeignKey("protection.VaultFile", on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(_("办理人"), max_length=128, blank=True)
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        verbose_name = _("问题经过")
        verbose_name_plural = _("问题经过")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.step}"


class Exemption(models.Model):
    """An issue that is right as it stands, or has to be lived with until a day, with the proof."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="exemptions")
    reason = models.TextField(_("理由"))
    proof = models.ForeignKey("protection.VaultFile", on_delete=models.PROTECT, null=True, related_name="+")
    expires_on = models.DateField(_("有效期至"))
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("办理人"), max_length=128)
    at = models.DateTimeField(_("时间"), default=timezone.now)
    lifted_at = models.DateTimeField(_("取消时间"), null=True)
    lifted_by = models.CharField(_("取消人"), max_length=128, blank=True)

    class Meta:
        verbose_name = _("豁免")
        verbose_name_plural = _("豁免")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.expires_on}"
