//! A piece of work that several wait for.
//!
//! Whoever began it moves it on himself, in his own task, as long as he is alone. From the second one on it moves in a task
//! of its own: then nobody waits for somebody who is slow to look after it, and its steps wake nobody but that task. It
//! is given up when the last one who waits for it has gone.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::task::AbortHandle;
use tracing::{Instrument as _, Span};

/// One who waits for a piece of work.
#[derive(Debug)]
pub(crate) struct Joined<T> {
    work: Arc<Work<T>>,
    /// Where its waker stands on the list, once it has one.
    place: Option<usize>,
}

/// A way to join a piece of work as long as somebody waits for it.
#[derive(Debug)]
pub(super) struct Joinable<T>(Weak<Work<T>>);

struct Work<T> {
    state: Mutex<State<T>>,
    /// In which the work goes on in a task of its own.
    span: Span,
}

struct State<T> {
    stage: Stage<T>,
    /// The task that the work has of its own.
    task: Option<AbortHandle>,
    /// Who is to be woken when the work is done. The places of those who have gone are empty.
    waiting: Vec<Option<Waker>>,
    /// The task of its own, when it came while somebody else was at it.
    next: Option<Waker>,
}

enum Stage<T> {
    Resting(BoxFuture<'static, T>),
    /// Somebody is moving it on right now.
    Moving,
    Done(T),
    /// It has panicked.
    Lost,
}

impl<T> std::fmt::Debug for Work<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").finish_non_exhaustive()
    }
}

impl<T: Clone + Send + 'static> Joined<T> {
    /// Work that nobody has begun yet; it goes on in `span` once it has a task of its own.
    pub(super) fn new(work: BoxFuture<'static, T>, span: Span) -> Self {
        let state = State {
            stage: Stage::Resting(work),
            task: None,
            waiting: Vec::new(),
            next: None,
        };
        Self {
            work: Arc::new(Work {
                state: Mutex::new(state),
                span,
            }),
            place: None,
        }
    }

    /// For those who come later.
    pub(super) fn joinable(&self) -> Joinable<T> {
        Joinable(Arc::downgrade(&self.work))
    }
}

impl<T: Clone + Send + 'static> Joinable<T> {
    /// Joins the work, unless everybody who waited has gone.
    pub(super) fn join(&self) -> Option<Joined<T>> {
        let work = self.0.upgrade()?;
        let mut state = work.state.lock();
        if state.task.is_none() && matches!(state.stage, Stage::Resting(_) | Stage::Moving) {
            let mover = Mover(Weak::clone(&self.0)).instrument(work.span.clone());
            state.task = Some(tokio::spawn(mover).abort_handle());
        }
        drop(state);
        Some(Joined { work, place: None })
    }
}

impl<T: Clone> Work<T> {
    /// Moves the work on, whoever's task it is. Gives what comes out.
    fn advance(&self, mut work: BoxFuture<'static, T>, context: &mut Context<'_>) -> Poll<T> {
        let mut lost = Lost(Some(self));
        let outcome = work.as_mut().poll(context);
        lost.0 = None;
        match outcome {
            Poll::Ready(done) => {
                let before = self.end(Stage::Done(done.clone()));
                debug_assert!(matches!(before, Stage::Moving), "two moved one work");
                Poll::Ready(done)
            }
            Poll::Pending => {
                let mut state = self.state.lock();
                state.stage = Stage::Resting(work);
                let next = state.next.take();
                drop(state);
                if let Some(next) = next {
                    next.wake();
                }
                Poll::Pending
            }
        }
    }

    /// Tells everybody that it is over.
    fn end(&self, stage: Stage<T>) -> Stage<T> {
        let mut state = self.state.lock();
        let before = std::mem::replace(&mut state.stage, stage);
        let waiting = std::mem::take(&mut state.waiting);
        let next = state.next.take();
        drop(state);
        for waker in waiting.into_iter().flatten().chain(next) {
            waker.wake();
        }
        before
    }
}

/// Lets nobody wait for ever when the work panics.
struct Lost<'a, T: Clone>(Option<&'a Work<T>>);

impl<T: Clone> Drop for Lost<'_, T> {
    fn drop(&mut self) {
        if let Some(work) = self.0 {
            work.end(Stage::Lost);
        }
    }
}

impl<T: Clone> Future for Joined<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let this = self.get_mut();
        let mut guard = this.work.state.lock();
        let state = &mut *guard;
        match &mut state.stage {
            Stage::Done(done) => return Poll::Ready(done.clone()),
            Stage::Resting(_) if state.task.is_none() => {
                let Stage::Resting(work) = std::mem::replace(&mut state.stage, Stage::Moving)
                else {
                    unreachable!("it rested a line above")
                };
                // The task of its own may begin while this one is at it, and then wakes whoever has a place.
                state.register(&mut this.place, context.waker());
                drop(guard);
                return this.work.advance(work, context);
            }
            Stage::Resting(_) | Stage::Moving => {}
            Stage::Lost => panic!("work that several waited for has panicked"),
        }
        state.register(&mut this.place, context.waker());
        Poll::Pending
    }
}

