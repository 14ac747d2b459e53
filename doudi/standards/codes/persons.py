"""Code lists about persons: who they are, schooling, health, and whether they still count."""

from doudi.standards.code_list import CodeList


class Sex(CodeList):
    """Sex of a person (性别)."""

    MALE = "male", "男", "Male", "男性", "1"
    FEMALE = "female", "女", "Female", "女性", "2"


class IdType(CodeList):
    """What kind of number stands in the id column (证件类型)."""

    RESIDENT_ID = "resident_id", "居民身份证", "Resident id card", "身份证", "居民身份证(户口簿)", "居民户口簿"
    DISABILITY_CERTIFICATE = "disability_certificate", "残疾人证", "Disability certificate", "残疾证"
    OTHER = "other", "其他", "Other", "其它", "无"


class Relation(CodeList):
    """What a member is to the head of the household (与户主关系)."""

    HEAD = "head", "户主", "Head", "本人", "本人或户主"
    SPOUSE = "spouse", "配偶", "Spouse", "妻子", "丈夫", "妻", "夫", "之妻", "之夫"
    SON = "son", "之子", "Son", "儿子", "子", "长子", "次子", "三子", "独生子", "养子", "继子"
    DAUGHTER = "daughter", "之女", "Daughter", "女儿", "长女", "次女", "三女", "独生女", "养女", "继女", "女"
    DAUGHTER_IN_LAW = "daughter_in_law", "之儿媳", "Daughter-in-law", "儿媳", "儿媳妇"
    SON_IN_LAW = "son_in_law", "之女婿", "Son-in-law", "女婿"
    GRANDSON = "grandson", "之孙子", "Grandson (son's side)", "孙子", "孙"
    GRANDDAUGHTER = "granddaughter", "之孙女", "Granddaughter (son's side)", "孙女"
    DAUGHTERS_SON = "daughters_son", "之外孙子", "Grandson (daughter's side)", "外孙子", "外孙"
    DAUGHTERS_DAUGHTER = "daughters_daughter", "之外孙女", "Granddaughter (daughter's side)", "外孙女"
    FATHER = "father", "之父", "Father", "父亲", "父"
    MOTHER = "mother", "之母", "Mother", "母亲", "母"
    WIFES_FATHER = "wifes_father", "之岳父", "Wife's father", "岳父"
    WIFES_MOTHER = "wifes_mother", "之岳母", "Wife's mother", "岳母"
    HUSBANDS_FATHER = "husbands_father", "之公公", "Husband's father", "公公"
    HUSBANDS_MOTHER = "husbands_mother", "之婆婆", "Husband's mother", "婆婆"
    GRANDFATHER = "grandfather", "之祖父", "Grandfather", "祖父", "爷爷"
    GRANDMOTHER = "grandmother", "之祖母", "Grandmother", "祖母", "奶奶"
    MOTHERS_FATHER = "mothers_father", "之外祖父", "Mother's father", "外祖父", "外公"
    MOTHERS_MOTHER = "mothers_mother", "之外祖母", "Mother's mother", "外祖母", "外婆"
    SIBLING = (
        "sibling", "之兄弟姐妹", "Brother or sister",
        "兄弟姐妹", "之兄", "之弟", "之姐", "之妹", "兄", "弟", "姐", "妹", "兄弟", "哥哥", "弟弟", "姐姐", "妹妹",
    )  # fmt: skip
    GREAT_GRANDSON = "great_grandson", "之曾孙子", "Great-grandson", "曾孙子", "曾孙"
    GREAT_GRANDDAUGHTER = "great_granddaughter", "之曾孙女", "Great-granddaughter", "曾孙女"
    NEPHEW = "nephew", "之侄儿", "Nephew", "侄儿", "侄子"
    NIECE = "niece", "之侄女", "Niece", "侄女"
    BROTHERS_WIFE = "brothers_wife", "之兄弟媳妇", "Brother's wife", "兄弟媳妇", "弟媳", "嫂子"
    UNCLE = "uncle", "之叔伯", "Uncle", "叔伯", "叔叔", "伯父"
    OTHER = "other", "其他", "Other", "其它", "其他关系", "非亲属"


