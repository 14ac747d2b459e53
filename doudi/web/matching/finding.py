"""Looking through the registry for who stands in it twice, and holding what is found against what is known."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.web.accounts.scope import region_bounds
from doudi.web.jobs.progress import Report
from doudi.web.matching.models import DuplicateProposal, DuplicateState
from doudi.web.matching.registered import registered_persons

Found = dict[str, Any]
LEFT_ALONE = (DuplicateState.OPEN, DuplicateState.DIFFERENT)


def find(region_code: str, report: Report) -> dict[str, int]:
    """Propose what is new, close what is gone; pairs decided to be two are not proposed again. Run again, the same."""
    from doudi.matching.duplicate_model import load_duplicate_model
    from doudi.matching.duplicates import find_duplicates
    from doudi.matching.model import load_model
    from doudi.standards.regions import RegionCode

    report(_("读取户和人口"), 0, 0)
    persons = registered_persons(region_code)
    report(_("比对姓名、出生日期、证件号码和户"), 0, 0)
    rules = Path(settings.DOUDI_RULES_DIR)
    here = {"region_code__range": region_bounds(RegionCode(region_code))}
    different = DuplicateProposal.objects.filter(**here, state=DuplicateState.DIFFERENT, left_person__isnull=False)
    found = find_duplicates(
        persons,
        model=load_model(rules),
        duplicates=load_duplicate_model(rules),
        settled=[
            (left, right)
            for left, right in different.values_list("left_person", "right_person")
            if left is not None and right is not None
        ],
    )
    report(_("保存结果"), 0, 0)
    pairs = {pair_of(one): one for one in found.proposals.to_pylist()}
    with transaction.atomic():
        known = {one.pair: one for one in DuplicateProposal.objects.select_for_update().filter(**here)}
        fresh = [_proposal(pair, one) for pair, one in pairs.items() if pair not in known]
        DuplicateProposal.objects.bulk_create(fresh, batch_size=500)
        again = [known[pair] for pair in pairs if pair in known and known[pair].state not in LEFT_ALONE]
        for one in again:
            _reopen(one)
        gone = [one.pk for one in known.values() if one.state == DuplicateState.OPEN and one.pair not in pairs]
        DuplicateProposal.objects.filter(pk__in=gone).update(state=DuplicateState.GONE)
    return {
        "found": len(pairs),
        "fresh": len(fresh),
        "again": len(again),
        "gone": len(gone),
        "compared": found.compared,
    }


def pair_of(found: Found) -> str:
    """The name of a pair: its kind and both rows, in the order of their keys."""
    sides = sorted((found[f"{side}_household"], found[f"{side}_person"] or 0) for side in "ab")
    return found["kind"] + ":" + "|".join(f"{household}:{person}" for household, person in sides)


def _proposal(pair: str, found: Found) -> DuplicateProposal:
    return DuplicateProposal(
        kind=found["kind"],
        pair=pair,
        left_household=found["a_household"],
        right_household=found["b_household"],
        left_person=found["a_person"],
        right_person=found["b_person"],
        region_code=found["a_region"] or "",
        other_region_code=found["b_region"] or found["a_region"] or "",
        score=found["score"],
        band=found["band"],
        suggestion=found["suggestion"],
        right_stays=found["stays"] == "b",
        evidence=json.loads(found["evidence"] or "{}"),
        reason=(found["reason"] or "")[:255],
    )


def _reopen(one: DuplicateProposal) -> None:
    """It was settled, but stands in the registry again: an import brought it back. What was before can't be undone."""
    one.trace = [*one.trace, {"what": "again", "by": "", "at": timezone.now().isoformat(timespec="seconds"), "key": ""}]
    one.rows_before.all().delete()
    one.state, one.request_key = DuplicateState.OPEN, None
    one.decided_by_id, one.decided_name, one.decided_at, one.note = None, "", None, ""
    one.save()
