-- A delivery is told of its village and of every area around that; a middle adds up over none of them.
SELECT area_code, round(median(days))::BIGINT AS numerator, count(*) AS denominator, 0 AS unknown
FROM (
    SELECT
        unnest([village_code, left(village_code, 8), left(village_code, 5), left(village_code, 2), '00']) AS area_code,
        greatest($reference_date - as_of, 0) AS days
    FROM deliveries
)
GROUP BY area_code
