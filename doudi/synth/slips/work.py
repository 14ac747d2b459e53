"""Slips in work, public-welfare posts and labour capacity."""

from doudi.synth.slips.recipes import Slip, blank, household, person

_WORKS = "work_months > 0 AND public_job IS NULL"
_IDLE = "work_months = 0 AND labour IN ('ordinary', 'weak') AND age BETWEEN 20 AND 65 AND NOT student"
_POST = "public_job IS NOT NULL"
_AWAY = {"work_area": "'township'", "wage_month": "1800", "employer": "'示例装饰有限公司'", "job_channel": "'self'"}
_WORKING = {"work_months": "5", **_AWAY}

WORK: tuple[Slip, ...] = (
    person("work.months_over_year", _WORKS, {"work_months": "work_months + 12"}),
    person("work.months_without_capacity", f"{_WORKS} AND age < 60", {"labour": "'none'"}),
    person("work.months_under_age", "age BETWEEN 12 AND 15 AND students > 1", _WORKING),
    person("work.pupil_works", "student_status IN ('senior_1', 'senior_2', 'vocational_1') AND age >= 16", _WORKING),
    person("work.months_without_place", _WORKS, blank("work_area")),
    person("work.place_without_months", _WORKS, blank("work_months", "wage_month", "employer")),
    person("work.months_without_wage", _WORKS, blank("wage_month")),
    person("work.wage_without_months", _WORKS, blank("work_months", "work_area", "employer")),
    person("work.months_without_employer", _WORKS, blank("employer")),
    person("work.months_without_channel", _WORKS, blank("job_channel")),
    person("work.wage_impossible", _WORKS, {"wage_month": "wage_month * 12 + 20000"}),
    person("work.wage_low", _WORKS, {"wage_month": "200"}),
    person("work.local_job_far_away", f"{_WORKS} AND work_area = 'other_province'", {"job_channel": "'workshop'"}),
    person("work.post_far_away", _POST, {"work_area": "'other_province'", "job_channel": "'self'"}),
    person(
        "work.post_age",
        "work_months = 0 AND age >= 71 AND age < 75 AND labour = 'weak' AND posts = 0",
        {**_WORKING, "public_job": "'cleaner'", "public_job_months": "5", "job_channel": "'public_job'"},
    ),
    person("work.post_without_capacity", _POST, {"labour": "'lost'"}),
    person("work.post_without_months", _POST, blank("public_job_months")),
    person("work.post_months_without_post", _WORKS, {"public_job_months": "3"}),
    person("work.post_months_over_work", _POST, {"work_months": "4"}),
    person(
        "work.channel_of_post_without_post", f"{_WORKS} AND work_area = 'township'", {"job_channel": "'public_job'"}
    ),
    person(
        "work.posts_too_many",
        f"posts = 1 AND {_IDLE}",
        {**_WORKING, "public_job": "'cleaner'", "public_job_months": "5", "job_channel": "'public_job'"},
    ),
    person(
        "work.months_after_leaving",
        f"{_WORKS} AND relation IN ('son', 'daughter')",
        {"status": "'in_prison'", "status_on": "DATE '2021-09-09'"},
    ),
    person("work.tekun_works", f"{_WORKS} AND age < 60", {"extreme_hardship": "TRUE"}),
    person("work.very_old_works", "age >= 76 AND work_months = 0", _WORKING),
    person("work.employer_without_months", _IDLE, {"employer": "'示例装饰有限公司'"}),
)

LABOUR: tuple[Slip, ...] = (
    person("labour.blank", "work_months = 0", blank("labour")),
    person("labour.child_with_capacity", "age BETWEEN 12 AND 15", {"labour": "'ordinary'"}),
    person("labour.pupil_with_capacity", "student AND age >= 17", {"labour": "'skilled'"}),
    person(
        "labour.healthy_without_capacity",
        "age BETWEEN 25 AND 50 AND healthy AND work_months = 0 AND NOT student",
        {"labour": "'none'"},
    ),
    person(
        "labour.severely_disabled_full",
        "disability_grade IN ('1', '2') AND age BETWEEN 20 AND 70",
        {"labour": "'ordinary'"},
    ),
    person("labour.very_old_full", "age >= 76", {"labour": "'ordinary'"}),
    household("labour.household_told_unable", "fully_able > 0 AND monitor_type IS NULL", {"dev_status": "'no_labour'"}),
)
