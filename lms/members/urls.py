"""Addresses of the roster on the desk."""

from django.urls import path

from lms.members import views

urlpatterns = [
    path("desk/members/", views.member_list, name="member-list"),
    path("desk/members/<str:code>/", views.member_detail, name="member-detail"),
    path("desk/members/<str:code>/id-number/", views.id_number, name="member-id-number"),
    path("desk/members/<str:code>/login/", views.login_account, name="member-login"),
    path("desk/members/<str:code>/industry/", views.industry, name="member-industry"),
    path("desk/members/<str:code>/rank/", views.cadre_rank, name="member-rank"),
]
