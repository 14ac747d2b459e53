"""Kinds of risk that rows of a department's table, or the county's own circumstances, decide by themselves."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from doudi.synth.county.arrays import Flags, day_number
from doudi.synth.county.monitoring import RISKS
from doudi.synth.county.people import DEAD, LABOUR
from doudi.synth.reckoning import Found, Truth, days_of, is_code, is_true

Kind = Callable[[Truth], Found]


def _rows(feed: str, keep: Callable[[Truth, pa.Table], Flags], detail: str, *, unless_enrolled: bool = False) -> Kind:
    """Households with a row that is kept."""

    def find(t: Truth) -> Found:
        flags = t.homes(t.persons(feed, keep(t, t.tables[feed])))
        return flags & ~t.county.monitoring.enrolled if unless_enrolled else flags, lambda home: detail

    return find


def _over(column: str, limit: str) -> Callable[[Truth, pa.Table], Flags]:
    """Rows whose number reaches a parameter's."""

    def keep(t: Truth, rows: pa.Table) -> Flags:
        reached: Flags = rows[column].to_numpy() >= t.at.number(limit)
        return reached

    return keep


def _today(t: Truth) -> int:
    return day_number(t.county.as_of)


def _accident(t: Truth, rows: pa.Table) -> Flags:
    hurt = is_code(rows, "injury", "slight", "severe", "disabled", "dead")
    return hurt & t.since(rows, "happened_on", "accident_months")


def _earner_in_custody(t: Truth) -> Found:
    rows = t.tables["detention"]
    inside = ~rows["ends_on"].is_valid().to_numpy() | (days_of(rows, "ends_on") >= _today(t))
    return t.anybody(t.persons("detention", inside) & t.county.top_earners()), lambda home: "主要劳动力被采取强制措施"


def _dead_still_listed(t: Truth) -> Found:
    certified = t.persons("death_certificate", np.ones(t.tables["death_certificate"].num_rows, dtype=np.bool_))
    return t.anybody(certified), lambda home: "死亡仍在册"


def _earner_died(t: Truth) -> Found:
    people = t.county.people
    lately = people.status_day >= t.days_ago(int(t.at.number("death_months")))
    able = people.labour <= LABOUR.index("ordinary")
    died = (people.status == DEAD) & lately & able & (people.age < t.at.elderly_age)
    return t.homes(died), lambda home: "青壮劳动力去世"


def _neglected(t: Truth, rows: pa.Table) -> Flags:
    risky = rows["risk_grade"].to_numpy() >= t.at.number("mental_risk_high")
    return ~is_true(rows, "managed") | ~is_true(rows, "regular_medication") | risky


def _untreated(t: Truth, rows: pa.Table) -> Flags:
    return is_code(rows, "treatment_status", "untreated") & rows["major_disease"].is_valid().to_numpy()


def _insured_twice(t: Truth) -> Found:
    rows = t.tables["medical_enrolment"]
    kinds = (is_code(rows, "insurance_kind", kind) & is_true(rows, "insured") for kind in ("resident", "worker"))
    both = [t.persons("medical_enrolment", kind) for kind in kinds]
    return t.anybody(both[0] & both[1]), lambda home: "重复参保"


def _lapsed(t: Truth, rows: pa.Table) -> Flags:
    return is_true(rows, "insured") & (rows["insured_year"].to_numpy() < t.county.as_of.year)


def _without_placement(t: Truth) -> Found:
    people = t.county.people
    due = (people.age >= t.at.school_age_from) & (people.age <= t.at.school_age_to)
    nowhere = people.without_roll | people.dropped_out
    return t.anybody(nowhere & people.disabled & due), lambda home: "残疾儿童没有入学安排"


def _taught_too_little(t: Truth, rows: pa.Table) -> Flags:
    short = rows["lessons_given"].to_numpy() < rows["lessons_planned"].to_numpy()
    return short | (rows["visits"].to_numpy() < t.at.number("home_teaching_visits"))


def _school_cost(t: Truth, rows: pa.Table) -> Flags:
    paid = is_code(rows, "stage", "senior", "vocational")
    return paid & (rows["own_cost"].to_numpy() > t.at.number("school_cost_high"))


def _absent(t: Truth, rows: pa.Table) -> Flags:
    return is_code(rows, "status", "enrolled") & (rows["absent_days"].to_numpy() > t.at.number("absent_days_limit"))


