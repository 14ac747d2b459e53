"""Reading the audit log."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from doudi.web.accounts.roles import Action
from doudi.web.accounts.scope import Officer, region_condition, require
from doudi.web.audit.models import AuditEntry

ACTION_NAMES = {
    "sign_in": _("登录"),
    "sign_out": _("退出登录"),
    "sign_in_failed": _("登录失败"),
    "password_change": _("更改密码"),
    "user_create": _("建立账号"),
    "post_assign": _("安排岗位"),
    "post_end": _("结束岗位"),
    "account_unlock": _("解锁账号"),
    "unmask": _("查看完整证件号码"),
    "clue_export": _("导出线索"),
    "change_export": _("导出筛查变化"),
    "entitlement_export": _("导出政策核对名单"),
    "region_alert_export": _("导出村乡预警"),
    "import_upload": _("上传文件"),
    "import_apply": _("写入导入"),
    "import_discard": _("放弃导入"),
    "import_undo": _("撤销导入"),
    "rejects_download": _("下载退回数据"),
    "match_decide": _("认定部门数据是谁"),
    "match_undo": _("撤销数据对应"),
    "match_again": _("重新匹配部门数据"),
    "match_export": _("下载查无此人的行"),
    "duplicate_find": _("查找重复"),
    "duplicate_decide": _("认定重复"),
    "duplicate_undo": _("撤销重复认定"),
    "employment_compare": _("开始比对就业数据"),
    "employment_compared": _("完成就业数据比对"),
    "employment_export": _("导出就业数据矛盾"),
    "trial_start": _("开始推演或回测"),
    "trial_export": _("下载推演或回测结果"),
    "trial_delete": _("删除推演或回测"),
    "screening_start": _("开始筛查"),
    "screening_done": _("完成筛查"),
    "rule_draft": _("起草规则变更"),
    "rule_edit": _("修改规则草稿"),
    "rule_rebase": _("规则草稿换底稿"),
    "rule_submit": _("提交规则变更"),
    "rule_review": _("审核规则变更"),
    "rule_approve": _("批准规则变更"),
    "rule_retire": _("批准停用规则"),
    "rule_send_back": _("退回规则变更"),
    "rule_withdraw": _("撤回规则变更"),
    "rule_count": _("试算规则"),
    "alert_check": _("复核预警"),
    "cleaning_start": _("开始数据检查"),
    "cleaning_done": _("完成数据检查"),
    "correction_apply": _("更正登记数据"),
    "correction_undo": _("撤销更正"),
    "issue_send": _("派村核实"),
    "issue_answer": _("村答复核实情况"),
    "issue_send_back": _("退回村里重新核实"),
    "task_withdraw": _("收回核实任务"),
    "issue_exempt": _("豁免数据问题"),
    "exemption_lift": _("取消豁免"),
    "proof_open": _("打开凭证"),
    "cleaning_workbook_issue": _("下载问题工作簿"),
    "cleaning_workbook_return": _("上传填好的工作簿"),
    "cleaning_workbook_discard": _("放弃工作簿"),
    "comparison_print": _("打印信息采集对照表"),
    "comparison_photo": _("上传对照表照片"),
    "comparison_photo_remove": _("删去对照表照片"),
    "national_export_request": _("申请国家系统格式导出"),
    "national_export_done": _("完成国家系统格式导出"),
    "national_export_download": _("下载国家系统格式导出"),
}
"""What each action of the log is called; a test holds the list to the code."""


@dataclass(frozen=True)
class AuditLine:
    """One line of the log for people."""

    number: int
    at: datetime
    action: str
    actor: str
    username: str
    address: str
    region_code: str
    subject_type: str
    subject_id: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class AuditPage:
    lines: list[AuditLine]
    older: int | None
    """Number to pass as `before` for the next page, or None at the beginning of the log."""


def audit_page(
    *,
    actor: Officer,
    action: str = "",
    username: str = "",
    subject_id: str = "",
    before: int | None = None,
    size: int = 50,
) -> AuditPage:
    """The newest lines first, of the auditor's regions and of none (failed sign-ins). One SQL statement."""
    require(actor, Action.AUDIT_SEE)
    theirs = region_condition(actor.reach(Action.AUDIT_SEE)) | Q(region_code="")
    entries = AuditEntry.objects.filter(theirs).order_by("-number")
    if action:
        entries = entries.filter(action=action)
    if username:
        entries = entries.filter(username=username)
    if subject_id:
        entries = entries.filter(subject_id=subject_id)
    if before is not None:
        entries = entries.filter(number__lt=before)
    rows = list(entries[: size + 1])
    lines = [
        AuditLine(
            number=row.number,
            at=row.at,
            action=row.action,
            actor=row.actor_name,
            username=row.username,
            address=row.address,
            region_code=row.region_code,
            subject_type=row.subject_type,
            subject_id=row.subject_id,
            detail=json.loads(row.detail),
        )
        for row in rows[:size]
    ]
    return AuditPage(lines=lines, older=lines[-1].number if len(rows) > size else None)
