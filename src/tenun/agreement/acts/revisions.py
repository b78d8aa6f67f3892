"""The documents of addenda: each in a folder of its own name, `revisions/<rev>/`, and on the way as one file.

A revision needs no signatures of its own. Its name is the digest of its document, the document names the digests of
its text and contracts, and the addendum that names the revision is signed by both parties.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tenun.agreement import document
from tenun.agreement.acts.refusals import RevisionDamaged, RevisionMissing
from tenun.agreement.acts.state import State
from tenun.agreement.agreed import Agreement
from tenun.agreement.document import DOCUMENT, TEXT
from tenun.agreement.refusals import NotFound
from tenun.kernel import canonical_json
from tenun.kernel.canonical_json import NotCanonical
from tenun.kernel.clause import implements
from tenun.kernel.durable import sync_folder, write_durably

TYPE = "tenun-revision/1"
BUNDLE_BYTES_MAX = 16 * 2**20


@implements("13", control="Every revision stays readable under its digest; what was agreed then is never overwritten.")
class Revisions:
    """The folder `revisions/` of a node. Nothing in it counts unless an addendum of the chain names it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, rev: str) -> Path:
        return self.folder / rev

    def load(self, rev: str) -> Agreement:
        """The agreement of that revision. Raises `RevisionMissing`, `RevisionDamaged`, or as `document.load` does."""
        if not self.path(rev).is_dir():
            raise RevisionMissing(rev=rev[:12])
        agreement = document.load(self.path(rev))
        if agreement.rev != rev:
            raise RevisionDamaged(rev=rev[:12])
        return agreement

    def add(self, draft: Path, *, state: State | None = None) -> Agreement:
        """Keep a copy of a draft as a revision. With a state, its parties' keys are those in force."""
        value = canonical_json.loads(_read(draft, DOCUMENT), document=DOCUMENT)
        if state is not None:
            _fill_in(value, state)
        names = [TEXT, *(one["contract"]["file"] for one in value["datasets"])]
        files = {name: _read(draft, name) for name in names}
        return self._keep({**files, DOCUMENT: canonical_json.dumps(value)})

    def bundle(self, rev: str) -> bytes:
        """The revision as one file to hand over: canonical JSON of its files."""
        self.load(rev)
        folder = self.path(rev)
        files = {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}
        return canonical_json.dumps({"type": TYPE, "rev": rev, "files": files})

    def take(self, content: bytes) -> Agreement:
        """Keep a revision that came as one file. Raises `RevisionDamaged`, or what `document.load` raises."""
        rev, files = _opened(content)
        return self._keep(files, wanted=rev)

    def _keep(self, files: Mapping[str, bytes], *, wanted: str | None = None) -> Agreement:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self.folder / f".draft-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            for name, content in files.items():
                write_durably(draft / name, content)
            agreement = document.load(draft)
            if wanted is not None and agreement.rev != wanted:
                raise RevisionDamaged(rev=wanted[:12])
            self._put(draft, self.path(agreement.rev))
            return self.load(agreement.rev)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _put(self, draft: Path, place: Path) -> None:
        try:
            draft.rename(place)
        except OSError:
            if not place.is_dir():  # else the revision is here already
                raise
        sync_folder(self.folder)


def _read(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as problem:
        raise NotFound(file=name) from problem


def _fill_in(value: dict[str, Any], state: State) -> None:
    for terms in value["parties"]:
        for party, keys in state.keys.items():
            if terms["role"] == party.value:
                terms["keys"] = [one.model_dump(mode="json", exclude_none=True) for one in keys]
                terms["age_recipient"] = state.age_recipients[party]


def _opened(content: bytes) -> tuple[str, dict[str, bytes]]:
    """The files of a bundle. Only the names that an agreement has may stand in it: it becomes a folder."""
    try:
        if len(content) > BUNDLE_BYTES_MAX:
            raise ValueError
        value = canonical_json.loads(content, document="revision")
        if set(value) != {"type", "rev", "files"} or value["type"] != TYPE:
            raise ValueError
        files = {name: text.encode("utf-8") for name, text in value["files"].items() if _is_known(name)}
        if len(files) != len(value["files"]):
            raise ValueError
        return str(value["rev"]), files
    except (NotCanonical, ValueError, TypeError, AttributeError) as problem:
        raise RevisionDamaged(rev="?") from problem


def _is_known(name: str) -> bool:
    if name in (DOCUMENT, TEXT):
        return True
    parts = name.split("/")
    stem = parts[-1].removesuffix(".odcs.yaml")
    is_plain = stem != parts[-1] and stem.replace("-", "").isalnum() and stem.isascii()
    return len(parts) == 2 and parts[0] == "datasets" and is_plain
