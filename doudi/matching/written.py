"""A row as it was written, as one keyed number: so that a decision about it is found again next month."""

from collections.abc import Sequence

import pyarrow as pa

from doudi.matching.repair import cleaned
from doudi.standards.pseudonym import Pseudonymiser

_BETWEEN = "\x1f"


def written_keys(
    ids: Sequence[str | None], names: pa.Array, births: pa.Array, villages: pa.Array, pseudonymiser: Pseudonymiser
) -> pa.Array:
    """Key of id text, name, birth date and village, each as written but for blanks and width; int64.

    `births`: days since 1970. Rows with neither id nor name get null: nothing in them tells people apart.
    """
    numbers = [cleaned(one) if one else "" for one in ids]
    texts = [
        _BETWEEN.join((number, name or "", "" if birth is None else str(birth), village or ""))
        if number or name
        else None
        for number, name, birth, village in zip(
            numbers, names.to_pylist(), births.to_pylist(), villages.to_pylist(), strict=True
        )
    ]
    return pa.array(pseudonymiser.written_keys(texts), pa.int64())
