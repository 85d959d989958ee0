//! The rules. Written by `tests/registry.rs`; do not edit.

mod applied {
    pub(super) mod applied_revision_deleted;
    pub(super) mod applied_revision_edited;
    pub(super) mod applied_revision_renamed;
    pub(super) mod applied_revision_reparented;
}
mod compatibility {
    pub(super) mod drop_not_null;
    pub(super) mod drop_server_default;
    pub(super) mod expand_and_contract_in_one_revision;
    pub(super) mod rename_column;
    pub(super) mod rename_enum_value;
    pub(super) mod rename_table;
}
mod content {
    pub(super) mod app_code_import;
    pub(super) mod async_upgrade;
    pub(super) mod create_all_in_migration;
    pub(super) mod drop_without_name;
    pub(super) mod empty_migration;
    pub(super) mod environment_dependent_migration;
    pub(super) mod ignored_keyword_argument;
    pub(super) mod insert_in_migration;
    pub(super) mod invalid_directive_call;
    pub(super) mod manual_migration;
    pub(super) mod module_level_operation;
    pub(super) mod mysql_string_without_length;
    pub(super) mod no_op_operation;
    pub(super) mod nondescriptive_message;
    pub(super) mod nulls_distinct_unsupported;
    pub(super) mod orm_in_migration;
    pub(super) mod primary_key_not_added;
    pub(super) mod text_as_column_list;
    pub(super) mod todo_in_migration;
    pub(super) mod too_many_operations;
    pub(super) mod unanalysable_operation;
    pub(super) mod unrunnable_type;
}
mod data {
    pub(super) mod add_check_on_existing_data;
    pub(super) mod add_foreign_key_on_existing_data;
    pub(super) mod add_not_null_column_without_default;
    pub(super) mod add_unique_on_existing_data;
    pub(super) mod delete_without_where;
    pub(super) mod duplicate_definition;
    pub(super) mod enum_type_created_twice;
    pub(super) mod enum_type_not_created;
    pub(super) mod enum_value_used_before_commit;
    pub(super) mod invalid_server_default;
    pub(super) mod mismatched_foreign_key_type;
    pub(super) mod mysql_constraint_needs_type;
    pub(super) mod mysql_inline_references;
    pub(super) mod mysql_modify_loses_attributes;
    pub(super) mod python_default_has_no_effect;
    pub(super) mod set_not_null_without_backfill;
    pub(super) mod spatial_index_created_twice;
    pub(super) mod sqlite_add_column_restriction;
    pub(super) mod sqlite_batch_drops_unnamed_constraints;
    pub(super) mod tables_in_wrong_order;
    pub(super) mod type_change_breaks_default;
    pub(super) mod type_change_without_using;
    pub(super) mod unknown_object;
    pub(super) mod update_without_where;
}
mod destructive {
    pub(super) mod delete_data;
    pub(super) mod drop_and_recreate;
    pub(super) mod drop_cascade;
    pub(super) mod drop_column;
    pub(super) mod drop_column_removes_constraint;
    pub(super) mod drop_constraint;
    pub(super) mod drop_index;
    pub(super) mod drop_schema;
    pub(super) mod drop_sequence;
    pub(super) mod drop_table;
    pub(super) mod drop_type;
    pub(super) mod lossy_type_change;
    pub(super) mod possible_rename;
    pub(super) mod truncate;
}
mod downgrade {
    pub(super) mod downgrade_add_not_null_without_default;
    pub(super) mod downgrade_asymmetric;
    pub(super) mod downgrade_wrong_order;
    pub(super) mod empty_downgrade;
    pub(super) mod enum_not_dropped_on_downgrade;
    pub(super) mod missing_downgrade;
}
mod graph {
    pub(super) mod depends_on_missing;
    pub(super) mod docstring_header_mismatch;
    pub(super) mod duplicate_revision_id;
    pub(super) mod filename_mismatch;
    pub(super) mod invalid_revision_id;
    pub(super) mod merge_revision_with_operations;
    pub(super) mod missing_parent;
    pub(super) mod multiple_bases;
    pub(super) mod multiple_heads;
    pub(super) mod placeholder_revision_id;
    pub(super) mod revision_behind_base_head;
    pub(super) mod revision_cycle;
}
mod imports {
    pub(super) mod internal_error;
    pub(super) mod missing_revision_identifiers;
    pub(super) mod missing_sqlmodel_import;
    pub(super) mod parse_error;
    pub(super) mod required_import;
    pub(super) mod template_missing_import;
    pub(super) mod undefined_name;
}
mod locking {
    pub(super) mod add_enum_value_in_transaction;
    pub(super) mod alter_tables_can_be_combined;
    pub(super) mod attach_partition_without_check;
    pub(super) mod auto_increment_column;
    pub(super) mod autocommit_block_mixed;
    pub(super) mod backfill_not_batched;
    pub(super) mod batch_recreate;
    pub(super) mod check_without_not_valid;
    pub(super) mod cluster;
    pub(super) mod concurrent_in_transaction;
    pub(super) mod concurrent_index_without_guard;
    pub(super) mod constant_default_rewrites;
    pub(super) mod constraint_never_validated;
    pub(super) mod create_trigger;
    pub(super) mod detach_partition_not_concurrent;
    pub(super) mod do_block_not_analysed;
    pub(super) mod drop_index_not_concurrent;
    pub(super) mod drop_table_with_foreign_keys;
    pub(super) mod enum_value_without_if_not_exists;
    pub(super) mod enum_value_without_position;
    pub(super) mod exclude_constraint;
    pub(super) mod explicit_lock_table;
    pub(super) mod foreign_key_without_not_valid;
    pub(super) mod index_not_concurrent;
    pub(super) mod missing_lock_timeout;
    pub(super) mod mixed_ddl_and_dml;
    pub(super) mod multiple_foreign_keys;
    pub(super) mod mysql_algorithm_lock_clause;
    pub(super) mod mysql_non_atomic_revision;
    pub(super) mod mysql_table_copy;
    pub(super) mod not_valid_and_validate_together;
    pub(super) mod primary_key_builds_index;
    pub(super) mod primary_key_using_index_on_nullable;
    pub(super) mod refresh_matview_blocking;
    pub(super) mod reindex_not_concurrent;
    pub(super) mod set_logged;
    pub(super) mod set_not_null_scans_table;
    pub(super) mod set_tablespace;
    pub(super) mod set_timeout_not_local;
    pub(super) mod sqlite_batch_foreign_keys;
    pub(super) mod sqlite_requires_batch;
    pub(super) mod statement_after_access_exclusive;
    pub(super) mod stored_generated_column;
    pub(super) mod too_many_locked_tables;
    pub(super) mod type_change_on_constrained_column;
    pub(super) mod type_change_rewrites_table;
    pub(super) mod unique_constraint_builds_index;
    pub(super) mod vacuum_full;
    pub(super) mod volatile_default;
}
mod security {
    pub(super) mod create_extension;
    pub(super) mod grant_to_public;
    pub(super) mod secret_in_migration;
    pub(super) mod security_definer_without_search_path;
    pub(super) mod superuser_role;
}
mod sql {
    pub(super) mod dynamic_sql;
    pub(super) mod execute_plain_string_on_connection;
    pub(super) mod multi_statement_string;
    pub(super) mod raw_sql;
    pub(super) mod search_path_change;
    pub(super) mod text_colon_bind;
    pub(super) mod transaction_control_in_migration;
    pub(super) mod unparsable_sql;
}
mod style {
    pub(super) mod batch_outside_sqlite;
    pub(super) mod foreign_key_without_index;
    pub(super) mod identifier_too_long;
    pub(super) mod prefer_bigint_primary_key;
    pub(super) mod prefer_jsonb;
    pub(super) mod prefer_timestamptz;
    pub(super) mod redundant_index;
    pub(super) mod render_as_batch_disabled;
    pub(super) mod suppression_without_reason;
    pub(super) mod table_without_primary_key;
    pub(super) mod unknown_rule_in_suppression;
    pub(super) mod unnamed_constraint;
    pub(super) mod unused_suppression;
    pub(super) mod wide_index;
}
pub mod squawk;

