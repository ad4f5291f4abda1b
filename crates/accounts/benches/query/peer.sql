-- The shape of a peer: JSON and the chain of elements as text, on every event.
CREATE TABLE {data}.bench_peer
(
    uuid UUID,
    event LowCardinality(String),
    properties String CODEC(ZSTD(3)),
    timestamp DateTime64(6, 'UTC'),
    team_id Int64,
    distinct_id String,
    elements_chain String,
    person_id UUID
)
ENGINE = MergeTree PARTITION BY toYYYYMM(timestamp)
ORDER BY (team_id, toDate(timestamp), event, cityHash64(distinct_id), cityHash64(uuid));

-- Its person is known when it is written, and automated browsers are left out, so that the same
-- questions have the same answers.
INSERT INTO {data}.bench_peer
SELECT
    reinterpretAsUUID(e.event_id),
    multiIf(e.kind = 'page_view', '$pageview', e.kind = 'page_leave', '$pageleave', e.kind = 'custom', e.name, e.kind IN ('click', 'submit'), '$autocapture', e.kind),
    concat('{"$os":"', e.os, '","$browser":"', e.browser, '","$device_type":"', e.device,
        '","$current_url":"https://app.example.com', e.path, '","$host":"app.example.com","$pathname":"', e.path,
        '","$browser_version":131,"$browser_language":"', e.language, '","$screen_height":1080,"$screen_width":1920,"$viewport_height":969,"$viewport_width":1920,"$lib":"web","$lib_version":"1.194.3","$insert_id":"', lower(hex(substring(e.event_id, 9))),
        '","$time":', toString(toUnixTimestamp64Milli(e.timestamp) / 1000), ',"distinct_id":"', if(e.user_id = '', e.anonymous_id, e.user_id),
        '","$device_id":"', e.anonymous_id, '","$session_id":"', e.session_id, '","$referrer":"', e.referrer, '","$event_type":"', e.kind,
        '","$geoip_country_code":"', e.country, '","app_version":"', e.app_version, '"}'),
    e.timestamp,
    1,
    if(e.user_id = '', e.anonymous_id, e.user_id),
    if(l.name = '', '', concat('button.action.btn.btn-primary:attr__class="action btn btn-primary"attr__data-testid="', l.test_id, '"attr__type="button"nth-child="2"nth-of-type="1"text="', l.name,
        '";div.panel.toolbar:attr__class="toolbar panel"nth-child="1"nth-of-type="1";form:attr__aria-label="Edit report"nth-child="3"nth-of-type="1";div.modal:attr__role="dialog"attr__aria-label="Report"nth-child="4"nth-of-type="2";section.area:attr__id="area"nth-child="1"nth-of-type="1";main.layout:nth-child="2"nth-of-type="1";div.app:attr__id="app"nth-child="1"nth-of-type="1";body:nth-child="2"nth-of-type="1"')),
    reinterpretAsUUID(sipHash128({person}))
FROM {data}.events AS e
LEFT ANY JOIN (SELECT element_id, name, test_id FROM {data}.elements) AS l ON l.element_id = e.element_id
WHERE NOT e.is_automated
