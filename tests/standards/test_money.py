"""Amounts in yuan."""

from decimal import Decimal

import pytest

from doudi.standards.money import format_yuan, from_ten_thousand, yuan


@pytest.mark.parametrize(
    ("value", "written"),
    [(7100, "7,100 元"), ("6999.5", "6,999.50 元"), (0.1 + 0.2, "0.30 元"), (Decimal("-1234567"), "-1,234,567 元")],
)
def test_amounts_as_people_read_them(value: int | float | str | Decimal, written: str) -> None:
    assert format_yuan(value) == written


def test_rounding_is_half_up_to_the_fen() -> None:
    assert yuan("0.005") == Decimal("0.01")


def test_ten_thousands() -> None:
    assert from_ten_thousand("1.25") == Decimal("12500.00")


@pytest.mark.parametrize("text", ["", "很多", "nan", "inf"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="不是金额"):
        yuan(text)
