"""Verify a log, alone: all that an auditor needs is this package and the keys.

python -m tenun.transparency_log verify FOLDER KEY [EARLIER-CHECKPOINT …] [--witness KEY]… [--need N]
    Read every byte of a log (or of a mirror), compute every hash, compare with the signatures.
python -m tenun.transparency_log proof PROOF ENTRY KEY [--witness KEY]… [--need N]
    Check that the entry in the file ENTRY is in the log of KEY, by the tlog-proof in the file PROOF.
python -m tenun.transparency_log stamp RESPONSE CHECKPOINT CERTIFICATES
    Check an RFC 3161 time-stamp on a checkpoint; CERTIFICATES is PEM, the root among them.

KEY is a verifier key as C2SP signed-note writes it, name+id+base64. A log's checkpoint must be signed by KEY;
with --witness, also by N of the witnesses (1, unless said otherwise). One JSON object is printed.
Exit status: 0 it holds, 1 it does not, 2 wrong usage or unreadable.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tenun.transparency_log import proof, stamp
from tenun.transparency_log.audit import verify_folder
from tenun.transparency_log.cosignature import Cosignatory, decode_verifier
from tenun.transparency_log.errors import LogError


def main(arguments: list[str]) -> int:
    commands: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
        "verify": _verify,
        "proof": _proof,
        "stamp": _stamp,
    }
    if arguments and arguments[0] not in (*commands, "-h", "--help"):
        arguments = ["verify", *arguments]  # as it was before there was more than one
    try:
        chosen = _parser().parse_args(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    try:
        said = commands[chosen.command](chosen)
    except (LogError, OSError, UnicodeDecodeError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write(json.dumps(said, indent=2) + "\n")
    return 0 if said["is_sound"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tenun.transparency_log", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="verify|proof|stamp")
    verify = commands.add_parser("verify")
    verify.add_argument("folder", type=Path)
    verify.add_argument("key")
    verify.add_argument("earlier", type=Path, nargs="*")
    shown = commands.add_parser("proof")
    shown.add_argument("proof", type=Path)
    shown.add_argument("entry", type=Path)
    shown.add_argument("key")
    for command in (verify, shown):
        command.add_argument("--origin", help="the log's origin, where it is not the name of its key")
        command.add_argument("--witness", action="append", default=[])
        command.add_argument("--need", type=int)
    stamped = commands.add_parser("stamp")
    stamped.add_argument("response", type=Path)
    stamped.add_argument("checkpoint", type=Path)
    stamped.add_argument("certificates", type=Path)
    return parser


def _verify(chosen: argparse.Namespace) -> dict[str, Any]:
    audit = verify_folder(
        chosen.folder,
        verifiers=[decode_verifier(chosen.key)],
        earlier=[path.read_bytes() for path in chosen.earlier],
        origin=chosen.origin,
        witnesses=[Cosignatory.decode(key) for key in chosen.witness],
        need=chosen.need,
    )
    return audit.as_dict()


def _proof(chosen: argparse.Namespace) -> dict[str, Any]:
    verifiers, witnesses = [decode_verifier(chosen.key)], [Cosignatory.decode(key) for key in chosen.witness]
    text, entry = chosen.proof.read_text(encoding="utf-8"), chosen.entry.read_bytes()
    try:
        shown, state = proof.verify(
            text, entry=entry, verifiers=verifiers, origin=chosen.origin, witnesses=witnesses, need=chosen.need
        )
    except LogError as problem:
        return {"is_sound": False, "code": problem.code, "reason": str(problem)}
    return {
        "is_sound": True,
        "origin": state.origin,
        "index": shown.index,
        "size": state.size,
        "root": state.root.hex(),
    }  # fmt: skip


def _stamp(chosen: argparse.Namespace) -> dict[str, Any]:
    response, signed = chosen.response.read_bytes(), chosen.checkpoint.read_bytes()
    try:
        found = stamp.verify(response, signed=signed, certificates=chosen.certificates.read_bytes())
    except LogError as problem:
        return {"is_sound": False, "code": problem.code, "reason": str(problem)}
    return {"is_sound": True, "time": found.time.isoformat(), "policy": found.policy, "serial": str(found.serial)}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
