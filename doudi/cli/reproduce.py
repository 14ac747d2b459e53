"""The command `reproduce`: every alert of a result folder judged again by the rules and facts it kept."""

from pathlib import Path
from typing import Annotated

import typer

from doudi.cli.language import _, asked_language
from doudi.cli.output import FOUND, console, errors, fail

MOST_SHOWN = 20
Result = Annotated[
    Path, typer.Argument(help=_("筛查结果的文件夹（doudi screen --results 或网站 results 里的）"), exists=True)
]
Keys = Annotated[Path | None, typer.Option(help=_("快照文件夹，用来认出户编号；设了 DOUDI_SECRET_KEY 则不需要"))]


def reproduce(
    result: Result,
    rule: Annotated[str | None, typer.Option(help=_("只核对这条规则"))] = None,
    household: Annotated[str | None, typer.Option(help=_("只核对这一户，写户编号"))] = None,
    snapshots: Keys = None,
) -> None:
    """Exit code 1 when an alert comes out differently."""
    from doudi.rulebook import RulebookError
    from doudi.screening.results.reproduce import KeptAlerts, NotKept
    from doudi.standards.pseudonym import Pseudonymiser

    key = Pseudonymiser.for_folder(snapshots or result).household_key(household) if household else None
    kept = KeptAlerts(result)
    checked, unequal = 0, []
    try:
        for one in kept.reproduce(rule_id=rule, household_key=key):
            checked += 1
            if not one.equal:
                unequal.append(one)
    except (NotKept, RulebookError, LookupError) as problem:
        fail(str(problem.args[0] if problem.args else problem))
    english = asked_language() == "en"
    for one in unequal[:MOST_SHOWN]:
        then, now = one.recorded, one.again
        errors.print(f"[red]✗[/red] {one.rule_id} {one.household_key or one.region_code}", highlight=False)
        errors.print(_("   当时：%s") % (then.sentence_en if english else then.sentence), highlight=False)
        told = (now.sentence_en if english else now.sentence) or _("不预警")
        errors.print(_("   重算：%s") % told, highlight=False)
    if len(unequal) > MOST_SHOWN:
        errors.print(_("……另有 %d 条不一致") % (len(unequal) - MOST_SHOWN))
    if not checked:
        fail(_("没有符合的预警。"))
    console.print(_("核对 %(checked)d 条预警，不一致 %(unequal)d 条") % {"checked": checked, "unequal": len(unequal)})
    if unequal:
        raise typer.Exit(FOUND)
