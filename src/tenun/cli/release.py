"""`tenun release …`: what others than the two ministries may be shown, from the request to its end (Pasal 7(2))."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from tenun.agreement.acts import act as acts
from tenun.agreement.acts.bodies import Letter
from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind, NoticeSubject
from tenun.agreement.acts.ledger import Entry
from tenun.agreement.acts.refusals import ActNotReported
from tenun.agreement.release import preview as previews
from tenun.agreement.release import request as requests
from tenun.agreement.release.gate import Release, releases
from tenun.agreement.release.request import Request
from tenun.agreement.release.states import Action, Actor, may
from tenun.agreement.vocabulary import Party
from tenun.cli import console
from tenun.kernel.clock import SystemClock, rfc3339
from tenun.kernel.durable import write_durably
from tenun.kernel.errors import TenunError
from tenun.node.chain import agreement_now, chain_of
from tenun.node.home import NodeHome, Role

app = typer.Typer(no_args_is_help=True, help="Gerbang rilis: siapa boleh melihat apa / the release gate.")

_NODE = Annotated[Role, typer.Option("--node", help="Simpul pelakunya / the node that acts.")]
_ID = Annotated[str, typer.Argument(help="Nomor permohonan / id of the request.")]


class ReleaseNotFound(TenunError):
    code = "release.not_found"
    text_id = "Tidak ada tepat satu permohonan atau rilis dengan sebutan itu di simpul ini."
    text_en = "This node does not have exactly one request or release of that name."
    remedy_id = "Lihat daftarnya dengan `tenun release list`."
    remedy_en = "See which there are with `tenun release list`."


@app.command("request")
def request_(
    node: _NODE,
    indicators: Annotated[str, typer.Option("--indicators", help="Kode, dipisah koma / codes.")],
    areas: Annotated[str, typer.Option("--areas", help="Kode wilayah, dipisah koma / area codes.")],
    audience: Annotated[str, typer.Option("--audience", help="Kepada siapa, nama pendek / to whom.")],
    valid_from: Annotated[str, typer.Option("--from", help="Hari pertama / first day.")],
    valid_until: Annotated[str, typer.Option("--until", help="Hari terakhir / last day.")],
    text: Annotated[str, typer.Option("--text", help="Untuk apa / what for.")],
    dataset: Annotated[str, typer.Option("--dataset", help="Data hasil / the results.")] = "hasil-desa",
    as_json: console.JsonOption = False,
) -> None:
    """Ajukan rilis; belum ada yang boleh melihat apa pun / ask for a release; nobody sees anything yet."""
    home = NodeHome.of(node)
    agreed = agreement_now(home).datasets.get(dataset)
    if agreed is None:
        raise requests.RequestInvalid(where="/dataset", reason="the agreement has no such dataset")
    made = requests.asked(
        {
            "by": node.value,
            "made_at": rfc3339(SystemClock().now()),
            "dataset": dataset,
            "fields": sorted(agreed.fields),
            "audience": audience,
            "scope": {"indicators": indicators.split(","), "areas": areas.split(",")},
            "valid_from": valid_from,
            "valid_until": valid_until,
            "text": text,
        }
    )
    _answer(_kept(home, made), as_json=as_json)


@app.command("preview")
def preview(id: _ID, node: _NODE, as_json: console.JsonOption = False) -> None:
    """Lihat sebagai audiens: bagian tersembunyi dan uji selisih / see it as the audience: hidden share, differences."""
    # Reading figures loads DuckDB and Arrow, which the other steps do without.
    from tenun.indicators.results import Results
    from tenun.node.release_preview import AsTheMinistriesSee

    home = NodeHome.of(node)
    asked = _draft(home, id)
    asked.require(Action.PREVIEW, party=_party(node))
    unsigned = {"number": "-", "dated": "2000-01-01", "office": "-"}
    scope = requests.parsed_scope({**asked.scope, "letters": {"desa": unsigned, "naker": unsigned}})
    found = previews.preview(
        scope,
        audience=asked.audience,
        protection=AsTheMinistriesSee(Results.open(home.lake)),
        earlier=[(one.audience, one.scope) for one in _releases(chain_of(home))],
    )
    kept = _kept(home, asked.previewed(found, party=_party(node)))
    _answer(kept | {"preview": found.as_dict()}, as_json=as_json)


@app.command("consent")
def consent(
    node: _NODE,
    id: Annotated[str | None, typer.Argument(help="Nomor permohonan / id of the request.")] = None,
    number: Annotated[str | None, typer.Option("--number", help="Nomor surat / number of the letter.")] = None,
    dated: Annotated[str | None, typer.Option("--dated", help="Tanggal surat / its date.")] = None,
    office: Annotated[str | None, typer.Option("--office", help="Jabatan penanda tangan / signatory's office.")] = None,
    scan: Annotated[Path | None, typer.Option("--scan", help="Berkas surat / the letter's file.")] = None,
    request: Annotated[Path | None, typer.Option("--request", help="Permohonan dari PIHAK lainnya.")] = None,
    act: Annotated[Path | None, typer.Option("--act", help="Tindakan dari PIHAK lainnya / their act.")] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Setujui dengan surat; surat kedua membuat tindakan, tanda tangan kedua memberlakukannya.

    Consent by a letter; the second letter makes the act, the second signature puts it in force.
    """
    home, party = NodeHome.of(node), _party(node)
    if request is not None:
        asked = requests.parsed(request.read_bytes())
    elif id is not None:
        asked = _draft(home, id)
    else:
        raise requests.RequestInvalid(where="/id", reason="neither an id nor --request FILE")
    if act is not None:
        _answer(_countersigned(home, asked, act), as_json=as_json)
        return
    if number is None or dated is None or office is None:
        raise requests.RequestInvalid(where="/letters", reason="--number, --dated and --office are needed")
    letter = {"number": number, "dated": dated, "office": office}
    if scan is not None:
        letter["sha256"] = requests.scan_digest(scan.read_bytes())
    agreed = asked.consented(_letter(letter), party=party)
    result = _kept(home, agreed)
    if agreed.is_complete:
        proposed = chain_of(home).propose(
            Kind.THIRD_PARTY_CONSENT,
            by=party,
            keys=home.folder / "keys",
            body=agreed.body(),
            reference={"number": number, "dated": dated},
        )
        file = _folder(home) / f"{agreed.id}.act.json"
        write_durably(file, proposed.content)
        result |= {"file": str(file)}
    _answer(result, as_json=as_json)


