"""The demonstration: an account for every role, and the synthetic county brought in as a real one would be.

Used by `doudi demo` after `doudi.web.serving.prepare()`. Running it again changes nothing that is there already.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from doudi.standards.periods import Month
from doudi.standards.regions import RegionCode
from doudi.web.accounts.models import Post, User
from doudi.web.accounts.roles import Role
from doudi.web.accounts.scope import Officer, officer_of
from doudi.web.cleaning.models import CleaningRun
from doudi.web.cleaning.running import cleaning_start
from doudi.web.discovery.models import Alert, ScreeningRun
from doudi.web.discovery.rulebook import current_rulebook
from doudi.web.discovery.services import screening_start
from doudi.web.employment.models import EmploymentRun
from doudi.web.employment.models import RunState as EmploymentState
from doudi.web.employment.services import employment_compare
from doudi.web.intake.differences import registry_version
from doudi.web.intake.local import apply_here, read_here
from doudi.web.intake.models import BatchState, ImportBatch
from doudi.web.intake.snapshots import standing_snapshots
from doudi.web.jobs.models import JobState
from doudi.web.jobs.progress import Report, ignore
from doudi.web.jobs.services import job_run
from doudi.web.matching.duplicates import duplicates_find
from doudi.web.matching.models import DuplicateProposal
from doudi.web.registry.models import Household

COUNTY = RegionCode("149901000000")
PASSWORD = "doudi-demo-2023"  # noqa: S105 - of accounts that exist in a demonstration only
SHEETS = {".xlsx", ".xls", ".csv", ".txt", ".zip"}


class DemoFailed(Exception):  # noqa: N818 - named for what happened
    """The demonstration could not be loaded; the message says at which step and why."""


@dataclass(frozen=True)
class DemoAccount:
    """A sign-in to print: what it is for, and where it works."""

    username: str
    password: str
    role: Role
    region: RegionCode
    department: str = ""
    called: str = ""

    @property
    def label(self) -> str:
        return self.called or str(self.role.label)


def demo_accounts() -> list[DemoAccount]:
    """One account for each role, and a second one of the county to approve what the first drafts.

    Township and village are those with the most households.
    """
    village = _largest_village()
    township = village.parent or COUNTY
    city = COUNTY.parent or COUNTY
    wanted = [
        ("county", Role.COUNTY_OFFICER, COUNTY, ""),
        ("township", Role.TOWNSHIP_OFFICER, township, ""),
        ("village", Role.VILLAGE_CADRE, village, ""),
        ("medical", Role.DEPARTMENT_OFFICER, COUNTY, "medical_insurance"),
        ("education", Role.DEPARTMENT_OFFICER, COUNTY, "education"),
        ("jobs", Role.DEPARTMENT_OFFICER, COUNTY, "human_resources"),
        ("leader", Role.LEADER, COUNTY, ""),
        ("city", Role.UPPER_VIEWER, city, ""),
        ("system", Role.SYSTEM_ADMIN, COUNTY, ""),
        ("security", Role.SECURITY_ADMIN, COUNTY, ""),
        ("auditor", Role.AUDITOR, COUNTY, ""),
    ]
    second = DemoAccount("county2", PASSWORD, Role.COUNTY_OFFICER, COUNTY, called="县乡村振兴服务中心（审批）")
    return [
        *(DemoAccount(name, PASSWORD, role, region, department) for name, role, region, department in wanted),
        second,
    ]


def create_demo_accounts() -> list[DemoAccount]:
    """Make the accounts and posts that are missing; gives all of them, for printing."""
    accounts = demo_accounts()
    for account in accounts:
        user = User.objects.filter(username=account.username).first()
        if user is None:
            user = User.objects.create_user(account.username, account.password, name=account.label, unit="示例县")
        Post.objects.update_or_create(
            user=user,
            role=account.role,
            defaults={
                "region_code": account.region,
                "department": account.department,
                "since": date(2020, 1, 1),
                "until": None,
            },
        )
    return accounts


def _largest_village() -> RegionCode:
    from django.db.models import Count

    first = (
        Household.objects.order_by()
        .values("region_code")
        .annotate(households=Count("pk"))
        .order_by("-households", "region_code")
        .first()
    )
    return RegionCode(first["region_code"]) if first else RegionCode(COUNTY.prefix + "101201")


def demo_officer() -> Officer:
    """The county's officer of the demonstration, made when missing."""
    create_demo_accounts()
    return officer_of(User.objects.get(username="county"))


