SELECT
    area_code,
    count(*) FILTER (is_placed) AS numerator,
    count(is_placed) AS denominator,
    count(*) FILTER (is_placed IS NULL) AS unknown
FROM (
    SELECT adults.village_code AS area_code, bool_or(
        EXISTS (
            SELECT 1 FROM placements
            WHERE placements.seeker_id = seekers.seeker_id
              AND placements.started_on > seekers.registered_on
              AND placements.started_on <= seekers.registered_on + $outcome_days
        )
    ) AS is_placed
    FROM adults
    JOIN links USING (person_id)
    JOIN seekers USING (seeker_id)
    WHERE seekers.registered_on BETWEEN $reference_date - $earliest_days AND $reference_date - $latest_days
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
