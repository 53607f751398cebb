//! What the demo's candidate writes: different people answer differently, this one answers well.

use serde_json::Value;

/// An answer that fits the question's kind and names its skill.
pub(crate) fn answer(question: &Value, number: usize) -> String {
    let kind = question["kind"]
        .as_str()
        .unwrap_or_default()
        .to_ascii_uppercase();
    match question["skill"].as_str() {
        Some(skill) => technical(skill, number),
        None if kind.contains("BEHAVIO") || kind.contains("SITUATION") => behavioural(number),
        None => technical("the platform", number),
    }
}

fn technical(subject: &str, number: usize) -> String {
    let setting = [
        "At Nordfrakt we had four environments that had drifted apart",
        "When I joined Betalia the settlement service failed about twice a week",
        "In the shipment platform a single slow query held up every partner",
    ][number % 3];
    format!(
        "{setting}, and {subject} was where I started. First I measured: I wrote down the failure rate and the p99 \
         latency, so that we could tell later whether it helped. Then I made the smallest change that could be rolled \
         back, reviewed it with a colleague, and released it to one region before the others. With {subject} I watch \
         three things: how it behaves when a dependency is slow, what it costs when traffic doubles, and whether the \
         person on call can understand it at night. The trade-off was more work at the start against fewer incidents. \
         As a result, incidents fell from eight a month to one, and the p99 latency from 900 ms to 70 ms. What I would \
         do differently is to write the tests for the failure cases before the change, because two of them surprised us."
    )
}

fn behavioural(number: usize) -> String {
    [
        "The situation was a release that two teams needed in the same week, with one database migration between them. \
         My task was to get both out without downtime. I called a short meeting, listened to both sides, and proposed \
         to split the migration into an additive step and a clean-up a week later. I wrote the plan down, asked both \
         leads to challenge it, and took the night shift for the first step myself. As a result both releases went out \
         on time, nobody lost data, and we have used the two-step pattern for every migration since. I learned to ask \
         for the constraint behind a deadline first.",
        "A junior colleague and I disagreed about rewriting a parser. My task as the lead was to decide without taking \
         the work away from her. I asked her to list what the rewrite would fix, I listed the risks, and we agreed on a \
         measurement: if the error rate did not fall in two weeks, we would go back. She led the work and I reviewed \
         daily. The error rate fell by 60 percent, she presented the result to the whole department, and I learned that \
         a clear way back makes it easier to say yes.",
    ][number % 2]
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_answer_is_about_the_question() {
        assert!(
            answer(&json!({ "kind": "TECHNICAL", "skill": "Terraform" }), 0).contains("Terraform")
        );
        assert!(answer(&json!({ "kind": "BEHAVIOURAL", "skill": null }), 0).contains("situation"));
    }
}
