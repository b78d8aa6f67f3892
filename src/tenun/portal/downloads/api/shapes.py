"""What may stand in a query of the results API. Nothing is guessed: an unknown name or value is refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from ninja import Field, Schema
from pydantic import field_validator

from tenun.disclosure.state import ValueState
from tenun.indicators.areas import Level, level_of
from tenun.portal.downloads.selection import Selection
from tenun.portal.figures import Figures

LIMIT, LIMIT_MAX = 1_000, 10_000
_AREA = r"^(00|\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?)$"


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


ROWS_MAX = {Format.CSV: 100_000, Format.XLSX: 100_000, Format.PARQUET: 1_000_000}
"""Rows of one file. JSON comes in pages and has no bound."""


class Language(StrEnum):
    INDONESIAN = "id"
    ENGLISH = "en"


class ValuesAsked(Schema):
    """Which figures. Without anything: every figure of the account's own area."""

    area: Annotated[str, Field(pattern=_AREA, description="Kemendagri code, dotted; `00` is the country.")] | None = (
        None
    )
    level: (
        Annotated[Level, Field(description="Level of the areas inside `area`; its own level if left out.")] | None
    ) = None
    indicator: Annotated[str, Field(max_length=400, description="Ids, comma between; all if left out.")] = ""
    breakdown: Annotated[str, Field(max_length=40, description="A dimension; empty for totals alone.")] | None = None
    category: Annotated[str, Field(max_length=40, description="A category of the breakdown.")] | None = None
    state: Annotated[str, Field(max_length=100, description="States, comma between.")] = ""
    language: Annotated[Language, Field(description="Of `name`, `shown` and `reason`.")] = Language.INDONESIAN

    @field_validator("state")
    @classmethod
    def _are_states(cls, told: str) -> str:
        for one in filter(None, told.split(",")):
            ValueState(one)
        return told

    def selection(self, figures: Figures) -> Selection:
        """Raises `OutsideScope` or `AreaUnknown`."""
        home = figures.home()
        area = self.area or (home.code if home is not None else figures.scope.area_code)
        return Selection(
            area=area,
            level=self.level or Level(level_of(area)),
            indicators=tuple(one.upper() for one in self.indicator.split(",") if one),
            breakdown=self.breakdown,
            category=self.category,
            states=tuple(one for one in self.state.split(",") if one),
            language=str(self.language),
        )


class PageAsked(ValuesAsked):
    format: Format = Format.JSON
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description="Rows of a page (JSON).")] = LIMIT
    cursor: Annotated[str, Field(max_length=200, description="From `next`; never made by hand.")] = ""


class AreasAsked(Schema):
    within: Annotated[str, Field(pattern=_AREA, description="The account's own area if left out.")] | None = None
    level: Annotated[Level, Field(description="Areas of one level only.")] | None = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = LIMIT
    after: Annotated[str, Field(pattern=_AREA, description="Areas after this code; from `next`.")] | None = None


class FigureAsked(Schema):
    breakdown: Annotated[str, Field(max_length=40)] = ""
    category: Annotated[str, Field(max_length=40)] = ""
    format: Annotated[str, Field(pattern="^(json|prov)$", description="`prov` is PROV-JSON.")] = "json"


class NothingAsked(Schema):
    """No query at all."""
