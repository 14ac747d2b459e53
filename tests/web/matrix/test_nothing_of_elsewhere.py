"""Every address × every officer: nobody sees a household of elsewhere on any page, in any search or workbook."""

import pytest

from .addresses import ADDRESSES, OFFICERS, POSTS, ask, seen_on
from .world import HEADS, VILLAGE

pytestmark = pytest.mark.django_db

LISTS = {
    *(f"sheets:{page}" for page in ("workbooks", "workbook_new", "comparisons", "comparison_print", "share")),
    "registry:households", "discovery:clues", "discovery:export", "discovery:region_alerts", "discovery:region_export",
    "assistance:lines", "assistance:export", "discovery:changes", "discovery:changes_export",
    "cleaning:issues", "cleaning:overview", "cleaning:history", "employment:lines", "employment:export",
}  # fmt: skip
SEARCHES = [*HEADS.values(), "村", "1499", "乡"]


@pytest.mark.parametrize(("role", "region", "villages"), OFFICERS)
@pytest.mark.parametrize("name", sorted(set(ADDRESSES) - POSTS))
def test_no_page_shows_a_household_of_elsewhere(world, make, signed_in, name, role, region, villages):
    """Lists, searches, exports and figures alike: only one's own villages, whatever is asked."""
    client = signed_in(make.user(role, region))
    foreign = {head for village, head in HEADS.items() if village not in villages}
    questions: list[dict[str, str]] = [{}]
    if name in LISTS:
        questions += [{"q": q} for q in SEARCHES] + [{"region": village} for village in HEADS] + [{"state": "all"}]
    for question in questions:
        q = question.get("q", "")
        response = ask(client, world, name, village=next(iter(sorted(villages)), VILLAGE), **question)
        if response.status_code != 200:
            continue
        text = seen_on(response)
        shown = {head for head in foreign if head in text and head != q}
        assert not shown, (question, shown)
        for village, place in world.places.items():
            assert village in villages or place.household_no not in text, question
            assert place.phone not in text
            assert place.resident_id not in text
