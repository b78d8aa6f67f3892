-- Open as in D1. A Kemendagri village code starts with its regency's: 53.17.01.2001 lies in 53.17.
SELECT
    coalesce(left(village_code, 5), regency_code) AS area_code,
    sum(coalesce(available_quota, quota, 0)) AS numerator,
    0 AS denominator,
    0 AS unknown
FROM vacancies
WHERE lower(status) = 'open'
  AND (expires_on IS NULL OR expires_on >= $reference_date)
  AND (published_on IS NULL OR published_on <= $reference_date)
  AND coalesce(village_code, regency_code) IS NOT NULL
  AND len(restrictive_terms) >= 1
GROUP BY area_code
