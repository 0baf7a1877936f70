"""Operations of EC2 that moto does not implement."""

from answer import Answer, error


def volume_attribute(call):
    """ec2:DescribeVolumeAttribute of autoEnableIO: true for about half of the volumes, by their id."""
    volume = call.input.get("VolumeId", "")
    if not volume.startswith("vol-"):
        return error(call, "InvalidParameterValue", f"Value ({volume}) for parameter volumeId is invalid.")
    if call.input.get("Attribute") != "autoEnableIO":
        return error(call, "InvalidParameterCombination", "No attributes specified.")
    value = "true" if int(volume[-1], 16) % 2 else "false"
    body = (
        '<DescribeVolumeAttributeResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        f"<requestId>front-{call.number:06d}</requestId><volumeId>{volume}</volumeId><autoEnableIO><value>{value}</value></autoEnableIO>"
        "</DescribeVolumeAttributeResponse>"
    )
    return Answer(200, {"Content-Type": "text/xml"}, body.encode())
