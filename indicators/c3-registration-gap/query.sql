-- uses: answered, seeking
SELECT
    village_code AS area_code,
    count(*) FILTER (is_unregistered) AS numerator,
    count(is_unregistered) AS denominator,
    count(*) FILTER (is_unregistered IS NULL) AS unknown
FROM (
    SELECT village_code, CASE WHEN is_idle THEN NOT coalesce(is_seeking, false) END AS is_unregistered
    FROM (
        SELECT *, NOT (worked OR coalesce(schooling = 'attending', in_school)) AS is_idle
        FROM answered
        WHERE age_group IN ('15-24', '25-59') AND activity <> 'retired'
    )
    LEFT JOIN seeking USING (person_id)
    WHERE is_idle IS NOT FALSE
)
GROUP BY village_code
