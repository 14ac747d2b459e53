"""The result of a trial as a workbook, marked with who took it and when."""

import tempfile
from pathlib import Path
from typing import BinaryIO

from django.utils import timezone
from django.utils.translation import gettext as _

from doudi.standards.regions import RegionCode
from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, require
from doudi.web.audit.services import audit_record
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.refusal import ActionRefused
from doudi.web.trials.models import TrialState
from doudi.web.trials.queries import trial_found
from doudi.web.trials.results import names_of, result_folder

MOST_ROWS = 100_000


def trial_workbook(*, actor: Officer, trial_id: int, out: BinaryIO) -> str:
    """Write the workbook of a finished trial; gives its file name. Names, but no ids, phones or accounts.

    Raises `NotFound`, `ActionRefused` (`not_done`, `too_many_rows`).
    """
    from doudi.screening.trials.look_back import LookBack
    from doudi.screening.trials.look_back_report import write_look_back
    from doudi.screening.trials.report import write_what_if
    from doudi.screening.trials.what_if import WhatIf

    require(actor, Action.TRIAL_SEE)
    trial = trial_found(actor=actor, trial_id=trial_id)
    folder = result_folder(trial)
    if trial.state != TrialState.DONE or not (folder / "figures.json").is_file():
        raise ActionRefused("not_done", _("还没有结果可以下载。"))
    region = RegionCode(trial.region_code)
    lead = [_mark(actor)]
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "trial.xlsx"
        if trial.is_what_if:
            tried = WhatIf.read(folder)
            keys = set(tried.households["household_key"].to_pylist())
            _not_too_many(len(keys))
            registry = names_of(keys, tried.alerts["person_key"].drop_null().to_pylist(), region)
            write_what_if(tried, registry, path, rulebook=current_rulebook(), lead=lead)
        else:
            looked = LookBack.read(folder)
            keys = {row["household_key"] for row in (*looked.households, *looked.raised)}
            _not_too_many(len(keys))
            write_look_back(looked, names_of(keys, (), region), path, rulebook=current_rulebook(), lead=lead)
        out.write(path.read_bytes())
    audit_record(
        action="trial_export",
        actor=actor,
        region_code=trial.region_code,
        subject_type="trial",
        subject_id=str(trial.pk),
        detail={"rows": len(keys)},
    )
    kind = _("推演") if trial.is_what_if else _("回测")
    return f"{kind}_{trial.as_of:%Y%m%d}_{trial.pk}.xlsx"


def _not_too_many(rows: int) -> None:
    if rows > MOST_ROWS:
        raise ActionRefused(
            "too_many_rows", _("超过 %d 户，请改用命令行 doudi what-if 或 doudi look-back。") % MOST_ROWS
        )


def _mark(actor: Officer) -> str:
    return _("由 %(who)s(%(username)s)于 %(when)s 导出，含个人信息，仅限工作使用，不得外传") % {
        "who": actor.name,
        "username": actor.username,
        "when": timezone.localtime().strftime("%Y-%m-%d %H:%M"),
    }
