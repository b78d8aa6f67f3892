from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = ()

    operations = (
        migrations.CreateModel(
            name="Seen",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind", "value", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=24)),
                ("value", models.BinaryField()),
                ("expires", models.DateTimeField()),
            ],
            options={
                "db_table": "node_seen",
                "indexes": [models.Index(fields=["expires"], name="node_seen_expires")],
            },
        ),
    )
