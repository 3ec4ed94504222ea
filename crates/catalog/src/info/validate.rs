//! Wrong values: what is refused at save.

use std::collections::HashSet;

use serde_json::Value;
use spec::Kind;

use super::{
    DESCRIPTION_CHARS_MAX, DeclaredEvent, EVENTS_MAX, Info, MORE_CATEGORIES_MAX, OPTIONS_MAX,
    OptionType, PROPERTIES_MAX, REGIONS, SCREENSHOTS_MAX, SourceOption,
};
use crate::{
    categories::check_category,
    docs,
    problem::Problem,
    text::{check_email, check_line, check_lines, check_url},
};

const CAPTION_CHARS_MAX: usize = 150;
const NAME_CHARS_MAX: usize = 100;
const LABEL_CHARS_MAX: usize = 80;
const HELP_CHARS_MAX: usize = 500;
const CHOICES_MAX: usize = 100;

/// Every wrong value in `info`; empty means it may be saved.
pub fn validate(info: &Info) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(text) = &info.description {
        problems.extend(check_lines(text, DESCRIPTION_CHARS_MAX, "/description"));
    }
    for (url, pointer) in [(&info.website, "/website"), (&info.docs_url, "/docsUrl")] {
        problems.extend(url.as_ref().and_then(|url| check_url(url, pointer)));
    }
    if let Some(email) = &info.support_email {
        problems.extend(check_email(email, "/supportEmail"));
    }
    categories(info, &mut problems);
    pictures(info, &mut problems);
    regions(info, &mut problems);
    problems.extend(docs::validate(&info.docs).into_iter().map(|p| p.under("/docs")));
    check_count(info.options.len(), OPTIONS_MAX, "/options", "options", &mut problems);
    for (index, option) in info.options.iter().enumerate().take(OPTIONS_MAX) {
        let twice = info.options[..index].iter().any(|earlier| earlier.name == option.name);
        let found = check_option(option, twice).into_iter();
        problems.extend(found.map(|p| p.under(&format!("/options/{index}"))));
    }
    check_count(info.events.len(), EVENTS_MAX, "/events", "events", &mut problems);
    let mut seen = HashSet::new();
    for (index, event) in info.events.iter().enumerate().take(EVENTS_MAX) {
        let twice = !seen.insert((event.kind, event.name.as_str()));
        let found = check_event(event, twice).into_iter();
        problems.extend(found.map(|p| p.under(&format!("/events/{index}"))));
    }
    problems
}

/// [`validate`] for an edit of what is there already: a description that was longer than today's
/// limit when it was published, and is not touched, may stay.
pub fn validate_edit(before: &Info, after: &Info) -> Vec<Problem> {
    let untouched = before.description == after.description;
    let mut problems = validate(after);
    problems.retain(|p| !(untouched && p.pointer == "/description" && p.code == "too_long"));
    problems
}

fn categories(info: &Info, problems: &mut Vec<Problem>) {
    let mut given: Vec<(String, &str)> = Vec::new();
    if let Some(name) = &info.primary_category {
        given.push(("/primaryCategory".to_owned(), name));
    }
    if let Some(name) = &info.secondary_category {
        given.push(("/secondaryCategory".to_owned(), name));
    }
    let secondary = usize::from(info.secondary_category.is_some());
    for (index, name) in info.more_categories.iter().enumerate() {
        given.push((format!("/moreCategories/{index}"), name));
    }
    for (place, (pointer, name)) in given.iter().enumerate() {
        if let Err(problem) = check_category(name) {
            problems.push(problem.at(pointer));
        } else if given[..place].iter().any(|(_, earlier)| earlier == name) {
            problems.push(Problem::new(
                "category_twice",
                pointer,
                format!("{name:?} is chosen twice"),
                "each category once",
                "choose another one, or none",
            ));
        }
    }
    if secondary + info.more_categories.len() > MORE_CATEGORIES_MAX {
        problems.push(Problem::new(
            "too_many",
            "/moreCategories",
            format!("{} categories beside the primary one", secondary + info.more_categories.len()),
            format!("at most {MORE_CATEGORIES_MAX}, the secondary one included"),
            "keep those that customers would look under; one or two are usual",
        ));
    }
}

