SELECT
    village_code AS area_code,
    count(*) FILTER (has_disability) AS numerator,
    count(has_disability) AS denominator,
    count(*) FILTER (has_disability IS NULL) AS unknown
FROM (
    SELECT village_code, CASE WHEN disability NOT IN ('missing', 'unmapped') THEN disability <> 'none' END AS has_disability
    FROM adults
)
GROUP BY village_code
