-- Made-up events, made inside ClickHouse: those of {count} visits from the {first}th of {n_sessions}, which
-- are spread over the 90 days before {now_ms}. A visit has ten events on average and some have two hundred.
INSERT INTO {data}.events
    (project, event_id, month, kind, name, batch_id, timestamp, sent_at, received_at,
     anonymous_id, user_id, account_id, session_id, page_id, element_id, path, referrer, campaign_source,
     campaign_medium, campaign_name, device, browser, os, country, language, app_version, is_automated, properties)
WITH
    18446744073709551616 AS span,
    (x -> lower(leftPad(hex(x), 16, '0'))) AS digits,
    (salt -> sipHash64(visit, n, salt) / span) AS draw,
    {now_ms} - 90 * 86400000 AS start,
    toUInt64(start + began + n * 35000 + 30000 * draw('pause')) AS at,
    fromUnixTimestamp64Milli(toInt64(at)) AS moment,
    multiIf(n = 0, 0, toUInt8(100 * draw('kind'))) AS lot,
    multiIf(lot < 30, 'page_view', lot < 88, 'click', lot < 92, 'change', lot < 94, 'submit', lot < 97, 'custom', 'page_leave') AS what,
    what IN ('click', 'change', 'submit') AS has_element,
    toUInt32(pow(20000, draw('element'))) - 1 AS element,
    if(has_element, element % 400, toUInt32(pow(400, sipHash64(visit, intDiv(n, 3)) / span)) - 1) AS page,
    b.user_id != '' AND b.signed_in_at <= at AS is_known
SELECT
    'bench',
    toFixedString(unhex(concat(substring(digits(at), 5), '7', substring(digits(sipHash64(visit, n)), 2, 3), 'a', substring(digits(sipHash64(n, visit)), 2))), 16),
    toYYYYMM(moment),
    what,
    if(what = 'custom', ['export.done', 'report.shared', 'import.failed', 'trial.extended'][1 + toUInt32(n + visit) % 4], ''),
    sipHash128(intDiv(visit, 250)),
    moment, addMilliseconds(moment, 400), addMilliseconds(moment, 600),
    b.anonymous_id,
    if(is_known, b.user_id, ''),
    if(is_known, b.account_id, ''),
    concat(substring(digits(toUInt64(start + began)), 5, 8), '-', substring(digits(toUInt64(start + began)), 13, 4),
        '-7', substring(digits(sipHash64(visit)), 1, 3), '-8', substring(digits(sipHash64(visit)), 4, 3), '-', substring(digits(sipHash64(visit, 's')), 1, 12)),
    sipHash64('page', toInt64(page)),
    if(has_element, sipHash64('element', toInt64(element)), 0),
    concat('/m', toString(page % 20), '/p', toString(page), '/', toString(sipHash64(visit, page) % 5000)),
    b.origin,
    if(b.origin = '', '', 'newsletter'), if(b.origin = '', '', 'email'), if(b.origin = '', '', concat('week-', toString(toISOWeek(moment)))),
    b.device, b.agent, b.system, b.land, b.tongue,
    concat('4.', toString(intDiv(at, 1209600000) % 50), '.0'),
    b.is_robot,
    multiIf(what = 'custom', map('rows', toString(visit % 977), 'format', ['csv', 'xlsx', 'pdf'][1 + visit % 3]),
            what = 'change', map('value_kind', 'choice'), map())
FROM
(
    SELECT
        {first} + number AS visit,
        toUInt32(196000 * pow(sipHash64(visit, 'browser') / 18446744073709551616, 1.5)) AS browser,
        intDiv(visit * 90, {n_sessions}) AS day,
        (sipHash64(visit, 1) % 28800 + sipHash64(visit, 2) % 28800 + sipHash64(visit, 3) % 28800) AS second,
        day * 86400000 + second * 1000 AS began,
        least(200, 1 + toUInt32(-9.5 * log((1 + sipHash64(visit, 'length') % 1000003) / 1000004))) AS length
    FROM numbers({count})
) AS s
ARRAY JOIN range(s.length) AS n
INNER JOIN {data}.bench_browsers AS b ON b.browser = s.browser
SETTINGS max_insert_block_size = 1048576, min_insert_block_size_rows = 1048576, max_partitions_per_insert_block = 0, joined_subquery_requires_alias = 0
