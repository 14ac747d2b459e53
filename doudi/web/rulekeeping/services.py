"""Drafting changes to the rulebook and moving them through their life. What may be done when stands in `life.py`."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.rulebook import Rulebook
from doudi.rulebook.document import RulebookError, read_document
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.discovery.rulebook import rulebook_changed, rulebook_of_files
from doudi.web.refusal import ActionRefused, NotAllowed, NotFound
from doudi.web.rulekeeping.drafting import (
    EDITABLE,
    Checked,
    NewValue,
    check_text,
    departments_of,
    parameter_text,
    retired_text,
    skeleton,
)
from doudi.web.rulekeeping.life import Move, is_author, may_work_on, move_named, require_move
from doudi.web.rulekeeping.models import (
    APPROVED,
    OPEN,
    ChangeKind,
    ChangeState,
    ChangeStep,
    RuleChange,
)
from doudi.web.rulekeeping.overlay import digest_of, head_text
from doudi.web.rulekeeping.queries import head_rulebook

SHORTEST_REASON = 4


@transaction.atomic
def change_draft(*, actor: Officer, path: str, text: str, summary: str, effective_from: date) -> RuleChange:
    """Start a change of a file's text. The text need not be right yet. Raises NotAllowed, NotFound, ActionRefused."""
    book = head_rulebook()
    if path not in book.texts or path.partition("/")[0] not in EDITABLE:
        raise NotFound("no_such_file", _("没有这个规则文件，或不能在网页上改。"))
    department = departments_of(path, book)
    _may_draft(actor, department)
    return _drafted(
        actor, ChangeKind.TEXT, path, text, base_text=book.texts[path], summary=summary, effective_from=effective_from,
        department=department, title=title_of(book, path),
    )  # fmt: skip


@transaction.atomic
def rule_new(*, actor: Officer, rule_id: str, title: str, department: str, effective_from: date) -> RuleChange:
    """Start a rule that there isn't yet, from a first text. Refuses an id that is taken (`id_taken`)."""
    book = head_rulebook()
    path = f"screening/{rule_id}.yaml"
    _may_draft(actor, department)
    open_ones = RuleChange.objects.filter(path=path, state__in=OPEN)
    if path in book.texts or open_ones.exists():
        raise ActionRefused("id_taken", _("编号 %s 已经有规则了，请换一个编号。") % rule_id)
    text = skeleton(rule_id, title=title, department=department, day=effective_from, region=actor.home)
    return _drafted(
        actor, ChangeKind.NEW, path, text, base_text="", summary=_("新规则：%s") % title,
        effective_from=effective_from, department=department, title=title,
    )  # fmt: skip


@transaction.atomic
def parameter_draft(*, actor: Officer, parameter_id: str, new: NewValue, summary: str) -> RuleChange:
    """Start a change of a parameter's value in one's own region or below. Raises NotAllowed (`outside_region`)."""
    book = head_rulebook()
    path = f"parameters/{parameter_id}.yaml"
    if path not in book.texts:
        raise NotFound("no_such_parameter", _("没有这个参数。"))
    department = departments_of(path, book)
    _may_draft(actor, department)
    require(actor, Action.RULES_DRAFT, new.region, department=department)
    if not new.source.strip():
        raise ActionRefused("source_needed", _("请写明数值出自哪份文件。"))
    text = _amended(book.texts[path], new)
    return _drafted(
        actor, ChangeKind.PARAMETER, path, text, base_text=book.texts[path], summary=summary,
        effective_from=new.effective_from, department=department, title=book.parameters[parameter_id].title,
        arguments=new.kept(),
    )  # fmt: skip


@transaction.atomic
def rule_retire(*, actor: Officer, rule_id: str, last_day: date, reason: str) -> RuleChange:
    """Start the retirement of a rule: from the day after `last_day` on no screening uses it."""
    book = head_rulebook()
    path = f"screening/{rule_id}.yaml"
    rule = book.rules.get(rule_id)
    if rule is None:
        raise NotFound("no_such_rule", _("没有这条规则，可能已经改名或停用。"))
    _may_draft(actor, rule.department)
    if rule.state == "retired":
        raise ActionRefused("retired_already", _("这条规则已经停用。"))
    text = retired_text(book.texts[path], last_day=last_day)
    return _drafted(
        actor, ChangeKind.RETIRE, path, text, base_text=book.texts[path], summary=_reason(reason),
        effective_from=last_day + timedelta(days=1), department=rule.department, title=rule.title,
        arguments={"last_day": last_day.isoformat()},
    )  # fmt: skip


