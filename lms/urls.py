"""The URL map of the house. Addresses that others rely on are listed in docs/contract.md."""

from django.conf import settings
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from lms import views
from lms.core import health
from lms.core.style_guide import style_guide

urlpatterns = [
    path("", include("courses.urls")),  # first: most requests are beats
    path("login/", views.LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/password/", views.PasswordChangeView.as_view(), name="password-change"),
    path("account/elder/", views.elder_mode, name="elder-mode"),
    path("account/start/", views.home_for_role, name="home-for-role"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("lms.members.urls")),
    path("", include("lms.notices.urls")),
    path("", include("lms.goals.urls")),
    path("", include("lms.training.urls")),
    path("", include("lms.stations.urls")),
    path("", include("lms.pairs.urls")),
    path("", include("lms.reports.urls")),
    path("", include("lms.exchange.urls")),
    path("", include("cms.urls")),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    *([path("style-guide/", style_guide)] if settings.DEBUG else []),
    path("", include(wagtail_urls)),
]
