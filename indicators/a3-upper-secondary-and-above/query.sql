SELECT
    village_code AS area_code,
    count(*) FILTER (is_upper) AS numerator,
    count(is_upper) AS denominator,
    count(*) FILTER (is_upper IS NULL) AS unknown
FROM (
    SELECT village_code, CASE
        WHEN education IN (
            'upper_secondary', 'diploma_1_2', 'diploma_3', 'diploma', 'bachelor', 'master', 'doctorate'
        ) THEN true
        WHEN education IN ('none', 'primary_incomplete', 'below_primary', 'primary', 'lower_secondary') THEN false
    END AS is_upper
    FROM adults
)
GROUP BY village_code
