"""Writing the audit log and checking that nobody rewrote it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from django.db import transaction
from django.utils import timezone

from doudi.web.audit.models import AuditEntry, AuditHead
from doudi.web.protection.keys import seal

if TYPE_CHECKING:
    from doudi.web.accounts.scope import Officer

GENESIS = "0" * 64


def audit_record(
    *,
    action: str,
    actor: "Officer",
    region_code: str = "",
    subject_type: str = "",
    subject_id: str = "",
    detail: Mapping[str, Any] | None = None,
    address: str | None = None,
) -> AuditEntry:
    """Add a line to the log, in the caller's transaction if there is one. `detail` never holds an id, phone or account.

    The head row is locked until that transaction ends, so call this last in long ones.
    """
    with transaction.atomic():
        head = AuditHead.objects.select_for_update().filter(pk=1).first()
        if head is None:
            AuditHead.objects.bulk_create([AuditHead(pk=1)], ignore_conflicts=True)
            head = AuditHead.objects.select_for_update().get(pk=1)
        entry = AuditEntry(
            number=head.number + 1,
            at=timezone.now(),
            action=action,
            actor_id=actor.user_id,
            actor_name=actor.name,
            username=actor.username,
            address=address or actor.address or "",
            region_code=region_code or ("" if actor.everything else str(actor.home) if actor.posts else ""),
            subject_type=subject_type,
            subject_id=subject_id,
            detail=json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str),
        )
        entry.digest = entry_digest(entry, head.digest)
        entry.save(force_insert=True)
        head.number, head.digest = entry.number, entry.digest
        head.seal = head_seal(head)
        head.save()
    return entry


def entry_digest(entry: AuditEntry, previous: str) -> str:
    """SM3 over the line and the digest before it, as 64 hex digits."""
    line = json.dumps(
        [
            previous,
            entry.number,
            entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            entry.action,
            entry.actor_id,
            entry.actor_name,
            entry.username,
            entry.address,
            entry.region_code,
            entry.subject_type,
            entry.subject_id,
            entry.detail,
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    digest = hashes.Hash(hashes.SM3())
    digest.update(line.encode())
    return digest.finalize().hex()


def head_seal(head: AuditHead) -> str:
    return seal(f"{head.number}:{head.digest}")


@dataclass(frozen=True)
class ChainProblem:
    """Where the chain breaks: `kind` is changed | missing | cut_off | seal."""

    kind: str
    number: int
    message: str


@dataclass(frozen=True)
class ChainReport:
    checked: int
    problems: tuple[ChainProblem, ...]
    until: datetime | None

    @property
    def whole(self) -> bool:
        return not self.problems


def audit_verify(*, most_problems: int = 20) -> ChainReport:
    """Walk the whole chain. One SQL statement for the lines (streamed), one for the head."""
    problems: list[ChainProblem] = []
    previous, expected, until = GENESIS, 1, None
    head = AuditHead.objects.filter(pk=1).first() or AuditHead(pk=1)
    for entry in AuditEntry.objects.filter(number__lte=head.number).order_by("number").iterator(chunk_size=5000):
        if entry.number != expected:
            problems.append(ChainProblem("missing", expected, f"第 {expected} 至 {entry.number - 1} 条记录缺失"))
        elif entry_digest(entry, previous) != entry.digest:
            problems.append(ChainProblem("changed", entry.number, f"第 {entry.number} 条记录被改动"))
        previous, expected, until = entry.digest, entry.number + 1, entry.at
        if len(problems) >= most_problems:
            break
    else:
        if expected != head.number + 1 or previous != head.digest:
            problems.append(ChainProblem("cut_off", expected, f"第 {expected} 条以后的记录被删除"))
        if head.number and head.seal != head_seal(head):
            problems.append(
                ChainProblem("seal", head.number, "日志末尾的封印不符: 有人绕过系统改写了日志, 或密钥已更换")
            )
    return ChainReport(checked=expected - 1, problems=tuple(problems), until=until)
