"""The first tables."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Tables as the models state them."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CustodyStepRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("seq", models.PositiveIntegerField()),
                ("kind", models.CharField(max_length=16)),
                ("state_after", models.CharField(max_length=16)),
                ("holder_after", models.CharField(max_length=64)),
                ("statement", models.BinaryField()),
                ("proof", models.BinaryField()),
                ("keys", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Exhibit",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("pseudonym", models.CharField(max_length=32, unique=True)),
                ("label", models.TextField()),
                ("seal", models.BinaryField()),
                ("items_sha256", models.CharField(max_length=64)),
                ("chunks_sha256", models.CharField(max_length=64)),
                ("state", models.CharField(default="unsealed", max_length=16)),
                ("holder", models.CharField(default="", max_length=64)),
                ("steps", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="CustodyStamp",
            fields=[
                (
                    "step",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="evidence.custodysteprow",
                    ),
                ),
                ("token", models.BinaryField()),
            ],
        ),
        migrations.AddField(
            model_name="custodysteprow",
            name="exhibit",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="evidence.exhibit"),
        ),
        migrations.AddConstraint(
            model_name="custodysteprow",
            constraint=models.UniqueConstraint(
                models.F("exhibit"), models.F("seq"), name="one_step_a_number"
            ),
        ),
    ]
