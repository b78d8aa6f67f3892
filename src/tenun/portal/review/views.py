from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from tenun.kernel.clock import SystemClock
from tenun.kernel.errors import TenunError
from tenun.lake.store import SnapshotMissing
from tenun.linkage.review import estimate, judgements
from tenun.linkage.review.claims import CLAIM_LASTS
from tenun.linkage.review.desk import Desk, Judge, PairNotYours, Task, WorkList
from tenun.linkage.review.judgements import JudgementRefused, Reason, ReasonMissing
from tenun.linkage.review.lines import LinesAltered
from tenun.linkage.review.persons import ALL, COVERED
from tenun.linkage.review.reveals import REASON_MAX, REASON_MIN, Reveal, RevealReasonUnfit
from tenun.linkage.review.rules import JudgeRole, Verdict
from tenun.portal.access import Permission
from tenun.portal.review import pair, wording, work

log = structlog.get_logger("tenun.portal")
ROUTES = {JudgeRole.REVIEWER: "link_review", JudgeRole.ARBITER: "link_arbitration"}
OFFERED = tuple(reason for reason in Reason if reason is not Reason.NONE)


@require_http_methods(["GET", "HEAD", "POST"])
def review_page(request: HttpRequest) -> HttpResponse:
    """Apakah dua catatan ini orang yang sama?"""
    return _page(request, JudgeRole.REVIEWER)


@require_http_methods(["GET", "HEAD", "POST"])
def arbitration_page(request: HttpRequest) -> HttpResponse:
    """Apakah dua catatan ini orang yang sama? Untuk pasangan yang dua penilainya berbeda."""
    return _page(request, JudgeRole.ARBITER)


def _page(request: HttpRequest, role: JudgeRole) -> HttpResponse:
    now = SystemClock().now()
    desk, judge = work.desk(), work.judge_of(request)
    try:
        desk.crosswalk()
        if request.method == "POST":
            return _ACTIONS.get(request.POST.get("action", ""), _nothing)(request, desk, judge, role, now)
        task = desk.at_hand(judge, role, now=now)
        return _show_desk(request, desk, judge, role, now) if task is None else _show_pair(request, desk, task)
    except SnapshotMissing:
        return render(request, "review/no_links.html")
    except LinesAltered as problem:
        log.error("review record altered", code=problem.code)
        return render(request, "review/closed.html", {"problem": wording.problem(problem)}, status=503)


# --- what a form asks for ----------------------------------------------------------------------


def _start(request: HttpRequest, desk: Desk, judge: Judge, role: JudgeRole, now: datetime) -> HttpResponse:
    wanted = _work(request, role)
    if desk.take(judge, role, wanted, now=now) is None:
        messages.info(request, _("Nothing is left here for you just now."))
    return redirect(ROUTES[role])


def _judge(request: HttpRequest, desk: Desk, judge: Judge, role: JudgeRole, now: datetime) -> HttpResponse:
    try:
        task = desk.hold(judge, role, request.POST.get("pair", ""), now=now)
        verdict = Verdict(request.POST.get("verdict", ""))
        reason = Reason(request.POST.get("reason", ""))
        desk.judge(judge, task, verdict, reason, now=now)
    except ReasonMissing as problem:
        return _show_pair(request, desk, task, chosen=str(verdict), verdict_error=_first(problem), status=422)
    except ValueError:
        return _show_pair(request, desk, task, verdict_error=_("Choose one of the three verdicts."), status=422)
    except (PairNotYours, JudgementRefused) as problem:
        messages.warning(request, _first(problem))
        return redirect(ROUTES[role])
    log.info("pair judged", pair=task.name, account=judge.account, role=str(role))
    desk.take(judge, role, _of_task(task), now=now)
    return redirect(ROUTES[role])


def _skip(request: HttpRequest, desk: Desk, judge: Judge, role: JudgeRole, now: datetime) -> HttpResponse:
    try:
        task = desk.hold(judge, role, request.POST.get("pair", ""), now=now)
    except PairNotYours as problem:
        messages.warning(request, _first(problem))
        return redirect(ROUTES[role])
    desk.claims.skip(task.candidate.pair, judge.account, role, now=now)
    desk.take(judge, role, _of_task(task), now=now)
    return redirect(ROUTES[role])


def _stop(request: HttpRequest, desk: Desk, judge: Judge, role: JudgeRole, now: datetime) -> HttpResponse:
    desk.claims.release(judge.account, role, now=now)
    return redirect(ROUTES[role])


def _bring_back(request: HttpRequest, desk: Desk, judge: Judge, role: JudgeRole, now: datetime) -> HttpResponse:
    desk.claims.bring_back(judge.account, role, now=now)
    return redirect(ROUTES[role])


def _reveal(request: HttpRequest, desk: Desk, judge: Judge, role: JudgeRole, now: datetime) -> HttpResponse:
    """Note who wants to see what and why; only then show it. The answer is the page itself: nothing is kept of it."""
    try:
        task = desk.hold(judge, role, request.POST.get("pair", ""), now=now)
    except PairNotYours as problem:
        messages.warning(request, _first(problem))
        return redirect(ROUTES[role])
    wanted = request.POST.get("field", ALL)
    fields = COVERED if wanted == ALL else tuple(name for name in COVERED if name == wanted)
    reason = " ".join(request.POST.get("why", "").split())
    if not fields:
        return redirect(ROUTES[role])
    try:
        desk.reveals.record(Reveal(task.candidate.pair, fields, judge.account, role, now, reason))
    except RevealReasonUnfit as problem:
        return _show_pair(request, desk, task, reveal_error=_first(problem), status=422)
    log.info("fields revealed", pair=task.name, account=judge.account, role=str(role), fields=list(fields))
    return _show_pair(request, desk, task, asked=fields)


