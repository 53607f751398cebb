use anyhow::{Context as _, Result, bail};
use platform_host::relay;
use platform_sdk::{Clock as _, SystemClock};

use crate::arguments::Events;

pub(crate) async fn run(action: Events) -> Result<()> {
    if let Events::Replay {
        consumer: None,
        event: None,
        all: false,
    } = action
    {
        bail!("say which events: --consumer, --event or --all");
    }
    let mut conn = super::process(super::config()?)?.connect().await?;
    match action {
        Events::Parked { consumer, limit } => {
            for parked in relay::parked(&mut conn, consumer.as_deref(), limit).await? {
                println!("{}", serde_json::to_string(&parked)?);
            }
        }
        Events::Replay {
            consumer,
            event,
            all: _,
        } => {
            let event = event
                .map(|text| text.parse().context("--event is not an id"))
                .transpose()?;
            let now = SystemClock.now();
            let replayed = relay::replay(&mut conn, consumer.as_deref(), event, now).await?;
            println!("{replayed} events are delivered again");
        }
    }
    Ok(())
}
