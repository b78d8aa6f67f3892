-- Open as in D1. A vacancy is told of its regency and of every area around that; a middle adds up over none of them.
SELECT area_code, round(median(pay))::BIGINT AS numerator, count(*) AS denominator, 0 AS unknown
FROM (
    SELECT
        unnest([regency, left(regency, 2), '00']) AS area_code,
        (coalesce(salary_min, salary_max) + coalesce(salary_max, salary_min)) / 2 AS pay
    FROM (SELECT *, coalesce(left(village_code, 5), regency_code) AS regency FROM vacancies)
    WHERE lower(status) = 'open'
      AND (expires_on IS NULL OR expires_on >= $reference_date)
      AND (published_on IS NULL OR published_on <= $reference_date)
      AND regency IS NOT NULL
      AND coalesce(salary_min, salary_max) > 0
)
GROUP BY area_code
HAVING count(*) >= $least_vacancies
