use std::sync::Arc;

use platform_sdk::Module;

/// Every module of the product. To add one, add a line; nothing registers itself.
pub(crate) fn all() -> Vec<Arc<dyn Module>> {
    vec![
        Arc::new(subgraph_core::CoreModule),
        Arc::new(subgraph_billing::BillingModule),
        Arc::new(subgraph_cv_analysis::CvAnalysisModule),
        Arc::new(subgraph_interview::Interview),
    ]
}
