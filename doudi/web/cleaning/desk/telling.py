"""What people are told after cells were changed, or were not."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from doudi.web.cleaning.cells import cell, cell_shown
from doudi.web.cleaning.correcting import Applied, Conflict

MOST_TOLD = 5


def told_of(request: HttpRequest, applied: Applied) -> None:
    """Messages: how many cells were changed, which ones somebody else had changed, which ones were refused."""
    if applied.cells:
        messages.success(request, _("已更正 %d 个单元格，相关问题已重新检查。") % applied.cells)
    elif applied.unchanged and not applied.conflicts and not applied.refused:
        messages.info(request, _("单元格已经是这个值，没有改动。"))
    for conflict in applied.conflicts[:5]:
        messages.warning(request, conflict_told(conflict))
    if len(applied.conflicts) > 5:
        messages.warning(
            request, _("另有 %d 个单元格在您打开页面之后被别人改过，没有覆盖。") % (len(applied.conflicts) - 5)
        )
    for refused in applied.refused[:5]:
        messages.error(request, refused.message)


def conflict_told(conflict: Conflict) -> str:
    """Both values, so that the second person can decide."""
    where = cell(conflict.change.table, conflict.change.column)
    return _("“%(label)s”在您打开页面之后已被别人改为“%(present)s”，您填的“%(mine)s”没有写入，请核对后再定。") % {
        "label": where.label,
        "present": cell_shown(where, conflict.present),
        "mine": cell_shown(where, conflict.change.after),
    }
