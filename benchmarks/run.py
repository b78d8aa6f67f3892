"""`./run bench NAME …`: runs `benchmarks/NAME.py`. Without a name, says which there are."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("run", "__init__"))


def about(name: str) -> str:
    """First line of a benchmark's docstring."""
    text = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))) or ""
    return text.splitlines()[0] if text else ""


def main(words: list[str]) -> int:
    name, rest = (words[0].replace("-", "_"), words[1:]) if words else ("", [])
    if name not in names():
        print(__doc__, *(f"    {each:<12} {about(each)}" for each in names()), sep="\n", file=sys.stderr)
        return 0 if name in ("", "help") else 2
    script = FOLDER / f"{name}.py"
    sys.argv = [str(script), *rest]
    sys.path[:0] = [str(FOLDER.parent / "src"), str(FOLDER.parent)]
    runpy.run_path(str(script), run_name="__main__")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
