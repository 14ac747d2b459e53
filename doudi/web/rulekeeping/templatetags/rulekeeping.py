"""Steps of a change in words."""

from django import template
from django.utils.translation import gettext_lazy as _

from doudi.web.rulekeeping.life import MOVES

register = template.Library()
OTHER_STEPS = {"draft": _("起草"), "edit": _("修改草稿"), "rebase": _("换底稿")}


@register.filter
def step_name(action: str) -> str:
    """What was done, as its button says it."""
    moves = {move.name: move.label for move in MOVES}
    return str(moves.get(action) or OTHER_STEPS.get(action, action))
