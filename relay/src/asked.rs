//! Whether the request at hand only reads, or may have changed something: an error page says so, and is made far from the
//! request (`error`). The guard around every request notes it for the request's task (`security`).

use axum::http::Method;

tokio::task_local! {
    static ONLY_READS: bool;
}

/// Runs `work` for a request with this method.
pub(crate) async fn within<F: Future>(method: &Method, work: F) -> F::Output {
    ONLY_READS.scope(method.is_safe(), work).await
}

/// Whether the request at hand only reads. Where nobody noted it, it may have changed something.
pub(crate) fn only_reads() -> bool {
    ONLY_READS.try_with(|reads| *reads).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_form_is_no_reading_and_neither_is_what_nobody_noted() {
        assert!(!only_reads());
        for (method, reads) in [(Method::GET, true), (Method::HEAD, true), (Method::POST, false)] {
            assert_eq!(within(&method, async { only_reads() }).await, reads, "{method}");
        }
    }
}
