"""The desk: deciding who a row is about, remembering it, taking it back."""

import pytest

from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.matching import services
from doudi.web.matching.keeping import links_write_all
from doudi.web.matching.models import FeedLink, LinkDecision, LinkState, MatchRun
from doudi.web.refusal import ActionRefused, NotFound
from doudi.web.registry.models import Person

from .conftest import DOUBTFUL, EXACT, REPAIRED, key, run_jobs, settlements
from .test_import import linked

pytestmark = pytest.mark.django_db(transaction=True)


class TestChoosing:
    def test_the_person_chosen_is_in_the_data_of_the_next_screening(self, county, doubtful):
        services.link_choose(actor=county, link_id=doubtful.pk, rank=1, request_key=key())
        links_write_all()
        assert linked()[4] == "王小花"

    def test_the_job_writes_it_too(self, county, doubtful):
        services.link_choose(actor=county, link_id=doubtful.pk, rank=1, request_key=key())
        run_jobs()
        assert linked()[4] == "王小花"

    def test_nobody_stays_nobody(self, county, doubtful):
        services.link_choose(actor=county, link_id=doubtful.pk, rank=0, request_key=key())
        run_jobs()
        assert linked()[4] is None
        doubtful.refresh_from_db()
        assert (doubtful.state, doubtful.decided_name) == (LinkState.NOBODY, county.name)

    def test_a_press_that_arrives_twice_counts_once(self, county, doubtful):
        once = key()
        services.link_choose(actor=county, link_id=doubtful.pk, rank=1, request_key=once)
        assert services.link_choose(actor=county, link_id=doubtful.pk, rank=1, request_key=once).links == 0
        assert doubtful.events.count() == 2

    def test_the_second_of_two_persons_is_told(self, county, medical, doubtful):
        services.link_choose(actor=county, link_id=doubtful.pk, rank=1, request_key=key())
        with pytest.raises(ActionRefused) as refused:
            services.link_choose(actor=medical, link_id=doubtful.pk, rank=0, request_key=key())
        assert refused.value.code == "already_decided"
        doubtful.refresh_from_db()
        assert doubtful.state == LinkState.LINKED

    def test_another_department_does_not_find_the_row(self, make, doubtful):
        education = make.officer(Role.DEPARTMENT_OFFICER, department="education")
        with pytest.raises(NotFound):
            services.link_choose(actor=education, link_id=doubtful.pk, rank=1, request_key=key())

    def test_the_log_has_it_without_the_id(self, county, doubtful):
        services.link_choose(actor=county, link_id=doubtful.pk, rank=1, request_key=key())
        entry = AuditEntry.objects.get(action="match_decide")
        assert doubtful.id_written not in entry.detail


class TestMany:
    def test_rows_somebody_else_decided_are_left_alone_and_counted(self, county, medical, doubtful):
        services.link_choose(actor=medical, link_id=doubtful.pk, rank=0, request_key=key())
        done = services.links_choose(actor=county, link_ids=[doubtful.pk], nobody=False, request_key=key())
        assert (done.links, done.taken) == (0, 1)
        doubtful.refresh_from_db()
        assert doubtful.state == LinkState.NOBODY

    def test_all_are_about_their_likeliest_candidate(self, county, table, doubtful):
        done = services.links_choose(
            actor=county, link_ids=FeedLink.objects.values_list("pk", flat=True), nobody=False, request_key=key()
        )
        assert done.links == 1
        doubtful.refresh_from_db()
        assert doubtful.person_key == Person.objects.get(name="王小花").person_key


class TestNextMonth:
    @pytest.mark.parametrize(("rank", "name"), [(1, "王小花"), (0, None)])
    def test_what_was_decided_is_not_asked_again(self, county, doubtful, upload, rank, name):
        services.link_choose(actor=county, link_id=doubtful.pk, rank=rank, request_key=key())
        files = settlements(EXACT, DOUBTFUL, day="2023-08-01", name="医保结算明细_202308.xlsx")
        batch = upload(county, files, confirm=True)
        (feed,) = batch.summary["feeds"]
        assert (feed["matching"]["remembered"], feed["matching"]["doubtful"]) == (1, 0)
        again = FeedLink.objects.get(run__month="2023-08", row=3)
        person = Person.objects.filter(person_key=again.person_key).first()
        assert (person.name if person else None, again.decided_name) == (name, county.name)


class TestTakingBack:
    def test_a_decision_taken_back_waits_again_and_is_forgotten(self, county, doubtful, upload):
        services.link_choose(actor=county, link_id=doubtful.pk, rank=1, request_key=key())
        run_jobs()
        services.link_undo(actor=county, link_id=doubtful.pk, request_key=key())
        run_jobs()
        doubtful.refresh_from_db()
        assert doubtful.state == LinkState.OPEN
        assert linked()[4] is None
        files = settlements(DOUBTFUL, day="2023-08-01", name="医保结算明细_202308.xlsx")
        (feed,) = upload(county, files).summary["feeds"]
        assert (feed["matching"]["remembered"], feed["matching"]["doubtful"]) == (0, 1)

    def test_a_link_the_system_made_is_taken_back_and_not_made_again(self, county, table, upload):
        repaired = FeedLink.objects.get(method="repaired")
        services.link_undo(actor=county, link_id=repaired.pk, request_key=key())
        run_jobs()
        assert 3 not in linked()
        assert repaired.candidates.count() == 1
        files = settlements(REPAIRED, day="2023-08-01", name="医保结算明细_202308.xlsx")
        (feed,) = upload(county, files).summary["feeds"]
        assert (feed["matching"]["repaired"], feed["matching"]["doubtful"]) == (0, 1)

    def test_what_was_taken_back_can_be_decided_anew(self, county, table):
        repaired = FeedLink.objects.get(method="repaired")
        services.link_undo(actor=county, link_id=repaired.pk, request_key=key())
        services.link_choose(actor=county, link_id=repaired.pk, rank=1, request_key=key())
        run_jobs()
        assert linked()[3] == "李秀英"
        assert LinkDecision.objects.filter(undone_at__isnull=True).count() == 1

    def test_nothing_is_left_behind_when_it_is_written(self, county, doubtful):
        services.link_choose(actor=county, link_id=doubtful.pk, rank=1, request_key=key())
        services.link_undo(actor=county, link_id=doubtful.pk, request_key=key())
        run_jobs()
        run = MatchRun.objects.get()
        assert run.changes == run.written == 2


class TestReplacedTables:
    def test_rows_of_a_table_that_was_replaced_cannot_be_decided(self, county, doubtful, upload):
        upload(county, settlements(EXACT, REPAIRED, DOUBTFUL, EXACT), confirm=True)
        with pytest.raises(ActionRefused) as refused:
            services.link_choose(actor=county, link_id=doubtful.pk, rank=1, request_key=key())
        assert refused.value.code == "not_standing"
