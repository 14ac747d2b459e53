"""What stands in the navigation, and for whom. An entry shows when the officer may do its action somewhere."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action


@dataclass(frozen=True)
class Entry:
    """One address of the navigation, with the action that lets a person open it."""

    name: str
    label: str | Promise
    icon: str
    action: Action
    under: str


@dataclass(frozen=True)
class Shown:
    """An entry as one page draws it."""

    url: str
    label: str | Promise
    icon: str
    current: bool


@dataclass(frozen=True)
class Group:
    """Entries that belong together, under a heading (None for the first ones)."""

    label: str | Promise | None
    entries: tuple[Shown, ...]


NAVIGATION: tuple[tuple[str | Promise | None, tuple[Entry, ...]], ...] = (
    (
        None,
        (
            Entry("cockpit:figures", _("今日数据"), "layout-dashboard", Action.FIGURES_SEE, "cockpit"),
            Entry("discovery:clues", _("线索"), "alert-triangle", Action.CLUE_SEE, "clues"),
            Entry("registry:households", _("农户"), "home-heart", Action.HOUSEHOLD_SEE, "registry"),
            Entry("assistance:lines", _("应享未享"), "list-check", Action.CLUE_SEE, "entitlements"),
            Entry("cleaning:issues", _("数据清洗"), "file-alert", Action.CLEANING_SEE, "cleaning"),
            Entry("cleaning:tasks", _("核实任务"), "calendar", Action.CLEANING_SEE, "cleaning-tasks"),
            Entry("employment:overview", _("就业数据"), "map-pin", Action.EMPLOYMENT_SEE, "employment"),
            Entry("discovery:region_alerts", _("村乡预警"), "building-community", Action.CLUE_SEE, "region-alerts"),
        ),
    ),
    (
        _("数据与筛查"),
        (
            Entry("intake:list", _("数据导入"), "file-import", Action.INTAKE_SEE, "intake"),
            Entry("matching:overview", _("数据匹配"), "users", Action.MATCH_SEE, "matching"),
            Entry("matching:duplicates", _("疑似重复"), "copy", Action.DUPLICATE_DECIDE, "duplicates"),
            Entry("discovery:screenings", _("筛查"), "radar", Action.SCREENING_SEE, "screenings"),
            Entry("trials:trials", _("推演与回测"), "arrows-diff", Action.TRIAL_SEE, "trials"),
            Entry("rulekeeping:rules", _("规则"), "book", Action.RULES_SEE, "rules"),
            Entry("assistance:policies", _("政策"), "cash", Action.RULES_SEE, "policies"),
            Entry("rulekeeping:parameters", _("标准"), "scale", Action.RULES_SEE, "parameters"),
        ),
    ),
    (_("监督"), (Entry("audit:entries", _("审计日志"), "shield-check", Action.AUDIT_SEE, "audit"),)),
)


def groups_for(request: HttpRequest) -> list[Group]:
    """The navigation of the acting officer, with the entry of the present page marked."""
    officer = request.officer  # type: ignore[attr-defined]
    groups = []
    for label, entries in NAVIGATION:
        shown = []
        for entry in entries:
            if officer.may(entry.action):
                url = reverse(entry.name)
                current = request.path == url or (url != "/" and request.path.startswith(url))
                shown.append(Shown(url, entry.label, entry.icon, current))
        if shown:
            groups.append(Group(label, tuple(shown)))
    return groups
