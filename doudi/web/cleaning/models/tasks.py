"""Issues sent to a village, to be asked at the door."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition


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
