"""What-if and look-back on the site: asked for, checked, run as a job, shown, downloaded; nothing live changes."""

import io
import shutil
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.urls import reverse

from doudi.standards.periods import Month
from doudi.web.accounts.roles import Role
from doudi.web.audit.models import AuditEntry
from doudi.web.discovery.models import Alert, Clue
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.jobs.services import job_run
from doudi.web.refusal import ActionRefused, NotAllowed, NotFound
from doudi.web.registry.models import Household
from doudi.web.trials.asking import Asked
from doudi.web.trials.models import Trial, TrialState
from doudi.web.trials.queries import household_lines, trial_detail, trial_list
from doudi.web.trials.results import result_folder, trials_dir
from doudi.web.trials.services import look_back_start, trial_delete, what_if_start

from .conftest import NEXT_VILLAGE, VILLAGE

pytestmark = pytest.mark.django_db(transaction=True)
AS_OF = date(2023, 8, 1)
RULES = Path(__file__).parents[2] / "rules"
LINE = Asked("value", "monitoring_line", "2000")
OFF_WATCH = Asked("off", "income.under_watch_line")
UNDER_LINE = "income.under_line_not_enrolled"


@pytest.fixture(scope="module")
def few_rules(tmp_path_factory):
    """The delivered rulebook with four of its rules, so that a trial takes a moment."""
    folder = tmp_path_factory.mktemp("rules")
    for part in ("parameters", "feeds", "facts"):
        shutil.copytree(RULES / part, folder / part)
    (folder / "screening").mkdir()
    for rule in (UNDER_LINE, OFF_WATCH.id, "medical.self_paid_high", "exclusion.vehicle"):
        shutil.copy(RULES / "screening" / f"{rule}.yaml", folder / "screening")
    return folder


@pytest.fixture(autouse=True)
def _few_rules(few_rules, settings):
    settings.DOUDI_RULES_DIR = few_rules


@pytest.fixture
def county(make):
    return make.officer(Role.COUNTY_OFFICER)


@pytest.fixture
def registered(make):
    """H001 (two persons) earned 3,000 yuan a person, H002 30,000."""
    make.regions()
    for number, village, head, wages in (("H001", VILLAGE, "王建国", 1800), ("H002", NEXT_VILLAGE, "李秀英", 55800)):
        household = make.household(village, head, household_no=number)
        make.person(household, head, birth_date=date(1980, 1, 1))
        make.person(household, "小花", birth_date=date(1982, 1, 1), relation="spouse")
        make.income(household, wage_income=wages)
    make.tallies()


def tried(actor, *asked, title=""):
    trial = what_if_start(actor=actor, as_of=AS_OF, asked=asked or [LINE, OFF_WATCH], title=title)
    job = job_run(job_id=trial.job_id)
    assert not job.error, job.error
    trial.refresh_from_db()
    return trial


def looked_back(actor):
    trial = look_back_start(actor=actor, first=Month("2023-02"), last=Month("2023-06"))
    job = job_run(job_id=trial.job_id)
    assert not job.error, job.error
    trial.refresh_from_db()
    return trial


def new_form(*asked, **more):
    columns = {name: [getattr(one, name) for one in asked] for name in ("kind", "id", "value", "region")}
    return {**columns, "as_of": "2023-08-01", "title": "", **more}


def rule_line(figures, rule_id):
    return next(line for line in figures["by_rule"] if line["value"] == rule_id)


def test_a_lower_line_shows_who_leaves_and_touches_nothing_live(county, registered):
    before = (Clue.objects.count(), Alert.objects.count(), Household.objects.count(), current_rulebook().digest)
    trial = tried(county)
    detail = trial_detail(actor=county, trial_id=trial.pk)
    assert rule_line(detail.figures, UNDER_LINE)["leave"] == 1
    assert detail.figures["total"]["before"] >= 1
    assert trial.told[0].startswith("防止返贫监测线：7,100 → 2,000")
    assert (Clue.objects.count(), Alert.objects.count(), Household.objects.count(), current_rulebook().digest) == before
    assert AuditEntry.objects.filter(action="trial_start", subject_id=str(trial.pk)).exists()