class Politics(CodeList):
    """Political status (政治面貌)."""

    PARTY_MEMBER = "party_member", "中共党员", "Party member", "党员"
    PROBATIONARY_PARTY_MEMBER = "probationary_party_member", "中共预备党员", "Probationary party member", "预备党员"
    LEAGUE_MEMBER = "league_member", "共青团员", "Youth League member", "团员"
    MASSES = "masses", "群众", "None", "普通群众"


class Education(CodeList):
    """Highest schooling completed (文化程度); blank for pupils and students."""

    ILLITERATE = "illiterate", "文盲或半文盲", "Illiterate or nearly", "文盲", "半文盲", "文盲半文盲", "文盲/半文盲"
    PRIMARY = "primary", "小学", "Primary school", "小学文化"
    JUNIOR_MIDDLE = "junior_middle", "初中", "Junior middle school", "初级中学"
    SENIOR_MIDDLE = (
        "senior_middle",
        "高中",
        "Senior middle school",
        "高中/中专",
        "中专",
        "高中(中专)",
        "中职",
        "高级中学",
        "职高",
    )
    COLLEGE = "college", "大专", "College", "专科", "高职", "大学专科"
    UNIVERSITY = "university", "本科及以上", "University or above", "本科", "大学本科", "大学", "研究生", "硕士", "博士"
    UNDER_SCHOOL_AGE = "under_school_age", "学龄前儿童", "Under school age", "学龄前"


class StudentStatus(CodeList):
    """Where a pupil or student stands (在校生状况); blank or `not_student` for everybody else."""

    UNDER_SCHOOL_AGE = "under_school_age", "学龄前儿童", "Under school age", "学龄前"
    PRESCHOOL = "preschool", "学前教育", "Preschool", "学前", "幼儿园", "学前班"
    PRIMARY = "primary", "小学", "Primary school", "小学生"
    GRADE_7 = "grade_7", "七年级", "Grade 7", "初一", "初中一年级", "初中"
    GRADE_8 = "grade_8", "八年级", "Grade 8", "初二", "初中二年级"
    GRADE_9 = "grade_9", "九年级", "Grade 9", "初三", "初中三年级"
    SENIOR_1 = "senior_1", "普通高中一年级", "Senior middle school 1", "高一", "高中一年级", "普通高中", "高中"
    SENIOR_2 = "senior_2", "普通高中二年级", "Senior middle school 2", "高二", "高中二年级"
    SENIOR_3 = "senior_3", "普通高中三年级", "Senior middle school 3", "高三", "高中三年级"
    VOCATIONAL_1 = "vocational_1", "中职一年级", "Vocational school 1", "中职", "中专", "中等职业学校一年级"
    VOCATIONAL_2 = "vocational_2", "中职二年级", "Vocational school 2", "中等职业学校二年级"
    VOCATIONAL_3 = "vocational_3", "中职三年级", "Vocational school 3", "中等职业学校三年级"
    COLLEGE_1 = "college_1", "高职高专一年级", "College 1", "高职", "大专", "高职高专", "大专一年级"
    COLLEGE_2 = "college_2", "高职高专二年级", "College 2", "大专二年级"
    COLLEGE_3 = "college_3", "高职高专三年级", "College 3", "大专三年级"
    TECHNICIAN_1 = "technician_1", "技师学院一年级", "Technician college 1", "技师学院"
    TECHNICIAN_2 = "technician_2", "技师学院二年级", "Technician college 2"
    TECHNICIAN_3 = "technician_3", "技师学院三年级", "Technician college 3"
    TECHNICIAN_4 = "technician_4", "技师学院四年级", "Technician college 4"
    UNIVERSITY_1 = "university_1", "本科一年级", "University 1", "本科", "大一", "大学"
    UNIVERSITY_2 = "university_2", "本科二年级", "University 2", "大二"
    UNIVERSITY_3 = "university_3", "本科三年级", "University 3", "大三"
    UNIVERSITY_4 = "university_4", "本科四年级", "University 4", "大四"
    UNIVERSITY_5 = "university_5", "本科五年级", "University 5", "大五"
    POSTGRADUATE = "postgraduate", "硕士研究生及以上", "Postgraduate", "研究生", "硕士研究生", "博士研究生"
    NOT_STUDENT = "not_student", "非在校生", "Not at school", "不在校", "未在校", "否"


