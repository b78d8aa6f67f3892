-- uses: active
SELECT
    area_code,
    count(*) FILTER (has_disability) AS numerator,
    count(has_disability) AS denominator,
    count(*) FILTER (has_disability IS NULL) AS unknown
FROM (
    SELECT
        adults.village_code AS area_code,
        bool_or(
            CASE WHEN seekers.disability NOT IN ('missing', 'unmapped') THEN seekers.disability <> 'none' END
        ) AS has_disability
    FROM adults
    JOIN links USING (person_id)
    JOIN active USING (seeker_id)
    JOIN seekers USING (seeker_id)
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
