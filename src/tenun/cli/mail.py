"""`tenun mail …`: send what waits now, see how mail stands, try the mail server with one account."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tenun.cli import console
from tenun.cli.gates import NodeOption, home_of
from tenun.portal import serving

app = typer.Typer(help="Surel kepada petugas / mails to officers.", no_args_is_help=True)

_STATES = (("waiting", "menunggu / waiting"), ("sent", "terkirim / sent"), ("given_up", "dibatalkan / given up"))


@app.command("send")
def send_command(node: NodeOption = None, as_json: console.JsonOption = False) -> None:
    """Satu putaran sekarang: kabar, rangkuman, pengiriman / one round now: news, digests, sending.

    Proses simpul melakukannya sendiri / a node that is served does so by itself.
    """
    with serving.prepared(home_of(node).role, has_pages=False):
        from tenun.portal.mail import rounds

        found: dict[str, Any] = rounds.take_turn()
    sending = found.get("sending") or {}

    def show() -> None:
        console.out.print(
            f"Kabar / news {found.get('news', 0)}, rangkuman / digests {found.get('digests', 0)}, "
            f"terkirim / sent {sending.get('sent', 0)}, gagal / failed {sending.get('failed', 0)}",
            markup=False,
        )
        for problem in (*found["problems"], *filter(None, [sending.get("problem")])):
            console.err.print(str(problem), markup=False)

    is_refused = bool(found["problems"] or sending.get("failed"))
    console.answer(found, as_json=as_json, show=show, is_refused=is_refused)


@app.command("status")
def status_command(node: NodeOption = None, as_json: console.JsonOption = False) -> None:
    """Apakah surel hidup, apa yang menunggu, dan mengapa / whether mail is on, what waits, and why."""
    with serving.prepared(home_of(node).role, has_pages=False):
        from tenun.portal.mail import outbox, problems

        found = outbox.standing().as_dict()
        said = {code: (problems.said(code, "id"), problems.said(code, "en")) for code in found["problems"]}

    def show() -> None:
        console.out.print("Surel hidup / mail is on" if found["is_on"] else "Surel mati / mail is off", markup=False)
        for name, words in _STATES:
            console.out.print(f"  {words}: {found[name]:,}", markup=False)
        for code, texts in said.items():
            console.out.print(f"  {code} ({found['problems'][code]:,}): {' / '.join(texts)}", markup=False)

    console.answer(found, as_json=as_json, show=show)


@app.command("test")
def trial_command(
    account: Annotated[str, typer.Option("--account", help="Nama pengguna penerimanya / the account that gets it.")],
    node: NodeOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Kirim satu surel percobaan ke akun itu / send one test mail to that account."""
    with serving.prepared(home_of(node).role, has_pages=False):
        from tenun.portal.mail import trial

        found = trial.send(account)

    def show() -> None:
        waits = f"Menunggu / waits: {found.problem}"
        console.out.print("Diterima server surel / taken by the server" if found.sent else waits, markup=False)

    console.answer(found.as_dict(), as_json=as_json, show=show, is_refused=not found.sent)
