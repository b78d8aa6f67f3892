-- numerator + (denominator - numerator) + unknown = working-age population, in every village: the disclosure
-- rule rests on it (disclosure.whole).
SELECT
    village_code AS area_code,
    count(*) FILTER (activity = 'working') AS numerator,
    count(*) FILTER (activity NOT IN ('missing', 'unmapped')) AS denominator,
    count(*) FILTER (activity IN ('missing', 'unmapped')) AS unknown
FROM adults
GROUP BY village_code
