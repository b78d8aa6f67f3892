# ruff: noqa: RUF012 - as Django reads it

from django.db import migrations, models

ROLES = ["data_desa", "data_naker", "monitoring", "leadership", "security", "village_government"]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="user", name="account_role_is_known"),
        migrations.AlterField(
            model_name="user",
            name="role",
            field=models.CharField(choices=[(role, role) for role in ROLES], max_length=20, verbose_name="role"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(condition=models.Q(("role__in", ROLES)), name="account_role_is_known"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", "village_government"), _negated=True),
                    ("area_code__regex", r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}$"),
                    _connector="OR",
                ),
                name="account_of_a_village_is_of_one",
            ),
        ),
    ]
