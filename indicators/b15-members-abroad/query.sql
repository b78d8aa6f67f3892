-- uses: answered
SELECT
    village_code AS area_code,
    count(*) FILTER (is_abroad) AS numerator,
    count(is_abroad) AS denominator,
    count(*) FILTER (is_abroad IS NULL) AS unknown
FROM (
    -- Of one who was not found, or is said to be dead, nothing is known.
    SELECT village_code, CASE WHEN residence IN ('here', 'elsewhere', 'abroad') THEN residence = 'abroad' END AS is_abroad
    FROM answered
)
GROUP BY village_code
