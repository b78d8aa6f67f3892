import django.db.models.deletion
from django.db import migrations, models

# What was filed stays as it was filed; an answer stays as it was given; steps are only added.
KEPT = """
CREATE FUNCTION portal_corrections_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'corrections and their steps are only added' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER portal_corrections_step_only_added BEFORE UPDATE OR DELETE ON portal_corrections_step
    FOR EACH ROW EXECUTE FUNCTION portal_corrections_only_added();
CREATE TRIGGER portal_corrections_step_not_emptied BEFORE TRUNCATE ON portal_corrections_step
    FOR EACH STATEMENT EXECUTE FUNCTION portal_corrections_only_added();
CREATE TRIGGER portal_corrections_not_deleted BEFORE DELETE ON portal_corrections_correction
    FOR EACH ROW EXECUTE FUNCTION portal_corrections_only_added();
CREATE TRIGGER portal_corrections_not_emptied BEFORE TRUNCATE ON portal_corrections_correction
    FOR EACH STATEMENT EXECUTE FUNCTION portal_corrections_only_added();

CREATE FUNCTION portal_corrections_only_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved portal_corrections_correction := NEW;
BEGIN
    moved.state := OLD.state;
    moved.source := OLD.source;
    moved.closed_on := OLD.closed_on;
    IF moved IS DISTINCT FROM OLD OR OLD.closed_on IS NOT NULL THEN
        RAISE EXCEPTION 'a correction stays as it was filed, and as it was answered'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER portal_corrections_only_moves BEFORE UPDATE ON portal_corrections_correction
    FOR EACH ROW EXECUTE FUNCTION portal_corrections_only_moves();
"""
UNDO = """
DROP TRIGGER portal_corrections_only_moves ON portal_corrections_correction;
DROP FUNCTION portal_corrections_only_moves();
DROP TRIGGER portal_corrections_not_emptied ON portal_corrections_correction;
DROP TRIGGER portal_corrections_not_deleted ON portal_corrections_correction;
DROP TRIGGER portal_corrections_step_not_emptied ON portal_corrections_step;
DROP TRIGGER portal_corrections_step_only_added ON portal_corrections_step;
DROP FUNCTION portal_corrections_only_added();
"""
STATES = ("filed", "taken_up", "corrected", "stands", "withdrawn")
OPEN = ["filed", "taken_up"]
ACTIONS = ("take_up", "forward", "correct", "stand", "withdraw")
REASONS = ("too_high", "too_low", "out_of_date", "other_area", "missing", "other")
SOURCES = ("sid", "siapkerja")
PARTIES = ("desa", "naker")


def _pairs(words: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(word, word) for word in words]


class Migration(migrations.Migration):
    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("indicator", models.CharField(max_length=8)),
                ("area", models.CharField(db_index=True, max_length=13)),
                ("area_name", models.CharField(max_length=120)),
                ("snapshot", models.CharField(max_length=40)),
                ("shown", models.CharField(max_length=80)),
                ("source", models.CharField(choices=_pairs(SOURCES), max_length=10)),
                ("sources", models.CharField(max_length=20)),
                ("reason", models.CharField(choices=_pairs(REASONS), max_length=12)),
                ("claimed", models.CharField(max_length=160)),
                ("why", models.CharField(max_length=500)),
                ("letter", models.CharField(blank=True, max_length=80)),
                ("state", models.CharField(choices=_pairs(STATES), max_length=10)),
                ("is_by_village", models.BooleanField()),
                ("filed_by", models.BigIntegerField()),
                ("filed_party", models.CharField(choices=_pairs(PARTIES), max_length=10)),
                ("filed_at", models.DateTimeField()),
                ("due", models.DateField(db_index=True)),
                ("is_due_certain", models.BooleanField()),
                ("closed_on", models.DateField(null=True)),
            ],
            options={
                "indexes": (models.Index(fields=["state", "due"], name="correction_by_deadline"),),
                "constraints": (
                    models.UniqueConstraint(
                        condition=models.Q(state__in=OPEN), fields=("indicator", "area"), name="correction_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(state__in=list(STATES)), name="correction_state_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(closed_on__isnull=True, state__in=OPEN)
                        | (~models.Q(state__in=OPEN) & models.Q(closed_on__isnull=False)),
                        name="correction_is_closed_on_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(is_by_village=True, letter="")
                        | (models.Q(is_by_village=False) & ~models.Q(letter="")),
                        name="correction_has_an_author",
                    ),
                ),
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("action", models.CharField(blank=True, choices=_pairs(ACTIONS), max_length=10)),
                ("state", models.CharField(choices=_pairs(STATES), max_length=10)),
                ("source", models.CharField(choices=_pairs(SOURCES), max_length=10)),
                ("by", models.BigIntegerField()),
                ("party", models.CharField(choices=_pairs(PARTIES), max_length=10)),
                ("is_village", models.BooleanField()),
                ("moment", models.DateTimeField()),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "correction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="portal_corrections.correction",
                    ),
                ),
            ],
            options={"ordering": ("id",)},
        ),
        migrations.RunSQL(KEPT, UNDO),
    )
