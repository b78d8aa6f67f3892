"""Making a report of the current crosswalk and keeping it in the lake, beside what it tells of.

A report holds counts and charts and no row: it stays when the data it was counted from is deleted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from tenun.agreement.decision import Permit
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer, Origin, Snapshot
from tenun.lake.store import Lake, SnapshotMissing
from tenun.linkage import crosswalk, explanation, inputs, self_test, training
from tenun.linkage import model as models
from tenun.linkage.inputs import RESIDENTS, SEEKERS_SIDE
from tenun.linkage.model import Model
from tenun.linkage.report import rendering, writing
from tenun.linkage.report.document import LANGUAGES, Document
from tenun.linkage.report.measure import measure
from tenun.linkage.report.writing import Material, NameOf
from tenun.linkage.review.estimate import Estimate
from tenun.linkage.self_test import SelfTest, TooFewToHide
from tenun.linkage.settings import LinkSettings
from tenun.linkage.stages import Progress

DATASET = "sid__siapkerja_report"
RECIPE = "link-report/1"
TABLE = "files"
DOCUMENT = "report.json"
_COLUMNS: dict[str, pa.DataType] = {"name": pa.string(), "content": pa.binary()}
SCHEMA = pa.schema(list(_COLUMNS.items()))

STAGES = ("read", "rules", "charts", "write")


class ReportOutdated(TenunError):
    """The data changed after the crosswalk was made: what it was made from is not what is here."""

    code = "linkage.report_outdated"
    text_id = "Data warga atau akun berubah sesudah pemadanan terakhir."
    text_en = "Residents or accounts have changed since the last linkage."
    remedy_id = "Jalankan `tenun link run`, lalu buat laporannya."
    remedy_en = "Run `tenun link run`, then make its report."


class ModelNotThere(TenunError):
    """The crosswalk was made with another model than the one given."""

    code = "linkage.report_model_missing"
    text_id = "Pemadanan ini dibuat dengan model {wanted}, bukan {given}."
    text_en = "This linkage was made with the model {wanted}, not {given}."
    remedy_id = "Sebutkan berkas model itu dengan `--model`."
    remedy_en = "Name that model's file with `--model`."


@dataclass(frozen=True)
class Report:
    document: Document
    files: Mapping[str, bytes]
    """`report.json`, `report.id.pdf`, `report.en.html`, charts `match_weights.id.svg` …"""

    @property
    def charts(self) -> dict[str, bytes]:
        return {name: content for name, content in self.files.items() if name.endswith(".svg")}


def make(
    lake: Lake,
    *,
    residents_permit: Permit,
    seekers_permit: Permit,
    settings: LinkSettings,
    name_of: NameOf,
    disability: pa.Table | None = None,
    estimate: Estimate | None = None,
    hidden: int = self_test.SAMPLE,
    progress: Progress | None = None,
) -> Report:
    """Report on the current crosswalk, from the data that it was made from, and keep it.

    A report that is there already is given back. `disability` as in `measure`, `estimate` from the judged sample of
    this crosswalk. Raises `SnapshotMissing`, `ReportOutdated`, `ModelNotThere`, and what reading the data raises.
    """

    def tell(stage: str) -> None:
        if progress is not None:
            progress(stage, STAGES.index(stage), len(STAGES))

    found = crosswalk.current(lake)
    model = _model(found, settings)
    origin = _origin(found, model, estimate, hidden)
    there = lake.find(layer=Layer.LINK, dataset=DATASET, scope=crosswalk.SCOPE, origin=origin, as_of=found.as_of)
    if there is not None:
        lake.prefer(there)
        return read(lake, there)
    tell("read")
    with training.prepared(
        lake, residents_permit=residents_permit, seekers_permit=seekers_permit, settings=settings, is_told=True
    ) as present:
        if present.snapshots != sorted(found.origin.inputs):
            raise ReportOutdated
        measured = measure(present, lake.read(found, crosswalk.TABLE), disability=disability)
        tell("rules")
        present.pipeline.link_by_nik()
        as_used = present.pipeline.model  # what a run counts for itself: some u, and the prior from its first stage
        tested = _tested(present, hidden)
        tell("charts")
        charts = explanation.draw(present)
    tell("write")
    document = writing.write(
        Material(
            crosswalk=found,
            measured=measured,
            model=as_used,
            sides={
                side.dataset: inputs.snapshots(lake, side, permit)
                for side, permit in ((RESIDENTS, residents_permit), (SEEKERS_SIDE, seekers_permit))
            },
            left_out=inputs.left_out(lake, RESIDENTS, residents_permit),
            self_test=tested,
            estimate=estimate,
            has_disability=disability is not None,
            name_of=name_of,
        )
    )
    return keep(lake, found, document, charts, origin=origin)


def keep(lake: Lake, found: Snapshot, document: Document, charts: Mapping[str, bytes], *, origin: Origin) -> Report:
    """Render a document about the crosswalk `found` and publish all its files as one snapshot."""
    report = Report(document, _files(document, charts))
    names = list(report.files)
    lake.publish(
        layer=Layer.LINK,
        dataset=DATASET,
        scope=crosswalk.SCOPE,
        as_of=found.as_of,
        origin=origin,
        tables={TABLE: pa.table({"name": names, "content": [report.files[name] for name in names]}, schema=SCHEMA)},
        details={"invented": document.is_invented, "crosswalk": found.reference},
    )
    return report


def _model(found: Snapshot, settings: LinkSettings) -> Model:
    model = models.load(settings.model)
    wanted = str(found.origin.settings["model"])
    if model.id != wanted:
        raise ModelNotThere(wanted=wanted, given=model.id)
    return model


def _origin(found: Snapshot, model: Model, estimate: Estimate | None, hidden: int) -> Origin:
    return Origin(
        recipe=RECIPE,
        inputs=(found.reference,),
        settings={
            "model": model.id,
            "estimate": None if estimate is None else estimate.as_dict(),
            "hidden": hidden,
        },
    )


def _tested(present: training.Present, hidden: int) -> SelfTest | None:
    try:
        return self_test.run(present, size=hidden)
    except TooFewToHide:
        return None


def _files(document: Document, charts: Mapping[str, bytes]) -> dict[str, bytes]:
    content = {DOCUMENT: json.dumps(document.as_dict(), ensure_ascii=False, sort_keys=True).encode("utf-8")}
    for language in LANGUAGES:
        content[f"report.{language}.html"] = rendering.as_html(document, charts, language).encode("utf-8")
        content[f"report.{language}.pdf"] = rendering.as_pdf(document, charts, language)
    return {**content, **charts}


# --- reading -------------------------------------------------------------------------------------------


def current(lake: Lake) -> Report:
    """The newest report. Raises `SnapshotMissing`, `SnapshotAltered`, `ReportUnreadable`."""
    return read(lake, lake.current(layer=Layer.LINK, dataset=DATASET, scope=crosswalk.SCOPE))


def of_crosswalk(lake: Lake, id: str) -> Report:
    """The newest report on the crosswalk with this snapshot id. Raises as `current` does."""
    found = [
        one for one in lake.history(layer=Layer.LINK, dataset=DATASET, scope=crosswalk.SCOPE)
        if str(one.details.get("crosswalk", "")).endswith(f"/{id}")
    ]  # fmt: skip
    if not found:
        raise SnapshotMissing(layer=Layer.LINK, dataset=DATASET, scope=crosswalk.SCOPE)
    return read(lake, found[-1])


def read(lake: Lake, snapshot: Snapshot) -> Report:
    lake.verify(snapshot)
    table = lake.read(snapshot, TABLE)
    content = {str(row["name"]): bytes(row["content"] or b"") for row in table.to_pylist()}
    return Report(Document.of(json.loads(content[DOCUMENT])), content)
