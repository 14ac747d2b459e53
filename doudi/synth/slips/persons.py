"""Slips in schooling, health, disability, insurance and allowances."""

from doudi.synth.slips.recipes import Slip, blank, household, person

_SHORT = "left(disability_certificate, 18)"
_SOMEBODY = "(SELECT arg_max(resident_id, place) FROM persons d WHERE d.active)"
_OTHER_KIND = "CASE {0} WHEN 'limb' THEN 'sight' ELSE 'limb' END"
_OTHER_GRADE = "CASE {0} WHEN '1' THEN '3' ELSE '1' END"
_NO_DISABILITY = {"disability_certificate": "NULL", "disability_kind": "NULL", "disability_grade": "NULL"}
_JUNIOR = "student_status IN ('grade_7', 'grade_8', 'grade_9')"

SCHOOL: tuple[Slip, ...] = (
    person("school.both_filled", "student AND age >= 16", {"education": "'junior_middle'"}),
    person("school.both_blank", "NOT student AND age >= 30", blank("education")),
    person(
        "school.before_school_too_old",
        "age BETWEEN 8 AND 11 AND healthy AND student",
        {"student_status": "'preschool'"},
    ),
    person("school.primary_age", "student AND age >= 17", {"student_status": "'primary'"}),
    person("school.junior_age", "student_status = 'primary' AND age <= 9", {"student_status": "'grade_8'"}),
    person("school.senior_age", "student_status = 'grade_7' AND age <= 13", {"student_status": "'senior_2'"}),
    person(
        "school.college_age",
        "student_status IN ('senior_1', 'vocational_1') AND age <= 16",
        {"student_status": "'university_1'"},
    ),
    person(
        "school.postgraduate_age",
        "student_status IN ('senior_2', 'senior_3') AND age <= 18",
        {"student_status": "'postgraduate'"},
    ),
    person("school.little_schooling", "NOT student AND age BETWEEN 18 AND 22", {"education": "'primary'"}),
    person(
        "school.absent_without_reason", "student_status = 'primary' AND age BETWEEN 8 AND 12", blank("student_status")
    ),
    person(
        "school.reason_against_health",
        "student_status = 'primary' AND age BETWEEN 8 AND 12 AND healthy",
        {"student_status": "NULL", "absence_reason": "'illness'"},
    ),
    person("school.reason_at_school", "student_status = 'primary'", {"absence_reason": "'deferred'"}),
    person("school.level_too_young", "NOT student AND age BETWEEN 16 AND 18", {"education": "'university'"}),
    person(
        "school.dropped_out_by_roll",
        "absence_reason = 'dropped_out'",
        {"student_status": "'grade_8'", "absence_reason": "NULL"},
    ),
    person("school.on_roll_not_told", f"{_JUNIOR} AND age < 16", blank("student_status")),
    person(
        "school.stage_against_roll",
        "student_status IN ('senior_1', 'senior_2') AND age <= 18",
        {"student_status": "'vocational_2'"},
    ),
    person("school.dropout_not_flagged", "absence_reason = 'dropped_out'", {"household.education_problem": "FALSE"}),
)

HEALTH: tuple[Slip, ...] = (
    person("health.healthy_and_ill", "healthy AND age >= 20", {"health": "['healthy', 'chronic_disease']"}),
    person("health.blank", "healthy", blank("health")),
    person("health.disabled_without_certificate", "disabled_too", blank("disability_certificate")),
    person("health.certificate_without_disabled", "disabled_too AND len(health) = 1", {"health": "['healthy']"}),
    person("health.kind_without_grade", "disabled_too", blank("disability_grade")),
    person("health.grade_without_kind", "disabled_too", blank("disability_kind")),
    person(
        "health.kind_against_certificate", "disabled_too", {"disability_kind": _OTHER_KIND.format("disability_kind")}
    ),
    person(
        "health.grade_against_certificate",
        "disabled_too",
        {"disability_grade": _OTHER_GRADE.format("disability_grade")},
    ),
    person(
        "health.certificate_of_other",
        "disabled_too AND home < (SELECT max(home) FROM persons)",
        {"disability_certificate": f"{_SOMEBODY} || right(disability_certificate, 2)"},
    ),
    person("health.certificate_unsound", "disabled_too", {"disability_certificate": f"{_SHORT} || '9'"}),
    person(
        "health.kind_without_disability",
        "healthy AND age >= 20",
        {"disability_kind": "'limb'", "disability_grade": "'4'"},
    ),
    person(
        "health.certified_not_told", "disabled_too AND len(health) = 1", {"health": "['healthy']", **_NO_DISABILITY}
    ),
    person(
        "health.kind_against_federation",
        "disabled_too",
        {"disability_kind": _OTHER_KIND.format("disability_kind"), "disability_certificate": "NULL"},
    ),
    person(
        "health.grade_against_federation",
        "disabled_too",
        {"disability_grade": _OTHER_GRADE.format("disability_grade"), "disability_certificate": "NULL"},
    ),
    Slip(
        "health.certificate_expired",
        "disability_certificate",
        "active AND expires_on IS NOT NULL AND disability_certificate IS NOT NULL",
        {"expires_on": "DATE '2023-02-01'", "issued_on": "DATE '2013-02-01'"},
    ),
    person("health.major_disease_not_told", "list_contains(health, 'major_disease')", {"health": "['healthy']"}),
    person(
        "health.chronic_disease_not_told",
        "list_contains(health, 'chronic_disease') AND len(health) = 1",
        {"health": "['healthy']"},
    ),
)

