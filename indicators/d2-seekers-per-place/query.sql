-- uses: active
-- Persons by village, places by regency as in D1: the engine adds each up and divides last.
SELECT
    adults.village_code AS area_code,
    count(DISTINCT adults.person_id) AS numerator,
    0 AS denominator,
    0 AS unknown
FROM adults
JOIN links USING (person_id)
JOIN active USING (seeker_id)
GROUP BY adults.village_code
UNION ALL
SELECT
    coalesce(left(village_code, 5), regency_code) AS area_code,
    0 AS numerator,
    sum(coalesce(available_quota, quota, 0)) AS denominator,
    0 AS unknown
FROM vacancies
WHERE lower(status) = 'open'
  AND (expires_on IS NULL OR expires_on >= $reference_date)
  AND (published_on IS NULL OR published_on <= $reference_date)
  AND coalesce(village_code, regency_code) IS NOT NULL
GROUP BY area_code