@dataclass(frozen=True)
class DemoResult:
    """What was loaded: the imports, and the screening with its counts."""

    imports: tuple[ImportBatch, ...]
    run: ScreeningRun

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Household number and rule of every alert, to hold against the truth file."""
        yield from Alert.objects.filter(run=self.run).values_list("household__household_no", "rule_id").iterator()


def load_demo(county_dir: Path, as_of: date, *, report: Report = ignore) -> DemoResult:
    """Import `registry/` and `feeds/` of a synthetic county and screen it. Raises `DemoFailed`."""
    month = str(Month(as_of.replace(day=1) - timedelta(days=1)))
    imports = []
    for folder in ("registry", "feeds"):
        files = sorted(path for path in (county_dir / folder).iterdir() if path.suffix.lower() in SHEETS)
        if not files:
            raise DemoFailed(f"{county_dir / folder} 里没有表格文件")
        imports.append(_imported(files) or import_files(files, month=month, actor=demo_officer(), report=report))
    run = screen(as_of, actor=demo_officer(), report=report)
    clean(as_of, actor=demo_officer(), report=report)
    compare_employment(as_of, actor=demo_officer(), report=report)
    find_duplicates(actor=demo_officer(), report=report)
    create_demo_accounts()
    return DemoResult(tuple(imports), run)


def _imported(files: Sequence[Path]) -> ImportBatch | None:
    """The import that brought in these very files, if it still stands."""
    wanted = {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    batches = ImportBatch.objects.filter(state=BatchState.APPLIED).prefetch_related("files")
    return next((batch for batch in batches if {file.sha256 for file in batch.files.all()} == wanted), None)


def import_files(files: Sequence[Path], *, month: str, actor: Officer, report: Report = ignore) -> ImportBatch:
    """Receive, read, confirm and write some files, here and now. Raises `DemoFailed`."""
    batch = read_here(actor=actor, files=files, month=month, report=report)
    if batch.state == BatchState.PREVIEW:
        batch = apply_here(actor=actor, batch=batch, report=report)
    if batch.state not in {BatchState.APPLIED, BatchState.NOTHING_TO_DO}:
        problems = [f"{file.name}: {file.problem}" for file in batch.files.all() if file.problem]
        raise DemoFailed(";".join([batch.problem, *problems]))
    return batch


def screen(as_of: date, *, actor: Officer, report: Report = ignore) -> ScreeningRun:
    """Screen here and now; a screening of the same data, rules and day is not repeated. Raises `DemoFailed`."""
    present = ScreeningRun.objects.filter(as_of=as_of).latest_done()
    if present is not None and _still_holds(present):
        return present
    run = screening_start(actor=actor, as_of=as_of)
    assert run.job_id is not None  # noqa: S101 - every screening has its job
    job = job_run(job_id=run.job_id, report=report)
    if job.state == JobState.FAILED:
        raise DemoFailed(f"{job.title}: {job.error}")
    run.refresh_from_db()
    return run


def find_duplicates(*, actor: Officer, report: Report = ignore) -> None:
    """Look for persons and households registered twice, once. Raises `DemoFailed`."""
    if DuplicateProposal.objects.exists():
        return
    job = job_run(job_id=duplicates_find(actor=actor).pk, report=report)
    if job.state == JobState.FAILED:
        raise DemoFailed(f"{job.title}: {job.error}")


def compare_employment(as_of: date, *, actor: Officer, report: Report = ignore) -> EmploymentRun:
    """Compare the sources about people's work, once. Raises `DemoFailed`."""
    present = EmploymentRun.objects.filter(state=EmploymentState.DONE, as_of=as_of).order_by("-pk").first()
    if present is not None:
        return present
    run = employment_compare(actor=actor, as_of=as_of)
    assert run.job_id is not None  # noqa: S101 - every comparison has its job
    job = job_run(job_id=run.job_id, report=report)
    if job.state == JobState.FAILED:
        raise DemoFailed(f"{job.title}: {job.error}")
    run.refresh_from_db()
    return run


def clean(as_of: date, *, actor: Officer, report: Report = ignore) -> CleaningRun:
    """Hold the registry against the checks here and now; not again while nothing changed. Raises `DemoFailed`."""
    present = CleaningRun.objects.filter(as_of=as_of).latest_done()
    now = registry_version(), current_rulebook(as_of).digest
    if present is not None and (present.registry_version, present.rulebook_digest) == now:
        return present
    run = cleaning_start(actor=actor, as_of=as_of)
    assert run.job_id is not None  # noqa: S101 - every run has its job
    job = job_run(job_id=run.job_id, report=report)
    if job.state == JobState.FAILED:
        raise DemoFailed(f"{job.title}: {job.error}")
    run.refresh_from_db()
    return run


def _still_holds(run: ScreeningRun) -> bool:
    used = {(found["feed"], found["month"], found["delivery"]) for found in run.snapshots}
    now = {(found.feed, str(found.month), found.folder.name) for found in standing_snapshots()}
    digest = current_rulebook(run.as_of).digest
    return (run.registry_version, run.rulebook_digest, used) == (registry_version(), digest, now)
