"""One cell of a sheet into one value, for every shape in which counties write it.

Each function takes what the spreadsheet holds (text, number, truth value, date) and gives the value, or None for a cell
that says nothing (blank, `—`, `无`, `不详`: unknown is not zero and not false). Raises `BadCell` otherwise. They are
called once for each distinct content of a column, so they may take their time.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from doudi.feeds.problems import BadCell
from doudi.standards import resident_id
from doudi.standards.code_list import folded
from doudi.standards.regions import parse_region_code

Cell = str | float | int | bool | date | datetime | time | timedelta | None

_ZERO_WIDTH = re.compile(r"[\u200b-\u200f\ufeff\u00ad]")
_BLANKS = re.compile(r"\s+")
_NOTHING = frozenset({
    "", "-", "--", "---", "—", "——", "/", "//", "\\", "无", "暂无", "没有", "不详", "未知", "空",
    "null", "none", "nan", "n/a",
    "na", "#n/a", "#value!", "#ref!", "#div/0!", "#name?", "#null!", "#num!",
})  # fmt: skip
_LONGEST_NOTHING = 4
"""Letters of the longest word in it; longer texts of letters and digits alone need not be looked up."""
_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")
_WIDE = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_SCIENTIFIC = re.compile(r"^[+-]?\d(?:\.\d+)?e\+?\d{1,3}$", re.IGNORECASE)
_NUMBER = re.compile(r"^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d{1,3}))?$", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=\d)[,，'](?=\d)")
_MEASURES = re.compile(
    r"(平方米|分钟|个月|公里|km|㎡|m2|元整|元|人|口|个|户|天|日|次|亩|米|升|岁|级|年)$", re.IGNORECASE
)
_MONEY_UNITS = {"亿": 1e8, "万": 1e4, "千": 1e3, "百": 1e2}
_LAST_EXACT = 10**15
"""Spreadsheets keep 15 digits of a number; the rest become zeros."""
_EPOCH = date(1899, 12, 30)
_SERIALS = range(3654, 73_415)
"""Serial numbers taken for days: 1910 to 2100."""
_YEARS = range(1900, 2101)

NUMBER_LOST = "Excel把{what}变成了数字，后几位已丢失"
NUMBER_LOST_REMEDY = "请把该列设为文本格式后重新填写"


def plain(value: Cell) -> str:
    """A cell as text without the traces of spreadsheets: whole numbers without `.0`, no zero-width characters."""
    if isinstance(value, str):
        return value if value.isalnum() else _ZERO_WIDTH.sub("", value).strip().lstrip("'’`").strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e22 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes") if (value.hour or value.minute) else value.date().isoformat()
    return str(value)


def says_nothing(value: Cell) -> bool:
    """Whether a cell is blank or one of the marks with which people leave a cell unanswered."""
    if not isinstance(value, str):
        return value is None
    return (len(value) <= _LONGEST_NOTHING or not value.isalnum()) and _folded(value) in _NOTHING


def is_blank(value: Cell) -> bool:
    """Whether nothing at all stands in a cell."""
    return value is None or (isinstance(value, str) and not value.isalnum() and not plain(value))


def text(value: Cell) -> str | None:
    """Text with single blanks and half-width digits and letters."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    if says_nothing(value):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _LAST_EXACT:
        raise BadCell(NUMBER_LOST.format(what="编号"), NUMBER_LOST_REMEDY)
    found = plain(value)
    if _SCIENTIFIC.match(found) and not isinstance(value, float):
        raise BadCell(NUMBER_LOST.format(what="编号"), NUMBER_LOST_REMEDY)
    return _BLANKS.sub(" ", found).translate(_WIDE)


def name(value: Cell) -> str | None:
    """A person's name: no blanks between Chinese characters, one kind of middle dot."""
    if isinstance(value, str) and _CHINESE.fullmatch(value) and value not in _NOTHING:
        return value
    found = text(value)
    if found is None:
        return None
    if isinstance(value, int | float | date):
        raise BadCell("不是姓名", "请填写姓名")
    if any("\u4e00" <= character <= "\u9fff" for character in found):
        found = found.replace(" ", "")
    return re.sub(r"[•●∙‧.．・]", "·", found)


def decimal(value: Cell) -> float | None:
    """A number; thousands separators, full-width digits and a trailing unit (人, 天, 亩 …) are understood."""
    return _number(value, "不是数字", "请只填写数字")


def integer(value: Cell) -> int | None:
    found = _number(value, "不是整数", "请填写整数")
    if found is None:
        return None
    if not found.is_integer() or abs(found) > 2**62:
        raise BadCell("不是整数", "请填写整数")
    return int(found)


def percent(value: Cell) -> float | None:
    """A share in percent: `95%`, `95` and 0.95 (how a spreadsheet holds a cell shown as 95%) are the same."""
    if isinstance(value, str) and _folded(value).endswith("%"):
        return decimal(_folded(value)[:-1])
    found = decimal(value)
    return found * 100 if found is not None and 0 < found <= 1 else found


