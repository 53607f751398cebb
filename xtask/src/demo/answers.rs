//! What the demo's candidate writes: a story for each of the usual questions, told once.

use serde_json::Value;
use std::collections::HashSet;

/// Words of a question that call for a story, and the story.
const STORIES: &[(&[&str], &str)] = &[
    (
        &["went wrong", "responsible", "mistake", "failure"],
        "In March 2022 the rate service of our shipment platform went down for forty minutes on a Monday morning, and I was \
         on call. My task was to get quotes back for 40 partners. First I switched the routing to the previous release, \
         because I had seen the deployment an hour before in our log. When quotes came back I told the partners what had \
         happened and until when the old prices would hold. Afterwards I found the cause: a migration of mine had dropped an \
         index that one query needed, and our test data was too small to show it. I wrote a check that runs every query plan \
         against a copy of production's size, and put it into the pipeline. As a result we had no outage of that kind in the \
         two years since, and I now write down how to go back before I release anything.",
    ),
    (
        &["disagreement", "disagree", "conflict", "colleague"],
        "A colleague wanted to rewrite our address parser, and I thought that we should mend it. Her view was that nobody \
         understood it any more; mine was that a rewrite would stop all other work for a month. I asked her to show me the \
         five worst cases, and I listened before I answered. She was right about three of them. So I proposed that we measure: \
         she rewrote only the part for postal codes behind a switch, and I compared both on a week of real addresses. The \
         error rate fell from 4 to 1.5 percent. We agreed to go on in pieces of one week each, she led the work, and I \
         reviewed it. It was finished in six weeks without stopping anything else, and we still bring numbers to each other \
         when we don't agree.",
    ),
    (
        &["delivery", "fault", "deadline", "priorit"],
        "First I would make sure that the fault is real and how bad it is, with a small test that shows it, because an alarm \
         without proof helps nobody. Then, the same hour, I would tell the person who promised the delivery, and say what I \
         know, what I don't know, and which choices I see. Second I would look for a part that can be delivered without the \
         fault, for instance by switching the affected function off, because most of the promise is better than a broken \
         whole. Third I would agree with the customer on that part and on a date for the rest, before the day itself, so that \
         they can plan. Only then would I mend it, with a colleague's review, since a hurried repair tends to bring the next \
         fault. Afterwards we would ask why nobody noticed, and add the missing test.",
    ),
    (
        &["hardest", "difficult problem", "trade"],
        "The hardest one was that shipment events reached some partners twice and others never, about once in ten thousand, \
         and only under load. I considered three ways: a distributed transaction between database and broker, which was safe \
         but slow and would have tied both together; retries with a list of what was sent, which I could not make safe when \
         the process died in between; and an outbox in the same PostgreSQL transaction with a relay and an inbox at the \
         receiver. I chose the outbox, because it needed no new system and its failure cases could be tested one by one. To \
         know that it worked I wrote a test that kills the relay at a random moment, five thousand times: nothing was lost, \
         and duplicates had no effect. Since then we have counted no missing event in two years.",
    ),
    (
        &["container", "docker", "kubernetes"],
        "I ran twelve Rust services on Kubernetes. We built the images in two stages, so that the final one held the binary \
         and nothing else, 30 MB instead of 1.2 GB. GitLab CI built them once, and the same image went through staging to \
         production by a rolling deployment with a readiness probe, so that a release that did not become ready stopped by \
         itself. It scaled on the length of the queue and not on CPU, because the work waited for the database. Once a service \
         would not start in production only: I looked at the events, saw that it was killed for memory, compared the limits of \
         both clusters, and found that a limit was set before a cache had grown. I measured what it needed, set request and \
         limit from that, and added an alert at 80 percent.",
    ),
    (
        &["slow or wrong query", "query", "relational"],
        "Our rate lookup took 900 ms at the 99th percentile. I took the statement from pg_stat_statements and ran EXPLAIN with \
         ANALYZE and BUFFERS on a copy of production. It read 40,000 rows to give back twelve, because the index began with \
         the date and every query asked for a customer first. I made a new index with the customer first and the date second, \
         with the two columns of the answer included, so that the table was not touched at all. I created it concurrently at \
         night, compared plans before and after, and dropped the old one a week later. The 99th percentile fell to 70 ms. To \
         keep it so, a test runs the twenty most frequent statements against a large copy and fails when a plan reads more \
         than a hundred times what it returns.",
    ),
    (
        &["database design", "data modelling", "schema"],
        "I have not had that title, but I designed the schema of our ledger. I began with the questions that it had to answer \
         and the rules that must never break: every entry balances, nothing is changed afterwards. So entries are rows that \
         are only added, amounts are integers of the smallest unit, and a constraint checks the sum when the transaction ends. \
         I argued for natural keys where the business had them, and against one wide table that would have been quicker to \
         write. Changing it while it was live went in two steps: add the new column and write both, fill the old rows in \
         batches, then read the new one and drop the old in the next release. Nobody noticed, which was the aim.",
    ),
    (
        &["terraform"],
        "I have used Terraform for a year beside my main work, for the staging cluster and its network. A change went from a \
         merge request, where the plan was printed for the reviewer, to an apply by the pipeline with a role that nobody's \
         laptop had. What could stop it were a policy check for public addresses and a lock on the state. Once an apply \
         replaced a node pool instead of changing it. I stopped it at half, took the previous commit back, applied that, and \
         afterwards split the state so that a node pool could not pull the network with it. What I am missing is work with \
         large modules that several teams share; I would close that gap by taking one of yours over together with somebody \
         who knows it.",
    ),
    (
        &["infrastructure as code", "infrastructure"],
        "What comes nearest is that our team described everything that runs in Kubernetes as files in one repository, and the \
         cluster followed it. I wrote the templates for a new service, so that a team got deployment, alerts and a dashboard \
         from twenty lines. It went well for the services and badly for secrets, which were still put in by hand, and one of \
         them was forgotten in a new region. I then moved them to sealed files with a review. The next time I would check \
         first what is not in the repository, by building an empty region from it and writing down every step that a person \
         had to take.",
    ),
    (
        &["aws", "cloud"],
        "Betalia ran on AWS, and I chose services for the settlement jobs: a queue, containers without servers of our own, and \
         a managed PostgreSQL, because three people could not run more. Access was one role for each job with the exact \
         buckets it needed, found by reading the access log for a week. It cost 2,100 euros a month; I brought it to 1,300 by \
         moving nightly jobs to spare capacity that can be taken away, after I had made them safe to repeat.",
    ),
    (
        &["prometheus", "grafana", "incident", "monitor"],
        "We had metrics and dashboards that I used every day on call. In one incident latency rose for a third of the \
         partners. The dashboard by region showed nothing, so I grouped the same metric by partner and then by connection \
         pool, and saw one pool at its limit. A slow partner held connections while we waited for it. I gave each partner a \
         share of the pool and a time limit, and added an alert on waiting time instead of on errors. The next time it rang \
         eleven minutes before anybody called.",
    ),
];

