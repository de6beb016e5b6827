"""The first tables."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Tables as the models state them."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Log",
            fields=[
                ("origin", models.CharField(max_length=255, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="LogCheckpoint",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("size", models.PositiveBigIntegerField()),
                ("note", models.BinaryField()),
                ("log", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="audit.log")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(models.F("log"), models.F("size"), name="one_checkpoint_a_size")
                ],
            },
        ),
        migrations.CreateModel(
            name="LogEntry",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("index", models.PositiveBigIntegerField()),
                ("entry", models.BinaryField()),
                ("log", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="audit.log")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(models.F("log"), models.F("index"), name="one_entry_an_index")
                ],
            },
        ),
        migrations.CreateModel(
            name="LogTile",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("level", models.PositiveSmallIntegerField()),
                ("index", models.PositiveBigIntegerField()),
                ("hashes", models.BinaryField()),
                ("log", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="audit.log")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("log"), models.F("level"), models.F("index"), name="one_tile_a_place"
                    )
                ],
            },
        ),
    ]
