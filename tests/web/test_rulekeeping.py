"""The life of a rule: drafted, reviewed, approved, retired by different people, in force from its day, never alone."""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doudi.rulebook import load_rulebook
from doudi.rulebook.document import read_document
from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer
from doudi.web.audit.models import AuditEntry
from doudi.web.discovery.models import Alert, ScreeningRun
from doudi.web.discovery.rulebook import current_rulebook, rulebook_changed
from doudi.web.discovery.services import screening_start
from doudi.web.jobs.services import job_run
from doudi.web.refusal import ActionRefused, NotAllowed
from doudi.web.rulekeeping import services
from doudi.web.rulekeeping.counting import count_places, count_start, total_of
from doudi.web.rulekeeping.drafting import NewValue, parameter_text, value_given
from doudi.web.rulekeeping.export import export_texts
from doudi.web.rulekeeping.life import MOVES, moves_for
from doudi.web.rulekeeping.models import APPROVED, OPEN, ChangeKind, ChangeState, ChangeStep, RuleChange
from doudi.web.rulekeeping.queries import head_rulebook, state_on

pytestmark = pytest.mark.django_db

RULES = Path(__file__).resolve().parents[2] / "rules"
LINE = "income.under_line_not_enrolled"
PATH = f"screening/{LINE}.yaml"
FEW = (LINE, "income.under_watch_line", "medical.self_paid_high", "health.new_major_disease", "exclusion.payroll")
COUNTY, TOWNSHIP, VILLAGE = "149901000000", "149901101000", "149901101201"
DAY, LATER = date(2023, 8, 1), date(2023, 10, 1)


