"""What SIAPKerja hands out: job seekers, vacancies, training courses, certificates, placements.

Forms are defined in `contracts/`. Every function brings one delivery in and gives its report.
"""

from tenun.sources.siapkerja.certificates import ingest as ingest_certificates
from tenun.sources.siapkerja.delivery import NATIONAL
from tenun.sources.siapkerja.placements import ingest as ingest_placements
from tenun.sources.siapkerja.seekers import ingest as ingest_seekers
from tenun.sources.siapkerja.trainings import ingest as ingest_trainings
from tenun.sources.siapkerja.vacancies import ingest as ingest_vacancies

__all__ = [
    "NATIONAL",
    "ingest_certificates",
    "ingest_placements",
    "ingest_seekers",
    "ingest_trainings",
    "ingest_vacancies",
]
