//! Lapwing from outside: the packed extension in a real Chromium, against the real relay over TLS.
//!
//! This crate is the harness that the browser tests (`tests/`), the demonstration (`src/bin/demo.rs`) and the browser
//! measurements (`src/bin/bench.rs`) share. It knows the product only as its users do: pages, buttons and words. It links
//! none of the relay's code, and of core only the names that travel between the two.
//!
//! * [`Stage`] is the usual way in: a relay, a school set up through its own pages, a local web, a pupil's browser.
//! * [`Relay`], [`Site`], [`School`], [`Policy`], [`Pupil`] and [`Desk`] are its parts, for tests that need them one by one.
//! * [`load`] speaks for thousands of devices without a browser; [`faults`] breaks what the relay stands on meanwhile.
//! * [`page`] works a page as a person does, by the words on it; [`look`] judges how a page looks.

pub mod axe;
pub mod bare;
pub mod between;
pub mod browser;
pub mod clerk;
pub mod desk;
pub mod device;
pub mod faults;
pub mod hostile;
pub mod keys;
pub mod load;
pub mod look;
pub mod measure;
pub mod numbers;
pub mod page;
pub mod policy;
pub mod pupil;
pub mod relay;
pub mod school;
pub mod signing;
pub mod site;
pub mod stage;
pub mod steps;
pub mod tls;
pub mod wait;
pub mod wake;

pub use between::Between;
pub use browser::Browser;
pub use clerk::Clerk;
pub use desk::Desk;
pub use look::Gallery;
pub use policy::Policy;
pub use pupil::Pupil;
pub use relay::Relay;
pub use school::School;
pub use site::Site;
pub use stage::Stage;