fn pictures(info: &Info, problems: &mut Vec<Problem>) {
    for (asset, pointer) in [(&info.logo, "/logo"), (&info.mark, "/mark")] {
        problems.extend(asset.as_ref().and_then(|asset| check_asset(asset, pointer)));
    }
    check_count(info.screenshots.len(), SCREENSHOTS_MAX, "/screenshots", "screenshots", problems);
    for (index, shot) in info.screenshots.iter().enumerate() {
        problems.extend(check_asset(&shot.asset, &format!("/screenshots/{index}/asset")));
        if let Some(caption) = &shot.caption {
            let pointer = format!("/screenshots/{index}/caption");
            problems.extend(check_line(caption, CAPTION_CHARS_MAX, &pointer));
        }
    }
}

fn check_asset(asset: &str, pointer: &str) -> Option<Problem> {
    let good = (8..=128).contains(&asset.len())
        && asset.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    (!good).then(|| {
        Problem::new(
            "bad_asset",
            pointer,
            format!("{asset:?} is not the name of an asset"),
            "the hash that an upload answers",
            "upload the picture and use the hash of the answer",
        )
    })
}

fn regions(info: &Info, problems: &mut Vec<Problem>) {
    let known: Vec<_> = REGIONS.iter().map(|(region, _)| *region).collect();
    for (index, region) in info.regions.iter().enumerate() {
        let pointer = format!("/regions/{index}");
        if !known.contains(&region.as_str()) {
            problems.push(Problem::new(
                "unknown_region",
                pointer,
                format!("{region:?} is not a region"),
                format!("one of {}", known.join(", ")),
                "choose those that your tool lets its users choose",
            ));
        } else if info.regions[..index].contains(region) {
            problems.push(Problem::new(
                "region_twice",
                pointer,
                format!("{region:?} is given twice"),
                "each region once",
                "leave it out",
            ));
        }
    }
}

fn check_option(option: &SourceOption, twice: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut chars = option.name.chars();
    let good = chars.next().is_some_and(|c| c.is_ascii_lowercase())
        && chars.all(|c| c.is_ascii_alphanumeric())
        && option.name.len() <= 64;
    if !good {
        problems.push(Problem::new(
            "bad_option_name",
            "/name",
            format!("{:?} cannot be the key of a setting", option.name),
            "letters and digits in camelCase, at most 64",
            "write it like \"apiKey\"",
        ));
    } else if twice {
        problems.push(Problem::new(
            "option_twice",
            "/name",
            format!("the option {:?} is declared twice", option.name),
            "each name once",
            "rename one of them",
        ));
    }
    if let Some(label) = &option.label {
        problems.extend(check_line(label, LABEL_CHARS_MAX, "/label"));
    }
    if let Some(help) = &option.description {
        problems.extend(check_lines(help, HELP_CHARS_MAX, "/description"));
    }
    check_choices(option, &mut problems);
    if let Some(value) = &option.default_value {
        check_default(option, value, &mut problems);
    }
    problems
}

fn check_choices(option: &SourceOption, problems: &mut Vec<Problem>) {
    let select = option.kind == OptionType::Select;
    if select && option.choices.is_empty() {
        problems.push(Problem::new(
            "no_choices",
            "/choices",
            "a select without choices",
            "at least one choice",
            "list what the customer chooses from, or make it a string",
        ));
    }
    if !select && !option.choices.is_empty() {
        problems.push(Problem::new(
            "choices_without_select",
            "/choices",
            "only a select has choices",
            "no choices, or the type select",
            "set the type to \"select\"",
        ));
    }
    check_count(option.choices.len(), CHOICES_MAX, "/choices", "choices", problems);
    for (index, choice) in option.choices.iter().enumerate().take(CHOICES_MAX) {
        let pointer = format!("/choices/{index}");
        problems.extend(check_line(choice, LABEL_CHARS_MAX, &pointer));
        if choice.is_empty() || option.choices[..index].contains(choice) {
            problems.push(Problem::new(
                "bad_choice",
                pointer,
                format!("the choice {choice:?} is empty or there already"),
                "texts that differ",
                "leave it out",
            ));
        }
    }
}

