"""The steps of `doudi demo`: make and load the county once, hold its alerts against the truth, print the sign-ins."""

import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.table import Table

from doudi.cli.language import _
from doudi.cli.output import Report, console, fail
from doudi.cli.places import rules_folder
from doudi.cli.service import ready

AS_OF = date(2023, 8, 1)
"""The day the demonstration is about: the county's story plays in the summer of 2023."""
SUMMARY = "truth/summary.json"
SLIPS = 0.0005
"""Share of the demonstration's households in which each check finds a wrong cell; at least one household a check."""


@dataclass(frozen=True)
class Outcome:
    """What `doudi demo` prints before it serves."""

    sentence: str
    score_table: str


def prepare_demo(*, households: int, seed: int, folder: Path, fresh: bool, report: Report) -> Outcome:
    """Bring the demonstration into being, or take up the one that is there."""
    if fresh and folder.exists():
        if any(folder.iterdir()) and not (folder / "county").is_dir():
            fail(_("%s 里不是演示数据，没有删除。请换一个文件夹。") % folder)
        shutil.rmtree(folder)
    county = folder / "county"
    os.environ["DOUDI_DATA_DIR"] = str(folder.resolve())
    if not (county / SUMMARY).exists():
        from doudi.synth.write import write_county

        unfinished = folder / "county.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        write_county(
            households=households,
            seed=seed,
            out=unfinished,
            rules_root=rules_folder(None),
            slips=SLIPS,
            as_of=AS_OF,
            progress=report,
        )
        unfinished.rename(county)
    ready()
    return _loaded(county, report)


def _loaded(county: Path, report: Report) -> Outcome:
    from doudi.synth.score import score
    from doudi.web.demo import DemoFailed, load_demo

    try:
        result = load_demo(county, AS_OF, report=report)
    except DemoFailed as problem:
        fail(str(problem))
    found = score(result.pairs(), county / "truth")
    sentence = _("%(day)s 的筛查：%(alerts)d 条预警，涉及 %(households)d 户。") % {
        "day": AS_OF,
        "alerts": result.run.counts["alerts"],
        "households": result.run.counts["households_with_alerts"],
    }
    return Outcome(sentence, found.report())


def show_sign_ins(address: str) -> None:
    """The table of demo accounts, one for each role."""
    from doudi.web.demo import demo_accounts

    table = Table(title=_("登录 %s (演示账号，只供本机试用)") % address, title_justify="left")
    for heading in (_("用户名"), _("密码"), _("角色"), _("管辖")):
        table.add_column(heading)
    for account in demo_accounts():
        table.add_row(account.username, account.password, account.label, str(account.region))
    console.print(table)
