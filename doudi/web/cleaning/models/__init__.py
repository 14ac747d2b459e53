"""What checks found in the registry, what people did about it, and every cell that was changed on the way."""

from doudi.web.cleaning.models.corrections import Correction, CorrectionBatch, How
from doudi.web.cleaning.models.figures import CleanFigure, IssueTally
from doudi.web.cleaning.models.issues import (
    STANDING,
    CleaningRun,
    Exemption,
    Issue,
    IssueEvent,
    IssueState,
    IssueStep,
    RunState,
    Severity,
)
from doudi.web.cleaning.models.tasks import Task, TaskState

__all__ = [
    "STANDING",
    "CleanFigure",
    "CleaningRun",
    "Correction",
    "CorrectionBatch",
    "Exemption",
    "How",
    "Issue",
    "IssueEvent",
    "IssueState",
    "IssueStep",
    "IssueTally",
    "RunState",
    "Severity",
    "Task",
    "TaskState",
]
