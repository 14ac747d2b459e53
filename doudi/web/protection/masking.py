"""What a person may see of a number without a reason logged."""


def mask_resident_id(value: str | None) -> str:
    """`149901********1234`: the region and the last four characters. A short one shows its last four at most."""
    return _mask(value, front=6, back=4, shortest=15)


def mask_phone(value: str | None) -> str:
    """`138****5678`."""
    return _mask(value, front=3, back=4, shortest=11)


def mask_bank_account(value: str | None) -> str:
    """`************1234`: only the last four digits."""
    return _mask(value, front=0, back=4, shortest=8)


def mask_name(value: str | None) -> str:
    """`张*军`, `张*`: for public lists."""
    if not value:
        return ""
    if len(value) <= 2:
        return value[0] + "*" * (len(value) - 1)
    return value[0] + "*" * (len(value) - 2) + value[-1]


def _mask(value: str | None, *, front: int, back: int, shortest: int) -> str:
    if not value:
        return ""
    if len(value) < shortest:
        kept = min(back, len(value) // 3)
        return "*" * (len(value) - kept) + value[len(value) - kept :]
    return value[:front] + "*" * (len(value) - front - back) + value[len(value) - back :]
