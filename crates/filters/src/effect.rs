//! Actions checked and made ready.

use serde_json::{Map, Value};

use crate::{
    change::{Change, Tree},
    filter::{Action, ActionType, Algorithm, FIELDS_BYTES_MAX, FIELDS_MAX, Problem},
    hash::{Hash, Salt},
    path::{Keys, keys},
};

/// What an action does.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Nothing passes: the filter is none.
    Broken(String),
    /// A share of 1 passes, chosen by the value there.
    Sample { share: f64, by: Keys },
    /// Nothing passes.
    Drop,
    /// The message becomes another.
    Change(Change),
}

impl Effect {
    /// Effects take turns in this order.
    pub(crate) fn turn(&self) -> ActionType {
        match self {
            Effect::Broken(_) | Effect::Sample { .. } => ActionType::Sample,
            Effect::Drop => ActionType::Drop,
            Effect::Change(change) => match change {
                Change::Drop(_) => ActionType::DropProperties,
                Change::Allow(_) => ActionType::AllowProperties,
                Change::Hash(..) => ActionType::HashProperties,
                Change::RenameEvent(_) => ActionType::RenameEvent,
                Change::Rename(_) => ActionType::RenameProperties,
                Change::Set(_) => ActionType::SetValues,
            },
        }
    }
}

/// Members that make a message one: no action touches them.
pub(crate) const KEPT: [&str; 2] = ["type", "messageId"];
/// Members of the message itself whose values may be hashed.
const IDS: [&str; 4] = ["userId", "anonymousId", "groupId", "previousId"];

/// The effect of `action`.
///
/// Errors: everything that is wrong with it, with places within it.
pub(crate) fn effect(action: &Action, salt: &Salt) -> Result<Effect, Vec<Problem>> {
    let mut problems = surplus(action);
    let effect = match action.kind {
        ActionType::Sample => sample(action, &mut problems),
        ActionType::Drop => Effect::Drop,
        ActionType::RenameEvent => {
            let name = action.new_event_name.as_deref().unwrap_or_default();
            if name.trim().is_empty() {
                let message = "the new name of the event is missing";
                problems.push(Problem::new("/newEventName", message, "say the new name"));
            }
            Effect::Change(Change::RenameEvent(Value::from(name).to_string()))
        }
        kind => {
            let empty = Map::new();
            let fields = action.fields.as_ref().unwrap_or(&empty);
            if action.fields.is_none() || fields.is_empty() {
                let message = format!("{kind} names no fields");
                problems.push(Problem::new("/fields", message, form(kind)));
            }
            Effect::Change(match kind {
                ActionType::AllowProperties => Change::Allow(names(kind, fields, &mut problems)),
                ActionType::HashProperties => {
                    let algorithm = action.algorithm.unwrap_or(Algorithm::HmacSha256);
                    let hash = Hash::new(algorithm, salt);
                    Change::Hash(names(kind, fields, &mut problems), hash)
                }
                ActionType::RenameProperties => Change::Rename(renames(fields, &mut problems)),
                ActionType::SetValues => Change::Set(values(fields, &mut problems)),
                _ => Change::Drop(names(kind, fields, &mut problems)),
            })
        }
    };
    match problems.is_empty() {
        true => Ok(effect),
        false => Err(problems),
    }
}

/// How `fields` is written.
fn form(kind: ActionType) -> &'static str {
    match kind {
        ActionType::RenameProperties => r#"write {"properties": {"old name": "new name"}}"#,
        ActionType::SetValues => r#"write {"properties": {"name": "value"}}"#,
        _ => r#"write {"properties": ["name"]}, and "" for the message itself"#,
    }
}

/// Members that the type does not take.
fn surplus(action: &Action) -> Vec<Problem> {
    let kind = action.kind;
    let takes_fields =
        !matches!(kind, ActionType::Drop | ActionType::Sample | ActionType::RenameEvent);
    let given = [
        ("fields", action.fields.is_some(), takes_fields),
        ("percent", action.percent.is_some(), kind == ActionType::Sample),
        ("path", action.path.is_some(), kind == ActionType::Sample),
        ("algorithm", action.algorithm.is_some(), kind == ActionType::HashProperties),
        ("newEventName", action.new_event_name.is_some(), kind == ActionType::RenameEvent),
    ];
    let surplus = given.into_iter().filter(|(_, there, taken)| *there && !taken);
    surplus
        .map(|(name, ..)| {
            let pointer = format!("/{name}");
            Problem::new(pointer, format!("{kind} takes no {name}"), "leave it out")
        })
        .collect()
}

fn sample(action: &Action, problems: &mut Vec<Problem>) -> Effect {
    let share = action.percent.unwrap_or(f64::NAN);
    if !(0.0..=1.0).contains(&share) {
        let message = match action.percent {
            Some(percent) => format!("the share is {percent}"),
            None => "the share is missing".to_owned(),
        };
        let fix = "say the share that is sent from 0 to 1: 0.1 for one in ten";
        problems.push(Problem::new("/percent", message, fix));
    }
    let path = action.path.as_deref().unwrap_or_default();
    let by = keys(path).unwrap_or_else(|| {
        problems.push(bad_path("/path", path));
        Keys::new()
    });
    Effect::Sample { share, by }
}

fn bad_path(pointer: &str, path: &str) -> Problem {
    let fix =
        r"write names with dots between them: properties.address.city; \. for a dot in a name";
    Problem::new(pointer, format!("{path:?} is no path"), fix)
}

