"""Rows of a sheet that are no data: blanks, totals, notes and signatures, repeated headers, column numbers."""

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from doudi.feeds.columns import RawColumn, RawSheet
from doudi.feeds.headers import header_key
from doudi.feeds.layout import Layout
from doudi.feeds.values import Cell, is_blank, plain

_NOTE = re.compile(
    r"^[\s(（【*※]*(?:合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|本页合计|总人数|总户数|备\s*注|说\s*明|注\s*[:：\d]|填\s*表|填\s*报|制\s*表|制\s*单|"
    r"审\s*核|复\s*核|经办|单位负责人|负责人|分管|主要负责|联系人\s*[:：]|联系电话\s*[:：]|报送|打印|导出|数据来源|盖\s*章|签\s*字|签\s*章|"
    r"示\s*例|样\s*例|例\s*[:：]|填写说明|第\s*\d+\s*页|共\s*\d+\s*(?:页|条|人|户|行)|以下空白|以上数据)"
)
_ORDINALS = "甲乙丙丁戊己庚辛壬癸"
_LONG_NOTE = 12
_FIRST_ROWS = 3


def data_rows(raw: RawSheet, layout: Layout) -> NDArray[np.bool_]:
    """Which rows hold data. Only rows that leave a required cell blank, or look odd, are looked at one by one."""
    size = len(raw)
    empty = np.ones(size, bool)
    for column in raw.columns:
        if not empty.any():
            break
        empty &= _blank(column)[column.codes]
    required = [layout.positions[column.id] for column in layout.contract.required if column.id in layout.positions]
    suspect = np.zeros(size, bool)
    suspect[:_FIRST_ROWS] = True
    for at in required:
        suspect |= _blank(raw.columns[at])[raw.columns[at].codes]
    leftmost = min(layout.positions.values(), default=0)
    for at in {*range(min(leftmost + 1, len(raw.columns))), *required}:
        odd = np.array([_looks_odd(content, raw.headers[at]) for content in raw.columns[at].contents], bool)
        suspect |= odd[raw.columns[at].codes]
    data = ~empty
    for index in np.flatnonzero(suspect & data).tolist():
        data[index] = not _is_note(raw, layout, required, index)
    return data


def _blank(column: RawColumn) -> NDArray[np.bool_]:
    """Which of a column's contents are blank."""
    return np.array(
        [one == "" or (type(one) is str and not one.isalnum() and is_blank(one)) for one in column.contents], bool
    )


def _looks_odd(content: Cell, header: str) -> bool:
    if not isinstance(content, str) or content.isascii():
        return False
    return _NOTE.match(content) is not None or (len(content) <= 2 * len(header) and _repeats(content, header))


def _repeats(content: Cell, header: str) -> bool:
    key = header_key(plain(content))
    return bool(key) and (key == header_key(header) or header_key(header).endswith(key))


def _is_note(raw: RawSheet, layout: Layout, required: list[int], index: int) -> bool:
    row = raw.row(index)
    filled = [at for at, cell in enumerate(row) if not is_blank(cell)]
    first = plain(row[filled[0]])
    if _NOTE.match(first) and any(is_blank(row[at]) for at in required):
        return True
    if len(filled) == 1 and (len(first) >= _LONG_NOTE or filled[0] not in layout.positions.values()):
        return True
    if sum(_repeats(row[at], raw.headers[at]) for at in filled if at in layout.positions.values()) >= 2:
        return True
    return index < _FIRST_ROWS and len(filled) >= 3 and _counts(plain(row[at]) for at in filled)


def _counts(texts: Iterable[str]) -> bool:
    """Whether cells count 1, 2, 3 … or 甲, 乙, 1, 2 …: the line of column numbers of printed forms."""
    written = [text for text in texts if text]
    numbers = [int(text) for text in written if text.isdecimal() and len(text) <= 3]
    letters = [text for text in written if text in _ORDINALS]
    return (
        len(numbers) + len(letters) == len(written)
        and numbers == list(range(numbers[0] if numbers else 0, (numbers[0] if numbers else 0) + len(numbers)))
        and "".join(letters) == _ORDINALS[: len(letters)]
    )
