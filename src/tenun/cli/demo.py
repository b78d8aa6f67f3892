"""`./run demo`: both nodes on this machine, and the main job from a village's file to a village's page."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from tenun.agreement import signing
from tenun.agreement.vocabulary import Party
from tenun.cli import console, feedback, link_asking
from tenun.cli import indicators as figures
from tenun.indicators.tables import DATASET as RESULTS
from tenun.kernel import canonical_json
from tenun.kernel.clock import SystemClock
from tenun.lake.snapshot import Layer, Snapshot
from tenun.linkage import quality, run
from tenun.node import chain, pair, postgres
from tenun.node.home import SOURCE_ROOT, NodeHome, Role, home_folder, reference_folder
from tenun.node.processes import Name
from tenun.portal import serving
from tenun.registry.reference.regions import Regions
from tenun.registry.sid.tables import DATASET as RESIDENTS
from tenun.sources import residents, siapkerja
from tenun.synthetic import files, population
from tenun.synthetic.files import RegencyFiles
from tenun.synthetic.regency import DEMO_REGENCY, NEIGHBOUR_REGENCY, villages

# The day the invented files are true for. Fixed, so that every run gives the same figures.
AS_OF = date(2026, 10, 31)
SEED = 20250723
PERSONS = 30_000
DATASET, PURPOSE = "sid-warga", "pemadanan"
INVENTED = "data-buatan"
DRAFT = SOURCE_ROOT / "agreements" / "sid-siapkerja"


class Stages:
    """Tells a person at a terminal where the demo is, and times each stage."""

    def __init__(self, summary: Summary, progress: Progress, *, is_quiet: bool) -> None:
        self._summary = summary
        self._progress = progress
        self._task = progress.add_task("", total=None)
        self._is_quiet = is_quiet

    @contextmanager
    def __call__(self, name: str, title: str, total: int | None = None) -> Iterator[None]:
        started = time.monotonic()
        self._progress.reset(self._task, description=title, total=total)
        yield
        self._summary.seconds[name] = round(time.monotonic() - started, 2)
        if not self._is_quiet:
            console.err.print(f"  {self._summary.seconds[name]:5.1f} s  {title}", markup=False)

    def tick(self) -> None:
        self._progress.advance(self._task)


@dataclass
class Summary:
    """What the demo did, as `--json` prints it."""

    persons_read: int = 0
    persons_delivered: int = 0
    results_delivered: int = 0
    """Figures that the village ministry's node pulled back, under Pasal 3(2)c."""
    findings_delivered: int = 0
    """Findings on the quality of the villages' data that went back to their owner (Pasal 2b)."""
    seekers_read: int = 0
    linked: Mapping[str, int] = field(default_factory=dict)
    villages: int = 0
    villages_with_figures: int = 0
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    portal: str = ""
    api: dict[str, str] = field(default_factory=dict)
    """Addresses of the two nodes' exchange, once they run."""
    accounts: list[dict[str, str]] = field(default_factory=list)
    own_village: dict[str, Any] | None = None
    """The report on the file given with `--residents`."""
    notice: str = files.NOTICE


