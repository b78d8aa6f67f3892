"""`tenun docs generate`: the reference pages that code can write itself, and the check that they are fresh."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import tenun
from tenun.cli import console
from tenun.exchange.wire import problems
from tenun.indicators import definition
from tenun.indicators import tables as indicator_tables
from tenun.kernel.errors import TenunError
from tenun.linkage import crosswalk
from tenun.node.home import SOURCE_ROOT
from tenun.registry.siapkerja import tables as siapkerja_tables
from tenun.registry.sid import tables as sid_tables
from tenun.registry.table import Table
from tenun.sources import rules

app = typer.Typer(help="Halaman rujukan yang ditulis dari kode / reference pages written from the code.")

REFERENCE = Path("docs/reference")
HEADER = "<!-- Written by `./run tenun docs generate`. Edit the code, not this page. -->\n\n"

# The clauses of the signed text that ask something of software, in its own order.
CLAUSES = {
    "1(2)": "integrate and use employment data in villages and disadvantaged regions",
    "2a": "exchange village data and employment data",
    "2b": "interoperability of SID and SIAPKerja",
    "2c": "socialisation and education for villagers and village government",
    "3(1)a": "Pihak Kesatu gives and receives data",
    "3(1)b": "Pihak Kesatu gives API access to SID data",
    "3(1)c": "Pihak Kesatu receives access to the integrated results",
    "3(2)a": "Pihak Kedua gives and receives data",
    "3(2)b": "Pihak Kedua receives API access to village data",
    "3(2)c": "Pihak Kedua gives access to the integrated results",
    "3(3)": "both socialise and educate",
    "4(1)": "within each party's tasks and the law",
    "4(2)": "the work plan is part of the agreement",
    "5": "each party bears its own costs",
    "6(1)": "three years from signature, extended or ended by consent",
    "6(2)": "written notice of a wish to extend or end",
    "6(3)": "may end early on non-conformity",
    "7(1)": "confidential without limit of time, used for the agreement's purposes alone",
    "7(2)": "nothing to others without written consent of both",
    "7(3)": "confidentiality survives the end",
    "7(4)": "on a security incident a party may shut off API access alone",
    "8(1)": "earlier intellectual property stays with its owner",
    "8(2)": "resulting intellectual property is joint",
    "9(1)": "monitoring and evaluation at least once a year",
    "9(2)": "its results are the activity report and input to planning",
    "10(1)": "contacts of both parties",
    "10(2)": "a change of address is told within 14 working days",
    "11(1)": "force majeure: the listed events",
    "11(2)": "force majeure: a written report with evidence",
    "12(1)": "both follow the law",
    "12(2)": "disputes are settled by musyawarah",
    "13": "what is open is settled in an addendum",
    "14": "two originals of equal force",
}


class PagesStale(TenunError):
    code = "docs.stale"
    text_id = "Halaman rujukan tidak sama dengan kode: {pages}."
    text_en = "Reference pages differ from the code: {pages}."
    remedy_id = "Jalankan `./run tenun docs generate`."
    remedy_en = "Run `./run tenun docs generate`."


class UnknownClause(TenunError):
    code = "docs.unknown_clause"
    text_id = "{place} menyebut Pasal {clause}, yang tidak ada dalam daftar."
    text_en = "{place} names Pasal {clause}, which is not in the list."
    remedy_id = "Tulis Pasal seperti dalam naskah, misalnya 7(2) atau 3(1)b."
    remedy_en = "Write the clause as in the text, such as 7(2) or 3(1)b."


@app.command("generate")
def generate(
    check: Annotated[bool, typer.Option("--check", help="Hanya bandingkan / compare only.")] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Write docs/reference/, or with --check say which pages are stale."""
    stale = []
    for path, text in pages().items():
        target = SOURCE_ROOT / path
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path))
        if not check:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    if check and stale:
        raise PagesStale(pages=", ".join(stale))
    result = {"pages": sorted(map(str, pages())), "written": [] if check else stale}
    console.answer(
        result,
        as_json=as_json,
        show=lambda: console.out.print(f"{len(result['pages'])} halaman / pages, {len(stale)} baru / new"),
    )


def pages() -> Mapping[Path, str]:
    return {
        REFERENCE / "pasal.md": pasal_page(),
        REFERENCE / "errors.md": errors_page(),
        REFERENCE / "problems.md": problems.markdown(),
        REFERENCE / "tables.md": tables_page(),
        REFERENCE / "commands.md": commands_page(),
        REFERENCE / "indicators.md": indicators_page(),
        REFERENCE / "ingest-rules.md": rules_page(),
        REFERENCE / "openapi.json": openapi_document(),
    }


# --- the API -----------------------------------------------------------------------------------

