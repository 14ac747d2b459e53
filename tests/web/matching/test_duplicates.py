"""Who stands in the registry twice: decided by a person, done in one go, and put back whole."""

import pytest

from doudi.web.audit.models import AuditEntry
from doudi.web.discovery.models import Clue
from doudi.web.intake.differences import registry_version
from doudi.web.jobs.models import Job, JobState
from doudi.web.jobs.services import job_run
from doudi.web.matching import duplicates, merging
from doudi.web.matching.finding import find
from doudi.web.matching.models import DuplicateProposal, DuplicateState, FeedLink, RowBefore
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.registry.models import Household, HouseholdIncome, Person

from .conftest import key

pytestmark = pytest.mark.django_db(transaction=True)

VILLAGE, NEXT_VILLAGE, OTHER_COUNTY_VILLAGE = "149901101201", "149901101202", "149902101201"


def everything():
    """The registry and what hangs on it, as the database holds it."""
    return {
        model: [merging.raw_row(model, pk) for pk in model.objects.order_by("pk").values_list("pk", flat=True)]
        for model in (Household, Person, HouseholdIncome, Clue)
    }


def pair(make, first, second, kind="person", **columns):
    persons = kind == "person"
    return DuplicateProposal.objects.create(
        kind=kind,
        pair=f"{kind}:{first.pk}|{second.pk}",
        left_household=(first.household if persons else first).household_key,
        right_household=(second.household if persons else second).household_key,
        left_person=first.person_key if persons else None,
        right_person=second.person_key if persons else None,
        region_code=(first.household if persons else first).region_code,
        other_region_code=(second.household if persons else second).region_code,
        **columns,
    )


@pytest.fixture
def village(make):
    make.regions()


@pytest.fixture
def twice(make, village):
    """王小花, a member of her parents' household with her number, and of her husband's without an education told."""
    home, new = make.household(VILLAGE, "王建国", size_now=2), make.household(NEXT_VILLAGE, "李强", size_now=2)
    make.person(home, "王建国")
    make.person(new, "李强")
    number = make.resident_id()
    left = make.person(home, "王小花", resident_id=number, relation="daughter", education="junior")
    right = make.person(new, "王小花", resident_id=number, relation="spouse")
    return pair(make, left, right)


@pytest.fixture
def split(make, village):
    """One family in two households that share the head and the year 2022."""
    one, other = make.household(VILLAGE, "赵铁柱", size_now=2), make.household(VILLAGE, "赵铁柱", size_now=2)
    number = make.resident_id()
    make.person(one, "赵铁柱", resident_id=number)
    make.person(one, "赵大娘", relation="spouse")
    make.person(other, "赵铁柱", resident_id=number)
    make.person(other, "赵小柱", relation="son")
    make.income(one, wage_income=1000)
    make.income(other, wage_income=200)
    make.income(other, year=2021, wage_income=50)
    return pair(make, one, other, kind="split")


class TestSamePerson:
    def test_one_row_stays_filled_up_from_the_other(self, county, twice):
        before = registry_version()
        duplicates.duplicate_merge(actor=county, pair_id=twice.pk, right_stays=True, note="", request_key=key())
        person = Person.objects.get(name="王小花")
        assert (person.household.head_name, person.relation, person.education) == ("李强", "spouse", "junior")
        assert Household.objects.get(head_name="王建国").size_now == 1
        assert registry_version() == before + 1
        assert AuditEntry.objects.filter(action="duplicate_decide").count() == 1

    def test_taken_back_every_cell_is_as_it_was(self, county, twice):
        before = everything()
        duplicates.duplicate_merge(actor=county, pair_id=twice.pk, right_stays=True, note="", request_key=key())
        duplicates.duplicate_undo(actor=county, pair_id=twice.pk, request_key=key())
        assert everything() == before
        twice.refresh_from_db()
        assert [line["what"] for line in twice.trace] == ["same", "undone"]
        assert twice.state == DuplicateState.OPEN
        assert not RowBefore.objects.exists()

    def test_an_empty_household_goes_along_with_its_history(self, county, make, village):
        home, old = make.household(VILLAGE, "王建国"), make.household(NEXT_VILLAGE, "王老汉")
        make.person(home, "王建国")
        number = make.resident_id()
        left = make.person(home, "王老汉", resident_id=number, relation="father")
        right = make.person(old, "王老汉", resident_id=number)
        make.income(old, year=2021)
        clue = make.clue(old, make.run(), person=right)
        before = everything()
        proposed = pair(make, left, right)
        duplicates.duplicate_merge(actor=county, pair_id=proposed.pk, right_stays=False, note="", request_key=key())
        assert not Household.objects.filter(pk=old.pk).exists()
        clue.refresh_from_db()
        assert (clue.household_id, clue.alerts.get().person_id) == (home.pk, left.pk)
        assert home.incomes.get().income_year == 2021
        duplicates.duplicate_undo(actor=county, pair_id=proposed.pk, request_key=key())
        assert everything() == before

    def test_rows_of_departments_follow(self, county, make, table):
        """A row linked to the person that goes means the one that stays."""
        link = FeedLink.objects.get(method="repaired")
        goes = Person.objects.get(name="李秀英")
        stays = make.person(Household.objects.get(household_no="H001"), "李秀英", relation="spouse")
        proposed = pair(make, stays, goes)
        duplicates.duplicate_merge(actor=county, pair_id=proposed.pk, right_stays=False, note="", request_key=key())
        link.refresh_from_db()
        assert (link.person_key, link.household_key) == (stays.person_key, stays.household.household_key)
        assert Job.objects.get(kind="matching.again").state == JobState.QUEUED

    def test_moved_marks_the_row_in_the_household_left(self, county, twice):
        duplicates.duplicate_moved(actor=county, pair_id=twice.pk, right_stays=True, note="已出嫁", request_key=key())
        found = dict(Person.objects.filter(name="王小花").values_list("household__head_name", "status"))
        assert found == {"王建国": "moved_out", "李强": "active"}
        duplicates.duplicate_undo(actor=county, pair_id=twice.pk, request_key=key())
        assert set(Person.objects.filter(name="王小花").values_list("status", flat=True)) == {"active"}

    def test_a_press_that_arrives_twice_counts_once(self, county, twice):
        once = key()
        for _press in range(2):
            duplicates.duplicate_merge(actor=county, pair_id=twice.pk, right_stays=True, note="", request_key=once)
        twice.refresh_from_db()
        assert [line["what"] for line in twice.trace] == ["same"]

    def test_the_second_of_two_persons_is_told(self, county, twice):
        duplicates.duplicate_different(actor=county, pair_id=twice.pk, note="", request_key=key())
        with pytest.raises(ActionRefused) as refused:
            duplicates.duplicate_merge(actor=county, pair_id=twice.pk, right_stays=True, note="", request_key=key())
        assert refused.value.code == "decided"
        assert Person.objects.filter(name="王小花").count() == 2

    def test_what_was_changed_since_is_not_overwritten(self, county, twice):
        duplicates.duplicate_merge(actor=county, pair_id=twice.pk, right_stays=True, note="", request_key=key())
        Person.objects.filter(name="王小花").update(education="primary")
        now = everything()
        with pytest.raises(ActionRefused) as refused:
            duplicates.duplicate_undo(actor=county, pair_id=twice.pk, request_key=key())
        assert refused.value.code == "changed_later"
        assert everything() == now

    def test_ids_kept_for_putting_back_are_ciphertext(self, county, twice):
        number = Person.objects.filter(name="王小花").first().resident_id
        duplicates.duplicate_merge(actor=county, pair_id=twice.pk, right_stays=True, note="", request_key=key())
        assert number not in str(list(RowBefore.objects.values_list("before", "after")))