INSURANCE: tuple[Slip, ...] = (
    person("insurance.both_schemes", "insured_medical_resident AND age >= 18", {"insured_medical_worker": "TRUE"}),
    person(
        "insurance.blank",
        "insured_medical",
        blank("insured_medical", "insured_medical_resident", "insured_medical_worker"),
    ),
    person(
        "insurance.insured_by_list",
        "insured_medical AND NOT medical_aid",
        {
            "insured_medical": "FALSE",
            "insured_medical_resident": "FALSE",
            "insured_medical_worker": "FALSE",
            "insured_serious": "FALSE",
            "household.uninsured_member": "TRUE",
        },
    ),
    person(
        "insurance.uninsured_by_list",
        "NOT insured_medical",
        {"insured_medical": "TRUE", "insured_medical_resident": "TRUE", "household.uninsured_member": "FALSE"},
    ),
    person("insurance.aid_without_insurance", "NOT insured_medical", {"medical_aid": "TRUE"}),
    person("insurance.serious_without_basic", "NOT insured_medical", {"insured_serious": "TRUE"}),
    household("insurance.uninsured_not_flagged", "uninsured_member", {"uninsured_member": "FALSE"}),
    household("insurance.flag_without_uninsured", "NOT uninsured_member", {"uninsured_member": "TRUE"}),
    person("insurance.dibao_and_tekun", "minimum_living", {"extreme_hardship": "TRUE"}),
    person("insurance.dibao_not_told", "minimum_living", {"minimum_living": "FALSE"}),
    person(
        "insurance.dibao_not_listed",
        "NOT minimum_living AND NOT extreme_hardship AND age > 30",
        {"minimum_living": "TRUE"},
    ),
    person("insurance.tekun_not_told", "extreme_hardship", {"extreme_hardship": "FALSE"}),
    person(
        "insurance.tekun_able",
        "NOT extreme_hardship AND healthy AND age BETWEEN 25 AND 55 AND work_months = 0 AND NOT student",
        {"extreme_hardship": "TRUE"},
    ),
    person(
        "insurance.pension_under_age",
        "age BETWEEN 8 AND 15",
        {"insured_pension": "TRUE", "insured_pension_resident": "TRUE"},
    ),
    person("insurance.both_pensions", "insured_pension_resident AND age >= 18", {"insured_pension_worker": "TRUE"}),
    person(
        "insurance.child_in_worker_scheme",
        "insured_medical_resident AND age BETWEEN 6 AND 15",
        {"insured_medical_worker": "TRUE", "insured_medical_resident": "FALSE"},
    ),
)

CONDITIONS: tuple[Slip, ...] = (
    household(
        "housing.dangerous_with_safe_grade",
        "NOT dangerous_house AND monitor_type IS NULL AND housing_grade IN ('A', 'B')",
        {"dangerous_house": "TRUE"},
    ),
    household("housing.bad_grade_not_dangerous", "dangerous_house", {"dangerous_house": "FALSE"}),
    household("housing.grade_blank", "NOT dangerous_house", blank("housing_grade")),
    household("housing.relocated_without_site", "relocated", blank("resettlement_site")),
    household("housing.site_without_relocation", "NOT relocated", {"resettlement_site": "'示例安置区'"}),
    household(
        "housing.problem_without_risk", "monitor_type IS NOT NULL AND NOT housing_problem", {"housing_problem": "TRUE"}
    ),
    household("housing.appraised_worse", "appraised_dangerous", {"housing_grade": "'B'", "dangerous_house": "FALSE"}),
    household("housing.area_blank", "TRUE", blank("house_area")),
    household("housing.area_odd", "TRUE", {"house_area": "house_area + 900"}),
    household("housing.road_far", "TRUE", {"road_km": "80"}),
    household("housing.land_too_large", "TRUE", {"land_farm": "land_farm * 667 + 300"}),
    household("housing.land_blank", "TRUE", blank("land_farm")),
    household("housing.conditions_blank", "TRUE", blank("sanitary_toilet")),
    household("housing.no_electricity", "TRUE", {"electricity": "FALSE"}),
    household("water.blank", "safe_water", blank("safe_water")),
    household(
        "water.problem_without_risk", "monitor_type IS NOT NULL AND NOT water_problem", {"water_problem": "TRUE"}
    ),
    household(
        "water.supply_fails", "listed_failing AND monitor_type IS NOT NULL OR listed_failing", {"safe_water": "TRUE"}
    ),
    household("water.supply_good", "listed_good AND safe_water", {"safe_water": "FALSE"}),
)