/// For everything else, each with its own angle.
const OTHERWISE: [&str; 3] = [
    "I would say openly that I have read about it more than used it. The nearest thing that I did was the move of our \
     services to Rust: I started with one that was small and mattered, measured before and after, and let a colleague review \
     every decision. Memory fell from 900 to 120 MB and the pager stayed silent for a quarter. I would learn this in the same \
     way: one real task, a person who knows it, and a number that tells whether it got better.",
    "My way with something new is to build the smallest version that could fail, and then to make it fail. For our cache I \
     wrote a program that stopped Redis in the middle of requests; it showed that we waited thirty seconds instead of going on \
     without it. I set a limit of 50 ms and a fallback, because a slow answer was worse than a missing one. After that the \
     cache could be restarted at noon and no partner noticed.",
    "When I joined Betalia I took over the weekly code review. Four people came because they had to. I asked each of them what \
     they wanted to learn, chose the code by that, and brought a mistake of my own to the first meeting. After two months they \
     brought theirs, and the number of faults found in production in new code fell by half in the following half year.",
];

/// An answer that fits the question, and that was not given before in this interview.
pub(crate) fn answer(question: &Value, given: &mut HashSet<usize>) -> &'static str {
    let text = format!(
        "{} {}",
        question["skill"].as_str().unwrap_or_default(),
        question["text"].as_str().unwrap_or_default()
    )
    .to_lowercase();
    let hits = |words: &[&str]| words.iter().filter(|word| text.contains(**word)).count();
    let best = STORIES
        .iter()
        .enumerate()
        .filter(|(index, (words, _))| !given.contains(index) && hits(words) > 0)
        // of equal ones the first
        .min_by_key(|(_, (words, _))| std::cmp::Reverse(hits(words)));
    match best {
        Some((index, (_, story))) => {
            given.insert(index);
            story
        }
        None => {
            let others = given
                .iter()
                .filter(|index| **index >= STORIES.len())
                .count();
            given.insert(STORIES.len() + others);
            OTHERWISE[others % OTHERWISE.len()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_answer_is_about_the_question() {
        let mut given = HashSet::new();
        let probe = json!({ "skill": "Terraform", "text": "This role asks for Terraform" });
        assert!(answer(&probe, &mut given).contains("Terraform"));
        let conflict = json!({ "skill": null, "text": "Describe a disagreement with a colleague" });
        assert!(answer(&conflict, &mut given).starts_with("A colleague"));
    }

    #[test]
    fn no_story_is_told_twice_while_there_are_others() {
        let mut given = HashSet::new();
        let same = json!({ "skill": "Terraform", "text": "" });
        let mut told: Vec<&str> = (0..4).map(|_| answer(&same, &mut given)).collect();
        told.dedup();
        assert_eq!(told.len(), 4);
    }
}
