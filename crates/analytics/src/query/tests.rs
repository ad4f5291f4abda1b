//! Questions in JSON and in words of the person: what is taken, and how the rest is refused.

use super::*;
use crate::Funnel;
use proptest::prelude::*;

/// The sentence about a funnel with these steps (JSON) and these other fields.
fn refusal(steps: &str, rest: &str) -> String {
    let json = format!(r#"{{"report": "funnel", "steps": {steps}{rest}}}"#);
    let now = protocol::Timestamp::from_millis(1_795_305_600_000);
    let refused = Query::from_json(&json).and_then(|query| {
        crate::compile(&query, &<_>::default(), &scope("UTC"), &Default::default(), now)
    });
    refused.expect_err(&json).to_string()
}

fn scope(time_zone: &str) -> Scope {
    Scope {
        project: protocol::ProjectId::parse("tidemark").unwrap(),
        time_zone: time_zone.to_owned(),
        week_start: store::WeekStart::Monday,
        count_automated: false,
        grouping: store::identity::Grouping::none(protocol::ProjectId::parse("tidemark").unwrap()),
    }
}

const TWO: &str = r#"[{"page": "/a"}, {"page": "/b"}]"#;

#[test]
fn the_json_of_a_question_stays_as_it_is() {
    let json = r#"{"report":"funnel","steps":[{"page":"/reports"},{"page":"/r/:id","host":"app.example.com"},{"name":"Save","click":"9f3a5c7d00000001"},{"click":"00000000000000ff","page":"/r/:id"}],"window":"14d","date_range":{"from":"2026-11-01","to":"2026-11-22"}}"#;
    let query = Query::from_json(json).unwrap();
    assert_eq!(serde_json::to_string(&query).unwrap(), json);
    let short = format!(r#"{{"report": "funnel", "steps": {TWO}}}"#);
    let query = Query::from_json(&short).unwrap();
    insta::assert_snapshot!(serde_json::to_string(&query).unwrap(), @r#"{"report":"funnel","steps":[{"page":"/a"},{"page":"/b"}],"window":"14d","date_range":{"last":"28d"}}"#);
}

#[test]
fn what_means_nothing_is_refused_with_a_sentence() {
    let cases = [
        refusal(r#"[{"page": "/a"}]"#, ""),
        refusal(r#"[]"#, ""),
        refusal(&format!("[{}]", vec![r#"{"page": "/a"}"#; 21].join(",")), ""),
        refusal(r#"[{"page": "/a"}, {"page": "/b"}, {"name": "x"}]"#, ""),
        refusal(r#"[{"page": "/a"}, {"host": "x.example"}]"#, ""),
        refusal(r#"[{"page": "/a"}, {"page": "b"}]"#, ""),
        refusal(r#"[{"click": "9f3a"}, {"page": "/b"}]"#, ""),
        refusal(r#"[{"page": "/b", "host": "a/b"}, {"page": "/b"}]"#, ""),
        refusal(r#"[{"pages": "/a"}, {"page": "/b"}]"#, ""),
        refusal(TWO, r#", "window": "2 weeks""#),
        refusal(TWO, r#", "window": "0d""#),
        refusal(TWO, r#", "window": "367d""#),
        refusal(TWO, r#", "date_range": {"from": "2026-11-22", "to": "2026-11-01"}"#),
        refusal(TWO, r#", "date_range": {"from": "2026-02-30", "to": "2026-11-01"}"#),
        refusal(TWO, r#", "date_range": {"from": "1969-02-01", "to": "2026-11-01"}"#),
        refusal(TWO, r#", "date_range": {"from": "2026-11-01"}"#),
        refusal(TWO, r#", "date_range": {"last": "4 weeks"}"#),
        refusal(TWO, r#", "colour": "red""#),
        refusal(r#"[{"page": "/a"}, {"event": "x", "page": "/b"}]"#, ""),
        refusal(
            r#"[{"page": "/a"}, {"page": "/b", "where": [{"property": "plan", "is": ["pro"]}]}]"#,
            "",
        ),
        refusal(r#"[{"page": "/a"}, {"page": "/b", "where": [{"property": "country"}]}]"#, ""),
        refusal(
            r#"[{"page": "/a"}, {"page": "/b", "where": [{"property": "country", "contains": "C", "is_set": true}]}]"#,
            "",
        ),
        refusal(TWO, r#", "breakdown": "plan""#),
        refusal(TWO, r#", "by": "sessions""#),
    ];
    insta::assert_snapshot!(cases.join("\n"), @r"
a funnel needs at least 2 steps, this one has 1
a funnel needs at least 2 steps, this one has 0
a funnel has at most 20 steps, this one has 21
the question is not understood: step 3 names no page and no element
the question is not understood: step 2 names a host and no page
the question is not understood: the page of step 2 is `b`, and a path begins with `/`
the question is not understood: the element of step 1 is `9f3a`, and an element is 16 hexadecimal digits
the question is not understood: the host of step 1 is `a/b`, and a host holds no `/`
the question is not understood: unknown field `pages`, expected one of `name`, `click`, `feature`, `event`, `page`, `host`, `where`
the question is not understood: the window is `2 weeks`, and a window is a whole number of `s`, `m`, `h` or `d`, such as `30m` or `14d`, up to 366 days
the question is not understood: the window is `0d`, and a window is a whole number of `s`, `m`, `h` or `d`, such as `30m` or `14d`, up to 366 days
the question is not understood: the window is `367d`, and a window is a whole number of `s`, `m`, `h` or `d`, such as `30m` or `14d`, up to 366 days
the date range goes from 2026-11-22 to 2026-11-01, which is before it
the question is not understood: the date `2026-02-30` is not one of the calendar, such as `2026-11-22`
the date `1969-02-01` is not between 1970-01-02 and 2199-12-31
the question is not understood: a date range has both a first and a last day, and this one has no last day (`to`)
the question is not understood: the date range is the last `4 weeks`, and it is a number of days such as `28d`, at most 3660d
the question is not understood: unknown field `colour`, expected one of `steps`, `window`, `date_range`, `by`, `times`, `breakdown`, `among`
the question is not understood: step 2 names an event and something else, and an event says it all
the question is not understood: a condition of step 2 is about `plan`, and a property is a word such as `country` or `account`, or `event.`, `user.` or `account.` and a name
the question is not understood: the condition of step 2 on `country` says one of three: `is` with values, `contains` with a text, or `is_set`
the question is not understood: the condition of step 2 on `country` says one of three: `is` with values, `contains` with a text, or `is_set`
the question is not understood: the property is `plan`: expected a word such as `country` or `account`, or `event.`, `user.` or `account.` and a name
the question is not understood: unknown variant `sessions`, expected `people` or `accounts`
");
    assert!(Query::from_json("{").is_err());
}

#[test]
fn an_unknown_time_zone_is_named() {
    let json = format!(r#"{{"report": "funnel", "steps": {TWO}}}"#);
    let query = Query::from_json(&json).unwrap();
    let now = protocol::Timestamp::from_millis(0);
    let refused = crate::compile(
        &query,
        &<_>::default(),
        &scope("Europe/Atlantis"),
        &Default::default(),
        now,
    );
    insta::assert_snapshot!(refused.unwrap_err(), @"the time zone `Europe/Atlantis` is not known; one of the IANA list is, such as `Europe/Zurich`");
}

#[test]
fn an_address_is_read_as_a_form_writes_it() {
    let read = |text: &str| Funnel::from_query_string(text);
    let blank =
        read("step=page:/a&name=&step=&name=&window=&from=&to=&last=7d&theme=dark").unwrap();
    assert_eq!(blank.steps.len(), 1);
    assert_eq!(blank.steps[0].name, None);
    assert_eq!(blank.date_range, DateRange::Last { days: 7 });
    assert_eq!(read("").unwrap(), Funnel::default());
    let visit = read("step=page:App.example.com/orders/1042/").unwrap();
    assert_eq!(visit.steps[0].target.to_string(), "page:app.example.com/orders/:id");
    let refusals =
        ["step=/a", "step=page:/a&step=click:xyz@/a", "step=page:", "window=soon", "to=2026-11-22"];
    let refusals = refusals.map(|text| read(text).unwrap_err().to_string());
    insta::assert_snapshot!(refusals.join("\n"), @r"
step 1 is `/a`, and a step is `page:` and a path, `click:` and an element, `feature:` and a feature or `event:` and its name
the element of step 2 is `xyz`, and an element is 16 hexadecimal digits
step 1 names no page and no element
the window is `soon`, and a window is a whole number of `s`, `m`, `h` or `d`, such as `30m` or `14d`, up to 366 days
a date range has both a first and a last day, and this one has no first day (`from`)
");
}

fn page_filter() -> impl Strategy<Value = PageFilter> {
    (proptest::option::of("[a-z.]{1,12}(:[0-9]{2,4})?"), "(/[a-zA-Z0-9:%@&=+é ._-]{0,10}){1,4}")
        .prop_map(|(host, path)| PageFilter::new(host.as_deref(), &path))
}

fn target() -> impl Strategy<Value = Target> {
    let click = (any::<u64>(), proptest::option::of(page_filter()));
    prop_oneof![
        page_filter().prop_map(Target::Page),
        click.prop_map(|(id, page)| Target::Click { element: ElementId(id), page }),
        "[a-z:@&=+é]{1,12}".prop_map(Target::Event),
    ]
}

fn property() -> impl Strategy<Value = Property> {
    let plain = Property::PLAIN.map(|(property, _)| property).to_vec();
    let name = "[a-zA-Z.&=é ]{0,8}[a-z]";
    let named = prop_oneof![
        name.prop_map(Property::Event),
        name.prop_map(Property::User),
        name.prop_map(Property::OfAccount),
    ];
    prop_oneof![prop::sample::select(plain), named]
}

fn filter() -> impl Strategy<Value = Filter> {
    let value = "[a-zA-Z&=+%é, -]{0,10}[a-z]";
    let test = prop_oneof![
        proptest::collection::vec(value, 1..3).prop_map(Test::Is),
        value.prop_map(Test::Contains),
        Just(Test::IsSet),
    ];
    (property(), test).prop_map(|(property, test)| Filter { property, test })
}

fn funnel() -> impl Strategy<Value = Funnel> {
    let filters = proptest::collection::vec(filter(), 0..3);
    let step = (proptest::option::of("[a-zA-Z&=+%é\" -]{0,10}[a-z]"), target(), filters).prop_map(
        |(name, target, filters)| Step { name: name.map(|n| n.trim().to_owned()), target, filters },
    );
    let range = prop_oneof![
        (1_u32..3_660).prop_map(|days| DateRange::Last { days }),
        (-20_000_i32..20_000, 0_i32..1_000).prop_map(|(day, n)| {
            let from = jiff::civil::date(2026, 11, 22) + jiff::Span::new().days(day);
            DateRange::Between { from, to: from + jiff::Span::new().days(n) }
        }),
    ];
    let window =
        (1_u32..=366, "[smhd]").prop_map(|(n, unit)| format!("{n}{unit}").parse().unwrap());
    let by = prop_oneof![Just(By::People), Just(By::Accounts)];
    let how = (by, any::<bool>(), proptest::option::of(property()), among());
    (proptest::collection::vec(step, 0..5), window, range, how).prop_map(
        |(steps, window, date_range, (by, times, breakdown, among))| Funnel {
            steps,
            window,
            date_range,
            by,
            times,
            breakdown,
            among,
        },
    )
}

fn among() -> impl Strategy<Value = Among> {
    let is_known = |filter: &Filter| Among::new(vec![filter.clone()], None).is_ok();
    let known = move |(filters, by): (Vec<Filter>, Option<Property>)| {
        let filters = filters.into_iter().filter(is_known).collect();
        Among::new(filters, by.filter(Among::knows)).unwrap()
    };
    let filters = proptest::collection::vec(filter(), 0..5);
    (filters, proptest::option::of(property())).prop_map(known)
}

proptest! {
    #[test]
    fn a_question_survives_its_json(funnel in funnel()) {
        let query = Query::Funnel(funnel);
        let json = serde_json::to_string(&query).unwrap();
        prop_assert_eq!(Query::from_json(&json).unwrap(), query);
    }

    #[test]
    fn a_question_survives_its_address(funnel in funnel()) {
        let address = funnel.to_query_string();
        prop_assert_eq!(Funnel::from_query_string(&address).unwrap(), funnel, "{}", address);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}|(step|name|where|is|set|by|breakdown|window|from|to|last)=[a-z0-9:/@%&=]{0,30}") {
        if let Ok(funnel) = Funnel::from_query_string(&text) {
            prop_assert_eq!(Funnel::from_query_string(&funnel.to_query_string()), Ok(funnel));
        }
        prop_assert!(Query::from_json(&text).is_err());
    }
}
