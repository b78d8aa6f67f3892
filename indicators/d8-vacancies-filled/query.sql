-- A vacancy that does not tell how much of its quota is left is unknown by all its places.
SELECT
    coalesce(left(village_code, 5), regency_code) AS area_code,
    coalesce(sum(greatest(quota - available_quota, 0)), 0) AS numerator,
    coalesce(sum(quota) FILTER (available_quota IS NOT NULL), 0) AS denominator,
    coalesce(sum(quota) FILTER (available_quota IS NULL), 0) AS unknown
FROM vacancies
WHERE expires_on >= $reference_date - $ended_within_days AND expires_on < $reference_date
  AND coalesce(village_code, regency_code) IS NOT NULL
GROUP BY area_code
