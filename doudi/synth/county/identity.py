"""Numbers that belong to nobody: resident ids of an area that does not exist, phones of a range never given out."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from doudi.synth.county.arrays import Flags, Ints, serials

AREA = "149901"
"""Province prefix 14 with city 99, which was never given to any city."""
PHONE_PREFIX = "154"
"""A range of mobile numbers that no operator has been given, yet of the right shape."""
BANK_PREFIX = "999914"
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_ORDERS_A_DAY = 500


def resident_ids(birth_days: Ints, male: Flags) -> pa.Array:
    """One distinct 18-character id a person. Raises ValueError when over 500 of one sex share a birthday."""
    group = birth_days * 2 + male
    by_group = np.argsort(group, kind="stable")
    ordered = group[by_group]
    starts = np.concatenate(([True], ordered[1:] != ordered[:-1])) if len(ordered) else np.zeros(0, dtype=np.bool_)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(ordered)), 0))
    rank = np.empty(len(group), dtype=np.int64)
    rank[by_group] = np.arange(len(group)) - first
    if len(rank) and int(rank.max()) >= _ORDERS_A_DAY:
        raise ValueError("虚构县太大：同一天出生的同性别人数超过500，身份证顺序码不够用")
    order = (rank * 37 + birth_days * 11) % _ORDERS_A_DAY * 2 + male
    digits = np.empty((len(group), 18), dtype=np.uint8)
    digits[:, :6] = np.frombuffer(AREA.encode(), dtype=np.uint8) - 48
    born = birth_days.astype("datetime64[D]")
    year = born.astype("datetime64[Y]").astype(np.int64) + 1970
    month = born.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (born - born.astype("datetime64[M]")).astype(np.int64) + 1
    _write(digits, 6, year, 4)
    _write(digits, 10, month, 2)
    _write(digits, 12, day, 2)
    _write(digits, 14, order, 3)
    remainder = (digits[:, :17].astype(np.int64) @ _WEIGHTS) % 11
    text = digits + 48
    text[:, 17] = _CHECKS[remainder]
    return _fixed_width(text)


def phones(index: Ints) -> pa.Array:
    """A mobile number for each index, of a range that reaches nobody."""
    return serials(PHONE_PREFIX, index % 10**8, 8)


def bank_accounts(index: Ints) -> pa.Array:
    """A 19-digit account number of a bank that does not exist."""
    return serials(BANK_PREFIX, index, 13)


def _write(digits: npt.NDArray[np.uint8], at: int, values: Ints, width: int) -> None:
    for place in range(width):
        digits[:, at + place] = values // 10 ** (width - 1 - place) % 10


def _fixed_width(text: npt.NDArray[np.uint8]) -> pa.Array:
    """Rows of bytes, all of one width, as a string column without copying each."""
    count, width = text.shape
    offsets = np.arange(count + 1, dtype=np.int32) * width
    data = np.ascontiguousarray(text)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(data))
