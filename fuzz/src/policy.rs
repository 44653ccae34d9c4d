//! Managed policies. A policy is taken whole or refused with every problem; one that is taken makes an engine.

use crate::bytes;
use lapwing_core::{Engine, Frame, Lists, ManagedPolicy, PolicyError, Visit};

/// What device management has set, as JSON.
pub fn policy(data: &[u8]) {
    let Ok(value) = serde_json::from_str(&bytes::text(data)) else { return };
    match ManagedPolicy::from_json(&value) {
        Ok(managed) => {
            assert!(managed.relay_url.starts_with("https://"), "reports would travel in the clear");
            assert!(!managed.relay_url.ends_with('/') && !managed.relay_url.contains('@'));
            assert!(!managed.enrolment_key.is_empty() && !managed.school_name.is_empty());
            assert!(!managed.policy.version().is_empty(), "a policy without a version");
            let own = format!("{}/inbox", managed.relay_url);
            let engine = Engine::new(Lists::starter().unwrap(), managed.policy)
                .expect("a good policy makes an engine");
            assert!(engine.never_reads_url(&own), "the relay's own pages would be read: {own}");
            let _ = engine.check_url(&Visit { url: &own, frame: Frame::Main });
        }
        Err(PolicyError::NotSetUp) => {}
        Err(PolicyError::Bad(problems)) => {
            assert!(!problems.is_empty(), "refused without a reason");
            assert!(problems.iter().all(|p| !p.key.is_empty() || !p.problem.is_empty()));
        }
    }
}
