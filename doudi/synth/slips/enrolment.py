"""Slips in whether, why and since when a household is monitored, and in what is done for it."""

from doudi.synth.slips.recipes import Change, Slip, household

_NEVER = "monitor_type IS NULL AND household_type = 'ordinary'"


def _enrolled(risk: str | None = None, **more: Change) -> dict[str, Change]:
    """The cells of a household that is monitored since last winter, for one risk."""
    first = "NULL" if risk is None else f"'{risk}'"
    return {
        "monitor_type": "'marginal'",
        "enrolled_month": "'2023-01'",
        "risk_1": first,
        "risk_cleared": "FALSE",
        "helper_name": "'李帮扶'",
        "helper_phone": "'19900002222'",
    } | more


def _cleared(month: str, **more: Change) -> dict[str, Change]:
    """The cells of a household that was monitored for an accident until a month."""
    return _enrolled("accident", risk_cleared="TRUE", exited_month=month, clear_mode="'by_assistance'") | more


_FIRST_MONITORED = "(SELECT min(home) FROM homes WHERE monitored)"

MONITORING: tuple[Slip, ...] = (
    household("monitoring.clear_mode_early", _NEVER, {"clear_mode": "'by_assistance'"}),
    household("monitoring.clear_mode_missing", _NEVER, _cleared("'2023-06'", clear_mode="NULL")),
    household("monitoring.cleared_not_enrolled", _NEVER, {"risk_cleared": "TRUE", "clear_mode": "'natural'"}),
    household("monitoring.cleared_without_month", _NEVER, _cleared("NULL")),
    household("monitoring.disability_without_disabled", f"{_NEVER} AND disabled = 0", _enrolled("disability")),
    household(
        "monitoring.employment_nobody_able",
        f"{_NEVER} AND able = 0 AND members > 0",
        _enrolled("unstable_employment", no_labour_flag="TRUE"),
    ),
    household("monitoring.enrolled_in_future", _NEVER, _enrolled("accident", enrolled_month="'2031-05'")),
    household("monitoring.enrolled_without_month", _NEVER, _enrolled("accident", enrolled_month="NULL")),
    household("monitoring.exit_before_enrolment", _NEVER, _cleared("'2022-01'")),
    household("monitoring.exited_in_future", _NEVER, _cleared("'2031-01'")),
    household(
        "monitoring.helper_too_many",
        "left(region_code, 9) = (SELECT left(arg_min(region_code, home), 9) FROM homes WHERE monitored)",
        {"helper_name": "'王多帮'"},
        least=17,
        first=f"CASE WHEN home = {_FIRST_MONITORED} THEN 0 WHEN monitored THEN 2 ELSE 1 END",
        hits="CASE WHEN monitored THEN household_no END",
    ),
    household("monitoring.helper_without_phone", _NEVER, _enrolled("accident", helper_phone="NULL")),
    household(
        "monitoring.housing_risk_safe_house", f"{_NEVER} AND housing_grade IN ('A', 'B')", _enrolled("unsafe_housing")
    ),
    household("monitoring.illness_without_ill", f"{_NEVER} AND ill = 0", _enrolled("illness")),
    household(
        "monitoring.labour_short_though_able",
        f"{_NEVER} AND able >= 2 AND able = members",
        _enrolled("labour_shortage"),
    ),
    household("monitoring.marginal_alleviated", _NEVER, _enrolled("accident", household_type="'alleviated'")),
    household("monitoring.month_without_category", _NEVER, {"enrolled_month": "'2023-01'"}),
    household("monitoring.month_without_clearing", _NEVER, _enrolled("accident", exited_month="'2023-06'")),
    household("monitoring.no_labour_though_able", f"{_NEVER} AND able >= 2", {"no_labour_flag": "TRUE"}),
    household(
        "monitoring.no_labour_unflagged",
        f"{_NEVER} AND able = 0 AND members > 0",
        _enrolled("accident", no_labour_flag="FALSE"),
    ),
    household("monitoring.other_without_note", _NEVER, _enrolled("other")),
    household(
        "monitoring.problem_not_enrolled",
        f"{_NEVER} AND NOT dangerous_house AND safe_water",
        {"dangerous_house": "TRUE", "housing_grade": "'D'"},
    ),
    household("monitoring.risk_missing", _NEVER, _enrolled()),
    household("monitoring.risk_twice", _NEVER, _enrolled("accident", risk_2="'accident'")),
    household("monitoring.schooling_without_pupil", f"{_NEVER} AND students = 0", _enrolled("schooling")),
    household(
        "monitoring.unstable_not_alleviated", _NEVER, _enrolled("accident", monitor_type="'unstable_alleviated'")
    ),
    household(
        "monitoring.water_risk_safe_water", f"{_NEVER} AND safe_water", _enrolled("unsafe_water", water_problem="TRUE")
    ),
)

MEASURES: tuple[Slip, ...] = (
    Slip("measure.yulu_without_student", "measure", "technical = 0", {"measure_name": "'雨露计划'"}),
    Slip("measure.out_work_nobody_out", "measure", "out_workers = 0", {"measure_name": "'外出务工补贴'"}),
    Slip("measure.allowance_nobody", "measure", "relieved = 0 AND disabled = 0", {"measure_name": "'纳入低保'"}),
    Slip(
        "measure.post_nobody",
        "measure",
        "posts = 0",
        {"measure_group": "'public_post'", "measure_name": "'公益性岗位'"},
    ),
    Slip(
        "measure.education_without_student",
        "measure",
        "students = 0",
        {"measure_group": "'education_aid'", "measure_name": "'教育资助'"},
    ),
    Slip(
        "measure.health_without_patient",
        "measure",
        "ill = 0 AND disabled = 0",
        {"measure_group": "'health'", "measure_name": "'家庭医生签约服务'"},
    ),
    Slip("measure.before_enrolment", "measure", "monitored", {"started_on": "started_on - 900"}),
    Slip(
        "measure.after_exit",
        "measure",
        "exited_month IS NOT NULL AND exited_month < '2023-06'",
        {"household.enrolled_month": "'2018-01'", "household.exited_month": "'2019-02'"},
    ),
    Slip(
        "measure.development_not_in_ledger",
        "measure",
        "monitored AND dev_status = 'not_yet'",
        {"household.dev_status": "'carried_out'"},
    ),
    Slip(
        "measure.development_not_told",
        "measure",
        "monitored AND measure_group IN ('industry', 'employment')",
        {"household.dev_status": "'not_yet'"},
    ),
    Slip(
        "measure.housing_done_still_dangerous",
        "measure",
        "done_on IS NOT NULL",
        {
            "measure_group": "'housing'",
            "measure_name": "'危房改造'",
            "effect": "'good'",
            "household.dangerous_house": "TRUE",
            "household.housing_grade": "'D'",
        },
    ),
    Slip(
        "measure.water_done_still_unsafe",
        "measure",
        "done_on IS NOT NULL",
        {
            "measure_group": "'water'",
            "measure_name": "'供水管网维修'",
            "effect": "'good'",
            "household.safe_water": "FALSE",
        },
    ),
)
