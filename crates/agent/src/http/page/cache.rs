//! A cache of what takes longer to make than a page may take: each entry is made once a revision, on a thread of its own. A visit waits a
//! moment, then shows the older entry, or none. A page must never take an entry for newer than it is, nor may each request make its own.
#![forbid(unsafe_code)]

use super::super::metrics::Cached;
use super::super::problem::{Problem, Refusable};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a visit waits for an entry.
const PATIENCE: Duration = Duration::from_millis(150);
/// An older entry is made anew even of the same revision: dates begin and end.
const LASTS: Duration = Duration::from_secs(60);
/// The most entries that are made at once; the others wait for their turn.
const AT_ONCE: usize = 2;

/// Entries of one kind, by what they are about.
#[derive(Debug)]
pub struct Cache<K, T> {
    table: Mutex<HashMap<K, Entry<T>>>,
    is_made: Condvar,
    most: usize,
    cached: Arc<Cached>,
}

#[derive(Debug)]
struct Entry<T> {
    of: Option<(u64, Instant, Refusable<Arc<T>>)>,
    /// When the next one was begun, while it is being made.
    making: Option<Instant>,
    used: Instant,
}

/// What a visit is shown.
#[derive(Clone, Debug)]
pub enum Found<T> {
    /// The entry of the revision in force.
    Now(Arc<T>),
    /// The entry of an older revision, while the new one is being made.
    Older(u64, Arc<T>),
    /// No entry yet; it has been in the making for this time.
    Soon(Duration),
}

/// The entry that was used least recently makes room.
impl<K: Clone + Eq + Hash + Send + 'static, T: Send + Sync + 'static> Cache<K, T> {
    /// An empty cache of at most `most` entries.
    pub fn new(most: usize, cached: &Arc<Cached>) -> Cache<K, T> {
        Cache { table: Mutex::default(), is_made: Condvar::new(), most, cached: cached.clone() }
    }

    /// The entry of that key and revision. A missing one is made by `make`, on another thread.
    ///
    /// # Errors
    /// What `make` returned for that revision.
    pub fn get(
        self: &Arc<Self>,
        key: &K,
        revision: u64,
        make: impl FnOnce() -> Refusable<T> + Send + 'static,
    ) -> Refusable<Found<T>> {
        let now = Instant::now();
        let mut table = self.table();
        let running = table.values().filter(|entry| entry.making.is_some()).count();
        let entry = table.entry(key.clone()).or_insert(Entry { of: None, making: None, used: now });
        entry.used = now;
        let of = entry.of.as_ref().filter(|(of, ..)| *of == revision);
        let is_old = of.is_none_or(|(_, at, _)| at.elapsed() > LASTS);
        let found = of.map(|(_, _, thing)| thing.clone());
        if is_old && entry.making.is_none() && running < AT_ONCE {
            entry.making = Some(now);
            let making = Making { cache: self.clone(), key: key.clone(), revision };
            // At most AT_ONCE threads; each ends with its entry.
            std::thread::spawn(move || making.done(make()));
        }
        self.make_room(&mut table);
        if let Some(thing) = found {
            self.cached.hits.fetch_add(1, Ordering::Relaxed);
            return thing.map(Found::Now);
        }
        loop {
            let left = PATIENCE.saturating_sub(now.elapsed());
            let entry = table.get(key);
            match entry.and_then(|entry| entry.of.as_ref()) {
                Some((of, _, thing)) if *of == revision => return thing.clone().map(Found::Now),
                Some((of, _, Ok(thing))) if left.is_zero() => return Ok(Found::Older(*of, thing.clone())),
                _ if left.is_zero() => {
                    let since = entry.and_then(|entry| entry.making).map(|since| since.elapsed());
                    return Ok(Found::Soon(since.unwrap_or_default()));
                }
                _ => table = self.is_made.wait_timeout(table, left).unwrap_or_else(PoisonError::into_inner).0,
            }
        }
    }

    /// The same for what a page has time for: `make` runs here, and other visits wait.
    pub fn at_once(&self, key: &K, revision: u64, make: impl FnOnce() -> T) -> Arc<T> {
        let (now, mut table) = (Instant::now(), self.table());
        if let Some(entry) = table.get_mut(key)
            && let Some((of, _, Ok(thing))) = &entry.of
            && *of == revision
        {
            entry.used = now;
            self.cached.hits.fetch_add(1, Ordering::Relaxed);
            return thing.clone();
        }
        let thing = Arc::new(make());
        self.cached.made.fetch_add(1, Ordering::Relaxed);
        table.insert(key.clone(), Entry { of: Some((revision, now, Ok(thing.clone()))), making: None, used: now });
        self.make_room(&mut table);
        thing
    }

