"""One call of boto3 as an account's administrator, for tests that change the estate while it is being read.

usage: change.py FRONT ACCOUNT REGION SERVICE OPERATION ARGUMENTS     prints the answer as JSON

Where ARGUMENTS is a list, one call is made for each of its items, and the answer is a list.
"""

import json
import sys

from clients import allow_admins, client
from oracle import plain

front, account, region, service, operation, arguments = sys.argv[1:]
allow_admins(front, [account])
call = getattr(client(front, service, account, region), operation)


def answer(given):
    found = call(**given)
    found.pop("ResponseMetadata", None)
    return plain(found)


arguments = json.loads(arguments)
answers = [answer(given) for given in arguments] if isinstance(arguments, list) else answer(arguments)
print(json.dumps(answers, ensure_ascii=False))
