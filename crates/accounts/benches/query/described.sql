-- What the events refer to; each statement ends with a semicolon.

-- 20,000 elements, of which ten each belong to one of 200 features. Their test ids are in canonical
-- form: numbers of three digits would be folded.
INSERT INTO {data}.elements
WITH if(number < 2000, concat('feature-', toString(intDiv(number % 200, 100)), '-', toString(number % 100)), concat('other-', toString(number))) AS mark
SELECT
    'bench',
    sipHash64('element', toInt64(number)),
    concat('{"v":1,"nodes":[{"tag":"button","classes":["action"],"test_id":"', mark, '","name":"Action ', toString(number),
        '"},{"tag":"div","classes":["toolbar","panel"]},{"tag":"form","name":"Edit report ',
        toString(number % 40), '"},{"tag":"div","role":"dialog","name":"Report"},{"tag":"section","id":"area-', toString(number % 7), '"},{"tag":"main"}]}'),
    'button', 'button', concat('Action ', toString(number)), mark,
    fromUnixTimestamp64Milli({now_ms} - 90 * 86400000), fromUnixTimestamp64Milli({now_ms})
FROM numbers(20000);

INSERT INTO {data}.pages
SELECT
    'bench', sipHash64('page', toInt64(number)), 'app.example.com',
    concat('/m', toString(number % 20), '/p', toString(number), '/:id'), concat('Page ', toString(number)),
    fromUnixTimestamp64Milli({now_ms} - 90 * 86400000), fromUnixTimestamp64Milli({now_ms})
FROM numbers(400);
