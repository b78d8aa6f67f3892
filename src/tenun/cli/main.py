"""Joins the command groups and turns our errors into words and exit statuses."""

from __future__ import annotations

import importlib
import sys

import typer

from tenun.cli import console
from tenun.kernel.errors import TenunError

HELP = "Tenun: perjanjian SID-SIAPKerja yang berjalan / the SID-SIAPKerja agreement, running."

# Name of the group or command -> its module, which exports `app` (a group) or `command` (one command).
GROUPS = {
    "demo": "tenun.cli.demo",
    "serve": "tenun.cli.serve",
    "region": "tenun.cli.region",
    "reference": "tenun.cli.reference",
    "ingest": "tenun.cli.ingest",
    "lake": "tenun.cli.lake",
    "agreement": "tenun.cli.agreement",
    "exchange": "tenun.cli.exchange",
    "log": "tenun.cli.log",
    "link": "tenun.cli.link",
    "indicators": "tenun.cli.indicators",
    "docs": "tenun.cli.docs",
}


def whole_app() -> typer.Typer:
    """Every command there is."""
    return _app(list(GROUPS))


def main() -> None:
    # A group loads only what it needs: `tenun region show` should not wait for the linkage engine.
    named = [word for word in sys.argv[1:2] if word in GROUPS]
    try:
        _app(named or list(GROUPS))(prog_name="tenun")
    except TenunError as problem:
        console.fail(problem, as_json="--json" in sys.argv)


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
