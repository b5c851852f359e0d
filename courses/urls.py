"""Addresses of the players; the pages of courses are Wagtail's."""

from django.conf import settings
from django.urls import path, re_path

from courses import (
    package_serve,
    serve,
    views,
    views_flags,
    views_packages,
    views_quizzes,
    views_reading,
    views_study,
    views_study_desk,
)

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

urlpatterns = [
    path("learn/lessons/<int:pk>/play/", views.play, name="play-start"),
    path("play/beat/", views.beat, name="play-beat"),
    path("play/finish/", views.finish, name="play-finish"),
    path("play/present/", views.present, name="play-present"),
    path("learn/books/<int:pk>/place/", views_reading.keep_place, name="book-place"),
    path("learn/books/<int:pk>/notes/", views_reading.write_note, name="book-note"),
    path("learn/notes/", views_reading.notes, name="own-notes"),
    path("learn/notes/<int:pk>/remove/", views_reading.remove_note, name="book-note-remove"),
    path("learn/courses/", views_study.own_courses, name="own-courses"),
    path("learn/courses/<int:pk>/", views_study.course_act, name="course-act"),
    path("learn/courses/<int:pk>/rate/", views_study.course_rate, name="course-rate"),
    path("learn/courses/<int:pk>/ask/", views_study.course_ask, name="course-ask"),
    path("learn/courses/<int:pk>/use/", views_study.course_use, name="course-use"),
    path("learn/uses/<uuid:uuid>/withdraw/", views_study.use_withdraw, name="use-withdraw"),
    path("learn/uses/<uuid:uuid>/photo/", views_study.use_photo, name="use-photo"),
    path("desk/assignments/", views_study_desk.assignment_list, name="assignment-list"),
    path("desk/assignments/new/", views_study_desk.assignment_new, name="assignment-new"),
    path("desk/assignments/overdue/", views_study_desk.overdue_list, name="overdue-list"),
    path("desk/assignments/<int:pk>/", views_study_desk.assignment_detail, name="assignment-detail"),
    path("desk/assignments/<int:pk>/withdraw/", views_study_desk.assignment_withdraw, name="assignment-withdraw"),
    path("desk/uses/", views_study_desk.use_list, name="use-list"),
    path("desk/questions/", views_study_desk.question_list, name="question-list"),
    path("desk/questions/<uuid:uuid>/", views_study_desk.question_answer, name="question-answer"),
    path("learn/tests/", views_quizzes.quiz_list, name="quiz-list"),
    path("learn/tests/<int:pk>/", views_quizzes.quiz, name="quiz"),
    path("learn/tests/<int:pk>/start/", views_quizzes.quiz_start, name="quiz-start"),
    path("learn/attempts/<uuid:uuid>/", views_quizzes.quiz_attempt, name="quiz-attempt"),
    path("learn/attempts/<uuid:uuid>/save/", views_quizzes.quiz_save, name="quiz-save"),
    path("learn/lessons/<int:pk>/parts/<int:number>/", views_packages.open_part, name="package-open"),
    re_path(rf"^package/(?P<uuid>{UUID})/(?P<path>.*)$", package_serve.package_file, name="package-file"),
    path("play/streams/<uuid:stream>/<slug:name>.m3u8", serve.playlist, name="stream-playlist"),
    path("desk/watching/", views_flags.watch_flags, name="watch-flags"),
    path("watching/<int:pk>/", views_flags.watch_flag, name="watch-flag"),
]

if not settings.S3_BUCKET:
    # The embedded default serves its own media, by ranges; a site behind nginx or S3 never gets here.
    urlpatterns.append(re_path(r"^media/(?P<name>.+)$", serve.media, name="media"))