ISSUER = "https://simpul.contoh.go.id"
"""Stands for a node's public URL. A running node publishes the document under its own, at `/v1/openapi.json`."""


def openapi_document() -> str:
    """The API as OpenAPI 3.1 (JSON), as a node at `ISSUER` publishes it."""
    # Loaded here: no other page needs Django, and routes cannot be read before it is set up. No database is asked.
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=False)
        django.setup()
    from tenun.api import site

    return json.dumps(site.document(ISSUER), ensure_ascii=False, indent=1) + "\n"


# --- Pasal -> control -> code -> test ----------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    clause: str
    place: str
    control: str = ""


def pasal_page() -> str:
    controls = _by_clause(code_marks())
    tests = _by_clause(test_marks())
    lines = [
        HEADER + "# Pasal, control, code, test\n",
        "Each clause of the agreement of 23 July 2025 that asks something of software, what carries it out, and the",
        "tests that hold it. A clause without a row of code is not carried out yet.\n",
        "| Pasal | the text says | control | code | tests |",
        "|---|---|---|---|---|",
    ]
    for clause, text in CLAUSES.items():
        marks = controls.get(clause, [])
        said = "<br>".join(mark.control for mark in marks) or "*not yet*"
        where = "<br>".join(f"`{mark.place}`" for mark in marks) or "-"
        held = "<br>".join(f"`{mark.place}`" for mark in tests.get(clause, [])) or "-"
        lines.append(f"| {clause} | {text} | {said} | {where} | {held} |")
    return "\n".join(lines) + "\n"


def code_marks() -> Iterator[Mark]:
    """Every `@implements(...)` below src/tenun."""
    for path in sorted((SOURCE_ROOT / "src/tenun").rglob("*.py")):
        module = ".".join(path.relative_to(SOURCE_ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
        for name, decorator in _decorators(path):
            if _called(decorator) != "implements":
                continue
            assert isinstance(decorator, ast.Call)
            control = next(ast.literal_eval(word.value) for word in decorator.keywords if word.arg == "control")
            for argument in decorator.args:
                yield _known(Mark(ast.literal_eval(argument), f"{module}.{name}", control))


def test_marks() -> Iterator[Mark]:
    """Every `@pytest.mark.pasal(...)` below tests."""
    for path in sorted((SOURCE_ROOT / "tests").rglob("test_*.py")):
        for name, decorator in _decorators(path):
            if isinstance(decorator, ast.Call) and _called(decorator) == "pytest.mark.pasal":
                for argument in decorator.args:
                    yield _known(Mark(ast.literal_eval(argument), f"{path.relative_to(SOURCE_ROOT)}::{name}"))


def _decorators(path: Path) -> Iterator[tuple[str, ast.expr]]:
    def walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.expr]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
                name = f"{prefix}{child.name}"
                yield from ((name, decorator) for decorator in child.decorator_list)
                yield from walk(child, f"{name}.")

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), "")


def _called(decorator: ast.expr) -> str:
    return ast.unparse(decorator.func) if isinstance(decorator, ast.Call) else ""


def _known(mark: Mark) -> Mark:
    if mark.clause not in CLAUSES:
        raise UnknownClause(place=mark.place, clause=mark.clause)
    return mark


def _by_clause(marks: Iterator[Mark]) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = defaultdict(list)
    for mark in marks:
        found[mark.clause].append(mark)
    return found


# --- errors ------------------------------------------------------------------------------------


# Modules that only a configured Django can import.
NEED_DJANGO = (
    "tenun.portal", "tenun.node.django", "tenun.api.routes", "tenun.api.settings", "tenun.api.site",
    "tenun.api.urls", "tenun.api.wsgi", "tenun.__main__",
)  # fmt: skip


