//! Packs: what was not signed is refused, and what was signed but makes no sense does no harm.

use lapwing_core::pack::{Kind, Pack};
use lapwing_core::{Audience, Engine, Frame, Lists, Policy, Sites, Visit};
use lapwing_packs::PackKey;
use std::sync::Arc;

/// First as a whole pack, then as a section of sites that was signed as it is.
pub fn pack(data: &[u8]) {
    let key = PackKey::from_seed(&[7; 32]);
    if let Ok(pack) = Pack::open(data.to_vec(), &key.public(), 0) {
        use_it(pack);
    }
    let signed = lapwing_packs::pack(&key, 1, None, &[(Kind::Sites, data)]);
    use_it(Pack::open(signed, &key.public(), 1).expect("what was just signed is let in"));
}

fn use_it(pack: Pack) {
    let Ok(sites) = Sites::new(pack) else { return };
    for host in ["www.bet.example", "192.0.2.1", "[2001:db8::1]", "", "..", &"a.".repeat(200)] {
        let _ = sites.host(host);
        let _ = sites.rule(host, "/a/b");
    }
    let lists = Lists::from_sources(&[]).expect("no lists are lists");
    let engine =
        Engine::new(lists, Policy::school_default(Audience::Year(9))).expect("the model can be read");
    let engine = engine.with_sites(Arc::new(sites));
    let decision = engine.check_url(&Visit { url: "https://u@bet.example:8/a//b/%63?x", frame: Frame::Main });
    assert!(
        decision
            .site
            .is_none_or(|site| "bet.example/a/b/c".contains(&site.rule) || site.rule.contains("unlawful"))
    );
}
