"""Trials: what-ifs and look-backs, who asked, what was changed, and where the result is kept."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition


class TrialKind(models.TextChoices):
    WHAT_IF = "what_if", _("推演")
    LOOK_BACK = "look_back", _("回测")


class TrialState(models.TextChoices):
    QUEUED = "queued", _("等待")
    RUNNING = "running", _("进行中")
    DONE = "done", _("完成")
    FAILED = "failed", _("失败")


class TrialQuerySet(models.QuerySet["Trial"]):
    def visible_to(self, actor: Officer, action: Action = Action.TRIAL_SEE) -> "TrialQuerySet":
        """Trials over regions that lie wholly in the actor's; a department's officer sees none."""
        return self.filter(region_condition(area for area in actor.reach(action) if not area.department))


class Trial(models.Model):
    """One what-if or look-back over the households of a region. The result is in files (see `results`)."""

    kind = models.CharField(_("种类"), max_length=16, choices=TrialKind.choices)
    title = models.CharField(_("名称"), max_length=255)
    region_code = models.CharField(max_length=12)
    state = models.CharField(_("状态"), max_length=16, choices=TrialState.choices, default=TrialState.QUEUED)
    as_of = models.DateField(_("推演日"))
    first_month = models.CharField(_("开始月份"), max_length=7, blank=True)
    last_month = models.CharField(_("结束月份"), max_length=7, blank=True)
    asked = models.JSONField(default=list)
    """The changes as they were typed, so that the question can be asked again."""
    changes = models.JSONField(default=dict)
    """Path under rules/ → new text, or null for a file left out."""
    told = models.JSONField(default=list)
    """The changes in sentences."""
    rulebook_digest = models.CharField(_("规则摘要"), max_length=64, blank=True)
    counts = models.JSONField(_("结果"), default=dict)
    result_dir = models.CharField(max_length=255, blank=True)
    problem = models.TextField(_("问题"), blank=True)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("发起人"), max_length=128)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("发起时间"), default=timezone.now)
    finished_at = models.DateTimeField(_("完成时间"), null=True)

    objects = TrialQuerySet.as_manager()

    class Meta:
        verbose_name = _("推演与回测")
        verbose_name_plural = _("推演与回测")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["region_code", "-id"], name="trial_region")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_what_if(self) -> bool:
        return self.kind == TrialKind.WHAT_IF
