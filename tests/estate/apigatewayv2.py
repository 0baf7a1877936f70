"""What the estate has of API Gateway's HTTP and WebSocket APIs."""


def apis(aws):
    """AWS::ApiGatewayV2::Api"""
    apigateway = aws("apigatewayv2")
    apigateway.create_api(Name="web", ProtocolType="HTTP", Tags={"team": "web"})
    apigateway.create_api(
        Name="chat", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )


def stages(aws):
    """AWS::ApiGatewayV2::Stage"""
    apigateway = aws("apigatewayv2")
    api = apigateway.create_api(Name="staged", ProtocolType="HTTP")["ApiId"]
    apigateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    apigateway.create_stage(
        ApiId=api, StageName="live", StageVariables={"backendKey": "hunter2"}, Tags={"team": "web"}
    )


KINDS = {"AWS::ApiGatewayV2::Api": apis, "AWS::ApiGatewayV2::Stage": stages}
