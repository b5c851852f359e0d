"""How characters sound: their readings in pinyin, and what letters somebody typed may stand for. No Django."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product

from pypinyin import Style, pinyin

ALTERNATIVES = 6
"""Ways of cutting letters into syllables that are looked for (``xian``: 县, 西安)."""

# Every syllable of standard Chinese, by initial; ü is typed v.
_FINALS = {
    "": "a ai an ang ao e ei en eng er o ou",
    "b": "a ai an ang ao ei en eng i ian iao ie in ing o u",
    "p": "a ai an ang ao ei en eng i ian iao ie in ing o ou u",
    "m": "a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u",
    "f": "a an ang ei en eng o ou u",
    "d": "a ai an ang ao e ei en eng i ia ian iao ie ing iu ong ou u uan ui un uo",
    "t": "a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo",
    "n": "a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan uo v ve",
    "l": "a ai an ang ao e ei eng i ia ian iang iao ie in ing iu o ong ou u uan un uo v ve",
    "g": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "k": "a ai an ang ao e en eng ong ou u ua uai uan uang ui un uo",
    "h": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "j": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "q": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "x": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "zh": "a ai an ang ao e ei en eng i ong ou u ua uai uan uang ui un uo",
    "ch": "a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo",
    "sh": "a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo",
    "r": "an ang ao e en eng i ong ou u uan ui un uo",
    "z": "a ai an ang ao e ei en eng i ong ou u uan ui un uo",
    "c": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "s": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "y": "a an ang ao e i in ing o ong ou u uan ue un",
    "w": "a ai an ang ei en eng o u",
}
SYLLABLES = frozenset(initial + final for initial, finals in _FINALS.items() for final in finals.split())
INITIALS = frozenset([initial for initial in _FINALS if initial] + ["a", "e", "o"])
BEGINNINGS = frozenset(syllable[:end] for syllable in SYLLABLES for end in range(1, len(syllable) + 1))
LONGEST = max(map(len, SYLLABLES))
MOST_LETTERS = 24
"""Letters in a row beyond which nobody means pinyin."""

# Characters with a second reading in daily use, all readings. Dictionaries list many more, which nobody types
# (抱 as pou would make 抱团 a find for pt).
_SEVERAL = """
薄 bo bao|便 bian pian|扁 bian pian|剥 bo bao|泊 bo po|藏 cang zang|参 can shen|曾 ceng zeng|差 cha chai|长 chang zhang|朝 chao zhao|车 che ju
称 cheng chen|乘 cheng sheng|重 zhong chong|臭 chou xiu|畜 chu xu|传 chuan zhuan|攒 zan cuan|大 da dai|单 dan shan|弹 dan tan|得 de dei
的 de di|地 di de|调 diao tiao|都 du dou|度 du duo|囤 tun dun|恶 e wu|佛 fo fu|否 fou pi|给 gei ji|合 he ge|和 he huo|核 he hu|还 hai huan
行 xing hang|会 hui kuai|系 xi ji|夹 jia ga|降 jiang xiang|角 jiao jue|校 xiao jiao|嚼 jiao jue|觉 jue jiao|解 jie xie|劲 jin jing
圈 quan juan|卡 ka qia|壳 ke qiao|乐 le yue|落 luo la|六 liu lu|绿 lv lu|率 lv shuai|露 lu lou|埋 mai man|蔓 man wan
没 mei mo|秘 mi bi|模 mo mu|粘 zhan nian|弄 nong long|炮 pao bao|屏 ping bing|朴 pu piao|奇 qi ji|强 qiang jiang
塞 sai se|色 se shai|厦 sha xia|石 shi dan|识 shi zhi|什 shen shi|省 sheng xing|属 shu zhu|熟 shu shou|说 shuo shui|似 si shi
宿 su xiu|提 ti di|拓 tuo ta|尾 wei yi|吓 xia he|削 xiao xue|血 xue xie|叶 ye xie|殷 yin yan|员 yuan yun|钥 yao yue
荠 qi ji|茄 qie jia|柏 bai bo|枸 gou ju|杉 shan sha|桔 ju jie|蛤 ha ge|圩 wei xu|埔 pu bu|陂 bei po|栅 zha shan|澄 cheng deng|芥 jie gai|茜 qian xi
莞 guan wan|颤 chan zhan|葚 shen ren|曝 bao pu|荨 qian xun|蚌 bang beng|莎 sha suo|涌 yong chong|仔 zi zai|择 ze zhai|轧 zha ya|折 zhe she|着 zhe zhao zhuo|琢 zhuo zuo|侧 ce zhai|堡 bao pu
"""
SEVERAL = {entry.split()[0]: tuple(entry.split()[1:]) for entry in _SEVERAL.strip().replace("\n", "|").split("|")}

# What an accent of the South or an old ear does not tell apart.
_HEADS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"))
_TAILS = (("ang", "an"), ("eng", "en"), ("ing", "in"))


@lru_cache(maxsize=8192)
def readings(character: str) -> tuple[str, ...]:
    """The readings in use of a Chinese character without tones, the usual one first: 重 → ``("zhong", "chong")``."""
    if character in SEVERAL:
        return SEVERAL[character]
    found = pinyin(character, style=Style.NORMAL)[0]
    return tuple(reading for reading in found if reading in SYLLABLES)


@lru_cache(maxsize=1024)
def cuts(letters: str) -> tuple[tuple[str, ...], ...]:
    """How letters may be read, the ways with the fewest bare initials first: ``zaip`` → ``(("zai", "p"),)``.

    Each part is a syllable or, where none fits, the initial of one. Empty where no reading covers all letters.
    """
    if len(letters) > MOST_LETTERS:
        return ()
    found = sorted(islice(_cuts(letters, _ends(letters), 0), 200), key=lambda cut: (_bare(cut), len(cut)))
    return tuple(cut for cut in found if _bare(cut) <= _bare(found[0]) + 1)[:ALTERNATIVES]


def _bare(cut: tuple[str, ...]) -> int:
    return sum(part not in SYLLABLES for part in cut)


def _parts_at(letters: str, start: int) -> list[int]:
    """Where a syllable or an initial that starts there may end, the longest first."""
    ends = range(min(start + LONGEST, len(letters)), start, -1)
    return [end for end in ends if letters[start:end] in SYLLABLES or letters[start:end] in INITIALS]


def _ends(letters: str) -> set[int]:
    """The places from which the rest can be read: without them a hopeless word would be tried in thousands of ways."""
    found = {len(letters)}
    for start in range(len(letters) - 1, -1, -1):
        if not found.isdisjoint(_parts_at(letters, start)):
            found.add(start)
    return found


def _cuts(letters: str, readable: set[int], start: int) -> Iterator[tuple[str, ...]]:
    if start == len(letters):
        yield ()
        return
    for end in _parts_at(letters, start):
        if end in readable:
            for rest in _cuts(letters, readable, end):
                yield letters[start:end], *rest


def whole(cut: tuple[str, ...]) -> bool:
    """Whether a cut has no bare initial."""
    return _bare(cut) == 0


def unfinished(letters: str) -> tuple[tuple[str, ...], ...]:
    """Readings whose last part is the beginning of a syllable, as one types: ``zaipe`` → ``("zai", "pe")``."""
    found = []
    for end in range(max(0, len(letters) - LONGEST), len(letters) - 1):
        tail = letters[end:]
        if tail in BEGINNINGS:
            found += [(*head, tail) for head in (cuts(letters[:end]) if end else ((),)) if whole(head)]
    return tuple(found[:ALTERNATIVES])


@lru_cache(maxsize=1024)
def alike(syllable: str) -> tuple[str, ...]:
    """A syllable and those that sound like it to many: ``zai`` → ``("zai", "zhai")``."""
    heads = {syllable}
    for one, other in _HEADS:
        heads |= {other + syllable[len(one) :]} if syllable.startswith(one) else set()
        heads |= {one + syllable[len(other) :]} if syllable.startswith(other) else set()
    found = set(heads)
    for one, other in _TAILS:
        found |= {head[: -len(one)] + other for head in heads if head.endswith(one)}
        found |= {head[: -len(other)] + one for head in heads if head.endswith(other)}
    return tuple(sorted(found & SYLLABLES, key=lambda other: (other != syllable, other)))


def misheard(cut: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """A reading in every way in which it is often confused, itself first; at most 24."""
    return tuple(islice(product(*(alike(part) for part in cut)), 24))


def mistyped(letters: str) -> tuple[tuple[str, ...], ...]:
    """Readings of letters after one slip of the finger: two that changed places, one too many, a g or h left out."""
    swapped = [
        letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :]
        for at in range(len(letters) - 1)
        if letters[at] != letters[at + 1]
    ]
    dropped = [letters[:at] + letters[at + 1 :] for at in range(len(letters))]
    added = [letters[:at] + extra + letters[at:] for at in range(1, len(letters) + 1) for extra in "gh"]
    candidates = dict.fromkeys(swapped + dropped + added)
    found = [cut for text in candidates for cut in cuts(text) if whole(cut) and len(cut) > 1]
    return tuple(dict.fromkeys(found))[:36]
