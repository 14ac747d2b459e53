"""Changes to the rulebook from draft to being in force, every step of them, and counts of what a rule would raise."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer


class ChangeState(models.TextChoices):
    """Where a change stands. `in_force` and `retired`: approved; the day of effect says from when its text counts."""

    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待审核")
    REVIEWED = "reviewed", _("已审核，待批准")
    IN_FORCE = "in_force", _("已批准")
    RETIRED = "retired", _("已停用")
    WITHDRAWN = "withdrawn", _("已撤回")


APPROVED = (ChangeState.IN_FORCE, ChangeState.RETIRED)
OPEN = (ChangeState.DRAFT, ChangeState.SUBMITTED, ChangeState.REVIEWED)


class ChangeKind(models.TextChoices):
    TEXT = "text", _("修改文本")
    NEW = "new", _("新规则")
    PARAMETER = "parameter", _("参数取值")
    RETIRE = "retire", _("停用规则")


class RuleChangeQuerySet(models.QuerySet["RuleChange"]):
    def visible_to(self, actor: Officer) -> "RuleChangeQuerySet":
        """Those who work on rules see every change; everyone who reads rules sees what has been approved."""
        if any(actor.may(action) for action in (Action.RULES_DRAFT, Action.RULES_REVIEW, Action.RULES_APPROVE)):
            return self
        return self.filter(state__in=APPROVED) if actor.may(Action.RULES_SEE) else self.none()

    def approved(self) -> "RuleChangeQuerySet":
        """In the order of their approval."""
        return self.filter(state__in=APPROVED).order_by("approved_at", "pk")


class RuleChange(models.Model):
    """One new text of one rulebook file. `base_digest` is of the text it was written on; empty for a new file."""

    kind = models.CharField(_("种类"), max_length=16, choices=ChangeKind.choices)
    path = models.CharField(_("文件"), max_length=160)
    title = models.CharField(_("名称"), max_length=160)
    department = models.CharField(_("责任部门"), max_length=64, blank=True)
    base_digest = models.CharField(max_length=64, blank=True)
    base_text = models.TextField(blank=True)
    text = models.TextField(_("文本"))
    digest = models.CharField(max_length=64)
    arguments = models.JSONField(default=dict)
    summary = models.TextField(_("改了什么，为什么"))
    effective_from = models.DateField(_("施行日期"))
    state = models.CharField(_("状态"), max_length=16, choices=ChangeState.choices, default=ChangeState.DRAFT)
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    author_name = models.CharField(_("起草人"), max_length=128)
    reviewed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_by_name = models.CharField(_("审核人"), max_length=128, blank=True)
    reviewed_at = models.DateTimeField(_("审核时间"), null=True)
    approved_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    approved_by_name = models.CharField(_("批准人"), max_length=128, blank=True)
    approved_at = models.DateTimeField(_("批准时间"), null=True)
    reason = models.TextField(_("退回或撤回的理由"), blank=True)
    created_at = models.DateTimeField(_("起草时间"), default=timezone.now)
    changed_at = models.DateTimeField(_("最近改动"), default=timezone.now)

    objects = RuleChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("规则变更")
        verbose_name_plural = _("规则变更")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["state", "approved_at"], name="change_approved"),
            models.Index(fields=["path", "state"], name="change_path"),
        ]
        constraints = [
            models.CheckConstraint(
                name="change_approved_by_another",
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("author")),
            ),
            models.CheckConstraint(
                name="change_reviewed_by_another",
                condition=models.Q(reviewed_by__isnull=True) | ~models.Q(reviewed_by=models.F("author")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.state}"

    @property
    def folder(self) -> str:
        return self.path.partition("/")[0]

    @property
    def thing_id(self) -> str:
        """The id of the rule, parameter or policy that the file is about."""
        return self.path.partition("/")[2].removesuffix(".yaml")

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_approved(self) -> bool:
        return self.state in APPROVED


class ChangeStep(models.Model):
    """One step of a change's life, kept beside the audit log so that everyone who reads the change sees it."""

    change = models.ForeignKey(RuleChange, on_delete=models.CASCADE, related_name="steps")
    action = models.CharField(max_length=24)
    state_before = models.CharField(max_length=16, blank=True)
    state_after = models.CharField(max_length=16)
    actor_name = models.CharField(max_length=128)
    reason = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.change_id} {self.action}"


class RuleCount(models.Model):
    """What one rule, as it is or as a draft has it, would raise over the standing data; the figures are in `result`.

    `result`: `villages` (code → now, before, fresh, gone, cannot_tell in households) and the `compared` version.
    """

    rule_id = models.CharField(max_length=96)
    change = models.ForeignKey(RuleChange, on_delete=models.CASCADE, null=True, related_name="counts")
    as_of = models.DateField(_("筛查日"))
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=128)
    digest = models.CharField(max_length=64, blank=True)
    result = models.JSONField(null=True)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["rule_id", "change", "-id"], name="count_newest")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.as_of}"
