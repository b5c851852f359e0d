"""Addresses of the station's screen and its books."""

from django.urls import path

from lms.stations import views, views_book

urlpatterns = [
    path("station/", views.home, name="station-home"),
    path("station/at/<str:code>/", views.screen, name="station-screen"),
    path("station/at/<str:code>/courses/", views.courses, name="station-courses"),
    path("station/at/<str:code>/courses/<int:course>/", views.lessons, name="station-lessons"),
    path("station/at/<str:code>/open/<int:lesson>/", views.choose, name="station-choose"),
    path("station/viewing/<uuid:uuid>/roll/<int:lesson>/", views.roll, name="viewing-roll"),
    path("station/viewing/<uuid:uuid>/play/", views.play, name="viewing-play"),
    path("station/viewing/<uuid:uuid>/presence/", views.presence, name="viewing-presence"),
    path("station/viewing/<uuid:uuid>/close/", views.close, name="viewing-close"),
    path("station/viewing/<uuid:uuid>/result/", views.result, name="viewing-result"),
    path("station/book/", views_book.book, name="station-book"),
    path("station/book/print/", views_book.book_print, name="station-book-print"),
    path("station/book/<uuid:uuid>/", views_book.detail, name="viewing-detail"),
    path("station/book/<uuid:uuid>/notes/", views_book.notes, name="viewing-notes"),
    path("station/book/<uuid:uuid>/correct/<str:code>/", views_book.correct, name="viewing-correct"),
]
