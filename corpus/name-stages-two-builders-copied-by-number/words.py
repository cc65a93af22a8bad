for word in ("luck", "art", "bread"):
    print(word)