def money(value: Cell, factor: float = 1.0) -> float | None:
    """Yuan, rounded to the fen. `factor`: yuan in one unit of the header; a unit in the cell itself (1.2万) wins."""
    own = value
    if isinstance(value, str):
        own = re.sub(r"^(?:人民币)?[¥￥$]|(?:元整|元|圆)$", "", _folded(value)).strip()
        for mark, yuan in _MONEY_UNITS.items():
            if own.endswith(mark) and len(own) > 1:
                own, factor = own[:-1], yuan
                break
        else:
            if own != _folded(value) and _folded(value).endswith(("元整", "元", "圆")):
                factor = 1.0
        if re.fullmatch(r"\(.+\)", own):
            own = "-" + own[1:-1].lstrip("¥￥")
    found = _number(own, "不是金额", "请只填写数字，如 1234.5")
    return None if found is None else round(found * factor, 2)


def day(value: Cell) -> date | None:
    """A date: 20230801, 2023.8.1, 2023-8-1, 2023/8/1, 2023年8月1日, serial numbers; a month: its first day."""
    found = _year_month_day(value)
    return None if found is None else date(found[0], found[1], found[2] or 1)


def month(value: Cell) -> str | None:
    """A month as `2023-08`, from the shapes of a month or of a date."""
    if isinstance(value, float) and not value.is_integer() and re.fullmatch(r"\d{4}\.1", repr(value)):
        raise BadCell("分不清是1月还是10月(数字格式会丢掉末尾的0)", "请写成 202301 或 202310")
    found = _year_month_day(value)
    return None if found is None else f"{found[0]:04d}-{found[1]:02d}"


_TRUE = frozenset(
    """
    是 有 √ ✓ ✔ ☑ v 1 y yes true t 对 已 享受 参保 已参保 正常参保 正常 参加 已参加 已签约 签约 达标
    合格 通过 已享受 已资助 资助 已解决 解决 通 已通 硬化 已硬化 居住 已居住 有人居住 唯一 欠薪 拖欠
    送教 送教上门 在岗 已缴费 参保缴费
    """.split()  # noqa: SIM905
)
_FALSE = frozenset(
    """
    否 无 没有 × ✗ ✘ x 0 n no false f 错 未 不 未享受 不享受 未参保 断保 停保 中断 未参加 不参加 未签约
    不达标 不合格 未达标 未通过 未资助 未解决 不通 未通 未硬化 不居住 未居住 无人居住 空置 非唯一
    不唯一 未欠薪 不欠薪 未拖欠 未送教 不在岗 未缴费 未参保缴费
    """.split()  # noqa: SIM905
)


def boolean(value: Cell) -> bool | None:
    """Yes or no in the words and marks that sheets use; blank stays unknown, 无 is no."""
    if isinstance(value, bool):
        return value
    found = _folded(plain(value)) if value is not None else ""
    found = "×" if found in ("×", "╳", "✕", "乂") else found
    if found in _TRUE:
        return True
    if found in _FALSE:
        return False
    if found in _NOTHING:
        return None
    raise BadCell("看不出是还是否", "请填写“是”或“否”")


def code(value: Cell, spellings: Mapping[str, str], labels: Mapping[str, str]) -> str | None:
    """The identifier of a label or alias. `labels`: identifier → label, for the remedy."""
    found = spellings.get(folded(plain(value)))
    if found is None and not says_nothing(value):
        raise BadCell("不在可选范围内", f"请填写{_choices(labels)}中的一项")
    return found


def codes(value: Cell, spellings: Mapping[str, str], labels: Mapping[str, str]) -> list[str] | None:
    """The identifiers of several labels joined by 、 , ; / or blanks, without repeats."""
    whole = spellings.get(folded(plain(value)))
    if whole is not None:
        return [whole]
    if says_nothing(value):
        return None
    found = []
    for part in re.split(r"[、,，;；|/\\+＋\s]+", plain(value)):
        if part:
            found.append(spellings.get(folded(part)))
    if not found or None in found:
        raise BadCell("含有不在可选范围内的内容", f"请填写{_choices(labels)}，多项用顿号隔开")
    return list(dict.fromkeys(one for one in found if one))


def resident_id_number(value: Cell) -> str | None:
    """The 18 characters of a resident id; numbers of which the spreadsheet has lost digits are named as such."""
    if is_blank(value) or (says_nothing(value) and plain(value) != "无"):
        return None
    written = plain(value)
    if (isinstance(value, int | float) and abs(value) >= _LAST_EXACT) or _SCIENTIFIC.match(_folded(written)):
        raise BadCell(NUMBER_LOST.format(what="身份证号"), NUMBER_LOST_REMEDY)
    checked = resident_id.check(written)
    if checked.problem is None:
        return checked.value
    if len(checked.value) == resident_id.LENGTH and checked.value.endswith("000"):
        raise BadCell(NUMBER_LOST.format(what="身份证号"), NUMBER_LOST_REMEDY)
    reason, _, remedy = checked.message.partition("，")
    raise BadCell(reason, remedy)


