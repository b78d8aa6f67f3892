"""Two tables of invented persons with known truth, at any size: what a village register and a job portal hold.

    from tenun.synthetic import linkage
    linkage.write(Path("out"), residents=1_000_000, profile="foreign", seed=3)

`residents.parquet` and `accounts.parquet` carry what people typed, as text; `truth.parquet` says which account is whose
and which mistakes it carries. Every record is a function of the seed and of its number: the same bytes come out on any
number of processors. Nobody in it exists, and no NIK in it can (serials of 9000 and more are not issued).
"""

from tenun.synthetic.linkage.classes import CLASSES, PROFILES, ErrorClass, Profile, UnknownProfile
from tenun.synthetic.linkage.tables import Written, fingerprint, write

__all__ = ["CLASSES", "PROFILES", "ErrorClass", "Profile", "UnknownProfile", "Written", "fingerprint", "write"]
