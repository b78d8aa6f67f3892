"""`tenun region …`: look a region up."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tenun.cli import console
from tenun.kernel.clock import SystemClock, today
from tenun.node.home import reference_folder
from tenun.registry.reference import disadvantaged
from tenun.registry.reference.region import System, parse_code
from tenun.registry.reference.regions import Answer, Region, Regions, kind_of, path_text, titled

app = typer.Typer(help="Wilayah: lihat dan cari / regions: show and find.", no_args_is_help=True)

_STATUS_WORDS = {
    "certain": "pasti / certain",
    "changed_code": "berganti kode / changed code",
    "ambiguous": "ganda / ambiguous",
    "no_counterpart": "tanpa padanan / no counterpart",
}


@app.command()
def show(
    code: Annotated[str, typer.Argument(help="52.01.14.2005, kemendagri:5201142005, bps:5201061005")],
    as_json: console.JsonOption = False,
) -> None:
    """Tunjukkan satu wilayah / show one region: parents, BPS counterpart, other editions, daerah tertinggal."""
    regions = Regions.load(reference_folder())
    on = today(SystemClock())
    region = regions.parse_region(code)
    written = parse_code(code)
    counterparts = (
        [regions.from_bps(written.code)] if written.system is System.BPS else regions.bridge.bps_of(region.code)
    )
    listing = disadvantaged.listing_on(on)
    result: dict[str, Any] = {
        **region.as_dict(),
        "kind": kind_of(region),
        "path": [_brief(each) for each in regions.path(region.code)],
        "path_text": regions.path_text(region.code),
        "bps": [answer.as_dict() for answer in counterparts],
        "is_bridge_loaded": len(regions.bridge) > 0,
        "other_editions": [
            {"edition": each.edition, "name": each.name} for each in regions.in_other_editions(region.code)
        ],
        "is_disadvantaged": disadvantaged.is_disadvantaged(region.code, on=on),
        "disadvantaged_list": listing.as_dict() if listing else None,
    }
    console.answer(result, as_json=as_json, show=lambda: _print(region, regions, counterparts, result))


@app.command()
def find(
    text: Annotated[str, typer.Argument(help="Nama, boleh salah ketik, ejaan lama, dengan induk / a name")],
    limit: Annotated[int, typer.Option(min=1, max=200, help="Jumlah hasil / number of results.")] = 10,
    within: Annotated[str | None, typer.Option(help="Hanya di dalam kode ini / only inside this code.")] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Cari wilayah / find regions by name or code; always with the parents."""
    regions = Regions.load(reference_folder())
    inside = regions.parse_region(within).code if within else None
    hits = regions.search(text, limit=limit, within=inside)
    result = {
        "text": text,
        "edition": regions.current.name,
        "count": len(hits),
        "regions": [
            {
                **hit.region.as_dict(),
                "kind": kind_of(hit.region),
                "path": [_brief(each) for each in hit.path],
                "path_text": path_text(hit.path),
                "score": hit.score,
            }
            for hit in hits
        ],
    }

    def show_hits() -> None:
        for hit in hits:
            console.out.print(f"{hit.region.code:<14} {path_text(hit.path)}", markup=False)
        if not hits:
            console.out.print("Tidak ada wilayah yang cocok / no region fits.", markup=False)

    console.answer(result, as_json=as_json, show=show_hits)


def _print(region: Region, regions: Regions, counterparts: list[Answer], result: dict[str, Any]) -> None:
    lines = [
        f"{region.code}  {titled(region)}",
        f"  Letak / path     : {result['path_text']}",
        f"  Tingkat / level  : {region.level}",
        f"  Sistem / system  : {region.system}, edisi / edition {region.edition}",
    ]
    for answer in counterparts:
        before = f", dahulu / before {answer.before}" if answer.before and answer.before != region.code else ""
        lines.append(f"  BPS              : {answer.asked.code} {answer.name} ({_STATUS_WORDS[answer.status]}{before})")
    if not counterparts:
        loaded = "tanpa padanan / no counterpart" if result["is_bridge_loaded"] else "jembatan belum dimuat / no bridge"
        lines.append(f"  BPS              : - ({loaded})")
    for other in result["other_editions"]:
        lines.append(f"  Edisi {other['edition']} / edition: {other['name']}")
    listing = result["disadvantaged_list"]
    if listing:
        word = "ya / yes" if result["is_disadvantaged"] else "tidak / no"
        lines.append(f"  Daerah tertinggal: {word} ({listing['regulation']}; {listing['source']['id']})")
    console.out.print("\n".join(lines), markup=False)


def _brief(region: Region) -> dict[str, str]:
    return {"code": region.code, "name": region.name, "level": str(region.level), "kind": kind_of(region)}
