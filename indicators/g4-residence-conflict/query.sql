SELECT
    area_code,
    count(*) FILTER (is_elsewhere) AS numerator,
    count(is_elsewhere) AS denominator,
    count(*) FILTER (is_elsewhere IS NULL) AS unknown
FROM (
    SELECT adults.village_code AS area_code, bool_or(seekers.village_code <> adults.village_code) AS is_elsewhere
    FROM adults
    JOIN links USING (person_id)
    JOIN seekers USING (seeker_id)
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
