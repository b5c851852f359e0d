"""The life of a claim and the fingerprint of a photograph, without a database."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from lms.core import photos
from lms.training import claims_rules as rules
from tests.training.pictures import recompressed, scene, with_place

LIMITS = rules.Limits(Decimal(4), Decimal(16))
NOW = dt.datetime(2026, 3, 5, 8, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("held", "first"),
    [
        (set(), "branch"),
        ({"branch"}, "town"),
        ({"town"}, "county"),
        ({"branch", "town"}, "county"),
        ({"county"}, "county"),
    ],
)
def test_case_19_a_claim_begins_above_who_has_a_part_in_it(held: set[str], first: str) -> None:
    assert rules.first_level(held) == first


@pytest.mark.parametrize(
    ("level", "hours", "after"),
    [
        ("branch", "4.00", ("approved", "branch")),
        ("branch", "4.01", ("waiting", "town")),
        ("town", "16.00", ("approved", "town")),
        ("town", "16.01", ("waiting", "county")),
        ("county", "400", ("approved", "county")),
    ],
)
def test_limits_decide_whether_the_level_above_is_asked(level: str, hours: str, after: tuple[str, str]) -> None:
    assert rules.after_approval(level, Decimal(hours), LIMITS) == after


@given(
    st.sampled_from(rules.LEVELS),
    st.decimals(0, 200, places=2),
    st.decimals(0, 50, places=2),
    st.decimals(0, 50, places=2),
)
def test_every_chain_ends_at_the_county_at_the_latest(
    level: str, hours: Decimal, branch: Decimal, more: Decimal
) -> None:
    limits, state, asked = rules.Limits(branch, branch + more), rules.WAITING, []
    while state == rules.WAITING:
        asked.append(level)
        state, level = rules.after_approval(level, hours, limits)
    assert state == rules.APPROVED
    assert limits.suffices(level, hours)
    assert asked == sorted(asked, key=rules.LEVELS.index)
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize(
    ("level", "days", "may"), [("branch", 15, True), ("town", 0, True), ("county", 0, False), ("town", 15.001, False)]
)
def test_a_refusal_can_be_appealed_within_15_days_below_the_county(level: str, days: float, may: bool) -> None:
    assert rules.may_appeal(level, NOW, NOW + dt.timedelta(days=days)) is may


def test_reaches_own_level_and_those_below() -> None:
    assert rules.reaches({"town"}, "branch")
    assert rules.reaches({"town"}, "town")
    assert not rules.reaches({"town"}, "county")
    assert not rules.reaches(set(), "branch")


def test_nothing_leads_out_of_withdrawn_and_revoked() -> None:
    assert {state for state, _act in rules.MOVES} == {"draft", "returned", "waiting", "refused", "approved"}


# -- photographs ---------------------------------------------------------------------------


def trimmed(image: Image.Image, share: float = 0.02) -> Image.Image:
    w, h = image.size
    return image.crop((int(w * share), int(h * share), int(w * (1 - share)), int(h * (1 - share))))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "smaller": lambda image: image.resize((640, 480)),
    "sent on twice": lambda image: recompressed(recompressed(image, 60), 35),
    "cut at the edges": trimmed,
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "all of it": lambda image: recompressed(
        ImageEnhance.Brightness(trimmed(image, 0.01)).enhance(1.1).resize((800, 600))
    ),
}


@pytest.mark.parametrize("change", COPIES)
def test_a_copy_of_a_photograph_is_near(change: str) -> None:
    found = 0
    for seed in range(20):
        image = scene(seed)
        found += photos.distance(photos.dhash(image), photos.dhash(COPIES[change](image))) <= photos.THRESHOLD
    assert found >= 19


def test_different_photographs_are_far() -> None:
    prints = [photos.dhash(scene(seed)) for seed in range(60)]
    pairs = [(a, b) for n, a in enumerate(prints) for b in prints[:n]]
    near = sum(photos.distance(a, b) <= photos.THRESHOLD for a, b in pairs)
    assert near / len(pairs) < 0.001


@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=photos.THRESHOLD))
def test_a_near_copy_shares_a_band_within_the_radius(fingerprint: int, flipped: set[int]) -> None:
    copy = fingerprint ^ sum(1 << bit for bit in flipped)
    pairs = zip(photos.bands(fingerprint), photos.bands(copy), strict=True)
    assert any(other in set(photos.near(band)) for band, other in pairs)


@given(st.integers(0, 2**64 - 1))
def test_a_fingerprint_survives_the_store(fingerprint: int) -> None:
    assert -(2**63) <= photos.signed(fingerprint) < 2**63
    assert photos.unsigned(photos.signed(fingerprint)) == fingerprint
    assert sum(band << shift for band, shift in zip(photos.bands(fingerprint), (48, 32, 16, 0), strict=True)) == (
        fingerprint
    )


def test_pages_of_paper_are_not_taken_for_one_another() -> None:
    page, other = Image.new("RGB", (640, 480), "white"), Image.new("RGB", (640, 480), "beige")
    other.paste("black", (100, 100, 110, 400))
    assert photos.is_plain(photos.dhash(page))
    assert photos.is_plain(photos.dhash(other))
    assert not any(photos.is_plain(photos.dhash(scene(seed))) for seed in range(20))


def test_place_and_maker_are_left_behind_and_the_picture_is_upright() -> None:
    sent = with_place(scene(1, (400, 300)))
    assert b"SecretPhone" in sent
    kept = photos.encode(photos.read(sent))
    with Image.open(io.BytesIO(kept)) as image:
        assert image.size == (300, 400)
        assert not image.getexif()
        assert "comment" not in image.info
    assert b"Secret" not in kept
    assert b"Exif" not in kept


def test_case_15_a_picture_of_41_megapixels_is_refused_before_it_is_decoded() -> None:
    out = io.BytesIO()
    Image.new("1", (8200, 5000)).save(out, "PNG")
    with pytest.raises(photos.PhotoError, match="photo-too-large"):
        photos.read(out.getvalue())


@pytest.mark.parametrize(
    "data", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff\xe0 not more", b"MZ" + bytes(500)]
)
def test_case_17_what_is_no_photograph_is_refused(data: bytes) -> None:
    with pytest.raises(photos.PhotoError, match="photo-unreadable"):
        photos.read(data)


def test_case_17_a_cut_photograph_is_refused() -> None:
    whole = with_place(scene(2, (800, 600)))
    with pytest.raises(photos.PhotoError, match="photo-unreadable"):
        photos.read(whole[: len(whole) // 2])


def test_a_big_photograph_is_made_smaller() -> None:
    out = io.BytesIO()
    Image.new("RGB", (5000, 3000), "green").save(out, "JPEG")
    assert max(photos.read(out.getvalue()).size) == photos.LONGEST_SIDE