def _countersigned(home: NodeHome, asked: Request, file: Path) -> dict[str, Any]:
    """Sign the other party's act, when it is what our letter is for."""
    party, content = _party(home.role), file.read_bytes()
    asked.check_act(acts.parse(content).body, party=party)
    chain = chain_of(home)
    entry = _counted(
        chain, Kind.THIRD_PARTY_CONSENT, lambda: chain.countersign(content, by=party, keys=home.folder / "keys")
    )
    # What it says stands in the chain now; a draft beside it could only say something else.
    (_folder(home) / f"{asked.id}.json").unlink(missing_ok=True)
    return _release(chain, entry.hash).as_dict() | {"file": str(chain.folder / f"{entry.hash}.json")}


@app.command("show")
def show(name: Annotated[str, typer.Argument(help="Nomor permohonan atau sidik rilis / id or hash.")], node: _NODE,
         as_json: console.JsonOption = False) -> None:  # fmt: skip
    """Tampilkan permohonan atau rilis / show a request or a release."""
    home = NodeHome.of(node)
    found = [one.as_dict() for one in _releases(chain_of(home)) if one.act.startswith(name)]
    found = found or [_summary(home, one) for one in _drafts(home) if one.id == name]
    if len(found) != 1:
        raise ReleaseNotFound
    _answer(found[0], as_json=as_json)


@app.command("list")
def list_(node: _NODE, as_json: console.JsonOption = False) -> None:
    """Semua permohonan dan rilis / every request and release."""
    home = NodeHome.of(node)
    result = {
        "releases": [one.as_dict() for one in _releases(chain_of(home))],
        "requests": [_summary(home, one) for one in _drafts(home)],
    }

    def say() -> None:
        if not result["releases"]:
            console.out.print("Belum ada rilis: pihak lain tidak melihat apa pun. / Nothing is released.")
        for one in (*result["releases"], *result["requests"]):
            _say(one)

    console.answer(result, as_json=as_json, show=say)


