"""From which size on something needs attention: the numbers of the rules, as configuration of the node.

`alerts.json` in the node's folder holds those that differ from the ones below, by the same names:

    {"days_without_data": 45, "match_rate_drop": 3}

Trusted: whoever may alter the node's folder may say what its officers are told of. It opens nothing.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tenun.kernel.errors import TenunError
from tenun.node.home import NodeHome

FILE = "alerts.json"

Percent = Annotated[float, Field(ge=0, le=100)]
Amount = Annotated[float, Field(gt=0)]
Days = Annotated[int, Field(ge=1)]


class ThresholdsMalformed(TenunError):
    """Says which member of the file, never what stood in it."""

    code = "portal.alert_thresholds_malformed"
    text_id = "alerts.json tidak dapat dipakai pada {member}; ambang bawaan yang berlaku."
    text_en = "alerts.json cannot be used at {member}; the built-in thresholds apply."
    remedy_id = "Perbaiki atau hapus alerts.json di folder simpul; namanya ada pada daftar aturan peringatan."
    remedy_en = "Correct or remove alerts.json in the node's folder; the names stand on the list of alert rules."


class Thresholds(BaseModel):
    """One number a rule. The defaults are those of the portal study (section 4: P1, P3, and the officers' tasks)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    days_without_data: Days = 30
    """Days since the date of a village's data."""
    match_rate_min: Percent = 70.0
    match_rate_drop: Percent = 2.0
    """Points since the snapshot before."""
    change_percent: Amount = 25.0
    """Of a number, or of a rate per 1,000, since the snapshot before."""
    change_points: Percent = 10.0
    """Of a rate in per cent, since the snapshot before."""
    change_least: Amount = 50.0
    """Numbers smaller than this before are too small to speak of a change."""
    seekers_rise_percent: Amount = 50.0
    seekers_rise_days: Days = 85
    """How old the snapshot must at least be that seekers are compared with: about three months."""
    seekers_rise_least: Amount = 20.0
    seekers_times: Amount = 2.0
    """Times the share of seekers in the whole area."""
    seekers_without_places: Amount = 100.0
    days_before_end: Days = 180
    """Before the agreement ends."""
    days_before_report: Days = 30
    """Before the next monitoring and evaluation is due."""


def of_node(node: NodeHome) -> Thresholds:
    """The node's thresholds; the built-in ones where it has none of its own. Raises `ThresholdsMalformed`."""
    try:
        text = (node.folder / FILE).read_text("utf-8")
    except FileNotFoundError:
        return Thresholds()
    except (OSError, UnicodeDecodeError) as problem:
        raise ThresholdsMalformed(member="-") from problem
    try:
        # Strict, and 3 is as good a number as 3.0: JSON does not tell them apart.
        return Thresholds.model_validate_json(text)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        member = ".".join(str(part) for part in first["loc"]) or "-"
        known = member if member in Thresholds.model_fields else "-"
        raise ThresholdsMalformed(member=known) from problem
