-- Of those recorded as working, so that numerator, rest and unknown add up to the numerator of B1.
-- `missing` counts as not recorded: the register notes a membership number, and notes nothing for those without.
SELECT
    village_code AS area_code,
    count(*) FILTER (job_social_security = 'participant') AS numerator,
    count(*) FILTER (job_social_security <> 'unmapped') AS denominator,
    count(*) FILTER (job_social_security = 'unmapped') AS unknown
FROM adults
WHERE activity = 'working'
GROUP BY village_code
