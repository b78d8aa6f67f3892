"""Joins the command groups and turns our errors into words and exit statuses."""

from __future__ import annotations

import sys

import typer

from tenun.cli import console
from tenun.kernel.errors import TenunError

app = typer.Typer(
    help="Tenun: perjanjian SID-SIAPKerja yang berjalan / the SID-SIAPKerja agreement, running.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    try:
        app()
    except TenunError as problem:
        console.fail(problem, as_json="--json" in sys.argv)
