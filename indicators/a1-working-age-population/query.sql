-- `adults` is the working-age population, defined once for every indicator (tenun.indicators.measure).
SELECT
    village_code AS area_code,
    sex,
    age_group,
    count(*) AS numerator,
    0 AS denominator,
    0 AS unknown
FROM adults
GROUP BY village_code, sex, age_group
