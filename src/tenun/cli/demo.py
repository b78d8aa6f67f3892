"""`./run demo`: both nodes on this machine, and the main job from a village's file to a village's page."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time as time_of_day
from pathlib import Path
from typing import Annotated, Any

import typer

from tenun.agreement import signing
from tenun.agreement.decision import Permit, Use, decide
from tenun.agreement.vocabulary import Operation, Party
from tenun.cli import console
from tenun.exchange import pack, receipt, unpack
from tenun.exchange.station import Station
from tenun.kernel import canonical_json
from tenun.kernel.clock import JAKARTA, SystemClock
from tenun.kernel.errors import TenunError
from tenun.lake.snapshot import Layer
from tenun.node.home import SOURCE_ROOT, NodeHome, Role, home_folder, reference_folder
from tenun.registry.reference.regions import Regions
from tenun.synthetic import files, population
from tenun.synthetic.regency import DEMO_REGENCY, NEIGHBOUR_REGENCY, villages
