"""What the estate has of GuardDuty."""


def detectors(aws):
    """AWS::GuardDuty::Detector"""
    aws("guardduty").create_detector(
        Enable=True, FindingPublishingFrequency="ONE_HOUR", Tags={"team": "security"}
    )


KINDS = {"AWS::GuardDuty::Detector": detectors}
