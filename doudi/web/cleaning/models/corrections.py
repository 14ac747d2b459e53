"""Every cell of the registry that a person changed: by whom, when, from what to what, and whether it was taken back."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition
from doudi.web.protection.fields import EncryptedTextField


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
    issue = models.ForeignKey("cleaning.Issue", on_delete=models.SET_NULL, null=True, related_name="corrections")
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
