from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenun.node.home import Role as Party
from tenun.portal import access

# 00, or a province, regency, district or village of Kemendagri, dotted.
AREA_CODE = RegexValidator(r"^(00|\d{2}(\.\d{2}(\.\d{2}(\.\d{4})?)?)?)$")


class User(AbstractUser):
    """An officer. Rows are made by the ministries, never by sign-up.

    Trusted: whoever alters a row alters what that officer may see. What an account did is in the log.
    """

    role = models.CharField(_("role"), max_length=20, choices=[(role.value, role.value) for role in access.Role])
    party = models.CharField(_("ministry"), max_length=10, choices=[(party.value, party.value) for party in Party])
    area_code = models.CharField(_("area"), max_length=13, validators=[AREA_CODE], default=access.NATIONAL)
    is_demo = models.BooleanField(_("demonstration account"), default=False)

    class Meta:
        constraints = [  # noqa: RUF012 - Django reads it, nobody changes it
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in access.Role]), name="account_role_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(area_code__regex=r"^(00|[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?)$"),
                name="account_area_is_a_code",
            ),
            models.CheckConstraint(
                condition=~models.Q(role=access.Role.VILLAGE.value)
                | models.Q(area_code__regex=r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}$"),
                name="account_of_a_village_is_of_one",
            ),
        ]

    @property
    def scope(self) -> access.Scope:
        return access.Scope(self.area_code)

    @property
    def role_name(self) -> str:
        return str(access.ROLE_NAMES[access.Role(self.role)])

    def may(self, permission: str) -> bool:
        return access.may(self.role, access.Permission(permission))

    @property
    def may_read(self) -> bool:
        return self.may(access.Permission.FIGURES_READ)

    @property
    def may_download(self) -> bool:
        return self.may(access.Permission.FIGURES_DOWNLOAD)
