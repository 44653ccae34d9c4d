//! Which of UT1's categories are which of ours. What is not here has no counterpart, or is not for a school to stop
//! (the press, banks, sexual education); it is left out, counted, and its hosts are taken for known to be good.

use lapwing_core::Category;

/// The category of a UT1 folder.
pub(super) fn category(folder: &str) -> Option<Category> {
    let folder = folder.to_lowercase();
    TABLE.iter().find(|(name, _)| *name == folder).map(|(_, category)| *category)
}

const TABLE: [(&str, Category); 32] = [
    // French for “aggressive”: racism and incitement.
    ("agressif", Category::Hate),
    ("aggressive", Category::Hate),
    ("adult", Category::SexualContent),
    ("porn", Category::SexualContent),
    ("mixed_adult", Category::SexualContent),
    ("ai", Category::AiChat),
    // The regulator of French gambling: licensed operators.
    ("arjel", Category::Gambling),
    ("gambling", Category::Gambling),
    ("audio-video", Category::Streaming),
    ("radio", Category::Streaming),
    ("chat", Category::AnonymousChat),
    ("cryptojacking", Category::Malware),
    ("ddos", Category::Malware),
    ("dialer", Category::Malware),
    ("malware", Category::Malware),
    ("phishing", Category::Malware),
    ("stalkerware", Category::Malware),
    ("dangerous_material", Category::ViolenceWeapons),
    ("violence", Category::ViolenceWeapons),
    ("dating", Category::Dating),
    ("doh", Category::ProxyVpn),
    ("vpn", Category::ProxyVpn),
    ("proxy", Category::ProxyVpn),
    // Not strict_ and strong_redirector, which add search engines and translators.
    ("redirector", Category::ProxyVpn),
    ("residential-proxies", Category::ProxyVpn),
    ("drogue", Category::DrugsAlcohol),
    ("games", Category::Games),
    ("hacking", Category::Bypass),
    ("remote-control", Category::Bypass),
    ("shopping", Category::Shopping),
    ("social_networks", Category::Social),
    ("warez", Category::Piracy),
];