class AbsenceReason(CodeList):
    """Why a child of compulsory-school age is not at school (义务教育阶段未上学原因)."""

    ILLNESS = "illness", "因病", "Illness", "疾病", "生病"
    DISABILITY = "disability", "因残", "Disability", "残疾", "重度残疾"
    HOME_TEACHING = "home_teaching", "送教", "Taught at home", "送教上门"
    DEFERRED = "deferred", "缓学", "Entry deferred", "延缓入学"
    SUSPENDED = "suspended", "休学", "Suspended", "因病休学"
    DROPPED_OUT = "dropped_out", "辍学", "Dropped out", "失学", "厌学", "失学辍学", "因厌学"
    WORKING = "working", "外出务工", "Went out to work", "务工"
    OTHER = "other", "其他", "Other", "其它"


class HealthCondition(CodeList):
    """State of health (健康状况); several may be true, 健康 excludes the rest."""

    HEALTHY = "healthy", "健康", "Healthy", "良好", "健康或良好", "健康良好"
    CHRONIC_DISEASE = "chronic_disease", "长期慢性病", "Chronic disease", "慢性病", "患有慢性病", "长期慢病"
    MAJOR_DISEASE = "major_disease", "患有大病", "Major disease", "大病", "重病", "患大病", "重大疾病"
    DISABLED = "disabled", "残疾", "Disabled", "残疾人", "有残疾"


class DisabilityKind(CodeList):
    """Kind of disability (残疾类别), in the order of their numbers in the certificate."""

    SIGHT = "sight", "视力", "Sight", "视力残疾", "1"
    HEARING = "hearing", "听力", "Hearing", "听力残疾", "2"
    SPEECH = "speech", "言语", "Speech", "言语残疾", "3"
    LIMB = "limb", "肢体", "Limbs", "肢体残疾", "4"
    INTELLECT = "intellect", "智力", "Intellect", "智力残疾", "5"
    MENTAL = "mental", "精神", "Mental", "精神残疾", "6"
    MULTIPLE = "multiple", "多重", "Multiple", "多重残疾", "7"

    @classmethod
    def by_number(cls, number: int) -> "DisabilityKind":
        """The kind that a digit 1–7 of a certificate means. Raises ValueError for another number."""
        kinds = tuple(cls)
        if not 1 <= number <= len(kinds):
            raise ValueError(f"残疾类别代码应为1至7：{number}")
        return kinds[number - 1]

    @property
    def number(self) -> int:
        return tuple(DisabilityKind).index(self) + 1


class DisabilityGrade(CodeList):
    """Grade of disability (残疾等级), 1 the severest; the identifier is the digit."""

    FIRST = "1", "一级", "Grade 1", "1级", "壹级", "Ⅰ级", "一"
    SECOND = "2", "二级", "Grade 2", "2级", "贰级", "Ⅱ级", "二"
    THIRD = "3", "三级", "Grade 3", "3级", "叁级", "Ⅲ级", "三"
    FOURTH = "4", "四级", "Grade 4", "4级", "肆级", "Ⅳ级", "四"

    @property
    def number(self) -> int:
        return int(self.value)


class PersonStatus(CodeList):
    """Whether a registered person still counts (人员状态, 增减变动)."""

    ACTIVE = "active", "在册", "Active", "正常", "自然增加", "在家", "出生", "婚入", "迁入"
    DEAD = "dead", "死亡", "Dead", "去世", "已死亡", "已故"
    MOVED_OUT = "moved_out", "迁出", "Moved out", "婚出", "户口迁出", "已迁出"
    MISSING = "missing", "失联", "Whereabouts unknown", "失踪"
    IN_PRISON = "in_prison", "服刑", "In prison", "收监"
    IN_ARMY = "in_army", "参军", "In the army", "服役", "服兵役", "现役军人"
