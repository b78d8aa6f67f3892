from django.db import migrations, models

# 1096 days: `models.RETENTION`. What is younger can be neither changed nor deleted, and the table not emptied.
APPEND_ONLY = """
CREATE FUNCTION portal_trail_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.moment < now() - interval '1096 days' THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the access trail is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER portal_trail_append_only BEFORE UPDATE OR DELETE ON portal_trail_access
    FOR EACH ROW EXECUTE FUNCTION portal_trail_append_only();
CREATE TRIGGER portal_trail_not_emptied BEFORE TRUNCATE ON portal_trail_access
    FOR EACH STATEMENT EXECUTE FUNCTION portal_trail_append_only();
"""
UNDO = """
DROP TRIGGER portal_trail_not_emptied ON portal_trail_access;
DROP TRIGGER portal_trail_append_only ON portal_trail_access;
DROP FUNCTION portal_trail_append_only();
"""
KINDS = ("page", "figures", "download", "program", "reveal", "change", "refused")


class Migration(migrations.Migration):
    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Access",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("moment", models.DateTimeField(db_index=True)),
                ("account", models.BigIntegerField(db_index=True)),
                ("role", models.CharField(max_length=20)),
                ("party", models.CharField(max_length=10)),
                ("account_area", models.CharField(max_length=13)),
                ("route", models.CharField(max_length=60)),
                ("kind", models.CharField(choices=[(kind, kind) for kind in KINDS], max_length=10)),
                ("area", models.CharField(blank=True, max_length=13)),
                ("purpose", models.CharField(blank=True, max_length=200)),
                ("reference", models.CharField(max_length=8)),
            ],
            options={"ordering": ("-moment", "-id")},
        ),
        migrations.RunSQL(APPEND_ONLY, UNDO),
    )
