import sys

import markdown

print(markdown.markdown(sys.argv[1]))
