//! Which sound token means which person. That unsound tokens are refused, and that the whole way works with a real
//! provider, is in `tests/suite/sso.rs`.

use super::*;
use serde_json::json;

fn provider(kind: Kind, tenant: &str, trusts_factor: bool) -> Provider {
    Provider {
        id: "p".into(),
        school_id: "s".into(),
        kind,
        tenant: tenant.into(),
        issuer: "https://id.example".into(),
        client_id: "lapwing".into(),
        client_secret: Vec::new(),
        trusts_factor,
    }
}

fn identified(provider: &Provider, more: &serde_json::Value) -> Option<Identity> {
    let mut claims = json!({ "iss": "https://id.example", "aud": ["lapwing"], "exp": 2_000_000_000, "iat": 1_900_000_000,
        "sub": "sub-1", "email": "head@oakpark.sch.uk", "email_verified": true });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    identify(provider, &serde_json::from_value(claims).unwrap()).ok()
}

#[test]
fn google_means_sub_of_the_schools_own_domain() {
    let google = provider(Kind::Google, "oakpark.sch.uk", false);
    let mine = identified(&google, &json!({ "hd": "OakPark.sch.uk" })).unwrap();
    assert_eq!((mine.issuer.as_str(), mine.subject.as_str()), ("https://id.example", "sub-1"));
    for outside in [
        json!({}),
        json!({ "hd": "" }),
        json!({ "hd": "evil.example" }),
        json!({ "hd": null }),
        json!({ "tid": "oakpark.sch.uk" }),
        json!({ "hd": "oakpark.sch.uk.evil.example" }),
    ] {
        assert_eq!(identified(&google, &outside), None, "{outside}");
    }
}

#[test]
fn microsoft_means_tid_and_oid() {
    let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    let microsoft = provider(Kind::Microsoft, tenant, false);
    let mine = identified(&microsoft, &json!({ "tid": tenant, "oid": "o-1" })).unwrap();
    assert_eq!(mine.subject, format!("{tenant}/o-1"));
    for outside in [
        json!({ "oid": "o-1" }),
        json!({ "tid": tenant }),
        json!({ "tid": tenant, "oid": "" }),
        json!({ "tid": "9188040d-6c67-4c5b-b112-36a304b66dad", "oid": "o-1" }),
    ] {
        assert_eq!(identified(&microsoft, &outside), None, "{outside}");
    }
}

#[test]
fn an_empty_tenant_lets_nobody_in() {
    for kind in [Kind::Google, Kind::Microsoft] {
        assert_eq!(identified(&provider(kind, "", false), &json!({ "hd": "", "tid": "", "oid": "o" })), None);
    }
}

#[test]
fn a_factor_there_counts_only_when_it_was_said_so() {
    let with = json!({ "amr": ["pwd", "mfa"] });
    assert!(!identified(&provider(Kind::Other, "", false), &with).unwrap().factor);
    assert!(identified(&provider(Kind::Other, "", true), &with).unwrap().factor);
    for without in [json!({}), json!({ "amr": ["pwd"] }), json!({ "acr": "mfa" }), json!({ "amr": [] })] {
        assert!(!identified(&provider(Kind::Other, "", true), &without).unwrap().factor, "{without}");
    }
}
