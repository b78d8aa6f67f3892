WITH last AS (
    SELECT links.person_id, placements.regency_code
    FROM placements
    JOIN links USING (seeker_id)
    WHERE placements.started_on > $reference_date - $within_days AND placements.started_on <= $reference_date
    QUALIFY row_number() OVER (
        PARTITION BY links.person_id ORDER BY placements.started_on DESC, placements.placement_id
    ) = 1
)
SELECT
    area_code,
    count(*) FILTER (is_elsewhere) AS numerator,
    count(is_elsewhere) AS denominator,
    count(*) FILTER (is_elsewhere IS NULL) AS unknown
FROM (
    SELECT adults.village_code AS area_code, bool_or(last.regency_code <> left(adults.village_code, 5)) AS is_elsewhere
    FROM adults
    JOIN last USING (person_id)
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
