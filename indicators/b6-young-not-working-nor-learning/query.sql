-- uses: answered
WITH training AS (
    SELECT DISTINCT links.person_id, true AS is_training
    FROM enrolments
    JOIN links USING (seeker_id)
    WHERE enrolments.started_on <= $reference_date
      AND (enrolments.ended_on IS NULL OR enrolments.ended_on >= $reference_date)
)
SELECT
    village_code AS area_code,
    count(*) FILTER (is_idle) AS numerator,
    count(is_idle) AS denominator,
    count(*) FILTER (is_idle IS NULL) AS unknown
FROM (
    SELECT village_code, NOT (
        worked
        OR coalesce(schooling = 'attending', in_school)
        OR coalesce(is_training, false)
    ) AS is_idle
    FROM answered LEFT JOIN training USING (person_id)
    WHERE age_group = '15-24'
)
GROUP BY village_code
