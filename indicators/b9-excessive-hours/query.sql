-- uses: answered
SELECT
    village_code AS area_code,
    count(*) FILTER (is_excessive) AS numerator,
    count(is_excessive) AS denominator,
    count(*) FILTER (is_excessive IS NULL) AS unknown
FROM (
    SELECT village_code, hours > 48 AS is_excessive
    FROM answered
    WHERE worked
)
GROUP BY village_code
