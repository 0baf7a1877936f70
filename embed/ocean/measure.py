"""A resync of the organization that with_moto.py has in moto, measured: wall clock, processor time of each process, resources.

usage: measure.py [REPEATS]     run by `dev.py measure`. The processor time of moto and of the server that stands for Port is not in it.
"""

import os
import resource
import sys
import tempfile
import time

import example

# What the benchmark of the other hosts reads: the kinds that the organization has resources of.
KINDS = """
    AWS::Account::Info AWS::DynamoDB::Table AWS::EC2::Instance AWS::EC2::Volume AWS::ECS::Cluster AWS::ECS::Service AWS::EKS::Cluster
    AWS::Lambda::Function AWS::Organizations::Account AWS::RDS::DBInstance AWS::S3::Bucket AWS::SNS::Topic AWS::SQS::Queue
""".split()


def children():
    """Seconds of processor that ended children have used, theirs included: Ocean waits for its own."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    print("  wall s   cpu s   resources   per wall s   per cpu s   cpu ms each")
    for _ in range(int(sys.argv[1]) if sys.argv[1:] else 3):
        began, used = time.monotonic(), children()
        with tempfile.TemporaryFile("w+") as log:
            port = example.resync(KINDS, log)
        wall, cpu, number = time.monotonic() - began, children() - used, len(port.of("raw"))
        print(f"{wall:8.1f}{cpu:8.1f}{number:12}{number / wall:13.0f}{number / cpu:12.0f}{1000 * cpu / max(number, 1):14.1f}")
    print(f"{os.cpu_count()} processors; {len(KINDS)} kinds; Ocean starts anew each time, with the component's compiled code at hand")
    return 0


if __name__ == "__main__":
    sys.exit(main())
