-- Made-up events, made inside ClickHouse: {count} of them over 90 days before {now_ms}, by
-- 196,027 browsers of which some come far more often than others; a third of them is signed in,
-- half of these not from the start. Six in ten are clicks on 200 elements, the rest views of 40
-- pages; the first ones of each are used most.
INSERT INTO {events}
    (project, event_id, month, kind, batch_id, timestamp, sent_at, received_at,
     anonymous_id, user_id, account_id, session_id, page_id, element_id, path)
WITH
    toUInt64(196027 * pow(randCanonical(1), 1.5)) AS browser,
    toUInt64({now_ms} - 90 * 86400000 * randCanonical(2)) AS at,
    fromUnixTimestamp64Milli(toInt64(at)) AS moment,
    rand(3) % 10 < 6 AS is_click,
    toUInt64(200 * pow(randCanonical(4), 2)) AS element,
    element % 40 AS page,
    browser % 3 = 0 AND (browser % 2 = 0 OR at > {now_ms} - 45 * 86400000) AS is_signed_in
SELECT
    'bench',
    toFixedString(unhex(concat(leftPad(hex(at), 12, '0'), '7000', leftPad(hex(number), 16, '0'))), 16),
    toYYYYMM(moment),
    if(is_click, 'click', 'page_view'),
    toFixedString(unhex(leftPad(hex(intDiv(number, 1000)), 32, '0')), 16),
    moment, moment, moment,
    lower(hex(sipHash128(browser))),
    if(is_signed_in, concat('user-', toString(browser)), ''),
    concat('account-', toString(browser % 2000)),
    lower(hex(sipHash64(browser, intDiv(at, 3600000)))),
    page + 1,
    if(is_click, element + 1, 0),
    concat('/p/', toString(page))
FROM numbers({first}, {count})
SETTINGS max_insert_block_size = 1048576, max_partitions_per_insert_block = 0
