"""Addresses of the players; the pages of courses are Wagtail's."""

from django.conf import settings
from django.urls import path, re_path

from courses import serve, views, views_flags, views_quizzes

urlpatterns = [
    path("learn/lessons/<int:pk>/play/", views.play, name="play-start"),
    path("play/beat/", views.beat, name="play-beat"),
    path("play/finish/", views.finish, name="play-finish"),
    path("play/present/", views.present, name="play-present"),
    path("learn/tests/", views_quizzes.quiz_list, name="quiz-list"),
    path("learn/tests/<int:pk>/", views_quizzes.quiz, name="quiz"),
    path("learn/tests/<int:pk>/start/", views_quizzes.quiz_start, name="quiz-start"),
    path("learn/attempts/<uuid:uuid>/", views_quizzes.quiz_attempt, name="quiz-attempt"),
    path("learn/attempts/<uuid:uuid>/save/", views_quizzes.quiz_save, name="quiz-save"),
    path("desk/watching/", views_flags.watch_flags, name="watch-flags"),
    path("watching/<int:pk>/", views_flags.watch_flag, name="watch-flag"),
]

if not settings.S3_BUCKET:
    # The embedded default serves its own media, by ranges; a site behind nginx or S3 never gets here.
    urlpatterns.append(re_path(r"^media/(?P<name>.+)$", serve.media, name="media"))
