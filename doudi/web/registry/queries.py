"""What the pages of households read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.core.paginator import Page
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Area, Officer, region_condition
from doudi.web.discovery.results import CannotTell, FactValue, household_results
from doudi.web.paging import page_of
from doudi.web.refusal import NotFound
from doudi.web.regions.models import Region
from doudi.web.regions.queries import PlaceNames, places_of
from doudi.web.registry.finding import households_found
from doudi.web.registry.models import ENROLLED, EXITED, Household, HouseholdIncome, Person


@dataclass(frozen=True)
class HouseholdRow:
    """A line of the search; `found_name` is the member whose name matched, when it is not the head."""

    household_no: str
    head_name: str
    region_code: str
    village: str
    township: str
    household_type: str | None
    monitor_type: str | None
    exited_month: str | None
    size_now: int | None
    per_capita_income: Decimal | None
    income_year: int | None
    found_name: str = ""


def household_search(
    *,
    actor: Officer,
    q: str = "",
    region: str = "",
    household_type: str = "",
    monitored: str = "",
    page: int | str = 1,
    size: int = 50,
) -> Page[HouseholdRow]:
    """Households of the actor. Four SQL statements (count, rows, incomes, places), two more for a search by name.

    `monitored`: yes (enrolled), exited, no (never enrolled) or empty.
    """
    households = Household.objects.visible_to(actor)
    if q.strip():
        households = households.filter(households_found(q, actor=actor))
    if region:
        try:
            households = households.filter(region_condition([Area(RegionCode(region))]))
        except ValueError:
            households = households.none()
    if household_type:
        households = households.filter(household_type=household_type)
    conditions = {"yes": ENROLLED, "exited": EXITED, "no": Q(monitor_type__isnull=True)}
    if monitored in conditions:
        households = households.filter(conditions[monitored])
    rows = households.order_by("region_code", "household_no").only(*_ROW_COLUMNS)
    return page_of(rows, page=page, size=size, make=lambda found: _household_rows(found, q=q.strip()))


_ROW_COLUMNS = (
    "household_no",
    "head_name",
    "region_code",
    "household_type",
    "monitor_type",
    "exited_month",
    "size_now",
)


def _household_rows(households: Sequence[Household], *, q: str) -> list[HouseholdRow]:
    keys = [household.pk for household in households]
    incomes: dict[int, HouseholdIncome] = {}
    for income in HouseholdIncome.objects.filter(household_id__in=keys).order_by("income_year"):
        incomes[income.household_id] = income
    places = PlaceNames(household.region_code for household in households)
    members: dict[int, str] = {}
    if q and not q.isascii():
        named = Person.objects.filter(household_id__in=keys, name__prefix=q)
        members = dict(named.values_list("household_id", "name"))
    return [
        HouseholdRow(
            household_no=household.household_no,
            head_name=household.head_name,
            region_code=household.region_code,
            village=places.name(household.region_code),
            township=places.above(household.region_code),
            household_type=household.household_type,
            monitor_type=household.monitor_type,
            exited_month=household.exited_month,
            size_now=household.size_now,
            per_capita_income=incomes[household.pk].per_capita_income if household.pk in incomes else None,
            income_year=incomes[household.pk].income_year if household.pk in incomes else None,
            found_name="" if household.head_name.startswith(q) else members.get(household.pk, ""),
        )
        for household in households
    ]


@dataclass(frozen=True)
class Event:
    """Something that happened to the household. `kind`: import | clue | reason_gone | enrolled | exited | unmask."""

    when: datetime
    kind: str
    text: str
    tone: str = ""


@dataclass(frozen=True)
class HouseholdFile:
    """一户一档: everything known of one household."""

    household: Household
    places: list[Region]
    members: list[Person]
    incomes: list[HouseholdIncome]
    run: Any
    clue: Any
    alerts: list[Any]
    facts: list[FactValue]
    cannot_tell: list[CannotTell]
    timeline: list[Event]


def household_visible(*, actor: Officer, household_no: str, action: Action = Action.HOUSEHOLD_SEE) -> Household:
    """One household the actor may see. One SQL statement. Raises `NotFound`."""
    found = Household.objects.visible_to(actor, action).filter(household_no=household_no).first()
    if found is None:
        raise NotFound("no_such_household", _("没有这户，或不在您的管辖范围内。"))
    return found


def household_file(*, actor: Officer, household_no: str) -> HouseholdFile:
    """Nine SQL statements: household, places, members, incomes, last screening, clues, alerts, imports, audit lines.

    Facts and rules that could not be judged come from the screening's Parquet files. A department's officer gets the
    facts of the department's own tables, and of alerts and rules those of the department. Raises `NotFound`.
    """
    from doudi.web.discovery.models import Alert, Clue
    from doudi.web.discovery.queries import LEVEL_ORDER, latest_run, may_see
    from doudi.web.discovery.rulebook import fact_department, rule_department

    household = household_visible(actor=actor, household_no=household_no)
    members = list(household.members.order_by("pk"))
    members.sort(key=lambda person: (person.relation != "head", person.birth_date or timezone.localdate()))
    incomes = list(household.incomes.order_by("-income_year"))
    run = latest_run()

    def concerns(department: str) -> bool:
        return actor.may_in(Action.HOUSEHOLD_SEE, household.region_code, department=department)

    clues = list(Clue.objects.visible_to(actor).filter(household=household).order_by("-pk"))
    alerts: list[Alert] = []
    facts: list[FactValue] = []
    cannot_tell: list[CannotTell] = []
    if run is not None:
        found = Alert.objects.filter(household=household, run=run).order_by("pk")
        alerts = [alert for alert in found if may_see(alert, actor)]
        alerts.sort(key=lambda alert: (LEVEL_ORDER.get(alert.level, 9), alert.rule_id))
        facts, cannot_tell = household_results(run, household=household, members=members)
        facts = [fact for fact in facts if concerns(fact_department(fact.fact_id))]
        cannot_tell = [one for one in cannot_tell if concerns(rule_department(one.rule_id))]
    found_events = []
    for clue in clues:
        found_events.append(Event(_at(clue.opened_on), "clue", _("发现线索"), clue.level if concerns("") else ""))
        found_events += [
            Event(_at(gone["on"]), "reason_gone", _("原因消失：%s") % gone.get("title", gone["rule_id"]))
            for gone in clue.vanished
            if concerns(rule_department(gone["rule_id"]))
        ]
    return HouseholdFile(
        household=household,
        places=places_of(household.region_code),
        members=members,
        incomes=incomes,
        run=run,
        clue=clues[0] if clues else None,
        alerts=alerts,
        facts=facts,
        cannot_tell=cannot_tell,
        timeline=_timeline(household, members, incomes, found_events),
    )


def _timeline(
    household: Household, members: list[Person], incomes: list[HouseholdIncome], found: list[Event]
) -> list[Event]:
    """Two SQL statements: the imports that touched the household, and who looked at unmasked data."""
    from doudi.web.audit.models import AuditEntry
    from doudi.web.intake.models import ImportBatch

    rows = [household, *members, *incomes]
    touched = {number for row in rows for number in (row.created_batch, row.changed_batch) if number}
    events = [
        Event(
            when=batch.applied_at or batch.created_at,
            kind="import",
            text=_("导入数据(第 %(number)d 批，%(who)s)") % {"number": batch.pk, "who": batch.actor_name},
        )
        for batch in ImportBatch.objects.filter(pk__in=touched)
    ]
    events += found
    if household.enrolled_month:
        events.append(Event(_at(f"{household.enrolled_month}-01"), "enrolled", _("识别为监测对象")))
    if household.exited_month:
        events.append(Event(_at(f"{household.exited_month}-01"), "exited", _("风险消除")))
    seen = AuditEntry.objects.filter(subject_type="household", subject_id=household.household_no, action="unmask")
    events += [
        Event(line.at, "unmask", _("%s 查看了完整证件号码和电话") % line.actor_name)
        for line in seen.order_by("-number")[:20]
    ]
    return sorted(events, key=lambda event: event.when, reverse=True)


def _at(day: Any) -> datetime:
    parsed = datetime.fromisoformat(str(day)).date()
    return timezone.make_aware(datetime.combine(parsed, time.min))


def enrolled_households(actor: Officer) -> QuerySet[Household]:
    return Household.objects.visible_to(actor, Action.FIGURES_SEE).filter(ENROLLED)


def exited_households(actor: Officer) -> QuerySet[Household]:
    return Household.objects.visible_to(actor, Action.FIGURES_SEE).filter(EXITED)
