"""Where a figure comes from, as a page: linked from each figure, whole or said to be broken, inside the area only."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tenun.indicators import provenance, where_from
from tenun.indicators.results import Results
from tenun.lake.snapshot import Layer, Origin, Snapshot, SourceFile
from tenun.node.home import NodeHome
from tests.lib import linked_nodes
from tests.lib import published_figures as published

pytestmark = pytest.mark.xdist_group("portal")

VILLAGE = "52.08.01.2002"
PAGE = f"/asal/b1/{VILLAGE}/"
RESIDENTS = "sid__residents"


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.fixture
def results(node: NodeHome) -> Results:
    return Results.open(node.lake)


@pytest.mark.pasal("8(1)", "8(2)")
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_page_tells_every_fact_of_the_way(sign_in: Any, node: NodeHome, results: Results, language: str) -> None:
    client = sign_in("petugas.naker")
    client.cookies["tenun_language"] = language
    for part in ({}, {"rincian": "sex", "kategori": "female"}):
        indicator = "c1" if part else "b1"
        page = plain(client.get(f"/asal/{indicator}/{VILLAGE}/", part).content.decode())
        value = results.value(indicator.upper(), VILLAGE, *part.values())
        way = provenance.of_value(node.lake, results.snapshot, results.definitions[value.indicator], value)
        for section in where_from.sections(way, language, minimum_cell=results.minimum_cell):
            # A station without a fact, such as snapshots of a figure that names none, is not drawn.
            assert not section.facts or section.heading in page
            for fact in section.facts:
                assert re.sub(r"\s+", " ", fact.text) in page, fact.label


def test_each_figure_of_a_profile_leads_to_its_way(sign_in: Any, results: Results) -> None:
    page = sign_in("petugas.naker").get(f"/wilayah/{VILLAGE}/").content.decode()
    links = {html.unescape(one) for one in re.findall(r'href="(/asal/[^"]*)"', page)}
    for value in results.area(VILLAGE):
        address = f"/asal/{value.indicator}/{VILLAGE}/"
        if value.breakdown:
            address += f"?rincian={value.breakdown}&kategori={value.category.replace('+', '%2B')}"
        if not (value.category == "missing" and value.value == 0):
            assert address in links
    client = sign_in("petugas.naker")
    assert all(client.get(link).status_code == 200 for link in sorted(links)[::7])


def test_the_way_can_be_taken_along_as_prov(sign_in: Any) -> None:
    client = sign_in("kabupaten.desa")
    page = client.get(PAGE).content.decode()
    address = re.search(r'href="([^"]*format=prov[^"]*)"', page)
    assert address is not None
    told = json.loads(client.get(html.unescape(address[1])).content)
    assert any(VILLAGE in name and "/B1/" in name for name in told["entity"])
    assert "format=prov" not in sign_in("pimpinan.desa").get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("username", "path", "status"),
    [
        ("kabupaten.desa", "/asal/b1/52.07.01.2001/", 403),
        ("kabupaten.desa", "/asal/b1/52/", 403),
        ("keamanan.naker", PAGE, 403),
        ("pimpinan.desa", PAGE, 200),
        ("petugas.naker", "/asal/zz9/52.08.01.2002/", 404),
        ("petugas.naker", "/asal/b1/99.99/", 404),
        ("petugas.naker", "/asal/b1/52.08.01.2002/?rincian=sex&kategori=female", 404),
        ("petugas.naker", "/asal/c1/52.08.01.2002/?rincian=sex&kategori=nobody", 404),
    ],
)
def test_a_way_is_told_inside_the_accounts_area_only(sign_in: Any, username: str, path: str, status: int) -> None:
    assert sign_in(username).get(path).status_code == status


@pytest.fixture
def made_of_files(node: NodeHome, results: Results) -> Iterator[Snapshot]:
    """A snapshot of figures made of residents of this village, themselves made of one file."""
    import pyarrow as pa

    current = results.snapshot
    lake = node.lake
    residents = lake.publish(
        layer=Layer.CORE,
        dataset=linked_nodes.DATASET,
        scope=VILLAGE,
        as_of=published.SID_AS_OF,
        origin=Origin(recipe="residents/1", sources=(SourceFile(sha256="ab" * 32, bytes=1234, format="xlsx"),)),
        tables={"marker": pa.table({"n": [1]})},
        details={"invented": True},
    )
    made = lake.publish(
        layer=current.layer,
        dataset=current.dataset,
        scope=current.scope,
        as_of=current.as_of,
        origin=Origin(recipe="published-figures/2", inputs=(residents.reference,)),
        tables={name: lake.read(current, name) for name in current.tables},
        details=dict(current.details),
    )
    yield residents
    import shutil

    shutil.rmtree(made.folder)
    (made.folder.parent / "CURRENT").write_text(current.id)
    shutil.rmtree(node.folder / "lake" / "core")


def test_the_way_ends_at_the_digest_of_a_file_and_can_be_checked(sign_in: Any, made_of_files: Snapshot) -> None:
    client = sign_in("petugas.naker")
    page = client.get(PAGE).content.decode()
    assert "ab" * 32 in page
    assert made_of_files.reference in page
    assert "Baru saja diperiksa" not in page
    assert "Baru saja diperiksa" in client.get(f"{PAGE}?periksa=1").content.decode()
    # Of the whole country there are too many files to hash while somebody waits.
    assert "Baru saja diperiksa" not in client.get("/asal/b1/52/?periksa=1").content.decode()
    table = next(made_of_files.folder.glob("*marker*"))
    content = table.read_bytes()
    table.write_bytes(content[:-8] + b"\x00" * 8)
    broken = client.get(f"{PAGE}?periksa=1").content.decode()
    assert "Jalan ke asalnya terputus" in broken
    assert "TIDAK SAMA dengan manifesnya" in broken
    table.write_bytes(content)
