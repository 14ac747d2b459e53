"""One person's sources side by side: a row a question, a cell a source, and what may be taken over."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from doudi.web.cleaning.cells import cell_text
from doudi.web.employment.models import EmploymentLine
from doudi.web.employment.offers import COLUMNS, SOURCES, offers_of
from doudi.web.layout.templatetags.layout import NOTHING, code, yuan
from doudi.web.registry.models import Person

SOURCE_NAMES: dict[str, str | Promise] = {
    "registry": _("登记簿"),
    "register": _("务工登记"),
    "insured": _("社保"),
    "subsidy": _("补助名单"),
    "visit": _("走访"),
}
_QUESTIONS: tuple[tuple[str, str | Promise, str], ...] = (
    ("work_months", _("务工月数"), "months"),
    ("work_area", _("务工区域"), "area"),
    ("employer", _("务工单位"), "employer"),
    ("wage_month", _("月收入（元）"), "wage"),
    ("job_channel", _("就业渠道"), "channel"),
)
_CONFLICT_OF = {"months": "months", "area": "place", "employer": "employer", "wage": "wage", "channel": "channel"}
_LISTS = {"area": "work_area", "channel": "job_channel"}


@dataclass(frozen=True)
class CellShown:
    """What one source says. `offer`: the value of the radio button by which it can be taken over, if it can."""

    source: str
    text: str
    note: str = ""
    offer: str = ""
    differs: bool = False

    @property
    def source_name(self) -> str | Promise:
        return SOURCE_NAMES[self.source]

    @property
    def blank(self) -> bool:
        """Whether the source says nothing of it: left out on a phone."""
        return self.text == NOTHING and not self.note


@dataclass(frozen=True)
class Question:
    """A row: the registry's present cell first. `seen`: that cell as text, to notice a change made meanwhile."""

    column: str
    label: str | Promise
    cells: list[CellShown]
    seen: str
    conflicting: bool

    @property
    def offers(self) -> bool:
        return any(cell.offer for cell in self.cells)


@dataclass(frozen=True)
class SideBySide:
    questions: list[Question]
    facts: list[tuple[str | Promise, list[tuple[str | Promise, str]]]]
    """Further rows that cannot be taken over: dates, states; source and text."""
    offers: bool


def side_by_side(line: EmploymentLine, *, person: Person, may_take: bool) -> SideBySide:
    """No SQL statement. The registry's cells are those of now; the others what was compared."""
    said = line.sources
    offered = {(one.column, one.source): one.text for one in offers_of(said)}
    questions = []
    for column, label, name in _QUESTIONS:
        present = cell_text(getattr(person, column))
        cells = [CellShown("registry", _shown(name, getattr(person, column)))]
        for source in SOURCES:
            text = offered.get((column, source))
            differs = text is not None and _differs(text, present)
            value = said.get(f"{source}_{name}")
            if value is None and text is not None:
                value = text
            cells.append(
                CellShown(
                    source,
                    _shown(name, value),
                    _note(name, source, said),
                    f"{column}:{source}" if may_take and differs else "",
                    differs,
                )
            )
        questions.append(Question(column, label, cells, present or "", _CONFLICT_OF[name] in line.conflicts))
    return SideBySide(questions, _facts(said), any(one.offers for one in questions))


def _differs(text: str, present: str | None) -> bool:
    try:
        return present is None or float(text) != float(present)
    except ValueError:
        return text != present


def _shown(name: str, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if name in _LISTS:
        return code(value, _LISTS[name])
    if name == "wage":
        return yuan(value)
    return f"{value:g}" if isinstance(value, float | int) else cell_text(value) or NOTHING


def _note(name: str, source: str, said: dict[str, Any]) -> str:
    """What stands below a cell: the text of the place, or how far away that place is."""
    if name != "area":
        return ""
    place, by_place = said.get(f"{source}_place") or "", said.get(f"{source}_place_area")
    if by_place and by_place != said.get(f"{source}_area"):
        return str(_("%(place)s（按地点是%(area)s）")) % {"place": place, "area": code(by_place, "work_area")}
    return str(place)


def _facts(said: dict[str, Any]) -> list[tuple[str | Promise, list[tuple[str | Promise, str]]]]:
    status = {True: str(_("在外务工")), False: str(_("已返乡"))}.get(said.get("register_working"), NOTHING)  # type: ignore[arg-type]
    works = {True: str(_("在务工")), False: str(_("没有务工"))}.get(said.get("visit_works"), NOTHING)  # type: ignore[arg-type]
    insured = f"{said['insured_last_on']}" if said.get("insured_last_on") else NOTHING
    unemployed = str(_("已登记失业")) if said.get("unemployed") else ""
    span = " ～ ".join(str(said.get(f"register_{end}_on") or "") for end in ("started", "ended")).strip(" ～")
    paid = f"{yuan(said['subsidy_paid'])}（{said.get('subsidy_paid_on', '')}）" if said.get("subsidy_paid") else NOTHING
    rows: list[tuple[str | Promise, list[str]]] = [
        (_("是否务工"), [unemployed or NOTHING, status, NOTHING, NOTHING, works]),
        (_("起止时间"), [NOTHING, span or NOTHING, NOTHING, NOTHING, NOTHING]),
        (
            _("记录日期"),
            [
                NOTHING,
                str(said.get("register_updated_on") or NOTHING),
                insured,
                str(said.get("subsidy_posted_on") or NOTHING),
                str(said.get("visit_on") or NOTHING),
            ],
        ),
        (_("已发稳岗补助（元）"), [NOTHING, NOTHING, NOTHING, paid, NOTHING]),
    ]
    told = [(label, cells) for label, cells in rows if any(cell != NOTHING for cell in cells)]
    return [(label, list(zip(SOURCE_NAMES.values(), cells, strict=True))) for label, cells in told]


__all__ = ["COLUMNS", "SOURCE_NAMES", "SideBySide", "side_by_side"]