def phone(value: Cell) -> str | None:
    """Digits of a mobile or landline number; of several the first."""
    if (
        isinstance(value, str)
        and len(value) == 11
        and value.isascii()
        and value.isdigit()
        and "13" <= value[:2] <= "19"
    ):
        return value
    if says_nothing(value):
        return None
    for part in re.split(r"[、,，;；/\s]+", _folded(plain(value), keep_blanks=True)):
        digits = re.sub(r"[-()+]", "", part)
        digits = digits.removeprefix("86") if len(digits) == 13 else digits
        if re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}|\d{7,8}", digits):
            return digits
    raise BadCell("不是有效的电话号码", "请填写11位手机号")


def bank_account(value: Cell) -> str | None:
    """Digits of a bank card or account."""
    if says_nothing(value):
        return None
    if (isinstance(value, int | float) and abs(value) >= _LAST_EXACT) or _SCIENTIFIC.match(_folded(plain(value))):
        raise BadCell(NUMBER_LOST.format(what="银行账号"), NUMBER_LOST_REMEDY)
    digits = re.sub(r"[-\s]", "", _folded(plain(value)))
    if not re.fullmatch(r"\d{8,32}", digits):
        raise BadCell("不是有效的银行账号", "请填写8至32位数字")
    return digits


def region_code(value: Cell) -> str | None:
    """12 digits; 2, 4, 6 or 9 digits are filled up with zeros."""
    if says_nothing(value):
        return None
    try:
        return str(parse_region_code(plain(value)))
    except ValueError:
        raise BadCell("不是行政区划代码", "请填写12位数字的区划代码") from None


def disability_certificate(value: Cell) -> str | None:
    """A certificate number of 20 characters, or 22 when reissued."""
    if says_nothing(value):
        return None
    if isinstance(value, int | float):
        raise BadCell(NUMBER_LOST.format(what="残疾人证号"), NUMBER_LOST_REMEDY)
    try:
        resident_id.certificate_parts(plain(value))
    except resident_id.ResidentIdError:
        raise BadCell("不是有效的残疾人证号", "请填写20位(换领过的22位)证号") from None
    return resident_id.normalise(plain(value))


PARSERS: Mapping[str, Callable[[Cell], Any]] = {
    "text": text,
    "name": name,
    "integer": integer,
    "decimal": decimal,
    "date": day,
    "month": month,
    "boolean": boolean,
    "resident_id": resident_id_number,
    "phone": phone,
    "bank_account": bank_account,
    "region_code": region_code,
    "disability_certificate": disability_certificate,
}
"""By column type; money, code and codes take more than the cell."""


def _folded(written: str, *, keep_blanks: bool = False) -> str:
    found = unicodedata.normalize("NFKC", _ZERO_WIDTH.sub("", written)).strip().casefold()
    return found if keep_blanks else _BLANKS.sub("", found)


def _number(value: Cell, reason: str, remedy: str) -> float | None:
    if isinstance(value, bool | date | time | timedelta):
        raise BadCell(reason, remedy)
    if isinstance(value, int | float):
        return float(value)
    if says_nothing(value):
        return None
    written = _THOUSANDS.sub("", _folded(plain(value))).replace("−", "-").replace("–", "-")
    found = _NUMBER.match(_MEASURES.sub("", written))
    if found is None:
        raise BadCell(reason, remedy)
    return float(found[0])


_DATE_SHAPES = (
    re.compile(r"^(\d{4})(\d{2})(\d{2})$"),
    re.compile(r"^(\d{4})[-./年、](\d{1,2})[-./月、](\d{1,2})[日号]?(?:[t ]?\d{1,2}[:时].*)?$"),
    re.compile(r"^(\d{4})(\d{2})()$"),
    re.compile(r"^(\d{4})[-./年](\d{1,2})()月?(?:份)?$"),
)
_DATE_REMEDY = "请写成 2023-08-01 或 20230801"


def _year_month_day(value: Cell) -> tuple[int, int, int] | None:
    """Year, month and day (0 when only a month is given)."""
    if isinstance(value, date):  # datetime is one too
        return _sound(value.year, value.month, value.day)
    if isinstance(value, bool | time | timedelta):
        raise BadCell("不是日期", _DATE_REMEDY)
    if says_nothing(value):
        return None
    written = _folded(plain(value)).rstrip(".")
    for shape in _DATE_SHAPES:
        found = shape.match(written)
        if found:
            return _sound(int(found[1]), int(found[2]), int(found[3] or 0))
    serial = re.fullmatch(r"(\d{4,5})(?:\.\d+)?", written)
    if serial and int(serial[1]) in _SERIALS:
        found_day = _EPOCH + timedelta(days=int(serial[1]))
        return found_day.year, found_day.month, found_day.day
    raise BadCell("不是日期", _DATE_REMEDY)


def _sound(year: int, month_number: int, day_number: int) -> tuple[int, int, int]:
    try:
        date(year, month_number, day_number or 1)
    except ValueError:
        raise BadCell("没有这一天", _DATE_REMEDY) from None
    if year not in _YEARS:
        raise BadCell("年份不对", _DATE_REMEDY)
    return year, month_number, day_number


def _choices(labels: Mapping[str, str], shown: int = 8) -> str:
    several = list(labels.values())
    return "、".join(several[:shown]) + ("等" if len(several) > shown else "")
