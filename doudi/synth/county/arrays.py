"""Numpy arrays into Arrow columns, and the seeded streams of chance that all of the county is drawn from."""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def chance(seed: int, purpose: str) -> np.random.Generator:
    """A stream of its own for each purpose: a new purpose changes nothing that was drawn before."""
    mark = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, mark])))


def picked(rng: np.random.Generator, weights: Sequence[float], count: int) -> Ints:
    """`count` indexes into a list, by weight."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(edges / edges[-1], rng.random(count), side="right").astype(np.int64)


def coded(index: Ints, values: Sequence[str]) -> pa.Array:
    """Strings out of a list by index; a negative index is null."""
    return pa.array([str(value) for value in values], pa.string()).take(pa.array(index, mask=index < 0))


def numbers(values: npt.NDArray[np.generic], kind: pa.DataType | None = None, *, null: Flags | None = None) -> pa.Array:
    """A column of numbers or flags, null where `null` is true."""
    return pa.array(values, mask=null) if kind is None else pa.array(values, mask=null).cast(kind)


def dates(days: Ints, *, null: Flags | None = None) -> pa.Array:
    """Days since 1970 as a date column."""
    return pa.array(days.astype(np.int32), mask=null).view(pa.date32())


def day_number(day: object) -> int:
    """Days since 1970 of a date."""
    return int(np.datetime64(str(day), "D").astype(np.int64))


def repeated(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)


def serials(prefix: str, values: Ints, width: int) -> pa.Array:
    """Numbers as text: a prefix and the value with leading zeros to `width` digits."""
    padded = pa.array(values + 10**width).cast(pa.string())
    return pa.compute.binary_join_element_wise(prefix, pa.compute.utf8_slice_codeunits(padded, 1), "")


def month_texts(days: Ints, *, null: Flags | None = None) -> pa.Array:
    """The month (`2023-07`) of days since 1970."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(str)
    return pa.array(months, pa.string(), mask=null)


def ages_on(birth_days: Ints, day: object) -> Ints:
    """Completed years of age of many persons on a day."""
    born = birth_days.astype("datetime64[D]")
    at = np.datetime64(str(day), "D")
    years = at.astype("datetime64[Y]").astype(np.int64) - born.astype("datetime64[Y]").astype(np.int64)
    in_year = (born - born.astype("datetime64[M]")).astype(np.int64) + 32 * (
        born.astype("datetime64[M]").astype(np.int64) % 12
    )
    now_in_year = int((at - at.astype("datetime64[M]")).astype(np.int64)) + 32 * int(
        at.astype("datetime64[M]").astype(np.int64) % 12
    )
    return years - (in_year > now_in_year)


def chosen(rng: np.random.Generator, eligible: Flags, share: float, least: int) -> Flags:
    """A share of the eligible ones, but at least `least` of them where there are so many."""
    draw = np.where(eligible, rng.random(len(eligible)), 2.0)
    mark = draw < share
    missing = min(least, int(eligible.sum())) - int(mark.sum())
    if missing > 0:
        mark[np.argsort(draw, kind="stable")[: int(mark.sum()) + missing]] = True
    return mark


def a_household(household: Ints, values: npt.NDArray[np.generic], count: int) -> Floats:
    """Sum of a person's value over each household."""
    return np.bincount(household, weights=values.astype(np.float64), minlength=count).astype(np.float64)
