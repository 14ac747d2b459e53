-- The twenty rules as one DuckDB query, written by hand: events to flagged pairs of rule and household.
-- In braces the county's folder, after dollar signs the numbers of the rulebook on the day.
WITH
left_on AS (
    SELECT person_key,
           MAX(changed_on) FILTER (WHERE change IN ('death', 'moved_out', 'prison')) AS gone,
           MAX(changed_on) FILTER (WHERE change = 'moved_in') AS back
    FROM read_parquet('{folder}/snapshots/population_change/*/*/data.parquet') GROUP BY person_key
),
members AS MATERIALIZED (
    SELECT p.person_key, p.household_key, p.birth_date, p.education, p.student_status, p.insured_medical,
           p.labour IN ('skilled', 'ordinary', 'weak') AS able,
           CASE WHEN COALESCE(p.work_months, 0) = 0 THEN 0 ELSE p.work_months * p.wage_month END AS wage
    FROM read_parquet('{folder}/registry/person.parquet') p LEFT JOIN left_on l USING (person_key)
    WHERE (p.status IS NULL OR NOT LIST_CONTAINS($non_member_statuses, p.status))
      AND (l.gone IS NULL OR l.gone > $as_of OR COALESCE(l.back > l.gone, FALSE))
),
household AS MATERIALIZED (
    SELECT h.household_key,
           monitor_type IS NOT NULL AND exited_month IS NULL AND NOT COALESCE(risk_cleared, FALSE) AS monitored,
           household_type IN ('alleviated', 'alleviated_without_policy') AS alleviated,
           a.per_capita_income AS income, a.net_income AS net, a.transfer_income AS transfer,
           b.per_capita_income AS income_before
    FROM read_parquet('{folder}/registry/household.parquet') h
    LEFT JOIN read_parquet('{folder}/registry/income.parquet') a
        ON a.household_key = h.household_key AND a.income_year = $year
    LEFT JOIN read_parquet('{folder}/registry/income.parquet') b
        ON b.household_key = h.household_key AND b.income_year = $year - 1
),
jobless AS (
    SELECT person_key,
           MAX((YEAR($as_of) - YEAR(unemployed_since)) * 12 + MONTH($as_of) - MONTH(unemployed_since)
               - CASE WHEN DAY(unemployed_since) > DAY($as_of) AND DAY($as_of + 1) <> 1 THEN 1 ELSE 0 END) AS months
    FROM read_parquet('{folder}/snapshots/employment/*/*/data.parquet')
    WHERE employment_status = 'unemployed' GROUP BY person_key
),
certified AS (
    SELECT DISTINCT person_key FROM read_parquet('{folder}/snapshots/disability_certificate/*/*/data.parquet')
),
people AS (
    SELECT household_key, COUNT(*) AS members, COUNT(*) FILTER (WHERE able) AS able, MAX(wage) AS wage,
           MAX(wage) FILTER (WHERE j.months >= $job_loss_months_yellow) AS lost_wage, COUNT(c.person_key) AS certified
    FROM members m LEFT JOIN jobless j USING (person_key) LEFT JOIN certified c USING (person_key)
    GROUP BY household_key
),
bills AS (
    SELECT household_key, SUM(own) AS own, MAX(own) AS largest
    FROM (
        SELECT person_key, COALESCE(self_paid, total_cost - reimbursed) AS own
        FROM read_parquet('{folder}/snapshots/medical_settlement/*/*/data.parquet')
        WHERE settled_on BETWEEN CAST($as_of - TO_MONTHS($self_paid_months) AS DATE) AND $as_of
    ) JOIN members USING (person_key) GROUP BY household_key
),
roll AS (
    SELECT person_key, BOOL_OR(status = 'dropped_out') AS dropped_out,
           BOOL_OR(status IN ('enrolled', 'suspended')) AS attends
    FROM read_parquet('{folder}/snapshots/school_roll/*/*/data.parquet') GROUP BY person_key
),
listed AS (
    SELECT person_key, BOOL_OR(insured) AS insured
    FROM read_parquet('{folder}/snapshots/medical_enrolment/*/*/data.parquet') GROUP BY person_key
),
children AS (
    SELECT person_key, household_key, YEAR($as_of) - YEAR(birth_date)
               - CASE WHEN MONTH($as_of) * 100 + DAY($as_of) < MONTH(birth_date) * 100 + DAY(birth_date)
                      THEN 1 ELSE 0 END AS age,
           YEAR($school_entry_day) - YEAR(birth_date)
               - CASE WHEN MONTH($school_entry_day) * 100 + DAY($school_entry_day)
                          < MONTH(birth_date) * 100 + DAY(birth_date) THEN 1 ELSE 0 END AS age_at_start
    FROM members
    WHERE birth_date >= MAKE_DATE(CAST(YEAR($as_of) - $school_age_to - 1 AS INTEGER), 1, 1)
      AND NOT COALESCE(education IN ('junior_middle', 'senior_middle', 'college', 'university'), FALSE)
      AND NOT COALESCE(regexp_matches(student_status, '^(senior|vocational|college|technician|university|post)'), FALSE)
)
SELECT 'income.under_line_not_enrolled' AS rule_id, household_key FROM household
WHERE income < $monitoring_line AND NOT monitored
UNION ALL SELECT 'income.under_watch_line', household_key FROM household
WHERE income >= $monitoring_line AND income < $low_income_watch_line AND NOT monitored
UNION ALL SELECT 'income.fell_sharply', household_key FROM household
WHERE income_before > 0 AND income <= income_before * (1 - $income_fall_yellow)
UNION ALL SELECT 'income.rests_on_transfers', household_key FROM household
WHERE net > 0 AND transfer / net > $transfer_share_high AND NOT monitored
UNION ALL SELECT 'medical.self_paid_high', household_key FROM bills JOIN people USING (household_key)
WHERE own > $self_paid_yellow OR own > $monitoring_line * members
UNION ALL SELECT 'medical.single_bill_high', household_key FROM bills JOIN household USING (household_key)
WHERE largest > $single_bill_high AND alleviated
UNION ALL SELECT DISTINCT 'medical.uninsured', m.household_key FROM members m LEFT JOIN listed l USING (person_key)
WHERE NOT (CASE WHEN l.insured IS NOT NULL THEN l.insured WHEN NOT m.insured_medical THEN FALSE END)
  AND $as_of - birth_date > $newborn_grace_days
