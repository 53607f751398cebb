use std::collections::{HashMap, HashSet};

use lapin::BasicProperties;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use platform_types::{Envelope, EventId};
use uuid::Uuid;

use super::connected::Connected;
use super::{AmqpError, in_time};
use crate::relay::BrokerError;

/// A channel on which the broker confirms what it has taken.
pub(super) struct Channel {
    channel: lapin::Channel,
    connection: Connected,
}

impl Channel {
    pub(super) async fn open(connection: Connected) -> Result<Self, AmqpError> {
        let channel = in_time(connection.create_channel()).await??;
        in_time(channel.confirm_select(ConfirmSelectOptions::default())).await??;
        Ok(Self {
            channel,
            connection,
        })
    }

    pub(super) fn is_open(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// Publishes a batch and gives what the broker has confirmed.
    ///
    /// Goes in waves with one event per aggregate: the next event of an aggregate is sent only after the
    /// one before it was taken, so a refusal in the middle never lets a later event overtake.
    pub(super) async fn publish(
        &self,
        exchange: &str,
        batch: &[Envelope],
    ) -> Result<Vec<EventId>, BrokerError> {
        let mut taken = Vec::with_capacity(batch.len());
        let mut refused: HashSet<Uuid> = HashSet::new();
        for wave in waves(batch) {
            let mut sent = Vec::with_capacity(wave.len());
            for envelope in wave {
                if refused.contains(&envelope.aggregate_id) {
                    continue;
                }
                let body = serde_json::to_vec(envelope)?;
                let confirm = in_time(self.channel.basic_publish(
                    exchange.into(),
                    envelope.event_type.as_str().into(),
                    BasicPublishOptions::default(),
                    &body,
                    properties(envelope),
                ))
                .await?
                .map_err(AmqpError::from)?;
                sent.push((envelope, confirm));
            }
            for (envelope, confirm) in sent {
                let confirmed = in_time(confirm).await?.map_err(AmqpError::from)?;
                if confirmed.is_ack() {
                    taken.push(envelope.event_id);
                } else {
                    tracing::warn!(event = %envelope.event_id, event_type = envelope.event_type, "the message broker refuses events, its queue is full");
                    refused.insert(envelope.aggregate_id);
                }
            }
        }
        Ok(taken)
    }
}

fn waves(batch: &[Envelope]) -> Vec<Vec<&Envelope>> {
    let mut waves: Vec<Vec<&Envelope>> = Vec::new();
    let mut place: HashMap<Uuid, usize> = HashMap::new();
    for envelope in batch {
        let wave = place.entry(envelope.aggregate_id).or_default();
        if waves.len() <= *wave {
            waves.push(Vec::new());
        }
        waves[*wave].push(envelope);
        *wave += 1;
    }
    waves
}

fn properties(envelope: &Envelope) -> BasicProperties {
    BasicProperties::default()
        .with_content_type("application/json".into())
        // persistent: it survives a restart of the broker
        .with_delivery_mode(2)
        .with_message_id(envelope.event_id.to_string().into())
        .with_type(envelope.event_type.as_str().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform_types::TenantId;

    fn envelope(aggregate: u128, sequence: i64) -> Envelope {
        Envelope {
            event_id: EventId(Uuid::from_u128(sequence.unsigned_abs().into())),
            event_type: "a.b.c.v1".to_owned(),
            tenant_id: TenantId(Uuid::nil()),
            aggregate_id: Uuid::from_u128(aggregate),
            sequence,
            trace_parent: None,
            occurred_at: chrono::DateTime::UNIX_EPOCH,
            payload: serde_json::Value::Null,
        }
    }

    #[test]
    fn a_wave_holds_one_event_per_aggregate_in_order() {
        let batch = [
            envelope(1, 1),
            envelope(2, 2),
            envelope(1, 3),
            envelope(1, 4),
            envelope(2, 5),
        ];
        let sequences: Vec<Vec<i64>> = waves(&batch)
            .iter()
            .map(|wave| wave.iter().map(|e| e.sequence).collect())
            .collect();
        assert_eq!(sequences, [vec![1, 2], vec![3, 5], vec![4]]);
    }
}
