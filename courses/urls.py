"""Addresses of the players; the pages of courses are Wagtail's."""

from django.conf import settings
from django.urls import path, re_path

from courses import package_serve, serve, views, views_flags, views_packages

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

urlpatterns = [
    path("learn/lessons/<int:pk>/play/", views.play, name="play-start"),
    path("play/beat/", views.beat, name="play-beat"),
    path("play/finish/", views.finish, name="play-finish"),
    path("play/present/", views.present, name="play-present"),
    path("learn/lessons/<int:pk>/parts/<int:number>/", views_packages.open_part, name="package-open"),
    re_path(rf"^package/(?P<uuid>{UUID})/(?P<path>.*)$", package_serve.package_file, name="package-file"),
    path("play/streams/<uuid:stream>/<slug:name>.m3u8", serve.playlist, name="stream-playlist"),
    path("desk/watching/", views_flags.watch_flags, name="watch-flags"),
    path("watching/<int:pk>/", views_flags.watch_flag, name="watch-flag"),
]

if not settings.S3_BUCKET:
    # The embedded default serves its own media, by ranges; a site behind nginx or S3 never gets here.
    urlpatterns.append(re_path(r"^media/(?P<name>.+)$", serve.media, name="media"))
