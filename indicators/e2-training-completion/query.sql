SELECT
    area_code,
    count(*) FILTER (has_completed) AS numerator,
    count(has_completed) AS denominator,
    count(*) FILTER (has_completed IS NULL) AS unknown
FROM (
    SELECT adults.village_code AS area_code, bool_or(enrolments.has_completed) AS has_completed
    FROM adults
    JOIN links USING (person_id)
    JOIN enrolments USING (seeker_id)
    WHERE enrolments.ended_on > $reference_date - $within_days AND enrolments.ended_on <= $reference_date
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
