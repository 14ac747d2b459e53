"""What the last screening found about policies: who lacks one, has one wrongly, or is to be asked; and counts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition


class State(models.TextChoices):
    """What became of a policy for somebody (domain: §5); `received` is only counted."""

    GAP = "gap", _("应享未享")
    OVER = "over", _("不应享而享")
    CANNOT_TELL = "cannot_tell", _("待核对")
    RECEIVED = "received", _("已享受")


LISTED = (State.GAP, State.OVER, State.CANNOT_TELL)
"""States that are kept by name."""
STATE_ORDER = {state.value: number for number, state in enumerate(State)}


def _of_department(department: str) -> models.Q:
    return models.Q(department=department)


class EntitlementLineQuerySet(models.QuerySet["EntitlementLine"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLUE_SEE) -> "EntitlementLineQuerySet":
        """Lines in the actor's regions; a department's officer sees those of the department's policies."""
        return self.filter(region_condition(actor.reach(action), department=_of_department))


class EntitlementLine(models.Model):
    """One policy for one household or person in the last screening. Earlier screenings have theirs in result files."""

    run = models.ForeignKey("discovery.ScreeningRun", on_delete=models.CASCADE, related_name="+", db_index=False)
    household = models.ForeignKey("registry.Household", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey("registry.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    region_code = models.CharField(max_length=12)
    policy_id = models.CharField(_("政策"), max_length=96)
    policy_version = models.CharField(_("版本"), max_length=32)
    area = models.CharField(_("领域"), max_length=32)
    state = models.CharField(_("享受情况"), max_length=16, choices=State.choices)
    state_order = models.PositiveSmallIntegerField(default=9, editable=False)
    department = models.CharField(_("责任部门"), max_length=64, blank=True)
    amount = models.FloatField(_("每年应享（元）"), null=True)
    received = models.FloatField(_("已领（元）"), null=True)
    facts = models.JSONField(default=dict)
    sentence = models.TextField(_("说明"))
    sentence_en = models.TextField(blank=True)

    objects = EntitlementLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("政策核对")
        verbose_name_plural = _("政策核对")
        indexes = [
            models.Index(fields=["run", "state", "region_code", "id"], name="entitlement_region"),
            models.Index(fields=["run", "policy_id", "state", "region_code"], name="entitlement_policy"),
            models.Index(fields=["run", "department", "state", "region_code"], name="entitlement_department"),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} {self.state} {self.household_id}"


class EntitlementTallyQuerySet(models.QuerySet["EntitlementTally"]):
    def visible_to(self, actor: Officer, action: Action = Action.FIGURES_SEE) -> "EntitlementTallyQuerySet":
        return self.filter(region_condition(actor.reach(action), department=_of_department))


class EntitlementTally(models.Model):
    """Counts of one screening by village, policy and state, so that figures need no walk over the lines.

    `yuan`: what is due in a year for gaps, what was received otherwise.
    """

    run = models.ForeignKey("discovery.ScreeningRun", on_delete=models.CASCADE, related_name="+", db_index=False)
    region_code = models.CharField(max_length=12)
    policy_id = models.CharField(max_length=96)
    department = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=16, choices=State.choices)
    count = models.PositiveIntegerField(default=0)
    yuan = models.FloatField(default=0)

    objects = EntitlementTallyQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["run", "policy_id", "region_code"], name="entitlement_tally")]

    def __str__(self) -> str:
        return f"{self.policy_id} {self.state} {self.count}"
