from psycopg import pq

print(f"libpq {pq.version() // 10000} answers, by {pq.__impl__}")
