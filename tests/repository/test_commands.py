"""Every command speaks JSON, and what the documents name exists."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tenun.cli.main import whole_app

ROOT = Path(__file__).resolve().parents[2]


def commands(command: Any = None, path: str = "") -> Iterator[tuple[str, Any]]:
    command = command or typer.main.get_command(whole_app())
    children = getattr(command, "commands", None)
    if not children:
        yield path.strip(), command
        return
    for name, child in children.items():
        yield from commands(child, f"{path} {name}")


@pytest.mark.parametrize(("path", "command"), list(commands()), ids=[path for path, _ in commands()])
def test_every_command_takes_json_and_says_what_it_does(path: str, command: Any) -> None:
    options = {word for parameter in command.params for word in parameter.opts}
    assert "--json" in options
    assert (command.help or "").strip()


@pytest.mark.parametrize("document", ["README.md", "README.id.md", "CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_commands_in_the_documents_exist(document: str) -> None:
    known = {path for path, _ in commands()}
    named = re.findall(r"\./run tenun ((?:[a-z]+ ?)+)", (ROOT / document).read_text())
    for words in named:
        words = words.strip()
        assert any(words == path or words.startswith(f"{path} ") for path in known), f"{document}: {words}"
