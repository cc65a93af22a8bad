from __future__ import print_function

import requests

print("requests", requests.__version__)
