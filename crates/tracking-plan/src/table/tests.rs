use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Plan, diff};

fn rules(value: Value) -> Vec<Rule> {
    Plan::from_value(&value).expect("it is a plan").rules
}

fn shop() -> Vec<Rule> {
    rules(json!([
        {"type": "TRACK", "key": "Order Completed", "version": 1, "jsonSchema": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "description": "A customer, or \"guest\", paid", "type": "object",
            "labels": {"team": "checkout", "priority": "1"},
            "properties": {
                "context": {},
                "properties": {"type": "object", "required": ["order_id", "products"], "properties": {
                    "order_id": {"type": "string", "pattern": "^-?[0-9]+$"},
                    "total": {"type": ["number", "null"], "minimum": 0},
                    "currency": {"type": "string", "enum": ["EUR", "USD"]},
                    "odd": {"enum": [1, "a|b"]},
                    "placed_at": {"type": "string", "format": "date-time", "description": "=now()"},
                    "a.b": {"type": "boolean"},
                    "products": {"type": "array", "items": {"type": "object",
                        "properties": {"sku": {"type": "string"}}, "required": ["sku"]}},
                }},
            },
        }},
        {"type": "PAGE", "version": 3, "jsonSchema": {"anyOf": [{"required": ["name"]}]}},
    ]))
}