def _nothing(request: HttpRequest, desk: Desk, judge: Judge, role: JudgeRole, now: datetime) -> HttpResponse:
    return redirect(ROUTES[role])


_ACTIONS: dict[str, Callable[[HttpRequest, Desk, Judge, JudgeRole, datetime], HttpResponse]] = {
    "start": _start,
    "judge": _judge,
    "skip": _skip,
    "stop": _stop,
    "bring_back": _bring_back,
    "reveal": _reveal,
}


def _work(request: HttpRequest, role: JudgeRole) -> WorkList:
    if role is JudgeRole.ARBITER:
        return WorkList.BOTH
    return WorkList.SAMPLE if request.POST.get("work") == WorkList.SAMPLE else WorkList.QUEUE


def _of_task(task: Task) -> WorkList:
    """The list that a pair came from, to go on with."""
    if task.role is JudgeRole.ARBITER:
        return WorkList.BOTH
    return WorkList.SAMPLE if task.stratum else WorkList.QUEUE


def _first(problem: TenunError) -> str:
    told = wording.problem(problem)
    return f"{told['text']} {told['remedy']}".strip()


# --- pages ---------------------------------------------------------------------------------------


def _show_desk(request: HttpRequest, desk: Desk, judge: Judge, role: JudgeRole, now: datetime) -> HttpResponse:
    sample = desk.sample()
    lists = [WorkList.BOTH] if role is JudgeRole.ARBITER else [WorkList.QUEUE, *([WorkList.SAMPLE] if sample else [])]
    context = {
        **_tabs(request, role),
        "lists": [(name, desk.count(judge, role, name, now=now)) for name in lists],
        "sample": sample,
        "estimate": estimate.estimate(sample, judgements.outcomes(desk.judgements)) if sample else None,
        "disputed": desk.count(judge, JudgeRole.ARBITER, WorkList.BOTH, now=now).left,
        "minutes": int(CLAIM_LASTS.total_seconds() // 60),
    }
    return render(request, "review/desk.html", context)


@sensitive_variables()
def _show_pair(
    request: HttpRequest,
    desk: Desk,
    task: Task,
    *,
    asked: tuple[str, ...] = (),
    chosen: str = "",
    verdict_error: str = "",
    reveal_error: str = "",
    status: int = 200,
) -> HttpResponse:
    judge = work.judge_of(request)
    now = SystemClock().now()
    revealed = {*asked, *_still_revealed(request, desk, judge, task, now)}
    work_list = _of_task(task)
    context: dict[str, Any] = {
        **_tabs(request, task.role),
        "task": task,
        "work": str(work_list),
        "count": desk.count(judge, task.role, work_list, now=now),
        "held_back": pair.held_back(task),
        "weight": wording.weight(task.candidate.weight),
        "probability": task.candidate.probability * 100,
        "verdicts": [(verdict, wording.verdict(verdict), at) for at, verdict in enumerate(Verdict, start=1)],
        "reasons": [(reason, wording.reason(reason)) for reason in OFFERED],
        "earlier": [(wording.verdict(one.verdict), wording.reason(one.reason)) for one in task.earlier],
        "chosen": chosen,
        "verdict_error": verdict_error,
        "reveal_error": reveal_error,
        "why": request.POST.get("why", ""),
        "why_min": REASON_MIN,
        "why_max": REASON_MAX,
        "revealed": sorted(revealed),
        "is_just_revealed": bool(asked),
    }
    try:
        rows = pair.rows(task, work.read(task.candidate), desk.model(), revealed=revealed)
        context |= {"rows": rows, "is_any_covered": any(row.may_be_revealed for row in rows)}
    except TenunError as problem:
        if isinstance(problem, LinesAltered):
            raise
        # The pair stays at hand: it can be skipped, and nothing can be said of it.
        context |= {"problem": wording.problem(problem)}
        status = 409
    return render(request, "review/pair.html", context, status=status)


def _still_revealed(request: HttpRequest, desk: Desk, judge: Judge, task: Task, now: datetime) -> set[str]:
    """Fields that the page showed already: as the form says, and as the record of reveals bears out."""
    claimed = set(request.POST.getlist("shown")) & set(COVERED)
    if not claimed:
        return set()
    ours = (task.candidate.pair.seeker_id, task.candidate.pair.person_id, judge.account)
    since = now - CLAIM_LASTS
    noted = {
        field
        for one in desk.reveals.all()
        if (one["seeker_id"], one["person_id"], one["by"]) == ours and datetime.fromisoformat(one["moment"]) >= since
        for field in one["fields"]
    }
    return claimed & noted


def _tabs(request: HttpRequest, role: JudgeRole) -> dict[str, object]:
    return {
        "role": str(role),
        "is_arbiter": role is JudgeRole.ARBITER,
        "may_review": request.user.may(Permission.LINK_REVIEW),
        "may_arbitrate": request.user.may(Permission.LINK_ARBITRATE),
    }
