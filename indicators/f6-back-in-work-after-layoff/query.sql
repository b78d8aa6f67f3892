SELECT
    area_code,
    count(*) FILTER (is_back) AS numerator,
    count(is_back) AS denominator,
    count(*) FILTER (is_back IS NULL) AS unknown
FROM (
    SELECT adults.village_code AS area_code, bool_or(
        EXISTS (
            SELECT 1 FROM placements
            WHERE placements.seeker_id = layoffs.seeker_id
              AND placements.started_on > layoffs.laid_off_on
              AND placements.started_on <= layoffs.laid_off_on + $outcome_days
        )
    ) AS is_back
    FROM adults
    JOIN links USING (person_id)
    JOIN layoffs USING (seeker_id)
    WHERE layoffs.laid_off_on BETWEEN $reference_date - $earliest_days AND $reference_date - $latest_days
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
