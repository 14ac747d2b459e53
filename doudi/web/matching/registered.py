"""What matching is given: the registered persons of a place, and what people decided there before."""

from datetime import UTC

import pyarrow as pa
from django.db.models import QuerySet

from doudi.matching.decisions import DECISIONS
from doudi.matching.rows import PERSONS
from doudi.standards.regions import RegionCode
from doudi.web.accounts.scope import region_bounds
from doudi.web.matching.models import LinkDecision
from doudi.web.registry.arrow import arrow_reader
from doudi.web.registry.models import Household, Person


def registered_persons(area: RegionCode | str) -> pa.Table:
    """The persons registered in a place, in the shape matching wants, without any id. Of the kept state of the data."""
    own = {field.column for field in Person._meta.concrete_fields}
    home = {field.column for field in Household._meta.concrete_fields}
    names = [name for name in PERSONS.names if name in own | home]
    selected = ", ".join(f'{"p" if name in own else "h"}."{name}"' for name in names)
    lowest, highest = region_bounds(RegionCode(area))
    sql = (
        f'SELECT {selected} FROM "registry_person" p JOIN "registry_household" h ON h.id = p.household_id '  # noqa: S608
        f"WHERE h.region_code BETWEEN '{lowest}' AND '{highest}'"
    )
    with arrow_reader() as reader:
        found = reader.read(sql, pa.schema([PERSONS.field(name) for name in names]))
    columns = [found[one.name] if one.name in names else pa.nulls(found.num_rows, one.type) for one in PERSONS]
    return pa.table(columns, schema=PERSONS)


def remembered(region_code: str) -> pa.Table:
    """The decisions that stand in a place, links taken back and not decided since left out. One SQL statement."""
    return _decisions(LinkDecision.objects.filter(region_code=region_code, undone_at__isnull=True, disputed=False))


def in_force(region_code: str) -> pa.Table:
    """The same for data that was matched already: what was taken back counts as nobody until decided."""
    return _decisions(LinkDecision.objects.filter(region_code=region_code, undone_at__isnull=True))


def disputed(region_code: str) -> frozenset[int]:
    """Identities as written whose link was taken back and about which nothing was decided since."""
    found = LinkDecision.objects.filter(region_code=region_code, undone_at__isnull=True, disputed=True)
    return frozenset(found.values_list("written_key", flat=True))


def _decisions(found: QuerySet[LinkDecision]) -> pa.Table:
    rows = list(found.order_by("written_key").values_list("written_key", "person_key", "decided_name", "decided_at"))
    return pa.table(
        {
            "written_key": pa.array([row[0] for row in rows], pa.int64()),
            "person_key": pa.array([row[1] for row in rows], pa.int64()),
            "decided_by": pa.array([row[2] for row in rows], pa.string()),
            "decided_at": pa.array([row[3].astimezone(UTC) for row in rows], pa.timestamp("us", tz="UTC")),
        },
        schema=DECISIONS,
    )
