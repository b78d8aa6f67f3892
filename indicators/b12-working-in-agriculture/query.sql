-- uses: answered
SELECT
    village_code AS area_code,
    count(*) FILTER (is_agriculture) AS numerator,
    count(is_agriculture) AS denominator,
    count(*) FILTER (is_agriculture IS NULL) AS unknown
FROM (
    SELECT village_code, CASE WHEN industry_code BETWEEN 1 AND 26 THEN industry_code <= 6 END AS is_agriculture
    FROM answered
    WHERE worked
)
GROUP BY village_code
