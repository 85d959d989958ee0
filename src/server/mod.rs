//! What database servers do with an operation: which lock it takes, what it scans or rewrites, what a change of type
//! costs and loses, when a default is evaluated. Facts with their sources; judges nothing.

mod cast;
mod column_change;
mod conversion;
mod default_value;
mod effect;
mod filling;
mod held;
mod lock;
mod mysql;
mod postgresql;
mod postgresql_statement;
mod sql_type;
mod sqlite;
#[cfg(test)]
mod tests;
mod type_change;

pub use cast::Cast;
pub use column_change::{change_of_type, is_not_null, repeats_not_null, types_of};
pub use conversion::{cast_expression, type_name, usual_conversion};
pub use default_value::{Volatility, volatility};
pub use effect::{Effect, effects};
pub use filling::Filling;
pub use held::Held;
pub use lock::{Blocks, Lock};
pub use sql_type::{Family, SqlType};
pub use type_change::{Loss, TypeChange, Work};
