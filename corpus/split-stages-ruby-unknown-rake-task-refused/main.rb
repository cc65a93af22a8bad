puts File.read("/var/lib/prices/list.txt")
