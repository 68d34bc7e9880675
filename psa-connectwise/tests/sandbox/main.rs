//! The adapter over HTTP against an imitation of ConnectWise that keeps what is written: calls counted, foreign data
//! kept, faults survived.

mod faults;
mod foreign;
mod reads;
mod support;
mod tenants;
mod writes;
