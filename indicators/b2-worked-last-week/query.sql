-- uses: answered
SELECT
    village_code AS area_code,
    count(*) FILTER (is_working) AS numerator,
    count(is_working) AS denominator,
    count(*) FILTER (is_working IS NULL) AS unknown
FROM (
    SELECT village_code, worked AS is_working
    FROM answered
)
GROUP BY village_code
