"""Regions: province, city, county, township, village, by 12-digit code."""

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition

if TYPE_CHECKING:
    pass


class RegionQuerySet(models.QuerySet["Region"]):
    def visible_to(self, actor: Officer, action: Action = Action.CLUE_SEE) -> "RegionQuerySet":
        """The regions inside those of the actor's posts."""
        return self.filter(region_condition(actor.reach(action), "code"))


class Region(models.Model):
    """One region; the code says the level and everything above it."""

    code = models.CharField(_("行政区划代码"), max_length=12, primary_key=True)
    name = models.CharField(_("名称"), max_length=64)
    level = models.CharField(_("级别"), max_length=16)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级")
    )
    created_batch = models.BigIntegerField(null=True, editable=False)
    changed_batch = models.BigIntegerField(null=True, editable=False, db_index=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = _("行政区划")
        verbose_name_plural = _("行政区划")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def region_code(self) -> RegionCode:
        return RegionCode(self.code)
