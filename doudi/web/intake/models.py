"""Imports: what was uploaded, what it would change, what it changed, and how to take it back."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition


class BatchState(models.TextChoices):
    RECEIVED = "received", _("等待读取")
    PARSING = "parsing", _("读取中")
    PREVIEW = "preview", _("等待确认")
    APPLYING = "applying", _("写入中")
    APPLIED = "applied", _("已导入")
    NOTHING_TO_DO = "nothing_to_do", _("无变化")
    FAILED = "failed", _("失败")
    DISCARDED = "discarded", _("已放弃")
    UNDOING = "undoing", _("撤销中")
    UNDONE = "undone", _("已撤销")


class BatchQuerySet(models.QuerySet["ImportBatch"]):
    def visible_to(self, actor: Officer, action: Action = Action.INTAKE_SEE) -> "BatchQuerySet":
        """Imports into the actor's regions; a department's officer sees those of the department."""
        return self.filter(
            region_condition(actor.reach(action), department=lambda department: models.Q(department=department))
        )


class ImportBatch(models.Model):
    """One upload of one or more files: registry sheets, department sheets, or both."""

    state = models.CharField(_("状态"), max_length=16, choices=BatchState.choices, default=BatchState.RECEIVED)
    month = models.CharField(_("数据月份"), max_length=7)
    region_code = models.CharField(_("行政区划代码"), max_length=12)
    department = models.CharField(_("部门"), max_length=64, blank=True)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("上传人"), max_length=128)
    created_at = models.DateTimeField(_("上传时间"), default=timezone.now)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    registry_version = models.PositiveBigIntegerField(null=True, editable=False)
    staged = models.ForeignKey("protection.VaultFile", on_delete=models.SET_NULL, null=True, related_name="+")
    summary = models.JSONField(_("变化"), default=dict)
    problem = models.TextField(_("问题"), blank=True)
    applied_at = models.DateTimeField(_("导入时间"), null=True)
    applied_by = models.CharField(_("确认人"), max_length=128, blank=True)
    undone_at = models.DateTimeField(_("撤销时间"), null=True)
    undone_by = models.CharField(_("撤销人"), max_length=128, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("导入")
        verbose_name_plural = _("导入")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["region_code", "-created_at"], name="batch_region")]

    def __str__(self) -> str:
        return f"{self.pk} {self.get_state_display()}"


class ImportFile(models.Model):
    """One file (or one sheet of a zip) of an upload, and what reading it found."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(_("文件名"), max_length=255)
    size = models.BigIntegerField(_("字节"))
    sha256 = models.CharField(_("摘要"), max_length=64)
    original = models.ForeignKey("protection.VaultFile", on_delete=models.PROTECT, related_name="+")
    feed = models.CharField(_("数据表"), max_length=64, blank=True)
    feed_title = models.CharField(_("数据表名称"), max_length=128, blank=True)
    month = models.CharField(_("数据月份"), max_length=7, blank=True)
    rows_read = models.IntegerField(_("读取行数"), null=True)
    rows_accepted = models.IntegerField(_("通过行数"), null=True)
    rows_rejected = models.IntegerField(_("退回行数"), null=True)
    rejects = models.ForeignKey("protection.VaultFile", on_delete=models.SET_NULL, null=True, related_name="+")
    reasons = models.JSONField(_("退回原因"), default=list)
    notes = models.JSONField(_("提示"), default=list)
    problem_code = models.CharField(max_length=64, blank=True)
    problem = models.TextField(_("问题"), blank=True)

    class Meta:
        verbose_name = _("导入文件")
        verbose_name_plural = _("导入文件")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class RowImage(models.Model):
    """A row as it was before an import changed it; encrypted columns stay as the ciphertext they were."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="images")
    table = models.CharField(max_length=32)
    row_id = models.CharField(max_length=24)
    before = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["batch", "table"], name="image_batch")]

    def __str__(self) -> str:
        return f"{self.table} {self.row_id}"


class FeedSnapshot(models.Model):
    """One department table of a month as accepted, in the snapshot folder. Screening uses the standing ones."""

    feed = models.CharField(_("数据表"), max_length=64)
    month = models.CharField(_("数据月份"), max_length=7)
    folder = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    rows = models.IntegerField(_("行数"))
    region_code = models.CharField(max_length=12)
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="snapshots")
    standing = models.BooleanField(_("有效"), default=True)
    replaced_by = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="replaces")

    class Meta:
        verbose_name = _("数据快照")
        verbose_name_plural = _("数据快照")
        indexes = [models.Index(fields=["feed", "month"], name="snapshot_feed_month")]
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "month", "region_code"],
                condition=models.Q(standing=True),
                name="one_standing_snapshot_a_feed_month",
            )
        ]

    def __str__(self) -> str:
        return f"{self.feed} {self.month}"
