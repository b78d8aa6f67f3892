-- uses: answered
SELECT
    village_code AS area_code,
    count(*) FILTER (is_informal) AS numerator,
    count(is_informal) AS denominator,
    count(*) FILTER (is_informal IS NULL) AS unknown
FROM (
    SELECT village_code, CASE
        WHEN employment_status NOT IN ('missing', 'unmapped') THEN employment_status IN (
            'own_account', 'own_account_with_help', 'casual_farm', 'casual_other', 'family_worker'
        )
    END AS is_informal
    FROM answered
    WHERE worked
)
GROUP BY village_code
