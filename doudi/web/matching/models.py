"""How a department's rows were linked to registered persons, what was decided by hand, and duplicates in the registry.

Persons and households are named by their keys, as everywhere in snapshots: a row taken back or merged leaves no broken
reference. The id as a department wrote it is only kept encrypted. Rows with a sound id that the registry has are not
kept one by one: they stand in the links beside the snapshot, and are counted here.
"""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition
from doudi.web.protection.fields import EncryptedTextField


class Method(models.TextChoices):
    """How a row came to its person."""

    EXACT = "exact", _("证件号码一致")
    REPAIRED = "repaired", _("证件号码笔误已识别")
    PROBABLE = "probable", _("姓名等信息一致")
    DECIDED = "decided", _("人工认定")


class Band(models.TextChoices):
    """How sure: `sure` is linked, `doubtful` waits for a person, `none` is nobody of the registry."""

    SURE = "sure", _("确定")
    DOUBTFUL = "doubtful", _("存疑")
    NONE = "none", _("查无此人")


class LinkState(models.TextChoices):
    """Where a row stands now."""

    LINKED = "linked", _("已对应")
    OPEN = "open", _("待认定")
    NOBODY = "nobody", _("认定无此人")


def _theirs(actor: Officer, action: Action) -> models.Q:
    """Rows in the actor's regions; a department's officer sees those of the department's own tables."""
    return region_condition(actor.reach(action), department=lambda department: models.Q(department=department))


class MatchRunQuerySet(models.QuerySet["MatchRun"]):
    def visible_to(self, actor: Officer, action: Action = Action.MATCH_SEE) -> "MatchRunQuerySet":
        """Tables of the actor's regions; a department's officer sees the department's own."""
        return self.filter(_theirs(actor, action))


class FeedLinkQuerySet(models.QuerySet["FeedLink"]):
    def visible_to(self, actor: Officer, action: Action = Action.MATCH_SEE) -> "FeedLinkQuerySet":
        """Rows in the actor's regions; a department's officer sees those of the department's own tables."""
        return self.filter(_theirs(actor, action))


class MatchRun(models.Model):
    """One table of a month matched to the registry: the counts of its rows, by how they were linked."""

    snapshot = models.OneToOneField("intake.FeedSnapshot", on_delete=models.CASCADE, related_name="matching")
    original = models.ForeignKey("intake.ImportFile", on_delete=models.SET_NULL, null=True, related_name="+")
    feed = models.CharField(_("数据表"), max_length=64)
    feed_title = models.CharField(_("数据表名称"), max_length=128)
    month = models.CharField(_("数据月份"), max_length=7)
    department = models.CharField(_("部门"), max_length=64)
    region_code = models.CharField(max_length=12)
    model_version = models.CharField(max_length=32)
    registry_version = models.PositiveBigIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    exact = models.PositiveIntegerField(default=0)
    repaired = models.PositiveIntegerField(default=0)
    probable = models.PositiveIntegerField(default=0)
    remembered = models.PositiveIntegerField(default=0)
    doubtful = models.PositiveIntegerField(default=0)
    not_registered = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    matched_at = models.DateTimeField(default=timezone.now)
    changes = models.PositiveIntegerField(default=0)
    """Decisions and undone links since; `written` of them stand in the linked data beside the snapshot."""
    written = models.PositiveIntegerField(default=0)

    objects = MatchRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("匹配")
        verbose_name_plural = _("匹配")
        indexes = [models.Index(fields=["-month", "feed"], name="match_month")]

    def __str__(self) -> str:
        return f"{self.feed} {self.month}"


class FeedLink(models.Model):
    """One row that was not simply linked by its id: repaired, probable, doubtful, or decided by hand."""

    run = models.ForeignKey(MatchRun, on_delete=models.CASCADE, related_name="links", db_index=False)
    row = models.PositiveIntegerField(_("行号"))
    region_code = models.CharField(max_length=12)
    department = models.CharField(_("部门"), max_length=64)
    written_key = models.BigIntegerField()
    id_written = EncryptedTextField(_("表中证件号码"))
    name = models.CharField(_("姓名"), max_length=64, blank=True)
    written = models.JSONField(default=dict)
    """What else the row says: birth_date, sex, village, township, head_name, household_no, relation."""
    person_key = models.BigIntegerField(null=True)
    household_key = models.BigIntegerField(null=True)
    method = models.CharField(_("方法"), max_length=16, choices=Method.choices, blank=True)
    score = models.FloatField(_("把握"), null=True)
    band = models.CharField(max_length=16, choices=Band.choices)
    model_version = models.CharField(max_length=32)
    slip = models.CharField(_("笔误"), max_length=128, blank=True)
    evidence = models.JSONField(default=dict)
    state = models.CharField(_("状态"), max_length=16, choices=LinkState.choices)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    decided_name = models.CharField(_("认定人"), max_length=128, blank=True)
    decided_at = models.DateTimeField(_("认定时间"), null=True)

    objects = FeedLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("对应")
        verbose_name_plural = _("对应")
        constraints = [models.UniqueConstraint(fields=["run", "row"], name="one_link_a_row")]
        indexes = [
            models.Index(fields=["state", "department", "region_code"], name="link_desk"),
            models.Index(fields=["written_key"], name="link_written"),
            models.Index(fields=["person_key"], name="link_person"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.row}"


class LinkCandidate(models.Model):
    """A person whom a doubtful row may be about; rank 1 is the likeliest."""

    link = models.ForeignKey(FeedLink, on_delete=models.CASCADE, related_name="candidates", db_index=False)
    rank = models.PositiveSmallIntegerField()
    person_key = models.BigIntegerField()
    household_key = models.BigIntegerField()
    score = models.FloatField()
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering = ["link", "rank"]
        constraints = [models.UniqueConstraint(fields=["link", "rank"], name="one_candidate_a_rank")]

    def __str__(self) -> str:
        return f"{self.link_id} {self.rank}"


class LinkDecision(models.Model):
    """What was decided about an identity as written, for the tables of the months to come. No person: nobody.

    `disputed`: a link was taken back and nothing decided since, so that nobody is linked without a person's word.
    """

    region_code = models.CharField(max_length=12)
    written_key = models.BigIntegerField()
    person_key = models.BigIntegerField(null=True)
    household_key = models.BigIntegerField(null=True)
    disputed = models.BooleanField(default=False)
    link = models.ForeignKey(FeedLink, on_delete=models.SET_NULL, null=True, related_name="+")
    decided_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    decided_name = models.CharField(max_length=128)
    decided_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)
    undone_name = models.CharField(max_length=128, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["region_code", "written_key"],
                condition=models.Q(undone_at__isnull=True),
                name="one_standing_decision_an_identity",
            )
        ]

    def __str__(self) -> str:
        return f"{self.written_key} {self.person_key}"


