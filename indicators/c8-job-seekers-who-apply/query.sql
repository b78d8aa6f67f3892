-- uses: active
SELECT
    area_code,
    count(*) FILTER (has_applied) AS numerator,
    count(*) AS denominator,
    0 AS unknown
FROM (
    SELECT adults.village_code AS area_code, bool_or(
        EXISTS (
            SELECT 1 FROM applications
            WHERE applications.seeker_id = active.seeker_id
              AND applications.applied_on > $reference_date - $applied_within_days
              AND applications.applied_on <= $reference_date
        )
    ) AS has_applied
    FROM adults
    JOIN links USING (person_id)
    JOIN active USING (seeker_id)
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
