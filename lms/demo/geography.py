"""The county of 青梧, which is on no map: its towns, villages, departments, stations and places to visit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lms.members.models import Unit
from lms.stations.models import Station
from lms.training.models import Base

COUNTY = "青梧县"
TOWNS = (
    "石桥镇",
    "柳林镇",
    "枫岭镇",
    "白沙镇",
    "大田镇",
    "清水镇",
    "梅坪乡",
    "双河镇",
    "龙井乡",
    "新街镇",
    "高塘乡",
    "云峰乡",
)
VILLAGE_FIRST = [
    "桃",
    "梨",
    "杏",
    "竹",
    "松",
    "樟",
    "枫",
    "桂",
    "荷",
    "莲",
    "柏",
    "茶",
    "石",
    "沙",
    "泉",
    "溪",
    "塘",
    "湖",
    "岩",
    "岭",
    "云",
    "月",
    "星",
    "霞",
]
VILLAGE_LAST = ["源", "湾", "坪", "垅", "冲", "坳", "畈", "墩", "港", "洲"]
DEPARTMENTS = (
    "县委办", "县纪委监委", "县委组织部", "县委宣传部", "县委党校", "县财政局", "县农业农村局", "县林业局", "县水利局", "县教育局", "县卫健局", "县民政局",
    "县人社局", "县自然资源局", "县交通运输局", "县住建局", "县公安局", "县应急管理局", "县市场监管局", "县审计局", "县统计局", "县供销社", "县总工会", "县妇联",
)  # fmt: skip
ENTERPRISES = [
    "青梧果业",
    "清泉食品",
    "云峰茶业",
    "双河丝绸",
    "恒达机电",
    "绿野农机",
    "白沙水泥",
    "石桥粮油",
    "新街电商",
    "金桂药业",
    "大田米业",
    "园区综合",
]
# Branches of a county of full size: 216 in towns, 8 on the farm, 12 in the park, 24 in departments.
VILLAGES_A_TOWN, FARM_BRANCHES, MEMBERS_A_BRANCH = 18, 8, 9

BASES = (
    ("JD01", "石桥葡萄实践培训基地", "practice", "葡萄", 1, "八十亩避雨栽培葡萄园，能看冬剪、抹芽、套袋全过程。"),
    ("JD02", "枫岭黄栀子种植基地", "industry", "黄栀子", 3, "山地黄栀子连片六百亩，带烘干车间。"),
    ("JD03", "双河蚕桑产业基地", "industry", "蚕桑", 8, "密植桑园与小蚕共育室，一年养五批。"),
    ("JD04", "大田优质稻示范片", "industry", "优质稻", 5, "一千二百亩绿色防控示范片，机插机收。"),
    ("JD05", "白沙蜜梨园", "industry", "蜜梨", 4, "棚架栽培的蜜梨园，配套冷库和分选线。"),
    ("JD06", "云峰蜜桃园", "industry", "蜜桃", 12, "海拔四百米的山地桃园，早中晚熟品种齐全。"),
    ("JD07", "青梧县职业技术学校", "school", "电商与农机", 0, "设农机维修、电子商务两个实训中心。"),
    ("JD08", "青梧县警示教育馆", "warning", "纪律教育", 0, "以本县查处的案例改编，四个展厅，附观影室。"),
    ("JD09", "清风廉政教育园", "integrity", "廉洁文化", 6, "以历代清官故事和家风家训为线索的园区。"),
    ("JD10", "云峰山战斗遗址", "patriotic", "革命传统", 12, "游击队在山上坚持三年的战壕、医院和印刷所旧址。"),
    ("JD11", "青梧县革命烈士陵园", "patriotic", "革命传统", 0, "安葬三百余位烈士，设纪念碑和陈列室。"),
)
# What a visitor asks first, by kind: when it is open, who shows it, what to bring.
HOSTING = {
    "practice": ("每天 8:00–17:00，雨天棚内照常", "驻园农技员", "穿防滑鞋，修剪课自带手套"),
    "industry": ("每天 8:00–17:00，采收季周末限流", "合作社技术员", "戴遮阳帽，自带水杯"),
    "school": ("工作日 8:30–16:30", "实训中心教师", "实训车间内听从教师安排"),
    "warning": ("周二至周日 9:00–16:30，周一闭馆", "馆内讲解员", "保持安静，馆内不拍照"),
    "integrity": ("每天 8:30–17:00", "园区讲解员", "请提前三天预约讲解"),
    "patriotic": ("每天 8:30–17:00，清明前后须预约", "讲解员", "着装整洁，献花请提前联系"),
}
FIRST_NAMED = ("桃源村", "枫林村")


@dataclass(slots=True)
class County:
    """What was built: the county, its direct children, the branches in order, the stations and bases."""

    root: Unit
    towns: list[Unit]
    branches: list[Unit]
    stations: list[Station]
    bases: list[Base]


def village_names() -> Iterator[str]:
    """Names of villages, none twice."""
    yield from FIRST_NAMED
    for last in VILLAGE_LAST:
        for first in VILLAGE_FIRST:
            if f"{first}{last}村" not in FIRST_NAMED:
                yield f"{first}{last}村"


def build(members: int) -> County:
    """Insert the tree for a county of ``members`` people: a small one has fewer branches in the same places."""
    share = min(1.0, members / (MEMBERS_A_BRANCH * 260))
    root = Unit.add_root(code="C", name=f"中共{COUNTY}委员会", short_name=COUNTY, kind=Unit.Kind.COUNTY)
    county = County(root, [], [], [], [])
    villages = village_names()
    for number, town in enumerate(TOWNS, start=1):
        names = [(next(villages), Unit.Setting.VILLAGE) for _ in range(_some(VILLAGES_A_TOWN, share))]
        _grow(county, f"C-T{number:02d}", town, Unit.Kind.TOWN, names)
    farm = [(f"{number}分场", Unit.Setting.OTHER) for number in "一二三四五六七八"[: _some(FARM_BRANCHES, share)]]
    _grow(county, "C-F01", "国营青梧农场", Unit.Kind.FARM, farm)
    firms = [(name, Unit.Setting.ENTERPRISE) for name in ENTERPRISES[: _some(len(ENTERPRISES), share)]]
    _grow(county, "C-P01", "青梧产业园区", Unit.Kind.PARK, firms)
    organs = [(name, Unit.Setting.ORGAN) for name in DEPARTMENTS[: _some(len(DEPARTMENTS), share)]]
    _grow(county, "C-D01", "县直机关工委", Unit.Kind.DEPARTMENT, organs)
    county.stations = _stations(county)
    county.bases = _bases(county)
    return county


def _some(full: int, share: float) -> int:
    return max(1, round(full * share))


def _grow(county: County, code: str, label: str, kind: str, branches: list[tuple[str, Unit.Setting]]) -> None:
    """A committee under the county with its branches."""
    name = label if kind == Unit.Kind.DEPARTMENT else f"中共{label}委员会"
    town = county.root.add_child(code=code, name=name, short_name=label, kind=kind)
    county.towns.append(town)
    for number, (branch, setting) in enumerate(branches, start=1):
        county.branches.append(
            town.add_child(
                code=f"{code}-B{number:02d}",
                name=f"中共{label if setting == Unit.Setting.VILLAGE else COUNTY}{branch}支部委员会",
                short_name=branch,
                kind=Unit.Kind.BRANCH,
                setting=setting,
            )
        )


def _stations(county: County) -> list[Station]:
    """One station a village branch."""
    screens = (Station.Screen.TV, Station.Screen.TV, Station.Screen.IPTV, Station.Screen.PC)
    villages = [unit for unit in county.branches if unit.setting == Unit.Setting.VILLAGE]
    return Station.objects.bulk_create(
        [
            Station(
                code=f"Z{number:04d}",
                name=f"{unit.short_name}党群服务中心",
                unit=unit,
                screen=screens[number % len(screens)],
                address=f"{unit.short_name}村部",
            )
            for number, unit in enumerate(villages, start=1)
        ]
    )


def _bases(county: County) -> list[Base]:
    units = [county.root, *county.towns]
    return Base.objects.bulk_create(
        [
            Base(
                code=code,
                name=name,
                kind=kind,
                theme=theme,
                unit=units[at],
                address=f"{COUNTY}{units[at].short_name if at else '城关'}",
                capacity=120,
                contact=f"{theme}基地负责人",
                opening=HOSTING[kind][0],
                guide=HOSTING[kind][1],
                what_to_bring=HOSTING[kind][2],
                lat=Decimal("29.41200") + Decimal("0.01370") * at,
                lng=Decimal("119.63500") + Decimal("0.01910") * (at * 5 % 13),
                description=text,
            )
            for code, name, kind, theme, at, text in BASES
        ]
    )
