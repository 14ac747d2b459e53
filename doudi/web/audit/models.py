"""The audit log: what was done, by whom, to what. Rows are only ever added, and each seals the one before it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One line of the log. `digest` is the SM3 of the line with the digest before it; triggers refuse changes."""

    number = models.PositiveBigIntegerField(_("序号"), primary_key=True)
    at = models.DateTimeField(_("时间"), default=timezone.now, db_index=True)
    action = models.CharField(_("操作"), max_length=64)
    actor_id = models.BigIntegerField(_("操作人编号"), null=True)
    actor_name = models.CharField(_("操作人"), max_length=128, blank=True)
    username = models.CharField(_("用户名"), max_length=64, blank=True)
    address = models.CharField(_("来源地址"), max_length=64, blank=True)
    region_code = models.CharField(_("行政区划代码"), max_length=12, blank=True)
    subject_type = models.CharField(_("对象"), max_length=32, blank=True)
    subject_id = models.CharField(_("对象编号"), max_length=64, blank=True)
    detail = models.TextField(_("内容"), default="{}")
    digest = models.CharField(_("摘要"), max_length=64)

    class Meta:
        verbose_name = _("审计记录")
        verbose_name_plural = _("审计记录")
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "number"], name="audit_subject"),
            models.Index(fields=["action", "number"], name="audit_action"),
            models.Index(fields=["username", "number"], name="audit_username"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.actor_name}"


class AuditHead(models.Model):
    """The end of the chain, one row: its lock puts writers in line, its seal shows a chain cut off or forged."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="0" * 64)
    seal = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(name="audit_head_is_one_row", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"{self.number} {self.digest}"
