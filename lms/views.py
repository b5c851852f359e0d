"""Sign-in, the first page for each role, and what stands outside every room."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lms.core.context import ELDER_COOKIE
from lms.members import accounts, navigation
from lms.members.http import SignedInRequest

YEAR_SECONDS = 365 * 24 * 3600


class LoginView(auth_views.LoginView):
    """Sign in with a user name and a password; a session remembers in which epoch it began."""

    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        self.request.session["epoch"] = form.get_user().session_epoch
        return response


class PasswordChangeView(auth_views.PasswordChangeView):
    """A person's own new password; the first one is forced."""

    template_name = "registration/password_change_form.html"
    success_url = reverse_lazy("home-for-role")

    request: SignedInRequest

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        accounts.change_own_password(
            request=self.request, user=self.request.user, password=form.cleaned_data["new_password1"]
        )
        messages.success(self.request, _("密码已修改。其他设备上的登录已退出。"))
        return HttpResponseRedirect(self.get_success_url())


@login_required
def home_for_role(request: HttpRequest) -> HttpResponse:
    """Send a signed-in person to the page of his work: the first entry of his navigation."""
    found = navigation.entries(request.user)
    return redirect(found[0][0] if found else "/")


@require_POST
def elder_mode(request: HttpRequest) -> HttpResponse:
    """Switch 长辈版 on or off, for the person when signed in and for the device always."""
    on = request.POST.get("on") == "1"
    if request.user.is_authenticated:
        accounts.set_elder_mode(user=request.user, on=on)
    target = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    response = redirect(target if safe else "/")
    response.set_cookie(
        ELDER_COOKIE, "1" if on else "0", max_age=YEAR_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response