@app.command("revoke")
def revoke(
    act: Annotated[str, typer.Argument(help="Awal sidik rilis / beginning of the release's hash.")],
    node: _NODE,
    reason: Annotated[str, typer.Option("--reason", help="Alasan / reason.")],
    as_json: console.JsonOption = False,
) -> None:
    """Cabut: berlaku seketika, cukup satu PIHAK / revoke: at once, by one party alone."""
    home = NodeHome.of(node)
    chain = chain_of(home)
    found = _release(chain, act)
    if not may(found.state, Action.REVOKE, by=Actor.SIGNER):
        raise requests.StepNotAllowed(action=Action.REVOKE.value, state=found.state.value)
    body = {"subject": NoticeSubject.OTHER.value, "text": reason, "withdraws": found.act}
    entry = _counted(
        chain, Kind.NOTICE, lambda: chain.act(Kind.NOTICE, by=_party(node), keys=home.folder / "keys", body=body)
    )
    file = chain.folder / f"{entry.hash}.json"
    _answer(_release(chain, found.act).as_dict() | {"withdrawn_by": entry.hash, "file": str(file)}, as_json=as_json)


# --- below -------------------------------------------------------------------------------------------------------


def _party(node: Role) -> Party:
    return Party(node.value)


def _counted(chain: Chain, kind: Kind, do: Callable[[], Entry]) -> Entry:
    """The act in the chain. Where the log could not be told it counts all the same, and is told later."""
    before = set(chain.ledger().entries)
    try:
        return do()
    except ActNotReported as problem:
        console.err.print(f"{problem.message('id')} / {problem.message('en')}", markup=False, style="yellow")
        return next(one for one in reversed(chain.all()) if one.kind is kind and one.hash not in before)


def _letter(value: dict[str, str]) -> Letter:
    scope = requests.parsed_scope(
        {"indicators": ["A1"], "areas": ["00"], "letters": {party.value: value for party in Party}}
    )
    return scope.letters.desa


def _folder(home: NodeHome) -> Path:
    return home.folder / "releases"


def _kept(home: NodeHome, one: Request) -> dict[str, Any]:
    write_durably(_folder(home) / f"{one.id}.json", one.content)
    return _summary(home, one)


def _drafts(home: NodeHome) -> list[Request]:
    """Requests that are no releases yet, oldest first."""
    made = _releases(chain_of(home))
    files = sorted(path for path in _folder(home).glob("*.json") if not path.name.endswith(".act.json"))
    found = [requests.parsed(path.read_bytes()) for path in files]
    found = [one for one in found if not (one.is_complete and any(_is_of(one, release) for release in made))]
    return sorted(found, key=lambda one: (one.made_at, one.id))


def _is_of(one: Request, release: Release) -> bool:
    asked = (one.audience, one.release_scope(), one.valid_from, one.valid_until)
    return asked == (release.audience, release.scope, release.valid_from, release.valid_until)


def _draft(home: NodeHome, id: str) -> Request:
    found = next((one for one in _drafts(home) if one.id == id), None)
    if found is None:
        raise ReleaseNotFound
    return found


def _releases(chain: Chain) -> tuple[Release, ...]:
    now = SystemClock().now()
    return releases(chain.state(now), at=now)


def _release(chain: Chain, name: str) -> Release:
    found = [one for one in _releases(chain) if one.act.startswith(name)]
    if len(found) != 1:
        raise ReleaseNotFound
    return found[0]


def _summary(home: NodeHome, one: Request) -> dict[str, Any]:
    letters = {party.value: letter.model_dump(mode="json") for party, letter in one.letters.items()}
    return {
        "id": one.id,
        "state": one.state.value,
        "audience": one.audience,
        "indicators": list(one.scope["indicators"]),
        "areas": list(one.scope["areas"]),
        "valid_from": one.valid_from.isoformat(),
        "valid_until": one.valid_until.isoformat(),
        "preview": None if one.preview is None else one.preview.model_dump(),
        "letters": letters,
        "file": str(_folder(home) / f"{one.id}.json"),
    }


def _answer(result: dict[str, Any], *, as_json: bool) -> None:
    console.answer(result, as_json=as_json, show=lambda: _say(result))


def _say(one: dict[str, Any]) -> None:
    name = one.get("act", one.get("id", ""))[:12]
    what = f"{', '.join(one['indicators'])} · {', '.join(one['areas'])} → {one['audience']}"
    console.out.print(f"{name}  {one['state']}  {what}  {one['valid_from']} — {one['valid_until']}", markup=False)
    for party, letter in one["letters"].items():
        words = f"{letter['number']}, {letter['dated']}, {letter['office']}"
        console.out.print(f"    {party}: {words}", markup=False)
    if one.get("preview"):
        told = ", ".join(f"{key} {value}" for key, value in one["preview"].items())
        console.out.print(f"    pratinjau / preview: {told}", markup=False)
    if "file" in one:
        console.out.print(f"    berkas / file: {one['file']}", markup=False)
