"""Screenings, the alerts they raise, and the clues that people follow up."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition


class RunState(models.TextChoices):
    QUEUED = "queued", _("等待")
    RUNNING = "running", _("进行中")
    DONE = "done", _("完成")
    FAILED = "failed", _("失败")


class ScreeningRunQuerySet(models.QuerySet["ScreeningRun"]):
    def visible_to(self, actor: Officer, action: Action = Action.SCREENING_SEE) -> "ScreeningRunQuerySet":
        """A screening is of the whole installation; its figures are narrowed to the actor's regions where shown."""
        return self if actor.may(action) else self.none()

    def latest_done(self) -> "ScreeningRun | None":
        return self.filter(state=RunState.DONE).order_by("-pk").first()


class ScreeningRun(models.Model):
    """One screening of the registry and the standing snapshots as of a day."""

    as_of = models.DateField(_("筛查日"))
    state = models.CharField(_("状态"), max_length=16, choices=RunState.choices, default=RunState.QUEUED)
    actor = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(_("发起人"), max_length=128)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("发起时间"), default=timezone.now)
    finished_at = models.DateTimeField(_("完成时间"), null=True)
    registry_version = models.PositiveBigIntegerField(null=True)
    rulebook_digest = models.CharField(_("规则摘要"), max_length=64, blank=True)
    snapshots = models.JSONField(_("所用数据"), default=list)
    counts = models.JSONField(_("结果"), default=dict)
    result_dir = models.CharField(max_length=255, blank=True)
    problem = models.TextField(_("问题"), blank=True)

    objects = ScreeningRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("筛查")
        verbose_name_plural = _("筛查")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "-id"], name="run_state")]

    def __str__(self) -> str:
        return f"{self.as_of} {self.get_state_display()}"

    @property
    def alert_count(self) -> int:
        """Red and yellow alerts; signals that ask for verification are not counted."""
        return int(self.counts.get("alerts", 0))

    @property
    def household_count(self) -> int:
        """Households with a red or yellow alert."""
        return int(self.counts.get("households_with_alerts", 0))


class Channel(models.TextChoices):
    """The three channels of discovery (domain: §1)."""

    SELF_APPLICATION = "self_application", _("农户自主申报")
    CADRE_VISIT = "cadre_visit", _("干部走访排查")
    DEPARTMENT_SCREENING = "department_screening", _("部门筛查预警")


class ClueState(models.TextChoices):
    """Where a clue stands. `lapsed`: every reason disappeared before anyone had followed it up."""

    OPEN = "open", _("待处理")
    LAPSED = "lapsed", _("原因已消失")


class ClueLevel(models.TextChoices):
    """How urgent. An `exclusion` asks for verification (vehicle, business …): it makes no clue alone and ends none."""

    RED = "red", _("红色")
    YELLOW = "yellow", _("黄色")
    EXCLUSION = "exclusion", _("待核实")