def _drafted(
    actor: Officer,
    kind: ChangeKind,
    path: str,
    text: str,
    *,
    base_text: str,
    summary: str,
    effective_from: date,
    department: str,
    title: str,
    arguments: dict[str, Any] | None = None,
) -> RuleChange:
    if not summary.strip():
        raise ActionRefused("summary_needed", _("请写明改了什么、为什么改。"))
    text = plain_text(text)
    change = RuleChange.objects.create(
        kind=kind,
        path=path,
        title=title[:160],
        department=department,
        base_digest=digest_of(base_text) if base_text else "",
        base_text=base_text,
        text=text,
        digest=digest_of(text),
        arguments=arguments or {},
        summary=summary.strip(),
        effective_from=effective_from,
        author_id=actor.user_id,
        author_name=actor.name,
    )
    _keep_step(change, action="rule_draft", before="", actor=actor)
    return change


@transaction.atomic
def change_edit(
    *, actor: Officer, change_id: int, text: str | None, summary: str, effective_from: date, seen: str = ""
) -> RuleChange:
    """Rewrite one's own draft. `seen`: digest of the text that was opened, so that two windows don't overwrite."""
    require(actor, Action.RULES_DRAFT)
    change = change_locked(actor=actor, change_id=change_id)
    _still_mine(change, actor)
    if seen and seen != change.digest:
        raise ActionRefused("edited_elsewhere", _("这份草稿在另一个窗口里改过了，请重新打开再改。"))
    if not summary.strip():
        raise ActionRefused("summary_needed", _("请写明改了什么、为什么改。"))
    if text is not None and change.kind in {ChangeKind.TEXT, ChangeKind.NEW}:
        change.text = plain_text(text)
        change.digest = digest_of(change.text)
        change.effective_from = effective_from
        _take_department(change, actor)
    change.summary, change.changed_at = summary.strip(), timezone.now()
    change.save()
    _keep_step(change, action="rule_edit", before=change.state, actor=actor)
    return change


@transaction.atomic
def change_rebase(*, actor: Officer, change_id: int) -> RuleChange:
    """Put one's own draft on the text that is in force now; a value or a retirement is made anew, a text is kept."""
    require(actor, Action.RULES_DRAFT)
    change = change_locked(actor=actor, change_id=change_id)
    _still_mine(change, actor)
    head = head_text(change.path, rulebook_of_files())
    if change.kind == ChangeKind.PARAMETER:
        change.text = _amended(head, NewValue.of(change.arguments))
    elif change.kind == ChangeKind.RETIRE:
        change.text = retired_text(head, last_day=date.fromisoformat(change.arguments["last_day"]))
    change.base_text, change.base_digest = head, digest_of(head) if head else ""
    change.digest, change.changed_at = digest_of(change.text), timezone.now()
    change.save()
    _keep_step(change, action="rule_rebase", before=change.state, actor=actor)
    return change


@transaction.atomic
def change_move(*, actor: Officer, change_id: int, move: str, reason: str = "", seen: str = "") -> RuleChange:
    """One step along the table of `life.py`. `seen`: digest of the text that the person read before deciding.

    Raises NotAllowed, NotFound, or ActionRefused: `wrong_state`, `four_eyes`, `base_changed`, `not_right`, `too_early`,
    `reason_needed`, `edited_elsewhere` …
    """
    wanted = move_named(move)
    change = change_locked(actor=actor, change_id=change_id)
    require_move(wanted, change, actor)
    if seen and seen != change.digest:
        raise ActionRefused("edited_elsewhere", _("文本在您打开之后改过了，请重新看过再办理。"))
    if wanted.reason:
        change.reason = _reason(reason)
    if wanted.checked:
        rulebook_changed()  # what others have approved in the last seconds counts
        _check_again(change)
    before, now = change.state, timezone.now()
    change.state, change.changed_at = wanted.after, now
    _sign(change, wanted, actor)
    change.save()
    _keep_step(change, action=wanted.action, before=before, actor=actor, reason=change.reason if wanted.reason else "")
    if wanted.after in APPROVED:
        rulebook_changed()
        transaction.on_commit(rulebook_changed)
    return change


def _sign(change: RuleChange, move: Move, actor: Officer) -> None:
    now = timezone.now()
    if move.name == "review":
        change.reviewed_by_id, change.reviewed_by_name, change.reviewed_at = actor.user_id, actor.name, now
    elif move.after in APPROVED:
        change.approved_by_id, change.approved_by_name, change.approved_at = actor.user_id, actor.name, now
    elif move.name == "send_back":
        change.reviewed_by, change.reviewed_by_name, change.reviewed_at = None, "", None


