use async_graphql::{Context, InputObject, Object, SimpleObject};
use platform_sdk::{Ctx, Result, UserError};

use super::license::License;
use super::payment::Payment;
use crate::domain;
use crate::domain::catalogue::Plan;
use crate::domain::purchase::Purchase;

/// A trial to start.
#[derive(InputObject)]
struct StartTrialInput {
    /// The module's id, e.g. `cv-analysis`.
    module: String,
    /// Chosen by the client, 1 to 255 bytes: the same key gives the same answer and one trial.
    idempotency_key: String,
}

/// The trial that was started.
#[derive(SimpleObject)]
struct StartTrialPayload {
    /// The licence.
    license: Option<License>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A module to buy or to subscribe to.
#[derive(InputObject)]
struct PurchaseModuleInput {
    /// The module's id.
    module: String,
    /// How it is paid.
    plan: Plan,
    /// ISO 4217 code of the price.
    #[graphql(default = "EUR")]
    currency: String,
    /// With what it is paid. Payments go to the SANDBOX, which moves no money and takes `sandbox_ok`,
    /// `sandbox_declined` and `sandbox_declined_at_renewal`.
    #[graphql(default = "sandbox_ok")]
    payment_method: String,
    /// Chosen by the client, 1 to 255 bytes: the same key gives the same answer and one payment.
    idempotency_key: String,
}

/// The licence that was bought.
#[derive(SimpleObject)]
struct PurchaseModulePayload {
    /// The licence.
    license: Option<License>,
    /// The payment.
    payment: Option<Payment>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A licence to give up.
#[derive(InputObject)]
struct CancelLicenseInput {
    /// The module's id.
    module: String,
    /// True ends it now; otherwise it ends with the trial or the paid period. Nothing is paid back.
    #[graphql(default)]
    at_once: bool,
}

/// The licence that was given up.
#[derive(SimpleObject)]
struct CancelLicensePayload {
    /// The licence; it can be used until `usableUntil`.
    license: Option<License>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A licence to keep after all.
#[derive(InputObject)]
struct ResumeLicenseInput {
    /// The module's id.
    module: String,
}

/// The licence that is kept.
#[derive(SimpleObject)]
struct ResumeLicensePayload {
    /// The licence.
    license: Option<License>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Changing.
pub(crate) struct Mutation;

#[Object]
impl Mutation {
    /// Starts the one trial that an organisation has of each module.
    #[graphql(requires_scopes = "billing:license.manage")]
    async fn start_trial(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The trial to start")] input: StartTrialInput,
    ) -> Result<StartTrialPayload> {
        let ctx = Ctx::of(ctx)?;
        let done = domain::trial::start(ctx, &input.module, &input.idempotency_key).await?;
        let (license, user_errors) = split(done);
        Ok(StartTrialPayload {
            license,
            user_errors,
        })
    }

    /// Buys or subscribes to a module at the price that stands now; a trial becomes the paid licence.
    /// Payments go to the SANDBOX: no money moves.
    #[graphql(requires_scopes = "billing:license.manage")]
    async fn purchase_module(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to buy")] input: PurchaseModuleInput,
    ) -> Result<PurchaseModulePayload> {
        let purchase = Purchase {
            module: &input.module,
            plan: input.plan,
            currency: &input.currency,
            payment_method: &input.payment_method,
        };
        let done =
            domain::purchase::purchase(Ctx::of(ctx)?, &purchase, &input.idempotency_key).await?;
        Ok(match done {
            Ok((license, payment)) => PurchaseModulePayload {
                license: Some(License(license)),
                payment: Some(Payment(payment)),
                user_errors: Vec::new(),
            },
            Err(error) => PurchaseModulePayload {
                license: None,
                payment: None,
                user_errors: vec![error],
            },
        })
    }

    /// Gives a licence up, at the end of its period or at once.
    #[graphql(requires_scopes = "billing:license.manage")]
    async fn cancel_license(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to give up")] input: CancelLicenseInput,
    ) -> Result<CancelLicensePayload> {
        let done = domain::license::cancel(Ctx::of(ctx)?, &input.module, input.at_once).await?;
        let (license, user_errors) = split(done);
        Ok(CancelLicensePayload {
            license,
            user_errors,
        })
    }

    /// Takes a cancellation back that waits for the end of the period.
    #[graphql(requires_scopes = "billing:license.manage")]
    async fn resume_license(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to keep")] input: ResumeLicenseInput,
    ) -> Result<ResumeLicensePayload> {
        let done = domain::license::resume(Ctx::of(ctx)?, &input.module).await?;
        let (license, user_errors) = split(done);
        Ok(ResumeLicensePayload {
            license,
            user_errors,
        })
    }
}

/// The two halves of a payload.
fn split(done: Result<domain::license::License, UserError>) -> (Option<License>, Vec<UserError>) {
    match done {
        Ok(license) => (Some(License(license)), Vec::new()),
        Err(error) => (None, vec![error]),
    }
}
