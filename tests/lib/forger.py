"""Packs that no honest provider would make: opened, altered, and closed again, with or without a true signature."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from joserfc.jwk import OKPKey

from tenun.agreement import party_keys
from tenun.agreement.vocabulary import Party
from tenun.exchange import container, envelope, parts, signature
from tenun.kernel import canonical_json
from tests.lib.two_nodes import Nodes

Members = dict[str, bytes]


def opened(nodes: Nodes, file: Path, party: Party = Party.NAKER) -> Members:
    """What is inside a pack, read without any of the checks."""
    found: Members = {}
    sink = container.MemberReader(admit=lambda name, size: None, take=found.__setitem__)
    envelope.open_into(file, sink, identity=nodes.of(party).age_identity(), party=party)
    return found


def closed(nodes: Nodes, archive: bytes, target: Path, *, to: Party = Party.NAKER) -> Path:
    with target.open("wb") as handle:
        envelope.close(io.BytesIO(archive), handle, to=envelope.recipient(nodes.agreement, to))  # type: ignore[arg-type]
    return target


def archived(members: Members | list[tuple[str, bytes]]) -> bytes:
    pairs = members.items() if isinstance(members, dict) else members
    return b"".join(container.archive((name, io.BytesIO(content)) for name, content in pairs))


def message_key(nodes: Nodes, party: Party = Party.DESA) -> OKPKey:
    return party_keys.private(nodes.of(party).keys, "message")


def resigned(
    nodes: Nodes,
    members: Members,
    change: Callable[[dict[str, Any]], None],
    *,
    key: OKPKey | None = None,
    renumber: bool = True,
) -> Members:
    """The same members with an altered manifest, which is given its right number and a signature again."""
    value = json.loads(members["manifest.json"])
    change(value)
    if renumber:
        body = {name: member for name, member in value.items() if name != "pack"}
        value["pack"] = canonical_json.digest(body)[:32]
    encoded = canonical_json.dumps(value)
    token = signature.sign_detached(encoded, key or message_key(nodes), typ=signature.MANIFEST)
    return {**members, "manifest.json": encoded, "manifest.jws": token.encode()}


def with_rows(
    nodes: Nodes, members: Members, change: Callable[[pa.Table], pa.Table], *, part: int = 0, counts: bool = True
) -> Members:
    """The same pack with altered rows, under a manifest that truly states the new part."""
    name = f"parts/{part + 1:05}.parquet"
    table = change(pq.read_table(io.BytesIO(members[name])))
    data = parts.encode(table)

    def restate(manifest: dict[str, Any]) -> None:
        entry = manifest["parts"][part]
        entry |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        if counts:
            sources = {source["scope"]: source for source in manifest["sources"]}
            sources[entry["scopes"][-1]]["rows"] += table.num_rows - entry["rows"]
            entry["rows"] = table.num_rows
            manifest["rows"] = sum(one["rows"] for one in manifest["parts"])

    return resigned(nodes, {**members, name: data}, restate)
