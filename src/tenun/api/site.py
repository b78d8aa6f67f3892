"""All routes together."""

from __future__ import annotations

from functools import lru_cache

from django.http import HttpRequest
from ninja import NinjaAPI

from tenun.api import answers, openapi, service
from tenun.api.kit import Answer, to_anyone
from tenun.api.routes import agreements, evidence, exports, notices, public, queries, tokens

site = NinjaAPI(title="Tenun", version="1", urls_namespace="api", docs_url=None, openapi_url=None)
for part in (public, tokens, exports, queries, agreements, notices, evidence):
    site.add_router("", part.router)


@site.get("/v1/openapi.json", url_name="openapi", openapi_extra=openapi.OPENAPI, tags=["public"])
@to_anyone
def openapi_document(request: HttpRequest) -> Answer:
    """This API, as OpenAPI 3.1."""
    return answers.json_answer(document(service.current().issuer()))


@lru_cache(maxsize=2)
def document(issuer: str) -> dict[str, object]:
    """The published document, for a node at that public URL."""
    return openapi.document(site.get_openapi_schema(path_prefix=""), issuer=issuer)
