//! How a page is put together: the frame around it (`templates/base.html`) and the way it becomes a response.
//! What stands inside the frame belongs to each page's own file.

use crate::app::App;
use crate::auth::{Account, Role};
use crate::db::{factors, schools};
use crate::error::{self, Error};
use crate::web::when;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// The part of Lapwing that a page belongs to, for the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// None of those in the navigation.
    None,
    /// What waits for the DSL.
    Inbox,
    /// Pupils' reports.
    Reports,
    /// Concerns: one's own, or all for the DSL.
    Concerns,
    /// Writing a concern.
    NewConcern,
    /// Accounts.
    People,
    /// Devices.
    Devices,
    /// How to install the extension.
    Install,
    /// Numbers of the school.
    Numbers,
    /// The schools of a trust.
    Trust,
    /// Who did and read what.
    Trail,
    /// Opening a record in need.
    Glass,
    /// Lessons that staff have announced.
    Lessons,
    /// The school's policy.
    Policy,
    /// Pupils' requests for sites.
    Requests,
    /// Lists of sites on devices.
    Lists,
    /// Proof that filtering and monitoring work.
    Evidence,
}

/// The frame around a page.
#[derive(Debug, Clone)]
pub(crate) struct Chrome {
    /// The school's name; empty where it is not known.
    pub(crate) school: String,
    /// Who is signed in.
    pub(crate) who: Option<Who>,
    /// The day by which whoever is signed in must have set up a second factor, in words; none when there is nothing to do.
    pub(crate) factor_by: Option<String>,
    area: Area,
}

/// Who is signed in, as the frame shows it.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    /// Their name.
    pub(crate) name: String,
    role: Role,
}

impl Who {
    /// Their role in words.
    pub(crate) const fn role_label(&self) -> &'static str {
        self.role.label()
    }
}

type Item = (Area, &'static str, &'static str);
const INBOX: Item = (Area::Inbox, "/inbox", "Inbox");
const CONCERNS: Item = (Area::Concerns, "/concerns", "Concerns");
const NEW_CONCERN: Item = (Area::NewConcern, "/concerns/new", "Record a concern");
const REPORTS: Item = (Area::Reports, "/reports", "Reports to me");
const LESSONS: Item = (Area::Lessons, "/lessons", "Lessons");
const POLICY: Item = (Area::Policy, "/policy", "Policy");
const REQUESTS: Item = (Area::Requests, "/requests", "Requests");
const SITES: Item = (Area::Policy, "/policy/ask", "Sites");
const LISTS: Item = (Area::Lists, "/lists", "Lists");
const EVIDENCE: Item = (Area::Evidence, "/evidence", "Evidence");
const PEOPLE: Item = (Area::People, "/people", "People");
const NUMBERS: Item = (Area::Numbers, "/numbers", "Numbers");
const TRAIL: Item = (Area::Trail, "/trail", "Audit trail");
const GLASS: Item = (Area::Glass, "/break-glass", "Open in need");

/// One link of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NavItem {
    /// Where it leads.
    pub(crate) href: &'static str,
    /// What it says.
    pub(crate) label: &'static str,
    /// Whether this page belongs to it.
    pub(crate) current: bool,
}

impl Chrome {
    /// The frame of a page for nobody in particular: sign-in, set-up, errors.
    pub(crate) const fn outside() -> Self {
        Self { school: String::new(), who: None, factor_by: None, area: Area::None }
    }

    /// The frame for somebody who is signed in.
    pub(crate) async fn of(app: &App, me: &Account, area: Area) -> Result<Self, Error> {
        let school = schools::name(app.db.read(), &me.school_id).await?;
        let factor_by = factors::due(app.db.read(), me).await?.map(when::day);
        Ok(Self { factor_by, ..Self::with(school, &me.name, me.role, area) })
    }

    /// The frame from its parts.
    pub(crate) fn with(school: String, name: &str, role: Role, area: Area) -> Self {
        Self { school, who: Some(Who { name: name.to_owned(), role }), factor_by: None, area }
    }

