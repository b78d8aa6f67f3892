"""Every example of docs/how-to/integrate-in-a-day.md, in its order, against a node that runs as in life."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenun.agreement.acts.chain import Chain
from tenun.agreement.acts.kinds import Kind
from tenun.agreement.standing import Standing
from tenun.agreement.vocabulary import Party
from tenun.exchange.calls import CallBook
from tenun.exchange.client.node import Consumer
from tenun.exchange.gate import OpenGate
from tenun.transparency_log import witness
from tenun.transparency_log.folder import LogFolder
from tests.integration.api.conftest import Served, serve_desa
from tests.lib.online_nodes import open_online_nodes
from tests.lib.two_nodes import person

PAGE = Path(__file__).resolve().parents[3] / "docs/how-to/integrate-in-a-day.md"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")


@pytest.fixture
def working(own_folder: Path) -> Iterator[Served]:
    """A node with API and guard, and its exports being made."""
    nodes = open_online_nodes(own_folder)
    with serve_desa(own_folder, nodes) as served:
        is_over = threading.Event()

        def work() -> None:
            while not is_over.wait(0.1):
                served.worked()

        worker = threading.Thread(target=work)
        worker.start()
        try:
            yield served
        finally:
            is_over.set()
            worker.join()


def settings(served: Served, folder: Path) -> dict[str, str]:
    """What the page has the reader write into `pks.env`."""
    nodes = served.nodes
    keys = nodes.naker.keys
    return {
        "ISSUER": nodes.issuer(Party.DESA),
        "ADDRESS": served.api.address,
        "CLIENT": "naker",
        "OWN_ISSUER": nodes.issuer(Party.NAKER),
        "AGREEMENT": nodes.agreement.id,
        "REV": nodes.agreement.rev,
        "MESSAGE_KEY": str(keys / "message.jwk"),
        "CLIENT_KEY": str(keys / "client.jwk"),
        "PEER_KEYS": str(nodes.desa.keys / "public.json"),
    }


class Shown(Exception):
    """The request to a witness, instead of sending it."""


def prepare(served: Served, folder: Path) -> None:
    """The files that the page says the reader has: an act, a receipt, a checkpoint to cosign, a person to ask about."""
    nodes = served.nodes
    naker = nodes.naker
    values = settings(served, folder)
    (folder / "pks.env").write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
    (folder / "nik.txt").write_text(str(person("53.17.01.2001", 1)["nik"]))
    chain = Chain(naker.acts, agreement=naker.agreement, own_keys=naker.keys)
    body = {"subject": "other", "text": "Pemberitahuan."}
    act = chain.act(Kind.NOTICE, by=Party.NAKER, keys=naker.keys, body=body)
    (folder / "act.json").write_bytes(act.signed.content)
    standing = Standing(naker.agreement, naker.acts, own_keys=naker.keys)
    consumer = Consumer(naker, standing, OpenGate(), CallBook(naker), address=served.api.address)
    pulled = consumer.pull(dataset="sid-warga", purpose="statistik-desa", area="53.17.02")
    consumer.close()
    assert pulled.has_receipt_sent
    (folder / "receipt.jws").write_bytes(Path(pulled.accepted["receipt"]).read_bytes())

    def show(body: bytes) -> tuple[int, bytes]:
        (folder / "add-checkpoint.txt").write_bytes(body)
        raise Shown

    with pytest.raises(Shown):
        witness.ask(LogFolder(naker.log), show, witnesses=[])


def run(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.pasal("2b")
def test_every_example_of_the_page_works_in_its_order(working: Served, tmp_path: Path) -> None:
    """Each answer of a signed call is verified by the page itself; `verify` leaves with 1 where it does not hold."""
    prepare(working, tmp_path)
    examples = BLOCK.findall(PAGE.read_text("utf-8"))
    shell = [code for language, code in examples if language == "sh"]
    assert len(shell) > 15
    marked = "".join(f"echo '== {number}'\n{code}\n" for number, code in enumerate(shell))
    done = run(marked, tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    said = done.stdout
    assert '"active": true' in said
    assert '"status": 206' in said
    assert "field-not-permitted" in said
    assert "mother_name" in said
    assert (tmp_path / "answer").exists()
    (python,) = [code for language, code in examples if language == "python"]
    ran = run(f"python - <<'END_OF_EXAMPLE'\n{python}\nEND_OF_EXAMPLE", tmp_path, **settings(working, tmp_path))
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "next time: since = 20" in ran.stdout, ran.stdout
    assert list((tmp_path / "received").glob("parts-*.parquet"))
    nik = (tmp_path / "nik.txt").read_text()
    assert nik not in said + done.stderr
    assert '{"status": "up"}' in said
    statuses = [int(status) for status in re.findall(r'^\{"status": (\d+)', said, re.MULTILINE)]
    assert len(statuses) > 20
    assert set(statuses) == {200, 202, 206}


@pytest.mark.pasal("2a")
def test_a_node_pulls_from_a_node_as_it_runs_in_life(working: Served) -> None:
    nodes = working.nodes
    standing = Standing(nodes.naker.agreement, nodes.naker.acts, own_keys=nodes.naker.keys)
    book = CallBook(nodes.naker)
    consumer = Consumer(nodes.naker, standing, OpenGate(), book, address=working.api.address)
    asked = {"dataset": "sid-warga", "purpose": "pemadanan", "area": "53.17"}
    first = consumer.pull(**asked, since="last")
    second = consumer.pull(**asked, since="last", format="arrow")
    answer = consumer.ask(
        dataset="sid-warga", purpose="pemadanan", person={"nik": str(person("53.17.01.2001", 1)["nik"])}, ticket="T/1"
    )
    consumer.close()
    assert first.has_receipt_sent
    assert second.has_receipt_sent
    assert second.accepted["rows"] == 0
    assert second.accepted["online"]["rows_afterwards"] == first.accepted["rows"] > 0
    assert answer["answer"] == "yes"
    assert book.open_calls() == []
