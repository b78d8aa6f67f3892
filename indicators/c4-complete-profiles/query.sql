-- uses: active
SELECT
    area_code,
    count(*) FILTER (is_complete) AS numerator,
    count(is_complete) AS denominator,
    count(*) FILTER (is_complete IS NULL) AS unknown
FROM (
    SELECT adults.village_code AS area_code, coalesce(bool_or(
        seekers.education NOT IN ('missing', 'unmapped')
        AND profiles.wanted_occupation IS NOT NULL
        AND coalesce(len(profiles.skills), 0) >= 1
        AND seekers.village_code IS NOT NULL
    ), false) AS is_complete
    FROM adults
    JOIN links USING (person_id)
    JOIN active USING (seeker_id)
    JOIN seekers USING (seeker_id)
    LEFT JOIN profiles USING (seeker_id)
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
