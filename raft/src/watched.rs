//! Values that others wait for changes of: tokio's watch channel, but whoever waits is woken in the order in which it
//! began to. tokio's own spreads waiters at random, and two runs from one seed would part there.

use std::sync::Arc;

use openraft::async_runtime::watch::{RecvError, SendError, Watch, WatchReceiver, WatchSender};
use tokio::sync::{Notify, watch};

/// Wakes whoever waits, also when it goes.
struct Bell(Arc<Notify>);

impl Drop for Bell {
    fn drop(&mut self) {
        self.0.notify_waiters();
    }
}

/// Changes the value.
pub(crate) struct Sender<T> {
    // Goes before the bell rings: whoever is woken then finds it gone.
    value: watch::Sender<T>,
    bell: Bell,
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), bell: Bell(Arc::clone(&self.bell.0)) }
    }
}

impl<T> Sender<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: watch::Sender::new(value), bell: Bell(Arc::default()) }
    }

    pub(crate) fn borrow(&self) -> watch::Ref<'_, T> {
        self.value.borrow()
    }

    pub(crate) fn subscribe(&self) -> Receiver<T> {
        Receiver { value: self.value.subscribe(), bell: Arc::clone(&self.bell.0) }
    }

    pub(crate) fn send_if_modified(&self, modify: impl FnOnce(&mut T) -> bool) -> bool {
        let modified = self.value.send_if_modified(modify);
        if modified {
            self.bell.0.notify_waiters();
        }
        modified
    }
}

/// Waits for changes.
pub(crate) struct Receiver<T> {
    value: watch::Receiver<T>,
    bell: Arc<Notify>,
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), bell: Arc::clone(&self.bell) }
    }
}

/// The sender has gone.
#[derive(Debug)]
pub(crate) struct Gone;

impl<T> Receiver<T> {
    pub(crate) fn borrow_and_update(&mut self) -> watch::Ref<'_, T> {
        self.value.borrow_and_update()
    }

    /// Waits until the value is another than the one seen last.
    pub(crate) async fn changed(&mut self) -> Result<(), Gone> {
        loop {
            let mut rung = std::pin::pin!(self.bell.notified());
            // Registered before the look: a change in between rings for us.
            rung.as_mut().enable();
            if self.value.borrow_and_update().has_changed() {
                return Ok(());
            }
            if self.value.has_changed().is_err() {
                return Err(Gone);
            }
            rung.await;
        }
    }

    /// Waits until the value is as wanted.
    pub(crate) async fn wait_for(&mut self, wanted: impl Fn(&T) -> bool) -> Result<T, Gone>
    where
        T: Clone,
    {
        loop {
            {
                let now = self.value.borrow_and_update();
                if wanted(&now) {
                    return Ok(now.clone());
                }
            }
            self.changed().await?;
        }
    }
}

/// For openraft.
#[derive(Debug)]
pub(crate) struct Watched;

impl Watch for Watched {
    type Sender<T: Send + Sync> = Sender<T>;
    type Receiver<T: Send + Sync> = Receiver<T>;
    type Ref<'a, T: Send + 'a> = watch::Ref<'a, T>;

    fn channel<T: Send + Sync>(init: T) -> (Sender<T>, Receiver<T>) {
        let sender = Sender::new(init);
        let receiver = sender.subscribe();
        (sender, receiver)
    }
}

impl<T: Send + Sync> WatchSender<Watched, T> for Sender<T> {
    fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.value.send(value).map_err(|error| SendError(error.0))?;
        self.bell.0.notify_waiters();
        Ok(())
    }

    fn send_if_modified<F: FnOnce(&mut T) -> bool>(&self, modify: F) -> bool {
        self.send_if_modified(modify)
    }

    fn borrow_watched(&self) -> watch::Ref<'_, T> {
        self.borrow()
    }

    fn subscribe(&self) -> Receiver<T> {
        self.subscribe()
    }
}

impl<T: Send + Sync> WatchReceiver<Watched, T> for Receiver<T> {
    async fn changed(&mut self) -> Result<(), RecvError> {
        self.changed().await.map_err(|Gone| RecvError(()))
    }

    fn borrow_watched(&self) -> watch::Ref<'_, T> {
        self.value.borrow()
    }

    fn borrow_and_update(&mut self) -> watch::Ref<'_, T> {
        self.borrow_and_update()
    }
}