#[test]
fn a_plan_is_a_table_for_people() {
    expect![[r#"
        type,key,version,property,description,status,data_type,permitted_values,pattern,labels,other_keywords
        TRACK,Order Completed,1,,"A customer, or ""guest"", paid",,object,,,team:checkout|priority:1,"{""$schema"":""http://json-schema.org/draft-07/schema#""}"
        TRACK,Order Completed,1,context,,optional,,,,,
        TRACK,Order Completed,1,properties,,optional,object,,,,
        TRACK,Order Completed,1,properties.order_id,,required,string,,^-?[0-9]+$,,
        TRACK,Order Completed,1,properties.total,,optional,number|null,,,,"{""minimum"":0}"
        TRACK,Order Completed,1,properties.currency,,optional,string,EUR|USD,,,
        TRACK,Order Completed,1,properties.odd,,optional,,"[1,""a|b""]",,,
        TRACK,Order Completed,1,properties.placed_at,'=now(),optional,date-time,,,,
        TRACK,Order Completed,1,properties.a\.b,,optional,boolean,,,,
        TRACK,Order Completed,1,properties.products,,required,array,,,,
        TRACK,Order Completed,1,properties.products.$,,optional,object,,,,
        TRACK,Order Completed,1,properties.products.$.sku,,required,string,,,,
        PAGE,,3,,,,,,,,"{""anyOf"":[{""required"":[""name""]}]}"
    "#]].assert_eq(&to_csv(&shop()));
}

#[test]
fn a_table_says_the_same_plan() {
    let read = from_csv(to_csv(&shop()).as_bytes()).expect("we wrote it");
    assert_eq!(read, shop());
}

#[test]
fn a_table_by_hand_needs_few_columns() {
    let read = from_csv(
        b"Type,Key,Property,Status,Data Type\n\
          track,Signed Up,properties.plan,required,string\n\
          track,Signed Up,properties.tags.$,,string\n\
          ,,,,\n\
          identify,,traits.age,optional,integer|null\n",
    );
    expect![[r#"
        [
          {
            "type": "TRACK",
            "key": "Signed Up",
            "version": 1,
            "jsonSchema": {
              "type": "object",
              "properties": {
                "properties": {
                  "type": "object",
                  "properties": {
                    "plan": {
                      "type": "string"
                    },
                    "tags": {
                      "type": "array",
                      "items": {
                        "type": "string"
                      }
                    }
                  },
                  "required": [
                    "plan"
                  ]
                }
              }
            }
          },
          {
            "type": "IDENTIFY",
            "version": 1,
            "jsonSchema": {
              "type": "object",
              "properties": {
                "traits": {
                  "type": "object",
                  "properties": {
                    "age": {
                      "type": [
                        "integer",
                        "null"
                      ]
                    }
                  }
                }
              }
            }
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&read.expect("it is right")).expect("JSON"));
}

fn check(table: &str, expect: Expect) {
    let problems = from_csv(table.as_bytes()).expect_err("something is wrong");
    expect.assert_eq(&problems.iter().map(|problem| format!("{problem}\n")).collect::<String>());
}

#[test]
fn every_fault_is_named_by_row_and_column() {
    check(
        "type,key,version,property,status,data_type,permitted_values,labels,other_keywords\n\
         trak,A,,,,,,,\n\
         TRACK,,,,,,,,\n\
         PAGE,A,,,,,,,\n\
         TRACK,A,one,,,,,,\n\
         TRACK,A,1,a..b,,,,,\n\
         TRACK,A,1,a\\b,,,,,\n\
         TRACK,A,1,a.$,required,,,,\n\
         TRACK,A,1,b,maybe,,,,\n\
         TRACK,A,1,c,,text,,,\n\
         TRACK,A,1,d,,string|string,,,\n\
         TRACK,A,1,e,,,[1,,\n\
         TRACK,A,1,f,,,,label,\n\
         TRACK,A,1,g,,,,,{\n\
         TRACK,A,1,h,,string,,,\"{\"\"type\"\":1}\"\n\
         TRACK,A,1,i,,,,,\n\
         TRACK,A,1,i,,,,,\n",
        expect![[r#"
            row 2, type: the type is "trak"; fix: say one of COMMON, TRACK, IDENTIFY, GROUP, PAGE, SCREEN
            row 3, key: a TRACK rule names no event; fix: give the event's name
            row 4, key: a rule of type PAGE has a key; fix: leave the cell empty
            row 5, version: the version is "one"; fix: give a whole number, such as 1
            row 6, property: "a..b" has an empty name in it; fix: write names with dots between them, $ for an element of a list
            row 7, property: "a\\b" has a \ before no dot; fix: write names with dots between them, $ for an element of a list
            row 8, status: a.$ cannot be required; fix: leave the cell empty
            row 9, status: the status is "maybe"; fix: say required or optional
            row 10, data_type: the type is "text"; fix: say any, array, object, boolean, integer, number, string, date-time or null, several with | between them
            row 11, data_type: a type is named twice; fix: say any, array, object, boolean, integer, number, string, date-time or null, several with | between them
            row 12, permitted_values: it is no JSON: EOF while parsing a list at line 1 column 2; fix: write values with | between them, or a list as JSON
            row 13, labels: the labels are "label"; fix: write key:value, several with | between them
            row 14, other_keywords: it is no JSON: EOF while parsing an object at line 1 column 1; fix: write an object as JSON, such as {"minimum": 0}
            row 15, other_keywords: "type" has a column of its own, which says it too; fix: say it once
            row 17, property: i has two rows in this rule; fix: take one out
        "#]],
    );
    check(
        "type,kind,type\nTRACK,,\n",
        expect![[r#"
        row 1: the column "kind" is not known; fix: take it out; the columns are type, key, version, property, description, status, data_type, permitted_values, pattern, labels, other_keywords
        row 1, type: the column type is there twice; fix: take one out
    "#]],
    );
    check(
        "key,version\n",
        expect![[r#"
        row 1, type: the header has no column type; fix: begin with a header of type,key,version,property,description,status,data_type,permitted_values,pattern,labels,other_keywords
    "#]],
    );
    check(
        "",
        expect![[r#"
        row 1, type: the header has no column type; fix: begin with a header of type,key,version,property,description,status,data_type,permitted_values,pattern,labels,other_keywords
    "#]],
    );
    let problems = from_csv(b"type,key\nTRACK,\xff\n").expect_err("it is no UTF-8");
    assert_eq!((problems.len(), problems[0].row), (1, 2));
}

#[test]
fn a_table_has_bounds() {
    let mut rows = String::from("type,key,property\n");
    (0..=CSV_ROWS_MAX).for_each(|_| rows.push_str(",,\n"));
    check(
        &rows,
        expect![[r#"
        row 100002: the table has more than 100000 rows; fix: import it in parts
    "#]],
    );
    check(
        &"x".repeat(CSV_BYTES_MAX + 1),
        expect![[r#"
        row 1: the table has 15000001 bytes; fix: keep it under 15 MB, or import it in parts
    "#]],
    );
}

fn schema() -> impl Strategy<Value = Value> {
    let types = prop_oneof![
        Just(json!("string")),
        Just(json!("number")),
        Just(json!(["string", "null"])),
        Just(json!("object")),
        Just(json!("array")),
    ];
    let leaf = (
        proptest::option::of(types),
        proptest::option::of("[=+'a-z |,\"\n]{0,6}"),
        proptest::option::of(proptest::collection::vec("[a-z|' \\[]{0,3}", 1..4)),
        proptest::option::of(Just("date-time")),
    )
        .prop_map(|(kind, description, values, format)| {
            let mut schema = serde_json::Map::new();
            schema.extend(kind.map(|kind| ("type".to_owned(), kind)));
            schema.extend(description.map(|text| ("description".to_owned(), json!(text))));
            schema.extend(values.map(|values| ("enum".to_owned(), json!(values))));
            schema.extend(format.map(|format| ("format".to_owned(), json!(format))));
            Value::Object(schema)
        });
    leaf.prop_recursive(3, 20, 4, |inner| {
        let name = "[a-z.$\\\\ ]{0,4}";
        let members = proptest::collection::btree_map(name, (inner.clone(), any::<bool>()), 1..4);
        prop_oneof![
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            members.prop_map(|members| {
                let required: Vec<&String> =
                    members.iter().filter(|(_, (_, required))| *required).map(|(n, _)| n).collect();
                let properties: serde_json::Map<String, Value> =
                    members.iter().map(|(n, (schema, _))| (n.clone(), schema.clone())).collect();
                let mut schema = json!({"properties": properties});
                if !required.is_empty() {
                    schema["required"] = json!(required);
                }
                schema
            }),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_is_lost_in_a_table(schema in schema(), key in "[=+'a-z ]{1,5}") {
        let rules = vec![Rule { on: RuleType::Track, key: Some(key), version: 1, json_schema: schema }];
        let read = from_csv(to_csv(&rules).as_bytes()).expect("we wrote it");
        let plan = |rules| Plan { rules, ..Plan::default() };
        prop_assert_eq!(diff(&plan(rules.clone()), &plan(read.clone())), vec![]);
        prop_assert_eq!(to_csv(&read), to_csv(&rules));
    }

    #[test]
    fn no_table_makes_the_reader_panic(text in "[a-z,\n\"\\\\.$|{}\\[\\]']{0,80}") {
        let _ = from_csv(text.as_bytes());
        let _ = from_csv(format!("type,key,property,data_type,other_keywords\n{text}").as_bytes());
    }
}
