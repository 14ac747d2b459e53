"""Code lists about households: what they are, why they are at risk, where they live."""

from doudi.standards.code_list import CodeList


class HouseholdType(CodeList):
    """What a household is in the registry (户类型)."""

    ALLEVIATED = "alleviated", "脱贫户", "Lifted out of poverty", "脱贫享受政策户", "建档立卡脱贫户", "建档立卡户"
    ALLEVIATED_WITHOUT_POLICY = (
        "alleviated_without_policy",
        "脱贫不享受政策户",
        "Lifted out, without policies",
        "脱贫不享受政策",
    )
    ORDINARY = "ordinary", "一般农户", "Ordinary rural household", "一般户", "普通农户", "农户", "非贫困户"


class MonitorType(CodeList):
    """Category of an enrolled household (监测对象类别)."""

    UNSTABLE_ALLEVIATED = "unstable_alleviated", "脱贫不稳定户", "Lifted out but unstable", "脱贫不稳定", "不稳定户"
    MARGINAL = "marginal", "边缘易致贫户", "On the edge of poverty", "边缘易致贫", "边缘户"
    SUDDEN_HARDSHIP = "sudden_hardship", "突发严重困难户", "Sudden severe hardship", "突发严重困难", "突发困难户"


class RiskType(CodeList):
    """Why a household may fall (back) into poverty (致贫返贫风险)."""

    ILLNESS = "illness", "因病", "Illness", "疾病", "因病致贫", "因大病"
    SCHOOLING = "schooling", "因学", "Cost of schooling", "因学致贫", "上学"
    DISABILITY = "disability", "因残", "Disability", "残疾", "因残致贫"
    NATURAL_DISASTER = "natural_disaster", "因自然灾害", "Natural disaster", "因灾", "自然灾害", "灾害"
    ACCIDENT = "accident", "因意外事故", "Accident", "意外事故", "因意外", "突发意外"
    BUSINESS_FAILURE = "business_failure", "因产业项目失败", "Failed business or project", "产业项目失败", "产业失败"
    UNSTABLE_EMPLOYMENT = (
        "unstable_employment",
        "因务工就业不稳",
        "Unstable employment",
        "务工就业不稳",
        "就业不稳",
        "因务工不稳",
    )
    LABOUR_SHORTAGE = "labour_shortage", "缺劳动力", "No hands to work", "因缺劳动力", "缺劳力"
    UNSAFE_HOUSING = "unsafe_housing", "因住房不安全", "Unsafe housing", "住房不安全", "因住房", "因安全住房"
    UNSAFE_WATER = "unsafe_water", "因饮水不安全", "Unsafe drinking water", "饮水不安全", "因饮水", "因安全饮水"
    OTHER = "other", "其他", "Other", "其它"


class ClearMode(CodeList):
    """How the risk of an exited household went away (风险消除方式)."""

    BY_ASSISTANCE = "by_assistance", "帮扶消除", "By assistance", "经帮扶消除"
    NATURAL = "natural", "自然消除", "Of itself", "自然消除风险"


class DevelopmentStatus(CodeList):
    """Whether development measures are carried out for a household (实施开发式帮扶措施情况)."""

    CARRIED_OUT = "carried_out", "已实施", "Carried out", "已实施开发式帮扶", "已实施开发式帮扶措施"
    NOT_YET = "not_yet", "尚未实施", "Not yet", "未实施", "暂未实施"
    NO_LABOUR = "no_labour", "无劳动力", "Nobody able to work", "无劳动能力"


class HousingGrade(CodeList):
    """Safety of a house (住房等级): A and B safe, C partly dangerous, D dangerous as a whole."""

    A = "A", "A级", "Grade A", "A"
    B = "B", "B级", "Grade B", "B"
    C = "C", "C级", "Grade C", "C"
    D = "D", "D级", "Grade D", "D"


class RoadType(CodeList):
    """Surface of the road to the house (入户路类型)."""

    CONCRETE = "concrete", "水泥路", "Concrete", "硬化路", "水泥", "水泥硬化路"
    ASPHALT = "asphalt", "沥青路", "Asphalt", "柏油路"
    GRAVEL = "gravel", "砂石路", "Gravel", "沙石路"
    BRICK = "brick", "砖铺路", "Brick", "砖路"
    EARTH = "earth", "泥土路", "Earth", "土路"
