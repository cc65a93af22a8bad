rootProject.name = "shop"
include("pool")
include("desk")
