"""Joins the command groups and turns our errors into words and exit statuses."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import typer

from tenun.cli import console
from tenun.kernel.errors import TenunError
from tenun.node.home import home_folder

HELP = "Tenun: perjanjian SID-SIAPKerja yang berjalan / the SID-SIAPKerja agreement, running."

# Name of the group or command -> its module, which exports `app` (a group) or `command` (one command).
GROUPS = {
    "demo": "tenun.cli.demo",
    "node": "tenun.cli.node",
    "shutoff": "tenun.cli.shutoff",
    "reinstate": "tenun.cli.reinstate",
    "serve": "tenun.cli.serve",
    "region": "tenun.cli.region",
    "reference": "tenun.cli.reference",
    "ingest": "tenun.cli.ingest",
    "lake": "tenun.cli.lake",
    "agreement": "tenun.cli.agreement",
    "exchange": "tenun.cli.exchange",
    "feedback": "tenun.cli.feedback",
    "log": "tenun.cli.log",
    "duties": "tenun.cli.duties",
    "mail": "tenun.cli.mail",
    "link": "tenun.cli.link",
    "indicators": "tenun.cli.indicators",
    "results": "tenun.cli.results",
    "release": "tenun.cli.release",
    "disclosure": "tenun.cli.disclosure",
    "docs": "tenun.cli.docs",
}


class FileRefused(TenunError):
    """A full disk, a folder that may not be written, a file that is gone: what the machine says."""

    code = "cli.file_refused"
    text_id = "Berkas {file} tidak dapat dibaca atau ditulis: {reason}."
    text_en = "The file {file} cannot be read or written: {reason}."
    remedy_id = "Periksa ruang cakram, hak akses, dan TENUN_HOME, lalu ulangi."
    remedy_en = "Check disk space, access rights and TENUN_HOME, then try again."


class WrongUsage(TenunError):
    """An option is missing, unknown, or has a value that it cannot have."""

    code = "cli.wrong_usage"
    text_id = "Perintah tidak lengkap atau salah tulis: {reason}"
    text_en = "The command is incomplete or mistyped: {reason}"
    remedy_id = "Lihat cara pakainya dengan --help."
    remedy_en = "See how it is used with --help."


def whole_app() -> typer.Typer:
    """Every command there is."""
    return _app(list(GROUPS))


def main() -> None:
    # A group loads only what it needs: `tenun region show` should not wait for the linkage engine.
    named = [word for word in sys.argv[1:2] if word in GROUPS]
    as_json = "--json" in sys.argv
    try:
        # Left to itself, Typer tells a wrong usage in its own words, which are no JSON.
        sys.exit(_app(named or list(GROUPS))(prog_name="tenun", standalone_mode=not as_json))
    except TenunError as problem:
        console.fail(problem, as_json=as_json)
    except typer.TyperException as problem:
        console.fail(WrongUsage(reason=problem.format_message()), as_json=as_json, status=problem.exit_code)
    except BrokenPipeError:
        # Whoever read our output has gone. Python would stumble over it once more when it leaves.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as problem:
        told = FileRefused(file=_file(problem), reason=problem.strerror or type(problem).__name__)
        console.fail(told, as_json=as_json)


def _file(problem: OSError) -> str:
    """Which file, where it is one of our own; what others call their files may name a person."""
    path = Path(str(problem.filename or "?"))
    return str(path.relative_to(home_folder())) if path.is_relative_to(home_folder()) else "?"


def _app(names: list[str]) -> typer.Typer:
    app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
    # Without a callback of its own, Typer would make the only command the program itself.
    app.callback()(_nothing)
    for name in names:
        module = importlib.import_module(GROUPS[name])
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(module.command)
    return app


def _nothing() -> None:
    """Tenun: perjanjian SID-SIAPKerja yang berjalan / the SID-SIAPKerja agreement, running."""