/// Goes through what `fields` says of each object.
fn each<T>(
    fields: &Map<String, Value>,
    problems: &mut Vec<Problem>,
    kind: ActionType,
    mut add: impl FnMut(&mut Tree<T>, &Keys, &str, &Value) -> Result<usize, Problem>,
) -> Tree<T> {
    let mut tree = Tree::default();
    let bytes = serde_json::to_string(fields).map_or(0, |text| text.len());
    let mut many = 0;
    for (path, inside) in fields {
        let pointer = format!("/fields/{}", path.replace('~', "~0").replace('/', "~1"));
        let Some(keys) = keys(path) else {
            problems.push(bad_path(&pointer, path));
            continue;
        };
        match add(&mut tree, &keys, &pointer, inside) {
            Ok(0) => {
                problems.push(Problem::new(
                    pointer,
                    format!("{path:?} names no field"),
                    form(kind),
                ));
            }
            Ok(more) => many += more,
            Err(problem) => problems.push(problem),
        }
    }
    if many > FIELDS_MAX || bytes > FIELDS_BYTES_MAX {
        let message = format!("the action names {many} fields in {bytes} bytes");
        let fix = format!("keep it to {FIELDS_MAX} fields and {FIELDS_BYTES_MAX} bytes");
        problems.push(Problem::new("/fields", message, fix));
    }
    tree
}

fn names(kind: ActionType, fields: &Map<String, Value>, problems: &mut Vec<Problem>) -> Tree<()> {
    each(fields, problems, kind, |tree, path, pointer, inside| {
        let wrong = || Problem::new(pointer, format!("{inside} is no list of names"), form(kind));
        let names = inside.as_array().ok_or_else(wrong)?;
        if let Some(first) = path.first()
            && KEPT.iter().any(|kept| kept.as_bytes() == &**first)
        {
            may(kind, &String::from_utf8_lossy(first), pointer)?;
        }
        let object = tree.at(path);
        object.only = true;
        for name in names {
            let name = name.as_str().ok_or_else(wrong)?;
            let inside = keys(name).filter(|keys| !keys.is_empty());
            let inside = inside.ok_or_else(|| bad_path(pointer, name))?;
            let top = path.is_empty() && inside.len() == 1;
            if top && kind != ActionType::AllowProperties {
                may(kind, name, pointer)?;
            }
            for parents in 1..inside.len() {
                object.at(&inside[..parents]).only = true;
            }
            object.at(&inside).leaf = Some(());
        }
        Ok(names.len())
    })
}

/// Whether the action may have anything to do with this member of the message itself.
fn may(kind: ActionType, name: &str, pointer: &str) -> Result<(), Problem> {
    let wrong = |fix: &str| Err(Problem::new(pointer, format!("{kind} of {name}"), fix));
    match kind {
        _ if KEPT.contains(&name) => wrong("leave it as it is: every message needs it"),
        ActionType::HashProperties if !IDS.contains(&name) => wrong(
            "of the message itself hash userId, anonymousId, groupId or previousId; of others \
             name fields within context, properties or traits",
        ),
        _ => Ok(()),
    }
}

fn renames(fields: &Map<String, Value>, problems: &mut Vec<Problem>) -> Tree<String> {
    let kind = ActionType::RenameProperties;
    each(fields, problems, kind, |tree, path, pointer, inside| {
        let wrong = || Problem::new(pointer, format!("{inside} names no fields anew"), form(kind));
        let renames = inside.as_object().ok_or_else(wrong)?;
        not_the_message(path, pointer)?;
        for (old, new) in renames {
            let new = new.as_str().filter(|new| !new.is_empty()).ok_or_else(wrong)?;
            let keys = keys(old).filter(|keys| !keys.is_empty());
            let keys = keys.ok_or_else(|| bad_path(pointer, old))?;
            let (name, parents) = keys.split_last().expect("it is not empty");
            let object = tree.at(path).at(parents);
            if object.inside.iter().any(|(_, other)| other.leaf.as_deref() == Some(new)) {
                let message = format!("two fields are named {new:?}");
                return Err(Problem::new(pointer, message, "give each a name of its own"));
            }
            object.at(std::slice::from_ref(name)).leaf = Some(new.to_owned());
        }
        Ok(renames.len())
    })
}

fn values(fields: &Map<String, Value>, problems: &mut Vec<Problem>) -> Tree<String> {
    let kind = ActionType::SetValues;
    each(fields, problems, kind, |tree, path, pointer, inside| {
        let wrong = || Problem::new(pointer, format!("{inside} holds no values"), form(kind));
        let values = inside.as_object().ok_or_else(wrong)?;
        not_the_message(path, pointer)?;
        for (name, value) in values {
            let keys = keys(name).filter(|keys| !keys.is_empty());
            let keys = keys.ok_or_else(|| bad_path(pointer, name))?;
            tree.at(path).at(&keys).leaf = Some(value.to_string());
        }
        Ok(values.len())
    })
}

/// Names and values of the message's own members stay.
fn not_the_message(path: &Keys, pointer: &str) -> Result<(), Problem> {
    const OPEN: [&[u8]; 3] = [b"context", b"properties", b"traits"];
    match path.first() {
        Some(first) if OPEN.contains(&&**first) => Ok(()),
        _ => {
            let message = "the message's own members keep their names and values";
            let fix = "name fields within context, properties or traits";
            Err(Problem::new(pointer, message, fix))
        }
    }
}
