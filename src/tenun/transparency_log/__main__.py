"""`python -m tenun.transparency_log FOLDER VERIFIER-KEY [EARLIER-CHECKPOINT …]`: verify a log, alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tenun.transparency_log.audit import verify_folder
from tenun.transparency_log.errors import LogError
from tenun.transparency_log.note import Verifier


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder, key, *earlier = arguments
    try:
        verifiers = [Verifier.decode(key)]
        audit = verify_folder(Path(folder), verifiers=verifiers, earlier=[Path(path).read_bytes() for path in earlier])
    except (LogError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write(json.dumps(audit.as_dict(), indent=2) + "\n")
    return 0 if audit else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
