-- uses: answered
SELECT
    village_code AS area_code,
    count(*) FILTER (is_employing) AS numerator,
    count(is_employing) AS denominator,
    count(*) FILTER (is_employing IS NULL) AS unknown
FROM (
    -- Null where nobody of the family told whether there is a business, or how many it pays.
    SELECT village_code, bool_or(own_business AND paid_workers >= 1) AS is_employing
    FROM answered
    WHERE family_id IS NOT NULL
    GROUP BY village_code, family_id
)
GROUP BY village_code