    /// The navigation for the role of whoever is signed in.
    pub(crate) fn nav(&self) -> Vec<NavItem> {
        let items: &[Item] = match self.who.as_ref().map(|who| who.role) {
            None => &[],
            Some(Role::Dsl) => &[
                INBOX,
                CONCERNS,
                NEW_CONCERN,
                REPORTS,
                LESSONS,
                REQUESTS,
                POLICY,
                LISTS,
                PEOPLE,
                NUMBERS,
                EVIDENCE,
                TRAIL,
            ],
            Some(Role::DeputyDsl) => {
                &[INBOX, CONCERNS, NEW_CONCERN, REPORTS, LESSONS, REQUESTS, POLICY, NUMBERS, EVIDENCE, GLASS]
            }
            Some(Role::Pastoral) => &[INBOX, CONCERNS, NEW_CONCERN, REPORTS, LESSONS, SITES],
            Some(Role::Head) => &[
                INBOX,
                CONCERNS,
                NEW_CONCERN,
                REPORTS,
                LESSONS,
                REQUESTS,
                POLICY,
                NUMBERS,
                EVIDENCE,
                TRAIL,
                GLASS,
            ],
            Some(Role::Staff) => {
                &[NEW_CONCERN, (Area::Concerns, "/concerns", "My concerns"), REPORTS, LESSONS, SITES]
            }
            Some(Role::Governor) => &[NUMBERS, EVIDENCE],
            Some(Role::TrustLead) => &[(Area::Trust, "/trust", "Schools")],
            Some(Role::Auditor) => &[TRAIL],
            Some(Role::ItAdmin) => &[
                (Area::Devices, "/devices", "Devices"),
                EVIDENCE,
                LISTS,
                (Area::Install, "/install", "Install"),
                POLICY,
                PEOPLE,
            ],
        };
        items.iter().map(|&(area, href, label)| NavItem { href, label, current: area == self.area }).collect()
    }
}

/// A page that could be made.
pub(crate) fn show(template: &impl Template) -> Result<Response, Error> {
    show_as(StatusCode::OK, template)
}

/// A page with a status of its own: 422 for a form that comes back with what to put right.
pub(crate) fn show_as(status: StatusCode, template: &impl Template) -> Result<Response, Error> {
    let html = template.render().map_err(Error::internal)?;
    Ok((status, Html(html)).into_response())
}

#[derive(Template)]
#[template(path = "home/message.html")]
struct Message<'a> {
    chrome: Chrome,
    title: &'a str,
    text: &'a str,
}

/// A page that says one thing: what happened, and what to do next. It needs no database, so errors can use it.
pub(crate) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let page = Message { chrome: Chrome::outside(), title, text };
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            let reference = error::logged(&error.to_string());
            (status, format!("{title}. Reference {reference}.")).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hrefs(role: Role) -> Vec<&'static str> {
        Chrome::with("Oak".into(), "A", role, Area::None).nav().iter().map(|item| item.href).collect()
    }

    #[test]
    fn who_meets_no_record_is_offered_no_page_about_a_child() {
        for role in Role::ALL.into_iter().filter(|role| !role.meets_records()) {
            let offered = hrefs(role);
            assert!(!offered.is_empty());
            for page in ["/inbox", "/concerns", "/concerns/new", "/reports", "/break-glass", "/lessons"] {
                assert!(!offered.contains(&page), "{role}: {page}");
            }
        }
    }

    #[test]
    fn the_current_area_is_marked_once() {
        let nav = Chrome::with("Oak".into(), "A", Role::Dsl, Area::Inbox).nav();
        assert_eq!(
            nav.iter().filter(|item| item.current).map(|item| item.href).collect::<Vec<_>>(),
            ["/inbox"]
        );
    }

    #[tokio::test]
    async fn a_message_is_escaped() {
        let response = message(StatusCode::BAD_REQUEST, "<b>", "<script>alert(1)</script>");
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let html = String::from_utf8(body.to_vec()).unwrap();
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
    }
}
