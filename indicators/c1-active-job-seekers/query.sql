WITH reported AS (
    -- An account that never changed its status reported on the day it registered.
    SELECT seeker_id, coalesce(reported_on, registered_on) AS last_report
    FROM seekers
    WHERE (expires_on IS NULL OR expires_on >= $reference_date)
      AND coalesce(seeker_status, '') NOT IN (
          'tidak aktif', 'nonaktif', 'non aktif', 'inactive', 'ditempatkan', 'sudah ditempatkan', 'kedaluwarsa'
      )
),
active AS (
    SELECT seeker_id
    FROM reported
    WHERE last_report >= $reference_date - $reported_within_days
      AND NOT EXISTS (
          SELECT 1
          FROM placements
          WHERE placements.seeker_id = reported.seeker_id
            AND placements.started_on BETWEEN reported.last_report AND $reference_date
      )
)
SELECT
    adults.village_code AS area_code,
    adults.sex,
    adults.age_group,
    count(DISTINCT adults.person_id) AS numerator,
    0 AS denominator,
    0 AS unknown
FROM adults
JOIN links USING (person_id)
JOIN active USING (seeker_id)
GROUP BY adults.village_code, adults.sex, adults.age_group
