"""Alerts held against the truth: how many of those at risk were found, how many found were at risk, and why not.

A miss or a false alarm is put down to dirt when a row of the household or of one of its members was dirtied in a way
that nobody could have read (`lost`), or in a way that a good reader recovers (`readable`); others have no excuse.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from doudi.synth.truth import KINDS
from doudi.synth.write import AT_RISK, DIRT

LOST, READABLE, NONE = "lost", "readable", "none"
_WORDS = {LOST: "数据已损坏", READABLE: "数据本可读出", NONE: "无脏数据可解释"}
_HEADING = f"{'规则':<42}{'应有':>6}{'找到':>6}{'预警':>6}{'召回率':>8}{'准确率':>8}{'漏':>5}{'误':>5}{'无法解释':>8}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A miss or a false alarm, with the dirtied cells of the household that may explain it."""

    household_no: str
    kind: str
    because: str
    """`lost`, `readable` or `none`."""
    dirt: tuple[str, ...]

    @property
    def sentence(self) -> str:
        cells = f"：{'；'.join(self.dirt[:3])}" if self.dirt else ""
        return f"{self.household_no} {self.kind}，{_WORDS[self.because]}{cells}"


@dataclass(frozen=True, slots=True)
class KindScore:
    """One kind: how many are truly at risk, how many of them were found, how many alerts there were."""

    kind: str
    true: int
    found: int
    raised: int
    misses: tuple[Mistake, ...]
    false_alarms: tuple[Mistake, ...]

    @property
    def recall(self) -> float:
        return self.found / self.true if self.true else 1.0

    @property
    def precision(self) -> float:
        return self.found / self.raised if self.raised else 1.0


@dataclass(frozen=True, slots=True)
class Score:
    """All kinds that the truth speaks of. Alerts of other rules are left out: the truth says nothing about them."""

    kinds: Mapping[str, KindScore]
    other_rules: Mapping[str, int]

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        return tuple(one for kind in self.kinds.values() for one in (*kind.misses, *kind.false_alarms))

    @property
    def unexplained(self) -> tuple[Mistake, ...]:
        """Mistakes that no unreadable cell excuses: nothing was dirtied, or what was could have been read."""
        return tuple(one for one in self.mistakes if one.because != LOST)

    def report(self, *, examples: int = 3) -> str:
        """A table for a terminal, then examples of mistakes with what explains them."""
        lines = [_HEADING]
        for one in self.kinds.values():
            left = sum(mistake.because != LOST for mistake in (*one.misses, *one.false_alarms))
            lines.append(
                f"{one.kind:<44}{one.true:>8}{one.found:>8}{one.raised:>8}{one.recall:>11.1%}{one.precision:>11.1%}"
                f"{len(one.misses):>6}{len(one.false_alarms):>6}{left:>8}"
            )
        for title, pick in (("漏报", "misses"), ("误报", "false_alarms")):
            shown = [mistake for one in self.kinds.values() for mistake in getattr(one, pick)[:examples]]
            if shown:
                lines += ["", f"{title}举例：", *(f"  {mistake.sentence}" for mistake in shown)]
        return "\n".join(lines)


def score(
    alerts: Iterable[tuple[str, str]], truth: Path, *, kinds: Iterable[str] = KINDS, file: str = AT_RISK
) -> Score:
    """Compare alerts, as pairs of household number and rule id, with a truth folder written by `write`.

    Several alerts of one rule for one household count once. `file`: which truth, with the kinds it speaks about
    (`entitlement_truth.ENTITLED` for policies).
    """
    wanted = tuple(kinds)
    raised: dict[str, set[str]] = {}
    for household_no, rule_id in alerts:
        raised.setdefault(rule_id, set()).add(household_no)
    true: dict[str, set[str]] = {}
    for row in _rows(truth / file):
        true.setdefault(row["kind"], set()).add(row["household_no"])
    dirt: dict[str, list[dict[str, str]]] = {}
    for row in _rows(truth / DIRT):
        dirt.setdefault(row["household_no"], []).append(row)
    found = {kind: _kind(kind, true.get(kind, set()), raised.get(kind, set()), dirt) for kind in wanted}
    others = {rule: len(homes) for rule, homes in sorted(raised.items()) if rule not in found}
    return Score(found, others)


def _kind(kind: str, true: set[str], raised: set[str], dirt: Mapping[str, list[dict[str, str]]]) -> KindScore:
    def mistakes(households: set[str]) -> tuple[Mistake, ...]:
        return tuple(_explained(number, kind, dirt.get(number, [])) for number in sorted(households))

    return KindScore(
        kind=kind,
        true=len(true),
        found=len(true & raised),
        raised=len(raised),
        misses=mistakes(true - raised),
        false_alarms=mistakes(raised - true),
    )


def _explained(household_no: str, kind: str, stains: list[dict[str, str]]) -> Mistake:
    lost = [one for one in stains if one["recoverable"] == "no"]
    because = LOST if lost else READABLE if stains else NONE
    cells = tuple(f"{one['file']} 第{one['row']}行 {one['column']} {one['kind']}" for one in (lost or stains))
    return Mistake(household_no, kind, because, cells)


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
