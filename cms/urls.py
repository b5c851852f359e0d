"""Addresses of the site that are no pages of Wagtail's."""

from django.urls import path

from cms import views

urlpatterns = [path("search/", views.search, name="search")]
