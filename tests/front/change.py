"""One call of boto3 as an account's administrator, for tests that change the estate while it is being read.

usage: change.py FRONT ACCOUNT REGION SERVICE OPERATION ARGUMENTS     prints the answer as JSON
"""

import json
import sys

from clients import allow_admins, client
from oracle import plain

front, account, region, service, operation, arguments = sys.argv[1:]
allow_admins(front, [account])
answer = getattr(client(front, service, account, region), operation)(**json.loads(arguments))
answer.pop("ResponseMetadata", None)
print(json.dumps(plain(answer), ensure_ascii=False))