def _relief_large(t: Truth, rows: pa.Table) -> Flags:
    large = rows["amount"].to_numpy() >= t.at.number("relief_large")
    return is_code(rows, "kind", "temporary_relief") & large & t.since(rows, "paid_on", "relief_months")


def _slow(t: Truth, rows: pa.Table) -> Flags:
    begun = days_of(rows, "rebuild_started_on") <= t.days_ago(int(t.at.number("rebuild_months")) + 1)
    return is_code(rows, "rebuild_status", "in_progress") & begun


def _inhabited(t: Truth, rows: pa.Table) -> Flags:
    dangerous = is_code(rows, "housing_grade", "C", "D") & ~is_code(rows, "rebuild_status", "done", "not_needed")
    return dangerous & is_true(rows, "lives_in") & ~is_true(rows, "only_home")


def _suspicious(t: Truth, rows: pa.Table) -> Flags:
    waiting = days_of(rows, "patrolled_on") < _today(t) - t.at.number("housing_assess_days")
    return is_code(rows, "hazard", "suspicious") & ~rows["appraised_on"].is_valid().to_numpy() & waiting


def _hard_water(t: Truth, rows: pa.Table) -> Flags:
    far = rows["fetch_minutes"].to_numpy() > t.at.number("water_fetch_minutes")
    return far | (rows["assurance_ratio"].to_numpy() < t.at.number("water_assurance_min"))


def _farm_loss(t: Truth, rows: pa.Table) -> Flags:
    heavy = rows["loss_ratio"].to_numpy() > t.at.number("farm_loss_yellow")
    return heavy & t.since(rows, "happened_on", "farm_loss_months")


def _unpaid(t: Truth, rows: pa.Table) -> Flags:
    late = days_of(rows, "due_on") < _today(t) - t.at.number("benefit_unpaid_days")
    return late & ~rows["paid_on"].is_valid().to_numpy()


def _post_ended(t: Truth) -> Found:
    rows = t.tables["public_post"]
    ended = is_code(rows, "post_status", "ended") & t.since(rows, "left_on", "public_post_months")
    serving = t.persons("public_post", is_code(rows, "post_status", "serving"))
    return t.anybody(t.persons("public_post", ended) & ~serving), lambda home: "公益性岗位到期"


def _unanswered(t: Truth, rows: pa.Table) -> Flags:
    late = days_of(rows, "called_on") < _today(t) - t.at.number("hotline_reply_days")
    return late & ~rows["replied_on"].is_valid().to_numpy()


def _overdue(t: Truth) -> Found:
    rows = t.tables["measure"]
    late = (days_of(rows, "due_on") < _today(t)) & ~rows["done_on"].is_valid().to_numpy()
    return t.homes(t.persons("measure", late)) & t.county.monitoring.enrolled, lambda home: "措施逾期"


_ANSWERS = {
    "illness": ("health", "social", "safety_net"),
    "schooling": ("compulsory_education", "education_aid", "social"),
    "disability": ("safety_net", "social"),
    "unsafe_housing": ("housing", "relocation"),
    "unsafe_water": ("water",),
}


def _risk_without_measure(t: Truth) -> Found:
    monitoring, rows = t.county.monitoring, t.tables["measure"]
    wanting = ~t.homes(t.persons("measure", np.ones(rows.num_rows, dtype=np.bool_)))
    for risk, groups in _ANSWERS.items():
        number = RISKS.index(risk)
        has = (monitoring.risk_1 == number) | (monitoring.risk_2 == number)
        wanting = wanting | (has & ~t.homes(t.persons("measure", is_code(rows, "measure_group", *groups))))
    return wanting & monitoring.enrolled, lambda home: "有风险没有对应措施"


def _exited_too_early(t: Truth) -> Found:
    monitoring = t.county.monitoring
    begun, ended = (
        days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        for days in (monitoring.enrolled_day, monitoring.exited_day)
    )
    early = ended - begun < t.at.number("exit_least_months")
    return (monitoring.type >= 0) & (monitoring.exited_day >= 0) & early, lambda home: "监测不满期限就消除风险"


def _no_labour_cleared(t: Truth) -> Found:
    monitoring = t.county.monitoring
    cleared = (monitoring.type >= 0) & (monitoring.exited_day >= 0)
    return cleared & monitoring.nobody_able, lambda home: "整户无劳动能力却消除风险"


