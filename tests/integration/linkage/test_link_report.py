"""The report of a run: the same numbers in every form, about groups and never about anyone."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser

import pytest
from pypdf import PdfReader

from tenun.engine.duckdb import connect, only_row
from tenun.linkage import crosswalk, waterfall
from tenun.linkage.explanation import DRAWINGS
from tenun.linkage.report import keeping
from tenun.linkage.report.document import LANGUAGES, Document, said, say
from tenun.linkage.report.keeping import ReportOutdated
from tenun.registry.sid.tables import DATASET
from tests.lib import linked_nodes, reported_nodes
from tests.lib.reported_nodes import Reported


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    home, people = reported_nodes.open_home(tmp_path_factory.mktemp("reported"), residents=5_000)
    return reported_nodes.link_and_report(home, people)


class _Text(HTMLParser):
    """The words of a page, without its pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.depth += tag in ("svg", "style")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in ("svg", "style")

    def handle_data(self, data: str) -> None:
        if not self.depth:
            self.words.append(data)


def words_of_html(content: bytes) -> str:
    parser = _Text()
    parser.feed(content.decode("utf-8"))
    return squeezed(" ".join(parser.words))


def words_of_pdf(content: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


def squeezed(text: str) -> str:
    """Without blanks, soft hyphens and page marks: lines break elsewhere on paper than on a screen."""
    return re.sub(r"[\s\u00a0\u00ad\u2010-]+", "", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_paper_and_data_tell_the_same_numbers(reported: Reported, language: str) -> None:
    document = Document.of(json.loads(reported.report.files[keeping.DOCUMENT]))
    page = words_of_html(reported.report.files[f"report.{language}.html"])
    paper = words_of_pdf(reported.report.files[f"report.{language}.pdf"])
    for table in document.tables():
        assert squeezed(said(table.title, language)) in page
        for row in table.rows:
            line = squeezed("".join(say(cell, language) for cell in row))
            assert line in page, (table.code, line)
            for cell in row:
                assert squeezed(say(cell, language)) in paper, (table.code, line)


def test_the_numbers_are_those_of_the_crosswalk(reported: Reported) -> None:
    links = reported.lake.read(crosswalk.current(reported.lake), crosswalk.TABLE)
    connection = connect()
    connection.register("links", links)
    by_class = dict(connection.execute("SELECT match_class, count(*) FROM links GROUP BY ALL").fetchall())
    accounts, linked = only_row(
        connection, "SELECT count(*), count(*) FILTER (match_class IN ('nik', 'probable')) FROM links"
    )
    connection.close()
    rows = reported.report.document.table("classes").rows
    assert [row[1].count for row in rows[:4]] == [
        by_class.get(name, 0) for name in ("nik", "probable", "review", "none")
    ]
    for code in ("regencies", "districts", "villages"):
        table = reported.report.document.table(code)
        assert sum(row[1].count or 0 for row in table.rows) == accounts, code
        told = sum(round((row[1].count or 0) * (row[2].share or 0)) for row in table.rows)
        assert abs(told - linked) <= len(table.rows), code


@pytest.mark.pasal("7(2)")
def test_no_village_is_told_of_in_which_few_accounts_are_linked_or_not(reported: Reported) -> None:
    rows = reported.report.document.table("villages").rows
    assert len(rows) > 3
    for row in rows:
        accounts, share = row[1].count or 0, row[2].share or 0.0
        assert accounts >= 20
        assert 5 <= round(accounts * share) <= accounts - 5


@pytest.mark.pasal("7(1)")
def test_a_report_holds_no_identifier_and_no_pseudonym(reported: Reported) -> None:
    people = [*reported.people.residents, *reported.people.seekers]
    readers = {"html": words_of_html, "pdf": words_of_pdf, "json": bytes.decode, "svg": bytes.decode}
    told = " ".join(readers[name.rpartition(".")[2]](content) for name, content in reported.report.files.items())
    secrets = {str(row[key]) for row in people for key in ("nik", "person_id", "seeker_id") if row.get(key)}
    secrets |= {squeezed(row["full_name"]) for row in people if row.get("full_name") and " " in row["full_name"]}
    assert len(secrets) > 5_000
    assert [secret for secret in secrets if secret in told] == []


def test_charts_are_still_pictures_that_fetch_nothing(reported: Reported) -> None:
    charts = reported.report.charts
    assert set(charts) == {f"{code}.{language}.svg" for code in DRAWINGS for language in LANGUAGES}
    for name, content in charts.items():
        picture = content.decode("utf-8")
        assert picture.startswith("<svg"), name
        assert not re.search(r"<script|<foreignObject|javascript:|@import|url\(\s*['\"]?http", picture), name
        addresses = set(re.findall(r"https?://[^\"'\s<)]+", picture))
        assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}, name


def test_charts_say_levels_in_the_readers_language(reported: Reported) -> None:
    assert "Nama sama" in reported.report.charts["match_weights.id.svg"].decode("utf-8")
    assert "Name equal" in reported.report.charts["match_weights.en.svg"].decode("utf-8")


def test_the_hidden_nik_test_tells_recall_and_precision_with_intervals(reported: Reported) -> None:
    rows = reported.report.document.table("self_test").rows
    hidden, recall, precision = rows[0][1:]
    assert (hidden.count or 0) > 500
    assert 0.85 < (recall.low or 0) < (recall.share or 0) < (recall.high or 0) <= 1
    assert (precision.share or 0) > 0.97
    named = {row[0].text.en for row in rows if row[0].text}
    assert {"Men", "Women"} <= named


def test_disability_is_told_to_be_left_out(reported: Reported) -> None:
    (bias,) = [section for section in reported.report.document.sections if section.code == "bias"]
    assert any("Disability" in paragraph.en for paragraph in bias.paragraphs)
    assert "by_disability" not in {table.code for table in bias.tables}


def test_a_report_is_made_once(reported: Reported) -> None:
    again = reported_nodes.report(reported.home)
    assert again.files == reported.report.files
    assert len(reported.lake.history(layer=keeping.Layer.LINK, dataset=keeping.DATASET, scope="00")) == 1


def test_every_pairs_steps_end_at_its_weight(reported: Reported) -> None:
    """What the report keeps of the model is what the run used: nothing is left over but the rarity of a name."""
    document = reported.report.document
    links = reported.lake.read(crosswalk.current(reported.lake), crosswalk.TABLE).to_pylist()
    # Only these levels weigh a name by how rare it is.
    plain = [
        row for row in links
        if row["weight"] is not None and not {"name_equal", "name_near", "second_account"} & set(row["reasons"])
    ]  # fmt: skip
    assert len(plain) > 100
    left_over = [
        row["reasons"]
        for row in plain
        if "name_rarity" in {
            step.code
            for step in waterfall.steps(
                row["reasons"],
                row["weight"],
                m_u=document.model["m_u"],
                prior=document.model["prior"],
                second_account_bits=document.model["second_account_bits"],
            )
        }
    ]  # fmt: skip
    assert left_over == []


def test_data_that_changed_since_the_run_is_not_reported_as_its(reported: Reported) -> None:
    village = reported.people.villages()[0]
    linked_nodes.publish(reported.lake, DATASET, village, reported.people.resident_tables(village), recipe="test/later")
    with pytest.raises(ReportOutdated):
        reported_nodes.report(reported.home, hidden=1_999)
