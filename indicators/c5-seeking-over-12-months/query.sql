-- uses: active
SELECT
    area_code,
    count(*) FILTER (is_long) AS numerator,
    count(is_long) AS denominator,
    count(*) FILTER (is_long IS NULL) AS unknown
FROM (
    SELECT
        adults.village_code AS area_code,
        bool_or(seekers.registered_on <= $reference_date - $long_days) AS is_long
    FROM adults
    JOIN links USING (person_id)
    JOIN active USING (seeker_id)
    JOIN seekers USING (seeker_id)
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