def every_error() -> list[type[TenunError]]:
    """Every error class of ours that can be raised, by code."""
    for module in pkgutil.walk_packages(tenun.__path__, "tenun."):
        if not module.name.startswith(NEED_DJANGO) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    def below(kind: type[TenunError]) -> Iterator[type[TenunError]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    # A base that others inherit from names a family and is not raised itself.
    found = {kind for kind in below(TenunError) if not kind.__subclasses__() and kind.__module__.startswith("tenun.")}
    return sorted(found, key=lambda kind: kind.code)


def errors_page() -> str:
    lines = [
        HEADER + "# Errors\n",
        "Stable codes. The text never holds a value found in the data; `{...}` are names of files, fields, rules.\n",
        "| code | Indonesian | English | what to do | retry |",
        "|---|---|---|---|---|",
    ]
    for kind in every_error():
        texts = (kind.text_id, kind.text_en, kind.remedy_en)
        cells = " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in texts)
        lines.append(f"| `{kind.code}` | {cells} | {'yes' if kind.retryable else 'no'} |")
    return "\n".join(lines) + "\n"


# --- tables ------------------------------------------------------------------------------------


def every_table() -> list[Table]:
    found = [
        value
        for module in (sid_tables, siapkerja_tables, crosswalk, indicator_tables)
        for value in vars(module).values()
        if isinstance(value, Table)
    ]
    return sorted(found, key=lambda table: table.name)


def tables_page() -> str:
    lines = [HEADER + "# Tables\n", "What each table of the lake promises to hold, and who is missing from it.\n"]
    for table in every_table():
        lines += [
            f"## {table.name}\n",
            f"{table.about_en}\n",
            f"*{table.about_id}*\n",
            f"**Missing:** {table.missing_en}\n",
        ]
        lines += ["| column | type | classification | Indonesian | English | values |", "|---|---|---|---|---|---|"]
        for column in table.columns:
            values = f"`{column.code_list}`" if column.code_list else ""
            texts = f"{column.text_id} | {column.text_en}"
            lines.append(f"| `{column.name}` | {column.type} | {column.classification} | {texts} | {values} |")
        lines.append("")
    return "\n".join(lines)


# --- indicators --------------------------------------------------------------------------------


def indicators_page() -> str:
    lines = [
        HEADER + "# Indicators\n",
        "What each figure means, from the folders under `indicators/`. None is a rate of the labour-force survey.\n",
    ]
    for one in definition.load_all().values():
        lines += [f"## {one.id} {one.names.id} / {one.names.en}\n"]
        for title, words in (
            ("Definition", one.definition),
            ("Concept", one.concept),
            ("Population", one.population),
            ("Numerator", one.numerator),
            ("Denominator", one.denominator),
            ("Is not", one.is_not),
            ("Reference", one.reference),
            ("BPS counterpart", one.bps_indicator),
        ):
            if words is not None:
                lines.append(f"- **{title}:** {words.en} *{words.id}*")
        fields = "; ".join(f"{table}: {', '.join(columns)}" for table, columns in one.fields.items())
        levels = ", ".join(
            f"{level} ({', '.join(one.breakdowns.get(level, ())) or 'total only'})" for level in one.levels
        )
        lines += [
            f"- **Fields:** {fields}",
            f"- **Levels and break-downs:** {levels}",
            f"- **Unit:** {one.unit}; **class:** {one.disclosure.class_}; **owner:** {one.owner}",
            f"- **Version:** {one.version}, since {one.first_period}",
            "- **Known limits:** " + " ".join(one.caveats.en) + "\n",
        ]
    return "\n".join(lines)


# --- rules of ingest ---------------------------------------------------------------------------


def rules_page() -> str:
    from tenun.sources import residents, siapkerja  # noqa: F401 - what defines the rules
    from tenun.sources.kemendesa import idm, sdgs  # noqa: F401

    lines = [
        HEADER + "# Rules of ingest\n",
        "What is checked in a file, and what each finding does. *reject*: the row does not enter. *warn*: it enters,",
        "the field is left empty or marked. *duplicate*: another row of the same person counts. Reports name file,",
        "sheet, row, field and rule, never the value.\n",
        "| rule | effect | Indonesian | English | what to do |",
        "|---|---|---|---|---|",
    ]
    for rule in rules.every():
        cells = (rule.text_id, rule.text_en, rule.remedy_en)
        lines.append(
            f"| `{rule.code}` | {rule.severity} | " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
        )
    return "\n".join(lines) + "\n"


# --- commands ----------------------------------------------------------------------------------


def commands_page() -> str:
    from tenun.cli.main import whole_app  # main names this module among its groups

    command = typer.main.get_command(whole_app())
    lines = [
        HEADER + "# Commands\n",
        "`./run tenun COMMAND`. Every command takes `--json` and then prints one JSON object on standard output and",
        "nothing else. Exit status: 0 success, 1 refused or failed, 2 wrong usage.\n",
    ]
    lines.extend(_command_lines(command, "tenun"))
    return "\n".join(lines) + "\n"


def _command_lines(command: object, path: str) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if children:
        for name in sorted(children):
            yield from _command_lines(children[name], f"{path} {name}")
        return
    parameters = [parameter for parameter in getattr(command, "params", []) if parameter.name != "help"]
    yield f"## `{path}`\n"
    yield re.sub(r"\s*\n\s*", " ", (getattr(command, "help", None) or "").strip()) + "\n"
    if parameters:
        yield "| parameter | meaning |"
        yield "|---|---|"
        for parameter in parameters:
            words = (
                ", ".join(f"`{word}`" for word in parameter.opts)
                if parameter.param_type_name == "option"
                else (f"`{(parameter.metavar or parameter.name).upper()}`")
            )
            yield f"| {words} | {(getattr(parameter, 'help', None) or '').replace('|', chr(92) + '|')} |"
        yield ""
