mod http;

use rusqlite::Connection;

const FILE: &str = "data/visits.db";

fn count() -> String {
    let base = Connection::open(FILE).expect("cannot open the database");
    base.execute("create table if not exists visits (id integer primary key)", []).unwrap();
    base.execute("insert into visits default values", []).unwrap();
    let visits: i64 = base.query_row("select count(*) from visits", [], |row| row.get(0)).unwrap();
    format!("visits: {visits}")
}

fn main() -> std::io::Result<()> {
    http::serve("0.0.0.0:3000", count)
}
