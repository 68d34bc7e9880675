//! Tests over loopback HTTP.
