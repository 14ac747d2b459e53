"""Workbooks handed out and handed back, photos of filled-in sheets, and exports in the national format."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition


class IssuedWorkbook(models.Model):
    """A workbook of issues that was handed out; every row of it carries this key under the seal."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region_code = models.CharField(_("地区"), max_length=12)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("下载人"), max_length=128)
    at = models.DateTimeField(_("下载时间"), default=timezone.now)
    rows = models.PositiveIntegerField(_("行数"), default=0)
    chosen = models.JSONField(_("条件"), default=dict)

    class Meta:
        verbose_name = _("问题工作簿")
        verbose_name_plural = _("问题工作簿")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.region_code} {self.at:%Y-%m-%d %H:%M}"


class ReturnState(models.TextChoices):
    """Where a workbook that was handed back stands."""

    PREVIEW = "preview", _("待确认")
    APPLYING = "applying", _("正在写入")
    APPLIED = "applied", _("已写入")
    NOTHING = "nothing", _("没有改动")
    DISCARDED = "discarded", _("已放弃")


class ReturnedWorkbookQuerySet(models.QuerySet["ReturnedWorkbook"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLEANING_CORRECT) -> "ReturnedWorkbookQuerySet":
        """Workbooks of the actor's regions."""
        return self.filter(region_condition(actor.reach(action)))


class ReturnedWorkbook(models.Model):
    """A filled-in workbook. Its key is that of the corrections, so that writing it twice does nothing the second time.

    `plan`: what each filled-in row would do, as JSON in the vault, because it holds what people wrote.
    """

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issued = models.ForeignKey(IssuedWorkbook, on_delete=models.PROTECT, related_name="returned")
    region_code = models.CharField(_("地区"), max_length=12)
    name = models.CharField(_("文件名"), max_length=255)
    sha256 = models.CharField(max_length=64, db_index=True)
    original = models.ForeignKey("protection.VaultFile", on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey("protection.VaultFile", on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(_("状态"), max_length=16, choices=ReturnState.choices, default=ReturnState.PREVIEW)
    counts = models.JSONField(default=dict)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("上传人"), max_length=128)
    at = models.DateTimeField(_("上传时间"), default=timezone.now)
    applied_by = models.CharField(_("确认人"), max_length=128, blank=True)
    applied_at = models.DateTimeField(_("写入时间"), null=True)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    problem = models.TextField(_("问题"), blank=True)

    objects = ReturnedWorkbookQuerySet.as_manager()

    class Meta:
        verbose_name = _("回填的工作簿")
        verbose_name_plural = _("回填的工作簿")
        ordering = ["-at"]
        indexes = [models.Index(fields=["region_code", "-at"], name="returned_workbook_region")]

    def __str__(self) -> str:
        return f"{self.name} {self.get_state_display()}"


class FilledSheetQuerySet(models.QuerySet["FilledSheet"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLEANING_SEE) -> "FilledSheetQuerySet":
        """Photos of households of the actor's regions; departments see none."""
        whole = [area for area in actor.reach(action) if not area.department]
        return self.filter(region_condition(whole, "household__region_code"))


class FilledSheet(models.Model):
    """A photo or scan of a household's filled-in comparison sheet (信息采集对照表), kept encrypted."""

    household = models.ForeignKey("registry.Household", on_delete=models.CASCADE, related_name="filled_sheets")
    year = models.PositiveSmallIntegerField(_("采集年度"))
    file = models.ForeignKey("protection.VaultFile", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("格式"), max_length=32)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("上传人"), max_length=128)
    at = models.DateTimeField(_("上传时间"), default=timezone.now)

    objects = FilledSheetQuerySet.as_manager()

    class Meta:
        verbose_name = _("对照表照片")
        verbose_name_plural = _("对照表照片")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.household_id} {self.year}"


class ExportState(models.TextChoices):
    QUEUED = "queued", _("等待")
    DONE = "done", _("可下载")
    FAILED = "failed", _("失败")
    EXPIRED = "expired", _("已过期")


class NationalExportQuerySet(models.QuerySet["NationalExport"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLEANING_EXPORT) -> "NationalExportQuerySet":
        return self.filter(region_condition([area for area in actor.reach(action) if not area.department]))


class NationalExport(models.Model):
    """The registry of a region in the national system's sheets, with full ids: who asked, why, and how long it is kept.

    The file is taken away when it expires; the record stays.
    """

    region_code = models.CharField(_("地区"), max_length=12)
    reason = models.CharField(_("用途"), max_length=200)
    state = models.CharField(_("状态"), max_length=16, choices=ExportState.choices, default=ExportState.QUEUED)
    counts = models.JSONField(default=dict)
    file = models.ForeignKey("protection.VaultFile", on_delete=models.SET_NULL, null=True, related_name="+")
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("导出人"), max_length=128)
    username = models.CharField(max_length=150)
    at = models.DateTimeField(_("申请时间"), default=timezone.now)
    expires_at = models.DateTimeField(_("保留到"), null=True)
    downloads = models.PositiveIntegerField(_("下载次数"), default=0)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    problem = models.TextField(_("问题"), blank=True)

    objects = NationalExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("国家系统格式导出")
        verbose_name_plural = _("国家系统格式导出")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.region_code} {self.at:%Y-%m-%d %H:%M}"
