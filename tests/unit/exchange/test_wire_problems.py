"""Every refusal has a problem of its own: what, why, by which clause, and what to do next, in two languages."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import tenun.agreement
import tenun.exchange
from tenun.agreement.decision import Denial, Use
from tenun.agreement.reason_texts import Reason
from tenun.agreement.vocabulary import Operation
from tenun.exchange import outbox
from tenun.exchange import refusals as pack_refusals
from tenun.exchange.refusals import ExchangeError, NotPermitted
from tenun.exchange.wire import problem_types, problems, refusals
from tenun.kernel.errors import TenunError

SOURCE = Path(tenun.agreement.__file__).parent
NOW = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)


def subclasses(of: type[TenunError]) -> Iterator[type[TenunError]]:
    for one in of.__subclasses__():
        yield one
        yield from subclasses(one)


def exchange_errors() -> list[type[TenunError]]:
    """Every error of the package and of the acts, whoever wrote it."""
    for package in (tenun.exchange, tenun.agreement):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    ours = {ExchangeError, *subclasses(ExchangeError)}
    ours |= {one for one in subclasses(TenunError) if one.__module__.startswith("tenun.agreement.acts")}
    return sorted(
        (one for one in ours if one.__module__.startswith(("tenun.exchange", "tenun.agreement"))),
        key=lambda one: one.code,
    )


def reason_codes() -> set[str]:
    """The codes of reasons, as they stand in the source of the package that gives them."""
    pattern = re.compile(r"""code=f?["'](agreement\.[a-z_.]+)""")
    return {code for path in SOURCE.rglob("*.py") for code in pattern.findall(path.read_text("utf-8"))}


def denial(*reasons: Reason) -> NotPermitted:
    use = Use(
        dataset="sid-warga",
        purpose="pemadanan",
        operation=Operation.FILE,
        fields=frozenset({"nik"}),
        by="naker",
        moment=NOW,
    )
    return NotPermitted(
        Denial(
            reasons=reasons,
            use=use,
            agreement_id="urn:tenun:agreement:uji",
            agreement_rev="ab" * 32,
            decision_id="d" * 64,
            decided_at=NOW,
        )
    )


def reason(code: str, clause: str = "7(1)", **parts: Any) -> Reason:
    return Reason(code, clause, "Sebab.", "Cause.", "Langkah.", "Step.", parts)


# --- the registry ------------------------------------------------------------------------------------------------


def test_every_error_of_the_exchange_has_a_problem_or_is_our_own_matter() -> None:
    codes = {one.code for one in exchange_errors()}
    assert len(codes) > 100
    forgotten = {
        code
        for code in codes - set(problem_types.CODES) - problem_types.OURS_ALONE
        if not code.startswith(tuple(problem_types.FAMILIES))
    }
    assert not forgotten, "name their problem in exchange/wire/problem_types.py"
    assert not set(problem_types.CODES) & problem_types.OURS_ALONE


def test_every_reason_of_a_decision_has_a_problem() -> None:
    codes = reason_codes()
    assert len(codes) > 15
    forgotten = {
        code for code in codes - set(problem_types.REASONS) if not code.startswith(tuple(problem_types.REASON_FAMILIES))
    }
    assert not forgotten, "name their problem in exchange/wire/problem_types.py"
    assert set(problem_types.REASONS) <= codes


def test_the_registry_names_only_problems_that_it_has() -> None:
    named = {
        *problem_types.CODES.values(),
        *problem_types.REASONS.values(),
        *problem_types.FAMILIES.values(),
        *problem_types.REASON_FAMILIES.values(),
    }
    assert named <= set(problems.REGISTRY)
    assert len(problems.REGISTRY) == len(problem_types.TYPES)


AGREED_STATUS = {
    "agreement-not-in-force": 403,
    "agreement-shut-off": 403,
    "agreement-revision-stale": 409,
    "purpose-not-permitted": 403,
    "field-not-permitted": 403,
    "dataset-not-covered": 403,
    "subject-scope": 403,
    "frequency-exceeded": 429,
    "signature-invalid": 401,
    "digest-mismatch": 400,
    "replayed": 409,
    "token-epoch": 401,
    "busy": 503,
}


def test_the_problems_that_the_protocol_names_keep_name_and_status() -> None:
    assert {slug: problems.REGISTRY[slug].status for slug in AGREED_STATUS} == AGREED_STATUS