UNION ALL SELECT DISTINCT 'health.new_major_disease', household_key
FROM read_parquet('{folder}/snapshots/health_disease/*/*/data.parquet') JOIN members USING (person_key)
WHERE major_disease IS NOT NULL AND diagnosed_on BETWEEN CAST($as_of - TO_MONTHS($new_event_months) AS DATE) AND $as_of
UNION ALL SELECT DISTINCT 'health.chronic_without_contract', household_key FROM (
    SELECT person_key, BOOL_OR(NOT family_doctor_contract) AS without,
           MIN((YEAR($as_of) - YEAR(followed_up_on)) * 12 + MONTH($as_of) - MONTH(followed_up_on)
               - CASE WHEN DAY(followed_up_on) > DAY($as_of) AND DAY($as_of + 1) <> 1 THEN 1 ELSE 0 END)
               FILTER (WHERE family_doctor_contract) AS months
    FROM read_parquet('{folder}/snapshots/health_disease/*/*/data.parquet')
    WHERE chronic_disease IS NOT NULL GROUP BY person_key
) JOIN members USING (person_key) WHERE without OR months > $follow_up_months
UNION ALL SELECT DISTINCT 'education.school_age_without_roll', household_key
FROM children ANTI JOIN roll USING (person_key) WHERE age_at_start >= $school_age_from AND age <= $school_age_to
UNION ALL SELECT DISTINCT 'education.dropped_out', household_key FROM roll JOIN members USING (person_key)
WHERE dropped_out AND NOT attends
UNION ALL SELECT DISTINCT 'disability.severe_new_certificate', household_key
FROM read_parquet('{folder}/snapshots/disability_certificate/*/*/data.parquet') JOIN members USING (person_key)
WHERE LIST_CONTAINS($severe_disability_grades, disability_grade) AND issued_on BETWEEN CAST($as_of - TO_MONTHS($new_event_months) AS DATE) AND $as_of
UNION ALL SELECT 'disability.several_in_household', household_key FROM people JOIN household USING (household_key)
WHERE certified >= $disabled_several AND NOT monitored
UNION ALL SELECT 'civil.relief_repeated', household_key
FROM read_parquet('{folder}/snapshots/civil_assistance/*/*/data.parquet') JOIN members USING (person_key)
WHERE kind = 'temporary_relief' AND paid_on BETWEEN CAST($as_of - TO_MONTHS($relief_months) AS DATE) AND $as_of
GROUP BY household_key HAVING COUNT(*) >= $relief_times
UNION ALL SELECT DISTINCT 'civil.dibao_stopped', household_key
FROM read_parquet('{folder}/snapshots/civil_assistance/*/*/data.parquet') JOIN members USING (person_key)
WHERE kind = 'minimum_living' AND stopped_on BETWEEN CAST($as_of - TO_MONTHS($dibao_stop_months) AS DATE) AND $as_of
UNION ALL SELECT DISTINCT 'housing.dangerous_only_home', household_key
FROM read_parquet('{folder}/snapshots/housing_appraisal/*/*/data.parquet') JOIN members USING (person_key)
WHERE only_home AND housing_grade IN ('C', 'D') AND COALESCE(rebuild_status NOT IN ('done', 'not_needed'), TRUE)
UNION ALL SELECT DISTINCT 'water.days_without', household_key
FROM read_parquet('{folder}/snapshots/water_supply/*/*/data.parquet') JOIN members USING (person_key)
WHERE days_without > $water_days_yellow
UNION ALL SELECT 'employment.main_earner_lost_job', household_key FROM people WHERE wage > 0 AND lost_wage >= wage
UNION ALL SELECT 'disaster.heavy_loss', household_key
FROM read_parquet('{folder}/snapshots/disaster_loss/*/*/data.parquet') JOIN members USING (person_key)
WHERE happened_on BETWEEN CAST($as_of - TO_MONTHS($disaster_months) AS DATE) AND $as_of GROUP BY household_key
HAVING SUM(loss_yuan) > $disaster_loss_yellow OR BOOL_OR(house_damage = 'destroyed')
UNION ALL SELECT 'registry.high_dependency', household_key FROM people
WHERE able > 0 AND members - able >= $dependency_ratio_high * able
