"""`tenun release …`: what others than the two ministries may be shown, from the request to its end (Pasal 7(2))."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tenun.agreement.release import request as requests
from tenun.agreement.release.request import Request
from tenun.cli import console
from tenun.kernel.errors import TenunError
from tenun.node import releases
from tenun.node.chain import chain_of
from tenun.node.home import NodeHome, Role
from tenun.node.releases import ReleaseNotFound, ReleaseNotInForce

app = typer.Typer(no_args_is_help=True, help="Gerbang rilis: siapa boleh melihat apa / the release gate.")

_NODE = Annotated[Role, typer.Option("--node", help="Simpul pelakunya / the node that acts.")]
_ID = Annotated[str, typer.Argument(help="Nomor permohonan / id of the request.")]


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
    made = releases.ask(
        home,
        {
            "audience": audience,
            "scope": {"indicators": indicators.split(","), "areas": areas.split(",")},
            "valid_from": valid_from,
            "valid_until": valid_until,
            "text": text,
        },
        dataset=dataset,
    )
    _answer(_summary(home, made), as_json=as_json)


@app.command("take")
def take(
    file: Annotated[Path, typer.Argument(help="Berkas permohonan dari PIHAK lainnya / the other party's file.")],
    node: _NODE,
    as_json: console.JsonOption = False,
) -> None:
    """Terima permohonan PIHAK lainnya; suratnya ikut, surat sendiri tetap / take in the other party's request."""
    home = NodeHome.of(node)
    _answer(_summary(home, releases.take(home, file.read_bytes())), as_json=as_json)


@app.command("preview")
def preview(id: _ID, node: _NODE, as_json: console.JsonOption = False) -> None:
    """Lihat sebagai audiens: bagian tersembunyi dan uji selisih / see it as the audience: hidden share, differences."""
    # Figures load DuckDB and Arrow, which the other steps do without.
    from tenun.node import release_figures

    home = NodeHome.of(node)
    seen = release_figures.preview(home, releases.draft(home, id))
    told = seen.found.as_dict() | {"snapshot": seen.snapshot.reference}
    _answer(_summary(home, seen.request) | {"preview": told}, as_json=as_json)


@app.command("discard")
def discard(id: _ID, node: _NODE, as_json: console.JsonOption = False) -> None:
    """Tolak dan hapus permohonan di simpul ini / withhold consent: the request leaves this node."""
    home = NodeHome.of(node)
    asked = releases.draft(home, id)
    releases.discard(home, asked)
    console.answer(
        {"id": asked.id, "discarded": True},
        as_json=as_json,
        show=lambda: console.out.print(f"{asked.id}: dihapus / discarded", markup=False),
    )


@app.command("publish")
def publish(
    act: Annotated[str, typer.Argument(help="Awal sidik rilis / beginning of the release's hash.")],
    node: _NODE,
    out: Annotated[Path, typer.Option("--out", help="Folder berkas untuk audiens / folder for the files.")],
    as_json: console.JsonOption = False,
) -> None:
    """Terbitkan bagi audiens: CSV, metadata CSVW, dan JSON; hanya selama rilis berlaku.

    Publish for the audience, as long as the release is in force. Refused, its earlier files leave the folder.
    """
    from tenun.node import release_figures, release_files

    home = NodeHome.of(node)
    found = releases.release(home, act)
    try:
        release_figures.publish(home, found)
    except ReleaseNotInForce:
        release_files.withdraw(out, found)
        raise
    published = release_figures.published(home, found)
    assert published is not None  # it was noted just now
    files = release_files.write(out, published)
    answer = published.about() | {"files": [str(file) for file in files]}

    def say() -> None:
        _say(answer)
        for file in files:
            console.out.print(f"    berkas / file: {file}", markup=False)

    console.answer(answer, as_json=as_json, show=say)


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
    home = NodeHome.of(node)
    if request is not None:
        asked = requests.parsed(request.read_bytes())
    elif id is not None:
        asked = releases.draft(home, id)
    else:
        raise requests.RequestInvalid(where="/id", reason="neither an id nor --request FILE")
    if act is not None:
        entry = releases.countersign(home, asked, act.read_bytes(), warn=_warn)
        made = releases.release(home, entry.hash)
        _answer(made.as_dict() | {"file": str(chain_of(home).folder / f"{entry.hash}.json")}, as_json=as_json)
        return
    if number is None or dated is None or office is None:
        raise requests.RequestInvalid(where="/letters", reason="--number, --dated and --office are needed")
    letter = {"number": number, "dated": dated, "office": office}
    if scan is not None:
        letter["sha256"] = requests.scan_digest(scan.read_bytes())
    given = releases.consent(home, asked, requests.parsed_letter(letter))
    result = _summary(home, given.request)
    _answer(result if given.act is None else result | {"file": str(given.act)}, as_json=as_json)


@app.command("show")
def show(name: Annotated[str, typer.Argument(help="Nomor permohonan atau sidik rilis / id or hash.")], node: _NODE,
         as_json: console.JsonOption = False) -> None:  # fmt: skip
    """Tampilkan permohonan atau rilis / show a request or a release."""
    home = NodeHome.of(node)
    found = [one.as_dict() for one in releases.all_releases(home) if one.act.startswith(name)]
    found = found or [_summary(home, one) for one in releases.drafts(home) if one.id == name]
    if len(found) != 1:
        raise ReleaseNotFound
    _answer(found[0], as_json=as_json)


@app.command("list")
def list_(node: _NODE, as_json: console.JsonOption = False) -> None:
    """Semua permohonan dan rilis / every request and release."""
    home = NodeHome.of(node)
    result = {
        "releases": [one.as_dict() for one in releases.all_releases(home)],
        "requests": [_summary(home, one) for one in releases.drafts(home)],
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
    entry = releases.revoke(home, releases.release(home, act), reason=reason, warn=_warn)
    gone = releases.release(home, act).as_dict() | {"withdrawn_by": entry.hash}
    _answer(gone | {"file": str(chain_of(home).folder / f"{entry.hash}.json")}, as_json=as_json)


# --- below -------------------------------------------------------------------------------------------------------


def _warn(problem: TenunError) -> None:
    console.err.print(f"{problem.message('id')} / {problem.message('en')}", markup=False, style="yellow")


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
        "file": str(releases.file_of(home, one)),
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
