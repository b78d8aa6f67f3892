"""Real region codes for invented people."""

from __future__ import annotations

from tenun.registry.reference.regions import Regions
from tenun.synthetic.population import Village

# Kabupaten Sumba Tengah: on both lists of disadvantaged regencies, and one of those whose number names
# another regency in BPS's list (BPS 5317 is Sumba Barat Daya).
DEMO_REGENCY = "53.17"
NEIGHBOUR_REGENCY = "53.18"


def villages(regions: Regions, regency: str) -> list[Village]:
    """Every village of a regency, in code order."""
    found = []
    for region in regions.villages(regency):
        province, county, district, _ = regions.path(region.code)
        found.append(Village(region.code, region.name, district.name, county.name, province.name))
    return sorted(found, key=lambda village: village.code)
