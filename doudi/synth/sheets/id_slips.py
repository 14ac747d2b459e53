"""The ways in which a resident id comes out wrong when it is copied, typed or saved by a spreadsheet."""

from collections.abc import Callable, Mapping

import numpy as np

from doudi.standards.resident_id import check_character

Slip = Callable[[str, np.random.Generator], str | None]
"""Spoils an id; None when that slip cannot happen to it."""


def replaced(id18: str, rng: np.random.Generator) -> str | None:
    """One character another."""
    at = int(rng.integers(0, 18))
    others = [one for one in "0123456789" if one != id18[at]]
    return id18[:at] + others[int(rng.integers(0, len(others)))] + id18[at + 1 :]


def swapped(id18: str, rng: np.random.Generator) -> str | None:
    """Two neighbours the wrong way round."""
    places = [at for at in range(16) if id18[at] != id18[at + 1]]
    at = places[int(rng.integers(0, len(places)))] if places else -1
    return None if at < 0 else id18[:at] + id18[at + 1] + id18[at] + id18[at + 2 :]


def left_out(id18: str, rng: np.random.Generator) -> str | None:
    at = int(rng.integers(0, 18))
    return id18[:at] + id18[at + 1 :]


def doubled(id18: str, rng: np.random.Generator) -> str | None:
    """One digit too many: a key held down, or another one touched."""
    at = int(rng.integers(0, 17))
    digit = id18[at] if rng.random() < 0.6 else str(int(rng.integers(0, 10)))
    return id18[: at + 1] + digit + id18[at + 1 :]


def two_slips(id18: str, rng: np.random.Generator) -> str | None:
    once = replaced(id18, rng)
    return None if once is None else swapped(once, rng)


def letters(id18: str, rng: np.random.Generator) -> str | None:
    """Letters that look like digits, as text recognition and tired eyes read them."""
    swaps = [(digit, letter) for digit, letter in (("0", "O"), ("1", "l"), ("1", "I"), ("0", "o")) if digit in id18]
    if not swaps:
        return None
    digit, letter = swaps[int(rng.integers(0, len(swaps)))]
    return id18.replace(digit, letter, int(rng.integers(1, 3)))


def cross(id18: str, rng: np.random.Generator) -> str | None:
    return id18[:-1] + "×*xＸ"[int(rng.integers(0, 4))] if id18.endswith("X") else None


def zeroed(id18: str, rng: np.random.Generator) -> str | None:
    """A spreadsheet keeps fifteen digits of a number."""
    return id18[:15] + "000" if id18.isdigit() else None


def scientific(id18: str, rng: np.random.Generator) -> str | None:
    return f"{float(id18):.5E}".replace("E+0", "E+") if id18.isdigit() else None


def old_form(id18: str, rng: np.random.Generator) -> str | None:
    """The fifteen digits of a card of before 1999."""
    return id18[:6] + id18[8:17] if id18[6:8] == "19" and int(id18[6:10]) < 1999 and id18[14:17] < "996" else None


def other_spelling(id18: str, rng: np.random.Generator) -> str | None:
    """Blanks, quotes, full width, a small x: every reader understands these."""
    wide = id18.translate({ord(one): ord(one) + 0xFEE0 for one in "0123456789X"})
    shapes = (f" {id18} ", f"{id18[:6]} {id18[6:14]} {id18[14:]}", f"'{id18}", wide, id18.lower())
    return shapes[int(rng.integers(0, len(shapes)))]


def masked(id18: str, rng: np.random.Generator) -> str | None:
    return id18[:14] + "****" if rng.random() < 0.5 else id18[:-2] + "**"


def missing(id18: str, rng: np.random.Generator) -> str | None:
    return ("", "", "无", "999999" + id18[6:], "不详")[int(rng.integers(0, 5))]


SLIPS: Mapping[str, tuple[float, Slip]] = {
    "other_spelling": (0.05, other_spelling),
    "old_form": (0.02, old_form),
    "letters": (0.008, letters),
    "cross": (0.02, cross),
    "replaced": (0.03, replaced),
    "swapped": (0.02, swapped),
    "left_out": (0.014, left_out),
    "doubled": (0.01, doubled),
    "zeroed": (0.008, zeroed),
    "scientific": (0.003, scientific),
    "masked": (0.004, masked),
    "missing": (0.02, missing),
    "two_slips": (0.008, two_slips),
}
"""Kind → share of the rows of a feed that it is tried on."""


def sister_id(id18: str, taken: set[str]) -> str:
    """The id of somebody of the same sex born on the same day in the same place, not yet given; it is then taken."""
    order = int(id18[14:17])
    for step in range(2, 1000, 2):
        first17 = id18[:14] + f"{(order + step) % 1000:03d}"
        found = first17 + check_character(first17)
        if found not in taken:
            taken.add(found)
            return found
    raise ValueError("这一天的顺序码已经用完")
