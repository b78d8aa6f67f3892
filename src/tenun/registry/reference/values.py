"""Our own harmonised values: what every source's codes are mapped to.

`UNMAPPED` (a code was given, and it has no counterpart here) and `MISSING` (nothing was given) belong
to every list and are never the same thing. Stored spellings never change.
"""

from __future__ import annotations

from enum import StrEnum


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"
    UNMAPPED = "unmapped"
    MISSING = "missing"


class MaritalStatus(StrEnum):
    NEVER_MARRIED = "never_married"
    MARRIED = "married"
    DIVORCED = "divorced"
    WIDOWED = "widowed"
    FORMERLY_MARRIED = "formerly_married"
    """Divorced or widowed: SDGs Desa does not tell them apart."""
    UNMAPPED = "unmapped"
    MISSING = "missing"


class Education(StrEnum):
    """Highest level completed."""

    NONE = "none"
    PRIMARY_INCOMPLETE = "primary_incomplete"
    BELOW_PRIMARY = "below_primary"
    """No certificate of primary school; the source does not tell whether ever at school."""
    PRIMARY = "primary"
    LOWER_SECONDARY = "lower_secondary"
    UPPER_SECONDARY = "upper_secondary"
    DIPLOMA_1_2 = "diploma_1_2"
    DIPLOMA_3 = "diploma_3"
    DIPLOMA = "diploma"
    """A diploma whose years the source does not tell."""
    BACHELOR = "bachelor"
    """D IV or S1."""
    MASTER = "master"
    DOCTORATE = "doctorate"
    RELIGIOUS = "religious"
    """Pesantren, seminary and the like, without a level."""
    OTHER = "other"
    UNMAPPED = "unmapped"
    MISSING = "missing"


class Activity(StrEnum):
    """What the source records the person as doing. Not a labour-force status in the sense of BPS."""

    WORKING = "working"
    SEEKING = "seeking"
    NOT_WORKING = "not_working"
    HOUSEKEEPING = "housekeeping"
    STUDENT = "student"
    RETIRED = "retired"
    UNMAPPED = "unmapped"
    MISSING = "missing"


class Occupation(StrEnum):
    """Groups of the occupation label. The first four are no occupations, as in Dukcapil's own list."""

    NOT_WORKING = "not_working"
    HOUSEKEEPING = "housekeeping"
    STUDENT = "student"
    RETIRED = "retired"
    CIVIL_SERVANT = "civil_servant"
    MILITARY_POLICE = "military_police"
    FARMER = "farmer"
    FARM_LABOURER = "farm_labourer"
    LIVESTOCK = "livestock"
    FISHER = "fisher"
    FISHERY_LABOURER = "fishery_labourer"
    TRADE = "trade"
    MANUFACTURING = "manufacturing"
    CONSTRUCTION = "construction"
    TRANSPORT = "transport"
    PRIVATE_EMPLOYEE = "private_employee"
    STATE_ENTERPRISE_EMPLOYEE = "state_enterprise_employee"
    CONTRACT_EMPLOYEE = "contract_employee"
    """Karyawan honorer."""
    CASUAL_LABOURER = "casual_labourer"
    DOMESTIC_WORKER = "domestic_worker"
    CRAFT = "craft"
    SERVICE = "service"
    ARTS_MEDIA = "arts_media"
    RELIGIOUS = "religious"
    TEACHER = "teacher"
    HEALTH = "health"
    PROFESSIONAL = "professional"
    OFFICE_HOLDER = "office_holder"
    VILLAGE_OFFICIAL = "village_official"
    MIGRANT_WORKER = "migrant_worker"
    SELF_EMPLOYED = "self_employed"
    OTHER = "other"
    UNMAPPED = "unmapped"
    MISSING = "missing"


class Disability(StrEnum):
    NONE = "none"
    PHYSICAL = "physical"
    VISUAL = "visual"
    HEARING_SPEECH = "hearing_speech"
    MENTAL = "mental"
    PHYSICAL_AND_MENTAL = "physical_and_mental"
    SOME = "some"
    """A disability whose kind the source does not tell."""
    OTHER = "other"
    UNMAPPED = "unmapped"
    MISSING = "missing"


class JobSocialSecurity(StrEnum):
    PARTICIPANT = "participant"
    NOT_PARTICIPANT = "not_participant"
    UNMAPPED = "unmapped"
    MISSING = "missing"


class LifeStatus(StrEnum):
    """`status_dasar` of OpenSID. Only `ALIVE` are current residents."""

    ALIVE = "alive"
    DEAD = "dead"
    MOVED = "moved"
    LOST = "lost"
    AWAY = "away"
    INVALID = "invalid"
    UNMAPPED = "unmapped"
    MISSING = "missing"


class Citizenship(StrEnum):
    INDONESIAN = "indonesian"
    FOREIGN = "foreign"
    DUAL = "dual"
    UNMAPPED = "unmapped"
    MISSING = "missing"


class HouseholdRole(StrEnum):
    HEAD = "head"
    HUSBAND = "husband"
    WIFE = "wife"
    SPOUSE = "spouse"
    """Husband or wife: Regsosek does not tell them apart."""
    CHILD = "child"
    CHILD_IN_LAW = "child_in_law"
    GRANDCHILD = "grandchild"
    PARENT = "parent"
    PARENT_IN_LAW = "parent_in_law"
    PARENT_OR_IN_LAW = "parent_or_in_law"
    OTHER_RELATIVE = "other_relative"
    DOMESTIC_WORKER = "domestic_worker"
    OTHER = "other"
    UNMAPPED = "unmapped"
    MISSING = "missing"


class AgeGroup(StrEnum):
    """Groups of the indicator catalogue."""

    CHILD = "0-14"
    YOUNG = "15-24"
    MIDDLE = "25-59"
    OLD = "60+"
    MISSING = "missing"


def age_group(age_years: int | None) -> AgeGroup:
    if age_years is None:
        return AgeGroup.MISSING
    if age_years < 15:
        return AgeGroup.CHILD
    if age_years < 25:
        return AgeGroup.YOUNG
    return AgeGroup.MIDDLE if age_years < 60 else AgeGroup.OLD


class EmploymentStatus(StrEnum):
    """Kedudukan dalam pekerjaan, as Regsosek 2022 (question 418) and BPS tell them apart."""

    OWN_ACCOUNT = "own_account"
    OWN_ACCOUNT_WITH_HELP = "own_account_with_help"
    """Helped by unpaid or temporary workers."""
    EMPLOYER = "employer"
    EMPLOYEE = "employee"
    PUBLIC_EMPLOYEE = "public_employee"
    CASUAL_FARM = "casual_farm"
    CASUAL_OTHER = "casual_other"
    FAMILY_WORKER = "family_worker"
    UNMAPPED = "unmapped"
    MISSING = "missing"


class SchoolAttendance(StrEnum):
    ATTENDING = "attending"
    NOT_ATTENDING = "not_attending"
    UNMAPPED = "unmapped"
    MISSING = "missing"
