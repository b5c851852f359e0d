"""The registers of the demo county: party schools with their rooms, appointed experts, who carries trainings out."""

from __future__ import annotations

from lms.demo.geography import County
from lms.training.models import Expert, Organiser, Room, Venue

ROOMS = (("报告厅", 200, "投影、音响、直播设备"), ("第一教室", 60, "投影"), ("研讨室", 30, "白板"))
EXPERTS = (
    ("周文清", "县委党校高级讲师", "县委党校", "党史、党性教育", Expert.Fee.SENIOR),
    ("方志远", "县委党校讲师", "县委党校", "形势政策、纪律教育", Expert.Fee.JUNIOR),
    ("程秋菊", "高级农艺师", "县农业技术推广中心", "葡萄、果树栽培", Expert.Fee.SENIOR),
    ("陆一鸣", "研究员", "省农业科学院", "水稻、土壤改良", Expert.Fee.FULL),
    ("尹国平", "种植大户", "石桥镇葡萄专业合作社", "葡萄修剪与销售", Expert.Fee.NONE),
)


def register(county: County) -> tuple[Room, Expert]:
    """Fill the registers: a hall in each town, the county's party school. Returns the first town's hall and its expert."""
    school = Venue.objects.create(unit=county.root, name="县委党校", contact="教务科")
    halls = [Venue(unit=town, name=f"{town.short_name}党校分校", contact="组织办") for town in county.towns]
    Venue.objects.bulk_create(halls)
    rooms = [Room(venue=school, name=name, capacity=seats, equipment=tools) for name, seats, tools in ROOMS]
    rooms += [Room(venue=hall, name="多功能厅", capacity=100, equipment="投影、音响") for hall in halls]
    Room.objects.bulk_create(rooms)
    experts = Expert.objects.bulk_create(
        Expert(unit=county.root, name=name, title=title, employer=employer, fields=fields, fee_class=fee)
        for name, title, employer, fields, fee in EXPERTS
    )
    Organiser.objects.bulk_create(
        Organiser(unit=county.root, name=name) for name in ("县委组织部党员教育中心", "县农业技术推广中心")
    )
    return rooms[len(ROOMS)], experts[2]
