"""Screenings by the texts of their day; old alerts judged again; drafts counted and tried."""

from datetime import date

import pytest

from doudi.web.audit.models import AuditEntry
from doudi.web.discovery.models import Alert
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.jobs.services import job_run
from doudi.web.rulekeeping import services
from doudi.web.rulekeeping.counting import count_places, count_start, total_of

from .conftest import DAY, LINE, draft, new_value, screened, through, wider

pytestmark = pytest.mark.django_db


# ---- screening, counting, checking again


@pytest.mark.django_db(transaction=True)
def test_a_screening_uses_the_text_of_its_own_day(poor):
    through(poor, draft(poor.author, text=wider(), effective_from=date(2023, 9, 1)))
    for day, red in ((DAY, 1), (date(2023, 9, 15), 2)):
        run = screened(poor.author, day)
        assert run.counts["red"] == red
        assert run.rulebook_digest == current_rulebook(day).digest


@pytest.mark.django_db(transaction=True)
def test_an_old_alert_is_reproduced_after_rule_and_value_have_changed(poor, signed_in):
    run = screened(poor.author)
    alert = Alert.objects.get(run=run, rule_id=LINE)
    new = new_value(value=2000.0)
    through(poor, services.parameter_draft(actor=poor.author, parameter_id="monitoring_line", new=new, summary="降低"))
    through(poor, draft(poor.author, effective_from=DAY))
    from doudi.web.accounts.models import User
    from doudi.web.rulekeeping.reproducing import alert_check

    checked = alert_check(actor=poor.author, alert_id=alert.pk)
    assert checked.by_kept is not None
    assert checked.by_kept.equal
    assert checked.data_equal
    assert all(fact.equal for fact in checked.facts)
    alert.household.incomes.update(wage_income=90000)
    again = alert_check(actor=poor.author, alert_id=alert.pk)
    assert again.by_kept is not None
    assert again.by_kept.equal
    assert not again.data_equal
    assert [fact.title for fact in again.facts if not fact.equal] == ["去年人均纯收入"]
    Alert.objects.filter(pk=alert.pk).update(sentence="不是这样")
    page = signed_in(User.objects.get(pk=poor.author.user_id)).get(f"/alerts/{alert.pk}/check/")
    assert page.status_code == 200
    assert "一致" in page.content.decode()
    assert AuditEntry.objects.filter(action="alert_check").count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_draft_is_counted_against_the_rule_in_force(poor):
    change = draft(poor.author, text=wider())
    for of, figures in ((None, (1, 0, 1)), (change, (2, 1, 1))):
        counted = count_start(actor=poor.author, rule_id=LINE, as_of=DAY, change=of)
        job = job_run(job_id=counted.job_id)
        assert job.state == "succeeded", job.error
        counted.refresh_from_db()
        total = total_of(count_places(counted, actor=poor.author))
        assert (total.now, total.before, total.fresh) == figures
    assert not Alert.objects.exists()
    elsewhere = [place.name for place in count_places(counted, actor=poor.township)]
    assert elsewhere == ["上湾村"]


def test_a_rule_is_tried_on_one_household_part_by_part(poor, make, signed_in):
    make.run(DAY)
    from doudi.web.accounts.models import User
    from doudi.web.registry.models import Household
    from doudi.web.rulekeeping.trying import try_rule

    household_no = Household.objects.get(head_name="王建国").household_no
    book = current_rulebook(DAY)
    (tried,) = try_rule(book.rules[LINE], book, household_no=household_no, actor=poor.author, as_of=DAY)
    assert tried.outcome == "raised"
    assert [(part.text, part.truth) for part in tried.parts if not part.joint] == [
        ("去年人均纯收入低于“防止返贫监测线”（7,100 元）", True),
        ("没有在监测", True),
    ]
    assert "5,000 元" in tried.sentence
    client = signed_in(User.objects.get(pk=poor.author.user_id))
    page = client.get(f"/rules/{LINE}/try/", {"household": household_no}).content.decode()
    assert tried.sentence in page
    own = {"own-per_capita_income_last_year": "7100", "own-is_monitored": "false", "own-monitoring_line": "7100"}
    assert "不成立" in client.post(f"/rules/{LINE}/try/", own).content.decode()
    township = signed_in(User.objects.get(pk=poor.township.user_id))
    assert township.get(f"/rules/{LINE}/try/", {"household": household_no}).status_code == 200
