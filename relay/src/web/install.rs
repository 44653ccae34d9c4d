//! How a school puts the extension on its devices: the exact policy text for each kind of device management, and the
//! package that browsers fetch. The texts are templates in `manifest/policy`; the package is made in `crx`.

use super::{Area, Chrome, show};
use crate::app::App;
use crate::auth::{Account, ItAdmin};
use crate::crx::Package;
use crate::db::schools;
use crate::error::Error;
use crate::extract::Path;
use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// One text to paste.
struct Source {
    file: &'static str,
    title: &'static str,
    place: &'static str,
    template: &'static str,
}

const SOURCES: &[Source] = &[
    Source {
        file: "google-admin.json",
        title: "Google Admin (Chromebooks, and Chrome where pupils sign in)",
        place: "Devices, Chrome, Apps and extensions, Users and browsers. Add the extension by its id “From a custom \
                URL”, choose “Force install + pin to browser toolbar”, and paste this under “Policy for extensions”.",
        template: include_str!("../../../manifest/policy/google-admin.json.tmpl"),
    },
    Source {
        file: "intune-edge.json",
        title: "Intune: Edge",
        place: "Settings catalogue, Microsoft Edge, Extensions, “Configure extension management settings”. The school’s \
                own values (relay, enrolment key) go out with the Windows text, as a script.",
        template: include_str!("../../../manifest/policy/intune-edge.json.tmpl"),
    },
    Source {
        file: "intune-chrome.json",
        title: "Intune: Chrome",
        place: "Settings catalogue, Google Chrome, Extensions, “Extension management settings”. The school’s \
                own values (relay, enrolment key) go out with the Windows text, as a script.",
        template: include_str!("../../../manifest/policy/intune-chrome.json.tmpl"),
    },
    Source {
        file: "windows.reg",
        title: "Windows registry: Chrome and Edge",
        place: "Import it by Group Policy or a script, as an administrator. The device must be joined to a domain or \
                to Entra ID.",
        template: include_str!("../../../manifest/policy/windows.reg.tmpl"),
    },
    Source {
        file: "linux.json",
        title: "Linux: Chrome or Chromium",
        place: "Save it as lapwing.json in /etc/opt/chrome/policies/managed/ or /etc/chromium/policies/managed/.",
        template: include_str!("../../../manifest/policy/linux.json.tmpl"),
    },
];

/// A text with the school's own values in it.
struct Text {
    file: &'static str,
    title: &'static str,
    place: &'static str,
    text: String,
    rows: usize,
}

#[derive(Template)]
#[template(path = "install/install.html")]
struct Page<'a> {
    chrome: Chrome,
    package: Option<&'a Package>,
    update_url: String,
    relay_url: String,
    texts: Vec<Text>,
}

/// `GET /install`.
pub(crate) async fn page(State(app): State<Arc<App>>, ItAdmin(me): ItAdmin) -> Result<Response, Error> {
    let package = app.extension.as_ref();
    let texts = match package {
        Some(package) => texts(&app, &me, package).await?,
        None => Vec::new(),
    };
    let chrome = Chrome::of(&app, &me, Area::Install).await?;
    show(&Page { chrome, package, update_url: update_url(&app), relay_url: app.address(""), texts })
}

/// `GET /install/{file}`: one of the texts as a file.
pub(crate) async fn file(
    State(app): State<Arc<App>>,
    ItAdmin(me): ItAdmin,
    Path(file): Path<String>,
) -> Result<Response, Error> {
    let package = app.extension.as_ref().ok_or(Error::NotFound)?;
    let texts = texts(&app, &me, package).await?;
    let text = texts.into_iter().find(|text| text.file == file).ok_or(Error::NotFound)?;
    let (media, bytes) = if text.file.ends_with(".reg") {
        ("text/plain; charset=utf-16le", registry(&text.text))
    } else {
        ("application/json", text.text.into_bytes())
    };
    let disposition = format!("attachment; filename=\"lapwing-{}\"", text.file);
    Ok(([(header::CONTENT_TYPE, media.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response())
}

/// `GET /extension/update.xml`: what browsers ask for new versions.
pub(crate) async fn update_xml(State(app): State<Arc<App>>) -> Response {
    let Some(package) = &app.extension else { return no_extension() };
    let xml = format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n\
         <gupdate xmlns='http://www.google.com/update2/response' protocol='2.0'>\n  <app appid='{}'>\n    \
         <updatecheck codebase='{}' version='{}'/>\n  </app>\n</gupdate>\n",
        package.id,
        app.address("/extension/lapwing.crx").replace('&', "&amp;").replace('\'', "&apos;"),
        package.version,
    );
    ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], xml).into_response()
}

