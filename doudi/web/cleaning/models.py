"""What checks found in the registry, what people did about it, and every cell that was changed on the way."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition
from doudi.web.protection.fields import EncryptedTextField


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


class TaskState(models.TextChoices):
    SENT = "sent", _("待村核实")
    RETURNED = "returned", _("村已交回")
    CLOSED = "closed", _("已办结")
    WITHDRAWN = "withdrawn", _("已收回")


class TaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLEANING_SEE) -> "TaskQuerySet":
        """Tasks of the actor's villages; departments have none."""
        return self.filter(region_condition(area for area in actor.reach(action) if not area.department))


class Task(models.Model):
    """Issues of one village, sent there to be asked at the door by a day (派村核实)."""

    request_key = models.UUIDField(editable=False)
    region_code = models.CharField(_("行政村"), max_length=12)
    due_on = models.DateField(_("完成期限"))
    note = models.CharField(_("说明"), max_length=400, blank=True)
    state = models.CharField(_("状态"), max_length=16, choices=TaskState.choices, default=TaskState.SENT)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("派发人"), max_length=128)
    sent_at = models.DateTimeField(_("派发时间"), default=timezone.now)
    returned_at = models.DateTimeField(_("交回时间"), null=True)
    returned_by = models.CharField(_("交回人"), max_length=128, blank=True)
    closed_at = models.DateTimeField(_("办结时间"), null=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("核实任务")
        verbose_name_plural = _("核实任务")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["request_key", "region_code"], name="one_task_a_village_and_request")
        ]
        indexes = [models.Index(fields=["region_code", "state", "due_on"], name="task_village")]

    def __str__(self) -> str:
        return f"{self.pk} {self.region_code} {self.get_state_display()}"


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
    repair_because = models.TextField(_("建议的理由"), blank=True)
    state = models.CharField(_("状态"), max_length=16, choices=IssueState.choices, default=IssueState.OPEN)
    first_run = models.ForeignKey(CleaningRun, on_delete=models.SET_NULL, null=True, related_name="+")
    last_run = models.ForeignKey(CleaningRun, on_delete=models.SET_NULL, null=True, related_name="+")
    found_on = models.DateField(_("发现日期"))
    gone_on = models.DateField(_("消除日期"), null=True)
    exempt_until = models.DateField(_("豁免到"), null=True)
    task = models.ForeignKey(Task, on_delete=models.SET_NULL, null=True, related_name="issues")
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
    actor_name = models.CharField(_("办理人"), max_length=128, blank=True)
    at = models.DateTimeField(_("时间"), default=timezone.now)

    class Meta:
        verbose_name = _("问题经过")
        verbose_name_plural = _("问题经过")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.step}"


class How(models.TextChoices):
    """On what occasion cells were changed."""

    ACCEPT = "accept", _("采纳建议")
    CORRECT = "correct", _("人工更正")
    BULK = "bulk", _("批量采纳")
    WORKBOOK = "workbook", _("表格回填")
    COMPARISON = "comparison", _("对照表录入")
    EMPLOYMENT = "employment", _("务工信息更新")
    DUPLICATES = "duplicates", _("重复处理")
    UNDO = "undo", _("撤销")


class CorrectionBatch(models.Model):
    """Cells changed together, in one request of one person. The key is the request's, so that a repeat does nothing."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    how = models.CharField(_("方式"), max_length=16, choices=How.choices)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("办理人"), max_length=128)
    at = models.DateTimeField(_("时间"), default=timezone.now)
    cells = models.PositiveIntegerField(_("单元格"), default=0)
    households = models.PositiveIntegerField(_("户"), default=0)
    conflicts = models.JSONField(_("冲突"), default=list)
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="undone_by")

    class Meta:
        verbose_name = _("更正")
        verbose_name_plural = _("更正")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.key} {self.how}"


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLEANING_SEE) -> "CorrectionQuerySet":
        """Changed cells of the actor's regions; departments see them with the issues they answer for."""
        return self.filter(
            region_condition(actor.reach(action), department=lambda department: models.Q(issue__responsible=department))
        )

    def in_force(self) -> "CorrectionQuerySet":
        """Changes that were not taken back (and are no taking back themselves)."""
        return self.filter(undone_by__isnull=True).exclude(how=How.UNDO)


class Correction(models.Model):
    """One cell of the registry that a person changed. Values are kept encrypted: ids and phones are among them.

    `table`: person | household | income; `row_id`: its primary key; values as text in the form of `cells.cell_text`.
    """

    batch = models.ForeignKey(CorrectionBatch, on_delete=models.PROTECT, related_name="corrections")
    issue = models.ForeignKey(Issue, on_delete=models.SET_NULL, null=True, related_name="corrections")
    household = models.ForeignKey(
        "registry.Household", on_delete=models.PROTECT, related_name="corrections", verbose_name=_("户")
    )
    region_code = models.CharField(max_length=12)
    table = models.CharField(_("表"), max_length=16)
    row_id = models.BigIntegerField()
    column = models.CharField(_("列"), max_length=64)
    before = EncryptedTextField(_("原值"))
    after = EncryptedTextField(_("新值"))
    how = models.CharField(_("方式"), max_length=16, choices=How.choices)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("办理人"), max_length=128)
    at = models.DateTimeField(_("时间"), default=timezone.now)
    undone_by = models.ForeignKey(CorrectionBatch, on_delete=models.PROTECT, null=True, related_name="undone")

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("更正记录")
        verbose_name_plural = _("更正记录")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["table", "row_id", "column", "-id"], name="correction_cell"),
            models.Index(fields=["region_code", "-id"], name="correction_region"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.row_id} {self.column}"


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


class CleanFigureQuerySet(models.QuerySet["CleanFigure"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLEANING_SEE) -> "CleanFigureQuerySet":
        return self.filter(region_condition(actor.reach(action)))


class CleanFigure(models.Model):
    """How clean a village was in one run: households without a standing error (`households_clean`), and how many."""

    run = models.ForeignKey(CleaningRun, on_delete=models.CASCADE, related_name="figures", db_index=False)
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

    run = models.ForeignKey(CleaningRun, on_delete=models.CASCADE, related_name="tallies", db_index=False)
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
