-- uses: active
SELECT
    area_code,
    count(*) FILTER (is_certified) AS numerator,
    count(is_certified) AS denominator,
    count(*) FILTER (is_certified IS NULL) AS unknown
FROM (
    SELECT adults.village_code AS area_code, bool_or(
        EXISTS (
            SELECT 1 FROM certificates
            WHERE certificates.seeker_id = active.seeker_id
              AND (certificates.issued_on IS NULL OR certificates.issued_on <= $reference_date)
              AND (certificates.expires_on IS NULL OR certificates.expires_on >= $reference_date)
        )
    ) AS is_certified
    FROM adults
    JOIN links USING (person_id)
    JOIN active USING (seeker_id)
    GROUP BY adults.village_code, adults.person_id
)
GROUP BY area_code
