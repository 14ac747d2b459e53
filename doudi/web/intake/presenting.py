"""Imports as the list shows them, and the sheets that can be read."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from doudi.feeds.contract import Contract, load_contracts
from doudi.web.intake.models import ImportBatch

NAMES_SHOWN = 3


@dataclass(frozen=True)
class BatchRow:
    """A line of the list: the files by name (the first few), rows accepted and returned."""

    batch: ImportBatch
    names: list[str]
    further: int
    accepted: int | None
    rejected: int | None


def batch_rows(batches: Iterable[ImportBatch]) -> list[BatchRow]:
    rows = []
    for batch in batches:
        files = list(batch.files.all())
        read = [file for file in files if file.rows_accepted is not None]
        rows.append(
            BatchRow(
                batch=batch,
                names=[file.name for file in files[:NAMES_SHOWN]],
                further=max(0, len(files) - NAMES_SHOWN),
                accepted=sum(file.rows_accepted or 0 for file in read) if read else None,
                rejected=sum(file.rows_rejected or 0 for file in read) if read else None,
            )
        )
    return rows


@lru_cache(maxsize=1)
def known_feeds() -> list[Contract]:
    """The sheets that are recognised, the register first."""
    contracts = load_contracts(Path(settings.DOUDI_RULES_DIR))
    register_first = sorted(contracts.values(), key=lambda contract: (contract.department, contract.id))
    return sorted(register_first, key=lambda contract: not contract.id.startswith("registry_"))
