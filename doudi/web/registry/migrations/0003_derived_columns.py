"""What checks of the data need: how ids, names, phones and certificates are written, land, problems at enrolment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_fewer_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="household",
            name="education_problem",
            field=models.BooleanField(blank=True, null=True, verbose_name="是否有失学辍学"),
        ),
        migrations.AddField(
            model_name="household",
            name="helper_phone_form",
            field=models.CharField(blank=True, max_length=48, null=True, verbose_name="帮扶责任人电话核对"),
        ),
        migrations.AddField(
            model_name="household",
            name="housing_problem",
            field=models.BooleanField(blank=True, null=True, verbose_name="住房是否出现安全问题"),
        ),
        migrations.AddField(
            model_name="household",
            name="land_orchard",
            field=models.FloatField(blank=True, null=True, verbose_name="林果面积(亩)"),
        ),
        migrations.AddField(
            model_name="household",
            name="land_pasture",
            field=models.FloatField(blank=True, null=True, verbose_name="牧草地面积(亩)"),
        ),
        migrations.AddField(
            model_name="household",
            name="land_returned",
            field=models.FloatField(blank=True, null=True, verbose_name="退耕还林面积(亩)"),
        ),
        migrations.AddField(
            model_name="household",
            name="land_water",
            field=models.FloatField(blank=True, null=True, verbose_name="水面面积(亩)"),
        ),
        migrations.AddField(
            model_name="household",
            name="phone_form",
            field=models.CharField(blank=True, max_length=48, null=True, verbose_name="联系电话核对"),
        ),
        migrations.AddField(
            model_name="household",
            name="phone_key",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="household",
            name="region_form",
            field=models.CharField(blank=True, max_length=48, null=True, verbose_name="区划代码核对"),
        ),
        migrations.AddField(
            model_name="household",
            name="risk_note",
            field=models.CharField(blank=True, max_length=128, null=True, verbose_name="风险备注"),
        ),
        migrations.AddField(
            model_name="household",
            name="uninsured_member",
            field=models.BooleanField(blank=True, null=True, verbose_name="是否有成员未参加基本医疗保险"),
        ),
        migrations.AddField(
            model_name="household",
            name="water_problem",
            field=models.BooleanField(blank=True, null=True, verbose_name="饮水是否出现安全问题"),
        ),
        migrations.AddField(
            model_name="person",
            name="certificate_form",
            field=models.CharField(blank=True, max_length=48, null=True, verbose_name="残疾证号核对"),
        ),
        migrations.AddField(
            model_name="person",
            name="certificate_grade",
            field=models.CharField(blank=True, max_length=48, null=True, verbose_name="残疾证上的等级"),
        ),
        migrations.AddField(
            model_name="person",
            name="certificate_kind",
            field=models.CharField(blank=True, max_length=48, null=True, verbose_name="残疾证上的类别"),
        ),
        migrations.AddField(
            model_name="person",
            name="certificate_of_id",
            field=models.BooleanField(blank=True, null=True, verbose_name="残疾证号与证件号码是否一致"),
        ),
        migrations.AddField(
            model_name="person",
            name="id_area",
            field=models.CharField(blank=True, max_length=6, null=True, verbose_name="证件上的地区"),
        ),
        migrations.AddField(
            model_name="person",
            name="id_birth_date",
            field=models.DateField(blank=True, null=True, verbose_name="证件上的出生日期"),
        ),
        migrations.AddField(
            model_name="person",
            name="id_form",
            field=models.CharField(blank=True, max_length=48, null=True, verbose_name="证件号码核对"),
        ),
        migrations.AddField(
            model_name="person",
            name="id_sex",
            field=models.CharField(blank=True, max_length=48, null=True, verbose_name="证件上的性别"),
        ),
        migrations.AddField(
            model_name="person",
            name="medical_aid",
            field=models.BooleanField(blank=True, null=True, verbose_name="是否接受医疗救助"),
        ),
        migrations.AddField(
            model_name="person",
            name="name_form",
            field=models.CharField(blank=True, max_length=48, null=True, verbose_name="姓名核对"),
        ),
        migrations.AddField(
            model_name="person",
            name="phone_form",
            field=models.CharField(blank=True, max_length=48, null=True, verbose_name="联系电话核对"),
        ),
        migrations.AddField(
            model_name="person",
            name="phone_key",
            field=models.BigIntegerField(editable=False, null=True),
        ),
    ]
