"""Addresses of notices."""

from django.urls import path

from lms.notices import views

urlpatterns = [
    path("notices/", views.notice_list, name="notice-list"),
    path("notices/read/", views.notice_read_all, name="notice-read-all"),
    path("notices/settings/", views.notice_preferences, name="notice-preferences"),
    path("notices/<uuid:uuid>/open/", views.notice_open, name="notice-open"),
]
