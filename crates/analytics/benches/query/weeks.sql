-- The weeks of all features, from their events.
INSERT INTO {data}.bench_feature_weeks
SELECT project, feature, toUInt32(toRelativeWeekNum(timestamp)), groupBitmapState(toUInt32(cityHash64(
    if(user_id != '', user_id, if((dictGet('{data}.bench_people', 'user_id', (project, anonymous_id)) AS known) != '', known, anonymous_id)))))
FROM {data}.bench_feature_events
GROUP BY project, feature, toUInt32(toRelativeWeekNum(timestamp))
