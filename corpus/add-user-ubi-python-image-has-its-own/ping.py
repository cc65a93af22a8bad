import sys

import requests

print(requests.get(sys.argv[1], timeout=5).status_code)
