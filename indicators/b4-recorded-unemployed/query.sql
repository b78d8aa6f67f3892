-- uses: answered, seeking
-- Unknown: active seekers and people recorded as working, whom nobody asked of late.
SELECT
    village_code AS area_code,
    count(*) FILTER (is_unemployed) AS numerator,
    count(is_unemployed) AS denominator,
    count(*) FILTER (is_unemployed IS NULL) AS unknown
FROM (
    SELECT village_code, CASE WHEN worked IS NOT NULL THEN NOT worked END AS is_unemployed
    FROM answered LEFT JOIN seeking USING (person_id)
    WHERE (worked IS NOT FALSE OR is_seeking)
      AND (worked IS NOT NULL OR is_seeking OR activity = 'working')
)
GROUP BY village_code
