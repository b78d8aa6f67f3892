-- uses: active
WITH known AS (
    SELECT
        adults.village_code,
        adults.person_id,
        bool_or(seekers.activity = 'working') AS is_employed,
        bool_or(
            EXISTS (
                SELECT 1 FROM placements
                WHERE placements.seeker_id = seekers.seeker_id AND placements.started_on <= $reference_date
            )
            OR EXISTS (
                SELECT 1 FROM layoffs
                WHERE layoffs.seeker_id = seekers.seeker_id AND layoffs.laid_off_on <= $reference_date
            )
        ) AS has_worked,
        bool_or(coalesce(seekers.activity, 'missing') NOT IN ('missing', 'unmapped')) AS has_activity
    FROM adults
    JOIN links USING (person_id)
    JOIN active USING (seeker_id)
    JOIN seekers USING (seeker_id)
    GROUP BY adults.village_code, adults.person_id
)
SELECT
    village_code AS area_code,
    CASE
        WHEN is_employed THEN 'employed'
        WHEN has_worked THEN 'worked_before'
        WHEN has_activity THEN 'no_work_recorded'
        ELSE 'missing'
    END AS seeker_kind,
    count(*) AS numerator,
    0 AS denominator,
    0 AS unknown
FROM known
GROUP BY village_code, seeker_kind