    fn table(&self) -> MutexGuard<'_, HashMap<K, Entry<T>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make_room(&self, table: &mut HashMap<K, Entry<T>>) {
        while table.len() > self.most {
            let oldest = table.iter().filter(|(_, entry)| entry.making.is_none()).min_by_key(|(_, entry)| entry.used);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { return };
            table.remove(&key);
        }
    }
}

/// An entry that is being made. However that ends, the next visit may begin anew.
struct Making<K: Clone + Eq + Hash + Send + 'static, T: Send + Sync + 'static> {
    cache: Arc<Cache<K, T>>,
    key: K,
    revision: u64,
}

impl<K: Clone + Eq + Hash + Send + 'static, T: Send + Sync + 'static> Making<K, T> {
    fn done(self, thing: Refusable<T>) {
        self.cache.cached.made.fetch_add(1, Ordering::Relaxed);
        let mut table = self.cache.table();
        if let Some(entry) = table.get_mut(&self.key) {
            entry.of = Some((self.revision, Instant::now(), thing.map(Arc::new)));
        }
    }
}

impl<K: Clone + Eq + Hash + Send + 'static, T: Send + Sync + 'static> Drop for Making<K, T> {
    fn drop(&mut self) {
        let mut table = self.cache.table();
        if let Some(entry) = table.get_mut(&self.key) {
            entry.making = None;
            if std::thread::panicking() {
                let defect = Err(Problem::internal("a defect of the service"));
                entry.of = Some((self.revision, Instant::now(), defect));
            }
        }
        drop(table);
        self.cache.is_made.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    /// Asks until the thing of that revision is there.
    fn waited(cache: &Arc<Cache<u8, u64>>, key: u8, revision: u64) -> u64 {
        loop {
            if let Found::Now(thing) = cache.get(&key, revision, move || Ok(revision * 10)).unwrap() {
                return *thing;
            }
        }
    }

    #[test]
    fn a_thing_is_made_once_for_each_revision() {
        let cache = Arc::new(Cache::<u8, u64>::new(4, &Arc::default()));
        for _ in 0..20 {
            assert_eq!(waited(&cache, 1, 7), 70);
        }
        assert_eq!(cache.cached.made.load(Ordering::Relaxed), 1);
        assert_eq!(waited(&cache, 1, 8), 80);
        assert_eq!(cache.cached.made.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_visit_is_shown_the_older_one_meanwhile_and_says_of_which_revision() {
        let cache = Arc::new(Cache::<u8, u64>::new(4, &Arc::default()));
        assert_eq!(waited(&cache, 1, 7), 70);
        let (release, held) = channel::<()>();
        let slow = move || {
            let _ = held.recv();
            Ok(80)
        };
        assert!(matches!(cache.get(&1, 8, slow).unwrap(), Found::Older(7, thing) if *thing == 70));
        // It is being made already: this one is not called.
        let again = cache.get(&1, 8, || Err(Problem::internal("made twice"))).unwrap();
        assert!(matches!(again, Found::Older(7, _)));
        release.send(()).unwrap();
        assert_eq!(waited(&cache, 1, 8), 80);
        assert_eq!(cache.cached.made.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn no_more_are_made_at_once_and_kept_than_there_may_be() {
        let cache = Arc::new(Cache::<u8, u64>::new(3, &Arc::default()));
        let (release, held) = channel::<()>();
        let held = Arc::new(Mutex::new(held));
        for key in 0..8 {
            let held = held.clone();
            let slow = move || {
                let _ = held.lock().unwrap().recv();
                Ok(1)
            };
            assert!(matches!(cache.get(&key, 1, slow).unwrap(), Found::Soon(_)));
        }
        let running = cache.table().values().filter(|entry| entry.making.is_some()).count();
        assert_eq!(running, AT_ONCE);
        drop(release);
        for key in 0..8 {
            assert_eq!(waited(&cache, key, 2), 20);
        }
        assert!(cache.table().len() <= 3);
    }

    #[test]
    fn a_defect_is_an_error_and_the_next_visit_tries_again() {
        let cache = Arc::new(Cache::<u8, u64>::new(3, &Arc::default()));
        let found = loop {
            match cache.get(&1, 7, || panic!("a defect")) {
                Ok(Found::Soon(_)) => {}
                other => break other.map(|_| ()),
            }
        };
        assert!(found.is_err());
        assert_eq!(waited(&cache, 1, 8), 80);
        let wrong = || Err::<u64, _>(Problem::not_understood("no such day"));
        let found = loop {
            match cache.get(&2, 7, wrong) {
                Ok(Found::Soon(_)) => {}
                other => break other.map(|_| ()),
            }
        };
        assert_eq!(found.unwrap_err().detail, "no such day");
    }
}
