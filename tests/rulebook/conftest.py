"""Files that many small rulebooks of these tests have alike."""

MEMBER = """id: is_member
title: 成员
title_en: Member
subject: person
from: registry.person
expression: status = 'active'
"""
LIMIT = """id: limit_yuan
title: 限额
title_en: Limit
unit: yuan
values:
  - {region: "000000000000", from: 2021-01-01, value: 100, source: {document: 文件}}
"""
