SELECT
    village_code AS area_code,
    count(*) FILTER (is_outside) AS numerator,
    count(is_outside) AS denominator,
    count(*) FILTER (is_outside IS NULL) AS unknown
FROM (
    SELECT village_code, age_years < 15 OR age_years >= 65 AS is_outside
    FROM persons
    WHERE life_status = 'alive' AND citizenship <> 'foreign'
)
GROUP BY village_code