class LinkEvent(models.Model):
    """What happened to a link: who made it, changed it, took it back. `request_key`: one press of a button."""

    class Kind(models.TextChoices):
        MADE = "made", _("系统对应")
        DOUBTED = "doubted", _("系统存疑")
        REMEMBERED = "remembered", _("沿用以前的认定")
        CHOSEN = "chosen", _("认定为此人")
        NOBODY = "nobody", _("认定无此人")
        UNDONE = "undone", _("撤销")

    link = models.ForeignKey(FeedLink, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("事项"), max_length=16, choices=Kind.choices)
    person_key = models.BigIntegerField(null=True)
    household_key = models.BigIntegerField(null=True)
    by = models.CharField(_("人员"), max_length=128)
    at = models.DateTimeField(_("时间"), default=timezone.now)
    note = models.CharField(max_length=255, blank=True)
    request_key = models.UUIDField(null=True, db_index=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.link_id} {self.kind}"


class DuplicateKind(models.TextChoices):
    """What may be twice."""

    PERSON = "person", _("同一人登记两次")
    HOUSEHOLD = "household", _("同一户登记两次")
    SPLIT = "split", _("一户拆成两户")


class DuplicateSuggestion(models.TextChoices):
    """What the comparison suggests; a person decides."""

    MERGE = "merge", _("建议保留一行")
    MOVE = "move", _("建议在原来的户改为迁出")
    MERGE_HOUSEHOLDS = "merge_households", _("建议并成一户")
    CORRECT = "correct", _("建议核对证件号码")


class DuplicateState(models.TextChoices):
    """What was decided. `different` is remembered: the pair is not proposed again."""

    OPEN = "open", _("待认定")
    SAME = "same", _("同一人，已合并")
    MOVED = "moved", _("已迁出，原处停用")
    MERGED = "merged", _("已并户")
    DIFFERENT = "different", _("不是重复")
    GONE = "gone", _("已不存在")


class ProposalQuerySet(models.QuerySet["DuplicateProposal"]):
    def visible_to(self, actor: Officer, action: Action = Action.DUPLICATE_DECIDE) -> "ProposalQuerySet":
        """Pairs of which both rows lie in the actor's regions."""
        areas = [area for area in actor.reach(action) if not area.department]
        return self.filter(region_condition(areas) & region_condition(areas, "other_region_code"))


class DuplicateProposal(models.Model):
    """Two rows of the registry that may be one. `pair` names them in a fixed order, so that a pair stands once."""

    kind = models.CharField(_("种类"), max_length=16, choices=DuplicateKind.choices)
    pair = models.CharField(max_length=128, unique=True)
    left_household = models.BigIntegerField()
    right_household = models.BigIntegerField()
    left_person = models.BigIntegerField(null=True)
    right_person = models.BigIntegerField(null=True)
    region_code = models.CharField(max_length=12)
    other_region_code = models.CharField(max_length=12)
    score = models.FloatField(_("把握"), null=True)
    band = models.CharField(max_length=16, choices=Band.choices, default=Band.DOUBTFUL)
    suggestion = models.CharField(_("建议"), max_length=24, choices=DuplicateSuggestion.choices, blank=True)
    right_stays = models.BooleanField(default=False)
    evidence = models.JSONField(default=dict)
    reason = models.CharField(_("依据"), max_length=255)
    state = models.CharField(_("状态"), max_length=16, choices=DuplicateState.choices, default=DuplicateState.OPEN)
    found_at = models.DateTimeField(_("发现时间"), default=timezone.now)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    decided_name = models.CharField(_("认定人"), max_length=128, blank=True)
    decided_at = models.DateTimeField(_("认定时间"), null=True)
    note = models.CharField(_("说明"), max_length=255, blank=True)
    request_key = models.UUIDField(null=True)
    trace = models.JSONField(default=list)
    """What was decided and undone, by whom and when, oldest first."""

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("疑似重复")
        verbose_name_plural = _("疑似重复")
        indexes = [models.Index(fields=["state", "kind", "region_code"], name="duplicate_desk")]

    def __str__(self) -> str:
        return self.pair


class RowBefore(models.Model):
    """A row as it was before a decision on a duplicate changed or removed it; encrypted columns stay ciphertext."""

    proposal = models.ForeignKey(DuplicateProposal, on_delete=models.CASCADE, related_name="rows_before")
    table = models.CharField(max_length=64)
    row_id = models.BigIntegerField()
    removed = models.BooleanField(default=False)
    before = models.JSONField()
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.table} {self.row_id}"
