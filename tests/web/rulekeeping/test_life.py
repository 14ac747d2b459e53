"""The life of a rule: drafted, reviewed, approved, retired by different people, in force from its day, never alone."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doudi.web.audit.models import AuditEntry
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.refusal import ActionRefused, NotAllowed
from doudi.web.rulekeeping import services
from doudi.web.rulekeeping.life import MOVES, moves_for
from doudi.web.rulekeeping.models import APPROVED, OPEN, ChangeKind, ChangeState, RuleChange
from doudi.web.rulekeeping.queries import head_rulebook, state_on

from .conftest import DAY, LATER, LINE, PATH, changed_text, draft, through

pytestmark = pytest.mark.django_db


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
