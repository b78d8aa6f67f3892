"""The tree tests itself."""

import hashlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.lib import shared_data

ROOT = Path(__file__).resolve().parents[2]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            found.append((path, data.decode("utf-8", errors="replace")))
    return found


# Put together here, so that this file does not name them either.
FORBIDDEN = {
    "a package registry": [
        "pypi" + ".org",
        "python" + "hosted",
        "npm" + "js.org",
        "npm" + "js.com",
        "deb.deb" + "ian.org",
    ],
    "a folder of one machine": ["/wo" + "rk/main", "/wo" + "rk/shared", "/wo" + "rk/.library", "/tmp/" + "bash_jobs"],
}


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_no_file_names_a_package_registry_or_one_machine(kind: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path, text in texts()
        for word in FORBIDDEN[kind]
        if word in text.lower()
    ]
    assert found == []


def test_lock_files_pin_every_package_by_hash_and_name_no_host() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "://" not in text, lock.name
        for requirement in re.split(r"\n(?=\S)", text.strip()):
            assert "--hash=sha256:" in requirement, (lock.name, requirement.split("\n")[0])


def test_every_dependency_is_pinned() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for group, lock in (
        (declared["project"]["dependencies"], "run.lock"),
        (declared["dependency-groups"]["dev"], "dev.lock"),
    ):
        pinned = set(re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / "requirements" / lock).read_text(), re.M))
        names = {re.split(r"[\[<>=!~ ]", requirement)[0].lower().replace("_", "-") for requirement in group}
        assert names <= {name.lower().replace("_", "-") for name in pinned}, lock


def test_no_file_of_others_is_copied_here() -> None:
    if not shared_data.ROOT.exists():
        pytest.skip("real files not here: shared/data")
    others = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path
        for path in shared_data.ROOT.rglob("*")
        if path.is_file() and path.stat().st_size > 64
    }
    copied = [
        str(path.relative_to(ROOT)) for path in tracked() if hashlib.sha256(path.read_bytes()).hexdigest() in others
    ]
    assert copied == []


def test_no_file_is_larger_than_a_megabyte() -> None:
    large = [str(path.relative_to(ROOT)) for path in tracked() if path.stat().st_size > 1_000_000]
    assert large == []


def test_no_exception_is_swallowed() -> None:
    silent = re.compile(
        r"except\s*:|except (Base)?Exception( as \w+)?:\s*\n\s+(pass|continue|return)\b|suppress\((Base)?Exception"
    )
    found = []
    for path, text in texts():
        if path.suffix == ".py" and path.is_relative_to(ROOT / "src"):
            for match in silent.finditer(text):
                line = text[: match.start()].count("\n") + 1
                found.append(f"{path.relative_to(ROOT)}:{line}")
    assert found == []


def test_nothing_is_left_for_later_in_the_code() -> None:
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b|raise NotImpl" + r"emented")
    found = [
        f"{path.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1}"
        for path, text in texts()
        if path.suffix == ".py"
        for match in words.finditer(text)
    ]
    assert found == []


def test_both_readmes_give_the_same_commands() -> None:
    def commands(name: str) -> set[str]:
        return {
            " ".join(match.split()[:4]).split(" --")[0].split(" FILE")[0].split(" BERKAS")[0].split(' "')[0]
            for match in re.findall(r"\./run [a-z][^\n`]*", (ROOT / name).read_text())
        }

    english, indonesian = commands("README.md"), commands("README.id.md")
    assert {c for c in indonesian if "tenun" in c} == {c for c in english if "tenun" in c}
