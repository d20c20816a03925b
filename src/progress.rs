//! Progress on standard error, silent where nobody watches.

use std::borrow::Cow;
use std::io::IsTerminal;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where progress goes.
#[derive(Debug, Clone)]
pub struct Progress {
    bars: MultiProgress,
}

impl Progress {
    /// On standard error when it is a terminal, else nowhere.
    #[must_use]
    pub fn stderr() -> Self {
        let target =
            if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target) }
    }

    /// Nowhere.
    #[must_use]
    pub fn hidden() -> Self {
        Self { bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()) }
    }

    /// A bar over bytes.
    pub fn bytes(&self, label: impl Into<Cow<'static, str>>, total: u64) -> ProgressBar {
        self.bar("{msg:32!} {bar:30} {percent:>3} %  {bytes_per_sec}", label, total)
    }

    /// A bar over steps.
    pub fn steps(&self, label: impl Into<Cow<'static, str>>, total: u64) -> ProgressBar {
        self.bar("{msg:32!} {bar:30} {pos}/{len}", label, total)
    }

    fn bar(&self, template: &str, label: impl Into<Cow<'static, str>>, total: u64) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::new(total));
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(label);
        bar
    }
}
