-- Whoever went abroad is no longer recorded as a current resident by most registers, so `adults` would miss them.
SELECT
    village_code AS area_code,
    count(*) FILTER (is_abroad) AS numerator,
    count(is_abroad) AS denominator,
    count(*) FILTER (is_abroad IS NULL) AS unknown
FROM (
    SELECT village_code, CASE
        WHEN surveyed_on BETWEEN $reference_date - $survey_within_days AND $reference_date
        THEN survey_residence = 'abroad'
    END AS is_abroad
    FROM persons
    WHERE age_years >= 15 AND citizenship <> 'foreign'
      AND (life_status = 'alive' OR survey_residence = 'abroad')
)
GROUP BY village_code
