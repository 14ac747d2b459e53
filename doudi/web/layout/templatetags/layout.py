"""Tags and filters of the page templates: icons, figures, names in the reader's language."""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.core.paginator import Page
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from doudi.rulebook.parameters import UNITS
from doudi.standards import codes
from doudi.web.layout import navigation

register = template.Library()

NOTHING = "—"


def in_english() -> bool:
    return (get_language() or "").startswith("en")


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A drawing of the sprite, hidden from screen readers: the text beside it says the same."""
    address = static("dist/icons.svg")
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>', css, address, name
    )


@register.filter
def yuan(value: Any) -> str:
    """An amount of money with thousands marked and without empty cents: 7,099.5 → 7,099.50, 7100 → 7,100."""
    if value is None or value == "":
        return NOTHING
    amount = Decimal(str(value)).quantize(Decimal("0.01"))
    return f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


@register.filter
def whole(value: Any) -> str:
    """A count with thousands marked."""
    return NOTHING if value is None or value == "" else f"{int(value):,}"


@register.filter
def signed(value: Any) -> str:
    """A change with its sign: +3, −2, 0."""
    if value is None:
        return NOTHING
    return f"+{value:,}" if value > 0 else f"−{-value:,}" if value < 0 else "0"


@register.filter
def share(value: Any, of: Any) -> float:
    """`value` as a percentage of `of`, for the width of a bar."""
    total = float(of or 0)
    return round(100 * float(value or 0) / total, 1) if total else 0.0


@register.filter
def dash(value: Any) -> Any:
    """A dash where there is nothing to show."""
    return NOTHING if value is None or value == "" else value


@register.filter
def tongue(thing: Any, name: str = "title") -> str:
    """The attribute or key `name` of a thing in the reader's language: `title` or, in English, `title_en`."""

    def read(key: str) -> str:
        value = thing.get(key) if isinstance(thing, dict) else getattr(thing, key, "")
        return str(value or "")

    return (read(f"{name}_en") if in_english() else "") or read(name)


@register.filter
def code(value: Any, list_name: str) -> str:
    """The label of a stored code of a list of the standards, in the reader's language."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, list | tuple):
        return listed(code(part, list_name) for part in value) or NOTHING
    member = code_members(list_name).get(str(value))
    if member is None:
        return str(value)
    return str(member.label_en if in_english() else member.label)


@lru_cache
def code_members(list_name: str) -> dict[str, Any]:
    members: Iterable[Any] = codes.CODE_LISTS.get(list_name, ())
    return {str(member.value): member for member in members}


@register.filter
def unit(name: str) -> str:
    """A unit of the rulebook in words."""
    return UNITS.get(str(name), (str(name), str(name)))[1 if in_english() else 0]


@register.filter
def with_unit(value: Any, name: str) -> str:
    """A value with its unit; a share of 1 as percent, ages and counts without thousands marked."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return yes_no(value)
    if name == "share" and isinstance(value, int | float | Decimal):
        return f"{round(float(value) * 100, 1):g} %"
    if name != "yuan" and isinstance(value, int | float) and abs(value) < 10_000:
        return f"{value:g} {unit(name)}".strip()
    return f"{shown(value)} {unit(name)}".strip()


@register.filter
def measured(thing: Any) -> str:
    """The value of a fact or threshold with its unit, codes by their labels."""
    value = getattr(thing, "value", None)
    list_name = getattr(thing, "codes", None)
    if list_name and value not in (None, ""):
        return code(value, list_name)
    return with_unit(value, str(getattr(thing, "unit", "") or ""))


@register.filter
def standing(threshold: Any) -> str:
    """The value of a parameter that holds today."""
    return with_unit(threshold.now.value, threshold.parameter.unit)


@register.filter
def listed(parts: Iterable[Any]) -> str:
    """Several things in a row, separated as the reader's language does."""
    return (", " if in_english() else "、").join(str(part) for part in parts)


TITLED = re.compile(r"(?P<title>[^《（]+(?:意见|办法|条例|准则|通知|制度|指南|规则|规定|(?<!做)法))(?P<number>（.+）)?")


@register.filter
def cited(basis: Any) -> str:
    """A document and the place in it as one reads them: 《…法》第十一条, 《…意见》（国办发…）：监测方式."""
    read = basis.get if isinstance(basis, dict) else lambda key: getattr(basis, key, "")
    document, article = str(read("document") or ""), str(read("article") or "")
    titled = TITLED.fullmatch(document)
    if titled:
        document = f"《{titled['title']}》{titled['number'] or ''}"
    return document + (article if not article or article.startswith("第") else f"：{article}")


@register.filter
def yes_no(value: Any) -> str:
    """是 / 否 for a truth value, a dash when it is not known."""
    if value is None or value == "":
        return NOTHING
    return _("是") if value else _("否")


@register.filter
def shown(value: Any) -> str:
    """A value of any kind as a person reads it: thousands marked, truth values in words, dates as they are."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, int):
        return str(value) if 1900 <= value <= 2100 else f"{value:,}"
    if isinstance(value, float | Decimal):
        return yuan(value)
    if isinstance(value, list | tuple):
        return listed(shown(part) for part in value) or NOTHING
    return str(value)


@register.simple_tag(takes_context=True)
def navigation_groups(context: template.Context) -> list[navigation.Group]:
    """The groups of the navigation that the signed-in person may open."""
    request = context["request"]
    return navigation.groups_for(request)


@register.filter
def main_entries(groups: list[navigation.Group]) -> list[navigation.Shown]:
    """The entries that a phone has room for beside each other."""
    return [entry for group in groups for entry in group.entries][:3]


@register.inclusion_tag("layout/level.html")
def level_mark(level: Any) -> dict[str, Any]:
    """红色 or 黄色 as a mark with colour, drawing and word."""
    return {"level": str(getattr(level, "value", level))}


@register.inclusion_tag("layout/pages.html", takes_context=True)
def page_links(context: template.Context, page: Page, target: str = "") -> dict[str, Any]:
    """Links to the pages of a list; with `target` they replace only that part of the page."""
    return {
        "request": context["request"],
        "page": page,
        "numbers": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1),
        "target": target,
    }


@register.simple_tag
def total(page: Page) -> str:
    """How many rows a list has; beyond the limit of counting “more than”."""
    paginator = page.paginator
    if getattr(paginator, "is_capped", False):
        return _("%(limit)s 以上") % {"limit": f"{paginator.count - 1:,}"}
    return f"{paginator.count:,}"


@register.inclusion_tag("layout/page_foot.html", takes_context=True)
def page_foot(context: template.Context, page: Page, target: str = "") -> dict[str, Any]:
    """Which rows are shown of how many, and the links to the other pages."""
    capped = getattr(page.paginator, "is_capped", False)
    return {"request": context["request"], "page": page, "target": target, "capped": capped}


@register.inclusion_tag("layout/column.html", takes_context=True)
def sort_head(context: template.Context, key: str, label: str, target: str = "", css: str = "") -> dict[str, Any]:
    """A column's head that sorts by it; a second click turns the order round."""
    request = context["request"]
    current = str(context.get("sort", request.GET.get("sort", "")))
    return {
        "request": request,
        "label": label,
        "target": target,
        "css": css,
        "state": {key: "ascending", f"-{key}": "descending"}.get(current, ""),
        "next": f"-{key}" if current == key else key,
    }
