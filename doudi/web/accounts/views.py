"""Signing in and out, and a person's own account."""

from django.contrib import auth, messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from doudi.web.accounts.forms import PasswordForm, SignInForm
from doudi.web.accounts.models import Post
from doudi.web.accounts.services import password_change
from doudi.web.layout.request import OfficerRequest
from doudi.web.refusal import ActionRefused
from doudi.web.regions.models import Region


def safe_next(request: OfficerRequest) -> str:
    """Where the person wanted to go before signing in, if that is on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if allowed else ""


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: OfficerRequest) -> HttpResponse:
    onward = safe_next(request)
    if request.officer.user_id is not None:
        return redirect(onward or "cockpit:figures")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = auth.authenticate(
            request, username=form.cleaned_data["username"], password=form.cleaned_data["password"]
        )
        if user is not None:
            auth.login(request, user)
            if user.must_change_password:
                messages.warning(request, _("这是初始密码，请先改成只有您自己知道的密码。"))
                return redirect("accounts:account")
            return redirect(onward or "cockpit:figures")
        form.add_error(None, _("用户名或密码不正确，请核对后再试。连续输错 5 次会暂时锁定。"))
    status = 400 if form.errors else 200
    return render(request, "accounts/sign_in.html", {"form": form, "next": onward}, status=status)


@require_POST
def sign_out(request: OfficerRequest) -> HttpResponse:
    auth.logout(request)
    messages.success(request, _("您已退出登录。"))
    return redirect("accounts:sign_in")


@sensitive_post_parameters("current", "new", "again")
@require_http_methods(["GET", "POST"])
def account(request: OfficerRequest) -> HttpResponse:
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = password_change(
                actor=request.officer,
                user=request.user,
                current=form.cleaned_data["current"],
                new=form.cleaned_data["new"],
            )
        except ActionRefused as refused:
            form.add_error("current" if refused.code == "wrong_password" else "new", refused.message)
            form.mark_errors()
        else:
            auth.update_session_auth_hash(request, user)
            messages.success(request, _("密码已修改，下次登录请用新密码。"))
            return redirect("accounts:account")
    posts = list(Post.objects.filter(user=request.user).order_by("-since"))
    names = dict(Region.objects.filter(code__in={post.region_code for post in posts}).values_list("code", "name"))
    rows = [{"post": post, "region": names.get(post.region_code, post.region_code)} for post in posts]
    status = 400 if form.errors else 200
    return render(request, "accounts/account.html", {"form": form, "posts": rows}, status=status)
