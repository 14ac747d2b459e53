"""Making one row of two in the registry, so that it can be taken back: every row touched is kept as it was.

The caller holds the registry's lock. What points to a row that goes (alerts, clues, issues, measures …) points to the
one that stays afterwards; where that would break a uniqueness, the pointing row goes too and is kept like the others.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from doudi.web.intake.targets import TRACKING
from doudi.web.matching.models import DuplicateProposal, FeedLink, LinkCandidate, LinkDecision, RowBefore
from doudi.web.protection.fields import EncryptedTextField
from doudi.web.refusal import ActionRefused
from doudi.web.registry.bulk import stored_fields
from doudi.web.registry.models import Household, HouseholdIncome, Person

NO_LONGER = ("dead", "moved_out")
NEVER_FILLED = frozenset(
    {"person_key", "household_key", "household_no", "person_no", "relation", "status", "status_on", "region_code"}
)
"""Columns that say where somebody stands in a household: not taken over from the row that goes."""
WORKED_OUT = ("id_", "certificate_", "phone_", "disability_certificate")
"""Beginnings of columns that are worked out of encrypted ones."""
ADDED_UP = tuple(
    field.attname
    for field in HouseholdIncome._meta.concrete_fields
    if isinstance(field, models.DecimalField) and not field.generated
)
"""Amounts of two halves of a household that are added when it becomes one."""


class Rows:
    """Changes and removals of rows on account of one proposal, each kept as it was first."""

    def __init__(self, proposal: DuplicateProposal) -> None:
        self._proposal = proposal

    def change(self, model: type[models.Model], row_id: int, **values: Any) -> None:
        """Set columns of one row. Raises `IntegrityError` where the new values may not be."""
        before = raw_row(model, row_id)
        with transaction.atomic():
            model._base_manager.filter(pk=row_id).update(**values)
        after = raw_row(model, row_id)
        changed = {name: value for name, value in before.items() if after[name] != value}
        RowBefore.objects.create(
            proposal=self._proposal,
            table=model._meta.label_lower,
            row_id=row_id,
            before=changed,
            after={name: after[name] for name in changed},
        )

    def remove(self, model: type[models.Model], row_id: int) -> None:
        """Remove one row that nothing points to any more."""
        RowBefore.objects.create(
            proposal=self._proposal,
            table=model._meta.label_lower,
            row_id=row_id,
            removed=True,
            before=raw_row(model, row_id),
        )
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {_q(model._meta.db_table)} WHERE {_key(model)} = %s", [row_id])  # noqa: S608

    def repoint(
        self, model: type[models.Model], gone: int, stays: int, *, but: tuple[type[models.Model], ...] = ()
    ) -> None:
        """Let everything that points to the row `gone` point to `stays`."""
        for pointing, field in _pointing_to(model):
            if pointing in but:
                continue
            for row_id in list(pointing._base_manager.filter(**{field: gone}).values_list("pk", flat=True)):
                try:
                    with transaction.atomic():
                        self.change(pointing, row_id, **{field: stays})
                except IntegrityError:
                    self._remove_whole(pointing, row_id)

    def _remove_whole(self, model: type[models.Model], row_id: int) -> None:
        """Remove a row with what hangs on it; what only mentions it forgets it."""
        for pointing, field in _pointing_to(model):
            mentions = pointing._meta.get_field(field).null
            for below in list(pointing._base_manager.filter(**{field: row_id}).values_list("pk", flat=True)):
                if mentions:
                    self.change(pointing, below, **{field: None})
                else:
                    self._remove_whole(pointing, below)
        self.remove(model, row_id)


def _pointing_to(model: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    for relation in model._meta.related_objects:
        if relation.field.concrete and not relation.many_to_many:
            yield relation.related_model, relation.field.attname


def person_merge(rows: Rows, *, stays: Person, goes: Person) -> None:
    """One person in two rows: `stays` is filled up from `goes`, which is taken out, and an empty household with it."""
    _one_of_two(rows, stays, goes)
    if goes.household_id == stays.household_id:
        _count_members(rows, stays.household_id)
    elif Person.objects.filter(household=goes.household_id).exists():
        _count_members(rows, goes.household_id)
    else:
        _household_out(rows, stays=stays.household, goes=goes.household)


def households_merge(rows: Rows, *, stays: Household, goes: Household, add_up: bool) -> None:
    """One household in two: the members of `goes` move over, those who are in both stay once.

    `add_up`: each half reported its own income, so that years in both are added; else the years of `stays` hold.
    """
    present = {person.person_key: person for person in stays.members.order_by("-pk")}
    for person in goes.members.order_by("pk"):
        if (twin := present.get(person.person_key)) is not None:
            _one_of_two(rows, twin, person)
            continue
        head_twice = person.relation == "head" and any(one.relation == "head" for one in present.values())
        rows.change(Person, person.pk, household=stays, **({"relation": "other"} if head_twice else {}))
        _links_follow(rows, (person.person_key, goes.household_key), (person.person_key, stays.household_key))
    if add_up:
        years = {income.income_year: income for income in stays.incomes.all()}
        for income in goes.incomes.order_by("pk"):
            if (same := years.get(income.income_year)) is not None:
                rows.change(HouseholdIncome, same.pk, **_added(same, income))
    _fill(rows, stays, goes)
    _household_out(rows, stays=stays, goes=goes)


def _one_of_two(rows: Rows, stays: Person, goes: Person) -> None:
    _fill(rows, stays, goes)
    rows.repoint(Person, goes.pk, stays.pk)
    gone = goes.person_key, goes.household.household_key
    left = stays.person_key, stays.household.household_key
    if gone != left:
        _links_follow(rows, gone, left)
    rows.remove(Person, goes.pk)


def _fill(rows: Rows, stays: Person | Household, goes: Person | Household) -> None:
    """What only the row that goes says is taken over; ids, phones and what is worked out of them stay as they are."""
    model = type(stays)
    names = [
        field.attname
        for field in stored_fields(model)
        if not isinstance(field, EncryptedTextField)
        and not field.attname.startswith(WORKED_OUT)
        and not field.attname.endswith("_hash")
        and field.attname not in {*NEVER_FILLED, *TRACKING, "household_id"}
    ]
    taken = {
        name: value
        for name in names
        if getattr(stays, name) in (None, "") and (value := getattr(goes, name)) not in (None, "")
    }
    if taken:
        rows.change(model, stays.pk, **taken)


def _links_follow(rows: Rows, gone: tuple[int, int], left: tuple[int, int]) -> None:
    """Rows of departments that were linked to the person, and what was decided about them, mean the row that stays."""
    for model in (FeedLink, LinkDecision, LinkCandidate):
        found = model._base_manager.filter(person_key=gone[0], household_key=gone[1])
        for row_id in list(found.values_list("pk", flat=True)):
            rows.change(model, row_id, person_key=left[0], household_key=left[1])


def _added(one: HouseholdIncome, other: HouseholdIncome) -> dict[str, Any]:
    summed = {}
    for name in (*ADDED_UP, "members"):
        values = [value for value in (getattr(one, name), getattr(other, name)) if value is not None]
        if values:
            summed[name] = sum(values)
    return summed


def _household_out(rows: Rows, *, stays: Household, goes: Household) -> None:
    """Take an empty household out; its years of income that the other lacks, and its history, go over."""
    from doudi.web.discovery.models import Clue, ClueState

    if Clue.objects.filter(household=stays).exclude(state=ClueState.LAPSED).exists():
        for clue_id in Clue.objects.filter(household=goes).exclude(state=ClueState.LAPSED).values_list("pk", flat=True):
            rows.change(Clue, clue_id, state=ClueState.LAPSED)
    rows.repoint(Household, goes.pk, stays.pk)
    rows.remove(Household, goes.pk)
    _count_members(rows, stays.pk)


def _count_members(rows: Rows, household_id: int) -> None:
    household = Household.objects.get(pk=household_id)
    there = models.Q(status__isnull=True) | ~models.Q(status__in=NO_LONGER)
    count = household.members.filter(there).count()
    if household.size_now is not None and household.size_now != count:
        rows.change(Household, household_id, size_now=count)


def take_back(proposal: DuplicateProposal) -> int:
    """Put every row back as it was, the last touched first; gives how many. The caller holds the registry's lock.

    Raises `ActionRefused` (`changed_later`) when somebody changed one of them since; then nothing is put back.
    """
    kept = list(proposal.rows_before.order_by("-pk"))
    for row in kept:
        model = apps.get_model(row.table)
        if row.removed:
            _put_back(model, row)
        else:
            _change_back(model, row)
    proposal.rows_before.all().delete()
    return len(kept)


def _put_back(model: type[models.Model], row: RowBefore) -> None:
    if model._base_manager.filter(pk=row.row_id).exists():
        raise _changed_later()
    columns = ", ".join(_q(name) for name in row.before)
    marks = ", ".join(["%s"] * len(row.before))
    with connection.cursor() as cursor:
        try:
            with transaction.atomic():
                cursor.execute(
                    f"INSERT INTO {_q(model._meta.db_table)} ({columns}) VALUES ({marks})",  # noqa: S608
                    list(row.before.values()),
                )
        except IntegrityError as problem:
            raise _changed_later() from problem


def _change_back(model: type[models.Model], row: RowBefore) -> None:
    if not row.before:
        return
    if not model._base_manager.filter(pk=row.row_id).exists():
        if model in (Person, Household, HouseholdIncome):
            raise _changed_later()
        return
    present = raw_row(model, row.row_id)
    if any(present[name] != value for name, value in row.after.items()):
        if model in (Person, Household, HouseholdIncome):
            raise _changed_later()
        return
    assignments = ", ".join(f"{_q(name)} = %s" for name in row.before)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_q(model._meta.db_table)} SET {assignments} WHERE {_key(model)} = %s",  # noqa: S608
            [*row.before.values(), row.row_id],
        )


def _changed_later() -> ActionRefused:
    return ActionRefused("changed_later", _("之后又有导入或更正改动了这些户、人，不能原样恢复；请先撤销之后的改动。"))


def raw_row(model: type[models.Model], row_id: int) -> dict[str, Any]:
    """A row as the database holds it, ciphertext included, in values that JSON can keep."""
    columns = [field.column for field in stored_fields(model)]
    listed = ", ".join(_q(name) for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {listed} FROM {_q(model._meta.db_table)} WHERE {_key(model)} = %s", [row_id])  # noqa: S608
        found = cursor.fetchone()
    if found is None:
        raise _changed_later()
    return {name: _plain(value) for name, value in zip(columns, found, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, memoryview | bytes):
        return bytes(value).hex()
    return value


def _key(model: type[models.Model]) -> str:
    return _q(model._meta.pk.column if model._meta.pk else None)


def _q(name: str | None) -> str:
    return connection.ops.quote_name(name or "")
