"""The code lists of the field, as the national registry and the departments use them.

Source: domain-facts section I (national export columns), then the glossary and section 7 of the domain page. The
identifier (`.value`) is what data, rules and addresses use; it is never shown to people. The lists stand in files by
what they are about; all are reached from here.
"""

from typing import Final

from doudi.standards.code_list import CodeList, folded
from doudi.standards.codes.duties import (
    Channel,
    CheckSeverity,
    CheckTopic,
    Department,
    EntitlementState,
    Level,
    PolicyArea,
)
from doudi.standards.codes.households import (
    ClearMode,
    DevelopmentStatus,
    HouseholdType,
    HousingGrade,
    MonitorType,
    RiskType,
    RoadType,
)
from doudi.standards.codes.persons import (
    AbsenceReason,
    DisabilityGrade,
    DisabilityKind,
    Education,
    HealthCondition,
    IdType,
    PersonStatus,
    Politics,
    Relation,
    Sex,
    StudentStatus,
)
from doudi.standards.codes.work import JobChannel, Labour, PublicJob, WorkArea, WorkConflict

__all__ = [
    "CODE_LISTS", "AbsenceReason", "Channel", "CheckSeverity", "CheckTopic", "ClearMode", "CodeList",
    "Department", "DevelopmentStatus", "DisabilityGrade", "DisabilityKind", "Education", "EntitlementState",
    "HealthCondition", "HouseholdType", "HousingGrade", "IdType", "JobChannel", "Labour", "Level", "MonitorType",
    "PersonStatus", "PolicyArea", "Politics", "PublicJob", "Relation", "RiskType", "RoadType", "Sex",
    "StudentStatus", "WorkArea", "WorkConflict", "find", "folded",
]  # fmt: skip

CODE_LISTS: Final[dict[str, type[CodeList]]] = {
    "household_type": HouseholdType,
    "monitor_type": MonitorType,
    "risk_type": RiskType,
    "clear_mode": ClearMode,
    "dev_status": DevelopmentStatus,
    "sex": Sex,
    "id_type": IdType,
    "relation": Relation,
    "politics": Politics,
    "education": Education,
    "student_status": StudentStatus,
    "absence_reason": AbsenceReason,
    "health_condition": HealthCondition,
    "disability_kind": DisabilityKind,
    "disability_grade": DisabilityGrade,
    "labour": Labour,
    "work_area": WorkArea,
    "job_channel": JobChannel,
    "public_job": PublicJob,
    "person_status": PersonStatus,
    "housing_grade": HousingGrade,
    "road_type": RoadType,
    "level": Level,
    "channel": Channel,
    "department": Department,
    "policy_area": PolicyArea,
    "entitlement_state": EntitlementState,
    "check_topic": CheckTopic,
    "work_conflict": WorkConflict,
    "check_severity": CheckSeverity,
}
"""Every list by the name under which column contracts and pages ask for it."""


def find(list_name: str, text: str) -> CodeList | None:
    """The member of a list that a text names by label, alias or identifier. Raises KeyError for an unknown list."""
    return CODE_LISTS[list_name].named(text)
