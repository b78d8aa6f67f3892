SELECT
    regency_code AS area_code,
    sum(coalesce(seats_open, seats, 0)) AS numerator,
    0 AS denominator,
    0 AS unknown
FROM trainings
WHERE starts_on > $reference_date AND regency_code IS NOT NULL
GROUP BY regency_code
