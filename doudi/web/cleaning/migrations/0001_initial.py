"""The tables of the cleaning desk."""

import django.db.models.deletion
import django.utils.timezone
import doudi.web.protection.fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('jobs', '0001_initial'),
        ('protection', '0001_initial'),
        ('registry', '0002_fewer_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CleaningRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField(verbose_name='检查日')),
                ('state', models.CharField(choices=[('queued', '等待'), ('running', '进行中'), ('done', '完成'), ('failed', '失败')], default='queued', max_length=16, verbose_name='状态')),
                ('actor_name', models.CharField(max_length=128, verbose_name='发起人')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='发起时间')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='完成时间')),
                ('registry_version', models.PositiveBigIntegerField(null=True)),
                ('rulebook_digest', models.CharField(blank=True, max_length=64, verbose_name='规则摘要')),
                ('counts', models.JSONField(default=dict, verbose_name='结果')),
                ('problem', models.TextField(blank=True, verbose_name='问题')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
            ],
            options={
                'verbose_name': '数据检查',
                'verbose_name_plural': '数据检查',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='CorrectionBatch',
            fields=[
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('how', models.CharField(choices=[('accept', '采纳建议'), ('correct', '人工更正'), ('bulk', '批量采纳'), ('workbook', '表格回填'), ('comparison', '对照表录入'), ('employment', '务工信息更新'), ('duplicates', '重复处理'), ('undo', '撤销')], max_length=16, verbose_name='方式')),
                ('actor_name', models.CharField(max_length=128, verbose_name='办理人')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                ('cells', models.PositiveIntegerField(default=0, verbose_name='单元格')),
                ('households', models.PositiveIntegerField(default=0, verbose_name='户')),
                ('conflicts', models.JSONField(default=list, verbose_name='冲突')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undoes', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_by', to='cleaning.correctionbatch')),
            ],
            options={
                'verbose_name': '更正',
                'verbose_name_plural': '更正',
                'ordering': ['-at'],
            },
        ),
        migrations.CreateModel(
            name='Issue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('check_id', models.CharField(max_length=96, verbose_name='检查')),
                ('check_version', models.CharField(max_length=32, verbose_name='版本')),
                ('topic', models.CharField(max_length=32, verbose_name='类别')),
                ('severity', models.CharField(choices=[('error', '错误'), ('doubt', '疑点')], max_length=16, verbose_name='程度')),
                ('severity_order', models.PositiveSmallIntegerField(default=1, editable=False)),
                ('responsible', models.CharField(max_length=64, verbose_name='责任单位')),
                ('region_code', models.CharField(max_length=12)),
                ('columns', models.JSONField(default=list, verbose_name='相关单元格')),
                ('facts', models.JSONField(default=dict)),
                ('legal_basis', models.JSONField(default=list)),
                ('sentence', models.TextField(verbose_name='说明')),
                ('sentence_en', models.TextField(blank=True)),
                ('repair_column', models.CharField(blank=True, max_length=96)),
                ('repair_value', models.TextField(null=True)),
                ('repair_before', models.TextField(null=True)),
                ('repair_because', models.TextField(blank=True, verbose_name='建议的理由')),
                ('state', models.CharField(choices=[('open', '待处理'), ('sent', '已派村'), ('answered', '村已答复'), ('corrected', '已更正'), ('exempted', '已豁免'), ('gone', '已消失')], default='open', max_length=16, verbose_name='状态')),
                ('found_on', models.DateField(verbose_name='发现日期')),
                ('gone_on', models.DateField(null=True, verbose_name='消除日期')),
                ('exempt_until', models.DateField(null=True, verbose_name='豁免到')),
                ('answer', models.TextField(blank=True, verbose_name='村答复')),
                ('first_run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='cleaning.cleaningrun')),
                ('household', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='issues', to='registry.household', verbose_name='户')),
                ('last_run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='cleaning.cleaningrun')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='issues', to='registry.person')),
            ],
            options={
                'verbose_name': '数据问题',
                'verbose_name_plural': '数据问题',
            },
        ),
        migrations.CreateModel(
            name='Exemption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(verbose_name='理由')),
                ('expires_on', models.DateField(verbose_name='有效期至')),
                ('actor_name', models.CharField(max_length=128, verbose_name='办理人')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                ('lifted_at', models.DateTimeField(null=True, verbose_name='取消时间')),
                ('lifted_by', models.CharField(blank=True, max_length=128, verbose_name='取消人')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proof', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='protection.vaultfile')),
                ('issue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exemptions', to='cleaning.issue')),
            ],
            options={
                'verbose_name': '豁免',
                'verbose_name_plural': '豁免',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='IssueEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(choices=[('found', '检查发现'), ('again', '再次出现'), ('sent', '派村核实'), ('answered', '村答复'), ('back', '退回重新核实'), ('corrected', '更正'), ('exempted', '豁免'), ('expired', '豁免到期'), ('lifted', '取消豁免'), ('gone', '不再出现'), ('undone', '撤销更正')], max_length=16, verbose_name='事项')),
                ('note', models.TextField(blank=True, verbose_name='说明')),
                ('actor_name', models.CharField(blank=True, max_length=128, verbose_name='办理人')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='protection.vaultfile')),
                ('issue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='cleaning.issue')),
            ],
            options={
                'verbose_name': '问题经过',
                'verbose_name_plural': '问题经过',
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('request_key', models.UUIDField(editable=False)),
                ('region_code', models.CharField(max_length=12, verbose_name='行政村')),
                ('due_on', models.DateField(verbose_name='完成期限')),
                ('note', models.CharField(blank=True, max_length=400, verbose_name='说明')),
                ('state', models.CharField(choices=[('sent', '待村核实'), ('returned', '村已交回'), ('closed', '已办结'), ('withdrawn', '已收回')], default='sent', max_length=16, verbose_name='状态')),
                ('actor_name', models.CharField(max_length=128, verbose_name='派发人')),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='派发时间')),
                ('returned_at', models.DateTimeField(null=True, verbose_name='交回时间')),
                ('returned_by', models.CharField(blank=True, max_length=128, verbose_name='交回人')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='办结时间')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '核实任务',
                'verbose_name_plural': '核实任务',
                'ordering': ['-pk'],
            },
        ),
        migrations.AddField(
            model_name='issue',
            name='task',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='issues', to='cleaning.task'),
        ),
        migrations.CreateModel(
            name='CleanFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.CharField(max_length=7, verbose_name='月份')),
                ('region_code', models.CharField(max_length=12)),
                ('households', models.PositiveIntegerField(default=0)),
                ('households_clean', models.PositiveIntegerField(default=0)),
                ('errors', models.PositiveIntegerField(default=0)),
                ('doubts', models.PositiveIntegerField(default=0)),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='figures', to='cleaning.cleaningrun')),
            ],
            options={
                'indexes': [models.Index(fields=['month', 'region_code'], name='clean_figure_month')],
                'constraints': [models.UniqueConstraint(fields=('run', 'region_code'), name='one_clean_figure_a_village')],
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('region_code', models.CharField(max_length=12)),
                ('table', models.CharField(max_length=16, verbose_name='表')),
                ('row_id', models.BigIntegerField()),
                ('column', models.CharField(max_length=64, verbose_name='列')),
                ('before', doudi.web.protection.fields.EncryptedTextField(blank=True, null=True, verbose_name='原值')),
                ('after', doudi.web.protection.fields.EncryptedTextField(blank=True, null=True, verbose_name='新值')),
                ('how', models.CharField(choices=[('accept', '采纳建议'), ('correct', '人工更正'), ('bulk', '批量采纳'), ('workbook', '表格回填'), ('comparison', '对照表录入'), ('employment', '务工信息更新'), ('duplicates', '重复处理'), ('undo', '撤销')], max_length=16, verbose_name='方式')),
                ('actor_name', models.CharField(max_length=128, verbose_name='办理人')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='时间')),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('household', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='registry.household', verbose_name='户')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='cleaning.correctionbatch')),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone', to='cleaning.correctionbatch')),
                ('issue', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='corrections', to='cleaning.issue')),
            ],
            options={
                'verbose_name': '更正记录',
                'verbose_name_plural': '更正记录',
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['table', 'row_id', 'column', '-id'], name='correction_cell'), models.Index(fields=['region_code', '-id'], name='correction_region')],
            },
        ),
        migrations.CreateModel(
            name='IssueTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('region_code', models.CharField(max_length=12)),
                ('check_id', models.CharField(max_length=96)),
                ('severity', models.CharField(choices=[('error', '错误'), ('doubt', '疑点')], max_length=16)),
                ('responsible', models.CharField(max_length=64)),
                ('count', models.PositiveIntegerField(default=0)),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tallies', to='cleaning.cleaningrun')),
            ],
            options={
                'indexes': [models.Index(fields=['run', 'check_id', 'region_code'], name='issue_tally')],
            },
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['region_code', 'state', 'due_on'], name='task_village'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(fields=('request_key', 'region_code'), name='one_task_a_village_and_request'),
        ),
        migrations.AddIndex(
            model_name='issue',
            index=models.Index(fields=['household', 'state'], name='issue_household'),
        ),
        migrations.AddIndex(
            model_name='issue',
            index=models.Index(fields=['state', 'severity_order', 'region_code', 'id'], name='issue_worklist'),
        ),
        migrations.AddIndex(
            model_name='issue',
            index=models.Index(fields=['region_code', 'state'], name='issue_region'),
        ),
        migrations.AddIndex(
            model_name='issue',
            index=models.Index(fields=['check_id', 'state', 'region_code'], name='issue_check'),
        ),
        migrations.AddIndex(
            model_name='issue',
            index=models.Index(fields=['responsible', 'state', 'region_code'], name='issue_responsible'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.UniqueConstraint(condition=models.Q(('person__isnull', False)), fields=('household', 'check_id', 'person'), name='one_issue_a_check_and_person'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.UniqueConstraint(condition=models.Q(('person__isnull', True)), fields=('household', 'check_id'), name='one_issue_a_check_and_household'),
        ),
    ]
