"""What each figure is called, how it is defined, and how it is drawn."""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from doudi.web.cockpit.queries import Figure

PAGES = {"clues": "discovery:clues", "households": "registry:households"}


@dataclass(frozen=True)
class Definition:
    label: Promise
    unit: Promise
    tone: str
    text: Promise
    source: Promise


FROM_SCREENING = _("最近一次筛查")
FROM_REGISTRY = _("农户登记表")
HOUSEHOLDS = _("户")

DEFINITIONS: dict[str, Definition] = {
    "under_line_not_enrolled": Definition(
        _("低于监测线、未纳入监测"),
        HOUSEHOLDS,
        "red",
        _("上一个完整收入年度人均纯收入低于当年监测线，并且没有纳入监测的农户数。"),
        FROM_SCREENING,
    ),
    "under_watch_line": Definition(
        _("高于监测线、仍需关注"),
        HOUSEHOLDS,
        "yellow",
        _("上一个完整收入年度人均纯收入不低于监测线、但低于县定关注线，并且没有纳入监测的农户数。"),
        FROM_SCREENING,
    ),
    "red_clues": Definition(
        _("红色线索"), HOUSEHOLDS, "red", _("至少有一条红色预警、还没有处理完的农户数，一户只算一次。"), FROM_SCREENING
    ),
    "yellow_clues": Definition(
        _("黄色线索"), HOUSEHOLDS, "yellow", _("只有黄色预警、还没有处理完的农户数，一户只算一次。"), FROM_SCREENING
    ),
    "enrolled": Definition(
        _("正在监测"), HOUSEHOLDS, "brand", _("已识别为监测对象、风险还没有消除的农户数。"), FROM_REGISTRY
    ),
    "exited": Definition(
        _("风险已消除"),
        HOUSEHOLDS,
        "brand",
        _("曾识别为监测对象、已按程序消除风险的农户数，每月仍继续筛查。"),
        FROM_REGISTRY,
    ),
    "cannot_tell": Definition(
        _("数据缺失，无法判断"),
        _("条"),
        "unknown",
        _("因为缺少数据而不能判断的规则条数，按户或人计。缺数据不等于没有风险，请补数据后再筛查。"),
        FROM_SCREENING,
    ),
}


@dataclass(frozen=True)
class FigureCard:
    """A figure with its name, definition and the address of its rows."""

    figure: Figure
    definition: Definition
    as_of: date | None

    @property
    def url(self) -> str:
        if self.figure.page is None:
            return ""
        return f"{reverse(PAGES[self.figure.page])}?{urlencode(self.figure.params)}"


def figure_cards(figures: list[Figure], as_of: date | None) -> list[FigureCard]:
    return [FigureCard(figure, DEFINITIONS[figure.key], as_of) for figure in figures if figure.key in DEFINITIONS]
