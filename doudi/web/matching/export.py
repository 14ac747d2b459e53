"""The workbook for the department: rows about nobody in the registry, as they were handed in, each with the reason."""

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.matching.decisions import DECIDED, NONE
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.audit.services import audit_record
from doudi.web.intake.snapshots import snapshots_dir
from doudi.web.matching.keeping import links_write
from doudi.web.matching.models import FeedLink, LinkState, MatchRun
from doudi.web.matching.queries import run_visible
from doudi.web.matching.rematching import reading_of
from doudi.web.refusal import ActionRefused

if TYPE_CHECKING:
    from doudi.feeds.sheet import SheetReading

Reasons = Mapping[int, str]


def unmatched_workbook(*, actor: Officer, run_id: int) -> tuple[str, bytes]:
    """Name and bytes of the workbook, for those who may decide about the table. Three SQL statements, and the log's.

    First the rows whose id nobody can read or that were decided to be about nobody: to be corrected and handed in
    again. Then those with a sound id that the registry does not have: not registered, as a rule no fault.
    Raises `NotFound`, `ActionRefused` (`none_unmatched`).
    """
    run = run_visible(actor=actor, run_id=run_id, action=Action.MATCH_DECIDE)
    links_write(run)
    unreadable, strangers = _reasons(run)
    if not unreadable and not strangers:
        raise ActionRefused("none_unmatched", _("这份表没有查无此人的行。"))
    reading = reading_of(run)
    mark = _("由 %(who)s(%(username)s)于 %(when)s 导出，含个人信息，仅限工作使用，不得外传") % {
        "who": actor.name,
        "username": actor.username,
        "when": timezone.localtime().strftime("%Y-%m-%d %H:%M"),
    }
    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        book.set_properties({"author": actor.name, "comments": mark})
        _sheet(book, _("请核对后重报"), mark, reading, unreadable)
        _sheet(book, _("未登记的人"), mark, reading, strangers)
    audit_record(
        action="match_export",
        actor=actor,
        region_code=run.region_code,
        subject_type="feed_table",
        subject_id=f"{run.feed} {run.month}",
        detail={"unreadable": len(unreadable), "not_registered": len(strangers)},
    )
    return f"{run.feed_title}_{run.month}_{_('查无此人')}.xlsx", out.getvalue()


def _reasons(run: MatchRun) -> tuple[Reasons, Reasons]:
    """Row → why nobody was found, of rows to be corrected and of people who are not registered."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from doudi.matching.links import links_of

    folder = snapshots_dir() / run.snapshot.folder
    links = links_of(folder)
    if links is None:
        return {}, {}
    delivered = pq.read_table(folder / "data.parquet", columns=["row", "person_key"])
    sound = set(delivered.filter(pc.is_valid(delivered["person_key"]))["row"].to_pylist())
    none = links.filter(pc.equal(links["band"], NONE))
    decided = dict(
        FeedLink.objects.filter(run=run, state=LinkState.NOBODY).values_list("row", "decided_name").iterator()
    )
    waiting = set(FeedLink.objects.filter(run=run, state=LinkState.OPEN).values_list("row", flat=True).iterator())
    unreadable: dict[int, str] = {}
    strangers: dict[int, str] = {}
    for row, method in zip(none["row"].to_pylist(), none["method"].to_pylist(), strict=True):
        if row in waiting:
            continue
        if method == DECIDED or row in decided:
            unreadable[row] = _("%s 核对后认定登记簿中没有此人，请核实姓名和证件号码") % (decided.get(row) or _("县里"))
        elif row in sound:
            strangers[row] = _("证件号码有效，登记簿中没有此人；如是本县农户，请联系县乡村振兴服务中心")
        else:
            unreadable[row] = _("证件号码无效，按姓名、出生日期和村也找不到此人，请补正证件号码后重报")
    return unreadable, strangers


def _sheet(book: xlsxwriter.Workbook, name: str, mark: str, reading: "SheetReading", reasons: Reasons) -> None:
    page = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "text_wrap": True, "border": 1})
    literal = book.add_format({"num_format": "@"})
    grey = book.add_format({"font_color": "#666666", "italic": True})
    headers = [*reading.raw.headers, _("原因")]
    page.write_string(0, 0, mark, grey)
    page.set_header(f"&R{mark.replace('&', '&&')}")
    for at, header in enumerate(headers):
        page.set_column(at, at, 60 if at == len(headers) - 1 else 14)
        page.write_string(1, at, header, bold)
    page.freeze_panes(2, 0)
    for line, cells in enumerate(_cells(reading, reasons), start=2):
        for at, text in enumerate(cells):
            page.write_string(line, at, text, literal)


def _cells(reading: "SheetReading", reasons: Reasons) -> Iterator[list[str]]:
    """The rows as they came, text for text, the reason last."""
    from doudi.feeds.values import plain

    for index, row in enumerate(reading.raw.rows.tolist()):
        if row in reasons:
            yield [*(plain(cell) for cell in reading.raw.row(index)), _("第 %d 行：") % row + reasons[row]]