@pytest.fixture(scope="session")
def few_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rules folder with five rules and what they rest on, so that it is built in no time."""
    book = load_rulebook(RULES)
    facts = book.facts_of(tuple({name for one in FEW for name in book.rules[one].facts} | {"is_member"}))
    names = {name for fact in facts.values() for name in fact.parameters}
    names |= {name for one in FEW for name in book.rules[one].parameters}
    wanted = [f"screening/{name}.yaml" for name in FEW] + [f"facts/{name}.yaml" for name in facts]
    wanted += [f"parameters/{name}.yaml" for name in names] + [path for path in book.texts if path.startswith("feeds/")]
    root = tmp_path_factory.mktemp("few") / "rules"
    for path in wanted:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(RULES / path, root / path)
    return root


@pytest.fixture(autouse=True)
def _few_rules(few_rules: Path, settings: Any) -> None:
    settings.DOUDI_RULES_DIR = few_rules
    rulebook_changed()


@dataclass
class People:
    author: Officer
    second: Officer
    health: Officer
    medical: Officer
    township: Officer

    def all(self) -> list[Officer]:
        return [self.author, self.second, self.health, self.medical, self.township]


@pytest.fixture
def people(make) -> People:
    make.regions()
    return People(
        author=make.officer(Role.COUNTY_OFFICER),
        second=make.officer(Role.COUNTY_OFFICER),
        health=make.officer(Role.DEPARTMENT_OFFICER, department="health"),
        medical=make.officer(Role.DEPARTMENT_OFFICER, department="medical_insurance"),
        township=make.officer(Role.TOWNSHIP_OFFICER, TOWNSHIP),
    )


def changed_text(old: str = "per_capita_income_last_year < monitoring_line", new: str = "", version: int = 2) -> str:
    text = head_rulebook().texts[PATH]
    assert old in text
    before = int(read_document(PATH, text).content["version"])
    text = text.replace(f"version: {before}", f"version: {version}")
    return text.replace(old, new or "per_capita_income_last_year <= monitoring_line - 1")


def wider() -> str:
    """The line raised by 300 yuan, with the example on the line moved along."""
    text = changed_text(new="per_capita_income_last_year < monitoring_line + 300")
    return text.replace("per_capita_income_last_year: 7100", "per_capita_income_last_year: 7400")


def draft(actor: Officer, text: str = "", effective_from: date = LATER, **more: Any) -> RuleChange:
    given = {"path": PATH, "summary": "改一元", **more}
    return services.change_draft(actor=actor, text=text or changed_text(), effective_from=effective_from, **given)


def through(people: People, change: RuleChange, *, by: Officer | None = None) -> RuleChange:
    author = people.author if change.author_id == people.author.user_id else by or people.second
    other = people.second if author is people.author else people.author
    services.change_move(actor=author, change_id=change.pk, move="submit")
    services.change_move(actor=other, change_id=change.pk, move="review")
    last = "retire" if change.kind == ChangeKind.RETIRE else "approve"
    return services.change_move(actor=other, change_id=change.pk, move=last)


# ---- the table


WALKERS = ("author", "second", "health", "medical", "township")
STEPS = st.lists(st.tuples(st.sampled_from(WALKERS), st.sampled_from([move.name for move in MOVES])), max_size=12)


@given(
    steps=STEPS, kind=st.sampled_from([ChangeKind.TEXT, ChangeKind.RETIRE]), department=st.sampled_from(["", "health"])
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_however_people_press_buttons_nobody_decides_alone(people, monkeypatch, steps, kind, department):
    monkeypatch.setattr(services, "_check_again", lambda change: None)
    change = RuleChange.objects.create(
        kind=kind, path=PATH, title="规则", department=department, text="x", digest="d", summary="改",
        effective_from=LATER, author_id=people.author.user_id, author_name=people.author.name,
    )  # fmt: skip
    for walker, name in steps:
        actor = getattr(people, walker)
        change.refresh_from_db()
        before = change.state
        offered = {move.name for move in moves_for(change, actor)}
        audited = AuditEntry.objects.count()
        try:
            services.change_move(actor=actor, change_id=change.pk, move=name, reason="理由充分")
        except ActionRefused:
            change.refresh_from_db()
            assert name not in offered
            assert change.state == before
            assert AuditEntry.objects.count() == audited
        else:
            move = next(move for move in MOVES if move.name == name)
            assert name in offered
            change.refresh_from_db()
            assert before in move.before
            assert change.state == move.after
            assert AuditEntry.objects.order_by("-number").first().action == move.action
            assert before in OPEN
    author = people.author.user_id
    assert change.reviewed_by_id != author
    assert change.approved_by_id != author
    if change.state in APPROVED:
        assert change.approved_by_id == people.second.user_id
        assert change.reviewed_by_id in {people.second.user_id, people.health.user_id}
        assert (change.state == ChangeState.RETIRED) is (kind == ChangeKind.RETIRE)
        if department != "health":
            assert change.reviewed_by_id == people.second.user_id
    change.delete()


def test_the_database_itself_refuses_approval_by_the_author(people):
    change = draft(people.author)
    change.approved_by_id = people.author.user_id
    with pytest.raises(IntegrityError), transaction.atomic():
        change.save()


def test_the_table_knows_every_state_and_kind():
    assert {state for move in MOVES for state in (*move.before, move.after)} == set(ChangeState)
    for kind in ChangeKind:
        ends = [move for move in MOVES if move.after in APPROVED and kind in move.kinds]
        assert len(ends) == 1, kind


# ---- in force from its day


def test_an_approved_text_counts_from_its_day_and_not_before(people):
    through(people, draft(people.author))
    assert "monitoring_line - 1" not in current_rulebook(DAY).rules[LINE].when.text
    assert "monitoring_line - 1" in current_rulebook(LATER).rules[LINE].when.text
    assert current_rulebook(DAY).digest != current_rulebook(LATER).digest


@pytest.mark.parametrize("stops_at", ["draft", "submit", "review", "send_back", "withdraw"])
def test_a_text_on_its_way_counts_for_nothing(people, stops_at):
    change = draft(people.author, effective_from=DAY)
    steps = {
        "draft": [],
        "submit": ["submit"],
        "review": ["submit", "review"],
        "send_back": ["submit", "send_back"],
        "withdraw": ["submit", "withdraw"],
    }[stops_at]
    for step in steps:
        actor = people.second if step in {"review", "send_back"} else people.author
        services.change_move(actor=actor, change_id=change.pk, move=step, reason="理由充分")
    assert current_rulebook(LATER).rules[LINE].version == 1


def test_a_later_change_is_written_on_the_one_approved_before_it(people):
    through(people, draft(people.author, effective_from=LATER))
    second = draft(
        people.second,
        text=changed_text("per_capita_income_last_year <= monitoring_line - 1", "per_capita_income_last_year <= 100", 3)
        .replace("parameters: [monitoring_line]\n", "")
        .replace("，低于监测线 {monitoring_line:yuan}", "")
        .replace(", below the monitoring line of {monitoring_line:yuan}", "")
        .replace("7099", "99"),
        effective_from=date(2024, 1, 1),
    )
    through(people, second, by=people.second)
    versions = [current_rulebook(day).rules[LINE].version for day in (DAY, LATER, date(2024, 1, 1))]
    assert versions == [1, 2, 3]


def test_what_would_take_effect_before_an_approved_change_is_refused(people):
    through(people, draft(people.author, effective_from=LATER))
    text = changed_text("per_capita_income_last_year <= monitoring_line - 1", "per_capita_income_last_year < 90", 3)
    earlier = draft(people.author, text=text.replace("parameters: [monitoring_line]\n", ""), effective_from=DAY)
    with pytest.raises(ActionRefused) as refused:
        services.change_move(actor=people.author, change_id=earlier.pk, move="submit")
    assert refused.value.code in {"too_early", "not_right"}


def test_two_changes_at_once_the_second_has_to_look_again(people):
    mine, yours = (
        draft(people.author),
        draft(people.second, text=changed_text(new="per_capita_income_last_year < 7000")),
    )
    through(people, mine)
    with pytest.raises(ActionRefused) as refused:
        services.change_move(actor=people.second, change_id=yours.pk, move="submit")
    assert refused.value.code == "base_changed"
    assert "以现行文本为底稿" in refused.value.message
    rebased = services.change_rebase(actor=people.second, change_id=yours.pk)
    assert rebased.base_text == mine.text
    assert rebased.text == yours.text


def test_a_change_that_was_reviewed_before_the_base_changed_is_not_approved(people):
    first = draft(people.author)
    services.change_move(actor=people.author, change_id=first.pk, move="submit")
    services.change_move(actor=people.second, change_id=first.pk, move="review")
    through(people, draft(people.author))
    with pytest.raises(ActionRefused) as refused:
        services.change_move(actor=people.second, change_id=first.pk, move="approve")
    assert refused.value.code == "base_changed"


# ---- what may be submitted


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("per_capita_income_last_year <", "per_capita_incom_last_year <", "unknown_column"),
        ("< monitoring_line AND", "> monitoring_line AND", ""),
        ("legal_basis:", "legal_bases:", "missing"),
        ("version: 1", "version: 1", "version"),
    ],
)
def test_a_text_that_is_not_right_stays_a_draft(people, old, new, code):
    text = head_rulebook().texts[PATH].replace(old, new)
    if code != "version":
        text = text.replace("version: 1", "version: 2")
    else:
        text = text.replace("NOT is_monitored", "is_monitored").replace("is_monitored: true", "is_monitored: null")
    change = draft(people.author, text=text)
    checked = services.check_change(change)
    if code:
        found = {problem.code: problem for problem in checked.problems}
        assert code in found
        assert (found[code].line > 1) is (code != "missing")
    else:
        assert {case.case.name for case in checked.failed} == {"差一元也要核查"}
    with pytest.raises(ActionRefused) as refused:
        services.change_move(actor=people.author, change_id=change.pk, move="submit")
    assert refused.value.code == "not_right"
    change.refresh_from_db()
    assert change.state == ChangeState.DRAFT


def test_a_draft_opened_twice_is_not_overwritten(people):
    change = draft(people.author)
    seen = change.digest
    edited = {"actor": people.author, "change_id": change.pk, "summary": "再改", "effective_from": LATER}
    services.change_edit(**edited, text=change.text + "# 注\n", seen=seen)
    with pytest.raises(ActionRefused) as refused:
        services.change_edit(**edited, text=change.text, seen=seen)
    assert refused.value.code == "edited_elsewhere"


def test_nobody_approves_a_text_that_changed_under_his_eyes(people):
    change = draft(people.author)
    seen = change.digest
    services.change_edit(
        actor=people.author, change_id=change.pk, summary="又改", effective_from=LATER, text=change.text + "# 注\n"
    )
    services.change_move(actor=people.author, change_id=change.pk, move="submit")
    with pytest.raises(ActionRefused) as refused:
        services.change_move(actor=people.second, change_id=change.pk, move="review", seen=seen)
    assert refused.value.code == "edited_elsewhere"


# ---- departments


def test_a_department_drafts_and_reviews_its_own_rules_only(people):
    path = "screening/health.new_major_disease.yaml"
    text = head_rulebook().texts[path].replace("version: 1", "version: 2") + "# 注\n"
    with pytest.raises(NotAllowed):
        draft(people.medical, text=text, path=path)
    change = draft(people.health, text=text, path=path)
    services.change_move(actor=people.health, change_id=change.pk, move="submit")
    with pytest.raises(ActionRefused) as refused:
        services.change_move(actor=people.medical, change_id=change.pk, move="review")
    assert refused.value.code == "other_department"
    services.change_move(actor=people.second, change_id=change.pk, move="review")
    with pytest.raises(NotAllowed):
        services.change_move(actor=people.health, change_id=change.pk, move="approve")
    services.change_move(actor=people.second, change_id=change.pk, move="approve")
    assert current_rulebook(LATER).rules["health.new_major_disease"].version == 2


def test_a_department_cannot_take_a_rule_over_from_another(people):
    path = "screening/health.new_major_disease.yaml"
    text = head_rulebook().texts[path].replace("version: 1", "version: 2")
    change = draft(people.health, text=text, path=path)
    moved = text.replace("department: health", "department: medical_insurance")
    with pytest.raises(NotAllowed):
        services.change_edit(
            actor=people.health, change_id=change.pk, text=moved, summary="改部门", effective_from=LATER
        )


def test_a_township_reads_approved_changes_and_no_drafts(people):
    change = draft(people.author)
    assert not RuleChange.objects.visible_to(people.township).exists()
    through(people, change)
    assert RuleChange.objects.visible_to(people.township).get() == change


# ---- new rules, retirement


def test_a_new_rule_is_right_from_the_first_and_screens_only_when_approved(people):
    change = services.rule_new(
        actor=people.author, rule_id="income.very_low", title="收入很低", department="rural_revitalisation",
        effective_from=LATER,
    )  # fmt: skip
    assert services.check_change(change).holds, services.check_change(change)
    assert "income.very_low" not in head_rulebook().rules
    through(people, change)
    assert "income.very_low" in {rule.id for rule in current_rulebook(LATER).rules_on(LATER)}
    assert "income.very_low" not in current_rulebook(DAY).rules
    with pytest.raises(ActionRefused) as refused:
        services.rule_new(
            actor=people.author, rule_id="income.very_low", title="又来", department="civil_affairs",
            effective_from=LATER,
        )  # fmt: skip
    assert refused.value.code == "id_taken"


def test_a_retired_rule_screens_no_more_but_is_still_read(people):
    change = services.rule_retire(
        actor=people.author, rule_id=LINE, last_day=date(2023, 9, 30), reason="并入另一条规则"
    )
    assert through(people, change).state == ChangeState.RETIRED
    on_last, after = date(2023, 9, 30), date(2023, 10, 1)
    assert current_rulebook(on_last).rules[LINE].in_force(on_last)
    retired = current_rulebook(after).rules[LINE]
    assert not retired.in_force(after)
    assert state_on(retired, after) == "retired"
    assert LINE not in {rule.id for rule in current_rulebook(after).rules_on(after)}


def test_rules_of_a_file_that_says_draft_are_shown_and_never_screened():
    from doudi.rulebook import build_rulebook

    texts = dict(current_rulebook().texts)
    texts[PATH] = texts[PATH].replace("version: 1", "version: 1\nstate: draft", 1)
    book = build_rulebook(texts)
    assert LINE in book.rules
    assert LINE not in {rule.id for rule in book.rules_on(DAY)}
    assert state_on(book.rules[LINE], DAY) == "draft"


# ---- parameters


def new_value(**given: Any) -> NewValue:
    return NewValue(**{  # type: ignore[arg-type]
        "region": COUNTY, "value": 7500.0, "source": "县里的通知", "verified": True, "income_year": 2022, **given
    })  # fmt: skip


def test_a_county_value_goes_before_the_province_from_its_day(people):
    change = services.parameter_draft(
        actor=people.author, parameter_id="monitoring_line", new=new_value(), summary="县里定了"
    )
    assert change.effective_from == date(2022, 10, 1)
    through(people, change)
    value = current_rulebook(DAY).parameters["monitoring_line"].value(region=VILLAGE, on=DAY)
    assert (value.value, str(value.region), value.verified) == (7500.0, COUNTY, True)
    elsewhere = current_rulebook(DAY).parameters["monitoring_line"].value(region="149902000000", on=DAY)
    assert elsewhere.value == 7100.0


def test_values_entered_out_of_order_all_hold(people):
    """A value for next year is approved first, one for this year afterwards: neither is lost."""
    for starts, value in ((date(2024, 1, 1), 9000.0), (date(2023, 1, 1), 6000.0)):
        new = new_value(income_year=None, starts=starts, value=value)
        through(
            people,
            services.parameter_draft(actor=people.author, parameter_id="self_paid_yellow", new=new, summary="改"),
        )
    found = [
        current_rulebook(day).parameters["self_paid_yellow"].value(region=VILLAGE, on=day).value
        for day in (date(2022, 6, 1), date(2023, 6, 1), date(2024, 6, 1))
    ]
    assert found[1:] == [6000.0, 9000.0]
    assert found[0] not in {6000.0, 9000.0}


def test_two_values_drafted_at_once_are_both_kept_after_rebasing(people):
    def new(value: float, year: int) -> RuleChange:
        return services.parameter_draft(
            actor=people.author,
            parameter_id="monitoring_line",
            new=new_value(value=value, income_year=year),
            summary="县里定了",
        )

    one, other = new(7500.0, 2022), new(8000.0, 2023)
    through(people, one)
    with pytest.raises(ActionRefused) as refused:
        services.change_move(actor=people.author, change_id=other.pk, move="submit")
    assert refused.value.code == "base_changed"
    services.change_rebase(actor=people.author, change_id=other.pk)
    through(people, other)
    line = head_rulebook().parameters["monitoring_line"]
    assert line.value(region=COUNTY, on=date(2023, 5, 1)).value == 7500.0
    assert line.value(region=COUNTY, on=date(2024, 5, 1)).value == 8000.0


def test_nobody_sets_a_value_for_another_county(people):
    for region in ("149902000000", "140000000000", "000000000000"):
        with pytest.raises(NotAllowed) as refused:
            services.parameter_draft(
                actor=people.author, parameter_id="monitoring_line", new=new_value(region=region), summary="改"
            )
        assert refused.value.code == "outside_region"


@given(entries=st.lists(st.tuples(st.dates(date(2021, 2, 1), date(2026, 12, 31)), st.integers(1, 10**6)), max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_entered_the_file_stays_right_and_says_it(entries):
    from doudi.rulebook.parameters import read_parameter

    path = "parameters/self_paid_yellow.yaml"
    text = current_rulebook().texts[path]
    before = read_parameter(read_document(path, text))
    for starts, value in entries:
        text = parameter_text(text, new_value(starts=starts, income_year=None, value=float(value)))
    after = read_parameter(read_document(path, text))
    held = dict(entries)
    for day in (date(2021, 1, 15), date(2023, 6, 1), date(2027, 1, 1), *held):
        begun = [start for start in held if start <= day]
        elsewhere = before.value(region="149902000000", on=day).value
        assert after.value(region="149902000000", on=day).value == elsewhere
        expected = float(held[max(begun)]) if begun else elsewhere
        assert after.value(region=COUNTY, on=day).value == expected


@pytest.mark.parametrize(
    ("parameter", "typed", "value"),
    [
        ("self_paid_yellow", "12,000", 12000.0),
        ("self_paid_yellow", " 1.5 ", 1.5),
        ("non_member_statuses", "dead、moved_out", ["dead", "moved_out"]),
    ],
)
def test_values_are_read_as_people_type_them(parameter, typed, value):
    assert value_given(current_rulebook().parameters[parameter], typed) == value


def test_a_value_that_is_no_number_is_told():
    with pytest.raises(ActionRefused) as refused:
        value_given(current_rulebook().parameters["self_paid_yellow"], "很多")
    assert refused.value.code == "bad_value"


# ---- screening, counting, checking again


@pytest.fixture
def poor(make, people):
    """A household under the line, one just above it, and tallies."""
    for village, head, wage in ((VILLAGE, "王建国", 10000), (VILLAGE, "李秀英", 14500)):
        household = make.household(village, head)
        make.person(household, head, birth_date=date(1980, 1, 1))
        make.income(household, production_gross=0, production_cost=0, transfer_income=0, wage_income=wage)
    make.tallies()
    return people


def screened(actor: Officer, as_of: date = DAY) -> ScreeningRun:
    run = screening_start(actor=actor, as_of=as_of)
    job = job_run(job_id=run.job_id)
    assert job.state == "succeeded", job.error
    run.refresh_from_db()
    return run


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


# ---- pages and files


def test_the_pages_take_a_change_from_draft_to_force(people, signed_in):
    from doudi.web.accounts.models import User

    author = signed_in(User.objects.get(pk=people.author.user_id))
    second = signed_in(User.objects.get(pk=people.second.user_id))
    form = {"text": changed_text().replace("\n", "\r\n"), "summary": "改一元", "effective_from": "2023-10-01"}
    where = f"/rules/changes/new/?path={PATH}"
    broken = author.post(where, {**form, "text": form["text"].replace("when:", "wen:"), "check": "1"}).content.decode()
    assert "不认识 wen" in broken
    assert "第 17 行" in broken or "行" in broken
    assert not RuleChange.objects.exists()
    page = author.post(where, {**form, "save": "1"}, follow=True)
    change = RuleChange.objects.get()
    assert "\r" not in change.text
    text = page.content.decode()
    assert "4 个例子都符合" in text
    assert "去年人均纯收入不高于“防止返贫监测线” − 1" in text
    move = f"/rules/changes/{change.pk}/%s/"
    assert author.post(move % "approve").status_code == 409
    author.post(move % "submit", {"seen": change.digest})
    assert author.post(move % "review").status_code == 409
    assert "由另一人" in author.get(f"/rules/changes/{change.pk}/").content.decode()
    second.post(move % "review", {"seen": change.digest})
    done = second.post(move % "approve", {"seen": change.digest}, follow=True).content.decode()
    assert "自 2023-10-01 起施行" in done
    rule = second.get(f"/rules/{LINE}/", {"on": "2023-10-01"}).content.decode()
    assert "第 2 版" in rule
    assert "现行" in rule
    assert [step.action for step in ChangeStep.objects.all()] == [
        "rule_draft",
        "rule_submit",
        "rule_review",
        "rule_approve",
    ]


def test_the_rule_page_shows_words_values_sources_and_examples(people, signed_in, make):
    page = (
        signed_in(make.user(Role.VILLAGE_CADRE, VILLAGE)).get(f"/rules/{LINE}/", {"on": "2023-08-01"}).content.decode()
    )
    assert "下面每条都要满足" in page
    assert "去年人均纯收入低于“防止返贫监测线”（7,100 元）" in page
    assert "没有在监测" in page
    assert "2022 收入年度" in page
    assert "省年度监测范围通知" in page
    assert "差一元也要核查" in page
    assert page.count("truth-yes") == 4
    assert "起草修改" not in page


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ({"q": "监测线"}, LINE, "health.new_major_disease"),
        ({"department": "health"}, "health.new_major_disease", LINE),
        ({"level": "exclusion"}, "exclusion.payroll", LINE),
        ({"state": "retired"}, "没有符合条件的规则", LINE),
    ],
)
def test_the_list_of_rules_is_searched(people, signed_in, make, query, shown, hidden):
    page = signed_in(make.user(Role.LEADER)).get("/rules/", query).content.decode()
    assert shown in page
    assert f"/rules/{hidden}/" not in page


def test_the_list_of_parameters_says_where_each_value_comes_from(people, signed_in, make):
    client = signed_in(make.user(Role.COUNTY_OFFICER))
    page = client.get("/parameters/", {"on": "2023-08-01"}).content.decode()
    assert "7,100 元" in page
    assert "示例省" in page
    missing = client.get("/parameters/", {"on": "2019-08-01", "state": "missing"}).content.decode()
    assert "防止返贫监测线" in missing


def test_a_broken_file_is_told_instead_of_an_error(people, signed_in, make, tmp_path, settings, few_rules):
    settings.DOUDI_RULES_DIR = tmp_path / "rules"
    shutil.copytree(few_rules, settings.DOUDI_RULES_DIR)
    file = settings.DOUDI_RULES_DIR / PATH
    file.write_text(file.read_text("utf-8").replace("is_monitored", "is_monitord"), encoding="utf-8")
    rulebook_changed()
    response = signed_in(make.user(Role.LEADER)).get(f"/rules/{LINE}/")
    assert response.status_code == 503
    assert "is_monitord" in response.content.decode()


def test_approved_texts_go_back_into_files(people, tmp_path, few_rules):
    change = through(people, draft(people.author))
    written = export_texts(tmp_path / "out")
    assert written.changed == (PATH,)
    assert (tmp_path / "out" / PATH).read_text(encoding="utf-8") == change.text
    assert load_rulebook(tmp_path / "out").digest == head_rulebook().digest
    before = export_texts(tmp_path / "before", on=DAY)
    assert before.changed == ()
    assert load_rulebook(tmp_path / "before").digest == load_rulebook(few_rules).digest


def test_a_file_edited_after_an_approval_is_told(people, signed_in, make, tmp_path, settings, few_rules):
    settings.DOUDI_RULES_DIR = tmp_path / "rules"
    shutil.copytree(few_rules, settings.DOUDI_RULES_DIR)
    rulebook_changed()
    through(people, draft(people.author, effective_from=DAY))
    client = signed_in(make.user(Role.LEADER))
    assert "批准之后又改过" not in client.get(f"/rules/{LINE}/").content.decode()
    file = settings.DOUDI_RULES_DIR / PATH
    file.write_text(file.read_text("utf-8") + "# 县里的注\n", encoding="utf-8")
    rulebook_changed()
    assert "批准之后又改过" in client.get(f"/rules/{LINE}/").content.decode()
