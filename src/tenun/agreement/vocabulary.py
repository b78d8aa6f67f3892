"""Every word that an agreement may use. A word that is not here makes the document refuse to load.

Stored spellings never change: they stand in signed documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Party(StrEnum):
    DESA = "desa"
    """Pihak Kesatu: BPI Kemendes PDT, owner of SID."""
    NAKER = "naker"
    """Pihak Kedua: Barenbang Kemnaker, owner of SIAPKerja."""

    @property
    def other(self) -> Party:
        return Party.NAKER if self is Party.DESA else Party.DESA


class Operation(StrEnum):
    FILE = "file"
    """Hand over by file, from the provider's node to the consumer's."""
    BULK = "bulk"
    """Hand over online: all rows of an area, as an export that the consumer fetches."""
    DELTA = "delta"
    """Hand over online: what changed since an earlier export."""
    SUBJECT = "subject"
    """Answer online about one person."""
    EVENT = "event"
    """Tell online that something changed, without saying what."""
    USE = "use"
    """Work with data that the node holds."""
    PUBLISH = "publish"
    """Give to anyone who is not one of the two parties, in whole or in part."""


class Purpose(StrEnum):
    LINKAGE = "pemadanan"
    VILLAGE_STATISTICS = "statistik-desa"
    PLACEMENT_AND_TRAINING = "penempatan-pelatihan"
    OUTREACH = "sosialisasi"


class KeyUse(StrEnum):
    AGREEMENT = "agreement"
    """Signs the agreement and its acts."""
    MESSAGE = "message"
    """Signs packs, requests and receipts."""
    LOG = "log"
    """Signs the node's log, and as a witness the other party's."""
    CLIENT = "client"
    """Authenticates the node as a client of the other party's API, and binds the tokens it gets."""


class Operand(StrEnum):
    """What a constraint may look at. Dataset, operation and party are the rule's target, action and assignee."""

    PURPOSE = "purpose"
    FIELD = "field"
    CLASSIFICATION = "classification"
    DATE_TIME = "dateTime"
    FREQUENCY = "frequency"
    ROW_SCOPE = "rowScope"
    DATA_LIFE = "dataLife"


class Operator(StrEnum):
    EQ = "eq"
    IS_ANY_OF = "isAnyOf"
    IS_PART_OF = "isPartOf"
    GTEQ = "gteq"
    LT = "lt"
    LTEQ = "lteq"


# An operand with an operator that is not beside it here means nothing, so it is refused like an unknown word.
OPERATORS: Mapping[Operand, frozenset[Operator]] = {
    Operand.PURPOSE: frozenset({Operator.EQ, Operator.IS_ANY_OF}),
    Operand.FIELD: frozenset({Operator.IS_ANY_OF}),
    Operand.CLASSIFICATION: frozenset({Operator.EQ, Operator.IS_ANY_OF}),
    Operand.DATE_TIME: frozenset({Operator.GTEQ, Operator.LT}),
    Operand.FREQUENCY: frozenset({Operator.LTEQ}),
    Operand.ROW_SCOPE: frozenset({Operator.IS_PART_OF}),
    Operand.DATA_LIFE: frozenset({Operator.LTEQ}),
}


class DutyAction(StrEnum):
    KEEP_CONFIDENTIAL = "keep-confidential"
    USE_FOR_PURPOSE_ONLY = "use-for-purpose-only"
    KEEP_FROM_OTHERS = "keep-from-others"
    GIVE_ACCESS_TO_SOURCE = "give-access-to-source"
    GIVE_ACCESS_TO_RESULTS = "give-access-to-results"
    INFORM_VILLAGES = "inform-villages"
    FOLLOW_WORK_PLAN = "follow-work-plan"
    BEAR_OWN_COSTS = "bear-own-costs"
    GIVE_NOTICE = "give-notice"
    SHARE_RESULTING_RIGHTS = "share-resulting-rights"
    LOG_DECISIONS = "log-decisions"
    RETURN_RECEIPT = "return-receipt"
    LABEL_DATA = "label-data"


class Law(StrEnum):
    """Laws that a purpose may rest on."""

    UU_27_2022 = "UU 27/2022"
    """Personal data protection."""
    UU_6_2014 = "UU 6/2014"
    """Villages."""
    UU_13_2003 = "UU 13/2003"
    """Manpower."""
    PERPRES_39_2019 = "Perpres 39/2019"
    """Satu Data Indonesia."""
    PERPRES_57_2023 = "Perpres 57/2023"
    """Duty to report vacancies."""
    PERPRES_95_2018 = "Perpres 95/2018"
    """Electronic government."""


class ForceMajeureEvent(StrEnum):
    """The closed list of Pasal 11(1)."""

    EARTHQUAKE = "gempa bumi besar"
    CYCLONE = "angin topan"
    FLOOD = "banjir besar"
    FIRE = "kebakaran besar"
    LANDSLIDE = "tanah longsor"
    EPIDEMIC = "wabah"
    GENERAL_STRIKE = "pemogokan umum"
    RIOT = "huru hara"
    SABOTAGE = "sabotase"
    WAR = "perang"
    REBELLION = "pemberontakan"


class SecurityEvent(StrEnum):
    """Incidents that Pasal 7(4) names; the last is its own `dan lainnya`."""

    LEAK = "kebocoran data"
    MALWARE = "malware"
    HACK = "hack"
    OTHER = "lainnya"


class RowOperator(StrEnum):
    """How a row scope may look at a column."""

    IS_ANY_OF = "isAnyOf"
    GTEQ = "gteq"
