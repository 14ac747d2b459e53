"""Amounts of money. Single values are yuan as `Decimal`, never binary fractions; columns of a sheet are float yuan."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

FEN = Decimal("0.01")


def yuan(value: Decimal | int | float | str) -> Decimal:
    """The value in yuan, rounded half up to the fen. Raises ValueError for what is no finite number."""
    try:
        amount = Decimal(str(value).replace(",", "").replace("，", "").strip())
        if not amount.is_finite():
            raise InvalidOperation
        return amount.quantize(FEN, rounding=ROUND_HALF_UP)
    except InvalidOperation:
        raise ValueError(f"不是金额：{value}") from None


def from_ten_thousand(value: Decimal | int | float | str) -> Decimal:
    """万元 into yuan."""
    return yuan(Decimal(str(value)) * 10000)


def format_yuan(value: Decimal | int | float | str) -> str:
    """As people read it: `7,100 元`, `6,999.50 元`; no decimals when there are no fen."""
    amount = yuan(value)
    digits = f"{amount:,.0f}" if amount == amount.to_integral_value() else f"{amount:,.2f}"
    return f"{digits} 元"
