-- uses: active
SELECT
    adults.village_code AS area_code,
    adults.sex,
    adults.age_group,
    CASE
        WHEN adults.education IN ('none', 'primary_incomplete', 'below_primary') THEN 'below_primary'
        WHEN adults.education IN ('primary', 'lower_secondary', 'upper_secondary') THEN adults.education
        WHEN adults.education IN ('diploma_1_2', 'diploma_3', 'diploma', 'bachelor', 'master', 'doctorate')
        THEN 'tertiary'
        ELSE 'missing'
    END AS education,
    count(DISTINCT adults.person_id) AS numerator,
    0 AS denominator,
    0 AS unknown
FROM adults
JOIN links USING (person_id)
JOIN active USING (seeker_id)
GROUP BY ALL