class ClueQuerySet(models.QuerySet["Clue"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLUE_SEE) -> "ClueQuerySet":
        """Clues in the actor's regions; a department's officer sees those with a reason for the department."""

        def concerned(department: str) -> models.Q:
            return models.Q(
                models.Exists(
                    Alert.objects.filter(
                        clue_id=models.OuterRef("pk"), run_id=models.OuterRef("last_run_id"), department=department
                    )
                )
            )

        return self.filter(region_condition(actor.reach(action), department=concerned))


class Clue(models.Model):
    """A hint that a household is at risk (线索). A household has at most one open clue; further alerts join it."""

    household = models.ForeignKey("registry.Household", on_delete=models.PROTECT, related_name="clues")
    region_code = models.CharField(max_length=12)
    channel = models.CharField(_("渠道"), max_length=32, choices=Channel.choices)
    state = models.CharField(_("状态"), max_length=16, choices=ClueState.choices, default=ClueState.OPEN)
    level = models.CharField(_("级别"), max_length=16, choices=ClueLevel.choices)
    level_order = models.PositiveSmallIntegerField(default=9, editable=False)
    rules = models.JSONField(_("原因"), default=list)
    first_run = models.ForeignKey(ScreeningRun, on_delete=models.PROTECT, null=True, related_name="+")
    last_run = models.ForeignKey(ScreeningRun, on_delete=models.PROTECT, null=True, related_name="+")
    opened_on = models.DateField(_("发现日期"))
    last_seen_on = models.DateField(_("最近出现"))
    vanished = models.JSONField(_("已消失的原因"), default=list)

    objects = ClueQuerySet.as_manager()

    class Meta:
        verbose_name = _("线索")
        verbose_name_plural = _("线索")
        constraints = [
            models.UniqueConstraint(
                fields=["household"], condition=~models.Q(state="lapsed"), name="one_open_clue_a_household"
            )
        ]
        indexes = [
            models.Index(fields=["state", "level_order", "region_code", "id"], name="clue_worklist"),
            models.Index(fields=["region_code", "state"], name="clue_region"),
            models.Index(fields=["state", "-opened_on", "id"], name="clue_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.household_id} {self.level}"


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLUE_SEE) -> "AlertQuerySet":
        """Alerts in the actor's regions; a department's officer sees those of the department."""
        return self.filter(
            region_condition(actor.reach(action), department=lambda department: models.Q(department=department))
        )


class Alert(models.Model):
    """One rule met by one household or person in one screening, with everything needed to explain it later."""

    run = models.ForeignKey(ScreeningRun, on_delete=models.CASCADE, related_name="alerts", db_index=False)
    clue = models.ForeignKey(Clue, on_delete=models.SET_NULL, null=True, related_name="alerts", db_index=False)
    household = models.ForeignKey("registry.Household", on_delete=models.CASCADE, related_name="alerts", db_index=False)
    person = models.ForeignKey("registry.Person", on_delete=models.SET_NULL, null=True, related_name="alerts")
    region_code = models.CharField(max_length=12)
    rule_id = models.CharField(_("规则"), max_length=96)
    rule_version = models.CharField(_("版本"), max_length=32)
    level = models.CharField(_("级别"), max_length=16, choices=ClueLevel.choices)
    risk = models.CharField(_("风险类型"), max_length=48, blank=True)
    department = models.CharField(_("部门"), max_length=64, blank=True)
    facts = models.JSONField(default=dict)
    thresholds = models.JSONField(default=dict)
    legal_basis = models.JSONField(default=list)
    sentence = models.TextField(_("说明"))
    sentence_en = models.TextField(blank=True)
    since_run = models.ForeignKey(ScreeningRun, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    """The first of the unbroken row of screenings that raised it: this one when it is new."""
    gone_in = models.ForeignKey(ScreeningRun, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    """The screening after this one, when that one did not raise it any more."""

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("预警")
        verbose_name_plural = _("预警")
        indexes = [
            models.Index(fields=["run", "rule_id", "clue"], name="alert_rule"),
            models.Index(fields=["run", "region_code", "level"], name="alert_region"),
            models.Index(fields=["run", "department", "clue"], name="alert_department"),
            models.Index(fields=["run", "risk", "clue"], name="alert_risk"),
            models.Index(fields=["household", "department"], name="alert_household"),
            models.Index(fields=["clue", "run", "department"], name="alert_clue"),
            models.Index(fields=["gone_in"], condition=models.Q(gone_in__isnull=False), name="alert_gone"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.household_id}"


class RegionLayer(models.TextChoices):
    """What an alert across households speaks of."""

    TOWNSHIP = "township", _("乡镇")
    VILLAGE = "village", _("村")


class RegionAlertQuerySet(models.QuerySet["RegionAlert"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLUE_SEE) -> "RegionAlertQuerySet":
        """Alerts of the actor's own regions; a department's officer sees those of the department."""
        return self.filter(
            region_condition(actor.reach(action), department=lambda department: models.Q(department=department))
        )


class RegionAlert(models.Model):
    """One rule across households met by a village or township in one screening (规模性返贫风险)."""

    run = models.ForeignKey(ScreeningRun, on_delete=models.CASCADE, related_name="region_alerts", db_index=False)
    region_level = models.CharField(_("层级"), max_length=16, choices=RegionLayer.choices)
    region_code = models.CharField(max_length=12)
    rule_id = models.CharField(_("规则"), max_length=96)
    rule_version = models.CharField(_("版本"), max_length=32)
    level = models.CharField(_("级别"), max_length=16, choices=ClueLevel.choices)
    level_order = models.PositiveSmallIntegerField(default=9, editable=False)
    risk = models.CharField(_("风险类型"), max_length=48, blank=True)
    department = models.CharField(_("部门"), max_length=64, blank=True)
    households = models.PositiveIntegerField(_("涉及户数"), default=0)
    facts = models.JSONField(default=dict)
    thresholds = models.JSONField(default=dict)
    legal_basis = models.JSONField(default=list)
    sentence = models.TextField(_("说明"))
    sentence_en = models.TextField(blank=True)

    objects = RegionAlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("村乡预警")
        verbose_name_plural = _("村乡预警")
        indexes = [models.Index(fields=["run", "level_order", "region_code"], name="region_alert_list")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.region_code}"


class RunTally(models.Model):
    """Counts of one screening by village and rule, kept so that figures need no walk over the alerts.

    `rule_id` empty: all rules together, so that a household met by several rules counts once; those with a department
    are the same for the rules of that department only.
    """

    run = models.ForeignKey(ScreeningRun, on_delete=models.CASCADE, related_name="tallies")
    region_code = models.CharField(max_length=12)
    rule_id = models.CharField(max_length=96, blank=True)
    level = models.CharField(max_length=16, blank=True)
    department = models.CharField(max_length=64, blank=True)
    alerts = models.IntegerField(default=0)
    households = models.IntegerField(default=0)
    cannot_tell = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["run", "rule_id", "region_code"], name="tally_run")]

    def __str__(self) -> str:
        return f"{self.region_code} {self.rule_id} {self.alerts}"