def test_the_page_lists_households_with_masked_names(county, registered, make, signed_in):
    trial = tried(county, Asked("value", "monitoring_line", "40000"))
    (row,) = [
        row
        for state in ("enter", "up")
        for row in household_lines(actor=county, trial=trial, show=state).object_list
        if row.household_no == "H002"
    ]
    assert (row.head_name, row.level, row.persons) == ("李*英", "red", 2)
    assert "30,000" in row.sentence
    client = signed_in(make.user(Role.COUNTY_OFFICER))
    shown = client.get(reverse("trials:trial", args=[trial.pk]), {"show": row.state}).content.decode()
    assert "李*英" in shown
    assert reverse("registry:household", args=["H002"]) in shown
    assert "李秀英" not in shown
    elsewhere = client.get(reverse("trials:trial", args=[trial.pk]), {"show": row.state, "township": "149901102000"})
    assert "李*英" not in elsewhere.content.decode()
    part = client.get(reverse("trials:trial", args=[trial.pk]), {"show": row.state}, HTTP_HX_REQUEST="true")
    assert "李*英" in part.content.decode()
    assert "<html" not in part.content.decode()


def test_the_form_adds_and_drops_changes_and_keeps_what_was_typed(county, registered, make, signed_in):
    client = signed_in(make.user(Role.COUNTY_OFFICER))
    address = reverse("trials:what_if_new")
    assert "防止返贫监测线" in client.get(address).content.decode()
    found = client.post(address, new_form(LINE, q="自付", find="1")).content.decode()
    assert 'value="2000"' in found
    assert "value:self_paid_yellow" in found
    added = client.post(address, new_form(LINE, add=f"condition:{UNDER_LINE}")).content.decode()
    assert 'value="2000"' in added
    assert "per_capita_income_last_year &lt; monitoring_line" in added
    dropped = client.post(address, new_form(LINE, OFF_WATCH, drop="0")).content.decode()
    assert 'value="2000"' not in dropped
    assert OFF_WATCH.id in dropped
    assert not Trial.objects.exists()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked("value", "monitoring_line", "很多"), "应为数字"),
        (Asked("value", "monitoring_line", ""), "请填写改成什么"),
        (Asked("value", "monitoring_line", "8000", "150000000000"), "只能改本辖区内的数值"),
        (Asked("condition", UNDER_LINE, "per_capita_income_last_year < no_such_fact"), "no_such_fact"),
        (Asked("condition", UNDER_LINE, "(SELECT 1)"), "不允许的写法"),
    ],
)
def test_a_mistake_is_shown_at_its_field_and_nothing_runs(county, registered, make, signed_in, asked, told):
    client = signed_in(make.user(Role.COUNTY_OFFICER))
    response = client.post(reverse("trials:what_if_new"), new_form(asked, start="1"))
    text = response.content.decode()
    assert response.status_code == 400
    error = text[text.index('id="problem-0"') :]
    assert told in error[: error.index("</div>")]
    assert not Trial.objects.exists()


def test_started_from_the_page_it_waits_then_shows_its_figures(county, registered, make, signed_in):
    client = signed_in(make.user(Role.COUNTY_OFFICER))
    response = client.post(reverse("trials:what_if_new"), new_form(LINE, start="1", title="线降到两千"))
    trial = Trial.objects.get()
    assert response["Location"] == reverse("trials:trial", args=[trial.pk])
    assert "job-progress" in client.get(response["Location"]).content.decode()
    job_run(job_id=trial.job_id)
    done = client.get(response["Location"]).content.decode()
    assert "线降到两千" in done
    assert "各乡镇进出" in done
    again = client.get(reverse("trials:what_if_new"), {"again": trial.pk}).content.decode()
    assert 'value="2000"' in again


def test_the_same_rules_are_not_a_question(county, registered):
    with pytest.raises(ActionRefused) as refused:
        what_if_start(actor=county, as_of=AS_OF, asked=[])
    assert refused.value.code == "changes"
    condition = current_rulebook().rules[UNDER_LINE].when.text
    with pytest.raises(ActionRefused, match="完全相同"):
        what_if_start(actor=county, as_of=AS_OF, asked=[Asked("condition", UNDER_LINE, condition)])


