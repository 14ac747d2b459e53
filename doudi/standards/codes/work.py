"""Code lists about work: capacity, place, channel, posts, and what sources disagree about."""

from doudi.standards.code_list import CodeList


class Labour(CodeList):
    """Capacity and skill for work (劳动技能)."""

    SKILLED = "skilled", "技能劳动力", "Skilled worker", "技能型劳动力"
    ORDINARY = "ordinary", "普通劳动力", "Ordinary worker", "普通全劳动力", "有劳动能力", "正常劳动力", "全劳动力"
    WEAK = "weak", "弱劳动力或半劳动力", "Weak or half capacity", "弱劳动力", "半劳动力", "弱(半)劳动力", "弱劳力"
    LOST = "lost", "丧失劳动力", "Capacity lost", "丧失劳动能力"
    NONE = "none", "无劳动力", "No capacity", "无劳动能力"


class WorkArea(CodeList):
    """How far away somebody works (务工区域)."""

    TOWNSHIP = "township", "乡内", "In the township", "乡镇内", "乡(镇)内"
    COUNTY = "county", "县内", "In the county", "县内乡外", "乡外县内", "乡镇外县内"
    CITY = "city", "市内县外", "In the city, outside the county", "县外市内"
    PROVINCE = "province", "省内市外", "In the province, outside the city", "市外省内", "县外省内"
    OTHER_PROVINCE = "other_province", "省外", "In another province", "外省"
    ABROAD = "abroad", "境外", "Abroad", "国外"


class JobChannel(CodeList):
    """How somebody found the work (就业渠道)."""

    SELF = "self", "自主", "On one's own", "自主就业", "自主创业", "自行就业", "亲友介绍"
    GOVERNMENT = "government", "政府组织", "Organised by government", "政府组织劳务输出", "劳务输出"
    WORKSHOP = "workshop", "帮扶车间", "Assistance workshop", "就业帮扶车间", "扶贫车间"
    PUBLIC_JOB = "public_job", "公益性岗位", "Public-welfare post", "公益岗", "公益岗位"
    WORK_RELIEF = "work_relief", "以工代赈", "Work relief", "以工代赈项目"
    AGENCY = "agency", "劳务中介", "Labour agency", "中介", "劳务公司"
    LEADING_FIRM = "leading_firm", "龙头企业", "Leading firm", "企业吸纳", "合作社吸纳"
    OTHER = "other", "其他", "Other", "其它"


class PublicJob(CodeList):
    """Kind of public-welfare post (公益性岗位)."""

    FOREST_RANGER = "forest_ranger", "护林员", "Forest ranger", "生态护林员", "护林"
    CLEANER = "cleaner", "保洁", "Cleaner", "保洁员"
    ROAD_KEEPER = "road_keeper", "护路", "Road keeper", "护路员"
    WATER_KEEPER = "water_keeper", "护水", "Water keeper", "护水员", "水管员"
    CARER = "carer", "护理员", "Carer", "养老护理"
    OTHER = "other", "其他", "Other", "其它", "其他公益岗"


class WorkConflict(CodeList):
    """In what the sources about somebody's work contradict each other, or say what cannot be (就业数据矛盾)."""

    WORKS = "works", "是否务工", "Working or not"
    MONTHS = "months", "务工月数", "Months of work"
    PLACE = "place", "务工地点", "Place of work"
    EMPLOYER = "employer", "务工单位", "Employer"
    WAGE = "wage", "月收入", "Monthly wage"
    CHANNEL = "channel", "就业渠道", "Job channel"
    IMPOSSIBLE_MONTHS = "impossible_months", "月数或时间不可能", "Months or dates that cannot be"
    IMPOSSIBLE_WAGE = "impossible_wage", "月收入不合理", "A wage that cannot be"
    AFTER_LEAVING = "after_leaving", "死亡或服刑后仍有记录", "Records after death or imprisonment"
