SELECT
    village_code AS area_code,
    count(*) FILTER (is_complete) AS numerator,
    count(is_complete) AS denominator,
    count(*) FILTER (is_complete IS NULL) AS unknown
FROM (
    SELECT village_code, education NOT IN ('missing', 'unmapped') AND activity NOT IN ('missing', 'unmapped') AS is_complete
    FROM adults
)
GROUP BY village_code
