"""A small fictitious county put straight into the database, so that every page has something to show."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from django.conf import settings

from doudi.standards.pseudonym import Pseudonymiser
from doudi.web.accounts.models import Post, User
from doudi.web.accounts.roles import Role
from doudi.web.cleaning.models import Issue
from doudi.web.discovery.models import Alert, Clue, RunTally, ScreeningRun
from doudi.web.regions.models import Region
from doudi.web.registry.models import Household, HouseholdIncome, Person, VillageTally

PASSWORD = "kan-jia-hu-yuan-23"
COUNTY = "149901000000"
AS_OF = date(2023, 8, 1)
TOWNSHIPS = ("南山镇", "河口乡", "大柳镇", "石桥乡")
VILLAGES = ("东关村", "西坡村", "前岭村")
FAMILY_NAMES = "王李张刘陈杨赵黄周吴"
GIVEN_NAMES = ("建国", "秀英", "国强", "玉兰", "志刚", "桂花", "海军", "小平", "丽", "文博")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

UNDER_LINE = "income.under_line_not_enrolled"
NEAR_LINE = "income.near_line"
MEDICAL = "medical.self_paid_12m"


def resident_id(birth: date, serial: int) -> str:
    """A well-formed resident id in an area that exists nowhere."""
    body = f"149901{birth:%Y%m%d}{serial % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


@dataclass
class SmallCounty:
    """What was made, by name."""

    users: dict[str, User] = field(default_factory=dict)
    households: list[Household] = field(default_factory=list)
    run: ScreeningRun | None = None


def make_regions(*, villages: bool = True) -> list[str]:
    rows = [Region(code=COUNTY, name="兜安县", level="county")]
    codes: list[str] = []
    for number, township in enumerate(TOWNSHIPS if villages else (), 101):
        rows.append(Region(code=f"149901{number}000", name=township, level="township", parent_id=COUNTY))
        for order, village in enumerate(VILLAGES, 201):
            code = f"149901{number}{order}"
            codes.append(code)
            rows.append(Region(code=code, name=village, level="village", parent_id=f"149901{number}000"))
    Region.objects.bulk_create(rows)
    return codes


def make_user(username: str, name: str, role: Role, region: str, department: str = "") -> User:
    user = User.objects.create_user(username, PASSWORD, name=name)
    Post.objects.create(user=user, role=role, region_code=region, department=department, since=date(2023, 1, 1))
    return user


def make_users() -> dict[str, User]:
    return {
        "county": make_user("county", "王建国", Role.COUNTY_OFFICER, COUNTY),
        "second": make_user("second", "孙文博", Role.COUNTY_OFFICER, COUNTY),
        "township": make_user("township", "李玉兰", Role.TOWNSHIP_OFFICER, "149901101000"),
        "village": make_user("village", "张志刚", Role.VILLAGE_CADRE, "149901101201"),
        "medical": make_user("medical", "刘桂花", Role.DEPARTMENT_OFFICER, COUNTY, "medical_insurance"),
        "leader": make_user("leader", "陈海军", Role.LEADER, COUNTY),
        "auditor": make_user("auditor", "赵秀英", Role.AUDITOR, COUNTY),
        "security": make_user("security", "周丽", Role.SECURITY_ADMIN, COUNTY),
    }


def make_household(number: int, village: str, keys: Pseudonymiser) -> Household:
    household_no = f"{village}{number:04d}"
    family = FAMILY_NAMES[number % 10]
    household = Household.objects.create(
        household_key=keys.household_key(household_no),
        household_no=household_no,
        region_code=village,
        household_type="alleviated" if number % 2 else "ordinary",
        monitor_type="unstable_alleviated" if number % 11 == 0 else None,
        enrolled_month="2022-05" if number % 11 == 0 else None,
        head_name=family + GIVEN_NAMES[number % 7],
        phone=f"1390000{number:04d}",
        size_now=3,
        size_year=3,
        housing_grade="B",
        dangerous_house=False,
        safe_water=True,
        land_farm=4.5,
        helper_name="高帮",
    )
    family_members = (
        ("head", "male", date(1972, 3, 5)),
        ("spouse", "female", date(1974, 8, 9)),
        ("daughter", "female", date(2009, 1, 20)),
    )
    for order, (relation, sex, born) in enumerate(family_members):
        identity = resident_id(born, number * 10 + order * 2 + (1 if sex == "male" else 0))
        Person.objects.create(
            household=household,
            person_key=keys.person_key(identity) + number * 7919 + order,
            person_no=f"{household_no}{order + 1:02d}",
            name=household.head_name if order == 0 else family + GIVEN_NAMES[(number + order * 3) % 10],
            sex=sex,
            id_type="resident_id",
            resident_id=identity,
            resident_id_hash=keys.resident_hash(identity),
            birth_date=born,
            relation=relation,
            health=["chronic_disease"] if order == 1 else ["healthy"],
            labour="ordinary" if order < 2 else "none",
            work_months=8 if order == 0 else None,
            insured_medical=order != 1 or number % 5 != 0,
            status="active",
        )
    for year in (2022, 2021):
        HouseholdIncome.objects.create(
            household=household,
            income_year=year,
            members=3,
            wage_income=Decimal(12000 + number % 13 * 1200 - (2022 - year) * 600),
            production_gross=Decimal(9200),
            production_cost=Decimal(4100),
            property_income=Decimal(300),
            transfer_income=Decimal(2728),
            pension_payment=Decimal(1428),
        )
    return household


def make_alert(run: ScreeningRun, household: Household, rule_id: str, person: Person | None = None) -> Alert:
    income = float(household.incomes.get(income_year=2022).per_capita_income or 0)
    texts = {
        UNDER_LINE: (
            "red",
            "other",
            "rural_revitalisation",
            f"去年人均纯收入 {income:,.0f} 元低于监测线 7,100 元，尚未纳入监测",
            f"Net income per person last year was {income:,.0f} yuan, under the line of 7,100 yuan; not enrolled",
        ),
        NEAR_LINE: (
            "yellow",
            "other",
            "rural_revitalisation",
            f"去年人均纯收入 {income:,.0f} 元低于 8,000 元，需要关注",
            f"Net income per person last year was {income:,.0f} yuan, under 8,000 yuan",
        ),
        MEDICAL: (
            "yellow",
            "illness",
            "medical_insurance",
            "近 12 个月自付医疗费用 12,340 元，超过 10,000 元",
            "Own medical spending in 12 months was 12,340 yuan, over 10,000 yuan",
        ),
    }
    level, risk, department, sentence, english = texts[rule_id]
    return Alert(
        run=run,
        household=household,
        person=person,
        region_code=household.region_code,
        rule_id=rule_id,
        rule_version="1",
        level=level,
        risk=risk,
        department=department,
        facts={"per_capita_income_last_year": income, "is_monitored": False}
        if rule_id != MEDICAL
        else {"medical_self_paid_12m": 12340.5},
        thresholds={"monitoring_line": 7100} if rule_id != MEDICAL else {"medical_self_paid_yellow": 10000},
        legal_basis=[{"document": "省年度监测范围通知", "article": "一"}],
        sentence=sentence,
        sentence_en=english,
    )


def make_run(households: list[Household], user: User) -> ScreeningRun:
    run = ScreeningRun.objects.create(
        as_of=AS_OF, state="done", actor=user, actor_name=user.name, finished_at=datetime(2023, 8, 2, 1, 30, tzinfo=UTC)
    )
    for number, household in enumerate(households):
        income = float(household.incomes.get(income_year=2022).per_capita_income or 0)
        rules = []
        if income < 7100 and household.monitor_type is None:
            rules.append(UNDER_LINE)
        elif income < 8000:
            rules.append(NEAR_LINE)
        if number % 4 == 0:
            rules.append(MEDICAL)
        if not rules:
            continue
        alerts = [make_alert(run, household, rule) for rule in rules]
        level = "red" if any(alert.level == "red" for alert in alerts) else "yellow"
        clue = Clue.objects.create(
            household=household,
            region_code=household.region_code,
            channel="department_screening",
            level=level,
            level_order=0 if level == "red" else 1,
            rules=rules,
            first_run=run,
            last_run=run,
            opened_on=AS_OF,
            last_seen_on=AS_OF,
        )
        for alert in alerts:
            alert.clue = clue
        Alert.objects.bulk_create(alerts)
    make_tallies(run)
    run.counts = {"alerts": run.alerts.count(), "households": len(households)}
    run.save()
    return run


def make_tallies(run: ScreeningRun) -> None:
    """The counts that a screening keeps by village and rule, and by village and level."""
    by_rule: Counter[tuple[str, str, str, str]] = Counter()
    by_level: Counter[tuple[str, str]] = Counter()
    for alert in run.alerts.all():
        by_rule[alert.region_code, alert.rule_id, alert.level, alert.department] += 1
    for clue in Clue.objects.filter(last_run=run):
        by_level[clue.region_code, clue.level] += 1
    rows = [
        RunTally(run=run, region_code=code, rule_id=rule, level=level, department=department, alerts=n, households=n)
        for (code, rule, level, department), n in by_rule.items()
    ]
    rows += [
        RunTally(run=run, region_code=code, level=level, alerts=n, households=n)
        for (code, level), n in by_level.items()
    ]
    rows.append(RunTally(run=run, region_code=rows[0].region_code, rule_id="education.no_roll", cannot_tell=4))
    RunTally.objects.bulk_create(rows)


def make_issue(household: Household) -> Issue:
    """What a check found about the head's work, for the pages that correct it."""
    return Issue.objects.create(
        check_id="work.months_without_place",
        check_version="1",
        topic="work",
        severity="error",
        severity_order=0,
        responsible="village",
        household=household,
        person=household.members.get(relation="head"),
        region_code=household.region_code,
        columns=["person.work_area", "person.work_months"],
        sentence="有务工时间 8 个月，没有填写务工区域",
        sentence_en="8 months of work, but no place of work",
        found_on=AS_OF,
    )


def make_county(households: int = 60) -> SmallCounty:
    """Regions, one person of each role, households with members and incomes, one screening with its clues."""
    keys = Pseudonymiser.from_secret(settings.SECRET_KEY)
    villages = make_regions()
    users = make_users()
    made = [make_household(number, villages[number % len(villages)], keys) for number in range(households)]
    for village in villages:
        count = sum(household.region_code == village for household in made)
        VillageTally.objects.create(region_code=village, households=count, persons=3 * count)
    run = make_run(made, users["county"])
    make_issue(made[0])
    return SmallCounty(users=users, households=made, run=run)
