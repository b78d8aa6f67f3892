"""A release that is asked for: a draft, which travels between the ministries until both letters are in it.

It binds nobody. What counts is the act made of it, and that needs both signatures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from tenun.agreement.acts.bodies import Closed, Day, Instant, Letter, Name, ReleaseScope, ThirdPartyConsent, Words
from tenun.agreement.release.preview import Preview
from tenun.agreement.release.states import Action, Actor, ReleaseState, may
from tenun.agreement.terms import Identifier
from tenun.agreement.vocabulary import Party
from tenun.kernel import canonical_json
from tenun.kernel.errors import TenunError


class RequestInvalid(TenunError):
    """The words of a request, or the file of one, do not fit. Says where, never what stood there."""

    code = "release.request_invalid"
    text_id = "Permohonan rilis tidak benar pada {where}: {reason}."
    text_en = "The release request is wrong at {where}: {reason}."
    remedy_id = "Perbaiki bagian itu, lalu ulangi."
    remedy_en = "Correct that part, then try again."


class StepNotAllowed(TenunError):
    """The table of states does not let this party do that now."""

    code = "release.step_not_allowed"
    text_id = "Langkah {action} tidak boleh dilakukan pada keadaan {state}."
    text_en = "The step {action} is not allowed in the state {state}."
    remedy_id = "Lihat keadaannya dengan `tenun release show`; pratinjau mendahului persetujuan, satu surat tiap PIHAK."
    remedy_en = "See its state with `tenun release show`; a preview comes before consent, one letter of each party."


class PreviewForbids(TenunError):
    """The preview shows nothing, or tells something that is hidden."""

    code = "release.preview_forbids"
    text_id = "Pratinjau menolak: {findings} angka tersembunyi dapat dihitung, {shown} angka tampil."
    text_en = "The preview forbids it: {findings} hidden figures can be computed, {shown} figures are shown."
    remedy_id = "Persempit indikator atau wilayahnya, lalu buat pratinjau lagi."
    remedy_en = "Narrow the indicators or areas, then preview again."


class ActDiffers(TenunError):
    """The act that came to be signed is not what this party's letter is for."""

    code = "release.act_differs"
    text_id = "Tindakan yang diterima tidak sama dengan permohonan yang disetujui PIHAK ini."
    text_en = "The act that came is not the request that this party consented to."
    remedy_id = "Jangan tanda tangani; minta PIHAK lainnya membuatnya lagi dari permohonan yang sama."
    remedy_en = "Do not sign it; ask the other party to make it again from the same request."


class PreviewNoted(Closed):
    """What the preview said; the numbers it found are not kept."""

    cells: Annotated[int, Field(ge=0)]
    hidden: Annotated[int, Field(ge=0)]
    findings: Annotated[int, Field(ge=0)]
    rule_version: Name


