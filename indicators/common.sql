-- Tables that several queries share. `-- uses: answered, seeking` as the first line of a query puts what it names,
-- and what that needs, before it; the query that a snapshot carries is then complete.

-- table: answered
-- Working-age people with their answers to the survey. An answer that is too old says nothing of today and is as good
-- as none; so is one given after the reference date.
SELECT
    * EXCLUDE (
        survey_residence, survey_schooling, survey_worked_last_week, survey_hours, survey_industry,
        survey_employment_status, survey_own_business, survey_paid_workers
    ),
    CASE WHEN is_fresh THEN survey_residence END AS residence,
    CASE WHEN is_fresh AND survey_schooling NOT IN ('missing', 'unmapped') THEN survey_schooling END AS schooling,
    CASE WHEN is_fresh THEN survey_worked_last_week END AS worked,
    CASE WHEN is_fresh THEN survey_hours END AS hours,
    CASE WHEN is_fresh THEN survey_industry END AS industry_code,
    CASE WHEN is_fresh THEN survey_employment_status END AS employment_status,
    CASE WHEN is_fresh THEN survey_own_business END AS own_business,
    CASE WHEN is_fresh THEN survey_paid_workers END AS paid_workers
FROM (
    SELECT
        *,
        coalesce(surveyed_on BETWEEN $reference_date - $survey_within_days AND $reference_date, false) AS is_fresh
    FROM adults
)

-- table: active
-- Accounts that are valid, reported lately, and were not placed since: those that C1 counts the holders of.
SELECT seeker_id
FROM (
    -- An account that never changed its status reported on the day it registered.
    SELECT seeker_id, coalesce(reported_on, registered_on) AS last_report
    FROM seekers
    WHERE (expires_on IS NULL OR expires_on >= $reference_date)
      AND coalesce(seeker_status, '') NOT IN (
          'tidak aktif', 'nonaktif', 'non aktif', 'inactive', 'ditempatkan', 'sudah ditempatkan', 'kedaluwarsa'
      )
) AS reported
WHERE last_report >= $reference_date - $reported_within_days
  AND NOT EXISTS (
      SELECT 1
      FROM placements
      WHERE placements.seeker_id = reported.seeker_id
        AND placements.started_on BETWEEN reported.last_report AND $reference_date
  )

-- table: seeking (uses active)
SELECT DISTINCT links.person_id, true AS is_seeking
FROM links
JOIN active USING (seeker_id)
