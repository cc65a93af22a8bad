#include "store.h"

#include <sqlite3.h>

#include <stdexcept>

int count_notes(const std::string &file) {
    sqlite3 *base = nullptr;
    if (sqlite3_open(file.c_str(), &base) != SQLITE_OK) {
        throw std::runtime_error("cannot open the database");
    }
    sqlite3_exec(base, "create table if not exists notes (text); insert into notes values ('n')", nullptr, nullptr, nullptr);
    sqlite3_stmt *statement = nullptr;
    sqlite3_prepare_v2(base, "select count(*) from notes", -1, &statement, nullptr);
    sqlite3_step(statement);
    int count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(base);
    return count;
}
