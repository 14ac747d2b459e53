"""One cell in every shape: what it means, what it does not mean, and what the sender is told."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doudi.feeds import values
from doudi.feeds.problems import BadCell
from doudi.feeds.resident_ids import sound_ids
from doudi.standards import resident_id

DAYS = st.dates(date(1910, 1, 2), date(2099, 12, 31))
EPOCH = date(1899, 12, 30)


@given(DAYS)
def test_a_day_reads_the_same_in_every_shape(day: date) -> None:
    year, month, number = day.year, day.month, day.day
    for written in (
        day,
        datetime(year, month, number, 13, 5),
        f"{year}{month:02d}{number:02d}",
        float(f"{year}{month:02d}{number:02d}"),
        int(f"{year}{month:02d}{number:02d}"),
        f"{year}.{month}.{number}",
        f"{year}-{month}-{number}",
        f"{year}/{month}/{number}",
        f" {year}年{month}月{number}日 ",
        f"{year}年{month:02d}月{number}号",
        f"{year}-{month:02d}-{number:02d} 00:00:00",
        f"{year}/{month}/{number} 0:00",
        float((day - EPOCH).days),
        str((day - EPOCH).days),
        f"{year}-{month:02d}-{number:02d}".translate({ord(str(one)): 0xFF10 + one for one in range(10)}),
    ):
        assert values.day(written) == day, written
        assert values.month(written) == f"{year}-{month:02d}", written


@given(st.integers(1950, 2099), st.integers(1, 12))
def test_a_month_reads_the_same_in_every_shape(year: int, month: int) -> None:
    for written in (
        f"{year}{month:02d}",
        float(f"{year}{month:02d}"),
        f"{year}年{month}月",
        f"{year}-{month}",
        f"{year}.{month:02d}",
        f"{year}/{month}",
    ):
        assert values.month(written) == f"{year}-{month:02d}", written
        assert values.day(written) == date(year, month, 1), written


@pytest.mark.parametrize(
    "written",
    ["2023.13.1", "20230231", "2023年", "二〇二三年八月", "23.8.1", "8/1/2023", "00000000", True, 12.0, "18991231"],
)
def test_what_is_no_day_is_refused(written: values.Cell) -> None:
    with pytest.raises(BadCell):
        values.day(written)


def test_a_number_that_may_be_january_or_october_is_refused() -> None:
    with pytest.raises(BadCell, match="1月还是10月"):
        values.month(2023.1)
    assert values.month(2023.8) == "2023-08"
    assert values.month("2023.1") == "2023-01"


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_money_reads_the_same_in_every_shape(yuan: int, fen: int) -> None:
    amount = yuan + fen / 100
    plain = f"{yuan}.{fen:02d}"
    wide = plain.translate({ord(str(one)): 0xFF10 + one for one in range(10)} | {ord("."): "．"})
    for written in (amount, plain, f"{yuan:,}.{fen:02d}", f"￥{plain}", f"¥ {plain}", f"{plain}元", f" {plain} ", wide):
        assert values.money(written) == pytest.approx(round(amount, 2)), written


@given(st.integers(0, 10**7))
def test_ten_thousands_become_yuan(fen_of_wan: int) -> None:
    wan = fen_of_wan / 100
    assert values.money(wan, factor=10_000) == pytest.approx(fen_of_wan * 100)
    assert values.money(f"{wan}万元", factor=1) == pytest.approx(fen_of_wan * 100)
    assert values.money(f"{wan}万", factor=10_000) == pytest.approx(fen_of_wan * 100), "a unit in the cell wins"


def test_odd_money() -> None:
    assert values.money("5000元", factor=10_000) == 5000
    assert values.money("(1,234.50)") == -1234.5
    assert values.money("1.2E+4") == 12_000
    assert values.money("３千元") == 3000
    for nothing in ("", " ", "-", "—", "/", "无", "不详", None):
        assert values.money(nothing) is None
    for wrong in ("约5000", "五千", "见附表", "12..5", True, date(2023, 1, 1)):
        with pytest.raises(BadCell, match="不是金额"):
            values.money(wrong)


@pytest.mark.parametrize(
    "written", ["是", "有", "√", "✓", "1", 1, 1.0, True, "Y", "yes", "TRUE", " 是 ", "已参保", "１"]
)
def test_yes(written: values.Cell) -> None:
    assert values.boolean(written) is True


@pytest.mark.parametrize("written", ["否", "无", "×", "x", "0", 0, 0.0, False, "N", "No", "false", "未参保", "不达标"])
def test_no(written: values.Cell) -> None:
    assert values.boolean(written) is False


@pytest.mark.parametrize("written", ["", None, "  ", "—", "不详", "/"])
def test_unknown_is_not_false(written: values.Cell) -> None:
    assert values.boolean(written) is None


def test_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(BadCell, match="是还是否"):
        values.boolean("也许")


@given(st.integers(0, 2**40))
def test_ids_of_any_writing_are_checked_alike(seed: int) -> None:
    first17 = f"{110000 + seed % 540000}{1900 + seed % 120}{seed % 13:02d}{seed % 32:02d}{seed % 1000:03d}"
    for last in "0123456789X":
        assert sound_ids([first17 + last])[0] == (
            first17 + last if resident_id.check(first17 + last).problem is None else None
        )


@given(st.text(max_size=20))
def test_bulk_check_never_accepts_what_the_standard_refuses(text: str) -> None:
    found = sound_ids([text])[0]
    assert found is None or resident_id.check(text).value == found


def test_an_id_with_blanks_wide_digits_or_small_x_is_read() -> None:
    first17 = "14990119800315001"
    whole = first17 + resident_id.check_character(first17)
    for written in (
        f" {whole} ",
        whole[:6] + " " + whole[6:],
        f"'{whole}",
        whole.lower(),
        whole.translate({ord(str(n)): 0xFF10 + n for n in range(10)}),
    ):
        assert values.resident_id_number(written) == whole


@pytest.mark.parametrize("written", [1.49901198003150e17, "1.49901E+17", "1.499e17", "149901198003150000"])
def test_an_id_turned_into_a_number_is_named_as_such(written: values.Cell) -> None:
    with pytest.raises(BadCell, match="Excel把身份证号变成了数字，后几位已丢失") as refused:
        values.resident_id_number(written)
    assert "文本格式" in refused.value.remedy


def test_an_old_id_of_15_digits_survives_as_a_number() -> None:
    assert values.resident_id_number(149901800315001.0) == resident_id.normalise("149901800315001")


def test_phones_and_accounts_are_text() -> None:
    assert values.phone(13812345678.0) == "13812345678"
    assert values.phone("138 1234 5678".replace(" ", "-")) == "13812345678"
    assert values.phone("13812345678、13987654321") == "13812345678"
    assert values.bank_account("6217 0001 2345 6789 012") == "6217000123456789012"
    with pytest.raises(BadCell, match="后几位已丢失"):
        values.bank_account(6.217000123456789e18)
    with pytest.raises(BadCell):
        values.phone("12345")


def test_numbers_with_their_unit() -> None:
    assert values.integer("3人") == 3
    assert values.decimal("1,200.5 亩") == 1200.5
    assert values.percent("95%") == 95
    assert values.percent(0.95) == 95
    assert values.percent(95.0) == 95
    with pytest.raises(BadCell):
        values.integer(2.5)


def test_several_codes_in_one_cell() -> None:
    spellings = {"健康": "healthy", "残疾": "disabled", "大病": "major"}
    labels = {"healthy": "健康", "disabled": "残疾", "major": "大病"}
    for mark in "、,，;；/ ":
        assert values.codes(f"残疾{mark}大病", spellings, labels) == ["disabled", "major"]
    with pytest.raises(BadCell, match="可选范围"):
        values.codes("残疾、其它毛病", spellings, labels)


def test_names_lose_blanks_between_characters() -> None:
    assert values.name("张　三") == "张三"
    assert values.name("阿依古丽•买买提") == "阿依古丽·买买提"