ROW_KINDS: dict[str, Kind] = {
    "public_security.traffic_accident": _rows("traffic_accident", _accident, "交通事故伤亡"),
    "public_security.earner_in_custody": _earner_in_custody,
    "public_security.dead_still_listed": _dead_still_listed,
    "health.earner_died": _earner_died,
    "health.severe_mental": _rows("severe_mental", _neglected, "严重精神障碍未规范治疗"),
    "health.major_disease_untreated": _rows("health_disease", _untreated, "大病未救治"),
    "medical.reimbursement_refused": _rows(
        "medical_settlement",
        lambda t, rows: is_true(rows, "refused") & t.since(rows, "settled_on", "refused_months"),
        "拒付",
    ),
    "medical.insurance_lapsed": _rows("medical_enrolment", _lapsed, "今年未续保"),
    "medical.insured_twice": _insured_twice,
    "education.absent_days": _rows("school_roll", _absent, "缺课多日"),
    "education.home_teaching_short": _rows("home_teaching", _taught_too_little, "送教不足"),
    "education.own_cost_high": _rows("school_roll", _school_cost, "教育支出高"),
    "education.disabled_without_placement": _without_placement,
    "civil.de_facto_orphan": _rows(
        "civil_assistance",
        lambda t, rows: is_code(rows, "kind", "de_facto_orphan") & t.since(rows, "paid_on", "assistance_months"),
        "事实无人抚养儿童",
        unless_enrolled=True,
    ),
    "civil.dibao_new": _rows(
        "civil_assistance",
        lambda t, rows: is_code(rows, "kind", "minimum_living") & t.since(rows, "granted_on", "new_event_months"),
        "新纳入低保",
        unless_enrolled=True,
    ),
    "civil.dibao_stopped": _rows(
        "civil_assistance",
        lambda t, rows: is_code(rows, "kind", "minimum_living") & t.since(rows, "stopped_on", "dibao_stop_months"),
        "低保停发",
    ),
    "civil.relief_large": _rows("civil_assistance", _relief_large, "大额临时救助"),
    "housing.rebuilding_slow": _rows("housing_appraisal", _slow, "改造超期"),
    "housing.dangerous_house_inhabited": _rows("housing_appraisal", _inhabited, "有房仍住危房"),
    "housing.suspicious_not_appraised": _rows("housing_patrol", _suspicious, "疑似危房未鉴定"),
    "water.hard_to_get": _rows("water_supply", _hard_water, "取水困难"),
    "water.too_little": _rows(
        "water_supply", lambda t, rows: rows["litres_per_day"].to_numpy() < t.at.number("water_litres_min"), "水量不足"
    ),
    "agriculture.farm_loss": _rows("farm_loss", _farm_loss, "种养损失"),
    "agriculture.microcredit_overdue": _rows(
        "microcredit", _over("overdue_days", "microcredit_overdue_yellow"), "小额信贷逾期"
    ),
    "agriculture.benefit_unpaid": _rows("benefit_link", _unpaid, "分红租金未兑付"),
    "market.business_failed": _rows(
        "business_registration",
        lambda t, rows: (
            is_code(rows, "business_status", "bankrupt", "revoked")
            & t.since(rows, "ended_on", "business_failure_months")
        ),
        "经营主体破产",
    ),
    "insurance.poverty_claim": _rows(
        "poverty_insurance_claim", lambda t, rows: t.since(rows, "paid_on", "poverty_claim_months"), "防贫保险理赔"
    ),
    "insurance.credit_overdue": _rows("credit_overdue", _over("overdue_days", "credit_overdue_limit"), "贷款逾期"),
    "complaints.hardship_call": _rows(
        "hotline",
        lambda t, rows: is_code(rows, "topic", "hardship") & t.since(rows, "called_on", "hotline_months"),
        "反映生活困难",
    ),
    "complaints.unanswered": _rows("hotline", _unanswered, "诉求未答复"),
    "employment.public_post_ended": _post_ended,
    "employment.workshop_closed": _rows(
        "assistance_workshop",
        lambda t, rows: is_code(rows, "workshop_status", "closed") & t.since(rows, "closed_on", "workshop_months"),
        "帮扶车间关停",
    ),
    "monitoring.measure_overdue": _overdue,
    "monitoring.risk_without_measure": _risk_without_measure,
    "monitoring.exited_too_early": _exited_too_early,
    "monitoring.no_labour_cleared": _no_labour_cleared,
}
