//! The CPU time of this process.

/// CPU time of a measurement at least, in units of the clock below.
const LEAST_TICKS: u64 = 40;
/// What the kernel counts in: a hundredth of a second (`USER_HZ`, fixed by its interface).
const TICK_US: f64 = 10_000.0;

/// CPU time of this process so far, in ticks (`proc(5)`, fields 14 and 15 of `stat`).
fn ticks() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("the process's own figures");
    let (_, fields) = text.rsplit_once(") ").expect("fields behind the name");
    fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().expect("a number"))
        .sum()
}

/// Microseconds of CPU that one run takes, after a run that doesn't count. `RUNS` in the environment says how many there
/// are, for those who count instructions: twice with different numbers, and the difference is the runs'.
pub(crate) async fn cost<F: Future<Output = ()>>(mut run: impl FnMut(usize) -> F) -> f64 {
    let wanted: Option<usize> = std::env::var("RUNS")
        .ok()
        .map(|text| text.parse().expect("a number of runs"));
    run(0).await;
    let start = ticks();
    let mut runs = 0;
    loop {
        runs += 1;
        run(runs).await;
        let used = ticks() - start;
        if wanted.map_or(used >= LEAST_TICKS, |wanted| runs >= wanted) {
            return used as f64 * TICK_US / runs as f64;
        }
    }
}
