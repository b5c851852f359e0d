"""Addresses of notices."""

from django.urls import path

from lms.notices import views, views_desk

urlpatterns = [
    path("notices/", views.notice_list, name="notice-list"),
    path("notices/read/", views.notice_read_all, name="notice-read-all"),
    path("notices/settings/", views.notice_preferences, name="notice-preferences"),
    path("notices/<uuid:uuid>/open/", views.notice_open, name="notice-open"),
    path("desk/notices/", views_desk.desk, name="notice-desk"),
    path("desk/notices/channels/new/<str:kind>/", views_desk.channel_new, name="notice-channel-new"),
    path("desk/notices/channels/<int:pk>/", views_desk.channel_edit, name="notice-channel"),
    path("desk/notices/wordings/<str:kind>/", views_desk.wording, name="notice-wording"),
    path("desk/notices/messages/<uuid:uuid>/retry/", views_desk.message_retry, name="notice-retry"),
]
