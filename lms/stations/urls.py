"""Addresses of the station's screen and its books."""

from django.urls import path

from lms.stations import views, views_book, views_loans

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
    path("station/loans/", views_loans.loans, name="loan-list"),
    path("station/loans/print/", views_loans.loans_print, name="loan-print"),
    path("station/loans/<int:pk>/back/", views_loans.back, name="loan-back"),
    path("station/at/<str:code>/lend/", views_loans.lend, name="loan-new"),
    path("station/book/", views_book.book, name="station-book"),
    path("station/book/print/", views_book.book_print, name="station-book-print"),
    path("station/book/<uuid:uuid>/", views_book.detail, name="viewing-detail"),
    path("station/book/<uuid:uuid>/notes/", views_book.notes, name="viewing-notes"),
    path("station/book/<uuid:uuid>/correct/<str:code>/", views_book.correct, name="viewing-correct"),
]
