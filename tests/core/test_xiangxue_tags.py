"""Template tags: figures, dates and the geometry of charts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from lms.core.templatetags import xiangxue as tags


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


def render(source: str, path: str = "/", **context: object) -> str:
    request = RequestFactory().get(path)
    return Template("{% load xiangxue %}" + source).render(Context({"request": request, **context}))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("12.50"), "12.5 学时"),
        (Decimal("32.00"), "32 学时"),
        (Decimal("0.25"), "0.25 学时"),
        (Decimal("1E+2"), "100 学时"),
        (Decimal("31.999"), "31.99 学时"),
        (0, "0 学时"),
        (None, "–"),
        ("", "–"),
    ],
)
def test_hours_are_trimmed_and_never_rounded_up(value, text):
    assert tags.hours(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Decimal("0.8125"), "81.2%"),
        (Decimal("0.9999"), "99.9%"),
        (1, "100%"),
        (0, "0%"),
        (None, "–"),
    ],
)
def test_percent_reads_as_all_only_when_it_is_all(share, text):
    assert tags.percent(share) == text


def test_date_in_both_languages():
    assert tags.date_zh(dt.date(2026, 3, 5)) == "2026年3月5日"
    with translation.override("en"):
        assert tags.date_zh(dt.date(2026, 3, 5)) == "5 March 2026"


def test_moment_is_told_in_the_county_s_time_zone():
    # Half past four in the afternoon UTC is past midnight in Shanghai.
    moment = dt.datetime(2026, 12, 31, 16, 30, tzinfo=dt.UTC)
    assert tags.moment_zh(moment) == "2027年1月1日 00:30"
    assert tags.date_zh(moment) == "2027年1月1日"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (3481, "3.4 KB"), (18_874_368, "18 MB"), (2**31, "2 GB")],
)
def test_file_size(size, text):
    assert tags.file_size(size) == text


def test_query_string_keeps_filters_and_drops_empty_ones():
    found = render("{% query_string page=2 %}", "/?q=%E5%91%A8&unit=&state=met&state=behind&page=7")
    assert found == "?q=%E5%91%A8&amp;state=met&amp;state=behind&amp;page=2"
    assert render("{% query_string page=None %}", "/?page=7") == "?"


def test_meter_says_what_it_draws():
    html = render('{% meter "12.50" 32 label="年度学时" %}')
    assert 'role="meter"' in html and 'aria-valuetext="12.5 / 32 学时"' in html
    assert 'width="39.06%"' in html
    assert "还差 19.5 学时" in html


def test_meter_never_runs_past_its_end():
    html = render("{% meter 40 32 %}")
    assert 'width="100.00%"' in html and "还差" not in html and "已达标" in html


def test_meter_without_a_target_is_empty_and_claims_nothing():
    html = render("{% meter 5 0 %}")
    assert 'width="0%"' in html and "已达标" not in html


def test_badge_has_a_word_and_a_shape_for_every_state():
    for state in ("met", "at_risk", "behind", "exempt", "achieved"):
        html = render("{% badge state %}", state=state)
        name = state.replace("_", "-")
        assert f"badge-{name}" in html and f"icons.svg#{name}" in html and tags.state_word(name) in html


def test_names_from_data_are_escaped_in_charts():
    html = render(
        "{% bar_chart rows caption %}",
        rows=[("<b>柳塘乡", Decimal("0.5"))],
        caption="参训率",
    )
    assert "<b>柳塘乡" not in html and "&lt;b&gt;柳塘乡" in html


def test_column_chart_has_every_figure_in_its_table():
    rows = [
        tags.Column("1", Decimal("2.5"), Decimal(2)),
        tags.Column("2", None, Decimal(4)),
    ]
    html = render('{% column_chart rows "人均学时" %}', rows=rows)
    table = html[html.index("<table") :]
    for text in ("2.5", "–", "4"):
        assert f">{text}</td>" in table


def test_column_chart_draws_values_to_one_scale():
    geometry = tags.column_chart(
        [tags.Column("1", Decimal(8)), tags.Column("2", Decimal(16))],
        "人均学时",
        most=32,
    )
    first, second = (column["height"] for column in geometry["columns"])
    assert (first, second) == (tags.PLOT_HEIGHT / 4, tags.PLOT_HEIGHT / 2)


def test_pagination_keeps_the_filters():
    page = Paginator(range(100), 10).get_page(3)
    html = render("{% pagination page %}", "/?q=a&page=3", page=page)
    assert 'href="?q=a&amp;page=4"' in html and "第 21 到 30 条，共 100 条" in html
    assert '<span aria-current="page">3</span>' in html


def test_one_page_needs_no_paging():
    assert render("{% pagination page %}", page=Paginator(range(5), 10).get_page(1)).strip() == ""
