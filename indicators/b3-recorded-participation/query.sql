-- uses: answered, seeking
SELECT
    village_code AS area_code,
    count(*) FILTER (takes_part) AS numerator,
    count(takes_part) AS denominator,
    count(*) FILTER (takes_part IS NULL) AS unknown
FROM (
    SELECT village_code, CASE WHEN worked IS NOT NULL THEN worked OR coalesce(is_seeking, false) END AS takes_part
    FROM answered LEFT JOIN seeking USING (person_id)
)
GROUP BY village_code
