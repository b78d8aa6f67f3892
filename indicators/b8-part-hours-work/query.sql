-- uses: answered
SELECT
    village_code AS area_code,
    count(*) FILTER (is_part_hours) AS numerator,
    count(is_part_hours) AS denominator,
    count(*) FILTER (is_part_hours IS NULL) AS unknown
FROM (
    SELECT village_code, hours < 35 AS is_part_hours
    FROM answered
    WHERE worked
)
GROUP BY village_code