def test_a_workbook_says_who_took_it_and_holds_no_formula(county, registered, make, signed_in):
    trial = tried(county)
    response = signed_in(make.user(Role.LEADER)).get(reverse("trials:workbook", args=[trial.pk]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert book.sheetnames[:3] == ["汇总", "分乡镇", "分类型"]
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any("导出，含个人信息" in cell for cell in cells)
    assert not any(cell.startswith("=") for cell in cells)
    assert AuditEntry.objects.filter(action="trial_export", subject_id=str(trial.pk)).count() == 1


def test_a_look_back_counts_who_was_found_before_enrolment(county, registered):
    Household.objects.filter(household_no="H001").update(monitor_type="marginal", enrolled_month="2023-05")
    trial = looked_back(county)
    detail = trial_detail(actor=county, trial_id=trial.pk)
    assert (detail.figures["total"]["truth"], detail.figures["total"]["found"]) == (1, 1)
    assert detail.figures["lead_times"] == {"3": 1}
    (found,) = household_lines(actor=county, trial=trial, show="found").object_list
    assert (found.first, found.enrolled, found.lead) == ("2023-02", "2023-05", 3)


def test_the_look_back_page_sorts_rules_and_downloads(county, registered, make, signed_in):
    Household.objects.filter(household_no="H001").update(monitor_type="marginal", enrolled_month="2023-05")
    trial = looked_back(county)
    client = signed_in(make.user(Role.LEADER))
    for sort in ("precision", "-raised", "title", "nonsense"):
        assert client.get(reverse("trials:trial", args=[trial.pk]), {"sort": sort}).status_code == 200
    response = client.get(reverse("trials:workbook", args=[trial.pk]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert "后来纳入的户" in book.sheetnames


@pytest.mark.parametrize(("first", "last"), [("2023-07", "2023-01"), ("2020-01", "2023-07"), ("2023-01", "2199-01")])
def test_months_that_cannot_be_looked_back_on(county, registered, first, last):
    with pytest.raises(ActionRefused) as refused:
        look_back_start(actor=county, first=Month(first), last=Month(last))
    assert refused.value.code == "months"


def test_only_ones_own_trial_can_be_deleted_and_its_files_go(county, registered, make):
    trial = tried(county)
    folder = result_folder(trial)
    assert folder.is_dir()
    with pytest.raises(ActionRefused) as refused:
        trial_delete(actor=make.officer(Role.COUNTY_OFFICER), trial_id=trial.pk)
    assert refused.value.code == "not_own"
    with pytest.raises(NotAllowed):
        trial_delete(actor=make.officer(Role.LEADER), trial_id=trial.pk)
    trial_delete(actor=county, trial_id=trial.pk)
    assert not folder.exists()
    assert AuditEntry.objects.filter(action="trial_delete").exists()


def test_a_trial_of_another_county_is_not_found(county, registered, make):
    trial = tried(county)
    other = make.officer(Role.COUNTY_OFFICER, "149902000000")
    assert not trial_list(actor=other).object_list
    with pytest.raises(NotFound):
        trial_detail(actor=other, trial_id=trial.pk)
    with pytest.raises(ActionRefused) as refused:
        what_if_start(actor=other, as_of=AS_OF, asked=[LINE])
    assert refused.value.code == "no_registry"


def test_rules_that_break_later_end_the_job_with_a_sentence(county, registered):
    trial = what_if_start(actor=county, as_of=AS_OF, asked=[LINE])
    broken = {**trial.changes, f"screening/{UNDER_LINE}.yaml": "id: broken"}
    Trial.objects.filter(pk=trial.pk).update(changes=broken)
    job = job_run(job_id=trial.job_id)
    trial.refresh_from_db()
    assert trial.state == TrialState.FAILED
    assert job.error_code == "rulebook"
    assert "没有推演" in trial.problem
    assert not trials_dir().exists() or not list(trials_dir().iterdir())


def test_a_job_that_runs_again_leaves_one_result(county, registered):
    trial = tried(county)
    first = trial.result_dir
    job = trial.job
    type(job).objects.filter(pk=job.pk).update(state="queued")
    assert not job_run(job_id=job.pk).error
    trial.refresh_from_db()
    assert trial.result_dir != first
    assert [path.name for path in trials_dir().iterdir()] == [trial.result_dir]
