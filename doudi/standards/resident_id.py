"""Resident identity numbers (公民身份号码, GB 11643) and disability certificate numbers built on them.

18 characters: 6 digits area, 8 digits birth date, 3 digits order (odd = male), 1 check character (0–9 or X). Checksum
and birth date are worked out by python-stdnum. The area part is never refused: areas are renamed and merged, and a
person keeps the number (domain-facts C07: only a hint).
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from doudi.standards.codes import DisabilityKind, Sex

LENGTH = 18
OLD_LENGTH = 15
PLACEHOLDER_PREFIX = "999999"
"""The national system writes numbers that start so for persons who have no resident id yet."""
EARLIEST_BIRTH_YEAR = 1880
CENTENARIAN_ORDERS = frozenset({"996", "997", "998", "999"})
"""Order numbers of 15-digit ids kept for people born in the 1800s (GB 11643-1989)."""

_NOISE = re.compile(r"[\s'`\"’‘“”\u200b-\u200f\ufeff\u00ad_-]+")
_NUMBER_AS_TEXT = re.compile(r"^(\d{15,22})\.0+$")
_NOTHING = frozenset({"无", "暂无", "没有", "不详", "未知", "/", "—", "无证件", "NONE", "NULL", "N/A"})


class IdProblem(StrEnum):
    """Why a text is not a usable resident id; `.message` is the sentence for the person who typed it."""

    LENGTH = "length"
    CHARACTERS = "characters"
    BIRTH_DATE = "birth_date"
    CHECKSUM = "checksum"
    PLACEHOLDER = "placeholder"

    @property
    def message(self) -> str:
        return _MESSAGES[self]


_MESSAGES = {
    IdProblem.LENGTH: "身份证号位数不对，应为18位（旧证15位），请对照证件核对",
    IdProblem.CHARACTERS: "身份证号含有数字和末位X以外的字符（可能被表格软件改成了科学计数），请以文本格式重新填写",
    IdProblem.BIRTH_DATE: "身份证号第7至14位不是有效的出生日期，请对照证件核对",
    IdProblem.CHECKSUM: "身份证号校验位不符，多半是录错或换位了一个数字，请对照证件核对",
    IdProblem.PLACEHOLDER: "填写的是占位号码，不是真实身份证号，请补录",
}


class ResidentIdError(ValueError):
    """A text that is no resident id: `.code` for machines (see `IdProblem`), `.message` for people."""

    def __init__(self, problem: IdProblem, text: str) -> None:
        super().__init__(problem.message)
        self.code = problem.value
        self.message = problem.message
        self.text = text


@dataclass(frozen=True, slots=True)
class IdCheck:
    """A text after cleaning and what is wrong with it, if anything."""

    value: str
    problem: IdProblem | None = None

    @property
    def ok(self) -> bool:
        return self.problem is None

    @property
    def message(self) -> str:
        """One Chinese sentence, empty when nothing is wrong."""
        return "" if self.problem is None else self.problem.message


def check_character(first17: str) -> str:
    """The 18th character that belongs to 17 digits: 0–9 or X."""
    return str(ric.calc_check_digit(first17 + "0"))


def normalise(text: str) -> str:
    """The number as it is printed on the card: half-width, upper-case X, without blanks, quotes or hyphens, 18 long.

    A 15-digit number of the old kind gets its century and check character. What cannot be an id comes back cleaned, for
    `check` to name the problem; nothing is raised.
    """
    if len(text) == LENGTH and text.isascii() and text.isalnum():
        return text.upper()
    cleaned = _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper().replace("×", "X")
    number = _NUMBER_AS_TEXT.match(cleaned)
    if number:
        cleaned = number[1]
    if len(cleaned) == OLD_LENGTH and cleaned.isdigit():
        return _lengthen(cleaned)
    return cleaned


def check(text: str | None, *, on: date | None = None) -> IdCheck:
    """Clean a text and say whether it is a resident id of somebody born by the day `on` (default: today)."""
    value = normalise(text or "")
    return IdCheck(value, _problem(value, on or date.today()))


def parse(text: str | None, *, on: date | None = None) -> str:
    """The normalised 18 characters; raises `ResidentIdError` when the text is none."""
    checked = check(text, on=on)
    if checked.problem is not None:
        raise ResidentIdError(checked.problem, text or "")
    return checked.value


def birth_date(id18: str) -> date:
    """Birth date in a normalised id. Raises `ResidentIdError` (birth_date) when digits 7–14 are no date."""
    day = _date_of(id18[6:14])
    if day is None:
        raise ResidentIdError(IdProblem.BIRTH_DATE, id18)
    return day


def sex(id18: str) -> Sex:
    """Male when the 17th digit is odd. Raises `ResidentIdError` (characters) when there is no such digit."""
    digit = id18[16:17]
    if not digit.isdigit():
        raise ResidentIdError(IdProblem.CHARACTERS, id18)
    return Sex.MALE if int(digit) % 2 else Sex.FEMALE


@dataclass(frozen=True, slots=True)
class CertificateParts:
    """What the number of a disability certificate (残疾人证) tells: whose, which kind, grade 1 (severest) to 4."""

    resident_id: str
    kind: DisabilityKind
    grade: int
    reissued: int


_CERTIFICATE = re.compile(r"^([0-9]{17}[0-9X])([1-7])([1-4])(?:B([1-9]))?$")


def certificate_parts(text: str) -> CertificateParts:
    """Read a certificate number: 18 characters of the id, kind, grade, and after a reissue `B` and its count.

    Raises `ResidentIdError`: length (not 20 or 22), characters (kind, grade or reissue not as in the standard), or what
    is wrong with the id inside.
    """
    value = normalise(text)
    if len(value) not in (20, 22):
        raise ResidentIdError(IdProblem.LENGTH, text)
    match = _CERTIFICATE.match(value)
    if match is None:
        raise ResidentIdError(IdProblem.CHARACTERS, text)
    resident_id = parse(match[1])
    kind = DisabilityKind.by_number(int(match[2]))
    return CertificateParts(resident_id, kind, int(match[3]), int(match[4] or 0))


def _lengthen(old: str) -> str:
    century = "18" if old[12:] in CENTENARIAN_ORDERS else "19"
    first17 = old[:6] + century + old[6:]
    return first17 + check_character(first17)


def _problem(value: str, on: date) -> IdProblem | None:
    if value in _NOTHING or value.startswith(PLACEHOLDER_PREFIX) or (len(value) > 1 and len(set(value)) == 1):
        return IdProblem.PLACEHOLDER
    if not value.isascii() or not value.isalnum() or not value[:-1].isdigit() or value[-1] not in "0123456789X":
        return IdProblem.CHARACTERS if value else IdProblem.LENGTH
    if len(value) != LENGTH:
        return IdProblem.LENGTH
    day = _date_of(value[6:14])
    if day is None or day.year < EARLIEST_BIRTH_YEAR or day > on:
        return IdProblem.BIRTH_DATE
    if value[-1] != ric.calc_check_digit(value):
        return IdProblem.CHECKSUM
    return None


@lru_cache(maxsize=65536)
def _date_of(digits: str) -> date | None:
    """The date of eight digits, or None. Cached: a county has a few ten thousand different birthdays."""
    if len(digits) != 8 or not digits.isdigit():
        return None
    try:
        return ric.get_birth_date("000000" + digits + "0000")
    except ValidationError:
        return None