use crate::rule::Rule;

/// All rules, by name.
pub static RULES: &[&Rule] = &[
    &data::add_check_on_existing_data::RULE,
    &locking::add_enum_value_in_transaction::RULE,
    &data::add_foreign_key_on_existing_data::RULE,
    &data::add_not_null_column_without_default::RULE,
    &data::add_unique_on_existing_data::RULE,
    &locking::alter_tables_can_be_combined::RULE,
    &content::app_code_import::RULE,
    &applied::applied_revision_deleted::RULE,
    &applied::applied_revision_edited::RULE,
    &applied::applied_revision_renamed::RULE,
    &applied::applied_revision_reparented::RULE,
    &content::async_upgrade::RULE,
    &locking::attach_partition_without_check::RULE,
    &locking::auto_increment_column::RULE,
    &locking::autocommit_block_mixed::RULE,
    &locking::backfill_not_batched::RULE,
    &style::batch_outside_sqlite::RULE,
    &locking::batch_recreate::RULE,
    &locking::check_without_not_valid::RULE,
    &locking::cluster::RULE,
    &locking::concurrent_in_transaction::RULE,
    &locking::concurrent_index_without_guard::RULE,
    &locking::constant_default_rewrites::RULE,
    &locking::constraint_never_validated::RULE,
    &content::create_all_in_migration::RULE,
    &security::create_extension::RULE,
    &locking::create_trigger::RULE,
    &destructive::delete_data::RULE,
    &data::delete_without_where::RULE,
    &graph::depends_on_missing::RULE,
    &locking::detach_partition_not_concurrent::RULE,
    &locking::do_block_not_analysed::RULE,
    &graph::docstring_header_mismatch::RULE,
    &downgrade::downgrade_add_not_null_without_default::RULE,
    &downgrade::downgrade_asymmetric::RULE,
    &downgrade::downgrade_wrong_order::RULE,
    &destructive::drop_and_recreate::RULE,
    &destructive::drop_cascade::RULE,
    &destructive::drop_column::RULE,
    &destructive::drop_column_removes_constraint::RULE,
    &destructive::drop_constraint::RULE,
    &destructive::drop_index::RULE,
    &locking::drop_index_not_concurrent::RULE,
    &compatibility::drop_not_null::RULE,
    &destructive::drop_schema::RULE,
    &destructive::drop_sequence::RULE,
    &compatibility::drop_server_default::RULE,
    &destructive::drop_table::RULE,
    &locking::drop_table_with_foreign_keys::RULE,
    &destructive::drop_type::RULE,
    &content::drop_without_name::RULE,
    &data::duplicate_definition::RULE,
    &graph::duplicate_revision_id::RULE,
    &sql::dynamic_sql::RULE,
    &downgrade::empty_downgrade::RULE,
    &content::empty_migration::RULE,
    &downgrade::enum_not_dropped_on_downgrade::RULE,
    &data::enum_type_created_twice::RULE,
    &data::enum_type_not_created::RULE,
    &data::enum_value_used_before_commit::RULE,
    &locking::enum_value_without_if_not_exists::RULE,
    &locking::enum_value_without_position::RULE,
    &content::environment_dependent_migration::RULE,
    &locking::exclude_constraint::RULE,
    &sql::execute_plain_string_on_connection::RULE,
    &compatibility::expand_and_contract_in_one_revision::RULE,
    &locking::explicit_lock_table::RULE,
    &graph::filename_mismatch::RULE,
    &style::foreign_key_without_index::RULE,
    &locking::foreign_key_without_not_valid::RULE,
    &security::grant_to_public::RULE,
    &style::identifier_too_long::RULE,
    &content::ignored_keyword_argument::RULE,
    &locking::index_not_concurrent::RULE,
    &content::insert_in_migration::RULE,
    &imports::internal_error::RULE,
    &content::invalid_directive_call::RULE,
    &graph::invalid_revision_id::RULE,
    &data::invalid_server_default::RULE,
    &destructive::lossy_type_change::RULE,
    &content::manual_migration::RULE,
    &graph::merge_revision_with_operations::RULE,
    &data::mismatched_foreign_key_type::RULE,
    &downgrade::missing_downgrade::RULE,
    &locking::missing_lock_timeout::RULE,
    &graph::missing_parent::RULE,
    &imports::missing_revision_identifiers::RULE,
    &imports::missing_sqlmodel_import::RULE,
    &locking::mixed_ddl_and_dml::RULE,
    &content::module_level_operation::RULE,
    &sql::multi_statement_string::RULE,
    &graph::multiple_bases::RULE,
    &locking::multiple_foreign_keys::RULE,
    &graph::multiple_heads::RULE,
    &locking::mysql_algorithm_lock_clause::RULE,
    &data::mysql_constraint_needs_type::RULE,
    &data::mysql_inline_references::RULE,
    &data::mysql_modify_loses_attributes::RULE,
    &locking::mysql_non_atomic_revision::RULE,
    &content::mysql_string_without_length::RULE,
    &locking::mysql_table_copy::RULE,
    &content::no_op_operation::RULE,
    &content::nondescriptive_message::RULE,
    &locking::not_valid_and_validate_together::RULE,
    &content::nulls_distinct_unsupported::RULE,
    &content::orm_in_migration::RULE,
    &imports::parse_error::RULE,
    &graph::placeholder_revision_id::RULE,
    &destructive::possible_rename::RULE,
    &style::prefer_bigint_primary_key::RULE,
    &style::prefer_jsonb::RULE,
    &style::prefer_timestamptz::RULE,
    &locking::primary_key_builds_index::RULE,
    &content::primary_key_not_added::RULE,
    &locking::primary_key_using_index_on_nullable::RULE,
    &data::python_default_has_no_effect::RULE,
    &sql::raw_sql::RULE,
    &style::redundant_index::RULE,
    &locking::refresh_matview_blocking::RULE,
    &locking::reindex_not_concurrent::RULE,
    &compatibility::rename_column::RULE,
    &compatibility::rename_enum_value::RULE,
    &compatibility::rename_table::RULE,
    &style::render_as_batch_disabled::RULE,
    &imports::required_import::RULE,
    &graph::revision_behind_base_head::RULE,
    &graph::revision_cycle::RULE,
    &sql::search_path_change::RULE,
    &security::secret_in_migration::RULE,
    &security::security_definer_without_search_path::RULE,
    &locking::set_logged::RULE,
    &locking::set_not_null_scans_table::RULE,
    &data::set_not_null_without_backfill::RULE,
    &locking::set_tablespace::RULE,
    &locking::set_timeout_not_local::RULE,
    &data::spatial_index_created_twice::RULE,
    &data::sqlite_add_column_restriction::RULE,
    &data::sqlite_batch_drops_unnamed_constraints::RULE,
    &locking::sqlite_batch_foreign_keys::RULE,
    &locking::sqlite_requires_batch::RULE,
    &squawk::BAN_ADD_COLUMN,
    &squawk::BAN_ADD_COMPOSITE_ATTRIBUTE,
    &squawk::BAN_ADD_ENUM_VALUE,
    &squawk::BAN_ALTER_DATABASE_OPTIONS,
    &squawk::BAN_ALTER_DOMAIN_WITH_ADD_CONSTRAINT,
    &squawk::BAN_ALTER_EXTENSION,
    &squawk::BAN_ALTER_FUNCTION_OPTIONS,
    &squawk::BAN_ALTER_GENERATED_EXPRESSION,
    &squawk::BAN_ALTER_IDENTITY,
    &squawk::BAN_ALTER_POLICY_CONDITION,
    &squawk::BAN_ALTER_POLICY_ROLES,
    &squawk::BAN_ALTER_ROLE_OPTIONS,
    &squawk::BAN_ALTER_ROW_LEVEL_SECURITY,
    &squawk::BAN_ALTER_SEQUENCE_VALUES,
    &squawk::BAN_ALTER_SYSTEM_OPTIONS,
    &squawk::BAN_ALTER_VIEW_OPTIONS,
    &squawk::BAN_CHAR_FIELD,
    &squawk::BAN_CREATE_DOMAIN_WITH_CONSTRAINT,
    &squawk::BAN_CREATE_POLICY,
    &squawk::BAN_DETACH_INHERITANCE,
    &squawk::BAN_DISABLE_TRIGGER,
    &squawk::BAN_DROP_DOMAIN,
    &squawk::BAN_DROP_EXTENSION,
    &squawk::BAN_DROP_FUNCTION,
    &squawk::BAN_DROP_GENERATED_EXPRESSION,
    &squawk::BAN_DROP_POLICY,
    &squawk::BAN_DROP_TRIGGER,
    &squawk::BAN_DROP_VIEW,
    &squawk::BAN_DUPLICATE_COLUMN_ASSIGNMENTS,
    &squawk::BAN_NEW_WRITE_RESTRICTION,
    &squawk::BAN_REPLACE_VIEW_FUNCTION,
    &squawk::BAN_REPLICA_IDENTITY,
    &squawk::BAN_REVOKE,
    &squawk::BAN_SET_DEFAULT,
    &squawk::BAN_SET_SCHEMA,
    &squawk::IDENTIFIER_TOO_LONG,
    &squawk::PREFER_BIGINT_OVER_INT,
    &squawk::PREFER_BIGINT_OVER_SMALLINT,
    &squawk::PREFER_IDENTITY,
    &squawk::PREFER_ROBUST_STMTS,
    &squawk::PREFER_TEXT_FIELD,
    &squawk::PREFER_TIMESTAMP_TZ,
    &squawk::RENAMING_OBJECT,
    &squawk::REQUIRE_TABLE_SCHEMA,
    &locking::statement_after_access_exclusive::RULE,
    &locking::stored_generated_column::RULE,
    &security::superuser_role::RULE,
    &style::suppression_without_reason::RULE,
    &style::table_without_primary_key::RULE,
    &data::tables_in_wrong_order::RULE,
    &imports::template_missing_import::RULE,
    &content::text_as_column_list::RULE,
    &sql::text_colon_bind::RULE,
    &content::todo_in_migration::RULE,
    &locking::too_many_locked_tables::RULE,
    &content::too_many_operations::RULE,
    &sql::transaction_control_in_migration::RULE,
    &destructive::truncate::RULE,
    &data::type_change_breaks_default::RULE,
    &locking::type_change_on_constrained_column::RULE,
    &locking::type_change_rewrites_table::RULE,
    &data::type_change_without_using::RULE,
    &content::unanalysable_operation::RULE,
    &imports::undefined_name::RULE,
    &locking::unique_constraint_builds_index::RULE,
    &data::unknown_object::RULE,
    &style::unknown_rule_in_suppression::RULE,
    &style::unnamed_constraint::RULE,
    &sql::unparsable_sql::RULE,
    &content::unrunnable_type::RULE,
    &style::unused_suppression::RULE,
    &data::update_without_where::RULE,
    &locking::vacuum_full::RULE,
    &locking::volatile_default::RULE,
    &style::wide_index::RULE,
];
