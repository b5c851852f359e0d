"""Addresses of the county's view and of everybody's own hours."""

from django.urls import path

from lms.reports import audit_views, certificates_urls, home, views

urlpatterns = [
    *certificates_urls.urlpatterns,
    path("learn/", home.learn, name="learn"),
    path("learn/hours/", home.own_hours, name="own-hours"),
    path("hours/<uuid:uuid>/", views.hour_entry, name="hour-entry"),
    path("desk/reports/", views.board, name="report-board"),
    path("desk/reports/trend/", views.trend, name="report-trend"),
    path("desk/reports/members/", views.people_list, name="report-members"),
    path("desk/audit/", audit_views.runs, name="audit-runs"),
    path("desk/audit/seal/", audit_views.seal, name="ledger-seal"),
    path("desk/members/<str:code>/hours/", views.member_hours, name="member-hours"),
]
