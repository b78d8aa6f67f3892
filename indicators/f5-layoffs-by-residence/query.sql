WITH laid_off AS (
    SELECT DISTINCT links.person_id, true AS is_laid_off
    FROM layoffs
    JOIN links USING (seeker_id)
    WHERE layoffs.laid_off_on > $reference_date - $within_days AND layoffs.laid_off_on <= $reference_date
)
SELECT
    village_code AS area_code,
    count(*) FILTER (is_hit) AS numerator,
    count(is_hit) AS denominator,
    count(*) FILTER (is_hit IS NULL) AS unknown
FROM (
    SELECT village_code, CASE WHEN is_laid_off OR activity = 'working' THEN coalesce(is_laid_off, false) END AS is_hit
    FROM adults LEFT JOIN laid_off USING (person_id)
    WHERE is_laid_off OR activity IN ('working', 'missing', 'unmapped')
)
GROUP BY village_code
