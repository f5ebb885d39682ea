//! Details queries and jobs as they are sent.

use super::{day, filter, window};
use fakes::openapi::validate_definition;
use genesys::query::{DetailsQuery, Order, OrderBy, check_interval};
use model::Window;
use model::filter::Filter;
use serde_json::json;

fn everything() -> Filter {
    filter(json!({
        "queue_ids": ["q-1", "q-2"], "media_types": ["voice"], "division_ids": ["d-1"], "direction": "inbound",
        "conversation": [{"type": "or", "predicates": [
            {"type": "metric", "metric": "tHandle", "range": {"gte": 1000, "lt": 60000}},
            {"dimension": "externalTag", "operator": "notExists"},
        ]}],
        "segment": [{"type": "and",
            "predicates": [{"type": "property", "property": "vip", "propertyType": "bool", "value": "true"}],
            "clauses": [{"type": "or", "predicates": [
                {"dimension": "wrapUpCode", "operator": "exists"}, {"dimension": "purpose", "value": "agent"},
            ]}],
        }],
    }))
}

#[test]
fn a_details_query_is_rendered_in_the_form_of_the_specification() {
    let filter = everything();
    let body = DetailsQuery::new(day())
        .filtered(Some(&filter))
        .starting_in(window("2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"))
        .page(3, 100)
        .query_body()
        .unwrap();
    validate_definition("ConversationQuery", &body).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&body).unwrap(), @r#"
    {
      "conversationFilters": [
        {
          "predicates": [
            {
              "dimension": "divisionId",
              "operator": "matches",
              "type": "dimension",
              "value": "d-1"
            }
          ],
          "type": "or"
        },
        {
          "predicates": [
            {
              "dimension": "originatingDirection",
              "operator": "matches",
              "type": "dimension",
              "value": "inbound"
            }
          ],
          "type": "or"
        },
        {
          "predicates": [
            {
              "metric": "tHandle",
              "operator": "matches",
              "range": {
                "gte": 1000,
                "lt": 60000
              },
              "type": "metric"
            },
            {
              "dimension": "externalTag",
              "operator": "notExists",
              "type": "dimension"
            }
          ],
          "type": "or"
        },
        {
          "predicates": [
            {
              "dimension": "conversationStart",
              "operator": "matches",
              "type": "dimension",
              "value": "2026-01-05T10:00:00Z/2026-01-05T11:00:00Z"
            }
          ],
          "type": "or"
        }
      ],
      "interval": "2026-01-05T00:00:00Z/2026-01-06T00:00:00Z",
      "order": "asc",
      "orderBy": "conversationStart",
      "paging": {
        "pageNumber": 3,
        "pageSize": 100
      },
      "segmentFilters": [
        {
          "predicates": [
            {
              "dimension": "queueId",
              "operator": "matches",
              "type": "dimension",
              "value": "q-1"
            },
            {
              "dimension": "queueId",
              "operator": "matches",
              "type": "dimension",
              "value": "q-2"
            }
          ],
          "type": "or"
        },
        {
          "predicates": [
            {
              "dimension": "mediaType",
              "operator": "matches",
              "type": "dimension",
              "value": "voice"
            }
          ],
          "type": "or"
        },
        {
          "clauses": [
            {
              "predicates": [
                {
                  "dimension": "wrapUpCode",
                  "operator": "exists",
                  "type": "dimension"
                },
                {
                  "dimension": "purpose",
                  "operator": "matches",
                  "type": "dimension",
                  "value": "agent"
                }
              ],
              "type": "or"
            }
          ],
          "predicates": [
            {
              "operator": "matches",
              "property": "vip",
              "propertyType": "bool",
              "type": "property",
              "value": "true"
            }
          ],
          "type": "and"
        }
      ]
    }
    "#);
}

#[test]
fn the_job_takes_the_same_filter_and_no_pages() {
    let filter = everything();
    let query = DetailsQuery::new(day())
        .filtered(Some(&filter))
        .page(3, 100);
    let (mut asked, job) = (query.query_body().unwrap(), query.job_body().unwrap());
    validate_definition("AsyncConversationQuery", &job).unwrap();
    asked.as_object_mut().unwrap().remove("paging");
    assert_eq!(asked, job);
    // Without a filter nothing but interval and order is sent.
    let bare = DetailsQuery::new(day()).ordered(OrderBy::SegmentEnd, Order::Descending);
    assert_eq!(
        bare.filtered(Some(&Filter::default())).job_body().unwrap(),
        json!({"interval": "2026-01-05T00:00:00Z/2026-01-06T00:00:00Z", "order": "desc", "orderBy": "segmentEnd"})
    );
}

#[test]
fn an_interval_longer_than_the_documented_one_is_refused() {
    let of_days = |days: i8| {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        Window::new(
            start,
            start + jiff::SignedDuration::from_hours(24 * i64::from(days)),
        )
        .unwrap()
    };
    let filter = filter(json!({"queue_ids": ["q-1"]}));
    DetailsQuery::new(of_days(7)).query_body().unwrap();
    let bare = DetailsQuery::new(of_days(8));
    let filtered = |days| {
        DetailsQuery::new(of_days(days))
            .filtered(Some(&filter))
            .query_body()
    };
    filtered(31).unwrap();
    bare.starting_in(day()).query_body().unwrap();
    // For jobs no limit is documented.
    DetailsQuery::new(of_days(60)).job_body().unwrap();
    let blank = super::filter(json!({"queue_ids": [" "], "division_ids": [""]}));
    let texts = [
        bare.query_body().unwrap_err(),
        // An empty filter is none.
        bare.filtered(Some(&Filter::default()))
            .query_body()
            .unwrap_err(),
        filtered(32).unwrap_err(),
        check_interval(of_days(8), false).unwrap_err(),
        DetailsQuery::new(day())
            .page(0, 100)
            .query_body()
            .unwrap_err(),
        DetailsQuery::new(day())
            .page(1, 101)
            .query_body()
            .unwrap_err(),
        // Everything at once.
        DetailsQuery::new(of_days(32))
            .filtered(Some(&blank))
            .page(0, 101)
            .query_body()
            .unwrap_err(),
    ]
    .map(|error| error.to_string());
    insta::assert_snapshot!(texts.join("\n"), @r#"
    interval = "2026-01-05T00:00:00Z/2026-01-13T00:00:00Z": a details query without a filter covers at most 7 days; ask in parts
    interval = "2026-01-05T00:00:00Z/2026-01-13T00:00:00Z": a details query without a filter covers at most 7 days; ask in parts
    interval = "2026-01-05T00:00:00Z/2026-02-06T00:00:00Z": a details query with a filter covers at most 31 days; ask in parts
    interval = "2026-01-05T00:00:00Z/2026-01-13T00:00:00Z": a details query without a filter covers at most 7 days; ask in parts
    paging.pageNumber = "0": pages are counted from 1
    paging.pageSize = "101": the API serves 1 to 100 a page
    interval = "2026-01-05T00:00:00Z/2026-02-06T00:00:00Z": a details query with a filter covers at most 31 days; ask in parts
    filter.queue_ids[0]: must not be empty
    filter.division_ids[0]: must not be empty
    paging.pageNumber = "0": pages are counted from 1
    paging.pageSize = "101": the API serves 1 to 100 a page
    "#);
}
