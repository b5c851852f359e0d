"""What the pages of the site show beside what editors wrote."""

from __future__ import annotations

from django import template
from django.core.paginator import Page, Paginator
from django.template.context import RequestContext

from cms.models import NewsIndexPage, NewsPage

register = template.Library()
PAGE = 20


@register.simple_tag
def latest_news(number: int) -> list[NewsPage]:
    """The newest published news."""
    return list(NewsPage.objects.live().public().select_related("picture").order_by("-date", "-pk")[:number])


@register.simple_tag(takes_context=True)
def news_of(context: RequestContext, page: NewsIndexPage) -> Page:
    """One page of the published news under an index."""
    news = NewsPage.objects.child_of(page).live().select_related("picture").order_by("-date", "-pk")
    return Paginator(news, PAGE).get_page(context["request"].GET.get("page"))
