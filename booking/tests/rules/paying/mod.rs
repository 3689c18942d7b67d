//! Promise 5 in the rules: money and seats agree, whatever the provider says, and in whatever order.

mod desk;
mod door;
mod explorer;
mod late;
mod refunds;
