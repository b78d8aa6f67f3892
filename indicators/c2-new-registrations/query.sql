SELECT
    adults.village_code AS area_code,
    adults.sex,
    count(DISTINCT adults.person_id) AS numerator,
    0 AS denominator,
    0 AS unknown
FROM adults
JOIN links USING (person_id)
JOIN seekers USING (seeker_id)
WHERE seekers.registered_on > $reference_date - $registered_within_days
  AND seekers.registered_on <= $reference_date
GROUP BY adults.village_code, adults.sex
