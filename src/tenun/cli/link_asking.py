"""What the commands below `tenun link` share: options, the decision of the agreement, the bar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from tenun.agreement.vocabulary import Party
from tenun.cli import console
from tenun.kernel.clock import SystemClock
from tenun.linkage import permits, settings
from tenun.linkage.permits import Permits
from tenun.linkage.review import judgements
from tenun.linkage.settings import LinkSettings
from tenun.linkage.stages import Progress
from tenun.linkage.standard.retired import RetiredRegions
from tenun.node.chain import standing_of
from tenun.node.home import NodeHome, reference_folder
from tenun.registry.reference.regions import Regions

SettingsOption = Annotated[
    Path | None, typer.Option("--settings", help="Berkas batas keputusan (TOML) / file of thresholds (TOML).")
]
ModelOption = Annotated[Path | None, typer.Option("--model", help="Berkas model; tanpa ini model bawaan / model file.")]
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", min=1, help="Jumlah thread; hasilnya tetap sama / threads.")
]
MemoryOption = Annotated[str, typer.Option("--memory", help="Batas memori, seperti 8GB / bound on memory.")]

STAGE_NAMES = {
    "read": "Membaca / reading",
    "standardise": "Membakukan / standardising",
    "nik": "Memadankan NIK / linking by NIK",
    "rules": "Memadankan sisa / linking the rest",
    "decide": "Memutuskan / deciding",
    "publish": "Menyimpan / publishing",
    "write": "Menulis / writing",
    "train": "Melatih model / training",
    "charts": "Menggambar / drawing",
}


def chosen(
    file: Path | None, *, model: Path | None = None, threads: int | None = None, memory: str = "4GB"
) -> LinkSettings:
    """The settings of a run, with the history of regions that this machine knows. Raises `SettingsUnreadable`."""
    history = RetiredRegions.of(Regions.load(reference_folder()))
    return settings.load(file, model=model, threads=threads, memory=memory, regions=history)


def ask(home: NodeHome) -> Permits:
    """Both decisions of the agreement in force now. Raises `LinkageNotPermitted`."""
    now = SystemClock().now()
    position = standing_of(home).at(now)
    return permits.ask(position.agreement, by=Party.NAKER, moment=now, lake=home.lake, state=position.state)


def judged(home: NodeHome) -> pa.Table:
    """What people settled at this node: seeker_id, person_id, verdict."""
    return judgements.settled(judgements.Judgements(home.folder / judgements.FOLDER))


@contextmanager
def bar(as_json: bool) -> Iterator[Progress | None]:
    """A progress bar over stages."""
    with console.progress(as_json=as_json) as shown:
        task = shown.add_task("", total=None)

        def tell(stage: str, done: int, total: int) -> None:
            shown.update(task, description=STAGE_NAMES[stage], completed=done, total=total)

        yield tell
