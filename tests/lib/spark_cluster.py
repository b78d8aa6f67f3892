"""A standalone Spark of this machine: one master, one worker, on free ports of the loopback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT_SECONDS = 120
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto"
"""For a Java that lives for seconds: compiling more than it runs costs most of its time."""


@contextmanager
def standalone(folder: Path, *, cores: int = 2) -> Iterator[str]:
    """Start both, give the master's address, and end both."""
    master, address = _start(
        folder / "master.log",
        r"Starting Spark master at (spark://\S+)",
        "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0",
    )  # fmt: skip
    try:
        worker, _ = _start(
            folder / "worker.log",
            r"(Successfully registered with master)",
            "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0",
            "--cores", str(cores), "--memory", "1g", "--work-dir", str(folder / "worker"), address,
        )  # fmt: skip
        try:
            yield address
        finally:
            _end(worker)
    finally:
        _end(master)


def _start(log: Path, sign: str, *arguments: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start a daemon and wait until its log shows the sign."""
    import pyspark

    home = Path(pyspark.__file__).parent
    environment = dict(
        os.environ,
        JAVA_TOOL_OPTIONS=JAVA_OPTIONS,
        SPARK_HOME=str(home),
        SPARK_LOCAL_IP="127.0.0.1",
        PYSPARK_PYTHON=sys.executable,
    )
    with log.open("wb") as out:
        process = subprocess.Popen(
            [home / "bin" / "spark-class", *arguments], stdout=out, stderr=subprocess.STDOUT, env=environment
        )
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(sign, log.read_text(errors="replace")):
            return process, found.group(1)
        time.sleep(0.2)
    _end(process)
    raise AssertionError(f"{log.name}:\n{log.read_text(errors='replace')[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
