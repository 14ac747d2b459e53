"""Names made comparable: simplified characters, no separators, look-alikes and sounds as one, one left out."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
from opencc import OpenCC
from pypinyin import lazy_pinyin

from doudi.matching.model import NameModel

SHORTEST_WITH_NEAR = 3
"""Names of two characters that share one are not alike: every second pair of a surname would be."""
MOST_LEFT_OUT = 4
_BREAK = "\n"


@dataclass(frozen=True, slots=True)
class Names:
    """A column of names, each in the forms that are compared (all but the first as dictionaries); null for none.

    `plain`: as spoken of; `look`: with one character for each group of look-alikes; `sound`: pinyin without tones;
    `order`: its characters sorted; `without`: the name with its 1st to 4th character left out (names of 3 and more).
    """

    plain: pa.Array
    look: pa.Array
    sound: pa.Array
    order: pa.Array
    without: tuple[pa.Array, ...]


class NameReader:
    """Folds names by a model; the library's tables are loaded once."""

    def __init__(self, model: NameModel) -> None:
        self._drop = {ord(one): None for one in model.separators} | {ord(one): None for one in " \t\r\n\u3000"}
        self._nobody = frozenset(model.nobody)
        self._look = {ord(one): group[0] for group in model.look_alikes for one in group[1:]}
        self._alike = model.sounds_alike

    def read(self, column: pa.Array | pa.ChunkedArray) -> Names:
        """Each distinct name is worked out once, then spread over the rows."""
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        encoded = column.cast(pa.string()).dictionary_encode()
        plain = self._plain([one or "" for one in encoded.dictionary.to_pylist()])
        looks = [one.translate(self._look) for one in plain]
        sounds = self._sounds(plain)
        forms: list[list[str | None]] = [
            [one or None for one in texts] for texts in (plain, looks, sounds, ["".join(sorted(one)) for one in plain])
        ]
        for at in range(MOST_LEFT_OUT):
            forms.append(
                [
                    one[:at] + one[at + 1 :] if len(one) >= SHORTEST_WITH_NEAR and at < len(one) else None
                    for one in plain
                ]
            )
        spread = [pa.DictionaryArray.from_arrays(encoded.indices, pa.array(texts, pa.string())) for texts in forms]
        return Names(spread[0].dictionary.take(encoded.indices), spread[1], spread[2], spread[3], tuple(spread[4:]))

    def _plain(self, names: list[str]) -> list[str]:
        clean = [unicodedata.normalize("NFKC", one).translate(self._drop).upper() for one in names]
        simplified = _simplifier().convert(_BREAK.join(clean)).split(_BREAK)
        return ["" if one in self._nobody else one for one in simplified]

    def _sounds(self, names: list[str]) -> list[str]:
        spoken = {ord(one): self._sound(one) for one in sorted(set("".join(names)))}
        return [one.translate(spoken).strip() for one in names]

    def _sound(self, character: str) -> str:
        sound = str(lazy_pinyin(character)[0])
        for written, meant in self._alike:
            if sound.startswith(written):
                sound = meant + sound[len(written) :]
            elif sound.endswith(written):
                sound = sound[: -len(written)] + meant
        return sound + " "


def frequencies(plain: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Distinct names with the share of all rows that have each."""
    counted = plain.drop_null().value_counts()
    counts = counted.field("counts").to_numpy(zero_copy_only=False).astype(np.float64)
    return counted.field("values"), pa.array(counts / max(counts.sum(), 1.0))


@lru_cache(maxsize=1)
def _simplifier() -> OpenCC:
    return OpenCC("t2s")
