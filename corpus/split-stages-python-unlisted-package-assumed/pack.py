import pyminizip

pyminizip.compress("requirements.txt", "", "/tmp/packed.zip", None, 5)
print("packed", pyminizip.__name__)
