WITH found AS (
    SELECT DISTINCT links.person_id
    FROM layoffs
    JOIN links USING (seeker_id)
    WHERE layoffs.laid_off_on > $reference_date - $within_days AND layoffs.laid_off_on <= $reference_date
)
SELECT
    adults.village_code AS area_code,
    count(found.person_id) AS numerator,
    count(*) AS denominator,
    0 AS unknown
FROM adults
LEFT JOIN found USING (person_id)
GROUP BY adults.village_code