/// `GET /extension/lapwing.crx`: the package itself.
pub(crate) async fn crx(State(app): State<Arc<App>>) -> Response {
    let Some(package) = &app.extension else { return no_extension() };
    ([(header::CONTENT_TYPE, "application/x-chrome-extension")], package.crx.clone()).into_response()
}

fn no_extension() -> Response {
    let text = "This build has no extension in it: build with cargo xtask build\n";
    (axum::http::StatusCode::NOT_FOUND, text).into_response()
}

fn update_url(app: &App) -> String {
    app.address("/extension/update.xml")
}

async fn texts(app: &App, me: &Account, package: &Package) -> Result<Vec<Text>, Error> {
    let school = schools::find(app.db.read(), &me.school_id).await?;
    let values = [
        ("extension_id", package.id.clone()),
        ("update_url", update_url(app)),
        ("relay_url", app.address("")),
        ("enrolment_key", school.enrolment_key),
        ("school_name", school.name),
    ];
    let texts = SOURCES.iter().map(|source| {
        let text = fill(source.template, &values);
        let rows = text.lines().count() + 1;
        Text { file: source.file, title: source.title, place: source.place, text, rows }
    });
    Ok(texts.collect())
}

/// Puts the values into a template, once: a value that looks like a placeholder stays as it is. JSON and registry files
/// agree on how a quotation mark is written inside quotation marks.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(template.len() + 256);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let known = after.split_once("}}").and_then(|(name, after)| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (value, after))
        });
        match known {
            Some((value, after)) => {
                filled.push_str(&value.replace('\\', "\\\\").replace('"', "\\\""));
                rest = after;
            }
            None => {
                filled.push_str("{{");
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// Registry files are UTF-16 with a byte order mark and Windows line ends; in any other form names lose their accents.
fn registry(text: &str) -> Vec<u8> {
    let windows = text.replace("\r\n", "\n").replace('\n', "\r\n");
    std::iter::once(0xfeff).chain(windows.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(school: &str) -> Vec<(&'static str, String)> {
        vec![
            ("extension_id", "abcdefghijklmnopabcdefghijklmnop".into()),
            ("update_url", "https://relay.school.example/extension/update.xml".into()),
            ("relay_url", "https://relay.school.example".into()),
            ("enrolment_key", "abcde-fghjk".into()),
            ("school_name", school.into()),
        ]
    }

    #[test]
    fn every_text_is_whole_and_valid_whatever_the_school_is_called() {
        let school = r#"St “Mary's" \ {{relay_url}} Ysgol Dŵr"#;
        for source in SOURCES {
            let text = fill(source.template, &values(school));
            let left = text.replace("{{relay_url}} Ysgol", "");
            assert!(!left.contains("{{") && !left.contains("}}"), "{}: {text}", source.file);
            if source.file.ends_with(".json") {
                let json: serde_json::Value = serde_json::from_str(&text).unwrap();
                let names_school = source.template.contains("{{school_name}}");
                assert_eq!(json.to_string().contains("Ysgol Dŵr"), names_school, "{}", source.file);
            }
        }
    }

    #[test]
    fn a_registry_file_is_utf_16_with_windows_line_ends() {
        assert_eq!(registry("ŵ\n"), [0xff, 0xfe, 0x75, 0x01, 0x0d, 0x00, 0x0a, 0x00]);
    }
}
