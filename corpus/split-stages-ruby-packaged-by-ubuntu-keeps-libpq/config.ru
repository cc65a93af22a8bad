require "pg"

run lambda { |env|
  waiting = PG.connect(ENV.fetch("DATABASE_URL")) { |db| db.exec("select count(*) from jobs").getvalue(0, 0) }
  [200, { "Content-Type" => "text/plain" }, ["#{waiting} jobs wait\n"]]
}