@pytest.mark.parametrize("kind", problem_types.TYPES, ids=lambda kind: kind.slug)
def test_every_problem_says_what_why_and_what_to_do_in_both_languages(kind: problem_types.ProblemType) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug)
    assert 400 <= kind.status < 600
    texts = [kind.title_id, kind.title_en, kind.cause_id, kind.cause_en, kind.remedy_id, kind.remedy_en]
    assert all(len(text) > 5 for text in texts)
    assert len(set(texts)) == 6
    # RFC 6749, section 5.2: what `error_description` may hold.
    assert re.fullmatch(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+", kind.title_en)
    assert (kind.status in (429, 503)) <= (kind.retry_after is not None)


def test_an_event_that_will_fit_later_is_not_refused_as_one_that_never_will() -> None:
    early, never = (
        problems.REGISTRY[problem_types.CODES[code]]
        for code in ("exchange.event_out_of_order", "exchange.event_malformed")
    )
    assert (early.status, early.retry_after) == (409, 5)
    assert (never.status, never.retry_after) == (422, None)
    assert not outbox._is_final(early.status)
    assert outbox._is_final(never.status)


def test_the_page_of_the_registry_has_every_problem() -> None:
    page = problems.markdown()
    assert all(f"| `{one.slug}` | {one.status} |" in page for one in problem_types.TYPES)


# --- documents ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", exchange_errors(), ids=lambda error: error.__qualname__)
def test_every_error_becomes_a_document_that_a_program_can_read(error: type[TenunError]) -> None:
    bare = TenunError.__new__(error)
    bare.parts = {}
    if isinstance(bare, NotPermitted):
        bare = denial(reason("agreement.term_over", "6(1)"))
    problem = problems.of(bare, log_index=3, call="ab" * 32)
    document = json.loads(json.dumps(problem.document))
    assert document["type"] == f"urn:tenun:problem:{problem.kind.slug}"
    assert document["status"] == problem.status == problem.kind.status
    assert document["title"] == problem.kind.title_id
    assert document["instance"] == f"urn:tenun:call:{'ab' * 32}"
    assert document["log_index"] == 3
    for member in ("text", "remedy"):
        assert all(document[member][language] for language in ("id", "en"))
    assert document["detail"] == document["text"]["id"]
    assert problem.headers["content-type"] == "application/problem+json"
    assert ("www-authenticate" in problem.headers) == (problem.status == 401)
    assert ("code" in document) == (problem.kind.slug != "internal")


def test_a_fault_of_our_own_tells_the_other_party_nothing_of_itself() -> None:
    problem = problems.of(pack_refusals.KeyNotPinned(key="message", party="desa"), call="ab" * 32)
    assert (problem.status, problem.kind.slug) == (500, "internal")
    assert "message" not in json.dumps(problem.document)
    assert "code" not in problem.document


def test_an_error_of_another_package_is_internal() -> None:
    assert problems.slug_of(TenunError()) == "internal"


def test_a_document_may_be_in_english() -> None:
    problem = problems.of(refusals.TokenMissing(), language="en")
    assert problem.document["title"] == "No access token"
    assert problem.document["detail"] == problem.document["text"]["en"] == "The request carries no access token."
    assert problem.headers["content-language"] == "en"


@pytest.mark.pasal("7(1)")
def test_a_refused_field_is_named_with_its_clause_and_remedy() -> None:
    error = denial(
        reason("agreement.field_not_permitted", fields=["mother_name", "full_name"]),
        reason("agreement.prohibited.no-names", "4(2)", fields=["full_name"]),
    )
    problem = problems.of(error, log_index=0, rev="cd" * 32)
    assert (problem.kind.slug, problem.status) == ("field-not-permitted", 403)
    assert problem.document["fields"] == ["full_name", "mother_name"]
    assert problem.document["pasal"] == ["7(1)", "4(2)"]
    assert problem.document["decision"] == "d" * 64
    assert problem.document["log_index"] == 0
    assert problem.document["rev"] == "cd" * 32
    assert [one["code"] for one in problem.document["reasons"]] == [
        "agreement.field_not_permitted",
        "agreement.prohibited.no-names",
    ]
    assert problem.document["remedy"] == {"id": "Langkah.", "en": "Step."}


def test_of_several_reasons_the_weightiest_names_the_problem() -> None:
    reasons = [
        reason("agreement.field_not_permitted"),
        reason("agreement.purpose_not_permitted"),
        reason("agreement.term_over", "6(1)"),
    ]
    assert problems.slug_of(denial(*reasons)) == "agreement-not-in-force"
    assert problems.slug_of(denial(*reasons[:2])) == "purpose-not-permitted"


def test_a_reason_that_nobody_entered_is_still_a_refusal() -> None:
    assert problems.slug_of(denial(reason("agreement.baru_sekali"))) == "operation-not-permitted"


def test_the_fields_of_an_error_are_named_from_its_text() -> None:
    error = pack_refusals.FieldsNotHeld(snapshot="abc", fields="rt, rw")
    assert problems.of(error).document["fields"] == ["rt", "rw"]


def test_a_problem_without_an_error_has_the_words_of_its_type() -> None:
    problem = problems.of_type("not-found", call="ab" * 32)
    assert problem.document["text"]["id"] == problems.REGISTRY["not-found"].cause_id
    assert "log_index" not in problem.document


@pytest.mark.parametrize(
    ("error", "status", "oauth"),
    [
        (refusals.ClientUnknown(), 401, "invalid_client"),
        (refusals.AssertionInvalid(member="exp"), 401, "invalid_client"),
        (refusals.GrantMalformed(member="fields"), 400, "invalid_authorization_details"),
        (refusals.TokenRequestMalformed(member="grant_type"), 400, "invalid_request"),
        (refusals.DpopInvalid(member="htu"), 400, "invalid_dpop_proof"),
        (refusals.MessageReplayed(), 409, "invalid_request"),
        (refusals.StoreUnavailable(), 503, "temporarily_unavailable"),
        (denial(reason("agreement.term_over", "6(1)")), 403, "access_denied"),
    ],
)
def test_at_the_token_endpoint_an_oauth_client_finds_its_error(error: TenunError, status: int, oauth: str) -> None:
    problem = problems.of(error).at_token_endpoint()
    assert (problem.status, problem.document["error"], problem.document["status"]) == (status, oauth, status)
    assert problem.document["error_description"] == problem.kind.title_en
    assert problem.headers["content-type"] == "application/json"
    assert "www-authenticate" not in problem.headers
    assert problem.document["type"].startswith("urn:tenun:problem:")
