-- uses: answered, seeking
SELECT
    village_code AS area_code,
    count(*) FILTER (is_underemployed) AS numerator,
    count(is_underemployed) AS denominator,
    count(*) FILTER (is_underemployed IS NULL) AS unknown
FROM (
    SELECT village_code, hours < 35 AND coalesce(is_seeking, false) AS is_underemployed
    FROM answered LEFT JOIN seeking USING (person_id)
    WHERE worked
)
GROUP BY village_code
