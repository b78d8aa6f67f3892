"""Only `agreement.decision` makes a `Permit`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[3] / "src" / "tenun"


def _makers(path: Path) -> list[int]:
    """Lines that call something named Permit, or `replace` something named like a permit."""
    lines = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            of_permit = any("permit" in ast.unparse(argument).lower() for argument in node.args[:1])
            if name == "Permit" or (name == "replace" and of_permit) or (name == "__new__" and of_permit):
                lines.append(node.lineno)
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Permit") for base in node.bases):
            lines.append(node.lineno)
    return lines


@pytest.mark.pasal("7(1)")
def test_only_the_decision_makes_a_permit() -> None:
    makers = {str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if _makers(path)}
    assert makers == {"agreement/decision.py"}


def test_the_decision_makes_it_at_one_place() -> None:
    assert len(_makers(SOURCE / "agreement" / "decision.py")) == 1


@pytest.mark.parametrize(
    "code",
    ["Permit(x=1)", "decision.Permit()", "replace(permit, x=1)", "object.__new__(Permit)", "class Mine(Permit): pass"],
)
def test_the_search_finds_what_it_looks_for(code: str, tmp_path: Path) -> None:
    (tmp_path / "coba.py").write_text(code, "utf-8")
    assert _makers(tmp_path / "coba.py")
