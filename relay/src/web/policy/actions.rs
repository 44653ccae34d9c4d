//! What happens at each kind of site, for all pupils or for one group, in school hours and outside them: one table.

use super::{Change, Head, done, submit};
use crate::app::App;
use crate::auth::{Account, Dsl, Policy};
use crate::error::Error;
use crate::extract::Query;
use crate::policy::{Current, current, words};
use crate::web::form::{Errors, Posted};
use crate::web::words::capital;
use crate::web::{Area, Chrome, show_as};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use lapwing_core::school::{Choice, Choices, SchoolPolicy};
use lapwing_core::{Action, Audience, Category, SITE_DEFAULTS, site_action_choices};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// For whom: empty for all pupils, else the id of a group.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    group: String,
}

/// The table, as the form writes it: `school_games`, `home_games` and so on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    on: i64,
    group: String,
    why: String,
    #[serde(flatten)]
    chosen: BTreeMap<String, String>,
}

impl Fields {
    fn of(group: &str, choices: &Choices) -> Self {
        let mut chosen = BTreeMap::new();
        for (category, choice) in choices {
            for (place, action) in [("school", choice.school), ("home", choice.home)] {
                if let Some(action) = action {
                    chosen.insert(format!("{place}_{category}"), action.to_string());
                }
            }
        }
        Self { group: group.to_owned(), chosen, ..Self::default() }
    }

    fn read(&self, place: &str, category: Category, errors: &mut Errors) -> Option<Action> {
        let name = format!("{place}_{category}");
        let text = self.chosen.get(&name).map_or("", String::as_str);
        let action = text.parse().ok().filter(|action| site_action_choices(category).contains(action));
        if action.is_none() && !text.is_empty() {
            errors.add(name, format!("Choose one of the list for {}", category.label()));
        }
        action
    }

    fn choices(&self, errors: &mut Errors) -> Choices {
        let mut choices = Choices::new();
        for category in Category::ALL {
            let choice = Choice {
                school: self.read("school", *category, errors),
                home: self.read("home", *category, errors),
            };
            if choice != Choice::default() {
                choices.insert(*category, choice);
            }
        }
        choices
    }
}

/// One kind of site.
struct Row {
    name: &'static str,
    label: String,
    /// What happens when nothing is chosen.
    usual: String,
    /// Name, words, whether it is chosen; for school hours and outside them.
    school: Vec<(&'static str, String, bool)>,
    home: Vec<(&'static str, String, bool)>,
}

#[derive(Template)]
#[template(path = "policy/actions.html")]
struct Page<'a> {
    chrome: Chrome,
    head: Head,
    /// Id, name, whether it is this page's.
    groups: Vec<(String, String, bool)>,
    of: String,
    rows: Vec<Row>,
    fields: &'a Fields,
    errors: Errors,
}

/// `GET /policy/actions`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    Policy(me): Policy,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let mut current = current(&app, &vault).await?;
    let group = if current.policy.group(&wanted.group).is_some() { wanted.group } else { String::new() };
    let choices = choices_of(&mut current.policy, &group).cloned().unwrap_or_default();
    shown(&app, &me, &current, &Fields::of(&group, &choices), Errors::default()).await
}

/// The choices of a group, or of all pupils.
fn choices_of<'a>(policy: &'a mut SchoolPolicy, group: &str) -> Option<&'a mut Choices> {
    if group.is_empty() {
        return Some(&mut policy.pupils);
    }
    policy.groups.iter_mut().find(|one| one.id == group).map(|group| &mut group.choices)
}

async fn shown(
    app: &App,
    me: &Account,
    current: &Current,
    fields: &Fields,
    errors: Errors,
) -> Result<Response, Error> {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let group = current.policy.group(&fields.group);
    let all = ("".to_owned(), "All pupils".to_owned(), group.is_none());
    let groups =
        current.policy.groups.iter().map(|one| (one.id.clone(), one.name.clone(), one.id == fields.group));
    let categories = Category::ALL.iter().filter(|category| !site_action_choices(**category).is_empty());
    let page = Page {
        chrome: Chrome::of(app, me, Area::Policy).await?,
        head: Head::of(current, me),
        groups: [all].into_iter().chain(groups).collect(),
        of: group.map_or_else(|| "all pupils".into(), |group| group.name.clone()),
        rows: categories.map(|category| row(*category, group.is_some(), fields)).collect(),
        fields,
        errors,
    };
    show_as(status, &page)
}

fn row(category: Category, is_group: bool, fields: &Fields) -> Row {
    let choices = |place: &str, nothing: &str| {
        let chosen = fields.chosen.get(&format!("{place}_{category}")).map_or("", String::as_str);
        let offered = site_action_choices(category)
            .iter()
            .map(|action| (action.as_str(), capital(words::action(*action)), action.as_str() == chosen));
        [("", nothing.to_owned(), chosen.is_empty())].into_iter().chain(offered).collect()
    };
    let usual = SITE_DEFAULTS.iter().find(|row| row.category == category).map_or_else(String::new, |row| {
        let (younger, older) = (row.action(Audience::Year(7)), row.action(Audience::Unspecified));
        if younger == older {
            words::action(older).to_owned()
        } else {
            format!("{} up to Year 8, {} above", words::action(younger), words::action(older))
        }
    });
    Row {
        name: category.as_str(),
        label: capital(category.label()),
        usual: capital(&usual),
        school: choices("school", if is_group { "As for all pupils" } else { "As usual" }),
        home: choices(
            "home",
            if is_group {
                // What was chosen for all pupils at home holds where the group has no choice for school hours either.
                "As in school hours; where nothing is chosen there, as for all pupils"
            } else {
                "As in school hours"
            },
        ),
    }
}

/// `POST /policy/actions`.
pub(crate) async fn set(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let vault = app.vault(&me.school_id).await?;
    let current = current(&app, &vault).await?;
    let mut errors = Errors::default();
    let mut after = current.policy.clone();
    let chosen = fields.choices(&mut errors);
    match choices_of(&mut after, &fields.group) {
        Some(choices) => *choices = chosen,
        None => errors.add("group", "This group is no longer there. Choose another"),
    }
    let change = Change { on: fields.on, after, why: &fields.why, restored: None };
    let back = if fields.group.is_empty() {
        "/policy/actions".to_owned()
    } else {
        format!("/policy/actions?group={}", fields.group)
    };
    match submit(&app, &me, &vault, &current, change, &mut errors).await? {
        Some(outcome) => Ok(done(outcome, &back)),
        None => shown(&app, &me, &current, &fields, errors).await,
    }
}