def _check_again(change: RuleChange) -> None:
    """The base is still what is in force, the text right, the day not before what was approved earlier."""
    if base_changed(change):
        raise ActionRefused(
            "base_changed",
            _("起草之后，%s 的现行文本已经变了。请起草人打开草稿，点“以现行文本为底稿”，看过差别再提交。")
            % (change.title or change.path),
        )
    checked = check_change(change)
    if not checked.holds:
        problems = [str(one) for one in checked.problems] or [one.problem for one in checked.failed]
        raise ActionRefused("not_right", _("文本还有问题：%s") % "；".join(problems[:3]))
    last = RuleChange.objects.approved().filter(path=change.path).last()
    if last is not None and change.kind != ChangeKind.PARAMETER and change.effective_from < last.effective_from:
        raise ActionRefused(
            "too_early", _("上一份变更自 %s 起施行，这一份不能更早，请改施行日期。") % last.effective_from
        )


def check_change(change: RuleChange) -> Checked:
    return check_text(change.path, change.text, base_text=change.base_text, book=head_rulebook())


def base_changed(change: RuleChange) -> bool:
    """Whether the text that the change was written on is no longer the newest approved one."""
    head = head_text(change.path, rulebook_of_files())
    return change.base_digest != (digest_of(head) if head else "")


def change_locked(*, actor: Officer, change_id: int) -> RuleChange:
    change = RuleChange.objects.visible_to(actor).select_for_update().filter(pk=change_id).first()
    if change is None:
        raise NotFound("no_such_change", _("没有这份变更。"))
    return change


def _still_mine(change: RuleChange, actor: Officer) -> None:
    if not is_author(change, actor):
        raise ActionRefused("not_author", _("只有起草人 %s 能这样做。") % change.author_name)
    if change.state != ChangeState.DRAFT:
        raise ActionRefused("wrong_state", _("只有草稿能改；已提交的请先撤回，或由审核人退回。"))


def _may_draft(actor: Officer, department: str) -> None:
    require(actor, Action.RULES_DRAFT)
    if not may_work_on(actor, Action.RULES_DRAFT, department):
        raise NotAllowed("other_department", _("这条规则由其他部门负责，您不能起草它的变更。"))


def _take_department(change: RuleChange, actor: Officer) -> None:
    """The department as the new text says it, so that nobody moves a rule to where he may not work."""
    if change.folder not in {"screening", "policies"}:
        return
    try:
        said = str(read_document(change.path, change.text).content.get("department", ""))
    except RulebookError:
        return
    if said and said != change.department:
        _may_draft(actor, said)
        if change.kind == ChangeKind.NEW:
            change.department = said


def _amended(text: str, new: NewValue) -> str:
    try:
        return parameter_text(text, new)
    except ValueError as problem:
        raise ActionRefused("bad_value", str(problem)) from problem


def title_of(book: Rulebook, path: str, *, english: bool = False) -> str:
    """The title of what a file holds, as it is kept in Chinese or as an English page shows it."""
    folder, _slash, name = path.partition("/")
    kind = {"screening": "rules", "parameters": "parameters", "facts": "facts", "policies": "policies"}[folder]
    thing: Any = getattr(book, kind).get(name.removesuffix(".yaml"))
    in_english = str(getattr(thing, "title_en", "")) if english else ""
    return in_english or str(getattr(thing, "title", name))


def _reason(reason: str) -> str:
    if len(reason.strip()) < SHORTEST_REASON:
        raise ActionRefused("reason_needed", _("请写明理由，至少 %d 个字。") % SHORTEST_REASON)
    return reason.strip()


def plain_text(text: str) -> str:
    """A text as files keep it: line ends of browsers turned into one kind, one line end at the end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"


def _keep_step(change: RuleChange, *, action: str, before: str, actor: Officer, reason: str = "") -> None:
    ChangeStep.objects.create(
        change=change,
        action=action,
        state_before=before,
        state_after=change.state,
        actor_name=actor.name,
        reason=reason,
    )
    audit_record(
        action=action,
        actor=actor,
        subject_type="rule_change",
        subject_id=str(change.pk),
        detail={
            "file": change.path,
            "kind": str(ChangeKind(change.kind).label),
            "from": change.effective_from,
            "sha256": change.digest,
            "reason": reason,
        },
    )
