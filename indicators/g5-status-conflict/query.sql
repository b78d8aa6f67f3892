SELECT
    area_code,
    count(*) FILTER (is_in_conflict) AS numerator,
    count(is_in_conflict) AS denominator,
    count(*) FILTER (is_in_conflict IS NULL) AS unknown
FROM (
    SELECT adults.village_code AS area_code, bool_or(
        CASE
            WHEN adults.activity NOT IN ('missing', 'unmapped') AND seekers.activity NOT IN ('missing', 'unmapped')
            THEN (adults.activity = 'working') <> (seekers.activity = 'working')
        END
    ) AS is_in_conflict
    FROM adults
    JOIN links USING (person_id)
    JOIN seekers USING (seeker_id)
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
