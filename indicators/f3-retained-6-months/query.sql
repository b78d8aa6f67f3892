SELECT
    area_code,
    count(*) FILTER (is_retained) AS numerator,
    count(is_retained) AS denominator,
    count(*) FILTER (is_retained IS NULL) AS unknown
FROM (
    SELECT adults.village_code AS area_code, bool_or(followups.is_employed) AS is_retained
    FROM adults
    JOIN links USING (person_id)
    JOIN placements USING (seeker_id)
    LEFT JOIN followups
        ON followups.placement_id = placements.placement_id
        AND followups.asked_on BETWEEN placements.started_on + $outcome_days AND $reference_date
    WHERE placements.started_on BETWEEN $reference_date - $earliest_days AND $reference_date - $latest_days
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
