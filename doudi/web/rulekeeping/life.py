"""The life of a change to the rulebook in one table: what can be done in which state, by whom, under which condition.

Services refuse by it, pages offer buttons by it, tests walk it. Nobody reviews or approves what they wrote themselves.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer
from doudi.web.refusal import ActionRefused
from doudi.web.rulekeeping.models import ChangeKind, ChangeState, RuleChange

Guard = Callable[[RuleChange, Officer], None]
"""Raises ActionRefused when the move may not be made by this officer."""


def is_author(change: RuleChange, actor: Officer) -> bool:
    return actor.user_id is not None and actor.user_id == change.author_id


def _own(change: RuleChange, actor: Officer) -> None:
    if not is_author(change, actor):
        raise ActionRefused("not_author", _("只有起草人 %s 能这样做。") % change.author_name)


def _another(change: RuleChange, actor: Officer) -> None:
    if actor.user_id is None or is_author(change, actor):
        raise ActionRefused("four_eyes", _("不能审核、批准或退回自己起草的变更，请由另一人办理。"))


def _own_department(change: RuleChange, actor: Officer) -> None:
    """A department's officer works on rules of the department; the county's officer on all."""
    if not may_work_on(actor, Action.RULES_REVIEW, change.department):
        raise ActionRefused("other_department", _("这条规则由其他部门负责，请由该部门或县乡村振兴服务中心审核。"))


def may_work_on(actor: Officer, action: Action, department: str) -> bool:
    """Whether the action is allowed on a rule of that department; files of no department belong to the county."""
    areas = actor.reach(action)
    return any(not area.department or (department and area.department == department) for area in areas)


@dataclass(frozen=True)
class Move:
    """One line of the table. `reason`: a reason has to be given. `danger`: the button warns."""

    name: str
    label: str | Promise
    before: tuple[ChangeState, ...]
    after: ChangeState
    permission: Action
    guards: tuple[Guard, ...]
    action: str
    """What the audit log calls it."""
    kinds: frozenset[ChangeKind] = frozenset(ChangeKind)
    reason: bool = False
    checked: bool = False
    """The text must still be right, its examples pass and its base be the text in force."""
    danger: bool = False


_SETTING = frozenset(ChangeKind) - {ChangeKind.RETIRE}
MOVES: tuple[Move, ...] = (
    Move(
        name="submit",
        label=gettext_lazy("提交审核"),
        before=(ChangeState.DRAFT,),
        after=ChangeState.SUBMITTED,
        permission=Action.RULES_DRAFT,
        guards=(_own,),
        action="rule_submit",
        checked=True,
    ),
    Move(
        name="review",
        label=gettext_lazy("审核通过"),
        before=(ChangeState.SUBMITTED,),
        after=ChangeState.REVIEWED,
        permission=Action.RULES_REVIEW,
        guards=(_another, _own_department),
        action="rule_review",
        checked=True,
    ),
    Move(
        name="approve",
        label=gettext_lazy("批准施行"),
        before=(ChangeState.REVIEWED,),
        after=ChangeState.IN_FORCE,
        permission=Action.RULES_APPROVE,
        guards=(_another,),
        action="rule_approve",
        kinds=_SETTING,
        checked=True,
    ),
    Move(
        name="retire",
        label=gettext_lazy("批准停用"),
        before=(ChangeState.REVIEWED,),
        after=ChangeState.RETIRED,
        permission=Action.RULES_APPROVE,
        guards=(_another,),
        action="rule_retire",
        kinds=frozenset({ChangeKind.RETIRE}),
        checked=True,
        danger=True,
    ),
    Move(
        name="send_back",
        label=gettext_lazy("退回修改"),
        before=(ChangeState.SUBMITTED, ChangeState.REVIEWED),
        after=ChangeState.DRAFT,
        permission=Action.RULES_REVIEW,
        guards=(_another, _own_department),
        action="rule_send_back",
        reason=True,
    ),
    Move(
        name="withdraw",
        label=gettext_lazy("撤回"),
        before=(ChangeState.DRAFT, ChangeState.SUBMITTED, ChangeState.REVIEWED),
        after=ChangeState.WITHDRAWN,
        permission=Action.RULES_DRAFT,
        guards=(_own,),
        action="rule_withdraw",
        reason=True,
        danger=True,
    ),
)


def move_named(name: str) -> Move:
    """Raises ActionRefused for a move that there isn't."""
    found = next((move for move in MOVES if move.name == name), None)
    if found is None:
        raise ActionRefused("no_such_move", _("没有这个操作。"))
    return found


def require_move(move: Move, change: RuleChange, actor: Officer) -> None:
    """Refuse unless the table allows it: `not_allowed`, `wrong_state`, `wrong_kind`, `four_eyes` …"""
    from doudi.web.accounts.scope import require

    require(actor, move.permission)
    if change.state not in move.before:
        state = ChangeState(change.state).label
        raise ActionRefused("wrong_state", _("这份变更现在是“%s”，不能这样做。请刷新页面看最新情况。") % state)
    if change.kind not in move.kinds:
        raise ActionRefused("wrong_kind", _("这种变更不能这样办理。"))
    for guard in move.guards:
        guard(change, actor)


def moves_for(change: RuleChange, actor: Officer) -> Iterator[Move]:
    """What the officer may do with a change now, in the table's order."""
    for move in MOVES:
        try:
            require_move(move, change, actor)
        except ActionRefused:
            continue
        yield move
