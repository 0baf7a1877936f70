"""Reads an organization, and prints resources per second and processor time for each resource, of this process alone.

usage: measure.py [--kinds NAME,…] [--units N] [--rounds N]

The servers that it reads from share the machine: resources per second are theirs as much as ours, processor time is ours.
"""

import argparse
import os
import resource
import sys
import time

import portolan

KINDS = (
    "AWS::DynamoDB::Table,AWS::EC2::Instance,AWS::EC2::Volume,AWS::ECS::Cluster,AWS::ECS::Service,AWS::EKS::Cluster,AWS::Lambda::Function,"
    "AWS::RDS::DBInstance,AWS::S3::Bucket,AWS::SNS::Topic,AWS::SQS::Queue"
)


def main() -> int:
    usage = argparse.ArgumentParser(description="Measures a sync.")
    usage.add_argument("--kinds", default=KINDS)
    usage.add_argument("--units", type=int, default=16, help="units at once")
    usage.add_argument("--rounds", type=int, default=3)
    asked = usage.parse_args()
    for turn in range(asked.rounds):
        began = time.monotonic()
        estate = portolan.Estate(
            account_role_arn=os.environ["PORTOLAN_ROLE_ARN"],
            external_id=os.environ.get("PORTOLAN_EXTERNAL_ID"),
            kinds=asked.kinds.split(","),
            limits=portolan.Limits(units=asked.units),
        )
        with estate:
            ready, used = time.monotonic(), time.process_time()
            found = sum(len(page.resources) for page in estate.sync())
            elapsed, cpu, calls = time.monotonic() - ready, time.process_time() - used, sum(estate.calls.values())
        print(
            f"round {turn + 1}: ready in {ready - began:.2f} s; {found} resources by {calls} requests in {elapsed:.2f} s: {found / elapsed:.0f} resources/s, "
            f"{1000 * cpu / found:.2f} ms of processor time a resource, {1000 * cpu / calls:.2f} ms a request"
        )
    print(f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB resident")
    return 0


if __name__ == "__main__":
    sys.exit(main())
