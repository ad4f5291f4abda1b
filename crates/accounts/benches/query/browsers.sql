-- The browsers of the set: who signs in on them and when, and what they are.
CREATE TABLE {data}.bench_browsers ENGINE = MergeTree ORDER BY browser AS
WITH
    196000 AS browsers,
    (n -> lower(leftPad(hex(n), 16, '0'))) AS digits,
    intHash64(number) AS draw,
    {now_ms} - 120 * 86400000 + draw % (100 * 86400000) AS born,
    sipHash64(number, 'id') AS low,
    toUInt64(number * 7919 % 90000) AS user,
    sipHash64(user, 'account') / 18446744073709551616 AS rank
SELECT
    toUInt32(number) AS browser,
    concat(
        substring(digits(toUInt64(born)), 5, 8), '-', substring(digits(toUInt64(born)), 13, 4),
        '-7', substring(digits(low), 1, 3), '-8', substring(digits(low), 4, 3), '-', substring(digits(sipHash64(low)), 1, 12)
    ) AS anonymous_id,
    if(sipHash64(number, 'signs in') % 20 = 0, '', concat('u_', substring(digits(sipHash64(user)), 1, 12))) AS user_id,
    -- Half are known from their first event, the others from a moment of the range.
    if(sipHash64(number, 'late') % 2 = 0, 0, {now_ms} - sipHash64(number, 'when') % (90 * 86400000)) AS signed_in_at,
    concat('acme-', leftPad(toString(toUInt32(10000 * pow(rank, 1.6))), 5, '0')) AS account_id,
    ['desktop', 'desktop', 'desktop', 'mobile', 'tablet'][1 + draw % 5] AS device,
    ['Chrome', 'Chrome', 'Chrome', 'Safari', 'Firefox', 'Edge'][1 + intDiv(draw, 7) % 6] AS agent,
    ['Windows', 'Windows', 'macOS', 'Linux', 'iOS', 'Android'][1 + intDiv(draw, 11) % 6] AS system,
    ['DE', 'FR', 'US', 'GB', 'NL', 'ES', 'IT', 'SE', 'PL', 'CN', 'JP', 'BR'][1 + intDiv(draw, 13) % 12] AS land,
    ['de-DE', 'fr-FR', 'en-US', 'en-GB', 'nl-NL', 'es-ES', 'zh-CN'][1 + intDiv(draw, 17) % 7] AS tongue,
    ['', '', '', 'www.google.com', 'www.linkedin.com', 'news.ycombinator.com'][1 + intDiv(draw, 19) % 6] AS origin,
    sipHash64(number, 'automated') % 200 = 0 AS is_robot
FROM numbers(browsers)