class TestHouseholds:
    @pytest.mark.parametrize(("add_up", "wage"), [(True, 1200), (False, 1000)])
    def test_members_come_together_once(self, county, split, add_up, wage):
        duplicates.duplicate_merge(
            actor=county, pair_id=split.pk, right_stays=False, add_up=add_up, note="", request_key=key()
        )
        household = Household.objects.get()
        assert sorted(household.members.values_list("name", flat=True)) == ["赵大娘", "赵小柱", "赵铁柱"]
        assert household.size_now == 3
        incomes = dict(household.incomes.values_list("income_year", "wage_income"))
        assert incomes == {2022: wage, 2021: 50}

    @pytest.mark.parametrize("add_up", [True, False])
    def test_taken_back_every_cell_is_as_it_was(self, county, split, make, add_up):
        for household in Household.objects.all():
            make.clue(household, make.run())
        before = everything()
        duplicates.duplicate_merge(
            actor=county, pair_id=split.pk, right_stays=True, add_up=add_up, note="", request_key=key()
        )
        duplicates.duplicate_undo(actor=county, pair_id=split.pk, request_key=key())
        assert everything() == before

    def test_a_pair_with_one_side_in_another_county_is_not_found(self, county, make, village):
        here, there = make.household(VILLAGE, "甲"), make.household(OTHER_COUNTY_VILLAGE, "乙")
        proposed = pair(make, make.person(here, "甲"), make.person(there, "甲"))
        with pytest.raises(NotFound):
            duplicates.duplicate_merge(actor=county, pair_id=proposed.pk, right_stays=True, note="", request_key=key())


class TestFinding:
    @pytest.fixture
    def proposed(self, county, twice):
        twice.delete()
        job_run(job_id=duplicates.duplicates_find(actor=county).pk)
        return DuplicateProposal.objects.get()

    def test_the_same_number_in_two_households_is_proposed(self, proposed):
        assert (proposed.kind, proposed.state) == ("person", DuplicateState.OPEN)
        assert proposed.reason

    def test_looking_again_proposes_nothing_twice(self, county, proposed):
        counts = find(str(county.home), lambda *_parts: None)
        assert (counts["found"], counts["fresh"]) == (1, 0)

    def test_different_persons_are_not_proposed_again(self, county, proposed):
        duplicates.duplicate_different(actor=county, pair_id=proposed.pk, note="", request_key=key())
        find(str(county.home), lambda *_parts: None)
        proposed.refresh_from_db()
        assert proposed.state == DuplicateState.DIFFERENT

    def test_a_pair_that_an_import_brought_back_waits_again(self, county, proposed, make):
        duplicates.duplicate_merge(actor=county, pair_id=proposed.pk, right_stays=True, note="", request_key=key())
        kept = Person.objects.get(name="王小花")
        other = Household.objects.exclude(pk=kept.household_id).get()
        make.person(other, "王小花", resident_id=kept.resident_id, relation="daughter")
        find(str(county.home), lambda *_parts: None)
        proposed.refresh_from_db()
        assert proposed.state == DuplicateState.OPEN

    def test_a_pair_no_longer_there_is_closed(self, county, proposed):
        Person.objects.filter(name="王小花", relation="daughter").delete()
        find(str(county.home), lambda *_parts: None)
        proposed.refresh_from_db()
        assert proposed.state == DuplicateState.GONE
