"""What the estate has of Interactive Video Service."""


def channels(aws):
    """AWS::IVS::Channel"""
    aws("ivs").create_channel(name="lobby", latencyMode="LOW", tags={"team": "media"})
    aws("ivs").create_channel(name="stage", type="BASIC", authorized=True)


KINDS = {"AWS::IVS::Channel": channels}
