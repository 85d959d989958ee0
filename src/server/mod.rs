//! What database servers do with an operation: which lock it takes, what it scans or rewrites, what a change of type
//! costs and loses, when a default is evaluated. Facts with their sources; judges nothing.

mod default_value;
mod sql_type;
mod type_change;

pub use default_value::{Volatility, volatility};
pub use sql_type::{Family, SqlType};
pub use type_change::{Cast, Loss, TypeChange, Work};
