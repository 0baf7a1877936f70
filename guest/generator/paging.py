"""How the pages of an answer follow each other, and where in it the list is.

botocore says so for most operations. For the others it is told by what input and output have in common; an operation
whose tokens have no such pair has no pages in the tables.
"""

import re

import models

VERB = re.compile(r"^(Batch)?(Get|List|Describe)")
# A token's name in the input and in the output, where the two differ.
PAIRS = [("Marker", "NextMarker"), ("marker", "nextMarker"), ("PageToken", "NextPageToken"), ("pageToken", "nextPageToken")]
SAME = ["NextToken", "nextToken", "Marker", "marker", "NextMarker", "nextMarker", "PageToken", "pageToken", "position"]
LIMITS = ["MaxResults", "maxResults", "MaxRecords", "MaxItems", "maxItems", "Limit", "limit", "PageSize", "pageSize"]
MORE = ["IsTruncated", "Truncated", "HasMore", "HasMoreResults"]


def of(model, operation, paginator):
    """The fields `paging` and `items` of an operation's entry."""
    given = model["operations"][operation]
    shapes = model["shapes"]
    taken = shapes[given["input"]["shape"]]["members"] if "input" in given else {}
    output = shapes[given["output"]["shape"]] if "output" in given else {"members": {}}
    entry = {}
    found = _declared(paginator) if paginator else _inferred(shapes, taken, output)
    if found:
        entry["paging"] = found
    # Further pages of CloudFront's newer listings are asked for in XML, which nobody here writes.
    asked_in_xml = models.protocol(model["metadata"]) == "rest-xml" and given.get("http", {}).get("method") == "POST"
    items = None if asked_in_xml else _items(shapes, output, operation, found["result"] if found else [])
    if items:
        entry["items"] = items
    return entry


def _declared(page):
    def names(key):
        value = page.get(key, [])
        return value if isinstance(value, list) else [value]

    entry = {"input_token": names("input_token"), "output_token": names("output_token"), "result": names("result_key")}
    if "limit_key" in page:
        entry["limit"] = page["limit_key"]
    if "more_results" in page:
        entry["more"] = page["more_results"]
    return entry


def _inferred(shapes, taken, output):
    """By the names of the tokens: beside the list, or in the one structure that the answer is."""
    for path, members in _places(shapes, output):
        for given, returned in [*((name, name) for name in SAME), *PAIRS]:
            if given in taken and returned in members:
                entry = {"input_token": [given], "output_token": [path + returned], "result": []}
                entry.update({"limit": name for name in LIMITS[::-1] if name in taken})
                entry.update({"more": path + name for name in MORE if name in members})
                return entry
    return None


def _places(shapes, output):
    """The answer's members, and those of each structure in it."""
    yield "", output["members"]
    for name, member in output["members"].items():
        shape = shapes[member["shape"]]
        if shape["type"] == "structure":
            yield f"{name}.", shape["members"]


def _items(shapes, output, operation, result):
    """The path of the list: the paginator's, else the only list, else the one that is named as the operation is."""
    for path in result:
        if _is_list(shapes, output, path):
            return path
    noun = VERB.sub("", operation)
    for path, members in _places(shapes, output):
        lists = [path + name for name, member in members.items() if shapes[member["shape"]]["type"] == "list"]
        named = [name for name in lists if name.split(".")[-1].lower() in noun.lower() or noun.lower() in name.lower()]
        if len(lists) == 1 or len(named) == 1:
            return (named or lists)[0]
    return None


def _is_list(shapes, shape, path):
    for name in path.split("."):
        member = shape.get("members", {}).get(name)
        if member is None:
            return False
        shape = shapes[member["shape"]]
    return shape["type"] == "list"
