"""S3's regions, which moto does not keep apart: a bucket answers in its own region only, and ListBuckets names it."""

import re
from xml.etree import ElementTree
from urllib.parse import unquote

from answer import error

LOCATION = re.compile(rb"<LocationConstraint[^>]*>([^<]+)<")
SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class Buckets:
    def __init__(self):
        self.regions = {}

    @staticmethod
    def bucket(call):
        return unquote(call.path.lstrip("/").split("/", 1)[0])

    def elsewhere(self, call):
        """The redirect to a bucket's own region, or None."""
        if call.service != "s3":
            return None
        region = self.regions.get(self.bucket(call))
        if region is None or region == call.region or call.operation in ("CreateBucket", "GetBucketLocation"):
            return None
        message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."
        return error(call, "PermanentRedirect", message, headers={"x-amz-bucket-region": region})

    def learn(self, call, answer):
        """Keeps where buckets are made; puts BucketRegion into listings that ask for pages, as S3 does."""
        bucket = self.bucket(call)
        if call.operation == "CreateBucket":
            found = LOCATION.search(call.body)
            self.regions[bucket] = found.group(1).decode() if found else call.region
        elif call.operation == "DeleteBucket":
            self.regions.pop(bucket, None)
        elif call.operation == "ListBuckets" and answer.body:
            self.name_regions(answer, "max-buckets=" in call.query, call.input)

    def name_regions(self, answer, paged, asked):
        ElementTree.register_namespace("", SPACE)
        tree = ElementTree.fromstring(answer.body)
        space = tree.tag.partition("}")[0] + "}" if tree.tag.startswith("{") else ""
        holder = tree.find(f"{space}Buckets")
        for item in list(holder) if holder is not None else []:
            name = item.findtext(f"{space}Name")
            region = self.regions.get(name)
            for old in item.findall(f"{space}BucketRegion"):
                item.remove(old)
            if asked.get("bucket-region") not in (None, region) or not (name or "").startswith(asked.get("prefix", "")):
                holder.remove(item)
            elif paged and region:
                ElementTree.SubElement(item, f"{space}BucketRegion").text = region
        answer.body = b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(tree)
