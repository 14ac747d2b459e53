"""A doubtful row beside the persons it may be about, as the desk shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from doudi.web.layout.templatetags.layout import code
from doudi.web.matching.comparing import Compared, compared, compared_id, in_words
from doudi.web.matching.models import FeedLink, LinkCandidate, LinkEvent
from doudi.web.matching.queries import Keys, persons_of
from doudi.web.regions.queries import PlaceNames
from doudi.web.registry.models import Person

MOST_CANDIDATES = 5
BIRTH_IN_ID = slice(6, 14)
ID_LENGTHS = (17, 18, 19)


@dataclass(frozen=True)
class CandidateCard:
    """One candidate: the lines compared with the row, and what agrees and differs in words."""

    rank: int
    person: Person | None
    score: float | None
    lines: list[Compared]
    agree: list[str]
    differ: list[str]
    chosen: bool

    @property
    def percent(self) -> str:
        """The probability of a match; never rounded up to certainty."""
        if self.score is None:
            return ""
        return "> 99.9 %" if self.score > 0.999 else f"{self.score * 100:.1f} %"


@dataclass(frozen=True)
class HistoryLine:
    event: LinkEvent
    label: str
    person: str


@dataclass(frozen=True)
class LinkDetail:
    """A row, its candidates, and what happened to it."""

    link: FeedLink
    written: list[tuple[str, str]]
    cards: list[CandidateCard]
    history: list[HistoryLine]
    gone: int
    """Candidates that are no longer registered."""


def link_detail(link: FeedLink) -> LinkDetail:
    """Everything the page of one row shows. Four SQL statements (candidates, events, persons, places)."""
    candidates = list(link.candidates.all()[:MOST_CANDIDATES])
    events = list(link.events.all())
    keys: list[Keys] = [(one.person_key, one.household_key) for one in candidates]
    mine: Keys = (link.person_key, link.household_key)
    persons = persons_of([*keys, mine, *((event.person_key, event.household_key) for event in events)])
    places = PlaceNames(person.household.region_code for person in persons.values())
    cards = [_card(link, one, persons.get((one.person_key, one.household_key)), places) for one in candidates]
    if mine[0] is not None and mine not in keys:
        cards.insert(0, _linked_card(link, persons.get(mine), places))
    return LinkDetail(
        link=link,
        written=[(label, text) for label, text in _written(link) if text],
        cards=[card for card in cards if card.person is not None],
        history=[
            HistoryLine(
                event,
                str(LinkEvent.Kind(event.kind).label),
                person.name if (person := persons.get((event.person_key, event.household_key))) else "",
            )
            for event in events
        ],
        gone=sum(card.person is None for card in cards),
    )


def _linked_card(link: FeedLink, person: Person | None, places: PlaceNames) -> CandidateCard:
    lines = compared_lines(link, person, places) if person is not None else []
    agree, differ = in_words(lines)
    return CandidateCard(0, person, link.score, lines, agree, differ, chosen=True)


def _card(link: FeedLink, candidate: LinkCandidate, person: Person | None, places: PlaceNames) -> CandidateCard:
    lines = compared_lines(link, person, places) if person is not None else []
    agree, differ = in_words(lines)
    chosen = (link.person_key, link.household_key) == (candidate.person_key, candidate.household_key)
    return CandidateCard(candidate.rank, person, candidate.score, lines, agree, differ, chosen)


def compared_lines(link: FeedLink, person: Person, places: PlaceNames) -> list[Compared]:
    """The row and a person, line by line; ids are compared in full and shown masked."""
    said = link.written
    home = person.household
    lines = [
        compared(_("姓名"), link.name, person.name),
        compared_id(_("证件号码"), link.id_written or "", person.resident_id or ""),
        compared(_("出生日期"), said.get("birth_date") or _birth_in(link.id_written), _iso(person)),
        compared(_("性别"), _code(said.get("sex"), "sex"), _code(person.sex, "sex")),
        compared(_("乡镇"), said.get("township") or "", places.above(home.region_code)),
        compared(_("行政村"), said.get("village") or "", places.name(home.region_code)),
        compared(_("户主"), said.get("head_name") or "", home.head_name),
        compared(_("与户主关系"), _code(said.get("relation"), "relation"), _code(person.relation, "relation")),
        compared(_("户编号"), said.get("household_no") or "", home.household_no),
    ]
    return [line for line in lines if line.written or line.registered]


def _written(link: FeedLink) -> Iterable[tuple[str, str]]:
    """What stands in the row, without the id, which every card shows masked."""
    said = link.written
    yield _("姓名"), link.name
    yield _("出生日期"), said.get("birth_date") or ""
    yield _("性别"), _code(said.get("sex"), "sex")
    yield _("乡镇"), said.get("township") or ""
    yield _("行政村"), said.get("village") or ""
    yield _("户主"), said.get("head_name") or ""
    yield _("户编号"), said.get("household_no") or ""


def _code(value: str | None, list_name: str) -> str:
    return code(value, list_name) if value else ""


def _iso(person: Person) -> str:
    return person.birth_date.isoformat() if person.birth_date else ""


def _birth_in(id_written: str | None) -> str:
    """The date inside an id that is at least complete up to there; what the id says may itself be the slip."""
    text = (id_written or "").strip()
    digits = text[BIRTH_IN_ID]
    if len(text) not in ID_LENGTHS or not (len(digits) == 8 and digits.isdigit()):
        return ""
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
