SELECT
    seekers.village_code AS area_code,
    count(*) FILTER (links.seeker_id IS NOT NULL) AS numerator,
    count(*) AS denominator,
    0 AS unknown
FROM seekers
LEFT JOIN links USING (seeker_id)
WHERE seekers.village_code IS NOT NULL
GROUP BY seekers.village_code