def _areas_and_indicators(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    if set(value) != {"indicators", "areas"}:
        raise ValueError("indicators and areas, and nothing else")
    return value


class Request(Closed):
    by: Party
    made_at: Instant
    dataset: Identifier
    fields_: Annotated[tuple[str, ...], Field(alias="fields", min_length=1)]
    audience: Identifier
    scope: Annotated[dict[str, tuple[str, ...]], AfterValidator(_areas_and_indicators)]
    valid_from: Day
    valid_until: Day
    text: Words
    preview: PreviewNoted | None = None
    letters: dict[Party, Letter] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        """Twelve signs of the digest of what is asked for; the same before and after preview and letters."""
        asked = self.model_dump(mode="json", by_alias=True, exclude={"preview", "letters"})
        return canonical_json.digest({**asked, "made_at": self.made_at.isoformat()})[:12]

    @property
    def state(self) -> ReleaseState:
        if self.letters:
            return ReleaseState.CONSENTED_BY_ONE
        return ReleaseState.DRAFT if self.preview is None else ReleaseState.PREVIEWED

    def require(self, action: Action, *, party: Party) -> None:
        """Raises `StepNotAllowed` where the table does not let that party do that."""
        actor = Actor.CONSENTED if party in self.letters else Actor.SIGNER
        if not may(self.state, action, by=actor):
            raise StepNotAllowed(action=action.value, state=self.state.value)

    def previewed(self, found: Preview, *, party: Party) -> Request:
        self.require(Action.PREVIEW, party=party)
        noted = PreviewNoted(
            cells=found.cells, hidden=found.hidden, findings=len(found.findings), rule_version=found.rule_version
        )
        return self.model_copy(update={"preview": noted})

    def consented(self, letter: Letter, *, party: Party) -> Request:
        """With that party's letter. Raises `StepNotAllowed`, `PreviewForbids`."""
        self.require(Action.CONSENT, party=party)
        noted = self.preview
        if noted is None or noted.findings or noted.cells <= noted.hidden:
            told = noted or PreviewNoted(cells=0, hidden=0, findings=0, rule_version="-")
            raise PreviewForbids(findings=told.findings, shown=told.cells - told.hidden)
        return self.model_copy(update={"letters": {**self.letters, party: letter}})

    @property
    def is_complete(self) -> bool:
        """Whether both letters are in it, so that the act can be made."""
        return set(self.letters) == set(Party)

    def release_scope(self) -> ReleaseScope:
        """Raises `RequestInvalid` while a letter is missing."""
        return parsed_scope({**self.scope, "letters": _plain_letters(self.letters)})

    def body(self) -> dict[str, Any]:
        """The body of the act. Raises `RequestInvalid` while a letter is missing."""
        return {
            "dataset": self.dataset,
            "audience": self.audience,
            "fields": list(self.fields_),
            "valid_from": self.valid_from.isoformat(),
            "valid_until": self.valid_until.isoformat(),
            "text": self.text,
            "release": self.release_scope().model_dump(mode="json", exclude_none=True),
        }

    def check_act(self, body: object, *, party: Party) -> None:
        """That the act says what the request says, with this party's letter as it gave it. Raises `ActDiffers`."""
        if not isinstance(body, ThirdPartyConsent) or body.release is None or party not in self.letters:
            raise ActDiffers
        ours = self.letters[party]
        theirs: Letter = getattr(body.release.letters, party.other.value)
        letters = {party: ours, party.other: theirs}
        meant = self.model_copy(update={"letters": letters}).body()
        if ThirdPartyConsent.model_validate_json(canonical_json.dumps(meant)) != body:
            raise ActDiffers

    @property
    def content(self) -> bytes:
        """The bytes of its file."""
        value = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return canonical_json.dumps(value | {"made_at": self.made_at.strftime("%Y-%m-%dT%H:%M:%SZ")})


def parsed(content: bytes) -> Request:
    """The request of a file. Raises `RequestInvalid`."""
    try:
        return Request.model_validate_json(content)
    except ValidationError as problem:
        raise _invalid(problem) from None


def parsed_scope(value: Mapping[str, Any]) -> ReleaseScope:
    """Raises `RequestInvalid`."""
    try:
        return ReleaseScope.model_validate_json(canonical_json.dumps(dict(value)))
    except ValidationError as problem:
        raise _invalid(problem) from None


def asked(value: Mapping[str, Any]) -> Request:
    """A new request of plain values. Raises `RequestInvalid`, for the scope too."""
    request = parsed(canonical_json.dumps(dict(value)))
    unsigned = {"number": "-", "dated": "2000-01-01", "office": "-"}
    parsed_scope({**value["scope"], "letters": {"desa": unsigned, "naker": unsigned}})
    if request.valid_until < request.valid_from:
        raise RequestInvalid(where="/valid_until", reason="before the first day")
    return request


def scan_digest(content: bytes) -> str:
    """How the scanned letter is named in the act."""
    return hashlib.sha256(content).hexdigest()


def _plain_letters(letters: Mapping[Party, Letter]) -> dict[str, Any]:
    return {party.value: one.model_dump(mode="json", exclude_none=True) for party, one in letters.items()}


def _invalid(problem: ValidationError) -> RequestInvalid:
    fault = problem.errors(include_input=False, include_url=False)[0]
    return RequestInvalid(where="/" + "/".join(map(str, fault["loc"])), reason=fault["msg"])