def command(
    once: Annotated[bool, typer.Option("--once", help="Jangan layani; ringkas lalu selesai / do not serve.")] = False,
    own_residents: Annotated[
        list[Path] | None,
        typer.Option("--residents", exists=True, dir_okay=False, help="Berkas penduduk Anda / your residents file."),
    ] = None,
    village: Annotated[str | None, typer.Option("--village", help="Kode desa berkas itu / its village code.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="0 = yang bebas / any.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Hapus simpul peragaan dan mulai lagi / start anew.")] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Bangun kedua simpul, jalankan pekerjaan utama, buka portal; data buatan / the main job on invented data."""
    if own_residents and village is None:
        raise typer.BadParameter(
            "berkas penduduk perlu kode desanya / a file of residents needs the code of its village",
            param_hint="--village 52.01.14.2005",
        )
    if village and not own_residents:
        raise typer.BadParameter(
            "kode desa perlu berkas penduduknya / a village code needs its file of residents",
            param_hint="--residents FILE",
        )
    regions = Regions.load(reference_folder())
    own_code = regions.parse_village(village, asked_by="demo").code if village else None
    if fresh:
        _remove_nodes()
    summary = Summary()
    # Told to end, it ends what it started too: Python alone would leave both nodes running.
    signal.signal(signal.SIGTERM, _leave)
    with ExitStack() as stack:
        nodes = Nodes(stack, summary, has_any_port=port == 0)
        with console.progress(as_json=as_json) as progress:
            stages = Stages(summary, progress, is_quiet=as_json)
            _run(summary, stages, regions, nodes, own_residents or [], own_code)
        if not once:
            nodes.start()
        _serve(summary, port, once=once, as_json=as_json)


def _serve(summary: Summary, port: int | None, *, once: bool, as_json: bool) -> None:
    started = time.monotonic()
    with serving.start(Role.NAKER, port, demo_regency=DEMO_REGENCY) as portal:
        summary.seconds["portal"] = round(time.monotonic() - started, 2)
        summary.portal, summary.accounts = portal.address, portal.accounts
        console.answer(vars(summary), as_json=as_json, show=lambda: _show(summary, is_serving=not once))
        if not once:
            _serve_until_stopped(portal)


# --- the main job ------------------------------------------------------------------------------


def _run(
    summary: Summary, stages: Stages, regions: Regions, nodes: Nodes, own: list[Path], own_code: str | None
) -> None:
    desa, naker = NodeHome.of(Role.DESA), NodeHome.of(Role.NAKER)
    with stages("nodes", "Menyiapkan dua simpul dan perjanjiannya / two nodes and their agreement"):
        signing.enter_into_force(
            DRAFT, {Party(node.role.value): (node.agreement, node.folder / "keys") for node in (desa, naker)}
        )
        for node in (desa, naker):
            serving.mark_as_demo(node.role)
            node.lake.clean()
    with stages("invent", "Mengarang warga dan akun / inventing people and accounts"):
        written = _invented_files(regions)
    with stages("ingest", "Membaca berkas desa dan SIAPKerja / reading the files", len(written.residents)):
        _ingest(summary, stages, regions, written, own, own_code, desa, naker)
    areas = [DEMO_REGENCY] if own_code is None or own_code.startswith(DEMO_REGENCY) else [DEMO_REGENCY, own_code[:5]]
    with stages("exchange", "Mengambil lewat API yang ditandatangani / pulling by signed API"):
        for area in areas:
            summary.persons_delivered += _pull_residents(nodes, area)
    with stages("link", "Memadankan / linking"):
        permitted = link_asking.ask(naker)
        report = run.link(
            naker.lake,
            residents_permit=permitted.residents,
            seekers_permit=permitted.seekers,
            settings=link_asking.chosen(None),
            judgements=link_asking.judged(naker),
        )
        summary.linked = dict(report.linked)
    with stages("indicators", "Menghitung angka / computing the figures"):
        _compute(summary, regions)
    with stages("results", "Mengembalikan hasil kepada Kemendesa / giving the results back"):
        summary.results_delivered = _pull_results(nodes)
        summary.findings_delivered = _pull_feedback(nodes)
    with stages("evaluate", "Mengukur terhadap kebenaran / measuring against the truth"):
        measured = quality.evaluate(
            written.truth, naker_lake=naker.lake, naker_keys=naker.keys, desa_lake=desa.lake
        ).overall
        summary.precision, summary.recall, summary.f1 = (
            None if share is None else round(share, 4) for share in (measured.precision, measured.recall, measured.f1)
        )


def _invented_files(regions: Regions) -> RegencyFiles:
    """Write the files once; a finished folder is marked, so that a killed run starts again."""
    folder = home_folder() / INVENTED
    finished = folder / f"selesai-{SEED}-{PERSONS}.json"
    if finished.exists():
        return _files_of(json.loads(finished.read_text()), folder)
    shutil.rmtree(folder, ignore_errors=True)
    people = population.invent(
        villages(regions, DEMO_REGENCY),
        residents=PERSONS,
        seed=SEED,
        as_of=AS_OF,
        outside=villages(regions, NEIGHBOUR_REGENCY),
    )
    written = files.write(people, folder, as_of=AS_OF, seed=SEED)
    finished.write_text(
        json.dumps({code: path.relative_to(folder).as_posix() for code, path in written.residents.items()})
    )
    return written


def _files_of(residents_by_village: dict[str, str], folder: Path) -> RegencyFiles:
    return files.files_in(folder, {code: folder / path for code, path in residents_by_village.items()})


def _ingest(
    summary: Summary,
    stages: Stages,
    regions: Regions,
    written: RegencyFiles,
    own: list[Path],
    own_code: str | None,
    desa: NodeHome,
    naker: NodeHome,
) -> None:
    # First, so that a file that is refused has changed nothing.
    if own and own_code is not None:
        report = residents.ingest(
            desa.lake, desa.keys, own, village=own_code, as_of=None, regions=regions,
            report_folder=desa.folder / "reports",
        )  # fmt: skip
        summary.persons_read += report.counts["persons"]
        summary.own_village = {"village": own_code, **report.as_dict()}
    for code, path in written.residents.items():
        if own and code == own_code:
            continue  # its residents are in the file of its own
        report = residents.ingest(
            desa.lake, desa.keys, [path], village=code, as_of=AS_OF, regions=regions, invented=True,
            report_folder=desa.folder / "reports",
        )  # fmt: skip
        summary.persons_read += report.counts["persons"]
        stages.tick()
    for path, ingest in (
        (written.seekers, siapkerja.ingest_seekers),
        (written.vacancies, siapkerja.ingest_vacancies),
        (written.trainings, siapkerja.ingest_trainings),
        (written.certificates, siapkerja.ingest_certificates),
        (written.placements, siapkerja.ingest_placements),
    ):
        report = ingest(
            naker.lake, naker.keys, [path], area=DEMO_REGENCY, as_of=AS_OF, regions=regions, invented=True,
            report_folder=naker.folder / "reports",
        )  # fmt: skip
        if ingest is siapkerja.ingest_seekers:
            summary.seekers_read = report.accepted - report.duplicates


class Nodes:
    """Both nodes' exchange, started when there is something to exchange, and then kept until the demo ends."""

    def __init__(self, stack: ExitStack, summary: Summary, *, has_any_port: bool) -> None:
        self._stack = stack
        self._has_any_port = has_any_port
        self._summary = summary
        self._is_running = False

    def start(self) -> None:
        if self._is_running:
            return
        pair.set_up(has_any_port=self._has_any_port)
        running = self._stack.enter_context(pair.running())
        self._is_running = True
        self._summary.api = {str(role): node.addresses[Name.API] for role, node in running.items()}

    def pull(self, by: Role, *, dataset: str, purpose: str, area: str | None, sources: Sequence[Snapshot]) -> int:
        """Rows that the node holds of it after pulling. What it has of the same snapshots is not pulled again."""
        note = home_folder() / INVENTED / f"diambil-{dataset}-{area or 'semua'}.json"
        state = canonical_json.digest(
            {
                "agreement": chain.standing_of(NodeHome.of(by)).at(SystemClock().now()).agreement.rev,
                "sources": [snapshot.reference for snapshot in sources],
            }
        )
        if note.exists() and (known := json.loads(note.read_text()))["state"] == state:
            return int(known["rows"])
        self.start()
        with pair.consumer(by) as consumer:
            pulled = consumer.pull(dataset=dataset, purpose=purpose, area=area)
        rows = int(pulled.as_dict()["rows"])
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps({"state": state, "rows": rows}))
        return rows


def _pull_residents(nodes: Nodes, area: str) -> int:
    """*naker* pulls the residents of an area from *desa*. Gives the rows handed over."""
    lake = NodeHome.of(Role.DESA).lake
    sources = [one for one in lake.all_current(layer=Layer.CORE, dataset=RESIDENTS) if one.scope.startswith(area)]
    return nodes.pull(Role.NAKER, dataset=DATASET, purpose=PURPOSE, area=area, sources=sources)


def _pull_feedback(nodes: Nodes) -> int:
    """*naker* composes what the residents' data lacked, and *desa* pulls it. Gives the number of findings."""
    _, snapshot = feedback.publish()
    return nodes.pull(Role.DESA, dataset="umpan-balik-mutu", purpose="statistik-desa", area=None, sources=[snapshot])


def _pull_results(nodes: Nodes) -> int:
    """*desa* pulls the figures from *naker* (Pasal 3(2)c). Gives how many."""
    sources = NodeHome.of(Role.NAKER).lake.all_current(layer=Layer.OUT, dataset=RESULTS)
    return nodes.pull(Role.DESA, dataset="hasil-desa", purpose="statistik-desa", area=None, sources=sources)


def _compute(summary: Summary, regions: Regions) -> None:
    computed = figures.compute(regions, reference_date=AS_OF)
    summary.villages = computed.villages
    summary.villages_with_figures = computed.villages_with_figures


def _remove_nodes() -> None:
    postgres.remove()
    for name in ("desa", "naker", "postgres", INVENTED):
        shutil.rmtree(home_folder() / name, ignore_errors=True)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _serve_until_stopped(portal: serving.Portal) -> None:
    try:
        portal.wait()
    except KeyboardInterrupt:
        console.err.print("Berhenti / stopped.", markup=False)


def _show(summary: Summary, *, is_serving: bool) -> None:
    say = console.out.print
    say()
    say("DATA BUATAN: orang-orangnya tidak ada / INVENTED DATA: the persons do not exist", markup=False, style="bold")
    facts = {
        "warga terbaca / residents read": f"{summary.persons_read:,}",
        "dikirim di bawah perjanjian / handed over": f"{summary.persons_delivered:,}",
        "akun pencari kerja / job-seeker accounts": f"{summary.seekers_read:,}",
        "hasil kembali ke Kemendesa / results given back": f"{summary.results_delivered:,}",
        "temuan mutu kembali / quality findings given back": f"{summary.findings_delivered:,}",
        "padanan / links": ", ".join(f"{name} {count:,}" for name, count in summary.linked.items()),
        "terhadap kebenaran / against the truth": (
            f"precision {summary.precision}, recall {summary.recall}, F1 {summary.f1}"
        ),
        "desa dengan angka / villages with figures": f"{summary.villages_with_figures} / {summary.villages}",
    }
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(name, value)
    say(table)
    if summary.own_village is not None:
        own = summary.own_village
        say(
            f"Berkas Anda / your file: {own['village']}, {own['persons']:,} orang / persons, "
            f"{own['rejected']:,} ditolak / rejected",
            markup=False,
        )
    if not is_serving:
        return
    say()
    say(f"Portal: {summary.portal}", markup=False, style="bold")
    for role, address in summary.api.items():
        say(f"API {role}: {address}", markup=False)
    accounts = Table("akun / account", "kata sandi / password", "peran / role", "wilayah / area")
    for account in summary.accounts:
        accounts.add_row(account["username"], account["password"], account["role"], account["area"])
    say(accounts)
    say("Ctrl+C untuk berhenti / to stop", markup=False)
