"""What each role may do: one table, read by pages, services, tests and the documentation."""

from enum import Enum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A duty a person holds through a post. The last three are separate on purpose (三员分立)."""

    VILLAGE_CADRE = "village_cadre", _("村干部、网格员、驻村工作队")
    TOWNSHIP_OFFICER = "township_officer", _("乡镇干部")
    DEPARTMENT_OFFICER = "department_officer", _("行业部门干部")
    COUNTY_OFFICER = "county_officer", _("县乡村振兴服务中心")
    LEADER = "leader", _("领导小组")
    UPPER_VIEWER = "upper_viewer", _("省、市")
    SYSTEM_ADMIN = "system_admin", _("系统管理员")
    SECURITY_ADMIN = "security_admin", _("安全管理员")
    AUDITOR = "auditor", _("审计管理员")


class Action(Enum):
    """One thing a person may do. PUBLIC needs no sign-in, SIGNED_IN no particular post."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    FIGURES_SEE = "figures.see"
    HOUSEHOLD_SEE = "household.see"
    HOUSEHOLD_UNMASK = "household.unmask"
    CLUE_SEE = "clue.see"
    CLUE_EXPORT = "clue.export"
    INTAKE_SEE = "intake.see"
    INTAKE_FEED = "intake.feed"
    INTAKE_REGISTRY = "intake.registry"
    INTAKE_UNDO = "intake.undo"
    SCREENING_SEE = "screening.see"
    SCREENING_RUN = "screening.run"
    JOB_SEE = "job.see"
    RULES_SEE = "rules.see"
    RULES_DRAFT = "rules.draft"
    RULES_REVIEW = "rules.review"
    RULES_APPROVE = "rules.approve"
    TRIAL_SEE = "trial.see"
    TRIAL_RUN = "trial.run"
    EMPLOYMENT_SEE = "employment.see"
    CLEANING_SEE = "cleaning.see"
    CLEANING_CORRECT = "cleaning.correct"
    CLEANING_SEND = "cleaning.send"
    CLEANING_EXEMPT = "cleaning.exempt"
    CLEANING_RUN = "cleaning.run"
    CLEANING_EXPORT = "cleaning.export"
    MATCH_SEE = "match.see"
    MATCH_DECIDE = "match.decide"
    DUPLICATE_DECIDE = "duplicate.decide"
    AUDIT_SEE = "audit.see"
    AUDIT_VERIFY = "audit.verify"
    ACCOUNT_MANAGE = "account.manage"
    POST_MANAGE = "post.manage"


_LOOK = {Action.FIGURES_SEE, Action.HOUSEHOLD_SEE, Action.CLUE_SEE, Action.RULES_SEE, Action.EMPLOYMENT_SEE}
_MEND = {Action.CLEANING_SEE, Action.CLEANING_CORRECT}

PERMISSIONS: dict[Role, frozenset[Action]] = {
    Role.VILLAGE_CADRE: frozenset({*_LOOK, *_MEND, Action.HOUSEHOLD_UNMASK, Action.CLUE_EXPORT}),
    Role.TOWNSHIP_OFFICER: frozenset(
        {
            *_LOOK,
            *_MEND,
            Action.HOUSEHOLD_UNMASK,
            Action.CLUE_EXPORT,
            Action.SCREENING_SEE,
            Action.CLEANING_SEND,
        }
    ),
    Role.DEPARTMENT_OFFICER: frozenset(
        {
            *_LOOK,
            Action.CLUE_EXPORT,
            Action.INTAKE_SEE,
            Action.INTAKE_FEED,
            Action.INTAKE_UNDO,
            Action.JOB_SEE,
            Action.RULES_DRAFT,
            Action.MATCH_SEE,
            Action.MATCH_DECIDE,
            Action.RULES_REVIEW,
            Action.CLEANING_SEE,
        }
    ),
    Role.COUNTY_OFFICER: frozenset(
        {
            *_LOOK,
            *_MEND,
            Action.CLEANING_SEND,
            Action.CLEANING_EXEMPT,
            Action.CLEANING_RUN,
            Action.CLEANING_EXPORT,
            Action.HOUSEHOLD_UNMASK,
            Action.CLUE_EXPORT,
            Action.INTAKE_SEE,
            Action.INTAKE_FEED,
            Action.INTAKE_REGISTRY,
            Action.INTAKE_UNDO,
            Action.SCREENING_SEE,
            Action.SCREENING_RUN,
            Action.TRIAL_SEE,
            Action.TRIAL_RUN,
            Action.JOB_SEE,
            Action.RULES_DRAFT,
            Action.RULES_REVIEW,
            Action.MATCH_SEE,
            Action.MATCH_DECIDE,
            Action.DUPLICATE_DECIDE,
            Action.RULES_APPROVE,
        }
    ),
    Role.LEADER: frozenset({*_LOOK, Action.SCREENING_SEE, Action.TRIAL_SEE, Action.CLEANING_SEE}),
    Role.UPPER_VIEWER: frozenset({*_LOOK, Action.SCREENING_SEE, Action.CLEANING_SEE}),
    Role.SYSTEM_ADMIN: frozenset({Action.ACCOUNT_MANAGE, Action.RULES_SEE}),
    Role.SECURITY_ADMIN: frozenset({Action.POST_MANAGE, Action.RULES_SEE}),
    Role.AUDITOR: frozenset({Action.AUDIT_SEE, Action.AUDIT_VERIFY, Action.RULES_SEE}),
}