impl<T> State<T> {
    fn register(&mut self, place: &mut Option<usize>, waker: &Waker) {
        let place = *place.get_or_insert_with(|| {
            self.waiting.push(None);
            self.waiting.len() - 1
        });
        match &mut self.waiting[place] {
            Some(known) if known.will_wake(waker) => {}
            other => *other = Some(waker.clone()),
        }
    }
}

impl<T> Drop for Joined<T> {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        let mut state = self.work.state.lock();
        // the list is gone once the work is done
        if let Some(waker) = state.waiting.get_mut(place) {
            *waker = None;
        }
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        if let Some(task) = self.state.get_mut().task.take() {
            task.abort();
        }
    }
}

/// The task that moves a piece of work on which several wait for.
struct Mover<T>(Weak<Work<T>>);

impl<T: Clone> Future for Mover<T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // nobody waits any more
        let Some(work) = self.0.upgrade() else {
            return Poll::Ready(());
        };
        let mut state = work.state.lock();
        match std::mem::replace(&mut state.stage, Stage::Moving) {
            Stage::Resting(future) => {
                drop(state);
                work.advance(future, context).map(drop)
            }
            Stage::Moving => {
                state.next = Some(context.waker().clone());
                Poll::Pending
            }
            over @ (Stage::Done(_) | Stage::Lost) => {
                state.stage = over;
                Poll::Ready(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures::FutureExt as _;
    use futures::future::join_all;
    use tokio::sync::oneshot;

    use super::*;

    fn counted(steps: usize, polls: &Arc<AtomicUsize>) -> BoxFuture<'static, usize> {
        let polls = Arc::clone(polls);
        async move {
            for _ in 0..steps {
                polls.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            steps
        }
        .boxed()
    }

    #[tokio::test]
    async fn everybody_gets_what_came_out_of_one_run() {
        let polls = Arc::new(AtomicUsize::new(0));
        let first = Joined::new(counted(3, &polls), Span::none());
        let joinable = first.joinable();
        let others: Vec<_> = (0..50).filter_map(|_| joinable.join()).collect();
        assert_eq!(others.len(), 50);
        let all = join_all(others.into_iter().chain([first])).await;
        assert!(all.iter().all(|outcome| *outcome == 3), "{all:?}");
        assert_eq!(polls.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn it_goes_on_without_whoever_began_it() {
        let polls = Arc::default();
        let mut first = Joined::new(counted(3, &polls), Span::none());
        assert_eq!((&mut first).now_or_never(), None, "it has begun");
        // nobody looks after it any more, and later it is gone
        let second = first.joinable().join();
        let second = tokio::spawn(async move {
            match second {
                Some(second) => second.await,
                None => 0,
            }
        });
        tokio::time::sleep(Duration::from_millis(3)).await;
        drop(first);
        assert_eq!(second.await.ok(), Some(3));
    }

    #[tokio::test]
    async fn nobody_waits_for_whoever_does_not_look() {
        let polls = Arc::default();
        let mut first = Joined::new(counted(2, &polls), Span::none());
        assert_eq!((&mut first).now_or_never(), None);
        let second = first.joinable().join();
        let outcome = match second {
            Some(second) => tokio::time::timeout(Duration::from_secs(5), second)
                .await
                .ok(),
            None => None,
        };
        assert_eq!(outcome, Some(2));
        assert_eq!(first.await, 2);
    }

    #[tokio::test]
    async fn it_is_given_up_with_the_last_one_who_waits() {
        let (alive, gone) = oneshot::channel::<()>();
        let work = async move {
            let _alive = alive;
            std::future::pending::<u8>().await
        };
        let first = Joined::new(work.boxed(), Span::none());
        let joinable = first.joinable();
        let second = joinable.join();
        tokio::task::yield_now().await;
        drop(first);
        assert!(joinable.join().is_some(), "one is left");
        drop(second);
        assert!(gone.await.is_err(), "the work is dropped");
        assert!(joinable.join().is_none());
    }

    #[tokio::test]
    async fn a_panic_reaches_everybody() {
        let work = async {
            tokio::task::yield_now().await;
            std::panic::resume_unwind(Box::new("on purpose"));
        };
        let first: Joined<()> = Joined::new(work.boxed(), Span::none());
        let second = first.joinable().join();
        let ended = |joined: Joined<()>| async move { tokio::spawn(joined).await.is_err() };
        let second = match second {
            Some(second) => ended(second).await,
            None => false,
        };
        assert!(second && ended(first).await);
    }
}
