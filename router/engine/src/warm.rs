//! After a change of the supergraph the documents that are asked for most are planned again, before clients ask.

use std::sync::Arc;
use std::time::Instant;

use crate::engine::EngineOptions;
use crate::state::{ReadRequest, State};

/// Reads and plans the most used documents of the old state for the new one, on a thread of its own, until all are done,
/// the time is up, or the new state is itself replaced. Requests that come meanwhile don't wait for it.
pub(crate) fn warm(old: &Arc<State>, new: &Arc<State>, options: &EngineOptions) {
    if options.warm_documents == 0 {
        return;
    }
    let (old, new, options) = (Arc::clone(old), Arc::clone(new), options.clone());
    let started = std::thread::Builder::new()
        .name("warm-up".to_owned())
        .spawn(move || work(&old, &new, &options));
    if let Err(error) = started {
        tracing::warn!(%error, "a new supergraph is not warmed up");
    }
}

fn work(old: &State, new: &Arc<State>, options: &EngineOptions) {
    let end = Instant::now() + options.warm_time;
    let mut count = 0_usize;
    for document in old.cache.most_used(options.warm_documents) {
        // nobody but this thread has the state: another one took its place
        if Instant::now() > end || Arc::strong_count(new) == 1 {
            break;
        }
        let (text, name) = document.request();
        let request = ReadRequest {
            text: Arc::clone(text),
            name: name.cloned(),
            limits: options.limits.clone(),
            max_conditional: options.max_conditional_variables.min(64),
        };
        let name = name.map(String::as_str);
        // who asked meanwhile has made it known
        let known = match new.cache.peek(text, name) {
            Some(known) => known,
            None => {
                let known = new.read(&request);
                new.cache.keep(text, name, known.clone());
                known
            }
        };
        // what the new supergraph refuses is known now, too
        let Ok(prepared) = known else {
            continue;
        };
        prepared.inherit(&document);
        for key in document.plan_keys() {
            let (_, side, denied) = key;
            // what callers may not see belongs to the old supergraph
            if denied != 0 || !new.planner.knows_side(side) || prepared.plan(key).is_some() {
                continue;
            }
            // why an operation has no plan is in the log; a client who asks for it is told
            if let Ok(plan) = new.plan(&prepared, key, None, options.planning_timeout) {
                prepared.keep(key, plan);
                count += 1;
            }
        }
    }
    tracing::info!(plans = count, "warmed up a new supergraph");
}
