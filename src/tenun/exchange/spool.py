"""Where parts wait until the manifest over them is written: on disk, and never in plain.

The key lives in this process's memory only, so what a killed run leaves behind is noise.
"""

from __future__ import annotations

import io
import secrets
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from tenun.lake import sealed


class Spool:
    """A folder of sealed files that is gone after the `with` block."""

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = Path(tempfile.mkdtemp(prefix=".spool-", dir=parent))
        self._key = secrets.token_bytes(64)

    def put(self, name: str, content: bytes) -> None:
        with self._path(name).open("xb") as handle:
            sealed.seal(content, handle, key=self._key, table=name)

    def get(self, name: str) -> io.BytesIO:
        return sealed.unseal(self._path(name), key=self._key, table=name)

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return self._folder / name.replace("/", "-")
