SELECT
    area_code,
    count(*) FILTER (is_placed) AS numerator,
    count(is_placed) AS denominator,
    count(*) FILTER (is_placed IS NULL) AS unknown
FROM (
    SELECT adults.village_code AS area_code, bool_or(
        EXISTS (
            SELECT 1 FROM placements
            WHERE placements.seeker_id = enrolments.seeker_id
              AND placements.started_on > enrolments.ended_on
              AND placements.started_on <= enrolments.ended_on + $outcome_days
        )
    ) AS is_placed
    FROM adults
    JOIN links USING (person_id)
    JOIN enrolments USING (seeker_id)
    WHERE enrolments.has_completed
      AND enrolments.ended_on BETWEEN $reference_date - $earliest_days AND $reference_date - $latest_days
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
