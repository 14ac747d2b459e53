"""Which clues have a reason or concern a department is answered by an index alone; columns that begin a wider one go."""

import django.db.models.deletion
from django.db import migrations, models


def to(model: str, **options: object) -> models.ForeignKey:
    return models.ForeignKey(to=model, related_name="alerts", db_index=False, **options)


INDEXES = {
    "alert_rule": ["run", "rule_id", "clue"],
    "alert_department": ["run", "department", "clue"],
    "alert_risk": ["run", "risk", "clue"],
    "alert_clue": ["clue", "run", "department"],
}


class Migration(migrations.Migration):
    dependencies = [("discovery", "0001_initial"), ("registry", "0002_fewer_indexes")]

    operations = [
        *(migrations.RemoveIndex("alert", name) for name in INDEXES),
        migrations.AlterField(
            "alert", "run", to("discovery.screeningrun", on_delete=django.db.models.deletion.CASCADE)
        ),
        migrations.AlterField(
            "alert", "clue", to("discovery.clue", on_delete=django.db.models.deletion.SET_NULL, null=True)
        ),
        migrations.AlterField(
            "alert", "household", to("registry.household", on_delete=django.db.models.deletion.CASCADE)
        ),
        *(migrations.AddIndex("alert", models.Index(fields=fields, name=name)) for name, fields in INDEXES.items()),
    ]
