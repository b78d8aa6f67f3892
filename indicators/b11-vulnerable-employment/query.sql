-- uses: answered
SELECT
    village_code AS area_code,
    count(*) FILTER (is_vulnerable) AS numerator,
    count(is_vulnerable) AS denominator,
    count(*) FILTER (is_vulnerable IS NULL) AS unknown
FROM (
    SELECT village_code, CASE
        WHEN employment_status NOT IN ('missing', 'unmapped') THEN employment_status IN (
            'own_account', 'own_account_with_help', 'family_worker'
        )
    END AS is_vulnerable
    FROM answered
    WHERE worked
)
GROUP BY village_code
