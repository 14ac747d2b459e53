"""Long work in the background, as people see it: what, who, how far, how it ended."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer


class JobState(models.TextChoices):
    QUEUED = "queued", _("等待")
    RUNNING = "running", _("进行中")
    SUCCEEDED = "succeeded", _("完成")
    FAILED = "failed", _("失败")


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, actor: Officer) -> "JobQuerySet":
        """One's own jobs; with JOB_SEE on a region, all jobs there. A department's officer sees only his own."""
        from doudi.web.accounts.scope import region_condition

        condition = models.Q(actor_id=actor.user_id) if actor.user_id is not None else models.Q(pk__in=[])
        whole = [area for area in actor.reach(Action.JOB_SEE) if not area.department]
        return self.filter(condition | region_condition(whole))


class Job(models.Model):
    """One piece of long work. It is queued as a django-tasks task; how far it is stands in a file (`jobs.progress`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("工作"), max_length=32)
    title = models.CharField(_("名称"), max_length=255)
    state = models.CharField(_("状态"), max_length=16, choices=JobState.choices, default=JobState.QUEUED)
    arguments = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.TextField(_("原因"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("次数"), default=0)
    worker = models.CharField(max_length=64, blank=True)
    task_id = models.UUIDField(null=True, editable=False)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("发起人"), max_length=128)
    region_code = models.CharField(max_length=12)
    created_at = models.DateTimeField(_("发起时间"), default=timezone.now)
    started_at = models.DateTimeField(_("开始时间"), null=True)
    finished_at = models.DateTimeField(_("结束时间"), null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("后台任务")
        verbose_name_plural = _("后台任务")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["state", "created_at"], name="job_state"),
            models.Index(fields=["-created_at"], name="job_newest"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.state in {JobState.SUCCEEDED, JobState.FAILED}