/// Whether `value` is what `option` takes, and what it takes.
pub(super) fn fits(option: &SourceOption, value: &Value) -> (bool, String) {
    let text = |value: &Value| value.is_string();
    match option.kind {
        OptionType::String => (value.is_string(), "text".to_owned()),
        OptionType::Boolean => (value.is_boolean(), "true or false".to_owned()),
        OptionType::Number => (value.is_number(), "a number".to_owned()),
        OptionType::Select => (
            value.as_str().is_some_and(|value| option.choices.iter().any(|c| c == value)),
            format!("one of {}", option.choices.join(", ")),
        ),
        OptionType::Array => (
            value.as_array().is_some_and(|list| list.iter().all(text)),
            "a list of texts".to_owned(),
        ),
        OptionType::Object => (value.is_object(), "an object".to_owned()),
        OptionType::Map => (
            value.as_object().is_some_and(|map| map.values().all(text)),
            "an object of texts".to_owned(),
        ),
    }
}

fn check_default(option: &SourceOption, value: &Value, problems: &mut Vec<Problem>) {
    let (good, expected) = fits(option, value);
    if option.sensitive {
        problems.push(Problem::new(
            "sensitive_default",
            "/defaultValue",
            "a secret cannot have a default",
            "no default",
            "leave the default out: everybody could read it in the catalog",
        ));
    } else if !good {
        problems.push(Problem::new(
            "wrong_default",
            "/defaultValue",
            format!("{value} does not fit the option's type"),
            expected,
            "change the default or the type",
        ));
    }
}

fn check_event(event: &DeclaredEvent, twice: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let named = matches!(event.kind, Kind::Track | Kind::Page | Kind::Screen);
    if event.kind == Kind::Track && event.name.trim().is_empty() {
        problems.push(Problem::new(
            "event_without_name",
            "/name",
            "a track event without a name",
            "a name like \"Order Completed\"",
            "name it by object and action, in Proper Case",
        ));
    } else if !named && !event.name.is_empty() {
        problems.push(Problem::new(
            "event_with_name",
            "/name",
            format!("a call of kind {} has no event name", event.kind),
            "no name",
            "leave the name out, or make it a track event",
        ));
    } else if event.name.trim() != event.name {
        problems.push(Problem::new(
            "blank_at_end",
            "/name",
            format!("{:?} has a blank at an end", event.name),
            "a name without blanks around it",
            "leave them out",
        ));
    }
    problems.extend(check_line(&event.name, NAME_CHARS_MAX, "/name"));
    if twice {
        problems.push(Problem::new(
            "event_twice",
            "/name",
            format!("{} is declared twice", event.title()),
            "each event once",
            "put the properties of both into one",
        ));
    }
    if let Some(text) = &event.description {
        problems.extend(check_lines(text, HELP_CHARS_MAX, "/description"));
    }
    check_count(event.properties.len(), PROPERTIES_MAX, "/properties", "properties", &mut problems);
    let mut seen = HashSet::new();
    for (index, property) in event.properties.iter().enumerate().take(PROPERTIES_MAX) {
        let pointer = format!("/properties/{index}/name");
        if property.name.trim().is_empty() {
            problems.push(Problem::new(
                "property_without_name",
                &pointer,
                "a property without a name",
                "a name like \"order_id\"",
                "give it one, in snake_case",
            ));
        } else if !seen.insert(property.name.as_str()) {
            problems.push(Problem::new(
                "property_twice",
                &pointer,
                format!("{:?} is declared twice", property.name),
                "each property once",
                "leave one of them out",
            ));
        }
        problems.extend(check_line(&property.name, NAME_CHARS_MAX, &pointer));
        if let Some(text) = &property.description {
            let pointer = format!("/properties/{index}/description");
            problems.extend(check_lines(text, HELP_CHARS_MAX, &pointer));
        }
    }
    problems
}

fn check_count(count: usize, most: usize, pointer: &str, what: &str, problems: &mut Vec<Problem>) {
    if count > most {
        let message = format!("{count} {what}");
        let expected = format!("at most {most}");
        problems.push(Problem::new("too_many", pointer, message, expected, "leave some out"));
    }
}
