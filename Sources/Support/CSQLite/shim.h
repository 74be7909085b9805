#pragma once
#include <sqlite3.h>

// What Swift cannot reach in sqlite3.h: variadic functions and macros with casts.

// sqlite3_db_config for the verbs that take an int and give an int back.
static inline int locara_sqlite3_db_config_int(sqlite3 *db, int verb, int value, int *now) {
  return sqlite3_db_config(db, verb, value, now);
}

// SQLITE_TRANSIENT: SQLite copies the bytes.
static inline int locara_sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *bytes, long long count) {
  return sqlite3_bind_text64(statement, index, bytes, (sqlite3_uint64)count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int locara_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, long long count) {
  return sqlite3_bind_blob64(statement, index, bytes, (sqlite3_uint64)count, SQLITE_TRANSIENT);
}

// A copy that sqlite3_free releases; NULL when memory is short.
static inline char *locara_sqlite3_copy(const char *text) { return sqlite3_mprintf("%s", text); }
